//! Runs the machine of one turn: does the IO it asks for and tells it what happened.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::future::{FutureExt as _, OptionFuture};
use holdfast_contract::{
    AnswerInfo, AnswerState, ConversationId, Delta, Event, Failure, KeyUseOutcome, MessageId, Part, Waiting,
};
use holdfast_core::exchange::{ErrorKind, ProviderError, Request};
use holdfast_core::tokens;
use holdfast_core::turn::{Effect, Input, Outcome, Turn};
use holdfast_providers::{EventStream, ProviderRow};
use holdfast_store::StoreError;
use tokio::sync::Notify;

use crate::chain::{self, Chain, NotOpened, Opening};
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
    /// The keys it may use.
    pub(crate) chain: Chain,
}

/// Starts the turn beside the caller: it belongs to the program, not to a window. The row of the
/// answer exists already; its end is stored and told. Whoever looks from now on finds it live.
pub(crate) fn start(app: &App, job: Job) {
    let shown = Shown { conversation: job.conversation, parts: job.begins.clone(), info: job.info.clone() };
    let stop = app.live().begin(job.answer, shown);
    if app.live().is_closing() {
        // Whoever stops all answers may have looked before this one was there.
        stop.notify_one();
    }
    let mut driver = Driver {
        turn: Turn::new(job.provider.id.clone()),
        started: Instant::now(),
        parts: job.begins.clone(),
        told: Told::of(&job.begins),
        unkept: 0,
        info: job.info.clone(),
        opening: None,
        stream: None,
        outcome: None,
        unsent: None,
        refused: false,
        app: app.clone(),
        job,
    };
    tokio::spawn(async move {
        driver.run(&stop).await;
        driver.finish().await;
    });
}

type Keeping = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

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
    opening: Option<Opening>,
    stream: Option<EventStream>,
    outcome: Option<Outcome>,
    /// Why nothing was sent, in its own words.
    unsent: Option<Failure>,
    /// The provider refused the last request, so it cost nothing.
    refused: bool,
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
                        self.send().await;
                    }
                    Effect::Drop => {
                        self.opening = None;
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
                Some(opened) = OptionFuture::from(self.opening.as_mut()) => {
                    self.opening = None;
                    match opened {
                        Ok(stream) => {
                            self.stream = Some(stream);
                            Vec::new()
                        }
                        Err(NotOpened::Provider(error)) => self.failed(error).await,
                        Err(NotOpened::Limited { why, failure }) => self.limited(&why, failure).await,
                        Err(NotOpened::Unsent(failure)) => self.unsent(failure),
                    }
                }
                Some(event) = OptionFuture::from(self.stream.as_mut().map(|stream| stream.next())) => match event {
                    Some(Ok(event)) => self.turn.handle(Input::Event(event)),
                    Some(Err(error)) => self.failed(error).await,
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

    /// Sends the request with the key that is in use now.
    async fn send(&mut self) {
        // What was sent before came to nothing.
        self.settle(KeyUseOutcome::Failed).await;
        self.opening = Some(self.job.chain.ask(&self.app, &self.job.provider, &self.job.request));
    }

    /// A spare takes over from a key that failed before the first word, else the turn decides.
    async fn failed(&mut self, error: ProviderError) -> Vec<Effect> {
        let unspoken = self.info.first_token_ms.is_none();
        self.refused = unspoken && error.status.is_some_and(|status| status >= 400);
        if unspoken
            && let Some(why) = chain::spare_for(&error)
            && self.take_spare(why).await
        {
            return Vec::new();
        }
        self.turn.handle(Input::Failed { error, jitter: rand::random() })
    }

    /// A spare takes over from a key that a limit kept back, else the answer says which limit it was.
    async fn limited(&mut self, why: &str, failure: Failure) -> Vec<Effect> {
        self.job.chain.not_sent();
        if self.take_spare(why).await { Vec::new() } else { self.unsent(failure) }
    }

    /// Goes on with the next spare, if there is one, and says so.
    async fn take_spare(&mut self, why: &str) -> bool {
        let spare = match self.job.chain.next(&self.app, why).await {
            Ok(spare) => spare,
            Err(failure) => {
                tracing::warn!(message = failure.message, "no spare key could be looked for");
                None
            }
        };
        let Some(spare) = spare else { return false };
        self.stream = None;
        self.info.key = Some(spare);
        self.tell_info();
        self.send().await;
        true
    }

    /// Keeps what came of the last use of a key.
    async fn settle(&mut self, outcome: KeyUseOutcome) {
        let said = written(&self.parts).saturating_sub(written(&self.job.begins));
        let refused = std::mem::take(&mut self.refused);
        self.job.chain.end(&self.app, outcome, &self.info.usage, said, refused).await;
    }

    /// The turn ends; what stands in the answer is the failure itself.
    fn unsent(&mut self, failure: Failure) -> Vec<Effect> {
        self.job.chain.not_sent();
        let error = ProviderError {
            provider: self.job.provider.id.clone(),
            kind: ErrorKind::VaultClosed,
            status: None,
            code: None,
            message: failure.message.clone(),
            retry_after: None,
        };
        self.unsent = Some(failure);
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
        let closing = self.app.live().is_closing();
        let use_outcome = match &self.outcome {
            Some(Outcome::Complete(_)) => KeyUseOutcome::Answered,
            Some(Outcome::Failed(_)) => KeyUseOutcome::Failed,
            Some(Outcome::Stopped) | None if closing => KeyUseOutcome::Interrupted,
            Some(Outcome::Stopped) | None => KeyUseOutcome::Stopped,
        };
        self.info.state = match self.outcome.take() {
            Some(Outcome::Complete(reason)) => AnswerState::Complete { reason },
            Some(Outcome::Stopped) | None if closing => AnswerState::Interrupted,
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
        self.settle(use_outcome).await;
        self.app.live().end(self.job.answer);
        self.app.events().send(Event::Answer {
            conversation: self.job.conversation,
            answer: self.job.answer,
            info: self.info.clone(),
        });
        self.app.events().send(Event::Conversations);
    }
}

/// Tokens of what was written; an estimate.
fn written(parts: &[Part]) -> u32 {
    parts.iter().map(|part| tokens::estimate(text_of(part))).sum()
}

fn text_of(part: &Part) -> &str {
    match part {
        Part::Text { text } | Part::Reasoning { text } => text,
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
