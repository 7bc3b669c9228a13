//! Kills a program at random points of its work on a vault, and looks whether anything was lost.
//!
//! The program starts itself as a child, which adds, replaces, rotates and changes protection in a
//! loop and says on its output what the vault acknowledged. `cargo bench -p holdfast-vault --bench kill
//! -- 2000` kills it so often; a test run does it 20 times.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measuring program reports and stops"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_core::{Credential, Origin, Secret};
use holdfast_vault::{
    Anchor, Keychain, KeychainError, Protection, RecordHeader, RecordKind, RootKind, SealedRecord, Vault, kek_of,
};
use uuid::Uuid;

const CHILD: &str = "HOLDFAST_KILL_CHILD";
const PASSPHRASE: &str = "a passphrase of the run";

/// A keychain that outlives the program: a file for each entry.
struct FileKeychain(PathBuf);

impl FileKeychain {
    fn path(&self, account: &str) -> PathBuf {
        self.0.join(account.replace(' ', "-"))
    }
}

fn failed(error: &std::io::Error) -> KeychainError {
    KeychainError::Failed { detail: error.to_string() }
}

impl Keychain for FileKeychain {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        match fs::read_to_string(self.path(account)) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        let temporary = self.0.join("being-written");
        let written = fs::write(&temporary, secret.expose()).and_then(|()| fs::rename(temporary, self.path(account)));
        written.map_err(|error| failed(&error))
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        match fs::remove_file(self.path(account)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&error)),
            _ => Ok(()),
        }
    }
}

fn random() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

fn open(home: &Path) -> Vault {
    Vault::open(home.join("vault"), Arc::new(FileKeychain(home.join("keychain"))))
}

fn header(id: Uuid, revision: u32) -> RecordHeader {
    RecordHeader { id, kind: RecordKind::ApiKey, owner: "provider".to_owned(), revision }
}

fn origin() -> Origin {
    Origin::parse("https://api.example.com").unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// Opens the vault by what was acknowledged last, and says which way did it.
async fn unlock(vault: &Vault, said: &Said) -> Result<(), String> {
    let tell = |way: &'static str| move |error: holdfast_vault::VaultError| format!("{way}: {error}");
    let secret = |text: &str| Secret::new(text.to_owned());
    // What was begun and not acknowledged may stand or not; what was acknowledged before it, or it.
    let mut errors = Vec::new();
    for way in said.ways.iter().rev() {
        let opened = match way.as_str() {
            "keychain" => vault.unlock_with_keychain().await.map_err(tell("keychain")),
            "both" => vault.unlock_with_both(secret(PASSPHRASE)).await.map_err(tell("both")),
            _ => vault.unlock_with_passphrase(secret(PASSPHRASE)).await.map_err(tell("passphrase")),
        };
        match opened {
            Ok(()) => {
                errors.clear();
                break;
            }
            Err(error) => errors.push(error),
        }
    }
    // A code that was begun was never seen by anybody, so then the old one may be gone.
    if !said.code_was_begun {
        vault.unlock_with_recovery(secret(&said.code)).await.map_err(tell("recovery code"))?;
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

/// What the child said.
#[derive(Default)]
struct Said {
    /// The acknowledged way, and the one that was begun after it.
    ways: Vec<String>,
    code: String,
    code_was_begun: bool,
    anchor: u64,
    database_key: String,
    records: BTreeMap<Uuid, (u32, Vec<u8>)>,
}

impl Said {
    fn take(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["begin", "protect", way] => self.ways.push(way.to_owned()),
            ["protect", way] => self.ways = vec![way.to_owned()],
            ["begin", "code"] => self.code_was_begun = true,
            ["code", code] => (self.code, self.code_was_begun) = (code.to_owned(), false),
            ["anchor", count] => self.anchor = count.parse().unwrap(),
            ["database", key] => self.database_key = key.to_owned(),
            ["record", id, revision, sealed] => {
                self.records.insert(id.parse().unwrap(), (revision.parse().unwrap(), unhex(sealed)));
            }
            // A line that the kill cut off was never acknowledged.
            _ => {}
        }
    }
}

/// Works on the vault until it is killed.
async fn work(home: &Path, said: &Said) {
    let vault = open(home);
    unlock(&vault, said).await.unwrap();
    say(&format!("database {}", vault.database_key().await.unwrap().expose()));
    let mut records: Vec<(Uuid, u32, SealedRecord)> =
        said.records.iter().map(|(id, (revision, sealed))| (*id, *revision, SealedRecord(sealed.clone()))).collect();
    let mut anchor = said.anchor;
    say("ready");
    loop {
        match random() % 16 {
            0..4 => {
                let (id, revision) = if records.len() < 20 || records.len() < 60 && random().is_multiple_of(2) {
                    (Uuid::new_v4(), 1)
                } else {
                    let (id, revision, _) = records.swap_remove(random() as usize % records.len());
                    (id, revision + 1)
                };
                let credential = Credential::new(Secret::new(format!("sk-{id}-{revision}")), origin());
                let sealed = vault.seal(&header(id, revision), credential).await.unwrap();
                say(&format!("record {id} {revision} {}", hex(&sealed.0)));
                records.push((id, revision, sealed));
            }
            4..6 => drop(vault.rotate_kek().await.unwrap()),
            6..8 => {
                for (id, revision, sealed) in &mut records {
                    if let Some(rewrapped) = vault.rewrap(&header(*id, *revision), sealed).await.unwrap() {
                        say(&format!("record {id} {revision} {}", hex(&rewrapped.0)));
                        *sealed = rewrapped;
                    }
                }
                let kept = said.records.values().map(|(_, sealed)| SealedRecord(sealed.clone()));
                let in_use: Vec<Uuid> = kept
                    .chain(records.iter().map(|(.., sealed)| sealed.clone()))
                    .filter_map(|each| kek_of(&each))
                    .collect();
                vault.retire_keks(&in_use).await.unwrap();
            }
            8..10 => vault.rotate_vault_key().await.unwrap(),
            10 => {
                let stands = vault.root_kind().await.unwrap();
                let other = if stands == RootKind::Stronghold { RootKind::SealedFile } else { RootKind::Stronghold };
                vault.move_root(other).await.unwrap();
            }
            11 => {
                say("begin code");
                say(&format!("code {}", vault.new_recovery_code().await.unwrap().text().expose()));
            }
            12 => {
                anchor += 1;
                vault.set_anchor(Anchor { count: anchor, hash: [7; 32] }).await.unwrap();
                say(&format!("anchor {anchor}"));
            }
            other => {
                let way = match (other, random() % 4) {
                    (13, 0) => "passphrase",
                    (13, 1) => "both",
                    _ => "keychain",
                };
                say(&format!("begin protect {way}"));
                let protection = match way {
                    "passphrase" => Protection::Passphrase(Secret::new(PASSPHRASE.to_owned())),
                    "both" => Protection::Both(Secret::new(PASSPHRASE.to_owned())),
                    _ => Protection::Keychain,
                };
                vault.protect(protection).await.unwrap();
                say(&format!("protect {way}"));
            }
        }
    }
}

/// Everything that was acknowledged must be there.
async fn check(home: &Path, said: &Said) -> Result<(), String> {
    let vault = open(home);
    vault.ready().await;
    let temporary = fs::read_dir(home.join("vault")).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.rsplit('.').next().is_some_and(|end| end.len() == 12 && end.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    let temporary = temporary.count();
    if temporary > 1 {
        return Err(format!("{temporary} temporary files after a start"));
    }
    unlock(&vault, said).await?;
    let key = vault.database_key().await.map_err(|error| error.to_string())?;
    if !said.database_key.is_empty() && key.expose() != said.database_key {
        return Err("the key of the database is another".to_owned());
    }
    for (id, (revision, sealed)) in &said.records {
        let opened = vault.unseal(&header(*id, *revision), &SealedRecord(sealed.clone())).await;
        let opened = opened.map_err(|error| format!("record {id}: {error}"))?;
        let expected = format!("sk-{id}-{revision}");
        if opened.for_origin(&origin()).map(Secret::expose) != Some(&expected) {
            return Err(format!("record {id} is another"));
        }
    }
    match vault.anchor().await.map_err(|error| error.to_string())? {
        Some(anchor) if anchor.count >= said.anchor => Ok(()),
        None if said.anchor == 0 => Ok(()),
        other => Err(format!("the anchor is {other:?} and not {}", said.anchor)),
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Ok(home) = std::env::var(CHILD) {
        let mut said = Said::default();
        std::io::stdin().lines().for_each(|line| said.take(&line.unwrap()));
        runtime.block_on(work(Path::new(&home), &said));
        return;
    }
    // The test runner asks for the names of tests before it runs one.
    if std::env::args().any(|word| word == "--list") {
        if !std::env::args().any(|word| word == "--ignored") {
            println!("kills: test");
        }
        return;
    }
    let kills: u32 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("keychain")).unwrap();
    let mut said = Said::default();
    // What the child must be told of what it said before.
    let mut lines = Vec::new();
    runtime.block_on(async {
        let vault = open(home.path());
        let code = vault.create(Protection::Keychain).await.unwrap();
        lines.push("protect keychain".to_owned());
        lines.push(format!("code {}", code.text().expose()));
    });
    lines.iter().for_each(|line| said.take(line));

    let begun = Instant::now();
    let mut acknowledged = 0;
    for kill in 1..=kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        lines.iter().for_each(|line| writeln!(input, "{line}").unwrap());
        drop(input);
        let output = BufReader::new(child.stdout.take().unwrap());
        let (ready, is_ready) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for line in output.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8(line).unwrap();
                if line == "ready" {
                    ready.send(()).ok();
                } else {
                    lines.push(line);
                }
            }
            lines
        });
        is_ready.recv_timeout(Duration::from_secs(60)).expect("the child opens the vault");
        std::thread::sleep(Duration::from_micros(random() % 300_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let new = reader.join().unwrap();
        acknowledged += new.len();
        new.iter().for_each(|line| said.take(line));
        lines.extend(new);
        if let Err(error) = runtime.block_on(check(home.path(), &said)) {
            println!("kill {kill}: {error}");
            std::process::exit(1);
        }
        // What may or may not have happened is settled now.
        lines = settled(&runtime, home.path(), &mut said);
        if kill.is_multiple_of(100) {
            println!("{kill} kills, {acknowledged} lines acknowledged, {:?}", begun.elapsed());
        }
    }
    println!(
        "{kills} kills, {acknowledged} lines acknowledged: nothing unreadable, nothing lost, {:?}",
        begun.elapsed()
    );
}

/// Brings the vault into a state in which everything is acknowledged, and says which.
fn settled(runtime: &tokio::runtime::Runtime, home: &Path, said: &mut Said) -> Vec<String> {
    runtime.block_on(async {
        let vault = open(home);
        unlock(&vault, said).await.unwrap();
        if said.ways.len() > 1 {
            vault.protect(Protection::Keychain).await.unwrap();
            said.take("protect keychain");
        }
        if said.code_was_begun {
            let code = vault.new_recovery_code().await.unwrap();
            said.take(&format!("code {}", code.text().expose()));
        }
        // A database of twenty keys, so that the run does not grow.
        while said.records.len() > 20 {
            said.records.pop_first();
        }
    });
    let mut lines = vec![
        format!("protect {}", said.ways[0]),
        format!("code {}", said.code),
        format!("anchor {}", said.anchor),
        format!("database {}", said.database_key),
    ];
    let records = said.records.iter().map(|(id, (revision, sealed))| format!("record {id} {revision} {}", hex(sealed)));
    lines.extend(records);
    lines
}
