use serde::{Deserialize, Serialize};

use crate::command::command;
use crate::{KeyId, ProviderId, Timestamp, Window};

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
    /// The provider could not be reached.
    Unreachable,
    /// The provider answered something that proves nothing.
    Unknown,
}

/// What the entry window asks for.
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
    /// The passphrase of a new vault, typed twice.
    SetPassphrase,
    /// The passphrase of the vault.
    Unlock,
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

command! {
    /// All keys, by provider and name.
    ListKeys {} => Vec<KeyInfo>, [Window::Main]
}
command! {
    /// Reads a key from the clipboard inside the program, seals it and clears the clipboard.
    PasteKey {
        /// Whose.
        provider: ProviderId,
        /// Its name.
        name: String,
        /// The key whose place it takes.
        replace: Option<KeyId>,
    } => KeyInfo, [Window::Main]
}
command! {
    /// Asks the provider whether it accepts a key, without cost.
    TestKey {
        /// Which.
        id: KeyId,
    } => KeyInfo, [Window::Main]
}
command! {
    /// Deletes a key and its sealed secret for good.
    DeleteKey {
        /// Which.
        id: KeyId,
    } => (), [Window::Main]
}
command! {
    /// Opens the vault by the system keychain.
    UnlockWithKeychain {} => (), [Window::Main]
}
command! {
    /// Closes the vault: its keys leave memory.
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
    /// A key or a passphrase.
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
