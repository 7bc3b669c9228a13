//! Reads that follow the tree of messages.

use holdfast_contract::{ConversationId, MessageId, MessageView};
use sea_orm::ColumnTrait;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, Statement, Value};
use uuid::Uuid;

use super::{Column, Entity, Model, StoredMessage};
use crate::table::part;
use crate::word::from_json;
use crate::{Store, StoreError};

/// The row of a message, with the ids of its siblings and its own, as hexadecimal words.
#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    message: Model,
    siblings: String,
}

// One row with all numbers: rows cost far more on their way out of SQLite than inside it.
const LENGTHS: &str = "
WITH RECURSIVE branch (parent, depth, chars) AS (
    SELECT m.parent, m.depth, m.chars
    FROM conversation c CROSS JOIN message m ON m.conversation = c.id AND m.id = c.leaf
    WHERE c.id = ?1
    UNION ALL
    SELECT m.parent, m.depth, m.chars
    FROM branch b CROSS JOIN message m ON m.conversation = ?1 AND m.id = b.parent
)
SELECT json_group_array(chars ORDER BY depth) AS lengths FROM branch";

// From the leaf only so far up as is asked for: the end of a long conversation costs little.
const MESSAGES: &str = "
WITH RECURSIVE branch (id, parent, depth) AS (
    SELECT m.id, m.parent, m.depth
    FROM conversation c CROSS JOIN message m ON m.conversation = c.id AND m.id = c.leaf
    WHERE c.id = ?1
    UNION ALL
    SELECT m.id, m.parent, m.depth
    FROM branch b CROSS JOIN message m ON m.conversation = ?1 AND m.id = b.parent
    WHERE b.depth > ?2
)
SELECT m.*, (
    SELECT group_concat(hex(s.id), ' ' ORDER BY s.created_at, s.id)
    FROM message s WHERE s.conversation = m.conversation AND s.parent IS m.parent
) AS siblings
FROM branch b CROSS JOIN message m ON m.conversation = ?1 AND m.id = b.id
WHERE b.depth >= ?2 AND b.depth < ?3
ORDER BY b.depth";

const PATH: &str = "
WITH RECURSIVE branch (conversation, id, parent) AS (
    SELECT conversation, id, parent FROM message WHERE id = ?1
    UNION ALL
    SELECT m.conversation, m.id, m.parent
    FROM branch b CROSS JOIN message m ON m.conversation = b.conversation AND m.id = b.parent
)
SELECT m.* FROM branch b CROSS JOIN message m ON m.conversation = b.conversation AND m.id = b.id
ORDER BY m.depth";

const NEWEST_LEAF: &str = "
WITH RECURSIVE below (conversation, id, steps) AS (
    SELECT conversation, id, 0 FROM message WHERE id = ?1
    UNION ALL
    SELECT b.conversation, (
        SELECT m.id FROM message m WHERE m.conversation = b.conversation AND m.parent = b.id
        ORDER BY m.created_at DESC, m.id DESC LIMIT 1
    ), b.steps + 1
    FROM below b WHERE b.id IS NOT NULL
)
SELECT id FROM below WHERE id IS NOT NULL ORDER BY steps DESC LIMIT 1";

const QUESTIONS: &str = "
SELECT (
    SELECT group_concat(p.text, '' ORDER BY p.position) FROM part p WHERE p.message = m.id AND p.kind = 'text'
) AS question
FROM message m CROSS JOIN conversation c ON c.id = m.conversation
WHERE m.role = 'user' AND c.deleted_at IS NULL
ORDER BY m.created_at DESC, m.id DESC LIMIT ?1 OFFSET ?2";

impl Store {
    /// Characters of each message on the active branch, first to last. Empty for a conversation that is
    /// not there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lengths(&self, conversation: ConversationId) -> Result<Vec<u32>, StoreError> {
        match self.readers().query_one_raw(statement(LENGTHS, [conversation.0.into()])).await? {
            Some(row) => from_json(&row.try_get_by_index::<String>(0)?),
            None => Ok(Vec::new()),
        }
    }

    /// Messages on the active branch, from an index on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn messages(
        &self,
        conversation: ConversationId,
        from: u32,
        count: u32,
    ) -> Result<Vec<MessageView>, StoreError> {
        let values = [conversation.0.into(), from.into(), from.saturating_add(count).into()];
        let rows = self.readers().query_all_raw(statement(MESSAGES, values)).await?;
        let rows: Vec<Row> = rows.iter().map(|row| Row::from_query_result(row, "")).collect::<Result<_, _>>()?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.message.id).collect();
        let mut parts = part::of(self.readers(), &ids).await?;
        rows.into_iter()
            .map(|row| {
                let parts = parts.remove(&row.message.id).unwrap_or_default();
                let siblings = row.siblings.split(' ').map(Uuid::parse_str);
                let siblings =
                    siblings.map(|id| id.map(MessageId)).collect::<Result<_, _>>().map_err(StoreError::row)?;
                let message = row.message.with_parts(parts)?;
                Ok(MessageView {
                    id: message.id,
                    index: message.depth,
                    role: message.role,
                    parts: message.parts,
                    created_at: message.created_at,
                    siblings,
                    answer: message.answer,
                })
            })
            .collect()
    }

    /// One message.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn message(&self, id: MessageId) -> Result<Option<StoredMessage>, StoreError> {
        let Some(row) = Entity::find().filter(Column::Id.eq(id.0)).one(self.readers()).await? else { return Ok(None) };
        Ok(self.with_parts(vec![row]).await?.pop())
    }

    /// A message and all before it on its branch, first to last.
    ///
    /// # Errors
    /// When the message is gone, or the database does not answer.
    pub async fn path_to(&self, id: MessageId) -> Result<Vec<StoredMessage>, StoreError> {
        let rows = self.readers().query_all_raw(statement(PATH, [id.0.into()])).await?;
        if rows.is_empty() {
            return Err(StoreError::NotFound { what: "message" });
        }
        let rows = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<_, _>>()?;
        self.with_parts(rows).await
    }

    /// The end of the branch below a message that takes the newest message at every turn: the message
    /// itself, when nothing follows it.
    ///
    /// # Errors
    /// When the message is gone, or the database does not answer.
    pub async fn newest_leaf_below(&self, id: MessageId) -> Result<MessageId, StoreError> {
        match self.readers().query_one_raw(statement(NEWEST_LEAF, [id.0.into()])).await? {
            Some(row) => Ok(MessageId(row.try_get_by_index(0)?)),
            None => Err(StoreError::NotFound { what: "message" }),
        }
    }

    /// What the user asked last, newest first, each question once. Deleted conversations are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recent_questions(&self, count: u32) -> Result<Vec<String>, StoreError> {
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let mut questions: Vec<String> = Vec::new();
        let (mut size, mut seen) = (u64::from(count), 0_u64);
        while questions.len() < wanted {
            let rows = self.readers().query_all_raw(statement(QUESTIONS, [size.into(), seen.into()])).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                seen += 1;
                let question: Option<String> = row.try_get_by_index(0)?;
                if let Some(question) = question
                    && questions.len() < wanted
                    && !questions.contains(&question)
                {
                    questions.push(question);
                }
            }
            size *= 2;
        }
        Ok(questions)
    }

    async fn with_parts(&self, rows: Vec<Model>) -> Result<Vec<StoredMessage>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut parts = part::of(self.readers(), &ids).await?;
        rows.into_iter()
            .map(|row| {
                let parts = parts.remove(&row.id).unwrap_or_default();
                row.with_parts(parts)
            })
            .collect()
    }
}

fn statement<const N: usize>(sql: &str, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}
