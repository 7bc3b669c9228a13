use holdfast_contract::{KeyId, ProviderId};
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, DbBackend, QueryOrder, Set, Statement};

use crate::{Store, StoreError, Writes};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_chain")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    provider: String,
    #[sea_orm(primary_key, auto_increment = false)]
    position: u32,
    key: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CHAIN: &str = "
SELECT c.key FROM key_chain c JOIN sealed_key k ON k.id = c.key
WHERE c.provider = ?1 AND k.deleted_at IS NULL ORDER BY c.position";

impl Store {
    /// The keys of a provider that are not deleted: its default key, then the others in the order in
    /// which they may stand in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key_chain(&self, provider: &ProviderId) -> Result<Vec<KeyId>, StoreError> {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, CHAIN, [provider.0.as_str().into()]);
        let rows = self.readers().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(KeyId(row.try_get_by_index(0)?))).collect()
    }
}

impl Writes {
    /// Puts keys of a provider first, in this order. Its other keys follow as they did.
    ///
    /// # Errors
    /// When one of them is not a key of the provider, or it cannot be written.
    pub async fn set_key_chain(&mut self, provider: &ProviderId, first: &[KeyId]) -> Result<(), StoreError> {
        let rows = of(&self.transaction, provider).await?;
        let mut order: Vec<Uuid> = Vec::with_capacity(rows.len());
        for key in first {
            if !rows.iter().any(|row| row.key == key.0) {
                return Err(StoreError::NotFound { what: "key of the provider" });
            }
            if !order.contains(&key.0) {
                order.push(key.0);
            }
        }
        for row in rows {
            if !order.contains(&row.key) {
                order.push(row.key);
            }
        }
        Entity::delete_many().filter(Column::Provider.eq(provider.0.as_str())).exec(&self.transaction).await?;
        for (position, key) in (0..).zip(order) {
            insert(&self.transaction, provider, position, KeyId(key)).await?;
        }
        Ok(())
    }
}

/// Makes a key the last one of its provider.
pub(super) async fn append(
    transaction: &DatabaseTransaction,
    provider: &ProviderId,
    key: KeyId,
) -> Result<(), StoreError> {
    let last = of_provider(provider).order_by_desc(Column::Position).one(transaction).await?;
    insert(transaction, provider, last.map_or(0, |last| last.position + 1), key).await
}

pub(super) async fn remove(transaction: &DatabaseTransaction, key: KeyId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Key.eq(key.0)).exec(transaction).await?;
    Ok(())
}

async fn of(transaction: &DatabaseTransaction, provider: &ProviderId) -> Result<Vec<Model>, StoreError> {
    Ok(of_provider(provider).order_by_asc(Column::Position).all(transaction).await?)
}

fn of_provider(provider: &ProviderId) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::Provider.eq(provider.0.as_str()))
}

async fn insert(
    transaction: &DatabaseTransaction,
    provider: &ProviderId,
    position: u32,
    key: KeyId,
) -> Result<(), StoreError> {
    let row = ActiveModel { provider: Set(provider.0.clone()), position: Set(position), key: Set(key.0) };
    Entity::insert(row).exec_without_returning(transaction).await?;
    Ok(())
}
