use holdfast_contract::{Place, ProviderId};
use holdfast_core::Origin;
use holdfast_core::exchange::{ErrorKind, ProviderError};

use super::connection;
use crate::ProviderRow;
use crate::fault::{Fault, classify};
use crate::scrub::Scrubber;

/// Who was asked. It words errors, and keeps keys out of them.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    provider: ProviderId,
    name: String,
    pub(super) place: Place,
    pub(super) origin: Origin,
    scrub: Scrubber,
}

impl Asked {
    pub(super) fn new(provider: &ProviderRow, origin: Origin, scrub: Scrubber) -> Self {
        Self { provider: provider.id.clone(), name: provider.name.clone(), place: provider.place, origin, scrub }
    }

    /// An error in our own words.
    pub(super) fn error(&self, kind: ErrorKind, message: &str) -> ProviderError {
        self.fault(None, Fault::of(kind, message))
    }

    /// An error in the provider's words, or in ours about its status if it has none.
    pub(super) fn fault(&self, status: Option<u16>, fault: Fault) -> ProviderError {
        let kind = classify(status, &fault);
        let status = fault.status.or(status);
        let mut message = self.scrub.clean(&fault.message);
        if message.is_empty() {
            message = match status {
                Some(status) => format!("{} answered with status {status} and no words.", self.name),
                None => format!("{} reported an error without words.", self.name),
            };
        }
        ProviderError {
            provider: self.provider.clone(),
            kind,
            status,
            code: fault.code.map(|code| self.scrub.clean(&code)),
            message,
            retry_after: fault.retry_after,
        }
    }

    /// An error of the connection before the answer began.
    pub(super) fn unreachable(&self, error: reqwest::Error) -> ProviderError {
        let (kind, message) = connection::describe(&error.without_url(), &self.origin, self.place);
        self.error(kind, &message)
    }

    /// The connection broke in the middle of an answer. What the library says of it (a reset, a
    /// missing end, wrong compression) comes to the same: the rest will not come.
    pub(super) fn broken(&self, error: &reqwest::Error) -> ProviderError {
        if error.is_timeout() {
            return self.error(ErrorKind::Timeout, &format!("The connection to {} timed out.", self.origin.host()));
        }
        self.ended_early()
    }

    pub(super) fn ended_early(&self) -> ProviderError {
        self.error(ErrorKind::EndedEarly, "The connection closed before the answer was complete.")
    }

    pub(super) fn silent(&self, seconds: u64) -> ProviderError {
        self.error(ErrorKind::Timeout, &format!("{} sent nothing for {seconds} seconds.", self.name))
    }
}
