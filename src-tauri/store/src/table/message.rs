mod branch;

use holdfast_contract::{
    AnswerInfo, AnswerState, ConversationId, KeyId, KeyUsed, MessageId, ModelRef, Part, ProviderId, Role, Timestamp,
    Usage,
};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use crate::table::part;
use crate::word::{from_json, from_word, to_json, to_word};
use crate::{StoreError, Writes};

/// A message with all that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its id.
    pub id: MessageId,
    /// Whose it is.
    pub conversation: ConversationId,
    /// The message it follows; none for a first one.
    pub parent: Option<MessageId>,
    /// Messages before it on its branch. The store counts them itself when a message is added.
    pub depth: u32,
    /// Who speaks.
    pub role: Role,
    /// What was said.
    pub parts: Vec<Part>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// About the answer, when a model speaks.
    pub answer: Option<AnswerInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    conversation: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    parent: Option<Uuid>,
    depth: u32,
    role: String,
    chars: u32,
    created_at: i64,
    provider: Option<String>,
    model: Option<String>,
    model_name: Option<String>,
    local: Option<bool>,
    key_id: Option<Uuid>,
    key_name: Option<String>,
    key_instead_of: Option<String>,
    state: Option<String>,
    state_data: Option<String>,
    first_token_ms: Option<u32>,
    duration_ms: Option<u32>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    writer: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn with_parts(self, parts: Vec<Part>) -> Result<StoredMessage, StoreError> {
        Ok(StoredMessage {
            id: MessageId(self.id),
            conversation: ConversationId(self.conversation),
            parent: self.parent.map(MessageId),
            depth: self.depth,
            role: from_word(&self.role)?,
            parts,
            created_at: self.created_at,
            answer: self.answer()?,
        })
    }

    fn answer(self) -> Result<Option<AnswerInfo>, StoreError> {
        let (Some(provider), Some(model), Some(state)) = (self.provider, self.model, self.state_data) else {
            return Ok(None);
        };
        Ok(Some(AnswerInfo {
            model: ModelRef { provider: ProviderId(provider), model },
            model_name: self.model_name.unwrap_or_default(),
            local: self.local.unwrap_or_default(),
            key: match self.key_id.zip(self.key_name) {
                Some((id, name)) => {
                    let instead_of = self.key_instead_of.map(|text| from_json(&text)).transpose()?;
                    Some(KeyUsed { id: KeyId(id), name, instead_of })
                }
                None => None,
            },
            state: from_json(&state)?,
            first_token_ms: self.first_token_ms,
            duration_ms: self.duration_ms,
            usage: Usage {
                input: self.input_tokens.map(i64::unsigned_abs),
                output: self.output_tokens.map(i64::unsigned_abs),
                cached: self.cached_tokens.map(i64::unsigned_abs),
                reasoning: self.reasoning_tokens.map(i64::unsigned_abs),
            },
        }))
    }
}

impl Writes {
    /// Adds a message below its parent, and says its depth.
    ///
    /// # Errors
    /// When the conversation or the parent is gone, or it cannot be written.
    pub async fn add_message(&mut self, message: StoredMessage) -> Result<u32, StoreError> {
        let depth = match message.parent {
            None => 0,
            Some(parent) => {
                let key = (message.conversation.0, parent.0);
                let parent = Entity::find_by_id(key).one(&self.transaction).await?;
                parent.ok_or(StoreError::NotFound { what: "message before it" })?.depth + 1
            }
        };
        let mut row = ActiveModel {
            conversation: Set(message.conversation.0),
            id: Set(message.id.0),
            parent: Set(message.parent.map(|parent| parent.0)),
            depth: Set(depth),
            role: Set(to_word(&message.role)?),
            chars: Set(part::chars(&message.parts)),
            created_at: Set(message.created_at),
            ..Default::default()
        };
        if let Some(info) = &message.answer {
            self.describe(&mut row, info)?;
        }
        Entity::insert(row).exec_without_returning(&self.transaction).await?;
        part::put(&self.transaction, message.id, &message.parts).await?;
        Ok(depth)
    }

    /// Keeps what has come of an answer. A question is never changed.
    ///
    /// # Errors
    /// When there is no such answer, or it cannot be written.
    pub async fn checkpoint(&mut self, answer: MessageId, parts: &[Part]) -> Result<(), StoreError> {
        let row = ActiveModel { chars: Set(part::chars(parts)), ..Default::default() };
        self.change_answer(answer, row).await?;
        part::put(&self.transaction, answer, parts).await
    }

    /// Keeps where an answer stands. While it streams, it is marked as written by this program.
    ///
    /// # Errors
    /// When there is no such answer, or it cannot be written.
    pub async fn set_answer(&mut self, answer: MessageId, info: &AnswerInfo) -> Result<(), StoreError> {
        let mut row: ActiveModel = Default::default();
        self.describe(&mut row, info)?;
        self.change_answer(answer, row).await
    }

    /// Marks as interrupted every answer that still streams though nobody writes it: its program has
    /// ended. Answers that another living program writes are left alone, however long they are silent.
    /// For the start of a program, before it writes answers itself.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn interrupt_streaming(&mut self) -> Result<Vec<MessageId>, StoreError> {
        let streaming = Entity::find().filter(Expr::cust("state = 'streaming'")).all(&self.transaction).await?;
        let mut interrupted = Vec::new();
        for row in streaming {
            let written = match row.writer {
                Some(writer) => writer != self.writer && self.writers.lives(writer)?,
                None => false,
            };
            if !written {
                let mut change: ActiveModel = Default::default();
                self.describe_state(&mut change, &AnswerState::Interrupted)?;
                self.change_answer(MessageId(row.id), change).await?;
                interrupted.push(MessageId(row.id));
            }
        }
        Ok(interrupted)
    }

    fn describe(&self, row: &mut ActiveModel, info: &AnswerInfo) -> Result<(), StoreError> {
        row.provider = Set(Some(info.model.provider.0.clone()));
        row.model = Set(Some(info.model.model.clone()));
        row.model_name = Set(Some(info.model_name.clone()));
        row.local = Set(Some(info.local));
        row.key_id = Set(info.key.as_ref().map(|key| key.id.0));
        row.key_name = Set(info.key.as_ref().map(|key| key.name.clone()));
        let instead_of = info.key.as_ref().and_then(|key| key.instead_of.as_ref());
        row.key_instead_of = Set(instead_of.map(to_json).transpose()?);
        row.first_token_ms = Set(info.first_token_ms);
        row.duration_ms = Set(info.duration_ms);
        row.input_tokens = Set(info.usage.input.map(tokens));
        row.output_tokens = Set(info.usage.output.map(tokens));
        row.cached_tokens = Set(info.usage.cached.map(tokens));
        row.reasoning_tokens = Set(info.usage.reasoning.map(tokens));
        self.describe_state(row, &info.state)
    }

    fn describe_state(&self, row: &mut ActiveModel, state: &AnswerState) -> Result<(), StoreError> {
        let (word, writer) = match state {
            AnswerState::Streaming { .. } => ("streaming", Some(self.writer)),
            AnswerState::Complete { .. } => ("complete", None),
            AnswerState::Stopped => ("stopped", None),
            AnswerState::Interrupted => ("interrupted", None),
            AnswerState::Failed { .. } => ("failed", None),
        };
        row.state = Set(Some(word.to_owned()));
        row.state_data = Set(Some(to_json(state)?));
        row.writer = Set(writer);
        Ok(())
    }

    async fn change_answer(&mut self, answer: MessageId, row: ActiveModel) -> Result<(), StoreError> {
        let update = Entity::update_many().set(row).filter(Column::Id.eq(answer.0)).filter(Column::Role.ne("user"));
        match update.exec(&self.transaction).await?.rows_affected {
            0 => Err(StoreError::NotFound { what: "answer" }),
            _ => Ok(()),
        }
    }
}

/// What a provider reports may be any number; SQLite's are signed.
fn tokens(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
