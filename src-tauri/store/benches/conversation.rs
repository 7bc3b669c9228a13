//! How long the store takes for what a person waits for, with 10,000 messages in one conversation and
//! 2,000 conversations in the list. `cargo bench -p holdfast-store` prints milliseconds, the median of
//! several runs; with `-- --write FOLDER` it makes a data folder with that history instead, plain, for
//! `cargo xtask bench --history FOLDER`.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::time::Instant;

use holdfast_contract::{AnswerInfo, AnswerState, ConversationId, MessageId, ModelRef, Part, Role, StopReason, Usage};
use holdfast_core::Secret;
use holdfast_store::{Conversation, Store, StoredMessage};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{AssertSqlSafe, ConnectOptions, Connection, query, query_scalar};
use uuid::Uuid;

const MESSAGES: u32 = 10_000;
const CONVERSATIONS: i64 = 2_000;
const TAIL: u32 = 50;
const RUNS: usize = 15;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip_while(|word| word != "--write").skip(1);
    if let Some(folder) = words.next() {
        write_plain(std::path::Path::new(&folder)).await?;
        println!("{folder} holds {CONVERSATIONS} conversations, the newest of {MESSAGES} messages");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("holdfast.db");
    let store = Store::open(&path, &key()).await?;
    let (long, last) = fill(&store).await?;
    store.close().await?;

    let key = key();
    report("open the database", || Store::open(&path, &key)).await?;
    let store = Store::open(&path, &key).await?;
    report("list of 2,000 conversations", || store.conversations()).await?;
    report("lengths of 10,000 messages", || store.lengths(long)).await?;
    report("last 50 of 10,000 messages", || store.messages(long, MESSAGES - TAIL, TAIL)).await?;
    report("first 50 of 10,000 messages", || store.messages(long, 0, TAIL)).await?;
    report("open the conversation (line, lengths, tail)", || async {
        store.conversation(long).await?;
        store.lengths(long).await?;
        store.messages(long, MESSAGES - TAIL, TAIL).await
    })
    .await?;
    report("path to the last of 10,000 messages", || store.path_to(last)).await?;
    report("50 recent questions", || store.recent_questions(50)).await?;
    let parts = [Part::Text { text: "word ".repeat(2_000) }];
    report("checkpoint of a 10 KB answer, on the disk", || async {
        let mut writes = store.begin().await?;
        writes.checkpoint(last, &parts).await?;
        writes.commit().await
    })
    .await?;
    report("check of the whole file", || store.check()).await?;
    println!("{:>9.1} MB in the file", std::fs::metadata(&path)?.len() as f64 / 1e6);
    Ok(())
}

/// Makes a history that is not sealed: whoever opens it first seals it with a key of their own.
async fn write_plain(folder: &std::path::Path) -> Result<(), Box<dyn Error>> {
    let (sealed, plain) = (folder.join("sealed.db"), folder.join("holdfast.db"));
    let store = Store::open(&sealed, &key()).await?;
    fill(&store).await?;
    store.close().await?;
    let options = SqliteConnectOptions::new().filename(&plain).create_if_missing(true).pragma("foreign_keys", "OFF");
    let mut connection = options.connect().await?;
    query("ATTACH DATABASE ? AS sealed KEY ?")
        .bind(sealed.to_str().ok_or("a folder that is no text")?)
        .bind(format!("x'{}'", key().expose()))
        .execute(&mut connection)
        .await?;
    query("SELECT sqlcipher_export('main', 'sealed')").fetch_all(&mut connection).await?;
    let version: u32 = query_scalar("PRAGMA sealed.user_version").fetch_one(&mut connection).await?;
    query(AssertSqlSafe(format!("PRAGMA main.user_version = {version}"))).execute(&mut connection).await?;
    connection.close().await?;
    std::fs::remove_file(&sealed)?;
    std::fs::remove_dir_all(folder.join("sealed.db.writers"))?;
    Ok(())
}

fn key() -> Secret {
    Secret::new("0f1e2d3c4b5a6978".repeat(4))
}

async fn report<T, E, F>(what: &str, run: impl Fn() -> F) -> Result<(), E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        run().await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!("{:>9.2} ms  {what}", times[RUNS / 2].as_secs_f64() * 1e3);
    Ok(())
}

async fn fill(store: &Store) -> Result<(ConversationId, MessageId), Box<dyn Error>> {
    let mut writes = store.begin().await?;
    let mut long = None;
    for at in 0..CONVERSATIONS {
        let id = ConversationId(Uuid::new_v4());
        writes
            .create_conversation(Conversation {
                id,
                title: format!("Conversation {at}"),
                title_by_user: false,
                created_at: at,
                // The long one is the newest, so a window opens with it.
                updated_at: CONVERSATIONS - at,
                deleted_at: None,
                leaf: None,
                model: None,
                model_name: None,
                local: true,
                draft: String::new(),
            })
            .await?;
        let count = if at == 0 { MESSAGES } else { 2 };
        let last = talk(&mut writes, id, count).await?;
        if at == 0 {
            long = Some((id, last));
        }
    }
    writes.commit().await?;
    long.ok_or_else(|| "no conversation was made".into())
}

async fn talk(
    writes: &mut holdfast_store::Writes,
    conversation: ConversationId,
    count: u32,
) -> Result<MessageId, Box<dyn Error>> {
    let mut parent = None;
    for number in 0..count {
        // Sorted by time, as the ids that the program gives.
        let id = MessageId(Uuid::from_u64_pair(u64::from(number), conversation.0.as_u64_pair().0));
        let asks = number % 2 == 0;
        let answer = AnswerInfo {
            model: ModelRef { provider: "ollama".into(), model: "llama4:8b".to_owned() },
            model_name: "Llama 4".to_owned(),
            local: true,
            key: None,
            state: AnswerState::Complete { reason: StopReason::End },
            first_token_ms: Some(100),
            duration_ms: Some(2_000),
            usage: Usage { input: Some(100), output: Some(80), cached: None, reasoning: None },
        };
        writes
            .add_message(StoredMessage {
                id,
                conversation,
                parent,
                depth: 0,
                role: if asks { Role::User } else { Role::Assistant },
                parts: vec![Part::Text {
                    text: format!("{number} {}", "some words ".repeat(if asks { 8 } else { 60 })),
                }],
                created_at: i64::from(number),
                answer: (!asks).then_some(answer),
            })
            .await?;
        parent = Some(id);
    }
    let leaf = parent.ok_or("a conversation of nothing")?;
    writes.set_leaf(conversation, leaf, i64::from(count)).await?;
    Ok(leaf)
}
