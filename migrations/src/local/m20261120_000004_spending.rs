//! What a key spent in a time is read from one index, and not use by use.

use sea_orm_migration::prelude::*;

use super::Older;

/// The index of the same name goes on serving an older program.
pub(super) const OLDER: Older = Older::MayOpen;

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

const SCHEMA: &str = "
DROP INDEX key_use_by_key;
CREATE INDEX key_use_by_key ON key_use (key, at, cost_micros, input_tokens, output_tokens, estimated);
";
