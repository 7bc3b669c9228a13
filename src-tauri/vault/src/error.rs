use std::path::{Path, PathBuf};

use holdfast_contract::UnlockWay;

/// Why the vault did not do what was asked. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// None was made yet.
    #[error("there is no vault yet; adding a key makes one")]
    Missing,
    /// One was made already, perhaps by another window or program.
    #[error("there is a vault already; unlock it instead of making another")]
    Exists,
    /// It is closed.
    #[error("the vault is locked; unlock it first")]
    Locked,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong; check caps lock and the keyboard layout, then try again")]
    WrongPassphrase,
    /// A vault must not be made with nothing as its passphrase.
    #[error("the passphrase is empty; choose one")]
    EmptyPassphrase,
    /// The vault has no slot of this kind.
    #[error("this vault was not set up to be opened by {}; use another way", way_name(.0))]
    NoSuchWay(UnlockWay),
    /// The system's keychain did not help.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// A file of the vault does not read.
    #[error("{detail}; nothing was overwritten{}", if *.backup { ", and the backup can be restored" } else { "" })]
    Damaged {
        /// Which file, and what is wrong with it.
        detail: String,
        /// Whether there is a backup that does read.
        backup: bool,
    },
    /// There is no backup to restore.
    #[error("{detail}, and there is no backup of it that reads; copy one of your own to the same place")]
    NoBackup {
        /// Which file, and what is wrong with it.
        detail: String,
    },
    /// Another program works on the files.
    #[error("another program is changing the vault; try again in a moment")]
    Busy,
    /// The disk is full, or the files cannot be read or written.
    #[error("{} could not be {action}: {source}; free some space or check the permissions, then try again", .path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a past participle.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A sealed record does not belong where it was found, or was changed.
    #[error("the sealed key does not belong to this place or was changed; replace the key")]
    Refused,
    /// More text than any key has.
    #[error("the secret is longer than {} KiB, which no key is; check what was pasted", crate::record::MAX_SECRET / 1024)]
    TooLong,
    /// Not enough memory to turn the passphrase into a key.
    #[error(
        "there is not enough free memory ({mebibytes} MiB) to check the passphrase; close other programs and try again"
    )]
    Memory {
        /// How much is needed.
        mebibytes: u32,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random numbers, without which no key is made: {0}")]
    Random(getrandom::Error),
    /// A fault of the vault itself. It stays usable.
    #[error("the vault hit a fault of its own; try again, and restart the program if it stays")]
    Crashed,
}

impl VaultError {
    pub(crate) fn disk(path: &Path, action: &'static str, source: std::io::Error) -> Self {
        Self::Disk { path: path.to_owned(), action, source }
    }
}

fn way_name(way: &UnlockWay) -> &'static str {
    match way {
        UnlockWay::Keychain => "the system keychain",
        UnlockWay::Passphrase => "a passphrase",
    }
}

/// Why the system's keychain did not help. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// The system has none, or it does not run.
    #[error("no system keychain answers ({detail}); use a passphrase")]
    Unavailable {
        /// What the system said.
        detail: String,
    },
    /// It is locked and did not ask to be opened.
    #[error("the system keychain is locked; unlock it and try again")]
    Locked,
    /// The user closed its question.
    #[error("the keychain's question was closed; try again and allow it")]
    Dismissed,
    /// It did not answer.
    #[error("the system keychain did not answer in {seconds} s; look for its question on the screen and try again")]
    Timeout {
        /// How long it was waited for.
        seconds: u64,
    },
    /// It answers, and the entry is not there.
    #[error("the keychain entry “{account}” of Holdfast is gone; put it back from a backup of the keychain")]
    EntryMissing {
        /// The entry's name.
        account: String,
    },
    /// It answers, and the entry is not what was stored.
    #[error(
        "the keychain entry “{account}” of Holdfast was changed and no longer opens this vault; put the old one back"
    )]
    EntryChanged {
        /// The entry's name.
        account: String,
    },
    /// Anything else.
    #[error("the system keychain failed ({detail})")]
    Failed {
        /// What the system said.
        detail: String,
    },
}
