use serde::{Deserialize, Serialize};

use crate::{ConversationId, KeyId, MessageId, ProviderId};

/// Why a request failed, in a form that a person can act on. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What the page branches on.
    pub code: Code,
    /// What happened, a sentence in the user's terms.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Buttons that do it, most useful first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

impl Failure {
    /// A failure without hint and actions.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, actions: Vec::new() }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a button.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Only codes that the page or the command line acts on. Remove one when nobody does any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request itself makes no sense (empty message, unknown id, bad address).
    BadRequest,
    /// The window may not send this request, or the request is unknown.
    Refused,
    /// What was asked for is gone.
    NotFound,
    /// The provider needs a key and there is none.
    KeyMissing,
    /// The provider refused the key.
    KeyRefused,
    /// The account has no credit or spent its quota.
    NoCredit,
    /// Too many requests; waiting helps.
    RateLimited,
    /// The provider is overloaded or broken; waiting may help.
    ProviderDown,
    /// A local server does not run.
    NotRunning,
    /// The provider does not have the model, or not for this account.
    ModelMissing,
    /// The conversation is longer than the model's context window.
    TooLong,
    /// The provider refused the content.
    Filtered,
    /// No connection: DNS, TLS, refused, unreachable.
    Network,
    /// The provider said something that is not its protocol.
    Malformed,
    /// The stream stopped before its end.
    EndedEarly,
    /// A limit the user set for a key keeps the request back.
    LimitReached,
    /// No vault yet.
    VaultMissing,
    /// The vault is locked.
    VaultLocked,
    /// What was typed does not open the vault.
    WrongPassphrase,
    /// A vault file does not read.
    VaultDamaged,
    /// The database does not read.
    StoreDamaged,
    /// The disk is full or cannot be written.
    Disk,
    /// The clipboard holds no text that can be a key.
    Clipboard,
    /// A fault of the program itself.
    Internal,
}

/// Something a button under a failure does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Open the form that adds a key for this provider.
    AddKey {
        /// For whom.
        provider: ProviderId,
    },
    /// Test a key now.
    TestKey {
        /// Which.
        key: KeyId,
    },
    /// Put a new secret in the place of a key.
    ReplaceKey {
        /// Which.
        key: KeyId,
    },
    /// Show the limits and other settings of a key.
    KeySettings {
        /// Which.
        key: KeyId,
    },
    /// Open the vault.
    Unlock,
    /// Say how to start the local server, and look again.
    StartServer {
        /// Whose server.
        provider: ProviderId,
    },
    /// Choose another model.
    ChooseModel,
    /// Try again, at once or after some seconds.
    TryAgain {
        /// Seconds to wait first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u32>,
    },
    /// Begin a new conversation, for one that is too long.
    NewConversation,
    /// Go on from the part of the answer that is there.
    Continue {
        /// The partial answer.
        answer: MessageId,
    },
    /// Put the last backup in the place of what does not read.
    RestoreBackup,
    /// Open the conversation again.
    Reload {
        /// Which.
        conversation: ConversationId,
    },
}
