//! What the vault says of itself, and how a user wants it protected.

use holdfast_contract::{Timestamp, UnlockWay};
use holdfast_core::Secret;
use uuid::Uuid;

use crate::VaultError;

/// The main way to open the vault. Beside it there is always the recovery code.
#[derive(Debug)]
pub enum Protection {
    /// The system's keychain opens it, without a question.
    Keychain,
    /// This passphrase opens it.
    Passphrase(Secret),
    /// The system's keychain and this passphrase open it together; neither does alone. Who has the
    /// disk cannot even guess at the passphrase.
    Both(Secret),
}

impl Protection {
    /// How it will be opened.
    pub fn way(&self) -> UnlockWay {
        match self {
            Self::Keychain => UnlockWay::Keychain,
            Self::Passphrase(_) => UnlockWay::Passphrase,
            Self::Both(_) => UnlockWay::Both,
        }
    }

    pub(crate) fn check(&self) -> Result<(), VaultError> {
        match self {
            Self::Passphrase(typed) | Self::Both(typed) if typed.expose().is_empty() => {
                Err(VaultError::EmptyPassphrase)
            }
            _ => Ok(()),
        }
    }
}

/// What keeps the root keys: those that the vault key opens, and that open everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A Stronghold file.
    Stronghold,
    /// A sealed file of our own.
    SealedFile,
}

/// What is known of the vault without its keys. While it is locked, nobody vouches for the dates: only
/// unlocking shows whether somebody changed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultAbout {
    /// The vault's id.
    pub id: Uuid,
    /// What opens it, most convenient first.
    pub ways: Vec<UnlockWay>,
    /// Whether a recovery code opens it. Vaults of the first version have none until one is made.
    pub has_recovery: bool,
    /// Whether the user showed that they wrote the recovery code down.
    pub recovery_confirmed: bool,
    /// When it was made, unless it is older than these notes.
    pub made_at: Option<Timestamp>,
    /// When the passphrase was last set.
    pub passphrase_changed_at: Option<Timestamp>,
    /// When the vault key was last made anew, or made.
    pub vault_key_changed_at: Option<Timestamp>,
    /// When the key-encryption key was last made anew, or made.
    pub kek_changed_at: Option<Timestamp>,
    /// What keeps the root keys.
    pub root: RootKind,
    /// Whether the system keeps the keys out of its swap file. Where it does not, memory that holds
    /// keys may be written to disk.
    pub memory_locked: bool,
}

/// An attempt to open the vault that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// When.
    pub at: Timestamp,
    /// By what.
    pub way: UnlockWay,
}

/// The last entry of a log that was chained by hashes, kept where the log is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// How many entries the log had.
    pub count: u64,
    /// The hash of the last of them.
    pub hash: [u8; 32],
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFile {
    /// Its name inside the backup's folder.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
}
