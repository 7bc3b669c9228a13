use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use holdfast_core::{Credential, Origin, Secret};
use holdfast_vault::{
    Anchor, Keychain, KeychainError, Protection, RecordHeader, RecordKind, RootKind, SealedRecord, Vault,
};
use uuid::Uuid;

/// Enough to see that the right keys are there.
const RECORDS: usize = 3;

/// A keychain that outlives each opening of the vault.
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

/// A vault, and what it must never lose.
pub(crate) struct World {
    pub(crate) dir: PathBuf,
    keychain: Arc<MemoryKeychain>,
    pub(crate) code: Secret,
    database_key: Secret,
    pub(crate) anchor: Anchor,
    pub(crate) records: Vec<(RecordHeader, SealedRecord)>,
}

pub(crate) fn header() -> RecordHeader {
    RecordHeader { id: Uuid::new_v4(), kind: RecordKind::ApiKey, owner: "openai".to_owned(), revision: 1 }
}

pub(crate) fn origin() -> Origin {
    Origin::parse("https://api.example.com").unwrap()
}

fn text_of(header: &RecordHeader) -> String {
    format!("sk-{}-{}", header.id, header.revision)
}

/// The secret that is sealed under this header, and under no other.
pub(crate) fn credential_of(header: &RecordHeader) -> Credential {
    Credential::new(Secret::new(text_of(header)), origin())
}

pub(crate) fn another(secret: &Secret) -> Secret {
    Secret::new(secret.expose().to_owned())
}

impl World {
    /// A new vault in a folder, closed.
    pub(crate) async fn new(dir: PathBuf, kind: RootKind) -> Self {
        let keychain = Arc::<MemoryKeychain>::default();
        let vault = Vault::open(dir.clone(), Arc::<MemoryKeychain>::clone(&keychain));
        let code = another(vault.create(Protection::Keychain).await.unwrap().text());
        vault.move_root(kind).await.unwrap();
        let anchor = Anchor { count: 1, hash: [7; 32] };
        vault.set_anchor(anchor).await.unwrap();
        let database_key = vault.database_key().await.unwrap();
        let mut records = Vec::new();
        for _ in 0..RECORDS {
            let header = header();
            let sealed = vault.seal(&header, credential_of(&header)).await.unwrap();
            records.push((header, sealed));
        }
        Self { dir, keychain, code, database_key, anchor, records }
    }

    /// A program that starts now.
    pub(crate) fn open(&self) -> Vault {
        self.open_at(&self.dir)
    }

    /// The same with the vault's files elsewhere.
    pub(crate) fn open_at(&self, dir: &Path) -> Vault {
        Vault::open(dir.to_owned(), Arc::<MemoryKeychain>::clone(&self.keychain))
    }

    /// An open vault must hold all of it.
    pub(crate) async fn check(&self, vault: &Vault) -> Result<(), String> {
        let key = vault.database_key().await.map_err(|error| format!("the key of the database: {error}"))?;
        if key.expose() != self.database_key.expose() {
            return Err("the key of the database is another".to_owned());
        }
        for (header, sealed) in &self.records {
            let opened = vault.unseal(header, sealed).await.map_err(|error| format!("a record: {error}"))?;
            if opened.for_origin(&origin()).map(Secret::expose) != Some(&text_of(header)) {
                return Err("a record is another".to_owned());
            }
        }
        Ok(())
    }
}

/// Name and content of each file of a folder.
pub(crate) fn files_of(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

/// Makes a folder one that holds these files and nothing else.
pub(crate) fn put_files(dir: &Path, files: &[(String, Vec<u8>)]) {
    fs::create_dir_all(dir).unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if !files.iter().any(|(name, _)| entry.file_name().to_str() == Some(name)) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    for (name, bytes) in files {
        let path = dir.join(name);
        if !fs::read(&path).is_ok_and(|there| there == *bytes) {
            fs::write(path, bytes).unwrap();
        }
    }
}
