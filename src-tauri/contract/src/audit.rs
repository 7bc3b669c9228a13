use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ConversationId, KeyId, ProviderId, Timestamp};

/// What happened to the vault or with a key. The names are kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// The vault was opened.
    Unlocked,
    /// The vault was closed.
    Locked,
    /// Somebody tried to open the vault and could not.
    UnlockFailed,
    /// The vault was made.
    VaultMade,
    /// What opens the vault was changed.
    ProtectionChanged,
    /// A new recovery code took the place of the old one.
    RecoveryCodeMade,
    /// A key was added.
    KeyAdded,
    /// A key was sent to its provider.
    KeyUsed,
    /// A key was tested.
    KeyTested,
    /// A new secret took the place of a key's old one.
    KeyReplaced,
    /// A key got another name.
    KeyRenamed,
    /// Limits, order or use of a key were changed.
    KeyChanged,
    /// A key was deleted.
    KeyDeleted,
    /// The deletion of a key was taken back.
    KeyRestored,
    /// The vault key was replaced.
    VaultKeyRotated,
    /// The key that wraps the keys of records was replaced.
    KekRotated,
    /// The root keys were moved to another kind of file.
    RootMoved,
    /// Vault and history were exported.
    Exported,
    /// Vault, history or keys were imported.
    Imported,
    /// A backup was made.
    BackupMade,
    /// A backup took the place of what was there.
    BackupRestored,
    /// A backup was checked by a trial restore.
    BackupChecked,
    /// The log itself was verified.
    Verified,
    /// A limit of a key kept a request back.
    LimitHit,
    /// A spare key was used in the place of another.
    SpareUsed,
    /// Something that a newer program wrote.
    #[serde(other)]
    Other,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "actor", rename_all = "snake_case")]
pub enum AuditActor {
    /// The user, in a window.
    Window,
    /// The user, in a terminal.
    CommandLine,
    /// The program by itself.
    Program,
    /// A conversation that asked a model.
    Conversation {
        /// Which.
        id: ConversationId,
    },
    /// A plugin.
    Plugin {
        /// Its name.
        name: String,
    },
    /// Somebody that a newer program knows.
    #[serde(other)]
    Other,
}

/// An entry of the log. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Its number, from 1, without a gap.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: AuditKind,
    /// What it happened to, by the name it had then: a key, a file, a way to unlock.
    pub subject: Option<String>,
    /// Who did it.
    pub actor: AuditActor,
    /// The key it is about.
    pub key: Option<KeyId>,
    /// The provider it is about.
    pub provider: Option<ProviderId>,
    /// More about it, by name.
    pub detail: BTreeMap<String, String>,
}

/// Which entries are wanted. What is empty or absent leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// Of these kinds.
    pub kinds: Vec<AuditKind>,
    /// About this key.
    pub key: Option<KeyId>,
    /// About this provider.
    pub provider: Option<ProviderId>,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// Something wrong with the log, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFault {
    /// The first entry it concerns.
    pub at_seq: u64,
    /// What is wrong.
    pub what: AuditFaultKind,
}

/// What is wrong with an entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AuditFaultKind {
    /// The entry is not what was written.
    Changed,
    /// The entry was written as another number.
    Moved {
        /// The number it was written as.
        from: u64,
    },
    /// Entries are gone from the middle or the beginning.
    Missing {
        /// The last one that is gone.
        until: u64,
    },
    /// Entries are gone from the end.
    CutOff {
        /// The last one that is gone.
        until: u64,
    },
    /// The entry is whole, but another one stood here when the vault last noted the end of the log: an
    /// older copy of the database was put back, and the log went on from there.
    Replaced,
    /// The entry before it does not hold, so it can be neither proved nor refuted.
    Unproven,
}

/// What a verification of the log found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// Entries that were read.
    pub entries: u64,
    /// Up to which entry the vault's own note vouches that nothing was cut off; absent without a note.
    pub anchored: Option<u64>,
    /// All that is wrong, by entry.
    pub faults: Vec<AuditFault>,
}
