use holdfast_contract::{ModelRef, ProviderId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, Set};

use crate::{Store, StoreError, Writes};

/// A model as it was last seen at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownModel {
    /// Who serves it and by which name.
    pub model: ModelRef,
    /// Its name for a person.
    pub name: String,
    /// The most tokens of request and answer together, when known.
    pub context_window: Option<u32>,
    /// Size, family and quantisation of a local model, in a few words.
    pub detail: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_model")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    provider: String,
    #[sea_orm(primary_key, auto_increment = false)]
    position: u32,
    model: String,
    name: String,
    context_window: Option<u32>,
    detail: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for KnownModel {
    fn from(row: Model) -> Self {
        Self {
            model: ModelRef { provider: ProviderId(row.provider), model: row.model },
            name: row.name,
            context_window: row.context_window,
            detail: row.detail,
        }
    }
}

impl Store {
    /// The models last seen at a provider, in its order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known_models(&self, provider: &ProviderId) -> Result<Vec<KnownModel>, StoreError> {
        let rows = Entity::find()
            .filter(Column::Provider.eq(provider.0.as_str()))
            .order_by_asc(Column::Position)
            .all(self.readers())
            .await?;
        Ok(rows.into_iter().map(KnownModel::from).collect())
    }

    /// The models last seen at all providers, by provider.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_known_models(&self) -> Result<Vec<KnownModel>, StoreError> {
        let rows =
            Entity::find().order_by_asc(Column::Provider).order_by_asc(Column::Position).all(self.readers()).await?;
        Ok(rows.into_iter().map(KnownModel::from).collect())
    }
}

impl Writes {
    /// Makes these the models last seen at a provider.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_known_models(&mut self, provider: &ProviderId, models: &[KnownModel]) -> Result<(), StoreError> {
        Entity::delete_many().filter(Column::Provider.eq(provider.0.as_str())).exec(&self.transaction).await?;
        for (position, model) in (0..).zip(models) {
            let row = ActiveModel {
                provider: Set(provider.0.clone()),
                position: Set(position),
                model: Set(model.model.model.clone()),
                name: Set(model.name.clone()),
                context_window: Set(model.context_window),
                detail: Set(model.detail.clone()),
            };
            Entity::insert(row).exec_without_returning(&self.transaction).await?;
        }
        Ok(())
    }
}
