use holdfast_contract::{ConversationId, KeyId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, Set};

use crate::{StoreError, Writes};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_key")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    conversation: Uuid,
    key: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Writes {
    /// Chooses a key for a conversation, or lets the order of its provider decide again.
    ///
    /// # Errors
    /// When the conversation or the key is gone, or it cannot be written.
    pub async fn set_conversation_key(&mut self, id: ConversationId, key: Option<KeyId>) -> Result<(), StoreError> {
        match key {
            Some(key) => {
                let row = ActiveModel { conversation: Set(id.0), key: Set(key.0) };
                let or_replace = OnConflict::column(Column::Conversation).update_column(Column::Key).to_owned();
                Entity::insert(row).on_conflict(or_replace).exec_without_returning(&self.transaction).await?;
            }
            None => {
                Entity::delete_by_id(id.0).exec(&self.transaction).await?;
            }
        }
        Ok(())
    }
}

pub(super) async fn remove(transaction: &DatabaseTransaction, key: KeyId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Key.eq(key.0)).exec(transaction).await?;
    Ok(())
}
