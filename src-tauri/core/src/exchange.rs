//! What is asked of a model and what it answers, in our own form. Wires translate; nothing here
//! belongs to one provider.

use std::time::Duration;

use holdfast_contract::{Part, ProviderId, Role, StopReason, Usage};

/// One request for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The model, by the provider's own name for it.
    pub model: String,
    /// Instructions that stand before the conversation.
    pub instructions: Option<String>,
    /// The conversation, oldest first; the last one is the question.
    pub messages: Vec<Message>,
    /// The most tokens the answer may have; the provider's own limit if absent.
    pub max_output: Option<u32>,
    /// The context window to reserve, for local servers that must be told.
    pub context_window: Option<u32>,
    /// How it was chosen. Wires never send it; Rehearsal reports it.
    pub package: Option<Box<crate::package::Package>>,
}

/// A message of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What was said.
    pub parts: Vec<Part>,
}

impl Message {
    /// All text of the message, without reasoning.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            if let Part::Text { text } = part {
                out.push_str(text);
            }
        }
        out
    }
}

/// What a model says, as it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// More of the answer.
    Text(String),
    /// More of its reasoning.
    Reasoning(String),
    /// Tokens so far. Later reports replace earlier ones, field by field.
    Usage(Usage),
    /// The model is done. A stream that ends without this was cut off.
    Stop(StopReason),
}

/// Why a provider gave no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider}: {message}")]
pub struct ProviderError {
    /// Who.
    pub provider: ProviderId,
    /// What kind of thing it is; what is done follows from it alone.
    pub kind: ErrorKind,
    /// The HTTP status, when there was one.
    pub status: Option<u16>,
    /// The provider's own code for it.
    pub code: Option<String>,
    /// The provider's own words, or ours about the connection. Never holds a key.
    pub message: String,
    /// How long the provider asked to wait.
    pub retry_after: Option<Duration>,
}

/// Kinds of provider errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The key is wrong, revoked or missing.
    Auth,
    /// The key is right and may not do this.
    Permission,
    /// No credit or quota until someone acts.
    Quota,
    /// Too fast; waiting helps.
    Rate,
    /// The provider is overloaded or broken at the moment.
    Overloaded,
    /// More tokens than the context window holds.
    ContextTooLong,
    /// No such model, or not for this account.
    ModelMissing,
    /// The content was refused.
    Filtered,
    /// The provider does not take the request as it is.
    BadRequest,
    /// Nothing listens at the address.
    NotRunning,
    /// DNS, TLS, unreachable, reset.
    Network,
    /// Nothing came for too long.
    Timeout,
    /// The reply is not the wire's: HTML, another content type, broken JSON.
    Malformed,
    /// The stream ended before the wire's own end.
    EndedEarly,
    /// The key is sealed for another origin. Nothing was sent.
    WrongOrigin,
    /// The key could not be had because the vault is closed. Nothing was sent.
    VaultClosed,
}

impl ErrorKind {
    /// Whether the same request may be sent again by itself, if no token has come yet.
    pub fn retryable(self) -> bool {
        match self {
            Self::Rate | Self::Overloaded | Self::Network | Self::Timeout | Self::EndedEarly => true,
            Self::Auth
            | Self::Permission
            | Self::Quota
            | Self::ContextTooLong
            | Self::ModelMissing
            | Self::Filtered
            | Self::BadRequest
            | Self::NotRunning
            | Self::Malformed
            | Self::WrongOrigin
            | Self::VaultClosed => false,
        }
    }
}
