//! The root keys in a sealed file of our own, for when there is no Stronghold any more.
//!
//! ```text
//! "HOLDROOT" | version u16 | vault id 16 | nonce 24 | ciphertext | SHA-256 over all before it (32)
//! ```
//! XChaCha20-Poly1305 under a key derived from the vault key. The checksum finds damage without any
//! key. In memory the keys lie in ordinary memory, which is wiped when they are dropped.

use std::path::Path;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Contents, Index, KeyName, MAX_FILE, RootKeyStore, Unreadable};
use crate::bytes::{Malformed, Reader, join};
use crate::cipher::{self, KEY, Key, NONCE, NotAuthentic};
use crate::files::Files;
use crate::vault_key::VaultKey;
use crate::{RootKind, VaultError};

const MAGIC: &[u8; 8] = b"HOLDROOT";
const VERSION: u16 = 1;

/// The keys of an open sealed file.
pub(crate) struct SealedFile(Contents);

impl SealedFile {
    pub(crate) fn new(contents: Contents) -> Self {
        Self(contents)
    }

    /// Opens the file of the vault with this id.
    pub(crate) fn open(files: &Files, path: &Path, key: &VaultKey, vault: Uuid) -> Result<Self, Unreadable> {
        let bytes = read(files, path)?;
        let parsed = parse(&bytes)?;
        if parsed.vault != vault {
            return Err(Unreadable::Foreign);
        }
        let key = key.expose().and_then(|key| file_key(&key, vault)).map_err(|_| Unreadable::Malformed)?;
        let plain = cipher::decrypt(&key, &parsed.nonce, &beside(vault), parsed.ciphertext)
            .map_err(|NotAuthentic| Unreadable::Malformed)?;
        let contents = Contents::decode(&plain).map_err(|Malformed| Unreadable::Malformed)?;
        if contents.index.vault == vault { Ok(Self(contents)) } else { Err(Unreadable::Foreign) }
    }

    /// What can be said of the file without its key.
    pub(crate) fn check(files: &Files, path: &Path) -> Result<(), Unreadable> {
        parse(&read(files, path)?).map(drop)
    }
}

impl RootKeyStore for SealedFile {
    fn kind(&self) -> RootKind {
        RootKind::SealedFile
    }

    fn index(&self) -> &Index {
        &self.0.index
    }

    fn with_key(&self, name: KeyName, work: &mut dyn FnMut(&[u8; KEY])) -> Result<(), VaultError> {
        work(self.0.key(name).ok_or(VaultError::Refused)?);
        Ok(())
    }

    fn contents(&self) -> Result<Contents, VaultError> {
        Ok(self.0.clone())
    }

    fn write(&self, files: &Files, path: &Path, key: &VaultKey) -> Result<(), VaultError> {
        let vault = self.0.index.vault;
        let nonce: [u8; NONCE] = *cipher::random()?;
        let key = file_key(&*key.expose()?, vault)?;
        let ciphertext = cipher::encrypt(&key, &nonce, &beside(vault), &self.0.encode())
            .map_err(|NotAuthentic| VaultError::Crashed)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(vault.as_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        files.write(path, &bytes)
    }
}

struct Parsed<'a> {
    vault: Uuid,
    nonce: [u8; NONCE],
    ciphertext: &'a [u8],
}

fn read(files: &Files, path: &Path) -> Result<Vec<u8>, Unreadable> {
    match files.read(path, MAX_FILE) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Unreadable::Missing),
        Err(error) => Err(Unreadable::Io(error.kind())),
    }
}

fn parse(bytes: &[u8]) -> Result<Parsed<'_>, Unreadable> {
    let (summed, sum) = bytes.split_last_chunk::<32>().ok_or(Malformed)?;
    let mut reader = Reader::new(summed);
    if reader.array()? != *MAGIC || Sha256::digest(summed).as_slice() != sum {
        return Err(Unreadable::Malformed);
    }
    if reader.u16()? != VERSION {
        return Err(Unreadable::Newer);
    }
    Ok(Parsed { vault: Uuid::from_bytes(reader.array()?), nonce: reader.array()?, ciphertext: reader.rest() })
}

fn file_key(vault_key: &[u8; KEY], vault: Uuid) -> Result<Key, VaultError> {
    cipher::derive(vault_key, vault.as_bytes(), b"holdfast/root/file")
}

fn beside(vault: Uuid) -> Vec<u8> {
    join(&[b"holdfast/root", vault.as_bytes(), &VERSION.to_be_bytes()])
}
