//! The one map from the rooms' errors to what a person is told.

use holdfast_contract::{Action, Code, Failure, KeyUsed, MessageId, Part, Place, VaultState};
use holdfast_core::exchange::{ErrorKind, ProviderError};
use holdfast_core::package::PackageError;
use holdfast_providers::{AddressError, ProviderRow};
use holdfast_store::StoreError;
use holdfast_vault::{ExportError, VaultError};

use crate::HostError;

/// Turns a room's error into what a person is told.
pub(crate) trait Explain<T> {
    fn explain(self) -> Result<T, Failure>;
}

impl<T> Explain<T> for Result<T, StoreError> {
    fn explain(self) -> Result<T, Failure> {
        self.map_err(|error| of_store(&error))
    }
}

impl<T> Explain<T> for Result<T, VaultError> {
    fn explain(self) -> Result<T, Failure> {
        self.map_err(|error| of_vault(&error))
    }
}

impl<T> Explain<T> for Result<T, HostError> {
    fn explain(self) -> Result<T, Failure> {
        self.map_err(|error| of_host(&error))
    }
}

impl<T> Explain<T> for Result<T, ExportError> {
    fn explain(self) -> Result<T, Failure> {
        self.map_err(|error| of_export(&error))
    }
}

pub(crate) fn of_store(error: &StoreError) -> Failure {
    match error {
        StoreError::Damaged { backup, .. } => {
            let failure = Failure::new(Code::StoreDamaged, sentence(error)).hint("Nothing was overwritten.");
            if backup.is_some() { failure.action(Action::RestoreBackup) } else { failure }
        }
        StoreError::Newer { .. } => Failure::new(Code::StoreDamaged, sentence(error)),
        StoreError::ReadOnly { .. } => Failure::new(Code::Disk, sentence(error)),
        StoreError::Full => Failure::new(Code::Disk, "The disk is full, so nothing could be stored.")
            .hint("Free some space, then try again.")
            .action(Action::TryAgain { after: None }),
        StoreError::Busy => Failure::new(Code::Disk, "Another program holds the database.")
            .hint("Close the other one, or wait a moment.")
            .action(Action::TryAgain { after: None }),
        StoreError::NotFound { .. } => Failure::new(Code::NotFound, sentence(error)),
        StoreError::Io { .. } => Failure::new(Code::Disk, sentence(error)),
        StoreError::NoBackup { .. } => Failure::new(Code::StoreDamaged, sentence(error)),
        StoreError::BadKey | StoreError::OldSqlite { .. } => Failure::new(Code::Internal, sentence(error)),
        StoreError::Database { .. } => {
            tracing::error!(%error, "the database failed");
            Failure::new(Code::Internal, sentence(error)).action(Action::TryAgain { after: None })
        }
    }
}

pub(crate) fn of_vault(error: &VaultError) -> Failure {
    let code = match error {
        VaultError::Missing => Code::VaultMissing,
        VaultError::Locked | VaultError::Keychain(_) | VaultError::NoSuchWay(_) | VaultError::Changed => {
            Code::VaultLocked
        }
        VaultError::WrongPassphrase
        | VaultError::WrongRecoveryCode
        | VaultError::MistypedRecoveryCode
        | VaultError::Wait { .. } => Code::WrongPassphrase,
        VaultError::EmptyPassphrase | VaultError::Exists | VaultError::TooLong => Code::BadRequest,
        VaultError::Damaged { .. }
        | VaultError::NoBackup { .. }
        | VaultError::BadBackup { .. }
        | VaultError::BadExport
        | VaultError::UnknownSlot
        | VaultError::TooManyKeks
        | VaultError::Refused => Code::VaultDamaged,
        VaultError::Disk { .. } | VaultError::Busy => Code::Disk,
        VaultError::Memory { .. } | VaultError::Random(_) | VaultError::Crashed => Code::Internal,
    };
    let failure = Failure::new(code, sentence(error));
    match error {
        VaultError::Locked | VaultError::Keychain(_) | VaultError::Changed => failure.action(Action::Unlock),
        VaultError::Damaged { backup: true, .. } => failure.action(Action::RestoreBackup),
        VaultError::Busy | VaultError::Crashed => failure.action(Action::TryAgain { after: None }),
        VaultError::Wait { seconds } => {
            failure.action(Action::TryAgain { after: Some(u32::try_from(*seconds).unwrap_or(u32::MAX)) })
        }
        VaultError::Missing
        | VaultError::Exists
        | VaultError::NoSuchWay(_)
        | VaultError::WrongPassphrase
        | VaultError::WrongRecoveryCode
        | VaultError::MistypedRecoveryCode
        | VaultError::EmptyPassphrase
        | VaultError::Damaged { backup: false, .. }
        | VaultError::NoBackup { .. }
        | VaultError::BadBackup { .. }
        | VaultError::BadExport
        | VaultError::UnknownSlot
        | VaultError::TooManyKeks
        | VaultError::Disk { .. }
        | VaultError::Refused
        | VaultError::TooLong
        | VaultError::Memory { .. }
        | VaultError::Random(_) => failure,
    }
}

fn of_export(error: &ExportError) -> Failure {
    let code = match error {
        ExportError::EmptyPassphrase => Code::BadRequest,
        ExportError::WrongPassphrase => Code::WrongPassphrase,
        ExportError::NoPassphrase | ExportError::Damaged | ExportError::Work => Code::VaultDamaged,
        ExportError::Io(_) => Code::Disk,
    };
    Failure::new(code, sentence(error))
}

fn of_host(error: &HostError) -> Failure {
    match error {
        HostError::NoText => Failure::new(Code::Clipboard, "There is no text on the clipboard.")
            .hint("Copy the key first, then paste it here."),
        HostError::Unsupported(_) => Failure::new(Code::Refused, sentence(error)),
        HostError::System(_) => Failure::new(Code::Internal, sentence(error)).action(Action::TryAgain { after: None }),
    }
}

pub(crate) fn of_package(error: &PackageError) -> Failure {
    match error {
        PackageError::NoQuestion => Failure::new(Code::BadRequest, "There is nothing to send."),
        PackageError::QuestionTooLong { tokens, budget } => Failure::new(
            Code::TooLong,
            format!("The question has about {tokens} tokens, and this model takes {budget}."),
        )
        .hint("Send less of it, or choose a model with a larger context window.")
        .action(Action::ChooseModel),
    }
}

pub(crate) fn of_address(error: &AddressError) -> Failure {
    Failure::new(Code::BadRequest, sentence(error)).hint("An address looks like https://api.example.com/v1.")
}

/// What a provider's refusal means to a person. `key` is the one that was used.
pub(crate) fn of_provider(error: &ProviderError, provider: &ProviderRow, key: Option<&KeyUsed>) -> Failure {
    let name = &provider.name;
    let said = &error.message;
    let named = key.map_or_else(|| "The key".to_owned(), |key| format!("The key “{}”", key.name));
    let wait = error.retry_after.map(|after| u32::try_from(after.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX));
    let again = Action::TryAgain { after: wait };
    match error.kind {
        ErrorKind::Auth => {
            let failure = match key {
                Some(key) => Failure::new(Code::KeyRefused, format!("{name} refused the key “{}”: {said}", key.name))
                    .hint("It may have been revoked, or belong to another account. Replace it, or test it again.")
                    .action(Action::ReplaceKey { key: key.id })
                    .action(Action::TestKey { key: key.id }),
                None => Failure::new(Code::KeyMissing, format!("{name} wants a key: {said}"))
                    .hint("Add a key for it.")
                    .action(Action::AddKey { provider: provider.id.clone() }),
            };
            failure.action(Action::ChooseModel)
        }
        ErrorKind::Permission => {
            let failure = Failure::new(Code::KeyRefused, format!("{named} may not do this at {name}: {said}"))
                .hint("Its account or project does not allow this model or this country.");
            let failure = match key {
                Some(key) => failure.action(Action::TestKey { key: key.id }),
                None => failure,
            };
            failure.action(Action::ChooseModel)
        }
        ErrorKind::Quota => {
            Failure::new(Code::NoCredit, format!("No credit is left at {name}; the key itself is valid: {said}"))
                .hint(match &provider.link {
                    Some(link) => format!("Add credit at {link}, or choose another model."),
                    None => "Add credit, or choose another model.".to_owned(),
                })
                .action(Action::ChooseModel)
                .action(Action::TryAgain { after: None })
        }
        ErrorKind::Rate => Failure::new(Code::RateLimited, format!("{name} asks to slow down: {said}"))
            .hint(match wait {
                Some(seconds) => format!("It can be asked again in {seconds} s."),
                None => "Wait a little, then try again.".to_owned(),
            })
            .action(again)
            .action(Action::ChooseModel),
        ErrorKind::Overloaded => Failure::new(Code::ProviderDown, format!("{name} has trouble at the moment: {said}"))
            .hint("This is on their side. Try again, or choose another model.")
            .action(again)
            .action(Action::ChooseModel),
        ErrorKind::ContextTooLong => {
            Failure::new(Code::TooLong, format!("The conversation is too long for this model: {said}"))
                .hint("Choose a model with a larger context window, or begin a new conversation.")
                .action(Action::ChooseModel)
                .action(Action::NewConversation)
        }
        ErrorKind::ModelMissing => Failure::new(Code::ModelMissing, format!("{name} does not have this model: {said}"))
            .hint("It may have been retired, or not be open to this account.")
            .action(Action::ChooseModel),
        ErrorKind::Filtered => Failure::new(Code::Filtered, format!("{name} refused the content: {said}"))
            .hint("Put the question in other words, or ask another model."),
        ErrorKind::BadRequest => Failure::new(Code::BadRequest, format!("{name} does not take this request: {said}"))
            .action(Action::ChooseModel)
            .action(Action::TryAgain { after: None }),
        ErrorKind::NotRunning => {
            Failure::new(Code::NotRunning, format!("{name} does not run at {}.", provider.base_url))
                .hint(provider.start_hint.clone().unwrap_or_else(|| "Start it, then try again.".to_owned()))
                .action(Action::StartServer { provider: provider.id.clone() })
                .action(Action::TryAgain { after: None })
                .action(Action::ChooseModel)
        }
        ErrorKind::Network => Failure::new(Code::Network, said.clone())
            .hint(match provider.place {
                Place::Cloud => "Check the network, then try again.",
                Place::Local | Place::BuiltIn => "Check the address and that the server runs, then try again.",
            })
            .action(Action::TryAgain { after: None })
            .action(Action::ChooseModel),
        ErrorKind::Timeout => Failure::new(Code::Network, format!("{name} was silent for too long: {said}"))
            .hint("It may be busy, or the connection was lost.")
            .action(Action::TryAgain { after: None })
            .action(Action::ChooseModel),
        ErrorKind::Malformed => {
            Failure::new(Code::Malformed, format!("{name} answered something that is not its protocol: {said}"))
                .hint("Check the provider's address.")
                .action(Action::TryAgain { after: None })
                .action(Action::ChooseModel)
        }
        ErrorKind::EndedEarly => Failure::new(Code::EndedEarly, format!("The answer of {name} was cut off: {said}"))
            .action(Action::TryAgain { after: None }),
        ErrorKind::WrongOrigin => {
            Failure::new(Code::KeyRefused, format!("{named} is sealed for another address than {}.", provider.base_url))
                .hint("Nothing was sent. Add the key again for this address.")
                .action(Action::AddKey { provider: provider.id.clone() })
        }
        ErrorKind::VaultClosed => Failure::new(Code::VaultLocked, said.clone())
            .hint("Unlock the vault, then try again.")
            .action(Action::Unlock)
            .action(Action::TryAgain { after: None }),
    }
}

/// A failure in mid-answer can be gone on from.
pub(crate) fn with_continue(mut failure: Failure, answer: MessageId, parts: &[Part]) -> Failure {
    let has_text = parts.iter().any(|part| matches!(part, Part::Text { text } if !text.trim().is_empty()));
    if has_text {
        failure.actions.insert(0, Action::Continue { answer });
    }
    failure
}

/// The end of an answer that could not be stored.
pub(crate) fn not_stored(error: &StoreError) -> Failure {
    let failure = of_store(error);
    Failure {
        message: format!("The answer could not be stored. {}", failure.message),
        hint: Some("It stays on the screen until this conversation is closed: copy what you need.".to_owned()),
        ..failure
    }
}

/// What is said while the vault is not open.
pub(crate) fn closed(vault: &VaultState) -> Failure {
    match vault {
        VaultState::Missing => Failure::new(Code::VaultMissing, "Holdfast is not set up yet.")
            .hint("Choose how your keys and your history are protected."),
        VaultState::Damaged { detail, backup } => {
            of_vault(&VaultError::Damaged { detail: detail.clone(), backup: *backup })
        }
        VaultState::Locked { .. } | VaultState::Unlocked { .. } => of_vault(&VaultError::Locked),
    }
}

pub(crate) fn conversation_gone() -> Failure {
    Failure::new(Code::NotFound, "This conversation is no longer there.")
}

pub(crate) fn message_gone() -> Failure {
    Failure::new(Code::NotFound, "This message is no longer there.")
}

pub(crate) fn key_gone() -> Failure {
    Failure::new(Code::NotFound, "This key is no longer there.").hint("Choose another key, or add it again.")
}

pub(crate) fn crashed() -> Failure {
    Failure::new(Code::Internal, "A part of the program ended unexpectedly.").action(Action::TryAgain { after: None })
}

/// An error's words as a sentence. A file's name at its beginning keeps its letters.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    let names_a_file = text.split_whitespace().next().is_some_and(|word| word.contains(['.', '/', '\\']));
    match text.chars().next() {
        Some(first) if !names_a_file => format!("{}{}{end}", first.to_uppercase(), &text[first.len_utf8()..]),
        _ => format!("{text}{end}"),
    }
}
