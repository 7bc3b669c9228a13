use std::ops::Range;

use holdfast_contract::{
    ConversationId, KeyId, KeyLimit, KeyUse, KeyUseId, KeyUseOutcome, MessageId, ModelRef, ProviderId, Timestamp,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{DbBackend, QueryOrder, QuerySelect, Set, Statement};

use crate::word::{from_word, to_word};
use crate::{Store, StoreError, Writes};

const MINUTE_MS: Timestamp = 60_000;
/// The most uses that one reading gives.
const MOST: u64 = 500;

/// Whether a use of a key may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is on record, and counts.
    Admitted,
    /// A limit of the key keeps it back. Nothing was recorded.
    Refused(KeyLimit),
}

/// What came of a use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUseEnd {
    /// How it ended.
    pub outcome: KeyUseOutcome,
    /// Tokens of the request.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    pub output_tokens: Option<u64>,
    /// The cost. When it cannot be told, what was set aside for it at the beginning counts.
    pub cost_micros: Option<i64>,
    /// Whether that cost is an estimate.
    pub estimated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_use")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    key: Uuid,
    at: i64,
    provider: String,
    model: String,
    conversation: Option<Uuid>,
    answer: Option<Uuid>,
    outcome: String,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cost_micros: Option<i64>,
    estimated: bool,
    writer: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for KeyUse {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: KeyUseId(row.id),
            key: KeyId(row.key),
            at: row.at,
            model: ModelRef { provider: ProviderId(row.provider), model: row.model },
            conversation: row.conversation.map(ConversationId),
            answer: row.answer.map(MessageId),
            outcome: from_word(&row.outcome)?,
            input_tokens: row.input_tokens.map(i64::unsigned_abs),
            output_tokens: row.output_tokens.map(i64::unsigned_abs),
            cost_micros: row.cost_micros,
            estimated: row.estimated,
        })
    }
}

const SPENT: &str = "
SELECT CAST(MIN(total(cost_micros), 9e18) AS INTEGER) FROM key_use WHERE key = ?1 AND at >= ?2 AND at < ?3";

impl Store {
    /// How often a key was used in the 60 seconds before this time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recent_uses(&self, key: KeyId, now: Timestamp) -> Result<u64, StoreError> {
        let uses = Entity::find().filter(Column::Key.eq(key.0)).filter(Column::At.gt(now - MINUTE_MS));
        Ok(uses.count(self.readers()).await?)
    }

    /// Uses in this time, newest first, of one key or of all; at most 500 at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key_uses(
        &self,
        key: Option<KeyId>,
        time: Range<Timestamp>,
        skip: u64,
        count: u64,
    ) -> Result<Vec<KeyUse>, StoreError> {
        let mut uses = Entity::find().filter(Column::At.gte(time.start)).filter(Column::At.lt(time.end));
        if let Some(key) = key {
            uses = uses.filter(Column::Key.eq(key.0));
        }
        let uses = uses.order_by_desc(Column::At).order_by_desc(Column::Id).offset(skip).limit(count.min(MOST));
        uses.all(self.readers()).await?.into_iter().map(KeyUse::try_from).collect()
    }
}

impl Writes {
    /// Puts a use on record before the request leaves, unless a limit of the key keeps it back. Other
    /// writers wait meanwhile, so that no two of them take the last place.
    ///
    /// The cost given is what is set aside until the use ends. An unknown one is taken for the smallest
    /// there is, so that nothing leaves once a month's money is spent. `month` is the calendar month of
    /// the user.
    ///
    /// # Errors
    /// When the key is gone, or it cannot be written.
    pub async fn begin_use(&mut self, planned: &KeyUse, month: Range<Timestamp>) -> Result<Admission, StoreError> {
        let (per_minute, monthly_micros) = self.key_limits(planned.key).await?;
        if let Some(most) = per_minute {
            // Tasks take the time before they queue, so others may have put later times on record.
            let recent = Entity::find()
                .filter(Column::Key.eq(planned.key.0))
                .filter(Column::At.gt(planned.at - MINUTE_MS))
                .filter(Column::At.lte(planned.at + MINUTE_MS))
                .order_by_desc(Column::At)
                .offset(u64::from(most.get()) - 1)
                .limit(1);
            if let Some(first_to_leave) = recent.one(&self.transaction).await? {
                return Ok(Admission::Refused(KeyLimit::PerMinute { most, until: first_to_leave.at + MINUTE_MS }));
            }
        }
        if let Some(most_micros) = monthly_micros {
            let values = [planned.key.0.into(), month.start.into(), month.end.into()];
            let statement = Statement::from_sql_and_values(DbBackend::Sqlite, SPENT, values);
            let row = self.transaction.query_one_raw(statement).await?;
            let spent_micros: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
            if spent_micros.saturating_add(planned.cost_micros.unwrap_or(1)) > most_micros {
                return Ok(Admission::Refused(KeyLimit::Monthly { most_micros, spent_micros, until: month.end }));
            }
        }
        let row = ActiveModel {
            id: Set(planned.id.0),
            key: Set(planned.key.0),
            at: Set(planned.at),
            provider: Set(planned.model.provider.0.clone()),
            model: Set(planned.model.model.clone()),
            conversation: Set(planned.conversation.map(|id| id.0)),
            answer: Set(planned.answer.map(|id| id.0)),
            outcome: Set(to_word(&KeyUseOutcome::UnderWay)?),
            input_tokens: Set(planned.input_tokens.map(signed)),
            output_tokens: Set(planned.output_tokens.map(signed)),
            cost_micros: Set(planned.cost_micros),
            estimated: Set(planned.cost_micros.is_some()),
            writer: Set(Some(self.writer)),
        };
        Entity::insert(row).exec_without_returning(&self.transaction).await?;
        self.key_used(planned.key, planned.at).await?;
        Ok(Admission::Admitted)
    }

    /// Keeps what came of a use.
    ///
    /// # Errors
    /// When the use is not on record, or it cannot be written.
    pub async fn end_use(&mut self, id: KeyUseId, end: &KeyUseEnd) -> Result<(), StoreError> {
        let mut row = ActiveModel {
            outcome: Set(to_word(&end.outcome)?),
            input_tokens: Set(end.input_tokens.map(signed)),
            output_tokens: Set(end.output_tokens.map(signed)),
            writer: Set(None),
            ..Default::default()
        };
        if let Some(cost) = end.cost_micros {
            row.cost_micros = Set(Some(cost));
            row.estimated = Set(end.estimated);
        }
        let update = Entity::update_many().set(row).filter(Column::Id.eq(id.0));
        match update.exec(&self.transaction).await?.rows_affected {
            0 => Err(StoreError::NotFound { what: "use of the key" }),
            _ => Ok(()),
        }
    }

    /// Marks as interrupted every use that is under way though its program has ended, and says how
    /// many. What was set aside for them stays counted. For the start of a program.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn interrupt_uses(&mut self) -> Result<u64, StoreError> {
        let under_way = Entity::find().filter(Expr::cust("outcome = 'under_way'")).all(&self.transaction).await?;
        let mut interrupted = 0;
        for row in under_way {
            let lives = match row.writer {
                Some(writer) => writer != self.writer && self.writers.lives(writer)?,
                None => false,
            };
            if !lives {
                let update = Entity::update_many()
                    .filter(Column::Id.eq(row.id))
                    .col_expr(Column::Outcome, SimpleExpr::Value(to_word(&KeyUseOutcome::Interrupted)?.into()))
                    .col_expr(Column::Writer, SimpleExpr::Value(None::<Uuid>.into()));
                interrupted += update.exec(&self.transaction).await?.rows_affected;
            }
        }
        Ok(interrupted)
    }
}

/// What a provider reports may be any number; SQLite's are signed.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
