use std::time::Duration;

use holdfast_contract::KeyNeed;
use holdfast_core::exchange::{ErrorKind, ProviderError};
use holdfast_core::{Credential, Origin, Secret};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::asked::Asked;
use super::{Client, connection};
use crate::ProviderRow;
use crate::address;
use crate::fault::{Fault, looks_like_html, retry_after};
use crate::scrub::Scrubber;

/// The most that is read of a body that is not an answer, and the longest wait for it.
const MAX_ERROR_BODY: usize = 64 << 10;
const ERROR_BODY_WAIT: Duration = Duration::from_secs(10);
/// The most that is read of a body that comes whole.
pub(super) const MAX_BODY: usize = 16 << 20;

/// One request to one address, its key already in its header.
pub(super) struct Call<'a> {
    client: &'a Client,
    http: &'a reqwest::Client,
    url: Url,
    provider: &'a ProviderRow,
    authorization: Option<HeaderValue>,
    first_byte: Duration,
    asked: Asked,
}

/// Why a request gave nothing.
pub(super) struct Refusal {
    pub(super) error: ProviderError,
    /// Whoever answered is not the provider's API: a web page, a redirect, a certificate for another
    /// name.
    pub(super) stranger: bool,
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        Self { error, stranger: false }
    }
}

impl From<Refusal> for ProviderError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

impl<'a> Call<'a> {
    /// A request with the key that the provider takes, if it takes one.
    pub(super) fn new(
        client: &'a Client,
        provider: &'a ProviderRow,
        path: &str,
        credential: Option<&Credential>,
    ) -> Result<Self, ProviderError> {
        let credential = credential.filter(|_| provider.key != KeyNeed::None);
        let mut call = Self::open(client, provider, path)?;
        let Some(credential) = credential else {
            if provider.key == KeyNeed::Required {
                return Err(call.asked.error(ErrorKind::Auth, &format!("{} needs a key.", provider.name)));
            }
            return Ok(call);
        };
        let Some(secret) = credential.for_origin(&call.asked.origin) else {
            let message = format!(
                "The key belongs to {}, and this request goes to {}. Nothing was sent.",
                credential.origin(),
                call.asked.origin
            );
            return Err(call.asked.error(ErrorKind::WrongOrigin, &message));
        };
        let scrub = Scrubber::new(Some(secret), provider.key_prefix.as_deref());
        call.asked = Asked::new(provider, call.asked.origin, scrub);
        let header = Secret::new(format!("Bearer {}", secret.expose()));
        let Ok(mut header) = HeaderValue::from_str(header.expose()) else {
            let message = "The key has characters that no key has, such as a line end. Add it again.";
            return Err(call.asked.error(ErrorKind::Auth, message));
        };
        header.set_sensitive(true);
        call.authorization = Some(header);
        Ok(call)
    }

    /// A request without a key.
    pub(super) fn open(client: &'a Client, provider: &'a ProviderRow, path: &str) -> Result<Self, ProviderError> {
        let refuse = |message: String| ProviderError {
            provider: provider.id.clone(),
            kind: ErrorKind::BadRequest,
            status: None,
            code: None,
            message,
            retry_after: None,
        };
        let (Ok(mut url), Some(_)) = (Url::parse(&provider.base_url), provider.origin()) else {
            return Err(refuse(format!("{} has no address that can be asked.", provider.name)));
        };
        // The base address may have a query, which stays behind the path.
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        // The address that counts is the one that is asked, after the URL's own normal form.
        let origin = Origin::parse(url.as_str())
            .map_err(|error| refuse(format!("The address of {} cannot be used: {error}.", provider.name)))?;
        if url.host_str().and_then(address::ip_of).is_some_and(address::is_forbidden) {
            return Err(refuse(connection::forbidden(origin.host())));
        }
        Ok(Self {
            client,
            http: client.http(provider, origin.is_loopback()),
            url,
            provider,
            authorization: None,
            first_byte: client.first_byte(provider),
            asked: Asked::new(provider, origin, Scrubber::default()),
        })
    }

    /// Posts a question and gives its answer as soon as it begins.
    pub(super) async fn ask(self, body: &Value) -> Result<(Response, Asked), ProviderError> {
        let deadline = Instant::now() + self.first_byte;
        // A compressed stream comes in lumps.
        let request = self
            .request(Method::POST)
            .header(ACCEPT, "text/event-stream, application/x-ndjson, application/json")
            .header(ACCEPT_ENCODING, "identity");
        Ok(self.send(json(request, body), deadline).await?)
    }

    /// Gets a body that comes whole.
    pub(super) async fn get(self) -> Result<(Vec<u8>, Asked), ProviderError> {
        Ok(self.examine().await?)
    }

    /// The same, for whoever wants to know who it was that answered.
    pub(super) async fn examine(self) -> Result<(Vec<u8>, Asked), Refusal> {
        self.whole(None).await
    }

    /// Posts a body and gets one that comes whole.
    pub(super) async fn post(self, body: &Value) -> Result<(Vec<u8>, Asked), ProviderError> {
        Ok(self.whole(Some(body)).await?)
    }

    /// Whether anything at all answers.
    pub(super) async fn knock(self) -> bool {
        self.request(Method::GET).send().await.is_ok()
    }

    async fn whole(self, body: Option<&Value>) -> Result<(Vec<u8>, Asked), Refusal> {
        // Lists come at once; the long wait is for models that have to be loaded.
        let wait = self.client.timeouts.first_byte.min(self.first_byte);
        let deadline = Instant::now() + wait;
        let request = match body {
            Some(body) => json(self.request(Method::POST), body),
            None => self.request(Method::GET),
        };
        let (mut response, asked) = self.send(request.header(ACCEPT, "application/json"), deadline).await?;
        match read(&mut response, MAX_BODY, deadline).await {
            Read::Whole(body) => Ok((body, asked)),
            Read::Cut => Err(asked.error(ErrorKind::Malformed, "The reply is longer than 16 MiB.").into()),
            Read::Late => Err(asked.silent(wait.as_secs()).into()),
            Read::Broken(error) => Err(asked.broken(&error).into()),
        }
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let mut request = self.http.request(method, self.url.clone());
        for (name, value) in &self.provider.headers {
            request = request.header(name, value);
        }
        match &self.authorization {
            Some(header) => request.header(AUTHORIZATION, header.clone()),
            None => request,
        }
    }

    /// Sends a request and gives the reply if it is a good one.
    async fn send(self, request: RequestBuilder, deadline: Instant) -> Result<(Response, Asked), Refusal> {
        let Self { asked, provider, first_byte, .. } = self;
        let mut response = match timeout_at(deadline, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let stranger = connection::shows_another_name(&error);
                return Err(Refusal { error: asked.unreachable(error), stranger });
            }
            Err(_) => return Err(asked.silent(first_byte.as_secs()).into()),
        };
        let status = response.status();
        if status.is_success() {
            return Ok((response, asked));
        }
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let to = to.and_then(|to| response.url().join(to).ok()).map(|mut to| {
                // A query may carry what is nobody's business.
                to.set_query(None);
                to.set_fragment(None);
                to
            });
            let message = match to {
                Some(to) => format!("{} points to another address: {to} Nothing was sent there.", provider.name),
                None => format!("{} points to another address and does not say which.", provider.name),
            };
            let error = asked.fault(Some(status.as_u16()), Fault::of(ErrorKind::Malformed, message));
            return Err(Refusal { error, stranger: true });
        }
        let wait = retry_after(response.headers(), Timestamp::now());
        let body = match read(&mut response, MAX_ERROR_BODY, Instant::now() + ERROR_BODY_WAIT).await {
            Read::Whole(body) => body,
            // The status says enough.
            Read::Cut | Read::Late | Read::Broken(_) => Vec::new(),
        };
        // A gateway in front of a provider that is down writes web pages too.
        let stranger = status.is_client_error() && looks_like_html(&String::from_utf8_lossy(&body));
        let mut fault = Fault::parse(&body);
        if status == StatusCode::NOT_FOUND && (fault.plain || fault.message.eq_ignore_ascii_case("not found")) {
            let message = format!(
                "There is nothing at {} on {}. Check the base URL; it often ends in /v1.",
                response.url().path(),
                asked.origin.host()
            );
            fault = Fault::of(ErrorKind::BadRequest, message);
        }
        let mut error = asked.fault(Some(status.as_u16()), fault);
        error.retry_after = wait.or(error.retry_after);
        Err(Refusal { error, stranger })
    }
}

fn json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string())
}

pub(super) enum Read {
    Whole(Vec<u8>),
    /// It was longer than allowed.
    Cut,
    Late,
    Broken(reqwest::Error),
}

/// Reads a body up to a length and a moment.
pub(super) async fn read(response: &mut Response, most: usize, deadline: Instant) -> Read {
    let mut body = Vec::new();
    loop {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(bytes))) if body.len() + bytes.len() <= most => body.extend_from_slice(&bytes),
            Ok(Ok(Some(_))) => return Read::Cut,
            Ok(Ok(None)) => return Read::Whole(body),
            Ok(Err(error)) => return Read::Broken(error),
            Err(_) => return Read::Late,
        }
    }
}
