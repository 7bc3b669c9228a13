//! Whether the log is as it was written, and if not, where.

use std::collections::HashMap;

use holdfast_contract::{AuditFault, AuditFaultKind, AuditReport};

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{AuditAnchor, Column, Entity, Model, first_seal};
use crate::{Store, StoreError};

/// Entries that are read at once.
const AT_ONCE: u32 = 500;
/// Faults that are named; a log with more is not worth reading further.
const MOST_FAULTS: usize = 1_000;
/// Entries that do not hold and are looked for at other numbers. The search grows with its cube.
const MOST_MOVED: usize = 24;

/// Why the log could not be verified. What is wrong with the log is no error.
#[derive(Debug, thiserror::Error)]
pub enum AuditVerifyError<E> {
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault could not compute a seal.
    #[error("The log cannot be verified: {0}")]
    Seal(#[source] E),
}

/// An entry that does not hold where it stands.
struct Failing {
    row: Model,
    /// The seal before it, as it stands.
    previous: Vec<u8>,
    follows_failing: bool,
}

impl Store {
    /// Reads the whole log and holds every entry against its seal, and its end against what the vault
    /// noted. `mac` seals as it did when the entries were written. Nothing is tamper-evident beyond
    /// the noted end: without a note, a log that was cut off looks whole.
    ///
    /// # Errors
    /// When the log cannot be read, or `mac` fails.
    pub async fn verify_audit<F, Fut, E>(
        &self,
        anchor: Option<AuditAnchor>,
        mac: F,
    ) -> Result<AuditReport, AuditVerifyError<E>>
    where
        F: Fn(Vec<u8>) -> Fut,
        Fut: Future<Output = Result<[u8; 32], E>>,
    {
        let (mut expected, mut entries) = (1_u64, 0_u64);
        let mut previous = first_seal();
        let (mut faults, mut failing): (Vec<AuditFault>, Vec<Failing>) = (Vec::new(), Vec::new());
        let (mut unknown_before, mut failed_before) = (false, false);
        let mut anchored_seal = None;
        let outside = Entity::find().filter(Column::Seq.lt(1)).count(self.readers()).await;
        if outside.map_err(StoreError::from)? > 0 {
            // The program numbers from 1, so it wrote none of them.
            faults.push(fault(0, AuditFaultKind::Changed));
        }
        'reading: loop {
            let rows = self.audit_rows(expected - 1, AT_ONCE).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let seq = row.seq.unsigned_abs();
                if seq != expected {
                    faults.push(fault(expected, AuditFaultKind::Missing { until: seq - 1 }));
                    unknown_before = true;
                }
                let seal = row.mac.clone();
                if anchor.is_some_and(|anchor| anchor.count == seq) {
                    anchored_seal = Some(seal.clone());
                }
                if holds(&mac, &row, &previous).await? {
                    failed_before = false;
                } else {
                    if unknown_before {
                        faults.push(fault(seq, AuditFaultKind::Unproven));
                    } else {
                        failing.push(Failing { row, previous, follows_failing: failed_before });
                    }
                    failed_before = true;
                }
                unknown_before = false;
                previous = seal;
                expected = seq + 1;
                entries += 1;
                if faults.len() + failing.len() >= MOST_FAULTS {
                    break 'reading;
                }
            }
        }
        let places = places(&failing, &mac).await?;
        for Failing { row, follows_failing, .. } in &failing {
            let seq = row.seq.unsigned_abs();
            let what = match places.get(&seq) {
                Some(place) if *place == seq => continue,
                Some(place) => AuditFaultKind::Moved { from: *place },
                None if *follows_failing => AuditFaultKind::Unproven,
                None => AuditFaultKind::Changed,
            };
            faults.push(fault(seq, what));
        }
        if let Some(anchor) = anchor {
            match anchored_seal {
                Some(seal) if seal == anchor.hash => {}
                // A fault that is named already may be all there is to it.
                Some(_) if faults.iter().any(|fault| fault.at_seq == anchor.count) => {}
                Some(_) => faults.push(fault(anchor.count, AuditFaultKind::Replaced)),
                None if expected <= anchor.count => {
                    faults.push(fault(expected, AuditFaultKind::CutOff { until: anchor.count }));
                }
                // It is among the missing.
                None => {}
            }
        }
        faults.sort_by_key(|fault| fault.at_seq);
        Ok(AuditReport { entries, anchored: anchor.map(|anchor| anchor.count), faults })
    }
}

/// The numbers at which failing entries do hold: their own, when only the entry before them was moved
/// away, or another failing one's.
async fn places<F, Fut, E>(failing: &[Failing], mac: &F) -> Result<HashMap<u64, u64>, AuditVerifyError<E>>
where
    F: Fn(Vec<u8>) -> Fut,
    Fut: Future<Output = Result<[u8; 32], E>>,
{
    let mut places = HashMap::new();
    if failing.len() > MOST_MOVED {
        return Ok(places);
    }
    for one in failing {
        'places: for place in failing {
            let there = Model { seq: place.row.seq, ..one.row.clone() };
            let seals = failing.iter().map(|other| &other.row.mac);
            for previous in std::iter::once(&place.previous).chain(seals) {
                if holds(mac, &there, previous).await? {
                    places.insert(one.row.seq.unsigned_abs(), place.row.seq.unsigned_abs());
                    break 'places;
                }
            }
        }
    }
    Ok(places)
}

async fn holds<F, Fut, E>(mac: &F, row: &Model, previous: &[u8]) -> Result<bool, AuditVerifyError<E>>
where
    F: Fn(Vec<u8>) -> Fut,
    Fut: Future<Output = Result<[u8; 32], E>>,
{
    let seal = mac(row.bytes(previous)).await.map_err(AuditVerifyError::Seal)?;
    Ok(seal.as_slice() == row.mac)
}

fn fault(at_seq: u64, what: AuditFaultKind) -> AuditFault {
    AuditFault { at_seq, what }
}
