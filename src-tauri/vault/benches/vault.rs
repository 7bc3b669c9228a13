//! How long the vault takes: `cargo bench -p holdfast-vault --bench vault`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program reports and stops")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use holdfast_core::{Credential, Origin, Secret};
use holdfast_vault::{Keychain, KeychainError, Protection, RecordHeader, RecordKind, RootKind, SealedRecord, Vault};
use uuid::Uuid;

const RECORDS: usize = 5000;
const GUESSES: usize = 20;

/// A keychain that answers at once, so that the vault alone is measured.
#[derive(Default)]
struct MemoryKeychain(Mutex<HashMap<String, String>>);

impl Keychain for MemoryKeychain {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        Ok(self.0.lock().unwrap().get(account).cloned().map(Secret::new))
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.0.lock().unwrap().insert(account.to_owned(), secret.expose().to_owned());
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        self.0.lock().unwrap().remove(account);
        Ok(())
    }
}

#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn note(&mut self, begun: Instant) {
        self.0.push(begun.elapsed());
    }

    fn print(mut self, what: &str) {
        self.0.sort_unstable();
        let at = |percent: usize| self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)];
        println!("{what}: p50 {:?}, p95 {:?}, p99 {:?}, most {:?}", at(50), at(95), at(99), at(100));
    }
}

/// Memory of this process in KiB; 0 where the system does not tell.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

fn passphrase() -> Secret {
    Secret::new("correct horse battery staple".to_owned())
}

async fn measure(kind: RootKind) {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::open(dir.path().join("vault"), Arc::new(MemoryKeychain::default()));
    vault.create(Protection::Keychain).await.unwrap();
    vault.move_root(kind).await.unwrap();
    println!("{kind:?}");

    let mut by_keychain = Times::default();
    for _ in 0..100 {
        vault.lock().await;
        let begun = Instant::now();
        vault.unlock_with_keychain().await.unwrap();
        by_keychain.note(begun);
    }
    by_keychain.print("  unlock by keychain");

    let begun = Instant::now();
    vault.protect(Protection::Passphrase(passphrase())).await.unwrap();
    println!("  setting a passphrase: {:?}", begun.elapsed());
    let (mut right, mut wrong) = (Times::default(), Times::default());
    for _ in 0..GUESSES {
        vault.lock().await;
        let begun = Instant::now();
        vault.unlock_with_passphrase(Secret::new("wrong".to_owned())).await.unwrap_err();
        wrong.note(begun);
        // A right one after each wrong one, so that none has to wait.
        let begun = Instant::now();
        vault.unlock_with_passphrase(passphrase()).await.unwrap();
        right.note(begun);
    }
    right.print("  unlock by passphrase");
    wrong.print("  a wrong passphrase");

    let before = memory();
    let origin = Origin::parse("https://api.example.com").unwrap();
    let mut records: Vec<(RecordHeader, SealedRecord)> = Vec::with_capacity(RECORDS);
    let begun = Instant::now();
    for at in 0..RECORDS {
        let header =
            RecordHeader { id: Uuid::new_v4(), kind: RecordKind::ApiKey, owner: "openai".to_owned(), revision: 1 };
        let credential = Credential::new(Secret::new(format!("sk-{at:048}")), origin.clone());
        let sealed = vault.seal(&header, credential).await.unwrap();
        records.push((header, sealed));
    }
    println!("  sealing {RECORDS} records: {:?}", begun.elapsed());
    let mut uses = Times::default();
    for (header, sealed) in &records {
        let begun = Instant::now();
        drop(vault.unseal(header, sealed).await.unwrap());
        uses.note(begun);
    }
    uses.print("  one use of a record");
    println!("  {RECORDS} records take {} KiB more memory", memory().saturating_sub(before));

    let begun = Instant::now();
    let kek = vault.rotate_kek().await.unwrap();
    for (header, sealed) in &mut records {
        *sealed = vault.rewrap(header, sealed).await.unwrap().unwrap();
    }
    vault.retire_keks(&[kek]).await.unwrap();
    println!("  a new key-encryption key for {RECORDS} records: {:?}", begun.elapsed());
    let begun = Instant::now();
    vault.rotate_vault_key().await.unwrap();
    println!("  a new vault key: {:?}", begun.elapsed());
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        measure(RootKind::Stronghold).await;
        measure(RootKind::SealedFile).await;
    });
}
