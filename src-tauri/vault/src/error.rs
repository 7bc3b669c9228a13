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
    /// The recovery code is one, but not of this vault.
    #[error("this recovery code belongs to another vault or was replaced; use the newest one")]
    WrongRecoveryCode,
    /// What was typed is no recovery code.
    #[error("a character of the recovery code was mistyped or left out; compare it with what you wrote down")]
    MistypedRecoveryCode,
    /// Too many wrong attempts came before. Nothing was tried.
    #[error("too many wrong attempts; wait {seconds} s, then try again")]
    Wait {
        /// How long.
        seconds: u64,
    },
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
    /// Another program gave the vault another key since it was opened here.
    #[error("the vault was changed by another program; lock it and unlock it again")]
    Changed,
    /// A slot cannot be wrapped for another vault key.
    #[error(
        "a way to open the vault was made by another version of Holdfast and cannot be kept; choose how the vault is protected again, then try again"
    )]
    UnknownSlot,
    /// More key-encryption keys than the vault keeps.
    #[error("the vault keeps too many old key-encryption keys; finish the last rotation first")]
    TooManyKeks,
    /// A folder is no backup of a vault.
    #[error("this is no backup that can be restored: {detail}; nothing was changed")]
    BadBackup {
        /// Which file, and what is wrong with it.
        detail: String,
    },
    /// What was exported from a vault does not read.
    #[error("the exported keys are damaged or were written by a newer version of Holdfast; nothing was changed")]
    BadExport,
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
        UnlockWay::Both => "the system keychain and a passphrase together",
        UnlockWay::Recovery => "a recovery code",
    }
}

/// Why the system's keychain did not help. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// The system has none, or it does not run.
    #[error("no system keychain answers ({detail}); use a passphrase or the recovery code")]
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
    #[error(
        "the keychain entry “{account}” of Holdfast is gone; use the passphrase or the recovery code, or put it back from a backup of the keychain"
    )]
    EntryMissing {
        /// The entry's name.
        account: String,
    },
    /// It answers, and the entry is not what was stored.
    #[error(
        "the keychain entry “{account}” of Holdfast was changed and no longer opens this vault; use the passphrase or the recovery code, or put the old one back"
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
