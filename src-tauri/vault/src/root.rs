//! The Stronghold file: it holds the key-encryption keys, which wrap the content key of each record.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use iota_stronghold::engine::snapshot::try_set_encrypt_work_factor;
use iota_stronghold::procedures::{FatalProcedureError, Runner, Slip10Generate};
use iota_stronghold::{Client, KeyProvider, Location, SnapshotPath, Stronghold};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::bytes::join;
use crate::cipher::{self, KEY, Key, NONCE, NotAuthentic, TAG};

const CLIENT: &str = "root";
const VAULT_PATH: &str = "root";
/// Entries of the client's store, which is encrypted with the rest of the file but is not for
/// secrets: it keeps several plain copies in memory.
const VAULT_ID: &[u8] = b"vault-id";
const CURRENT_KEK: &[u8] = b"current-kek";
/// No Stronghold file of ours comes near it; more is not even read.
pub(crate) const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The vault key in Stronghold's guarded memory, which opens the file.
pub(crate) fn key_provider(vault_key: &Key) -> Result<KeyProvider, VaultError> {
    KeyProvider::try_from(Zeroizing::new(vault_key.to_vec())).map_err(|_| VaultError::Crashed)
}

/// Why a Stronghold file does not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("is missing")]
    Missing,
    #[error("cannot be read ({0})")]
    Io(std::io::ErrorKind),
    #[error("is damaged or cut off")]
    Malformed,
    #[error("belongs to another vault")]
    Foreign,
}

/// A content key, wrapped by a key-encryption key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    pub(crate) nonce: [u8; NONCE],
    pub(crate) sealed: [u8; KEY + TAG],
}

/// An open Stronghold.
pub(crate) struct Root {
    stronghold: Stronghold,
    client: Client,
    vault: Uuid,
    kek: Uuid,
}

impl Root {
    /// A new one with its first key-encryption key, in memory only.
    pub(crate) fn create(vault: Uuid) -> Result<Self, VaultError> {
        let stronghold = Stronghold::default();
        // Making a client anew destroys its records at the next commit, so nothing but a new vault
        // may do it.
        let client = stronghold.create_client(CLIENT).map_err(|_| VaultError::Crashed)?;
        let root = Self { stronghold, client, vault, kek: Uuid::from_bytes(*cipher::random()?) };
        let generate = Slip10Generate { size_bytes: Some(KEY), output: location(root.kek) };
        root.client.execute_procedure(generate).map_err(|_| VaultError::Crashed)?;
        for (name, id) in [(VAULT_ID, vault), (CURRENT_KEK, root.kek)] {
            let for_ever: Option<Duration> = None;
            let kept = root.client.store().insert(name.to_vec(), id.as_bytes().to_vec(), for_ever);
            kept.map_err(|_| VaultError::Crashed)?;
        }
        Ok(root)
    }

    /// Opens the file of the vault with this id.
    pub(crate) fn open(path: &Path, key: &KeyProvider, vault: Uuid) -> Result<Self, Unreadable> {
        check_header(path)?;
        let stronghold = Stronghold::default();
        stronghold.load_snapshot(key, &SnapshotPath::from_path(path)).map_err(|_| Unreadable::Malformed)?;
        let client = stronghold.load_client(CLIENT).map_err(|_| Unreadable::Malformed)?;
        let id = |name| {
            let bytes = client.store().get(name).ok().flatten()?;
            Uuid::from_slice(&bytes).ok()
        };
        let (Some(owner), Some(kek)) = (id(VAULT_ID), id(CURRENT_KEK)) else { return Err(Unreadable::Malformed) };
        if owner != vault {
            return Err(Unreadable::Foreign);
        }
        let root = Self { stronghold, client, vault, kek };
        if root.has(kek) { Ok(root) } else { Err(Unreadable::Malformed) }
    }

    pub(crate) fn vault(&self) -> Uuid {
        self.vault
    }

    /// Writes the file. Stronghold writes beside it, syncs and renames.
    pub(crate) fn commit(&self, path: &Path, key: &KeyProvider) -> Result<(), iota_stronghold::ClientError> {
        // The file's key is a random 256-bit key, so stretching it gains nothing and costs seconds
        // and half a gigabyte. Set before each commit: the factor is one for the whole process.
        try_set_encrypt_work_factor(0).map_err(|error| iota_stronghold::ClientError::Inner(error.to_string()))?;
        self.stronghold.commit_with_keyprovider(&SnapshotPath::from_path(path), key)
    }

    /// Whether `other` holds the same key-encryption key: what one wraps, the other unwraps.
    pub(crate) fn is_same_as(&self, other: &Self) -> Result<bool, VaultError> {
        let probe = cipher::random()?;
        let (kek, wrapped) = self.wrap(self.vault, &probe)?;
        Ok(self.kek == other.kek && other.unwrap(self.vault, kek, &wrapped).is_ok_and(|unwrapped| unwrapped == probe))
    }

    /// Wraps the content key of a record with the current key-encryption key, and says which that is.
    pub(crate) fn wrap(&self, record: Uuid, content_key: &Key) -> Result<(Uuid, WrappedKey), VaultError> {
        let nonce = *cipher::random()?;
        let beside = self.beside(record, self.kek);
        // Through a guard and not by the procedure for it, which leaves the content key behind in
        // freed memory.
        let sealed = self
            .client
            .get_guards([location(self.kek)], |[kek]| -> Result<_, FatalProcedureError> {
                let kek = kek.borrow();
                Ok(<&[u8; KEY]>::try_from(&*kek)
                    .ok()
                    .and_then(|kek| cipher::encrypt(kek, &nonce, &beside, content_key.as_ref()).ok()?.try_into().ok()))
            })
            .map_err(|_| VaultError::Crashed)?;
        Ok((self.kek, WrappedKey { nonce, sealed: sealed.ok_or(VaultError::Crashed)? }))
    }

    /// Unwraps the content key of a record.
    pub(crate) fn unwrap(&self, record: Uuid, kek: Uuid, wrapped: &WrappedKey) -> Result<Key, VaultError> {
        if !self.has(kek) {
            return Err(VaultError::Refused);
        }
        let beside = self.beside(record, kek);
        let opened = self
            .client
            .get_guards([location(kek)], |[kek]| -> Result<_, FatalProcedureError> {
                let kek = kek.borrow();
                let kek = <&[u8; KEY]>::try_from(&*kek).map_err(|_| NotAuthentic);
                Ok(kek.and_then(|kek| cipher::decrypt(kek, &wrapped.nonce, &beside, &wrapped.sealed)))
            })
            .map_err(|_| VaultError::Crashed)?;
        let opened = opened.map_err(|NotAuthentic| VaultError::Refused)?;
        let mut content_key = Key::default();
        if opened.len() != KEY {
            return Err(VaultError::Refused);
        }
        content_key.copy_from_slice(&opened);
        Ok(content_key)
    }

    fn has(&self, kek: Uuid) -> bool {
        self.client.record_exists(&location(kek)).unwrap_or(false)
    }

    fn beside(&self, record: Uuid, kek: Uuid) -> Vec<u8> {
        join(&[b"hv1/cek", self.vault.as_bytes(), record.as_bytes(), kek.as_bytes()])
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Clones of the client share its memory, so dropping alone would not empty it.
        if let Err(error) = self.stronghold.clear() {
            tracing::warn!(%error, "Stronghold could not be emptied");
        }
    }
}

fn location(kek: Uuid) -> Location {
    Location::generic(VAULT_PATH, kek.as_bytes().to_vec())
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
        std::io::ErrorKind::NotFound => Unreadable::Missing,
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

#[cfg(test)]
mod tests;
