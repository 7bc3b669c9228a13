//! The root keys in a Stronghold file.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use iota_stronghold::engine::runtime::memories::buffer::Buffer;
use iota_stronghold::engine::snapshot::try_set_encrypt_work_factor;
use iota_stronghold::procedures::{FatalProcedureError, Runner};
use iota_stronghold::{Client, ClientError, Location, SnapshotPath, Stronghold};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Contents, Index, KeyName, MAX_FILE, RootKeyStore, Unreadable};
use crate::cipher::{KEY, Key};
use crate::files::{Files, is_absent};
use crate::vault_key::VaultKey;
use crate::{RootKind, VaultError};

const CLIENT: &str = "root";
const VAULT_PATH: &str = "root";
/// Entries of the client's store, which is encrypted with the rest of the file but is not for
/// secrets: it keeps several plain copies in memory. The first version had the first two alone.
const VAULT_ID: &[u8] = b"vault-id";
const CURRENT_KEK: &[u8] = b"current-kek";
const INDEX: &[u8] = b"index";
/// So many keys are held for their next use: the current key-encryption key, that of the audit log, and
/// older ones while records go over from them.
const HELD: usize = 4;

/// An open Stronghold.
pub(crate) struct StrongholdFile {
    stronghold: Stronghold,
    pub(super) client: Client,
    index: Index,
    /// The keys that were used last, the newest at the end. Stronghold decrypts a key anew for each use
    /// and puts its own keys together from pieces for that, which takes up to milliseconds. This memory
    /// is locked where the system allows, unreadable between uses, and wiped when it is dropped.
    held: RefCell<VecDeque<(KeyName, Buffer<u8>)>>,
}

impl StrongholdFile {
    /// A new one with these keys, in memory only.
    pub(crate) fn new(contents: &Contents) -> Result<Self, VaultError> {
        let stronghold = Stronghold::default();
        // Always a new client in a new Stronghold: making one anew over a loaded file would destroy
        // its records at the next commit.
        let client = stronghold.create_client(CLIENT).map_err(|_| VaultError::Crashed)?;
        let made = Self { stronghold, client, index: contents.index.clone(), held: RefCell::default() };
        for (name, key) in contents.keys() {
            let key = Zeroizing::new(key.to_vec());
            made.client.vault(VAULT_PATH).write_secret(location(name), key).map_err(|_| VaultError::Crashed)?;
        }
        let Index { vault, current, .. } = &made.index;
        let notes = [
            (VAULT_ID, vault.as_bytes().to_vec()),
            (CURRENT_KEK, current.as_bytes().to_vec()),
            (INDEX, made.index.encode()),
        ];
        for (name, value) in notes {
            let for_ever: Option<Duration> = None;
            made.client.store().insert(name.to_vec(), value, for_ever).map_err(|_| VaultError::Crashed)?;
        }
        Ok(made)
    }

    /// Opens the file of the vault with this id.
    pub(crate) fn open(path: &Path, key: &VaultKey, vault: Uuid) -> Result<Self, Unreadable> {
        check_header(path)?;
        let stronghold = Stronghold::default();
        stronghold.load_snapshot(key.provider(), &SnapshotPath::from_path(path)).map_err(|_| Unreadable::Malformed)?;
        let client = stronghold.load_client(CLIENT).map_err(|_| Unreadable::Malformed)?;
        let note = |name| client.store().get(name).ok().flatten();
        let index = match note(INDEX) {
            Some(bytes) => Index::decode(&bytes)?,
            None => {
                let id = |name| note(name).and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or(Unreadable::Malformed);
                let current = id(CURRENT_KEK)?;
                Index { vault: id(VAULT_ID)?, current, names: vec![KeyName::Kek(current)] }
            }
        };
        if index.vault != vault {
            return Err(Unreadable::Foreign);
        }
        let opened = Self { stronghold, client, index, held: RefCell::default() };
        let has = |name: &KeyName| opened.client.record_exists(&location(*name)).unwrap_or(false);
        if opened.index.names.iter().all(has) { Ok(opened) } else { Err(Unreadable::Malformed) }
    }

    /// A key in guarded memory.
    fn take_out(&self, name: KeyName) -> Result<Buffer<u8>, VaultError> {
        if !self.index.has(name) {
            return Err(VaultError::Refused);
        }
        // Through a guard and not by Stronghold's procedures, which leave keys behind in freed memory.
        let taken = self.client.get_guards([location(name)], |[key]| -> Result<_, FatalProcedureError> { Ok(key) });
        taken.map_err(|_| VaultError::Crashed)
    }

    fn commit(&self, path: &Path, key: &VaultKey) -> Result<(), ClientError> {
        // The file's key is a random 256-bit key, so stretching it gains nothing and costs seconds
        // and half a gigabyte. Set before each commit: the factor is one for the whole process.
        try_set_encrypt_work_factor(0).map_err(|error| ClientError::Inner(error.to_string()))?;
        self.stronghold.commit_with_keyprovider(&SnapshotPath::from_path(path), key.provider())
    }
}

impl RootKeyStore for StrongholdFile {
    fn kind(&self) -> RootKind {
        RootKind::Stronghold
    }

    fn index(&self) -> &Index {
        &self.index
    }

    fn with_key(&self, name: KeyName, work: &mut dyn FnMut(&[u8; KEY])) -> Result<(), VaultError> {
        let mut held = self.held.borrow_mut();
        let at = held.iter().position(|(each, _)| *each == name);
        let key = match at.and_then(|at| held.remove(at)) {
            Some((_, key)) => key,
            None => self.take_out(name)?,
        };
        lend(&key, work)?;
        // The database asks for its key once, when it is opened.
        if name != KeyName::Database {
            held.push_back((name, key));
            if held.len() > HELD {
                held.pop_front();
            }
        }
        Ok(())
    }

    fn contents(&self) -> Result<Contents, VaultError> {
        Contents::collect(self.index.clone(), |name| {
            let mut copy = Box::new(Key::default());
            lend(&self.take_out(name)?, &mut |key| copy.copy_from_slice(key))?;
            Ok(copy)
        })
    }

    /// Stronghold writes beside the file, syncs and renames.
    fn write(&self, files: &Files, path: &Path, key: &VaultKey) -> Result<(), VaultError> {
        files.room_for(std::fs::metadata(path).map_or(0, |metadata| metadata.len()))?;
        let mut waits = crate::files::waits();
        while let Err(error) = self.commit(path, key) {
            let Some(wait) = waits.next() else {
                files.sweep();
                return Err(VaultError::disk(path, "written", std::io::Error::other(error)));
            };
            std::thread::sleep(wait);
        }
        files.make_private(path)?;
        files.sync_dir()
    }
}

fn lend(key: &Buffer<u8>, work: &mut dyn FnMut(&[u8; KEY])) -> Result<(), VaultError> {
    work(<&[u8; KEY]>::try_from(&*key.borrow()).map_err(|_| VaultError::Crashed)?);
    Ok(())
}

impl Drop for StrongholdFile {
    fn drop(&mut self) {
        // Clones of the client share its memory, so dropping alone would not empty it.
        if let Err(error) = self.stronghold.clear() {
            tracing::warn!(%error, "Stronghold could not be emptied");
        }
    }
}

pub(super) fn location(name: KeyName) -> Location {
    let record = match name {
        KeyName::Kek(id) => id.as_bytes().to_vec(),
        KeyName::Database => b"database".to_vec(),
        KeyName::Audit => b"audit".to_vec(),
    };
    Location::generic(VAULT_PATH, record)
}

/// What can be said of a Stronghold file without its key. It also keeps a changed file from asking
/// for gigabytes: Stronghold itself would obey any work factor.
pub(crate) fn check_header(path: &Path) -> Result<(), Unreadable> {
    const BEFORE_SALT: &[u8] = b"PARTI\x03\x00age-encryption.org/v1\n-> scrypt ";
    const SALT: usize = 22;
    const AFTER_SALT: &[u8] = b" 0\n";
    /// The header of the age format with a work factor of one digit, its payload nonce and one tag.
    const LEAST: u64 = 7 + 149 + 16 + 16;

    let io = |error: std::io::Error| match error.kind() {
        _ if is_absent(&error) => Unreadable::Missing,
        std::io::ErrorKind::UnexpectedEof => Unreadable::Malformed,
        kind => Unreadable::Io(kind),
    };
    let mut file = File::open(path).map_err(io)?;
    if !(LEAST..=MAX_FILE).contains(&file.metadata().map_err(io)?.len()) {
        return Err(Unreadable::Malformed);
    }
    let mut header = [0; BEFORE_SALT.len() + SALT + AFTER_SALT.len()];
    file.read_exact(&mut header).map_err(io)?;
    if header.starts_with(BEFORE_SALT) && header.ends_with(AFTER_SALT) { Ok(()) } else { Err(Unreadable::Malformed) }
}
