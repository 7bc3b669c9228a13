use holdfast_contract::{KeyId, KeyRevisionInfo, ProviderId, RevisionState, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{DatabaseTransaction, DbBackend, FromQueryResult, QueryOrder, Set, Statement};

use crate::word::{from_word, to_word};
use crate::{Store, StoreError, Writes};

/// One sealed secret with all that its seal is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRevision {
    /// Whose secret it is.
    pub key: KeyId,
    /// The provider of that key.
    pub provider: ProviderId,
    /// Its number, from 1.
    pub revision: u32,
    /// The sealed secret.
    pub sealed: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_revision")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    key: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    revision: u32,
    state: String,
    masked: String,
    origin: String,
    created_at: i64,
    retired_at: Option<i64>,
    sealed: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(FromQueryResult)]
struct Sealed {
    key: Uuid,
    provider: String,
    revision: u32,
    sealed: Vec<u8>,
}

impl From<Sealed> for SealedRevision {
    fn from(row: Sealed) -> Self {
        Self { key: KeyId(row.key), provider: ProviderId(row.provider), revision: row.revision, sealed: row.sealed }
    }
}

const SEALED: &str = "
SELECT r.key, k.provider, r.revision, r.sealed
FROM key_revision r JOIN sealed_key k ON k.id = r.key
WHERE r.sealed IS NOT NULL";

impl Store {
    /// All secrets that a key has had, oldest first, without the secrets.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key_revisions(&self, key: KeyId) -> Result<Vec<KeyRevisionInfo>, StoreError> {
        let rows =
            Entity::find().filter(Column::Key.eq(key.0)).order_by_asc(Column::Revision).all(self.readers()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(KeyRevisionInfo {
                    revision: row.revision,
                    state: from_word(&row.state)?,
                    masked: row.masked,
                    origin: row.origin,
                    created_at: row.created_at,
                })
            })
            .collect()
    }

    /// One sealed secret of a key, for instance the one that waits for its test. None when it was
    /// revoked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sealed_revision(&self, key: KeyId, revision: u32) -> Result<Option<SealedRevision>, StoreError> {
        let sql = format!("{SEALED} AND r.key = ?1 AND r.revision = ?2");
        let values = [key.0.into(), revision.into()];
        let row = self.readers().query_one_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
        row.map(|row| Ok(Sealed::from_query_result(&row, "")?.into())).transpose()
    }

    /// Sealed secrets of all keys, deleted ones too, in a fixed order from after this one on: what has
    /// to be sealed again when the key that wraps them is replaced.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sealed_revisions(
        &self,
        after: Option<(KeyId, u32)>,
        count: u32,
    ) -> Result<Vec<SealedRevision>, StoreError> {
        let (key, revision) = after.map_or((Vec::new(), 0), |(key, revision)| (key.0.as_bytes().to_vec(), revision));
        let sql = format!("{SEALED} AND (r.key, r.revision) > (?1, ?2) ORDER BY r.key, r.revision LIMIT ?3");
        let values = [key.into(), revision.into(), count.into()];
        let rows = self.readers().query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
        rows.iter().map(|row| Ok(Sealed::from_query_result(row, "")?.into())).collect()
    }
}

impl Writes {
    /// The number that the next secret of a key must be sealed with.
    ///
    /// # Errors
    /// When the key is gone, or the database does not answer.
    pub async fn next_revision(&mut self, key: KeyId) -> Result<u32, StoreError> {
        let last =
            Entity::find().filter(Column::Key.eq(key.0)).order_by_desc(Column::Revision).one(&self.transaction).await?;
        Ok(last.ok_or(StoreError::NotFound { what: "key" })?.revision + 1)
    }

    /// Adds a secret that waits for its test; one that waited before is discarded. It must be sealed
    /// with the number that [`Writes::next_revision`] gave in this transaction.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn add_revision(
        &mut self,
        key: KeyId,
        revision: u32,
        masked: &str,
        origin: &str,
        sealed: Vec<u8>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let waiting = self.in_state(key, RevisionState::Pending).await?;
        if let Some(waiting) = waiting {
            self.revoke(key, waiting).await?;
        }
        let pending = KeyRevisionInfo {
            revision,
            state: RevisionState::Pending,
            masked: masked.to_owned(),
            origin: origin.to_owned(),
            created_at: at,
        };
        insert(&self.transaction, key, &pending, sealed).await
    }

    /// Makes the secret that waits the one that is sent. The one before it is kept as an old one until
    /// [`Writes::revoke_revisions`]; what its test found is forgotten.
    ///
    /// # Errors
    /// When nothing waits, or it cannot be written.
    pub async fn promote_revision(&mut self, key: KeyId, at: Timestamp) -> Result<(), StoreError> {
        let pending = self.in_state(key, RevisionState::Pending).await?;
        let pending = pending.ok_or(StoreError::NotFound { what: "new secret of the key" })?;
        if let Some(current) = self.in_state(key, RevisionState::Current).await? {
            let old = [(Column::State, to_word(&RevisionState::Old)?.into()), (Column::RetiredAt, at.into())];
            self.change_revision(key, current, old).await?;
        }
        self.change_revision(key, pending, [(Column::State, to_word(&RevisionState::Current)?.into())]).await?;
        self.forget_test(key).await
    }

    /// Discards the secret that waits. Nothing of it is left, nor of what its test found.
    ///
    /// # Errors
    /// When nothing waits, or it cannot be written.
    pub async fn discard_revision(&mut self, key: KeyId) -> Result<(), StoreError> {
        let pending = self.in_state(key, RevisionState::Pending).await?;
        self.revoke(key, pending.ok_or(StoreError::NotFound { what: "new secret of the key" })?).await?;
        self.forget_test(key).await
    }

    /// Revokes old secrets that were replaced before this time: nothing of them is left. Says how many.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn revoke_revisions(&mut self, replaced_before: Timestamp) -> Result<u64, StoreError> {
        let update = Entity::update_many()
            .filter(Column::State.eq(to_word(&RevisionState::Old)?))
            .filter(Column::RetiredAt.lt(replaced_before))
            .col_expr(Column::State, SimpleExpr::Value(to_word(&RevisionState::Revoked)?.into()))
            .col_expr(Column::Sealed, SimpleExpr::Value(None::<Vec<u8>>.into()));
        Ok(update.exec(&self.transaction).await?.rows_affected)
    }

    /// Puts the same secret, sealed anew, in the place of a sealed one. Says whether that one was still
    /// there: it may have been revoked or sealed anew by another program meanwhile.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn reseal(&mut self, was: &SealedRevision, sealed: Vec<u8>) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .filter(Column::Key.eq(was.key.0))
            .filter(Column::Revision.eq(was.revision))
            .filter(Column::Sealed.eq(was.sealed.clone()))
            .col_expr(Column::Sealed, SimpleExpr::Value(sealed.into()));
        Ok(update.exec(&self.transaction).await?.rows_affected > 0)
    }

    async fn revoke(&mut self, key: KeyId, revision: u32) -> Result<(), StoreError> {
        let revoked =
            [(Column::State, to_word(&RevisionState::Revoked)?.into()), (Column::Sealed, None::<Vec<u8>>.into())];
        self.change_revision(key, revision, revoked).await
    }

    async fn in_state(&mut self, key: KeyId, state: RevisionState) -> Result<Option<u32>, StoreError> {
        let row = Entity::find()
            .filter(Column::Key.eq(key.0))
            .filter(Column::State.eq(to_word(&state)?))
            .one(&self.transaction)
            .await?;
        Ok(row.map(|row| row.revision))
    }

    async fn change_revision<const N: usize>(
        &mut self,
        key: KeyId,
        revision: u32,
        values: [(Column, Value); N],
    ) -> Result<(), StoreError> {
        let mut update = Entity::update_many().filter(Column::Key.eq(key.0)).filter(Column::Revision.eq(revision));
        for (column, value) in values {
            update = update.col_expr(column, SimpleExpr::Value(value));
        }
        update.exec(&self.transaction).await?;
        Ok(())
    }
}

pub(super) async fn insert(
    transaction: &DatabaseTransaction,
    key: KeyId,
    about: &KeyRevisionInfo,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let row = ActiveModel {
        key: Set(key.0),
        revision: Set(about.revision),
        state: Set(to_word(&about.state)?),
        masked: Set(about.masked.clone()),
        origin: Set(about.origin.clone()),
        created_at: Set(about.created_at),
        retired_at: Set(None),
        sealed: Set(Some(sealed)),
    };
    Entity::insert(row).exec_without_returning(transaction).await?;
    Ok(())
}

/// Removes all secrets of a key.
pub(super) async fn remove(transaction: &DatabaseTransaction, key: KeyId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Key.eq(key.0)).exec(transaction).await?;
    Ok(())
}
