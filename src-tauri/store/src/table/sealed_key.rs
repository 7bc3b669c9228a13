use holdfast_contract::{KeyId, KeyInfo, KeyTest, ProviderId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, SimpleExpr};
use sea_orm::{Iterable, QueryOrder, Set};

use crate::word::{from_word, to_word};
use crate::{Store, StoreError, Writes};

/// A key with its sealed secret, which the vault alone can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// What may be shown of it.
    pub info: KeyInfo,
    /// Counts the secrets that were sealed under its id; the seal holds it too.
    pub revision: u32,
    /// The sealed secret.
    pub sealed: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sealed_key")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    provider: String,
    name: String,
    masked: String,
    origin: String,
    added_at: i64,
    last_used_at: Option<i64>,
    tested_at: Option<i64>,
    test_result: Option<String>,
    test_detail: Option<String>,
    revision: u32,
    sealed: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for StoredKey {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let test = match row.tested_at.zip(row.test_result) {
            Some((at, result)) => Some(KeyTest { at, result: from_word(&result)?, detail: row.test_detail }),
            None => None,
        };
        let info = KeyInfo {
            id: KeyId(row.id),
            provider: ProviderId(row.provider),
            name: row.name,
            masked: row.masked,
            origin: row.origin,
            added_at: row.added_at,
            last_used_at: row.last_used_at,
            test,
        };
        Ok(Self { info, revision: row.revision, sealed: row.sealed })
    }
}

impl Store {
    /// What may be shown of all keys, by provider and name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys(&self) -> Result<Vec<KeyInfo>, StoreError> {
        let rows = Entity::find()
            .order_by_asc(Column::Provider)
            .order_by_asc(Column::Name)
            .order_by_asc(Column::AddedAt)
            .order_by_asc(Column::Id)
            .all(self.readers())
            .await?;
        rows.into_iter().map(|row| Ok(StoredKey::try_from(row)?.info)).collect()
    }

    /// One key with its sealed secret.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key(&self, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
        Entity::find_by_id(id.0).one(self.readers()).await?.map(StoredKey::try_from).transpose()
    }
}

impl Writes {
    /// Adds a key, or puts it in the place of the one with its id.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_key(&mut self, info: &KeyInfo, revision: u32, sealed: Vec<u8>) -> Result<(), StoreError> {
        let test = info.test.as_ref();
        let row = ActiveModel {
            id: Set(info.id.0),
            provider: Set(info.provider.0.clone()),
            name: Set(info.name.clone()),
            masked: Set(info.masked.clone()),
            origin: Set(info.origin.clone()),
            added_at: Set(info.added_at),
            last_used_at: Set(info.last_used_at),
            tested_at: Set(test.map(|test| test.at)),
            test_result: Set(test.map(|test| to_word(&test.result)).transpose()?),
            test_detail: Set(test.and_then(|test| test.detail.clone())),
            revision: Set(revision),
            sealed: Set(sealed),
        };
        let all_but_id = Column::iter().filter(|column| !matches!(column, Column::Id));
        let or_replace = OnConflict::column(Column::Id).update_columns(all_but_id).to_owned();
        Entity::insert(row).on_conflict(or_replace).exec_without_returning(&self.transaction).await?;
        Ok(())
    }

    /// Gives a key another name.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn rename_key(&mut self, id: KeyId, name: &str) -> Result<(), StoreError> {
        self.change_key(id, [(Column::Name, name.into())]).await
    }

    /// Deletes a key and its sealed secret for good.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn delete_key(&mut self, id: KeyId) -> Result<(), StoreError> {
        found(Entity::delete_by_id(id.0).exec(&self.transaction).await?.rows_affected)
    }

    /// Keeps when a key was last sent.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn key_used(&mut self, id: KeyId, at: Timestamp) -> Result<(), StoreError> {
        self.change_key(id, [(Column::LastUsedAt, at.into())]).await
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

    async fn change_key<const N: usize>(&mut self, id: KeyId, values: [(Column, Value); N]) -> Result<(), StoreError> {
        let mut update = Entity::update_many().filter(Column::Id.eq(id.0));
        for (column, value) in values {
            update = update.col_expr(column, SimpleExpr::Value(value));
        }
        found(update.exec(&self.transaction).await?.rows_affected)
    }

    /// Deletes all keys of a provider.
    pub(super) async fn delete_keys_of(&mut self, provider: &ProviderId) -> Result<(), StoreError> {
        Entity::delete_many().filter(Column::Provider.eq(provider.0.as_str())).exec(&self.transaction).await?;
        Ok(())
    }
}

fn found(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound { what: "key" }) } else { Ok(()) }
}
