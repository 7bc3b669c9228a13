use std::num::NonZeroU32;
use std::ops::Range;

use holdfast_contract::{
    KeyId, KeyInfo, KeyRevisionInfo, KeySettings, KeyTest, KeyView, ProviderId, RevisionState, Timestamp,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{DbBackend, FromQueryResult, Set, Statement};

use super::{conversation_key, key_chain, key_revision};
use crate::word::{from_word, to_word};
use crate::{Store, StoreError, Writes};

/// A key with its present sealed secret, which the vault alone can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// What may be shown of it.
    pub info: KeyInfo,
    /// What the user set for it.
    pub settings: KeySettings,
    /// Counts the secrets that were sealed under its id; the seal holds it too.
    pub revision: u32,
    /// When the present secret was sealed.
    pub sealed_at: Timestamp,
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// When it was deleted, while that can be undone.
    pub deleted_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sealed_key")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    provider: String,
    name: String,
    added_at: i64,
    last_used_at: Option<i64>,
    tested_at: Option<i64>,
    test_result: Option<String>,
    test_detail: Option<String>,
    active: bool,
    default_model: Option<String>,
    per_minute: Option<u32>,
    monthly_micros: Option<i64>,
    spare: bool,
    remind_after_days: Option<u32>,
    deleted_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A key with its present secret.
#[derive(FromQueryResult)]
struct Line {
    #[sea_orm(nested)]
    key: Model,
    revision: u32,
    masked: String,
    origin: String,
    sealed_at: i64,
}

#[derive(FromQueryResult)]
struct Pending {
    pending_revision: Option<u32>,
    pending_masked: Option<String>,
    pending_origin: Option<String>,
    pending_at: Option<i64>,
}

const LIST: &str = "
SELECT k.*, r.revision, r.masked, r.origin, r.created_at AS sealed_at,
    p.revision AS pending_revision, p.masked AS pending_masked, p.origin AS pending_origin,
    p.created_at AS pending_at
FROM sealed_key k
JOIN key_revision r ON r.key = k.id AND r.state = 'current'
LEFT JOIN key_revision p ON p.key = k.id AND p.state = 'pending'
LEFT JOIN key_chain c ON c.key = k.id
WHERE k.deleted_at IS NULL
ORDER BY k.provider, c.position, k.id";

const ONE: &str = "
SELECT k.*, r.revision, r.masked, r.origin, r.created_at AS sealed_at, r.sealed
FROM sealed_key k JOIN key_revision r ON r.key = k.id AND r.state = 'current'
WHERE k.id = ?1";

impl Line {
    fn read(self) -> Result<(KeyInfo, KeySettings), StoreError> {
        let row = self.key;
        let test = match row.tested_at.zip(row.test_result) {
            Some((at, result)) => Some(KeyTest { at, result: from_word(&result)?, detail: row.test_detail }),
            None => None,
        };
        let info = KeyInfo {
            id: KeyId(row.id),
            provider: ProviderId(row.provider),
            name: row.name,
            masked: self.masked,
            origin: self.origin,
            added_at: row.added_at,
            last_used_at: row.last_used_at,
            test,
        };
        let settings = KeySettings {
            active: row.active,
            default_model: row.default_model,
            per_minute: row.per_minute.and_then(NonZeroU32::new),
            monthly_micros: row.monthly_micros,
            spare: row.spare,
            remind_after_days: row.remind_after_days.and_then(NonZeroU32::new),
        };
        Ok((info, settings))
    }
}

impl From<Pending> for Option<KeyRevisionInfo> {
    fn from(row: Pending) -> Self {
        Some(KeyRevisionInfo {
            revision: row.pending_revision?,
            state: RevisionState::Pending,
            masked: row.pending_masked?,
            origin: row.pending_origin?,
            created_at: row.pending_at?,
        })
    }
}

impl Store {
    /// All keys that are not deleted, by provider and in its order, with what they were used for in
    /// this month.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys(&self, month: Range<Timestamp>) -> Result<Vec<KeyView>, StoreError> {
        let mut spending = self.key_spending(month).await?;
        let rows = self.readers().query_all_raw(Statement::from_string(DbBackend::Sqlite, LIST)).await?;
        let mut keys: Vec<KeyView> = Vec::with_capacity(rows.len());
        for row in &rows {
            let line = Line::from_query_result(row, "")?;
            let (revision, sealed_at) = (line.revision, line.sealed_at);
            let (info, settings) = line.read()?;
            let before = keys.last().filter(|before| before.info.provider == info.provider);
            keys.push(KeyView {
                position: before.map_or(0, |before| before.position + 1),
                month: spending.remove(&info.id).unwrap_or_default(),
                pending: Pending::from_query_result(row, "")?.into(),
                info,
                settings,
                revision,
                sealed_at,
            });
        }
        Ok(keys)
    }

    /// One key with its sealed secret, also a deleted one that was not purged yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key(&self, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, ONE, [id.0.into()]);
        let Some(row) = self.readers().query_one_raw(statement).await? else { return Ok(None) };
        let line = Line::from_query_result(&row, "")?;
        let (revision, sealed_at, deleted_at) = (line.revision, line.sealed_at, line.key.deleted_at);
        let (info, settings) = line.read()?;
        let sealed = row.try_get_by("sealed")?;
        Ok(Some(StoredKey { info, settings, revision, sealed_at, sealed, deleted_at }))
    }
}

impl Writes {
    /// Adds a key as the last one of its provider. Its secret was sealed as this revision.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_key(
        &mut self,
        info: &KeyInfo,
        settings: &KeySettings,
        revision: u32,
        sealed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let test = info.test.as_ref();
        let row = ActiveModel {
            id: Set(info.id.0),
            provider: Set(info.provider.0.clone()),
            name: Set(info.name.clone()),
            added_at: Set(info.added_at),
            last_used_at: Set(info.last_used_at),
            tested_at: Set(test.map(|test| test.at)),
            test_result: Set(test.map(|test| to_word(&test.result)).transpose()?),
            test_detail: Set(test.and_then(|test| test.detail.clone())),
            active: Set(settings.active),
            default_model: Set(settings.default_model.clone()),
            per_minute: Set(settings.per_minute.map(NonZeroU32::get)),
            monthly_micros: Set(settings.monthly_micros),
            spare: Set(settings.spare),
            remind_after_days: Set(settings.remind_after_days.map(NonZeroU32::get)),
            deleted_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.transaction).await?;
        let present = KeyRevisionInfo {
            revision,
            state: RevisionState::Current,
            masked: info.masked.clone(),
            origin: info.origin.clone(),
            created_at: info.added_at,
        };
        key_revision::insert(&self.transaction, info.id, &present, sealed).await?;
        key_chain::append(&self.transaction, &info.provider, info.id).await
    }

    /// Gives a key another name.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn rename_key(&mut self, id: KeyId, name: &str) -> Result<(), StoreError> {
        self.change_key(id, [(Column::Name, name.into())]).await
    }

    /// Keeps what the user set for a key.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn set_key_settings(&mut self, id: KeyId, settings: &KeySettings) -> Result<(), StoreError> {
        self.change_key(
            id,
            [
                (Column::Active, settings.active.into()),
                (Column::DefaultModel, settings.default_model.clone().into()),
                (Column::PerMinute, settings.per_minute.map(NonZeroU32::get).into()),
                (Column::MonthlyMicros, settings.monthly_micros.into()),
                (Column::Spare, settings.spare.into()),
                (Column::RemindAfterDays, settings.remind_after_days.map(NonZeroU32::get).into()),
            ],
        )
        .await
    }

    /// Keeps what a test of a key found.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn key_tested(&mut self, id: KeyId, test: &KeyTest) -> Result<(), StoreError> {
        self.change_key(
            id,
            [
                (Column::TestedAt, test.at.into()),
                (Column::TestResult, to_word(&test.result)?.into()),
                (Column::TestDetail, test.detail.clone().into()),
            ],
        )
        .await
    }

    /// Marks a key as deleted. Until it is purged that can be undone.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn delete_key(&mut self, id: KeyId, at: Timestamp) -> Result<(), StoreError> {
        self.change_key(id, [(Column::DeletedAt, at.into())]).await
    }

    /// Takes the deletion of a key back. It has its old place again.
    ///
    /// # Errors
    /// When the key was purged, or it cannot be written.
    pub async fn restore_key(&mut self, id: KeyId) -> Result<(), StoreError> {
        let update = Entity::update_many()
            .filter(Column::Id.eq(id.0))
            .filter(Column::DeletedAt.is_not_null())
            .col_expr(Column::DeletedAt, SimpleExpr::Value(None::<i64>.into()));
        found(update.exec(&self.transaction).await?.rows_affected)
    }

    /// Removes keys for good, with all their secrets, that were deleted before this time. What they were
    /// used for stays. Says which they were.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge_keys(&mut self, deleted_before: Timestamp) -> Result<Vec<KeyId>, StoreError> {
        let rows = Entity::find().filter(Column::DeletedAt.lt(deleted_before)).all(&self.transaction).await?;
        self.remove_keys(rows).await
    }

    /// Removes all keys of a provider for good.
    pub(super) async fn remove_keys_of(&mut self, provider: &ProviderId) -> Result<(), StoreError> {
        let rows = Entity::find().filter(Column::Provider.eq(provider.0.as_str())).all(&self.transaction).await?;
        self.remove_keys(rows).await?;
        Ok(())
    }

    async fn remove_keys(&mut self, rows: Vec<Model>) -> Result<Vec<KeyId>, StoreError> {
        let mut removed = Vec::with_capacity(rows.len());
        for row in rows {
            let id = KeyId(row.id);
            conversation_key::remove(&self.transaction, id).await?;
            key_chain::remove(&self.transaction, id).await?;
            key_revision::remove(&self.transaction, id).await?;
            Entity::delete_by_id(row.id).exec(&self.transaction).await?;
            removed.push(id);
        }
        Ok(removed)
    }

    /// A new secret was never tested.
    pub(super) async fn forget_test(&mut self, id: KeyId) -> Result<(), StoreError> {
        self.change_key(
            id,
            [
                (Column::TestedAt, None::<i64>.into()),
                (Column::TestResult, None::<String>.into()),
                (Column::TestDetail, None::<String>.into()),
            ],
        )
        .await
    }

    pub(super) async fn key_used(&mut self, id: KeyId, at: Timestamp) -> Result<(), StoreError> {
        self.change_key(id, [(Column::LastUsedAt, at.into())]).await
    }

    /// The most requests in a minute and the most money in a month.
    pub(super) async fn key_limits(&mut self, id: KeyId) -> Result<(Option<NonZeroU32>, Option<i64>), StoreError> {
        let row = Entity::find_by_id(id.0).filter(Column::DeletedAt.is_null()).one(&self.transaction).await?;
        let row = row.ok_or(StoreError::NotFound { what: "key" })?;
        Ok((row.per_minute.and_then(NonZeroU32::new), row.monthly_micros))
    }

    async fn change_key<const N: usize>(&mut self, id: KeyId, values: [(Column, Value); N]) -> Result<(), StoreError> {
        let mut update = Entity::update_many().filter(Column::Id.eq(id.0)).filter(Column::DeletedAt.is_null());
        for (column, value) in values {
            update = update.col_expr(column, SimpleExpr::Value(value));
        }
        found(update.exec(&self.transaction).await?.rows_affected)
    }
}

fn found(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound { what: "key" }) } else { Ok(()) }
}
