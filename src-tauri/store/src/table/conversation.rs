use holdfast_contract::{ConversationId, KeyId, MessageId, ModelRef, ProviderId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{DbBackend, FromQueryResult, Set, Statement};

use crate::{Store, StoreError, Writes};

/// A conversation, without its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// Whether the user gave the title.
    pub title_by_user: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a message last came or changed; the list is sorted by it.
    pub updated_at: Timestamp,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// The last message of the active branch.
    pub leaf: Option<MessageId>,
    /// The model its next question goes to.
    pub model: Option<ModelRef>,
    /// The name of that model for a person.
    pub model_name: Option<String>,
    /// Whether that model runs on this computer.
    pub local: bool,
    /// What the user has typed and not sent.
    pub draft: String,
}

/// A conversation as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationLine {
    /// The conversation.
    pub conversation: Conversation,
    /// Messages on the active branch.
    pub messages: u32,
    /// The answer that is being written now, the newest if there are several.
    pub streaming: Option<MessageId>,
    /// The key that the user chose for it, unless that is deleted.
    pub key: Option<KeyId>,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    title: String,
    title_by_user: bool,
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
    leaf: Option<Uuid>,
    provider: Option<String>,
    model: Option<String>,
    model_name: Option<String>,
    local: bool,
    draft: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(FromQueryResult)]
struct Line {
    #[sea_orm(nested)]
    conversation: Model,
    messages: u32,
    streaming: Option<Uuid>,
    key: Option<Uuid>,
}

// The depth of the leaf tells how long the branch is, so no message is counted.
const LINES: &str = "
SELECT c.*, COALESCE(leaf.depth + 1, 0) AS messages,
    (SELECT s.id FROM message s WHERE s.state = 'streaming' AND s.conversation = c.id
        ORDER BY s.created_at DESC, s.id DESC LIMIT 1) AS streaming,
    (SELECT k.id FROM conversation_key ck JOIN sealed_key k ON k.id = ck.key AND k.deleted_at IS NULL
        WHERE ck.conversation = c.id) AS key
FROM conversation c LEFT JOIN message leaf ON leaf.conversation = c.id AND leaf.id = c.leaf";

impl Store {
    /// All conversations that are not deleted, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conversations(&self) -> Result<Vec<ConversationLine>, StoreError> {
        let sql = format!("{LINES} WHERE c.deleted_at IS NULL ORDER BY c.updated_at DESC, c.id DESC");
        let rows = self.readers().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
        rows.iter().map(|row| Ok(Line::from_query_result(row, "")?.into())).collect()
    }

    /// One conversation, also a deleted one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<ConversationLine>, StoreError> {
        let statement =
            Statement::from_sql_and_values(DbBackend::Sqlite, format!("{LINES} WHERE c.id = ?"), [id.0.into()]);
        let row = self.readers().query_one_raw(statement).await?;
        row.map(|row| Ok(Line::from_query_result(&row, "")?.into())).transpose()
    }
}

impl Writes {
    /// Adds a conversation.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn create_conversation(&mut self, conversation: Conversation) -> Result<(), StoreError> {
        let (provider, model) = conversation.model.map(|model| (model.provider.0, model.model)).unzip();
        let row = ActiveModel {
            id: Set(conversation.id.0),
            title: Set(conversation.title),
            title_by_user: Set(conversation.title_by_user),
            created_at: Set(conversation.created_at),
            updated_at: Set(conversation.updated_at),
            deleted_at: Set(conversation.deleted_at),
            leaf: Set(conversation.leaf.map(|leaf| leaf.0)),
            provider: Set(provider),
            model: Set(model),
            model_name: Set(conversation.model_name),
            local: Set(conversation.local),
            draft: Set(conversation.draft),
        };
        Entity::insert(row).exec_without_returning(&self.transaction).await?;
        Ok(())
    }

    /// Gives a title.
    ///
    /// # Errors
    /// When the conversation is gone, or it cannot be written.
    pub async fn rename(&mut self, id: ConversationId, title: &str, by_user: bool) -> Result<(), StoreError> {
        self.change(id, [(Column::Title, title.into()), (Column::TitleByUser, by_user.into())]).await
    }

    /// Marks a conversation as deleted. Nothing of it goes.
    ///
    /// # Errors
    /// When the conversation is gone, or it cannot be written.
    pub async fn delete_conversation(&mut self, id: ConversationId, at: Timestamp) -> Result<(), StoreError> {
        self.change(id, [(Column::DeletedAt, at.into())]).await
    }

    /// Takes the mark of deletion away.
    ///
    /// # Errors
    /// When the conversation is gone, or it cannot be written.
    pub async fn restore_conversation(&mut self, id: ConversationId) -> Result<(), StoreError> {
        self.change(id, [(Column::DeletedAt, None::<i64>.into())]).await
    }

    /// Chooses the model of the next question.
    ///
    /// # Errors
    /// When the conversation is gone, or it cannot be written.
    pub async fn set_model(
        &mut self,
        id: ConversationId,
        model: &ModelRef,
        model_name: &str,
        local: bool,
    ) -> Result<(), StoreError> {
        self.change(
            id,
            [
                (Column::Provider, model.provider.0.as_str().into()),
                (Column::Model, model.model.as_str().into()),
                (Column::ModelName, model_name.into()),
                (Column::Local, local.into()),
            ],
        )
        .await
    }

    /// Keeps what the user has typed. The conversation keeps its place in the list.
    ///
    /// # Errors
    /// When the conversation is gone, or it cannot be written.
    pub async fn save_draft(&mut self, id: ConversationId, draft: &str) -> Result<(), StoreError> {
        self.change(id, [(Column::Draft, draft.into())]).await
    }

    /// Makes the branch that ends with a message the active one, as of this time.
    ///
    /// # Errors
    /// When the conversation or the message is gone, or it cannot be written.
    pub async fn set_leaf(&mut self, id: ConversationId, message: MessageId, at: Timestamp) -> Result<(), StoreError> {
        self.change(id, [(Column::Leaf, message.0.into()), (Column::UpdatedAt, at.into())]).await
    }

    async fn change<const N: usize>(
        &mut self,
        id: ConversationId,
        values: [(Column, Value); N],
    ) -> Result<(), StoreError> {
        let values = values.into_iter().map(|(column, value)| (column, SimpleExpr::Value(value)));
        let mut update = Entity::update_many().filter(Column::Id.eq(id.0));
        for (column, value) in values {
            update = update.col_expr(column, value);
        }
        match update.exec(&self.transaction).await?.rows_affected {
            0 => Err(StoreError::NotFound { what: "conversation" }),
            _ => Ok(()),
        }
    }
}

impl From<Line> for ConversationLine {
    fn from(line: Line) -> Self {
        let row = line.conversation;
        Self {
            conversation: Conversation {
                id: ConversationId(row.id),
                title: row.title,
                title_by_user: row.title_by_user,
                created_at: row.created_at,
                updated_at: row.updated_at,
                deleted_at: row.deleted_at,
                leaf: row.leaf.map(MessageId),
                model: row
                    .provider
                    .zip(row.model)
                    .map(|(provider, model)| ModelRef { provider: ProviderId(provider), model }),
                model_name: row.model_name,
                local: row.local,
                draft: row.draft,
            },
            messages: line.messages,
            streaming: line.streaming.map(MessageId),
            key: line.key.map(KeyId),
        }
    }
}
