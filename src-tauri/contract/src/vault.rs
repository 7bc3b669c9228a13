use serde::{Deserialize, Serialize};

use crate::command::command;
use crate::{AuditEvent, AuditFilter, AuditReport, Status, Timestamp, UnlockWay, Window};

/// What protects a vault. A recovery code opens it besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// The system's keychain: nothing to type.
    Keychain,
    /// A passphrase.
    Passphrase,
    /// A passphrase and the system's keychain together.
    Both,
}

impl Protection {
    /// Whether there is something to type.
    pub const fn needs_passphrase(self) -> bool {
        matches!(self, Self::Passphrase | Self::Both)
    }
}

/// How it stands with the recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryState {
    /// There is none: the vault was made before there were recovery codes.
    Absent,
    /// There is one, and nobody has shown to have written it down.
    Unconfirmed,
    /// There is one, and a part of it was typed from paper.
    Confirmed,
}

/// The file that holds the root keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootKind {
    /// A Stronghold snapshot.
    Stronghold,
    /// A sealed file of the program's own form.
    SealedFile,
}

/// All that the page shows of an open vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultInfo {
    /// What protects it; absent when only the recovery code opens it.
    pub protection: Option<Protection>,
    /// The recovery code.
    pub recovery: RecoveryState,
    /// When it was made, if that is known.
    pub made_at: Option<Timestamp>,
    /// When its passphrase was set.
    pub passphrase_changed_at: Option<Timestamp>,
    /// When the vault key was last replaced.
    pub vault_key_changed_at: Option<Timestamp>,
    /// When the key that wraps the keys of records was last replaced.
    pub record_key_changed_at: Option<Timestamp>,
    /// Where the root keys are.
    pub root: RootKind,
    /// Whether the system keeps the keys out of its swap file.
    pub memory_locked: bool,
    /// Whether the system has a keychain that works.
    pub keychain: bool,
    /// A folder that files for the user may be offered in.
    pub documents: String,
    /// What the last replacement of the vault key left as it was; absent when nothing.
    pub old_slots: Option<OldSlots>,
}

/// Ways to open the vault that are older than its key. Who has the old vault key and a copy of the slots
/// file from before its replacement opens newer copies of the vault by them, until they are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSlots {
    /// What protects the vault.
    pub protection: bool,
    /// The recovery code.
    pub recovery: bool,
}

/// A key of the vault itself that can be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The vault key, which every way to unlock wraps.
    VaultKey,
    /// The key that wraps the key of each sealed record; every record is wrapped again.
    RecordKey,
}

/// Work that takes a while, for its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Records are wrapped by a new key.
    Rotate,
    /// A backup is made, checked or restored.
    Backup,
    /// Everything is exported into one file.
    Export,
    /// An export is imported.
    Import,
    /// A database without a seal is sealed.
    Seal,
}

/// A backup: the database and the vault's files of one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupInfo {
    /// The name of its folder.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Whether all its files are there and have the sums that were noted.
    pub whole: bool,
}

/// What a trial restore found in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPreview {
    /// The backup.
    pub backup: BackupInfo,
    /// What is in its database; absent when the vault in use does not open it.
    pub contents: Option<BackupContents>,
    /// What becomes of the vault when it is restored.
    pub vault: BackupVault,
}

/// What is in the database of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupContents {
    /// Conversations in it.
    pub conversations: u64,
    /// Messages in it.
    pub messages: u64,
    /// Keys in it.
    pub keys: u64,
    /// Keys of it that the vault in use opens.
    pub opened_keys: u64,
    /// When something in it last changed.
    pub newest_at: Option<Timestamp>,
}

/// What becomes of the vault when a backup is restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "vault", rename_all = "snake_case")]
pub enum BackupVault {
    /// It stays as it is: it opens all of the backup.
    Stays,
    /// It goes back too, because the backup belongs to an earlier state of it, or to another vault.
    GoesBack {
        /// What opens the vault of the backup, as it was then.
        ways: Vec<UnlockWay>,
    },
}

command! {
    /// All about the open vault.
    GetVault {} => VaultInfo, [Window::Main]
}
command! {
    /// Makes the vault, or changes what protects it. The entry window opens when there is a passphrase
    /// to type, and after a new vault was made, to show its recovery code.
    Protect {
        /// By what.
        with: Protection,
    } => (), [Window::Main]
}
command! {
    /// Makes a new recovery code, which the entry window shows; the old one opens nothing any more.
    MakeRecoveryCode {} => (), [Window::Main]
}
command! {
    /// Makes anew all that opens the vault: what protects it, by the same means, and the recovery code.
    /// The entry window opens for a passphrase, and then for the code.
    RenewProtection {} => (), [Window::Main]
}
command! {
    /// Somebody uses the program, so that it does not lock itself.
    NoteActivity {} => (), [Window::Main, Window::Entry]
}
command! {
    /// Replaces a key of the vault itself. Progress comes as events.
    Rotate {
        /// Which.
        what: Rotation,
    } => VaultInfo, [Window::Main]
}
command! {
    /// Moves the root keys to another kind of file.
    MoveRoot {
        /// Where to.
        to: RootKind,
    } => VaultInfo, [Window::Main]
}
command! {
    /// Backups, newest first.
    ListBackups {} => Vec<BackupInfo>, [Window::Main]
}
command! {
    /// Makes a backup now and reads it back.
    MakeBackup {} => BackupInfo, [Window::Main]
}
command! {
    /// Restores a backup into a scratch folder, opens what is in it, and throws it away.
    CheckBackup {
        /// The name of its folder.
        name: String,
    } => BackupPreview, [Window::Main]
}
command! {
    /// Puts a backup in the place of what is there, of which a backup is made first.
    RestoreBackup {
        /// The name of its folder.
        name: String,
        /// Whether the vault goes back with it. Refused when that is not what its preview said.
        with_vault: bool,
    } => Status, [Window::Main]
}
command! {
    /// Entries of the log, newest first.
    ListAudit {
        /// Which.
        filter: AuditFilter,
        /// Only entries with a lower number.
        before: Option<u64>,
        /// How many at most (the program gives at most 200).
        count: u32,
    } => Vec<AuditEvent>, [Window::Main]
}
command! {
    /// Holds the whole log against itself and against the vault's own note of its end.
    VerifyAudit {} => AuditReport, [Window::Main]
}
command! {
    /// Writes the whole log into a file, a line of JSON for each entry. Gives their number.
    ExportAudit {
        /// The file; it must not exist yet.
        path: String,
    } => u64, [Window::Main]
}

/// The recovery code, for the entry window alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodeView {
    /// Its groups in order.
    pub groups: Vec<String>,
    /// The groups, from 0, that are asked for to see that it was written down.
    pub asked: Vec<u32>,
    /// Where a file with it would be put.
    pub suggested_path: String,
}

impl std::fmt::Debug for RecoveryCodeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodeView { .. }")
    }
}

command! {
    /// The recovery code that was just made, for as long as the entry window shows it.
    GetRecoveryCode {} => RecoveryCodeView, [Window::Entry]
}
command! {
    /// Writes the recovery code into a new file that only its owner may read.
    SaveRecoveryCode {
        /// The file; it must not exist yet.
        path: String,
    } => (), [Window::Entry]
}

/// The groups that were typed from paper.
#[derive(Clone, Serialize, Deserialize)]
pub struct ConfirmRecoveryCode {
    /// What was typed for each group that was asked for, in their order.
    pub groups: Vec<String>,
}

impl std::fmt::Debug for ConfirmRecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConfirmRecoveryCode { .. }")
    }
}

impl crate::Command for ConfirmRecoveryCode {
    const NAME: &'static str = "ConfirmRecoveryCode";
    const WINDOWS: &'static [Window] = &[Window::Entry];
    /// Whether all of them are right; then the window closes.
    type Reply = bool;
}
