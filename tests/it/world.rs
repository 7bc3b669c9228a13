//! The program in a folder of its own: no window, a desktop and a keychain that tests can look into.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use holdfast_app::{App, Places};
use holdfast_contract::{
    AnswerInfo, AnswerState, CancelEntry, Command, ConversationId, ConversationView, CreateConversation, Delta, Event,
    Failure, MessageId, MessageView, ModelRef, OpenConversation, Part, Protect, Protection, SendMessage, Sent,
    VaultState,
};
use holdfast_core::Secret;
use holdfast_shell::rpc;
use holdfast_store::Store;
use holdfast_testkit::FakeServer;
use holdfast_vault::{Keychain, SystemKeychain, Vault};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;

mod desktop;
mod keychain;
mod program;

pub(crate) use desktop::Desktop;
pub(crate) use keychain::{MemoryKeychain, Mood};
pub(crate) use program::{Ended, Program};

/// How long a test waits for what must come; only a test that fails waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The program and what is around it.
pub(crate) struct World {
    home: TempDir,
    running: Mutex<Option<Running>>,
    pub(crate) desktop: Arc<Desktop>,
    pub(crate) keychain: Arc<MemoryKeychain>,
    /// The keychain of the session instead, which a program in a terminal finds too.
    shares_keychain: bool,
    heard: watch::Sender<Vec<Event>>,
    replies: Mutex<Vec<String>>,
}

/// The program in a runtime of its own, so that it can be killed with all that it does.
struct Running {
    app: App,
    runtime: Runtime,
}

impl World {
    /// A computer on which the program was set up by the keychain, with nothing in it yet.
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// The same with a models.yaml of the user's.
    pub(crate) async fn with(models: &str) -> Self {
        let world = Self::bare(models, false);
        world.start().await;
        world.set_up().await;
        world
    }

    /// The same for both the program and a terminal: its vault is opened by the session's own keychain.
    pub(crate) async fn shared(models: &str) -> Self {
        let world = Self::bare(models, true);
        world.start().await;
        world.set_up().await;
        world
    }

    /// A newcomer's computer: no files, a keychain that works, and the program at its first start.
    pub(crate) async fn newcomer() -> Self {
        let world = Self::bare("", false);
        world.start().await;
        world
    }

    fn bare(models: &str, shares_keychain: bool) -> Self {
        holdfast_testkit::databases_close_first();
        let world = Self {
            home: tempfile::tempdir().unwrap(),
            running: Mutex::new(None),
            desktop: Arc::default(),
            keychain: Arc::default(),
            shares_keychain,
            heard: watch::Sender::new(Vec::new()),
            replies: Mutex::default(),
        };
        if !models.is_empty() {
            world.write_models(models);
        }
        world
    }

    /// What a newcomer does first: the keychain protects, and the recovery code is left for later. What
    /// windows were told of it is forgotten.
    async fn set_up(&self) {
        self.send(Protect { with: Protection::Keychain }).await.unwrap();
        self.send(CancelEntry {}).await.unwrap();
        self.hears("that it is open", |events| {
            events.iter().any(|event| matches!(event, Event::Vault { vault: VaultState::Unlocked { .. } }))
        })
        .await;
        self.heard.send_modify(Vec::clear);
        self.replies.lock().unwrap().clear();
    }

    /// The same with the server as the keyless provider `studio`, which speaks OpenAI's wire.
    pub(crate) async fn asking(server: &FakeServer) -> Self {
        Self::with(&models(&[studio(server)])).await
    }

    /// The folder of all files.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// Where the program finds its files.
    pub(crate) fn places(&self) -> Places {
        Places { data: self.home().to_owned() }
    }

    /// Puts a models.yaml in place; the next start reads it.
    pub(crate) fn write_models(&self, models: &str) {
        std::fs::write(self.file("models.yaml"), models).unwrap();
    }

    /// Starts the program.
    pub(crate) async fn start(&self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let open = App::open(self.places(), self.keychain(), self.desktop.clone());
        let app = runtime.spawn(open).await.unwrap().unwrap();
        let (mut listener, heard) = (app.events().listen(), self.heard.clone());
        runtime.spawn(async move {
            while let Some(event) = listener.next().await {
                heard.send_modify(|events| events.push(event));
            }
        });
        let before = self.running().replace(Running { app, runtime });
        assert!(before.is_none(), "the program runs already");
    }

    /// Ends the program as a person does.
    pub(crate) async fn quit(&self) {
        let app = self.app();
        self.inside(async move { app.finish().await }).await;
        self.kill().await;
    }

    /// Ends the program from one moment to the next: nothing is finished, nothing more is stored.
    pub(crate) async fn kill(&self) {
        let Running { app, runtime } = self.running().take().expect("the program runs");
        drop(app);
        runtime.shutdown_background();
        // It is dead when it holds none of its files any more.
        let start = Instant::now();
        while holds_files_in(self.home()) {
            assert!(start.elapsed() < PATIENCE, "the program did not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Quits, and starts again.
    pub(crate) async fn restart(&self) {
        self.quit().await;
        self.start().await;
    }

    fn keychain(&self) -> Arc<dyn Keychain> {
        if self.shares_keychain { Arc::new(SystemKeychain) } else { self.keychain.clone() }
    }

    /// The database, opened past the program, which should not run.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.places().store(), &self.database_key().await).await.unwrap()
    }

    /// What opens it.
    pub(crate) async fn database_key(&self) -> Secret {
        let vault = Vault::open(self.places().vault(), self.keychain());
        vault.unlock_with_keychain().await.unwrap();
        vault.database_key().await.unwrap()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program's use cases, for what the router does not reach.
    pub(crate) fn app(&self) -> App {
        self.running().as_ref().expect("the program runs").app.clone()
    }

    /// Does something in the program's runtime.
    pub(crate) async fn inside<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let task = self.running().as_ref().expect("the program runs").runtime.spawn(work);
        task.await.unwrap()
    }

    /// Sends a request as a page does: from the first window that may.
    pub(crate) async fn send<C: Command>(&self, command: C) -> Result<C::Reply, Failure> {
        let body = serde_json::to_value(&command).unwrap();
        let reply = self.send_json(C::WINDOWS[0].label(), C::NAME, body).await?;
        Ok(serde_json::from_str(&reply).unwrap())
    }

    /// Sends a request that must fail.
    pub(crate) async fn refused<C: Command>(&self, command: C) -> Failure {
        match self.send(command).await {
            Err(failure) => failure,
            Ok(reply) => panic!("{} was not refused: {}", C::NAME, serde_json::to_string(&reply).unwrap()),
        }
    }

    /// Sends anything from any window.
    pub(crate) async fn send_json(&self, label: &str, name: &str, body: Value) -> Result<String, Failure> {
        let (app, label, name) = (self.app(), label.to_owned(), name.to_owned());
        let reply = self.inside(async move { rpc::dispatch(app, &label, &name, body).await }).await;
        let said = match &reply {
            Ok(reply) => reply.clone(),
            Err(failure) => serde_json::to_string(failure).unwrap(),
        };
        self.replies.lock().unwrap().push(said);
        reply
    }

    /// Every reply and every event so far, as windows got them.
    pub(crate) fn told_to_windows(&self) -> String {
        let events: Vec<String> = self.heard().iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        format!("{}\n{}", self.replies.lock().unwrap().join("\n"), events.join("\n"))
    }

    /// Every event so far.
    pub(crate) fn heard(&self) -> Vec<Event> {
        self.heard.borrow().clone()
    }

    /// Waits until the events so far are as they must be.
    pub(crate) async fn hears(&self, what: &str, reached: impl FnMut(&Vec<Event>) -> bool) {
        let mut heard = self.heard.subscribe();
        if tokio::time::timeout(PATIENCE, heard.wait_for(reached)).await.is_err() {
            panic!("waited {} s for {what}; came: {:#?}", PATIENCE.as_secs(), self.heard());
        }
    }

    /// All that windows were told about an answer, in order.
    pub(crate) fn states_of(&self, answer: MessageId) -> Vec<AnswerInfo> {
        let of = |event| match event {
            Event::Answer { answer: id, info, .. } if id == answer => Some(info),
            _ => None,
        };
        self.heard().into_iter().filter_map(of).collect()
    }

    /// The parts of an answer as a window put them together that had these at the beginning. Fails on
    /// a gap or an overlap.
    pub(crate) fn put_together(&self, answer: MessageId, begins: &[Part]) -> Vec<Part> {
        put_together(&self.heard(), answer, begins)
    }

    /// Waits until windows were told this much text of an answer.
    pub(crate) async fn reads(&self, answer: MessageId, text: &str) {
        self.hears(&format!("{text:?}"), |events| text_in(&put_together(events, answer, &[])) == text).await;
    }

    /// A new conversation with a model.
    pub(crate) async fn chat(&self, model: &str) -> Chat<'_> {
        let summary = self.send(CreateConversation { model: ModelRef::parse(model) }).await.unwrap();
        Chat { world: self, id: summary.id }
    }

    /// A conversation that is there already.
    pub(crate) fn reopen(&self, id: ConversationId) -> Chat<'_> {
        Chat { world: self, id }
    }

    /// A question in a new conversation, up to the end of its answer.
    pub(crate) async fn ask(&self, model: &str, text: &str) -> MessageView {
        self.chat(model).await.ask(text).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(Running { app, runtime }) = self.running().take() {
            drop(app);
            runtime.shutdown_background();
        }
    }
}

/// A conversation.
#[derive(Clone, Copy)]
pub(crate) struct Chat<'w> {
    world: &'w World,
    pub(crate) id: ConversationId,
}

impl Chat<'_> {
    /// Asks, and waits for the end of the answer.
    pub(crate) async fn ask(self, text: &str) -> MessageView {
        let answer = self.begin(text).await;
        self.end_of(answer).await
    }

    /// Asks, and gives the answer that is being written.
    pub(crate) async fn begin(self, text: &str) -> MessageId {
        let sent = self.world.send(SendMessage { conversation: self.id, text: text.to_owned(), edits: None }).await;
        sent.unwrap().answer
    }

    /// Sends what begins an answer, and waits for its end.
    pub(crate) async fn end_after<C: Command<Reply = Sent>>(self, command: C) -> MessageView {
        let sent = self.world.send(command).await.unwrap();
        self.end_of(sent.answer).await
    }

    /// Waits for the end of an answer, and gives it as it is stored.
    pub(crate) async fn end_of(self, answer: MessageId) -> MessageView {
        if streams(&self.message(answer).await) {
            let ended = |event: &Event| {
                matches!(event, Event::Answer { answer: id, info, .. }
                if *id == answer && !matches!(info.state, AnswerState::Streaming { .. }))
            };
            self.world.hears("the end of an answer", |events| events.iter().any(ended)).await;
        }
        self.message(answer).await
    }

    /// The conversation as a window opens it.
    pub(crate) async fn open(self) -> ConversationView {
        self.world.send(OpenConversation { id: self.id }).await.unwrap()
    }

    /// A message near its end.
    pub(crate) async fn message(self, id: MessageId) -> MessageView {
        let view = self.open().await;
        let found = view.tail.iter().find(|message| message.id == id).cloned();
        found.unwrap_or_else(|| panic!("{id} is not on the active branch: {view:#?}"))
    }

    /// The texts of the messages at its end.
    pub(crate) async fn texts(self) -> Vec<String> {
        self.open().await.tail.iter().map(text_of).collect()
    }
}

/// Whether this process has a file of the folder open.
#[cfg(target_os = "linux")]
fn holds_files_in(folder: &Path) -> bool {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok()).any(|path| path.starts_with(folder))
}

/// Whether a writer of the database in the folder lives.
#[cfg(not(target_os = "linux"))]
fn holds_files_in(folder: &Path) -> bool {
    std::fs::read_dir(folder.join("holdfast.db.writers")).is_ok_and(|mut marks| marks.next().is_some())
}

fn streams(message: &MessageView) -> bool {
    matches!(state_of(message), AnswerState::Streaming { .. })
}

fn put_together(events: &[Event], answer: MessageId, begins: &[Part]) -> Vec<Part> {
    let mut parts = begins.to_vec();
    for event in events {
        let Event::Delta(Delta { answer: id, part, reasoning, at, text, .. }) = event else { continue };
        if *id != answer {
            continue;
        }
        let index = usize::try_from(*part).unwrap();
        if index == parts.len() {
            let text = String::new();
            parts.push(if *reasoning { Part::Reasoning { text } } else { Part::Text { text } });
        }
        let (so_far, is_reasoning) = match &mut parts[index] {
            Part::Text { text } => (text, false),
            Part::Reasoning { text } => (text, true),
        };
        assert_eq!(is_reasoning, *reasoning, "a part does not change its kind");
        assert_eq!(so_far.len(), usize::try_from(*at).unwrap(), "text begins where the last one ended: {event:?}");
        so_far.push_str(text);
    }
    parts
}

fn text_in(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(text.as_str()),
        Part::Reasoning { .. } => None,
    });
    texts.collect()
}

/// The text of a message, without reasoning.
pub(crate) fn text_of(message: &MessageView) -> String {
    text_in(&message.parts)
}

/// Where an answer stands.
pub(crate) fn state_of(message: &MessageView) -> AnswerState {
    message.answer.as_ref().expect("a model spoke").state.clone()
}

/// Why an answer failed.
pub(crate) fn failure_of(message: &MessageView) -> Failure {
    match state_of(message) {
        AnswerState::Failed { failure } => failure,
        other => panic!("the answer did not fail: {other:?}"),
    }
}

/// A models.yaml with these providers.
pub(crate) fn models(rows: &[String]) -> String {
    format!("providers:\n{}", rows.concat())
}

/// A provider of a models.yaml; `more` is further fields.
pub(crate) fn row(id: &str, wire: &str, base_url: &str, more: &str) -> String {
    format!("  - {{ id: {id}, name: {id}, wire: {wire}, base_url: \"{base_url}\", {more} }}\n")
}

/// The server as the keyless provider `studio`.
pub(crate) fn studio(server: &FakeServer) -> String {
    row("studio", "openai_chat", &server.openai_url(), "key: none")
}

/// The server as the provider `cloud`, which wants a key.
pub(crate) fn cloud(server: &FakeServer) -> String {
    row("cloud", "openai_chat", &server.openai_url(), "key: required, place: cloud")
}

/// The server in the place of Ollama.
pub(crate) fn ollama(server: &FakeServer) -> String {
    format!("  - {{ id: ollama, base_url: \"{}\" }}\n", server.url())
}
