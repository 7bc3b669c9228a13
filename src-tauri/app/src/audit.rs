//! The log of what happened to the vault and with keys.
//!
//! Every entry is sealed by the vault together with the seal before it, in the transaction of the
//! change it tells of; the vault keeps a note of the log's end outside the database.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::Ordering;

use holdfast_contract::{
    AuditActor, AuditEvent, AuditKind, AuditReport, Code, ExportAudit, Failure, KeyInfo, ListAudit, ProviderId,
    Timestamp, VerifyAudit,
};
use holdfast_store::{AuditAnchor, AuditVerifyError, NewAuditEvent, Store, Writes};
use holdfast_vault::Anchor;
use serde::Serialize;

use crate::failure::Explain as _;
use crate::{App, app, failure, paths};

/// The vault notes the end of the log at once, but only after so many mere uses of keys: a note takes a
/// write of its own to the disk.
const ANCHORED: u32 = 16;

const MOST_AT_ONCE: u32 = 200;
const EXPORTED_AT_ONCE: u32 = 500;

/// What is to be noted.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    event: NewAuditEvent,
}

impl Noted {
    pub(crate) fn new(kind: AuditKind, actor: AuditActor) -> Self {
        Self {
            event: NewAuditEvent {
                at: app::now(),
                kind,
                subject: None,
                actor,
                key: None,
                provider: None,
                detail: BTreeMap::new(),
            },
        }
    }

    /// Something that happened before it could be noted.
    pub(crate) fn at(mut self, at: Timestamp) -> Self {
        self.event.at = at;
        self
    }

    pub(crate) fn key(mut self, key: &KeyInfo) -> Self {
        self.event.key = Some(key.id);
        self.event.provider = Some(key.provider.clone());
        self.subject(key.name.clone())
    }

    pub(crate) fn provider(mut self, provider: &ProviderId) -> Self {
        self.event.provider = Some(provider.clone());
        self
    }

    pub(crate) fn subject(mut self, subject: impl Into<String>) -> Self {
        self.event.subject = Some(subject.into());
        self
    }

    pub(crate) fn detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.event.detail.insert(name.to_owned(), value.into());
        self
    }
}

impl App {
    /// Adds an entry to the log, with what else `writes` does.
    pub(crate) async fn note(&self, writes: &mut Writes, noted: Noted) -> Result<(), Failure> {
        let weight = if noted.event.kind == AuditKind::KeyUsed { 1 } else { ANCHORED };
        let draft = writes.audit_next(noted.event).await.explain()?;
        let mac = self.vault().audit_mac(draft.bytes()).await.explain()?;
        writes.audit_append(draft, mac).await.explain()?;
        self.inner().unanchored.fetch_add(weight, Ordering::Relaxed);
        Ok(())
    }

    /// Commits, and has the vault note how far the log came.
    pub(crate) async fn commit(&self, writes: Writes) -> Result<(), Failure> {
        writes.commit().await.explain()?;
        let store = self.store()?;
        self.anchor(&store, ANCHORED).await;
        Ok(())
    }

    /// Has the vault note the end of the log as it is stored. A note that is not made is made with the
    /// next entry: until then the entries after the last note can be cut off unseen.
    ///
    /// A log that does not hold what was noted before is not noted anew: the old note is the evidence.
    /// Nothing happens while less than `due` was added since.
    pub(crate) async fn anchor(&self, store: &Store, due: u32) {
        let unanchored = &self.inner().unanchored;
        if unanchored.load(Ordering::Relaxed) < due {
            return;
        }
        unanchored.store(0, Ordering::Relaxed);
        if let Err(failure) = self.try_to_anchor(store).await {
            unanchored.fetch_add(due, Ordering::Relaxed);
            tracing::warn!(message = failure.message, "the vault could not note the end of the log");
        }
    }

    async fn try_to_anchor(&self, store: &Store) -> Result<(), Failure> {
        if let Some(before) = self.vault().anchor().await.explain()?
            && !holds(store, &before).await?
        {
            tracing::error!(entries = before.count, "the log does not hold what the vault noted of it");
            return Ok(());
        }
        self.anchor_anew(store).await
    }

    /// Has the vault note the end of a log that was put there on purpose.
    pub(crate) async fn anchor_anew(&self, store: &Store) -> Result<(), Failure> {
        match store.audit_end().await.explain()? {
            Some(end) => self.vault().set_anchor(Anchor { count: end.count, hash: end.hash }).await.explain(),
            None => Ok(()),
        }
    }

    /// Notes one thing by itself.
    pub(crate) async fn note_alone(&self, noted: Noted) -> Result<(), Failure> {
        let mut writes = self.store()?.begin().await.explain()?;
        self.note(&mut writes, noted).await?;
        self.commit(writes).await
    }
}

/// Whether the log still has the entry that the vault noted as its end.
async fn holds(store: &Store, noted: &Anchor) -> Result<bool, Failure> {
    let Some(after) = noted.count.checked_sub(1) else { return Ok(true) };
    let found = store.audit_records(after, 1).await.explain()?;
    Ok(found.first().is_some_and(|record| record.event.seq == noted.count && record.mac == noted.hash))
}

/// Entries of the log.
///
/// # Errors
/// When the database is closed or does not answer.
pub async fn list_audit(app: App, command: ListAudit) -> Result<Vec<AuditEvent>, Failure> {
    let count = command.count.min(MOST_AT_ONCE);
    app.store()?.audit(&command.filter, command.before, count).await.explain()
}

/// Holds the whole log against its seals and the vault's note.
///
/// # Errors
/// When the database or the vault is closed, or the note itself was changed.
pub async fn verify_audit(app: App, _: VerifyAudit) -> Result<AuditReport, Failure> {
    let store = app.store()?;
    let anchor = app.open_vault().await.explain()?.anchor().await.explain()?;
    let anchor = anchor.map(|anchor| AuditAnchor { count: anchor.count, hash: anchor.hash });
    let vault = app.vault().clone();
    let report = store
        .verify_audit(anchor, |bytes| {
            let vault = vault.clone();
            async move { vault.audit_mac(&bytes).await }
        })
        .await
        .map_err(|error| match error {
            AuditVerifyError::Store(error) => failure::of_store(&error),
            AuditVerifyError::Seal(error) => failure::of_vault(&error),
        })?;
    if store.read_only().is_none() {
        let noted = Noted::new(AuditKind::Verified, app.actor())
            .detail("entries", report.entries.to_string())
            .detail("faults", report.faults.len().to_string());
        app.note_alone(noted).await?;
    }
    Ok(report)
}

/// A line of an exported log.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a AuditEvent,
    seal: String,
}

/// Writes the log into a file of the user's.
///
/// # Errors
/// When the file exists or cannot be written, or the database does not answer.
pub async fn export_audit(app: App, command: ExportAudit) -> Result<u64, Failure> {
    let store = app.store()?;
    let path = paths::of_user(&command.path)?;
    let mut file = paths::create(&path)?;
    let (mut after, mut entries) = (0, 0);
    loop {
        let records = store.audit_records(after, EXPORTED_AT_ONCE).await.explain()?;
        let Some(last) = records.last().map(|record| record.event.seq) else { break };
        for record in &records {
            let seal = record.mac.iter().map(|byte| format!("{byte:02x}")).collect();
            let line = serde_json::to_string(&Line { event: &record.event, seal })
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            writeln!(file, "{line}").map_err(|error| paths::unwritable(&path, &error))?;
        }
        entries += records.len() as u64;
        after = last;
    }
    file.sync_all().map_err(|error| paths::unwritable(&path, &error))?;
    Ok(entries)
}
