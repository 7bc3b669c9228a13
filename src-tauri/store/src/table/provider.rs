use holdfast_contract::{KeyNeed, ProviderId, WireName};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, Set};

use crate::word::{from_word, to_word};
use crate::{Store, StoreError, Writes};

/// A provider that the user added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomProvider {
    /// Its id.
    pub id: ProviderId,
    /// Its name for a person.
    pub name: String,
    /// Where it is.
    pub base_url: String,
    /// What it speaks.
    pub wire: WireName,
    /// Whether it needs a key.
    pub key: KeyNeed,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    name: String,
    base_url: String,
    wire: String,
    key_need: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for CustomProvider {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ProviderId(row.id),
            name: row.name,
            base_url: row.base_url,
            wire: from_word(&row.wire)?,
            key: from_word(&row.key_need)?,
        })
    }
}

impl Store {
    /// The providers that the user added, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn custom_providers(&self) -> Result<Vec<CustomProvider>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::Name).order_by_asc(Column::Id).all(self.readers()).await?;
        rows.into_iter().map(CustomProvider::try_from).collect()
    }
}

impl Writes {
    /// Adds a provider, or changes the one with its id.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_provider(&mut self, provider: CustomProvider) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(provider.id.0),
            name: Set(provider.name),
            base_url: Set(provider.base_url),
            wire: Set(to_word(&provider.wire)?),
            key_need: Set(to_word(&provider.key)?),
        };
        let or_replace = OnConflict::column(Column::Id)
            .update_columns([Column::Name, Column::BaseUrl, Column::Wire, Column::KeyNeed])
            .to_owned();
        Entity::insert(row).on_conflict(or_replace).exec_without_returning(&self.transaction).await?;
        Ok(())
    }

    /// Removes a provider that the user added, with its keys and the models last seen there.
    ///
    /// # Errors
    /// When the provider is gone, or it cannot be written.
    pub async fn delete_provider(&mut self, id: &ProviderId) -> Result<(), StoreError> {
        if Entity::delete_by_id(id.0.as_str()).exec(&self.transaction).await?.rows_affected == 0 {
            return Err(StoreError::NotFound { what: "provider" });
        }
        self.remove_keys_of(id).await?;
        self.put_known_models(id, &[]).await
    }
}
