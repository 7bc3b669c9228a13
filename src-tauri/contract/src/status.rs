use serde::{Deserialize, Serialize};

use crate::command::command;
use crate::{BackupInfo, Window};

/// How the program stands; what the page needs before it draws anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// Where its files are.
    pub data_dir: String,
    /// The vault.
    pub vault: VaultState,
    /// Whether the system has a keychain that works.
    pub keychain: bool,
    /// Whether the database could be opened, and if not, why.
    pub store: StoreState,
    /// The newest backup whose copy of the vault's files reads, when the vault does not read and has no
    /// copy beside it that does.
    pub vault_backup: Option<BackupInfo>,
    /// What the vault does not open since it was restored from a backup; absent when it opens all.
    pub vault_gap: Option<VaultGap>,
}

/// A vault that was restored from a backup is older than the database beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultGap {
    /// The backup it came from, whose database fits it.
    pub backup: BackupInfo,
    /// Keys in the database.
    pub keys: u64,
    /// Those that the vault opens.
    pub opened_keys: u64,
}

/// The vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum VaultState {
    /// None was made yet: the program is to be set up.
    Missing,
    /// Closed.
    Locked {
        /// What opens it, most convenient first.
        ways: Vec<UnlockWay>,
    },
    /// Open.
    Unlocked {
        /// What opened it.
        by: UnlockWay,
    },
    /// A file of it does not read. Nothing was overwritten.
    Damaged {
        /// Which file, and what is wrong with it.
        detail: String,
        /// Whether there is a backup that does read.
        backup: bool,
    },
}

/// What opens the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlockWay {
    /// The system's keychain.
    Keychain,
    /// A passphrase.
    Passphrase,
    /// A passphrase and the system's keychain together.
    Both,
    /// The recovery code that was written down.
    Recovery,
}

/// The database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StoreState {
    /// Open.
    Open,
    /// Closed with the vault, whose key seals it; or not made yet, because there is no vault.
    Closed,
    /// It could be opened only for reading.
    ReadOnly {
        /// Why.
        detail: String,
    },
    /// It does not read. Nothing was overwritten.
    Damaged {
        /// What is wrong with it.
        detail: String,
        /// When the newest backup that does read was made.
        backup: Option<crate::Timestamp>,
    },
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What the user set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// The model of new conversations, the last one chosen.
    pub model: Option<crate::ModelRef>,
    /// After how many minutes without use the program locks itself; 0 is never.
    pub lock_after_minutes: u32,
    /// Whether it locks itself when the system locks its screen, sleeps or changes its user.
    pub lock_with_system: bool,
    /// Whether a provider without a key may use the one in the environment of the program.
    pub environment_keys: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            model: None,
            lock_after_minutes: 15,
            lock_with_system: true,
            environment_keys: false,
        }
    }
}

command! {
    /// How the program stands.
    GetStatus {} => Status, [Window::Main, Window::Entry]
}
command! {
    /// What the user set.
    GetSettings {} => Settings, [Window::Main, Window::Entry]
}
command! {
    /// Keeps what the user set.
    SaveSettings {
        /// All of it.
        settings: Settings,
    } => (), [Window::Main]
}
command! {
    /// Puts the newest backup of the database in the place of one that does not read. The damaged
    /// file is kept beside it.
    RestoreStore {} => Status, [Window::Main]
}
command! {
    /// Puts the copies beside the vault's files in the place of those that do not read, or else the files
    /// of the newest backup that reads ([`Status::vault_backup`]). What is damaged is kept.
    RestoreVault {} => Status, [Window::Main]
}
command! {
    /// The page is drawn and takes keys; the program prints the time when it is asked to.
    ReportUsable {} => (), [Window::Main]
}
