use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::command::command;
use crate::{
    ConversationId, KeyId, KeyUseId, MessageId, ModelRef, Protection, ProviderId, Timestamp, UnlockWay, Window,
};

/// A key as the page may know it. The secret itself has no command that returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    /// Its id.
    pub id: KeyId,
    /// Whose key it is.
    pub provider: ProviderId,
    /// The name the user gave it.
    pub name: String,
    /// The start and the last four characters, for instance `sk-…x7Qd`; less of a short secret.
    pub masked: String,
    /// Scheme, host and port it was sealed for; it is sent nowhere else.
    pub origin: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was last sent.
    pub last_used_at: Option<Timestamp>,
    /// The last test.
    pub test: Option<KeyTest>,
}

/// What a test of a key found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTest {
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub result: KeyTestResult,
    /// A sentence about it.
    pub detail: Option<String>,
}

/// What a test of a key found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyTestResult {
    /// The provider accepted it.
    Works,
    /// The provider refused it.
    Refused,
    /// It is valid, and may not do this.
    NoPermission,
    /// It is valid, and the account has no credit.
    NoCredit,
    /// The provider asked to wait.
    RateLimited,
    /// It is valid, and the model it was tested with is not there.
    ModelMissing,
    /// The provider could not be reached.
    Unreachable,
    /// Somebody else answered: the address is not the provider's.
    WrongHost,
    /// The provider answered something that proves nothing.
    Unknown,
}

/// What the user set for a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySettings {
    /// Whether it may be used at all.
    pub active: bool,
    /// The model of new conversations that use it.
    pub default_model: Option<String>,
    /// The most requests in any 60 seconds.
    pub per_minute: Option<NonZeroU32>,
    /// The most that may be spent in a calendar month, in millionths of a dollar.
    pub monthly_micros: Option<i64>,
    /// Whether it may stand in when another key of its provider cannot be used.
    pub spare: bool,
    /// After how many days the user wants to be reminded to replace it.
    pub remind_after_days: Option<NonZeroU32>,
}

impl Default for KeySettings {
    fn default() -> Self {
        Self {
            active: true,
            default_model: None,
            per_minute: None,
            monthly_micros: None,
            spare: false,
            remind_after_days: None,
        }
    }
}

/// All that the page shows of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// What it is.
    pub info: KeyInfo,
    /// What the user set.
    pub settings: KeySettings,
    /// Its place among the keys of its provider: 0 is the default, the others follow as spares.
    pub position: u32,
    /// Counts the secrets that it has had.
    pub revision: u32,
    /// When its present secret was sealed; its age counts from here.
    pub sealed_at: Timestamp,
    /// A new secret that waits for its test.
    pub pending: Option<KeyRevisionInfo>,
    /// What was used in the month that was asked for.
    pub month: KeySpending,
}

/// One secret of a key, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevisionInfo {
    /// Its number, from 1.
    pub revision: u32,
    /// Where it stands.
    pub state: RevisionState,
    /// The start and the last four characters.
    pub masked: String,
    /// Scheme, host and port it was sealed for.
    pub origin: String,
    /// When it was sealed.
    pub created_at: Timestamp,
}

/// Where a secret of a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionState {
    /// The one that is sent.
    Current,
    /// It waits for its test.
    Pending,
    /// Another one took its place; it is kept for a while.
    Old,
    /// It was discarded or outlived its time: nothing of the secret is left.
    Revoked,
}

/// What a key was used for, in sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySpending {
    /// Requests.
    pub uses: u64,
    /// Tokens of the requests.
    pub input_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// The cost, in millionths of a dollar, as far as it is known.
    pub cost_micros: i64,
    /// Whether a part of the cost was estimated.
    pub estimated: bool,
}

/// One use of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// Its own id.
    pub id: KeyUseId,
    /// The key.
    pub key: KeyId,
    /// When the request left.
    pub at: Timestamp,
    /// Who was asked.
    pub model: ModelRef,
    /// For which conversation.
    pub conversation: Option<ConversationId>,
    /// For which answer.
    pub answer: Option<MessageId>,
    /// What came of it.
    pub outcome: KeyUseOutcome,
    /// Tokens of the request.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    pub output_tokens: Option<u64>,
    /// The cost in millionths of a dollar, when it can be told.
    pub cost_micros: Option<i64>,
    /// Whether the cost is an estimate.
    pub estimated: bool,
}

/// What came of a use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUseOutcome {
    /// The answer is still coming.
    UnderWay,
    /// The answer came whole.
    Answered,
    /// The user stopped it.
    Stopped,
    /// It failed.
    Failed,
    /// The program ended first.
    Interrupted,
}

/// A limit that keeps a request back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "limit", rename_all = "snake_case")]
pub enum KeyLimit {
    /// Too many requests in a minute.
    PerMinute {
        /// The most that are allowed.
        most: NonZeroU32,
        /// When the next one is allowed.
        until: Timestamp,
    },
    /// The month's money is spent.
    Monthly {
        /// The most that may be spent, in millionths of a dollar.
        most_micros: i64,
        /// What was spent, with what is under way.
        spent_micros: i64,
        /// When the next month begins.
        until: Timestamp,
    },
}

/// What the entry window is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum EntryPurpose {
    /// A new key.
    AddKey {
        /// Whose.
        provider: ProviderId,
        /// Its name.
        name: String,
    },
    /// A new secret in the place of a key.
    ReplaceKey {
        /// Which.
        key: KeyId,
    },
    /// A passphrase, typed twice, for a new vault or in the place of what protects it now.
    SetPassphrase {
        /// Whether the keychain is needed besides.
        with: Protection,
    },
    /// What opens the vault.
    Unlock {
        /// By which way; never the keychain, which asks by itself.
        way: UnlockWay,
    },
    /// A new passphrase, typed twice, after which a new recovery code is shown.
    RenewPassphrase {
        /// What it protects the vault with.
        with: Protection,
    },
    /// The recovery code is shown, and a part of it is typed. Only the program itself opens this.
    RecoveryCode,
    /// The passphrase of an export, typed twice.
    Export {
        /// The file; it must not exist yet.
        path: String,
    },
    /// The passphrase of an export that is to be imported where there is no vault yet.
    Import {
        /// The file.
        path: String,
    },
}

/// What the entry window draws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryContext {
    /// What it asks for.
    pub purpose: EntryPurpose,
    /// The provider's name for a person, when a key is asked for.
    pub provider_name: Option<String>,
    /// The origin the key will be sealed for.
    pub origin: Option<String>,
    /// How keys of the provider begin.
    pub key_prefix: Option<String>,
}

/// What lies on the clipboard, as far as the page may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipboardLook {
    /// The start and the last four characters, when it can be a key.
    pub masked: Option<String>,
    /// Providers whose keys look so, most likely first.
    pub providers: Vec<ProviderId>,
    /// Why it cannot be a key.
    pub problem: Option<String>,
}

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundKey {
    /// The variable that holds it.
    pub variable: String,
    /// Whose it is, by the variable's name or the key's form.
    pub provider: ProviderId,
    /// The start and the last four characters.
    pub masked: String,
    /// The key that is in the vault already and is the same.
    pub known: Option<KeyId>,
}

command! {
    /// All keys that are not deleted, by provider and place.
    ListKeys {} => Vec<KeyView>, [Window::Main]
}
command! {
    /// Looks at the clipboard inside the program: whether a key lies there, and whose.
    LookAtClipboard {} => ClipboardLook, [Window::Main]
}
command! {
    /// Reads a key from the clipboard inside the program, seals it and clears the clipboard. In the
    /// place of a key it waits for its test.
    PasteKey {
        /// Whose.
        provider: ProviderId,
        /// Its name.
        name: String,
        /// The key whose place it takes.
        replace: Option<KeyId>,
    } => KeyView, [Window::Main]
}
command! {
    /// Keeps the name and the settings of a key.
    SaveKey {
        /// Which.
        id: KeyId,
        /// Its name.
        name: String,
        /// The rest.
        settings: KeySettings,
    } => KeyView, [Window::Main]
}
command! {
    /// Puts a key at a place among those of its provider; 0 is the default.
    MoveKey {
        /// Which.
        id: KeyId,
        /// Where to.
        position: u32,
    } => Vec<KeyView>, [Window::Main]
}
command! {
    /// Asks the provider whether it accepts a key, without cost. A new secret that waits is tested in
    /// the place of the present one, and takes its place when it works.
    TestKey {
        /// Which.
        id: KeyId,
    } => KeyView, [Window::Main]
}
command! {
    /// Decides about a new secret that waits, whatever its test said.
    SettlePending {
        /// Of which key.
        id: KeyId,
        /// Whether it takes the place of the present one; else it is thrown away.
        keep: bool,
    } => KeyView, [Window::Main]
}
command! {
    /// Deletes a key. It can be brought back for a short while; then its secret is gone for good.
    DeleteKey {
        /// Which.
        id: KeyId,
    } => (), [Window::Main]
}
command! {
    /// Takes the deletion of a key back.
    RestoreKey {
        /// Which.
        id: KeyId,
    } => KeyView, [Window::Main]
}
command! {
    /// Keys in the environment of the program, or in a file of variables.
    FindKeys {
        /// The file, for instance `~/project/.env`; absent for the environment.
        path: Option<String>,
    } => Vec<FoundKey>, [Window::Main]
}
command! {
    /// Seals keys that were found.
    ImportKeys {
        /// The file; absent for the environment.
        path: Option<String>,
        /// The variables.
        variables: Vec<String>,
    } => Vec<KeyView>, [Window::Main]
}
command! {
    /// Opens the vault by the system keychain.
    UnlockWithKeychain {} => (), [Window::Main]
}
command! {
    /// Closes vault and history: their keys leave memory, and answers that are being written stop.
    LockVault {} => (), [Window::Main]
}
command! {
    /// Opens the small window in which secrets are typed.
    OpenEntry {
        /// What for.
        purpose: EntryPurpose,
    } => (), [Window::Main]
}
command! {
    /// What the entry window shall draw.
    GetEntry {} => EntryContext, [Window::Entry]
}
command! {
    /// Closes the entry window without an answer.
    CancelEntry {} => (), [Window::Entry]
}

/// The secret typed in the entry window. The one request that carries a secret: towards the
/// program, from a window that draws nothing a model wrote.
#[derive(Clone, Serialize, Deserialize)]
pub struct SubmitEntry {
    /// A key, a passphrase or a recovery code.
    pub secret: String,
}

impl std::fmt::Debug for SubmitEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubmitEntry { .. }")
    }
}

impl crate::Command for SubmitEntry {
    const NAME: &'static str = "SubmitEntry";
    const WINDOWS: &'static [Window] = &[Window::Entry];
    type Reply = ();
}
