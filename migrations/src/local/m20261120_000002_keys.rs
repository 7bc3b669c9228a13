//! Keys with revisions, limits, an order and a record of their use; a conversation's own key, and
//! why an answer used another one.

use sea_orm_migration::prelude::*;

use super::Older;

/// An older program looks for secrets where they no longer are.
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

// A use outlives its key, so it refers to nothing: money that was spent stays spent.
const SCHEMA: &str = "
CREATE TABLE key_with_settings (
    id BLOB NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    last_used_at INTEGER,
    tested_at INTEGER,
    test_result TEXT,
    test_detail TEXT,
    active INTEGER NOT NULL,
    default_model TEXT,
    per_minute INTEGER,
    monthly_micros INTEGER,
    spare INTEGER NOT NULL,
    remind_after_days INTEGER,
    deleted_at INTEGER
) STRICT;
INSERT INTO key_with_settings (
    id, provider, name, added_at, last_used_at, tested_at, test_result, test_detail, active, spare
)
SELECT id, provider, name, added_at, last_used_at, tested_at, test_result, test_detail, 1, 0 FROM sealed_key;

CREATE TABLE key_revision (
    key BLOB NOT NULL REFERENCES key_with_settings (id),
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    masked TEXT NOT NULL,
    origin TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    sealed BLOB,
    PRIMARY KEY (key, revision),
    CHECK ((state = 'revoked') = (sealed IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO key_revision (key, revision, state, masked, origin, created_at, sealed)
SELECT id, revision, 'current', masked, origin, added_at, sealed FROM sealed_key;
CREATE UNIQUE INDEX key_revision_current ON key_revision (key) WHERE state = 'current';
CREATE UNIQUE INDEX key_revision_pending ON key_revision (key) WHERE state = 'pending';

CREATE TABLE key_chain (
    provider TEXT NOT NULL,
    position INTEGER NOT NULL,
    key BLOB NOT NULL UNIQUE REFERENCES key_with_settings (id),
    PRIMARY KEY (provider, position)
) STRICT, WITHOUT ROWID;
INSERT INTO key_chain (provider, position, key)
SELECT provider, row_number() OVER (PARTITION BY provider ORDER BY name, added_at, id) - 1, id FROM sealed_key;

DROP TABLE sealed_key;
ALTER TABLE key_with_settings RENAME TO sealed_key;
CREATE INDEX sealed_key_by_provider ON sealed_key (provider);

CREATE TABLE conversation_key (
    conversation BLOB NOT NULL PRIMARY KEY REFERENCES conversation (id),
    key BLOB NOT NULL REFERENCES sealed_key (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_key_by_key ON conversation_key (key);

ALTER TABLE message ADD COLUMN key_instead_of TEXT;

CREATE TABLE key_use (
    id BLOB NOT NULL PRIMARY KEY,
    key BLOB NOT NULL,
    at INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    conversation BLOB,
    answer BLOB,
    outcome TEXT NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cost_micros INTEGER,
    estimated INTEGER NOT NULL,
    writer BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX key_use_by_key ON key_use (key, at, cost_micros);
CREATE INDEX key_use_by_time ON key_use (at);
CREATE INDEX key_use_under_way ON key_use (writer) WHERE outcome = 'under_way';
";
