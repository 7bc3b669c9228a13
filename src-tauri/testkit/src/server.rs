use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_core::Origin;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::Reply;

mod check;
mod connection;

/// How long a test waits for something the client should do.
const PATIENCE: Duration = Duration::from_secs(10);

/// A model server on this computer that says what the test tells it, and holds every request
/// against what a model server may expect. Dropping it fails the test if a request was wrong.
pub struct FakeServer {
    state: Arc<State>,
    address: SocketAddr,
    accepting: AbortHandle,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRequest {
    /// For instance `POST`.
    pub method: String,
    /// With the query, if there was one.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Null when there was none, or none that is JSON.
    pub body: Value,
}

impl RecordedRequest {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// A model of the server's lists. A name alone makes an ordinary one.
#[derive(Clone, Debug)]
pub struct FakeModel {
    name: String,
    context: u32,
    size: u64,
}

impl FakeModel {
    /// An ordinary model: 4.7 GB, a window of 8192 tokens.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), context: 8192, size: 4_700_000_000 }
    }

    /// Its context window.
    #[must_use]
    pub fn context(mut self, tokens: u32) -> Self {
        self.context = tokens;
        self
    }

    /// Its size on disk.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }
}

impl From<&str> for FakeModel {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

/// What is to be said; the last reply repeats.
type Queue = VecDeque<Reply>;

#[derive(Default)]
struct Script {
    routes: HashMap<(String, String), Queue>,
    models: Option<Vec<FakeModel>>,
    ollama_models: Option<Vec<FakeModel>>,
    required_key: Option<String>,
    expected_key: Option<Option<String>>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    requests: usize,
    disconnects: usize,
    releases: usize,
}

struct State {
    script: Mutex<Script>,
    requests: Mutex<Vec<RecordedRequest>>,
    violations: Mutex<Vec<String>>,
    counts: watch::Sender<Counts>,
}

/// A test that failed while it held a lock says so itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeServer {
    /// A server on a free port of this computer.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on this computer");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State {
            script: Mutex::default(),
            requests: Mutex::default(),
            violations: Mutex::default(),
            counts: watch::Sender::new(Counts::default()),
        });
        let accepting = tokio::spawn(connection::accept(listener, state.clone())).abort_handle();
        Self { state, address, accepting }
    }

    /// An address on this computer where nothing listens.
    pub async fn nowhere() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on this computer");
        format!("http://{}", listener.local_addr().expect("a listener has an address"))
    }

    /// Its address, without a path: the base address of Ollama's wire.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address with `/v1`: the base address of OpenAI's wire.
    pub fn openai_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Its origin.
    pub fn origin(&self) -> Origin {
        Origin::parse(&self.url()).expect("an address and a port are an origin")
    }

    /// Replies to OpenAI chat completions, one after the other; the last one repeats.
    pub fn on_chat(&self, reply: Reply) {
        self.on("POST", "/v1/chat/completions", reply);
    }

    /// Replies to Ollama's `/api/chat`, one after the other; the last one repeats.
    pub fn on_ollama_chat(&self, reply: Reply) {
        self.on("POST", "/api/chat", reply);
    }

    /// Replies to any other path, one after the other; the last one repeats.
    pub fn on(&self, method: &str, path: &str, reply: Reply) {
        let mut script = lock(&self.state.script);
        script.routes.entry((method.to_owned(), path.to_owned())).or_default().push_back(reply);
    }

    /// Forgets what is to be said at a path.
    pub fn forget(&self, method: &str, path: &str) {
        lock(&self.state.script).routes.remove(&(method.to_owned(), path.to_owned()));
    }

    /// The list at `/v1/models`.
    pub fn models(&self, models: impl IntoIterator<Item = impl Into<FakeModel>>) {
        lock(&self.state.script).models = Some(models.into_iter().map(Into::into).collect());
    }

    /// The list at `/api/tags`, with `/api/show` and `/api/version`.
    pub fn ollama_models(&self, models: impl IntoIterator<Item = impl Into<FakeModel>>) {
        lock(&self.state.script).ollama_models = Some(models.into_iter().map(Into::into).collect());
    }

    /// Refuses every request without this key with 401, as OpenAI does.
    pub fn require_key(&self, key: &str) {
        lock(&self.state.script).required_key = Some(key.to_owned());
    }

    /// Every request must carry this key, or the test fails.
    pub fn expect_key(&self, key: &str) {
        lock(&self.state.script).expected_key = Some(Some(key.to_owned()));
    }

    /// No request may carry a key, or the test fails.
    pub fn expect_no_key(&self) {
        lock(&self.state.script).expected_key = Some(None);
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.state.requests).clone()
    }

    /// The only request.
    pub fn single_request(&self) -> RecordedRequest {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "one request was expected: {requests:#?}");
        requests.remove(0)
    }

    /// Waits until so many requests have come, counted from the start.
    pub async fn wait_for_requests(&self, count: usize) {
        self.wait("so many requests", |counts| counts.requests >= count).await;
    }

    /// Waits until a client has gone before its reply was whole.
    pub async fn wait_for_disconnect(&self) {
        self.wait("a client to go", |counts| counts.disconnects >= 1).await;
    }

    /// Clients that went before their reply was whole.
    pub fn disconnects(&self) -> usize {
        self.state.counts.borrow().disconnects
    }

    /// Lets replies that stall now go on.
    pub fn release(&self) {
        self.state.counts.send_modify(|counts| counts.releases += 1);
    }

    /// Fails the test if a request was not as it must be.
    pub fn assert_clean(&self) {
        let violations = lock(&self.state.violations);
        assert!(violations.is_empty(), "requests that a model server would not take:\n{}", violations.join("\n"));
    }

    /// Takes what was wrong with requests so far, for tests that mean it.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.state.violations))
    }

    async fn wait(&self, what: &str, reached: impl FnMut(&Counts) -> bool) {
        let mut counts = self.state.counts.subscribe();
        match tokio::time::timeout(PATIENCE, counts.wait_for(reached)).await {
            Ok(waited) => drop(waited.expect("the server lives as long as this")),
            Err(_) => panic!("waited {} s for {what}; came: {:#?}", PATIENCE.as_secs(), self.requests()),
        }
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.accepting.abort();
        if !std::thread::panicking() {
            self.assert_clean();
        }
    }
}

impl State {
    /// The reply to a request.
    fn reply(&self, request: &RecordedRequest) -> Reply {
        let mut script = lock(&self.script);
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        if let Some(key) = &script.required_key
            && bearer != Some(key.as_str())
        {
            let message = "Incorrect API key provided. You can find your API key at https://example.test/keys.";
            return Reply::status(401).json(&json!({
                "error": { "message": message, "type": "invalid_request_error", "param": null, "code": "invalid_api_key" },
            }));
        }
        let path = request.path.split('?').next().unwrap_or_default();
        if let Some(queue) = script.routes.get_mut(&(request.method.clone(), path.to_owned())) {
            let next = if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() };
            return next.expect("a queue is made with its first reply");
        }
        script
            .list(&request.method, path, &request.body)
            .unwrap_or_else(|| Reply::status(404).header("content-type", "text/plain").text("404 page not found"))
    }
}

impl Script {
    fn list(&self, method: &str, path: &str, body: &Value) -> Option<Reply> {
        let ok = |value: Value| Some(Reply::status(200).json(&value));
        match (method, path) {
            ("GET", "/v1/models") => {
                let entry =
                    |model: &FakeModel| json!({ "id": model.name, "object": "model", "context_window": model.context });
                ok(json!({ "object": "list", "data": self.models.as_ref()?.iter().map(entry).collect::<Vec<_>>() }))
            }
            ("GET", "/api/version") => {
                self.ollama_models.as_ref()?;
                ok(json!({ "version": "0.12.0" }))
            }
            ("GET", "/api/tags") => {
                let entry = |model: &FakeModel| {
                    json!({
                        "name": model.name, "model": model.name, "size": model.size, "digest": "0",
                        "details": { "format": "gguf", "family": "fake", "parameter_size": "8B", "quantization_level": "Q4_K_M" },
                        "capabilities": ["completion"],
                    })
                };
                ok(json!({ "models": self.ollama_models.as_ref()?.iter().map(entry).collect::<Vec<_>>() }))
            }
            ("POST", "/api/show") => {
                let named = |model: &&FakeModel| Some(model.name.as_str()) == body.get("model").and_then(Value::as_str);
                match self.ollama_models.as_ref()?.iter().find(named) {
                    Some(model) => ok(json!({
                        "model_info": { "general.architecture": "fake", "fake.context_length": model.context },
                        "capabilities": ["completion"],
                    })),
                    None => Some(Reply::status(404).json(&json!({ "error": "model not found" }))),
                }
            }
            _ => None,
        }
    }
}
