//! Conversations as trees of messages, sealed keys, settings, the user's providers, models last seen.

use sea_orm_migration::prelude::*;

use super::Older;

/// There is nothing older.
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

// Ids are the 16 bytes of a UUID. Times are milliseconds since 1970. A message lies beside the others
// of its conversation, so that a branch is walked within few pages; the reference to the parent holds
// both in one conversation. `chars` is counted by the program: SQLite's length() ends at a NUL.
const SCHEMA: &str = "
CREATE TABLE conversation (
    id BLOB NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    title_by_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    leaf BLOB,
    provider TEXT,
    model TEXT,
    model_name TEXT,
    local INTEGER NOT NULL,
    draft TEXT NOT NULL,
    FOREIGN KEY (id, leaf) REFERENCES message (conversation, id)
) STRICT;
CREATE INDEX conversation_by_time ON conversation (updated_at, id) WHERE deleted_at IS NULL;

CREATE TABLE message (
    conversation BLOB NOT NULL REFERENCES conversation (id),
    id BLOB NOT NULL UNIQUE,
    parent BLOB,
    depth INTEGER NOT NULL,
    role TEXT NOT NULL,
    chars INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    provider TEXT,
    model TEXT,
    model_name TEXT,
    local INTEGER,
    key_id BLOB,
    key_name TEXT,
    state TEXT,
    state_data TEXT,
    first_token_ms INTEGER,
    duration_ms INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cached_tokens INTEGER,
    reasoning_tokens INTEGER,
    writer BLOB,
    PRIMARY KEY (conversation, id),
    FOREIGN KEY (conversation, parent) REFERENCES message (conversation, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_by_parent ON message (conversation, parent, created_at);
CREATE INDEX message_streaming ON message (conversation) WHERE state = 'streaming';
CREATE INDEX message_questions ON message (created_at) WHERE role = 'user';

CREATE TABLE part (
    number INTEGER PRIMARY KEY,
    message BLOB NOT NULL REFERENCES message (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT,
    data TEXT,
    UNIQUE (message, position)
) STRICT;

CREATE TABLE sealed_key (
    id BLOB NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    masked TEXT NOT NULL,
    origin TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    last_used_at INTEGER,
    tested_at INTEGER,
    test_result TEXT,
    test_detail TEXT,
    revision INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX sealed_key_by_provider ON sealed_key (provider);

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE provider (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    base_url TEXT NOT NULL,
    wire TEXT NOT NULL,
    key_need TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE known_model (
    provider TEXT NOT NULL,
    position INTEGER NOT NULL,
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    context_window INTEGER,
    detail TEXT,
    PRIMARY KEY (provider, position)
) STRICT, WITHOUT ROWID;
";
