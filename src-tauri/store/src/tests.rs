mod audit;
mod backups;
mod branches;
mod conversations;
mod faults;
mod keys;
mod messages;
mod opening;
mod others;
mod sealing;
mod uses;
mod writers;

use std::path::PathBuf;

use holdfast_contract::{
    AnswerInfo, AnswerState, ConversationId, InsteadOf, KeyId, KeyUsed, MessageId, ModelRef, Part, Role, StopReason,
    Timestamp, Usage,
};
use holdfast_core::Secret;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Conversation, Store, StoredMessage};

/// The key of every database here.
fn key() -> Secret {
    Secret::new("0f1e2d3c4b5a6978".repeat(4))
}

/// A folder that goes with the test, and the place of a database in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        holdfast_testkit::databases_close_first();
        Self { folder: tempfile::tempdir().expect("a folder for the test") }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data").join("holdfast.db")
    }

    async fn open(&self) -> Store {
        Store::open(&self.database(), &key()).await.expect("the database opens")
    }

    /// The names of all files beside the database, sorted.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path().join("data"))
            .expect("the folder lists")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn conversation(title: &str, at: Timestamp) -> Conversation {
    Conversation {
        id: ConversationId(Uuid::new_v4()),
        title: title.to_owned(),
        title_by_user: false,
        created_at: at,
        updated_at: at,
        deleted_at: None,
        leaf: None,
        model: Some(model()),
        model_name: Some("Llama 4".to_owned()),
        local: true,
        draft: String::new(),
    }
}

fn model() -> ModelRef {
    ModelRef { provider: "ollama".into(), model: "llama4:8b".to_owned() }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn question(conversation: ConversationId, parent: Option<MessageId>, words: &str, at: Timestamp) -> StoredMessage {
    StoredMessage {
        id: MessageId(Uuid::new_v4()),
        conversation,
        parent,
        depth: 0,
        role: Role::User,
        parts: vec![text(words)],
        created_at: at,
        answer: None,
    }
}

fn answer(conversation: ConversationId, parent: MessageId, words: &str, at: Timestamp) -> StoredMessage {
    StoredMessage {
        id: MessageId(Uuid::new_v4()),
        conversation,
        parent: Some(parent),
        depth: 0,
        role: Role::Assistant,
        parts: vec![text(words)],
        created_at: at,
        answer: Some(info(AnswerState::Complete { reason: StopReason::End })),
    }
}

fn info(state: AnswerState) -> AnswerInfo {
    AnswerInfo {
        model: model(),
        model_name: "Llama 4".to_owned(),
        local: true,
        key: Some(KeyUsed {
            id: KeyId(Uuid::from_u128(7)),
            name: "spare".to_owned(),
            instead_of: Some(InsteadOf { name: "work".to_owned(), why: "was rate limited".to_owned() }),
        }),
        state,
        first_token_ms: Some(120),
        duration_ms: Some(3_400),
        usage: Usage { input: Some(12), output: Some(u64::MAX / 4), cached: None, reasoning: Some(0) },
    }
}

fn streaming() -> AnswerState {
    AnswerState::Streaming { waiting: None }
}

/// A conversation of questions and answers by turns; the messages, first to last.
async fn talk(store: &Store, about: &Conversation, words: &[&str]) -> Vec<StoredMessage> {
    let mut messages: Vec<StoredMessage> = Vec::new();
    let mut writes = store.begin().await.expect("writing begins");
    writes.create_conversation(about.clone()).await.expect("a conversation");
    for (depth, words) in (0..).zip(words) {
        let at = about.created_at + i64::from(depth);
        let mut message = match messages.last() {
            Some(last) if last.role == Role::User => answer(about.id, last.id, words, at),
            last => question(about.id, last.map(|last| last.id), words, at),
        };
        message.depth = writes.add_message(message.clone()).await.expect("a message");
        assert_eq!(message.depth, depth, "each message is one deeper than the one before it");
        messages.push(message);
    }
    if let Some(last) = messages.last() {
        writes.set_leaf(about.id, last.id, last.created_at).await.expect("a leaf");
    }
    writes.commit().await.expect("the talk is stored");
    messages
}
