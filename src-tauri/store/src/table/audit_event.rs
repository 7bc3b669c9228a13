mod verify;

use std::collections::BTreeMap;

use holdfast_contract::{AuditActor, AuditEvent, AuditFilter, AuditKind, KeyId, ProviderId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, Set};

use crate::word::{from_json, from_word, to_json, to_word};
use crate::{Store, StoreError, Writes};

pub use verify::AuditVerifyError;

/// The most entries that one reading gives.
const MOST: u32 = 1_000;
/// What is sealed says what it is, so that no other use of the same key can make a seal for it.
const DOMAIN: &[u8] = b"holdfast/audit/1\0";

/// What is to be written to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: AuditKind,
    /// What it happened to, by the name it has now.
    pub subject: Option<String>,
    /// Who did it.
    pub actor: AuditActor,
    /// The key it is about.
    pub key: Option<KeyId>,
    /// The provider it is about.
    pub provider: Option<ProviderId>,
    /// More about it, by name. Never a secret.
    pub detail: BTreeMap<String, String>,
}

/// An entry that only lacks its seal.
#[derive(Debug)]
pub struct AuditDraft {
    row: Model,
    bytes: Vec<u8>,
}

/// The end of the log: what the vault notes outside the database, so that a log that was cut off shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditAnchor {
    /// How many entries there are.
    pub count: u64,
    /// The seal of the last one.
    pub hash: [u8; 32],
}

/// An entry with its seal, for an export that can be verified elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The entry.
    pub event: AuditEvent,
    /// Its seal.
    pub mac: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    seq: i64,
    at: i64,
    kind: String,
    subject: Option<String>,
    actor: String,
    key: Option<Uuid>,
    provider: Option<String>,
    detail: String,
    mac: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The bytes that are sealed: the seal before it and every field as it is stored, each with its
    /// length, so that no two entries have the same.
    fn bytes(&self, previous: &[u8]) -> Vec<u8> {
        let mut bytes = DOMAIN.to_vec();
        let mut field = |value: Option<&[u8]>| match value {
            Some(value) => {
                bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
                bytes.extend_from_slice(value);
            }
            None => bytes.extend_from_slice(&u64::MAX.to_be_bytes()),
        };
        field(Some(previous));
        field(Some(&self.seq.to_be_bytes()));
        field(Some(&self.at.to_be_bytes()));
        field(Some(self.kind.as_bytes()));
        field(self.subject.as_deref().map(str::as_bytes));
        field(Some(self.actor.as_bytes()));
        field(self.key.as_ref().map(|key| key.as_bytes().as_slice()));
        field(self.provider.as_deref().map(str::as_bytes));
        field(Some(self.detail.as_bytes()));
        bytes
    }
}

impl TryFrom<Model> for AuditEvent {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq.unsigned_abs(),
            at: row.at,
            kind: from_word(&row.kind)?,
            subject: row.subject,
            actor: from_json(&row.actor)?,
            key: row.key.map(KeyId),
            provider: row.provider.map(ProviderId),
            detail: from_json(&row.detail)?,
        })
    }
}

impl AuditDraft {
    /// What the vault is to seal (HMAC-SHA256).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Store {
    /// Entries of the log, newest first, before this number; at most 1,000 at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        count: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let mut rows = Entity::find();
        if !filter.kinds.is_empty() {
            let words: Result<Vec<String>, StoreError> = filter.kinds.iter().map(to_word).collect();
            rows = rows.filter(Column::Kind.is_in(words?));
        }
        if let Some(key) = filter.key {
            rows = rows.filter(Column::Key.eq(key.0));
        }
        if let Some(provider) = &filter.provider {
            rows = rows.filter(Column::Provider.eq(provider.0.as_str()));
        }
        if let Some(from) = filter.from {
            rows = rows.filter(Column::At.gte(from));
        }
        if let Some(until) = filter.until {
            rows = rows.filter(Column::At.lt(until));
        }
        if let Some(before) = before {
            rows = rows.filter(Column::Seq.lt(signed(before)));
        }
        let rows = rows.order_by_desc(Column::Seq).limit(u64::from(count.min(MOST))).all(self.readers()).await?;
        rows.into_iter().map(AuditEvent::try_from).collect()
    }

    /// Entries of the log with their seals, oldest first, after this number; at most 1,000 at once. An
    /// export asks until there are no more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_records(&self, after: u64, count: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = self.audit_rows(after, count.min(MOST)).await?;
        rows.into_iter().map(|row| Ok(AuditRecord { mac: row.mac.clone(), event: row.try_into()? })).collect()
    }

    /// The end of the log; none while it is empty.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_end(&self) -> Result<Option<AuditAnchor>, StoreError> {
        last(self.readers()).await?.map(|row| anchor(&row)).transpose()
    }

    async fn audit_rows(&self, after: u64, count: u32) -> Result<Vec<Model>, StoreError> {
        let rows = Entity::find().filter(Column::Seq.gt(signed(after))).order_by_asc(Column::Seq);
        Ok(rows.limit(u64::from(count)).all(self.readers()).await?)
    }
}

impl Writes {
    /// Prepares the next entry of the log: the caller has [`AuditDraft::bytes`] sealed and hands the seal
    /// to [`Writes::audit_append`], in this same transaction, so that the entry is there exactly when
    /// what it tells of is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_next(&mut self, event: NewAuditEvent) -> Result<AuditDraft, StoreError> {
        let last = last(&self.transaction).await?;
        let row = Model {
            seq: last.as_ref().map_or(1, |last| last.seq + 1),
            at: event.at,
            kind: to_word(&event.kind)?,
            subject: event.subject,
            actor: to_json(&event.actor)?,
            key: event.key.map(|key| key.0),
            provider: event.provider.map(|provider| provider.0),
            detail: to_json(&event.detail)?,
            mac: Vec::new(),
        };
        let bytes = row.bytes(&last.map_or_else(first_seal, |last| last.mac));
        Ok(AuditDraft { row, bytes })
    }

    /// Adds a prepared entry with its seal, and says where the log ends now.
    ///
    /// # Errors
    /// When another entry was added since it was prepared, or it cannot be written.
    pub async fn audit_append(&mut self, draft: AuditDraft, mac: [u8; 32]) -> Result<AuditAnchor, StoreError> {
        let row = Model { mac: mac.to_vec(), ..draft.row };
        let end = anchor(&row)?;
        let row = ActiveModel {
            seq: Set(row.seq),
            at: Set(row.at),
            kind: Set(row.kind),
            subject: Set(row.subject),
            actor: Set(row.actor),
            key: Set(row.key),
            provider: Set(row.provider),
            detail: Set(row.detail),
            mac: Set(row.mac),
        };
        Entity::insert(row).exec_without_returning(&self.transaction).await?;
        Ok(end)
    }
}

async fn last<C: ConnectionTrait>(connection: &C) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().order_by_desc(Column::Seq).one(connection).await?)
}

fn anchor(row: &Model) -> Result<AuditAnchor, StoreError> {
    let hash = row.mac.as_slice().try_into().map_err(|_| StoreError::row("a seal of the wrong length"))?;
    Ok(AuditAnchor { count: row.seq.unsigned_abs(), hash })
}

/// What stands before the first entry.
fn first_seal() -> Vec<u8> {
    vec![0; 32]
}

fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
