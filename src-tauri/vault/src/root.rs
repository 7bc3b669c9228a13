//! The root keys, which the vault key opens and which open everything else: the key-encryption keys,
//! which wrap the content key of each record, the key of the database and the key of the audit log.
//!
//! They lie in one file, of one of two forms. A change makes a new root in memory, writes it, reads it
//! back, and only then takes the place of the old one.

use std::path::Path;

use hmac::Mac;
use holdfast_core::Secret;
use uuid::Uuid;

use crate::bytes::{Malformed, join};
use crate::cipher::{self, KEY, Key, NONCE, NotAuthentic, TAG};
use crate::files::{Files, RootFile};
use crate::vault_key::{self, VaultKey};
use crate::{RootKind, VaultError};

mod contents;
mod sealed;
mod stronghold;

pub(crate) use contents::{Contents, Index, KeyName};
use sealed::SealedFile;
use stronghold::StrongholdFile;

/// No root file of ours comes near it; more is not even read.
pub(crate) const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Why a root file does not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("is missing")]
    Missing,
    #[error("cannot be read ({0})")]
    Io(std::io::ErrorKind),
    #[error("is damaged or cut off")]
    Malformed,
    #[error("was written by a newer version of Holdfast")]
    Newer,
    #[error("belongs to another vault")]
    Foreign,
}

impl From<Malformed> for Unreadable {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

/// What keeps the root keys. Users' vaults must outlive any one of them.
pub(crate) trait RootKeyStore {
    fn kind(&self) -> RootKind;

    /// What keys there are.
    fn index(&self) -> &Index;

    /// Lends a key for some work; [`VaultError::Refused`] when there is no such key.
    fn with_key(&self, name: KeyName, work: &mut dyn FnMut(&[u8; KEY])) -> Result<(), VaultError>;

    /// A copy of everything, to make a changed root or one of another kind from.
    fn contents(&self) -> Result<Contents, VaultError>;

    /// Puts it in the place of a file: all of it or, after a kill or an error, none. The caller holds
    /// the lock for writing.
    fn write(&self, files: &Files, path: &Path, key: &VaultKey) -> Result<(), VaultError>;
}

/// A content key, wrapped by a key-encryption key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    pub(crate) nonce: [u8; NONCE],
    pub(crate) sealed: [u8; KEY + TAG],
}

/// The root keys of an open vault.
pub(crate) struct Root {
    store: Box<dyn RootKeyStore>,
}

impl Root {
    /// In memory only.
    pub(crate) fn new(kind: RootKind, contents: Contents) -> Result<Self, VaultError> {
        let store: Box<dyn RootKeyStore> = match kind {
            RootKind::Stronghold => Box::new(StrongholdFile::new(&contents)?),
            RootKind::SealedFile => Box::new(SealedFile::new(contents)),
        };
        Ok(Self { store })
    }

    /// Opens a file of the vault with this id; `path` is the file itself or its backup.
    pub(crate) fn open(
        files: &Files,
        path: &Path,
        kind: RootKind,
        key: &VaultKey,
        vault: Uuid,
    ) -> Result<Self, Unreadable> {
        let store: Box<dyn RootKeyStore> = match kind {
            RootKind::Stronghold => Box::new(StrongholdFile::open(path, key, vault)?),
            RootKind::SealedFile => Box::new(SealedFile::open(files, path, key, vault)?),
        };
        Ok(Self { store })
    }

    /// What can be said of a root file without its key.
    pub(crate) fn check(files: &Files, path: &Path, kind: RootKind) -> Result<(), Unreadable> {
        match kind {
            RootKind::Stronghold => stronghold::check_header(path),
            RootKind::SealedFile => SealedFile::check(files, path),
        }
    }

    /// Writes the file and reads it back before it counts. The caller holds the lock.
    pub(crate) fn commit(&self, files: &Files, file: RootFile, key: &VaultKey) -> Result<(), VaultError> {
        let path = files.path(file.name());
        self.store.write(files, &path, key)?;
        let back = Self::open(files, &path, self.kind(), key, self.vault());
        if back.is_ok_and(|back| self.is_same_as(&back).unwrap_or(false)) {
            Ok(())
        } else {
            let error = std::io::Error::other("the disk did not keep what was written");
            Err(VaultError::disk(&path, "written", error))
        }
    }

    pub(crate) fn kind(&self) -> RootKind {
        self.store.kind()
    }

    pub(crate) fn vault(&self) -> Uuid {
        self.store.index().vault
    }

    pub(crate) fn index(&self) -> &Index {
        self.store.index()
    }

    pub(crate) fn contents(&self) -> Result<Contents, VaultError> {
        self.store.contents()
    }

    /// Whether `other` holds the same keys: what one wraps, the other unwraps.
    pub(crate) fn is_same_as(&self, other: &Self) -> Result<bool, VaultError> {
        Ok(self.index() == other.index() && self.contents()? == other.contents()?)
    }

    /// Wraps the content key of a record with the current key-encryption key, and says which that is.
    pub(crate) fn wrap(&self, record: Uuid, content_key: &Key) -> Result<(Uuid, WrappedKey), VaultError> {
        let kek = self.index().current;
        let nonce = *cipher::random()?;
        let beside = self.beside(record, kek);
        let mut sealed = None;
        self.store.with_key(KeyName::Kek(kek), &mut |key| {
            sealed = cipher::encrypt(key, &nonce, &beside, content_key.as_ref()).ok();
        })?;
        let sealed = sealed.and_then(|sealed| sealed.try_into().ok()).ok_or(VaultError::Crashed)?;
        Ok((kek, WrappedKey { nonce, sealed }))
    }

    /// Unwraps the content key of a record.
    pub(crate) fn unwrap(&self, record: Uuid, kek: Uuid, wrapped: &WrappedKey) -> Result<Key, VaultError> {
        let beside = self.beside(record, kek);
        let mut opened = Err(NotAuthentic);
        self.store.with_key(KeyName::Kek(kek), &mut |key| {
            opened = cipher::decrypt(key, &wrapped.nonce, &beside, &wrapped.sealed);
        })?;
        let opened = opened.map_err(|NotAuthentic| VaultError::Refused)?;
        let mut content_key = Key::default();
        if opened.len() != KEY {
            return Err(VaultError::Refused);
        }
        content_key.copy_from_slice(&opened);
        Ok(content_key)
    }

    /// The key of the database as hexadecimal digits; `None` in an old root that has none yet.
    pub(crate) fn database_key(&self) -> Result<Option<Secret>, VaultError> {
        if !self.index().has(KeyName::Database) {
            return Ok(None);
        }
        let mut digits = None;
        self.store.with_key(KeyName::Database, &mut |key| digits = Some(vault_key::hex(key)))?;
        Ok(digits)
    }

    /// A code that only who has the audit key can make, for one purpose.
    pub(crate) fn audit_mac(&self, purpose: &[u8], message: &[u8]) -> Result<[u8; 32], VaultError> {
        let vault = self.vault();
        let mut mac = Err(VaultError::Crashed);
        self.store.with_key(KeyName::Audit, &mut |key| {
            mac = cipher::derive(key, vault.as_bytes(), purpose).and_then(|key| cipher::authenticate(&key, message));
        })?;
        Ok(mac?.finalize().into_bytes().into())
    }

    fn beside(&self, record: Uuid, kek: Uuid) -> Vec<u8> {
        join(&[b"hv1/cek", self.vault().as_bytes(), record.as_bytes(), kek.as_bytes()])
    }
}

#[cfg(test)]
mod tests;
