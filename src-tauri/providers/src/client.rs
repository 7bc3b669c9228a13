use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use holdfast_contract::{KeyTestResult, Place};
use holdfast_core::Credential;
use holdfast_core::exchange::{Event, ProviderError, Request};
use rustls::ClientConfig;

use crate::ProviderRow;
use crate::address::GuardedResolver;
use crate::wire;

mod answer;
mod asked;
mod call;
mod connection;
mod key_test;
mod listing;
mod trust;

use answer::Answer;
use call::Call;

/// An answer as it comes: it ends after [`Event::Stop`], or with an error. Dropping it cancels the
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
            // A model that reasons without showing it may be silent for minutes.
            payload_idle: Duration::from_secs(300),
            probe: Duration::from_secs(1),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TLS library refuses its own settings.
    #[error("secure connections could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The system's network settings cannot be used.
    #[error("the network client could not be set up: {0}")]
    Build(#[from] reqwest::Error),
}

/// A model that a provider offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// The provider's name for it.
    pub id: String,
    /// Its name for a person.
    pub name: String,
    /// The most tokens of request and answer together, when known. For a local server that reserves
    /// memory for all of it, no more than its row allows.
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
    /// For this computer and network: past any proxy.
    direct: reqwest::Client,
    /// For everyone else: by the proxy of the system, if it has one.
    outside: reqwest::Client,
    timeouts: Timeouts,
    rehearsal_pace: Duration,
}

impl Client {
    /// A client that waits so long.
    ///
    /// # Errors
    /// When the system's settings do not allow one.
    pub fn new(timeouts: Timeouts) -> Result<Self, ClientError> {
        let tls = tls()?;
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(GuardedResolver))
                // A key must not follow a redirect, and no model server needs one.
                .redirect(reqwest::redirect::Policy::none())
                // What is sent again is paid again; the turn machine decides that.
                .retry(reqwest::retry::never())
                .connect_timeout(timeouts.connect)
                .user_agent("Holdfast")
        };
        Ok(Self {
            direct: builder().no_proxy().build()?,
            outside: builder().build()?,
            timeouts,
            rehearsal_pace: Duration::from_micros(16_667),
        })
    }

    /// The time between two words of Rehearsal; about 60 words a second by default.
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
        request: &Request,
        credential: Option<Credential>,
    ) -> Result<EventStream, ProviderError> {
        let (Some(paths), Some(body)) = (wire::paths(provider.wire), wire::body(provider, request)) else {
            return Ok(self.rehearse(request));
        };
        let call = Call::new(self, provider, paths.chat, credential.as_ref())?;
        drop(credential);
        let (response, asked) = call.ask(&body).await?;
        Answer::open(response, asked, provider, self.timeouts).map(Answer::into_stream)
    }

    /// The models a provider offers, without those its row hides. What a list does not say is
    /// filled from the row.
    ///
    /// # Errors
    /// When it cannot be asked, or answers something else.
    pub async fn models(
        &self,
        provider: &ProviderRow,
        credential: Option<Credential>,
    ) -> Result<Vec<ListedModel>, ProviderError> {
        listing::models(self, provider, credential).await
    }

    /// Asks the provider whether it accepts a key, without cost, and whether it offers this model to it.
    pub async fn test_key(&self, provider: &ProviderRow, credential: &Credential, model: Option<&str>) -> KeyCheck {
        key_test::test(self, provider, credential, model).await
    }

    /// Whether something answers at a provider's address, whatever it says. For local servers:
    /// nothing secret is sent, and it waits a second at most.
    pub async fn probe(&self, provider: &ProviderRow) -> bool {
        let Some(paths) = wire::paths(provider.wire) else { return true };
        let Ok(call) = Call::open(self, provider, paths.probe) else { return false };
        tokio::time::timeout(self.timeouts.probe, call.knock()).await.unwrap_or(false)
    }

    fn rehearse(&self, request: &Request) -> EventStream {
        let pace = self.rehearsal_pace;
        let events = futures::stream::iter(wire::rehearsal::events(request));
        events
            .then(move |event| async move {
                if matches!(event, Event::Text(_)) && !pace.is_zero() {
                    tokio::time::sleep(pace).await;
                }
                Ok(event)
            })
            .boxed()
    }

    fn http(&self, provider: &ProviderRow, loopback: bool) -> &reqwest::Client {
        if loopback || provider.place != Place::Cloud { &self.direct } else { &self.outside }
    }

    fn first_byte(&self, provider: &ProviderRow) -> Duration {
        first_byte(&self.timeouts, provider)
    }
}

fn first_byte(timeouts: &Timeouts, provider: &ProviderRow) -> Duration {
    if provider.place == Place::Cloud { timeouts.first_byte } else { timeouts.first_byte_local }
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = Arc::new(trust::SystemTrust::new(provider.clone()));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(trust).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests;
