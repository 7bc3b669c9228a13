//! The log of what happened to the vault and with keys.

use sea_orm_migration::prelude::*;

use super::Older;

/// An older program would do things that are not in the log.
pub(super) const OLDER: Older = Older::MustNotOpen;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(SCHEMA).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// The triggers keep mistakes of a program away. Who edits the file itself is found by the seals.
const SCHEMA: &str = "
CREATE TABLE audit_event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    actor TEXT NOT NULL,
    key BLOB,
    provider TEXT,
    detail TEXT NOT NULL,
    mac BLOB NOT NULL
) STRICT;
CREATE INDEX audit_event_by_kind ON audit_event (kind, seq);
CREATE INDEX audit_event_by_key ON audit_event (key, seq) WHERE key IS NOT NULL;
CREATE TRIGGER audit_event_no_gap BEFORE INSERT ON audit_event
WHEN NEW.seq <> COALESCE((SELECT max(seq) FROM audit_event), 0) + 1
BEGIN SELECT RAISE(ABORT, 'an entry of the log follows the one before it'); END;
CREATE TRIGGER audit_event_no_edit BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'an entry of the log is never changed'); END;
CREATE TRIGGER audit_event_no_deletion BEFORE DELETE ON audit_event
BEGIN SELECT RAISE(ABORT, 'an entry of the log is never deleted'); END;
";
