use std::path::PathBuf;
use std::sync::Arc;

use holdfast_contract::VaultState;
use holdfast_core::{Credential, Secret};
use tokio::sync::watch;

use crate::{Keychain, RecordHeader, SealedRecord, VaultError};

/// A handle to the vault. Clones are handles to the same one.
#[derive(Clone)]
pub struct Vault {
    state: watch::Receiver<VaultState>,
}

impl Vault {
    /// Looks at the vault in `dir`. Never fails: what is wrong shows in the state.
    pub fn open(dir: PathBuf, keychain: Arc<dyn Keychain>) -> Self {
        let _ = (dir, keychain);
        Self { state: watch::channel(VaultState::Missing).1 }
    }

    /// How it stands now.
    pub fn state(&self) -> VaultState {
        self.state.borrow().clone()
    }

    /// Tells of every change of its state.
    pub fn watch(&self) -> watch::Receiver<VaultState> {
        self.state.clone()
    }

    /// How it stands, after the first look at its files.
    pub async fn ready(&self) -> VaultState {
        self.state()
    }

    /// Whether the system has a keychain that keeps what it is given.
    pub async fn keychain_works(&self) -> bool {
        false
    }

    /// Makes a vault that the system's keychain opens, and opens it.
    pub async fn create_with_keychain(&self) -> Result<(), VaultError> {
        Err(VaultError::Crashed)
    }

    /// Makes a vault that a passphrase opens, and opens it.
    pub async fn create_with_passphrase(&self, passphrase: Secret) -> Result<(), VaultError> {
        drop(passphrase);
        Err(VaultError::Crashed)
    }

    /// Opens the vault by the system's keychain.
    pub async fn unlock_with_keychain(&self) -> Result<(), VaultError> {
        Err(VaultError::Crashed)
    }

    /// Opens the vault by its passphrase.
    pub async fn unlock_with_passphrase(&self, passphrase: Secret) -> Result<(), VaultError> {
        drop(passphrase);
        Err(VaultError::Crashed)
    }

    /// Closes the vault: its keys leave memory.
    pub async fn lock(&self) {}

    /// Seals a credential for the database.
    pub async fn seal(&self, header: &RecordHeader, credential: Credential) -> Result<SealedRecord, VaultError> {
        let _ = (header, credential);
        Err(VaultError::Crashed)
    }

    /// Opens a sealed record.
    pub async fn unseal(&self, header: &RecordHeader, sealed: &SealedRecord) -> Result<Credential, VaultError> {
        let _ = (header, sealed);
        Err(VaultError::Crashed)
    }

    /// Puts the backup in the place of files that do not read; they are kept beside it.
    pub async fn restore_backup(&self) -> Result<(), VaultError> {
        Err(VaultError::Crashed)
    }
}
