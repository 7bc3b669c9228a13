use std::num::NonZeroU32;
use std::ops::Range;

use holdfast_contract::{
    KeyId, KeyInfo, KeyRevisionInfo, KeySettings, KeySpending, KeyTest, KeyView, ProviderId, RevisionState, Timestamp,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{DbBackend, Set, Statement};
use serde::Deserialize;

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

/// A [`Line`], as a list in its order.
macro_rules! line {
    () => {
        "json_array(
    hex(k.id), k.provider, k.name, r.masked, r.origin, k.added_at, k.last_used_at,
    k.tested_at, k.test_result, k.test_detail,
    k.active, k.default_model, k.per_minute, k.monthly_micros, k.spare, k.remind_after_days,
    r.revision, r.created_at
)"
    };
}

// All keys are one row: each row that SQLite's thread hands over wakes who waits for it, and that takes
// much longer than to find it.
const LIST: &str = concat!(
    "SELECT json_group_array(json_array(",
    line!(),
    ", c.position,
    json(iif(p.key IS NULL, NULL, json_array(p.revision, p.masked, p.origin, p.created_at))),
    json((
        SELECT json_array(
            count(*),
            CAST(MIN(total(input_tokens), 9e18) AS INTEGER),
            CAST(MIN(total(output_tokens), 9e18) AS INTEGER),
            CAST(MIN(total(cost_micros), 9e18) AS INTEGER),
            coalesce(MAX(estimated), 0)
        )
        FROM key_use WHERE key = k.id AND at >= ?1 AND at < ?2
    ))
))
FROM sealed_key k
JOIN key_revision r ON r.key = k.id AND r.state = 'current'
LEFT JOIN key_revision p ON p.key = k.id AND p.state = 'pending'
LEFT JOIN key_chain c ON c.key = k.id
WHERE k.deleted_at IS NULL"
);

const ONE: &str = concat!(
    "SELECT ",
    line!(),
    ", k.deleted_at, r.sealed
FROM sealed_key k JOIN key_revision r ON r.key = k.id AND r.state = 'current'
WHERE k.id = ?1"
);

/// A key with its present secret.
#[derive(Deserialize)]
struct Line {
    id: Uuid,
    provider: String,
    name: String,
    masked: String,
    origin: String,
    added_at: Timestamp,
    last_used_at: Option<Timestamp>,
    tested_at: Option<Timestamp>,
    test_result: Option<String>,
    test_detail: Option<String>,
    active: u8,
    default_model: Option<String>,
    per_minute: Option<u32>,
    monthly_micros: Option<i64>,
    spare: u8,
    remind_after_days: Option<u32>,
    revision: u32,
    sealed_at: Timestamp,
}

/// What the list says of a key.
#[derive(Deserialize)]
struct Listed {
    line: Line,
    place: Option<u32>,
    pending: Option<Pending>,
    sums: Sums,
}

#[derive(Deserialize)]
struct Pending {
    revision: u32,
    masked: String,
    origin: String,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct Sums {
    uses: i64,
    input_tokens: i64,
    output_tokens: i64,
    cost_micros: i64,
    estimated: u8,
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::row(format!("a key that does not read: {error}")))
}

impl Line {
    fn read(self) -> Result<(KeyInfo, KeySettings), StoreError> {
        let test = match self.tested_at.zip(self.test_result) {
            Some((at, result)) => Some(KeyTest { at, result: from_word(&result)?, detail: self.test_detail }),
            None => None,
        };
        let info = KeyInfo {
            id: KeyId(self.id),
            provider: ProviderId(self.provider),
            name: self.name,
            masked: self.masked,
            origin: self.origin,
            added_at: self.added_at,
            last_used_at: self.last_used_at,
            test,
        };
        let settings = KeySettings {
            active: self.active != 0,
            default_model: self.default_model,
            per_minute: self.per_minute.and_then(NonZeroU32::new),
            monthly_micros: self.monthly_micros,
            spare: self.spare != 0,
            remind_after_days: self.remind_after_days.and_then(NonZeroU32::new),
        };
        Ok((info, settings))
    }
}

impl From<Pending> for KeyRevisionInfo {
    fn from(row: Pending) -> Self {
        let Pending { revision, masked, origin, created_at } = row;
        Self { revision, state: RevisionState::Pending, masked, origin, created_at }
    }
}

impl From<Sums> for KeySpending {
    fn from(row: Sums) -> Self {
        Self {
            uses: row.uses.unsigned_abs(),
            input_tokens: row.input_tokens.unsigned_abs(),
            output_tokens: row.output_tokens.unsigned_abs(),
            cost_micros: row.cost_micros,
            estimated: row.estimated != 0,
        }
    }
}

impl Store {
    /// All keys that are not deleted, by provider and in its order, with what they were used for in
    /// this month.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys(&self, month: Range<Timestamp>) -> Result<Vec<KeyView>, StoreError> {
        let month = [month.start.into(), month.end.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, LIST, month);
        let Some(row) = self.readers().query_one_raw(statement).await? else { return Ok(Vec::new()) };
        let text: String = row.try_get_by_index(0)?;
        let mut listed: Vec<Listed> = parse(&text)?;
        listed.sort_unstable_by(|key, other| {
            let (line, other_line) = (&key.line, &other.line);
            (&line.provider, key.place, line.id).cmp(&(&other_line.provider, other.place, other_line.id))
        });
        let mut keys: Vec<KeyView> = Vec::with_capacity(listed.len());
        for Listed { line, pending, sums, .. } in listed {
            let (revision, sealed_at) = (line.revision, line.sealed_at);
            let (info, settings) = line.read()?;
            let before = keys.last().filter(|before| before.info.provider == info.provider);
            let position = before.map_or(0, |before| before.position + 1);
            let (pending, month) = (pending.map(KeyRevisionInfo::from), sums.into());
            keys.push(KeyView { info, settings, position, revision, sealed_at, pending, month });
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
        let text: String = row.try_get_by_index(0)?;
        let line: Line = parse(&text)?;
        let (revision, sealed_at) = (line.revision, line.sealed_at);
        let (info, settings) = line.read()?;
        let (deleted_at, sealed) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
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
