use std::pin::Pin;
use std::time::Duration;

use futures::Stream;
use holdfast_contract::KeyTestResult;
use holdfast_core::Credential;
use holdfast_core::exchange::{ErrorKind, Event, ProviderError, Request};

use crate::ProviderRow;

/// An answer as it comes. It ends after [`Event::Stop`], or with an error. Dropping it cancels the
/// request.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<Event, ProviderError>> + Send>>;

/// How long the client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the first byte from a company.
    pub first_byte: Duration,
    /// For the first byte from this computer or network, which may have to load a model.
    pub first_byte_local: Duration,
    /// For the next byte.
    pub idle: Duration,
    /// For the next piece of the answer, while bytes that only keep the connection open do come.
    pub payload_idle: Duration,
    /// For a sign of life from a local server.
    pub probe: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            first_byte_local: Duration::from_secs(300),
            idle: Duration::from_secs(60),
            payload_idle: Duration::from_secs(300),
            probe: Duration::from_secs(1),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The system's TLS or network settings cannot be used.
    #[error("the network client could not be made: {0}")]
    Build(#[source] reqwest::Error),
}

/// A model that a provider offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// The provider's name for it.
    pub id: String,
    /// Its name for a person.
    pub name: String,
    /// The most tokens of request and answer together, when known.
    pub context_window: Option<u32>,
    /// Size, family and quantisation of a local model, in a few words.
    pub detail: Option<String>,
}

/// What a test of a key found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    /// What came of it.
    pub result: KeyTestResult,
    /// A sentence about it.
    pub detail: Option<String>,
}

/// Asks providers. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    timeouts: Timeouts,
    rehearsal_pace: Duration,
}

impl Client {
    /// A client that waits so long.
    ///
    /// # Errors
    /// When the system's settings do not allow one.
    pub fn new(timeouts: Timeouts) -> Result<Self, ClientError> {
        Ok(Self { timeouts, rehearsal_pace: Duration::from_millis(16) })
    }

    /// The time between two words of Rehearsal.
    #[must_use]
    pub fn rehearsal_pace(mut self, pace: Duration) -> Self {
        self.rehearsal_pace = pace;
        self
    }

    /// Asks for an answer.
    ///
    /// # Errors
    /// When none begins. One that breaks off gives its error in the stream.
    pub async fn stream(
        &self,
        provider: &ProviderRow,
        _request: &Request,
        _credential: Option<Credential>,
    ) -> Result<EventStream, ProviderError> {
        Err(self.unbuilt(provider))
    }

    /// The models a provider offers.
    ///
    /// # Errors
    /// When it cannot be asked, or answers something else.
    pub async fn models(
        &self,
        provider: &ProviderRow,
        _credential: Option<Credential>,
    ) -> Result<Vec<ListedModel>, ProviderError> {
        Err(self.unbuilt(provider))
    }

    /// Asks the provider whether it accepts a key, without cost.
    pub async fn test_key(&self, _provider: &ProviderRow, _credential: Credential) -> KeyCheck {
        KeyCheck { result: KeyTestResult::Unknown, detail: None }
    }

    /// Whether something answers at a local provider's address.
    pub async fn probe(&self, _provider: &ProviderRow) -> bool {
        self.timeouts.probe.is_zero()
    }

    fn unbuilt(&self, provider: &ProviderRow) -> ProviderError {
        ProviderError {
            provider: provider.id.clone(),
            kind: ErrorKind::BadRequest,
            status: None,
            code: None,
            message: String::new(),
            retry_after: None,
        }
    }
}
