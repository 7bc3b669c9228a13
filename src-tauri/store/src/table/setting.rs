use holdfast_contract::Settings;
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use serde_json::{Map, Value as Json};

use crate::word::{from_json, to_json};
use crate::{Store, StoreError, Writes};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    name: String,
    value: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// What the user set. What is missing or does not read has its default.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        let mut good = Map::new();
        for row in Entity::find().all(self.readers()).await? {
            let alone = from_json::<Json>(&row.value).map(|value| Map::from_iter([(row.name.clone(), value)]));
            match alone.and_then(|alone| Ok((settings_of(alone.clone())?, alone))) {
                Ok((_, alone)) => good.extend(alone),
                Err(error) => tracing::warn!(name = row.name, %error, "a setting does not read; its default is used"),
            }
        }
        settings_of(good)
    }
}

fn settings_of(values: Map<String, Json>) -> Result<Settings, StoreError> {
    serde_json::from_value(Json::Object(values)).map_err(StoreError::row)
}

impl Writes {
    /// Keeps what the user set. Settings that this program does not know stay as they are.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_settings(&mut self, settings: &Settings) -> Result<(), StoreError> {
        let values: Map<String, Json> = from_json(&to_json(settings)?)?;
        for (name, value) in values {
            let row = ActiveModel { name: Set(name), value: Set(to_json(&value)?) };
            let or_replace = OnConflict::column(Column::Name).update_column(Column::Value).to_owned();
            Entity::insert(row).on_conflict(or_replace).exec_without_returning(&self.transaction).await?;
        }
        Ok(())
    }
}
