//! What sealing costs: the same statements on a sealed file and on a plain one, in milliseconds, the
//! median of several runs; then what keys and their log take. `cargo bench -p holdfast-store --bench
//! sealing`.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use holdfast_contract::{
    AuditActor, AuditFilter, AuditKind, KeyId, KeyInfo, KeySettings, KeyUse, KeyUseId, KeyUseOutcome, ModelRef,
    Timestamp,
};
use holdfast_core::Secret;
use holdfast_store::{KeyUseEnd, NewAuditEvent, Store};
use sea_orm::sqlx::raw_sql;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use uuid::Uuid;

const RUNS: usize = 7;
const LOOKS: usize = 21;
const MESSAGES: u32 = 10_000;
const COMMITS: u32 = 100;
const KEYS: u32 = 5_000;
const EVENTS: u32 = 5_000;
/// Of all keys together in the month that is shown.
const USES: u32 = 20_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome<()> {
    println!("    plain    sealed   factor");
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        // By turns, so that a busy moment of the machine falls on both.
        for (sealed, times) in [false, true].into_iter().zip(&mut times) {
            times.push(run(sealed).await?);
        }
    }
    let names =
        ["insert 10,000 messages in one transaction", "one commit, on the disk", "open, and read 10,000 messages"];
    for (number, name) in names.into_iter().enumerate() {
        let [plain, sealed] = times.each_ref().map(|runs| median(runs.iter().map(|run| run[number]).collect()));
        println!("{plain:>9.2} {sealed:>9.2} {:>8.2}  {name}", sealed / plain);
    }
    keys().await
}

/// The time of each statement on a new file.
async fn run(sealed: bool) -> Outcome<[Duration; 3]> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.db");
    let pool = open(&path, sealed).await?;
    raw_sql("CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT NOT NULL)").execute(&pool).await?;
    let text = "some words ".repeat(60);
    let insert = format!("INSERT INTO message (text) VALUES ('{text}')");

    let start = Instant::now();
    let mut transaction = pool.begin().await?;
    for _ in 0..MESSAGES {
        raw_sql(sea_orm::sqlx::AssertSqlSafe(insert.as_str())).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    let inserted = start.elapsed();

    let start = Instant::now();
    for _ in 0..COMMITS {
        raw_sql(sea_orm::sqlx::AssertSqlSafe(insert.as_str())).execute(&pool).await?;
    }
    let committed = start.elapsed() / COMMITS;
    pool.close().await;

    let start = Instant::now();
    let pool = open(&path, sealed).await?;
    let rows = raw_sql("SELECT text FROM message LIMIT 10000").fetch_all(&pool).await?;
    let read = start.elapsed();
    pool.close().await;
    if rows.len() != MESSAGES as usize {
        return Err("messages are missing".into());
    }
    Ok([inserted, committed, read])
}

async fn open(path: &Path, sealed: bool) -> Outcome<SqlitePool> {
    let mut options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON");
    if sealed {
        options = options.pragma("key", format!("\"x'{}'\"", digits()));
    }
    Ok(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
}

async fn keys() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("holdfast.db"), &Secret::new(digits())).await?;
    let mut writes = store.begin().await?;
    let mut made = Vec::new();
    for number in 0..KEYS {
        let info = KeyInfo {
            id: KeyId(Uuid::new_v4()),
            provider: format!("provider-{}", number % 20).as_str().into(),
            name: format!("key {number}"),
            masked: "sk-…x7Qd".to_owned(),
            origin: "https://api.openai.com:443".to_owned(),
            added_at: 1,
            last_used_at: None,
            test: None,
        };
        writes.add_key(&info, &KeySettings::default(), 1, vec![7; 300]).await?;
        made.push(info.id);
    }
    writes.commit().await?;
    let key = *made.last().ok_or("no key was made")?;
    let mut writes = store.begin().await?;
    for (number, key) in (0..USES).zip(made.iter().cycle()) {
        writes.begin_use(&planned(*key, i64::from(number)), 0..i64::MAX).await?;
    }
    writes.commit().await?;
    let mut writes = store.begin().await?;
    for number in 0..EVENTS {
        let event = NewAuditEvent {
            at: i64::from(number),
            kind: AuditKind::KeyUsed,
            subject: Some("Work".to_owned()),
            actor: AuditActor::Program,
            key: Some(key),
            provider: Some("openai".into()),
            detail: BTreeMap::new(),
        };
        let draft = writes.audit_next(event).await?;
        let mac = stand_in(draft.bytes());
        writes.audit_append(draft, mac).await?;
    }
    writes.commit().await?;
    report("list of 5,000 keys with 20,000 uses", || store.keys(0..i64::MAX)).await?;
    report("one key with its secret", || store.key(key)).await?;
    report("begin and end of a use, both on the disk", || one_use(&store, key)).await?;
    let all = AuditFilter::default();
    report("newest 100 entries of the log", || store.audit(&all, None, 100)).await?;
    report("verification of 5,000 entries, without the seals", || {
        store.verify_audit(None, async |bytes| Ok::<_, Infallible>(stand_in(&bytes)))
    })
    .await?;
    store.close().await?;
    Ok(())
}

fn planned(key: KeyId, at: Timestamp) -> KeyUse {
    KeyUse {
        id: KeyUseId(Uuid::new_v4()),
        key,
        at,
        model: ModelRef { provider: "openai".into(), model: "gpt-6".to_owned() },
        conversation: None,
        answer: None,
        outcome: KeyUseOutcome::UnderWay,
        input_tokens: None,
        output_tokens: None,
        cost_micros: Some(10),
        estimated: true,
    }
}

async fn one_use(store: &Store, key: KeyId) -> Outcome<()> {
    let planned = planned(key, i64::from(USES));
    let mut writes = store.begin().await?;
    writes.begin_use(&planned, 0..i64::MAX).await?;
    writes.commit().await?;
    let end = KeyUseEnd {
        outcome: KeyUseOutcome::Answered,
        input_tokens: Some(1),
        output_tokens: Some(1),
        cost_micros: Some(9),
        estimated: false,
    };
    let mut writes = store.begin().await?;
    writes.end_use(planned.id, &end).await?;
    writes.commit().await?;
    Ok(())
}

/// In the place of the vault's seal, which the vault's own bench measures.
fn stand_in(bytes: &[u8]) -> [u8; 32] {
    [bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(*byte)); 32]
}

fn digits() -> String {
    "0f1e2d3c4b5a6978".repeat(4)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

async fn report<T, E, F>(what: &str, run: impl Fn() -> F) -> Result<(), E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut times = Vec::with_capacity(LOOKS);
    for _ in 0..LOOKS {
        let start = Instant::now();
        run().await?;
        times.push(start.elapsed());
    }
    let most = times.iter().max().copied().unwrap_or_default().as_secs_f64() * 1e3;
    println!("{:>19.2}           {what}, at most {most:.2}", median(times));
    Ok(())
}
