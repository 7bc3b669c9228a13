//! Runs the machine of one turn: does the IO it asks for and tells it what happened.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::future::{FutureExt as _, OptionFuture};
use holdfast_contract::{
    Action, AnswerInfo, AnswerState, ConversationId, Delta, Event, Failure, MessageId, Part, Waiting,
};
use holdfast_core::exchange::{ErrorKind, ProviderError, Request};
use holdfast_core::turn::{Effect, Input, Outcome, Turn};
use holdfast_providers::{EventStream, ProviderRow};
use holdfast_store::StoreError;
use tokio::sync::Notify;

use crate::live::Shown;
use crate::{App, app, failure};

/// Windows are told of new text at most this often: once for a frame of the screen. The first text
/// after a pause goes out at once, so the tokens of most local models wait for nothing.
const TELL_EVERY: Duration = Duration::from_millis(16);
/// The database gets new text after this time …
const KEEP_EVERY: Duration = Duration::from_millis(250);
/// … or after this many bytes, so that a kill loses at most half a second.
const KEEP_BYTES: usize = 2048;

/// An answer to be had.
pub(crate) struct Job {
    pub(crate) conversation: ConversationId,
    pub(crate) answer: MessageId,
    pub(crate) provider: ProviderRow,
    pub(crate) request: Request,
    pub(crate) info: AnswerInfo,
    /// What the answer begins with: the part that a continued answer had.
    pub(crate) begins: Vec<Part>,
}

/// Starts the turn beside the caller: it belongs to the program, not to a window. The row of the
/// answer exists already; its end is stored and told. Whoever looks from now on finds it live.
pub(crate) fn start(app: &App, job: Job) {
    let shown = Shown { conversation: job.conversation, parts: job.begins.clone(), info: job.info.clone() };
    let stop = app.live().begin(job.answer, shown);
    let mut driver = Driver {
        turn: Turn::new(job.provider.id.clone()),
        started: Instant::now(),
        parts: job.begins.clone(),
        told: Told::of(&job.begins),
        unkept: 0,
        info: job.info.clone(),
        stream: None,
        outcome: None,
        unsent: None,
        app: app.clone(),
        job,
    };
    tokio::spawn(async move {
        driver.run(&stop).await;
        driver.finish().await;
    });
}

type Opening = Pin<Box<dyn Future<Output = Result<EventStream, NotOpened>> + Send>>;
type Keeping = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Why no stream was opened.
enum NotOpened {
    /// The key could not be had, so nothing was sent.
    Unsent(Failure),
    /// The provider gave no answer.
    Provider(ProviderError),
}

struct Driver {
    app: App,
    job: Job,
    turn: Turn,
    started: Instant,
    parts: Vec<Part>,
    told: Told,
    /// Bytes that the database does not have.
    unkept: usize,
    info: AnswerInfo,
    stream: Option<EventStream>,
    outcome: Option<Outcome>,
    /// Why nothing was sent, in its own words.
    unsent: Option<Failure>,
}

/// How much of the parts windows know.
struct Told {
    part: usize,
    bytes: usize,
}

impl Told {
    fn of(parts: &[Part]) -> Self {
        Self { part: parts.len().saturating_sub(1), bytes: parts.last().map_or(0, |part| text_of(part).len()) }
    }
}

impl Driver {
    async fn run(&mut self, stop: &Notify) {
        let mut opening: Option<Opening> = None;
        let mut waiting: Option<Pin<Box<tokio::time::Sleep>>> = None;
        let mut keeping: Option<Keeping> = None;
        let mut tell_at: Option<tokio::time::Instant> = None;
        let mut last_told: Option<tokio::time::Instant> = None;
        let mut keep_at: Option<tokio::time::Instant> = None;
        let mut effects = self.turn.handle(Input::Start);
        loop {
            for effect in effects.drain(..) {
                match effect {
                    Effect::Send { .. } => {
                        self.set_state(AnswerState::Streaming { waiting: None });
                        waiting = None;
                        opening = Some(open(
                            self.app.clone(),
                            self.job.provider.clone(),
                            self.job.request.clone(),
                            &self.info,
                        ));
                    }
                    Effect::Drop => {
                        opening = None;
                        self.stream = None;
                        waiting = None;
                    }
                    Effect::Wait { delay, attempt, error } => {
                        let until = app::now() + i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
                        let why = failure::of_provider(&error, &self.job.provider, self.info.key.as_ref()).message;
                        self.set_state(AnswerState::Streaming { waiting: Some(Waiting { why, until, attempt }) });
                        waiting = Some(Box::pin(tokio::time::sleep(delay)));
                    }
                    Effect::FirstToken => {
                        self.info.first_token_ms = Some(millis(self.started.elapsed()));
                        self.tell_info();
                    }
                    Effect::Text(text) => self.append(text, false),
                    Effect::Reasoning(text) => self.append(text, true),
                    Effect::Usage(usage) => self.info.usage = usage,
                    Effect::Finish(outcome) => self.outcome = Some(outcome),
                }
            }
            if self.outcome.is_some() {
                // A checkpoint on its way must not overtake the final row.
                if let Some(keeping) = keeping {
                    self.kept(keeping.await);
                }
                return;
            }
            let now = tokio::time::Instant::now();
            if self.has_news() && tell_at.is_none() {
                match last_told {
                    Some(last) if last + TELL_EVERY > now => tell_at = Some(last + TELL_EVERY),
                    _ => {
                        self.tell();
                        last_told = Some(now);
                    }
                }
            }
            if self.unkept > 0 && keeping.is_none() {
                let due = *keep_at.get_or_insert(now + KEEP_EVERY);
                if self.unkept >= KEEP_BYTES || due <= now {
                    keep_at = None;
                    keeping = Some(self.keep());
                }
            }

            let next_keep = keep_at.filter(|_| keeping.is_none());
            effects = tokio::select! {
                biased;
                () = stop.notified() => self.turn.handle(Input::Stop),
                Some(result) = OptionFuture::from(keeping.as_mut()) => {
                    keeping = None;
                    self.kept(result);
                    Vec::new()
                }
                Some(()) = OptionFuture::from(tell_at.map(tokio::time::sleep_until)) => {
                    tell_at = None;
                    last_told = Some(tokio::time::Instant::now());
                    self.tell();
                    Vec::new()
                }
                Some(opened) = OptionFuture::from(opening.as_mut()) => {
                    opening = None;
                    match opened {
                        Ok(stream) => {
                            self.stream = Some(stream);
                            Vec::new()
                        }
                        Err(NotOpened::Provider(error)) => {
                            self.turn.handle(Input::Failed { error, jitter: rand::random() })
                        }
                        Err(NotOpened::Unsent(failure)) => self.unsent(failure),
                    }
                }
                Some(event) = OptionFuture::from(self.stream.as_mut().map(|stream| stream.next())) => match event {
                    Some(Ok(event)) => self.turn.handle(Input::Event(event)),
                    Some(Err(error)) => self.turn.handle(Input::Failed { error, jitter: rand::random() }),
                    None => {
                        self.stream = None;
                        self.turn.handle(Input::Ended { jitter: rand::random() })
                    }
                },
                Some(()) = OptionFuture::from(waiting.as_mut()) => {
                    waiting = None;
                    self.turn.handle(Input::Waited)
                }
                Some(()) = OptionFuture::from(next_keep.map(tokio::time::sleep_until)) => Vec::new(),
            };
        }
    }

    /// The turn ends; what stands in the answer is the failure itself.
    fn unsent(&mut self, failure: Failure) -> Vec<Effect> {
        let error = ProviderError {
            provider: self.job.provider.id.clone(),
            kind: ErrorKind::VaultClosed,
            status: None,
            code: None,
            message: failure.message.clone(),
            retry_after: None,
        };
        self.unsent = Some(failure.action(Action::TryAgain { after: None }));
        self.turn.handle(Input::Failed { error, jitter: 0.0 })
    }

    fn append(&mut self, text: String, reasoning: bool) {
        self.unkept += text.len();
        match self.parts.last_mut() {
            Some(Part::Reasoning { text: last }) if reasoning => last.push_str(&text),
            Some(Part::Text { text: last }) if !reasoning => last.push_str(&text),
            _ => {
                // Windows get the rest of a part before the next one begins.
                if !self.parts.is_empty() {
                    self.tell();
                    self.told = Told { part: self.parts.len(), bytes: 0 };
                }
                self.parts.push(if reasoning { Part::Reasoning { text } } else { Part::Text { text } });
            }
        }
    }

    fn has_news(&self) -> bool {
        self.parts.get(self.told.part).is_some_and(|part| text_of(part).len() > self.told.bytes)
    }

    fn tell(&mut self) {
        let Some(part) = self.parts.get(self.told.part) else { return };
        let text = text_of(part)[self.told.bytes..].to_owned();
        if text.is_empty() {
            return;
        }
        let delta = Delta {
            conversation: self.job.conversation,
            answer: self.job.answer,
            part: u32::try_from(self.told.part).unwrap_or(u32::MAX),
            reasoning: matches!(part, Part::Reasoning { .. }),
            at: u32::try_from(self.told.bytes).unwrap_or(u32::MAX),
            text,
        };
        self.told.bytes = text_of(part).len();
        let parts = &self.parts[..=self.told.part];
        self.app.live().update(self.job.answer, |shown| parts.clone_into(&mut shown.parts));
        self.app.events().send(Event::Delta(delta));
    }

    fn set_state(&mut self, state: AnswerState) {
        if self.info.state != state {
            self.info.state = state;
            self.tell_info();
        }
    }

    fn tell_info(&self) {
        let info = &self.info;
        self.app.live().update(self.job.answer, |shown| shown.info.clone_from(info));
        self.app.events().send(Event::Answer {
            conversation: self.job.conversation,
            answer: self.job.answer,
            info: info.clone(),
        });
    }

    fn keep(&mut self) -> Keeping {
        self.unkept = 0;
        let (app, answer, parts) = (self.app.clone(), self.job.answer, self.parts.clone());
        async move { app.keep_parts(answer, &parts).await }.boxed()
    }

    /// A checkpoint that fails does not end the answer: the text stays on the screen, and its end
    /// says what could not be stored.
    fn kept(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            tracing::warn!(%error, answer = %self.job.answer, "the answer could not be stored while it came");
            self.unkept = self.unkept.max(1);
        }
    }

    async fn finish(mut self) {
        self.stream = None;
        self.tell();
        self.info.duration_ms = Some(millis(self.started.elapsed()));
        self.info.state = match self.outcome.take() {
            Some(Outcome::Complete(reason)) => AnswerState::Complete { reason },
            Some(Outcome::Stopped) | None if self.app.live().is_closing() => AnswerState::Interrupted,
            Some(Outcome::Stopped) | None => AnswerState::Stopped,
            Some(Outcome::Failed(error)) => {
                tracing::info!(kind = ?error.kind, status = ?error.status, provider = %error.provider, "an answer failed");
                let failure = self
                    .unsent
                    .take()
                    .unwrap_or_else(|| failure::of_provider(&error, &self.job.provider, self.info.key.as_ref()));
                AnswerState::Failed { failure: failure::with_continue(failure, self.job.answer, &self.parts) }
            }
        };
        let stored = self.app.end_answer(self.job.answer, &self.parts, &self.info).await;
        if let Err(error) = stored {
            tracing::error!(%error, answer = %self.job.answer, "the end of an answer could not be stored");
            self.info.state = AnswerState::Failed { failure: failure::not_stored(&error) };
        }
        self.app.live().end(self.job.answer);
        self.app.events().send(Event::Answer {
            conversation: self.job.conversation,
            answer: self.job.answer,
            info: self.info.clone(),
        });
        self.app.events().send(Event::Conversations);
    }
}

/// Opens the vault for one request, and sends it. The credential is gone once the request is out.
fn open(app: App, provider: ProviderRow, request: Request, info: &AnswerInfo) -> Opening {
    let key = info.key.as_ref().map(|key| key.id);
    async move {
        let credential = match key {
            Some(key) => Some(app.unseal(key).await.map_err(NotOpened::Unsent)?),
            None => None,
        };
        app.client().stream(&provider, &request, credential).await.map_err(NotOpened::Provider)
    }
    .boxed()
}

fn text_of(part: &Part) -> &str {
    match part {
        Part::Text { text } | Part::Reasoning { text } => text,
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
