use std::collections::HashMap;

use holdfast_contract::{MessageId, Part};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, ExprTrait, NotSet, QueryOrder, Set};

use crate::StoreError;

/// Messages whose parts one statement reads.
const AT_ONCE: usize = 500;

const TEXT: &str = "text";
const REASONING: &str = "reasoning";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "part")]
pub(super) struct Model {
    #[sea_orm(primary_key)]
    number: i64,
    message: Uuid,
    position: u32,
    kind: String,
    text: Option<String>,
    data: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Part {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        match (row.kind.as_str(), row.text) {
            (TEXT, Some(text)) => Ok(Self::Text { text }),
            (REASONING, Some(text)) => Ok(Self::Reasoning { text }),
            (kind, _) => Err(StoreError::row(format!("a part of the unknown kind `{kind}`"))),
        }
    }
}

/// The parts of messages, in their order.
pub(super) async fn of<C: ConnectionTrait>(
    connection: &C,
    messages: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Part>>, StoreError> {
    let mut parts: HashMap<Uuid, Vec<Part>> = HashMap::with_capacity(messages.len());
    for some in messages.chunks(AT_ONCE) {
        let rows = Entity::find()
            .filter(Column::Message.is_in(some.iter().copied()))
            .order_by_asc(Column::Message)
            .order_by_asc(Column::Position)
            .all(connection)
            .await?;
        for row in rows {
            parts.entry(row.message).or_default().push(row.try_into()?);
        }
    }
    Ok(parts)
}

/// Makes these the parts of a message. Parts that are already so are not written again: the reasoning
/// before a growing answer, for instance.
pub(super) async fn put(
    transaction: &DatabaseTransaction,
    message: MessageId,
    parts: &[Part],
) -> Result<(), StoreError> {
    let mut position = 0;
    for part in parts {
        let (kind, text) = match part {
            Part::Text { text } => (TEXT, text),
            Part::Reasoning { text } => (REASONING, text),
        };
        let row = ActiveModel {
            number: NotSet,
            message: Set(message.0),
            position: Set(position),
            kind: Set(kind.to_owned()),
            text: Set(Some(text.clone())),
            data: Set(None),
        };
        let changed =
            Expr::col((Entity, Column::Text))
                .is_not(Expr::cust("excluded.text"))
                .or(Expr::col((Entity, Column::Kind)).is_not(Expr::cust("excluded.kind")));
        let or_replace = OnConflict::columns([Column::Message, Column::Position])
            .update_columns([Column::Kind, Column::Text])
            .action_and_where(changed)
            .to_owned();
        Entity::insert(row).on_conflict(or_replace).exec_without_returning(transaction).await?;
        position += 1;
    }
    Entity::delete_many()
        .filter(Column::Message.eq(message.0))
        .filter(Column::Position.gte(position))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Characters of the text that is always shown; reasoning is folded away.
pub(super) fn chars(parts: &[Part]) -> u32 {
    let count: usize = parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => text.chars().count(),
            Part::Reasoning { .. } => 0,
        })
        .sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}
