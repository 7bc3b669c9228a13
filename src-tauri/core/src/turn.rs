//! One turn as a machine without IO: events in, effects out. Cancellation, retries and the ways an
//! answer can end are transitions here; whoever drives it does the IO and brings the time.

use std::time::Duration;

use holdfast_contract::{StopReason, Usage};

use crate::exchange::{ErrorKind, Event, ProviderError};

/// Requests that a turn sends at most.
pub const MAX_ATTEMPTS: u8 = 3;
/// The longest wait a provider may ask for; a longer one is left to the user.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// What happens to a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Begin.
    Start,
    /// The provider said something.
    Event(Event),
    /// The provider gave up, or could not be asked. `jitter` is uniform in 0..1 and spreads retries.
    Failed {
        /// Why.
        error: ProviderError,
        /// A random number in 0..1.
        jitter: f64,
    },
    /// The stream has no more events.
    Ended {
        /// A random number in 0..1.
        jitter: f64,
    },
    /// The wait before a retry is over.
    Waited,
    /// The user stops the answer.
    Stop,
}

/// What shall be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send the request.
    Send {
        /// Counted from 1.
        attempt: u8,
    },
    /// Drop the stream, if there is one.
    Drop,
    /// Wait, then say [`Input::Waited`].
    Wait {
        /// How long.
        delay: Duration,
        /// The number of the coming attempt.
        attempt: u8,
        /// What happened.
        error: ProviderError,
    },
    /// The first token came: note the time.
    FirstToken,
    /// More of the answer.
    Text(String),
    /// More of its reasoning.
    Reasoning(String),
    /// Figures became known.
    Usage(Usage),
    /// The turn is over; nothing follows.
    Finish(Outcome),
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The model was done.
    Complete(StopReason),
    /// The user stopped it.
    Stopped,
    /// It failed.
    Failed(ProviderError),
}

/// The machine of one turn.
#[derive(Debug)]
pub struct Turn {
    state: State,
    provider: holdfast_contract::ProviderId,
    usage: Usage,
    spoken: bool,
    stop: Option<StopReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Running { attempt: u8 },
    Waiting { attempt: u8 },
    Done,
}

impl Turn {
    /// A turn that asks this provider.
    pub fn new(provider: holdfast_contract::ProviderId) -> Self {
        Self { state: State::New, provider, usage: Usage::default(), spoken: false, stop: None }
    }

    /// Whether the turn is over.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes what happened and says what shall be done. After [`Effect::Finish`] everything is
    /// ignored, so that a late event cannot reopen an answer.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        match (self.state, input) {
            (State::Done, _) => Vec::new(),
            (State::New, Input::Start) => {
                self.state = State::Running { attempt: 1 };
                vec![Effect::Send { attempt: 1 }]
            }
            (State::Waiting { attempt }, Input::Waited) => {
                self.state = State::Running { attempt };
                vec![Effect::Send { attempt }]
            }
            (_, Input::Stop) => {
                self.state = State::Done;
                vec![Effect::Drop, Effect::Finish(Outcome::Stopped)]
            }
            (State::Running { .. }, Input::Event(event)) => self.on_event(event),
            (State::Running { attempt }, Input::Failed { error, jitter }) => self.on_error(attempt, error, jitter),
            (State::Running { attempt }, Input::Ended { jitter }) => match self.stop {
                Some(reason) => {
                    self.state = State::Done;
                    vec![Effect::Finish(Outcome::Complete(reason))]
                }
                None => {
                    let error = ProviderError {
                        provider: self.provider.clone(),
                        kind: ErrorKind::EndedEarly,
                        status: None,
                        code: None,
                        message: "The connection closed before the answer was complete.".to_owned(),
                        retry_after: None,
                    };
                    self.on_error(attempt, error, jitter)
                }
            },
            // A driver that says one of these has lost count; the turn goes on as it was.
            (State::New | State::Waiting { .. }, Input::Event(_) | Input::Failed { .. } | Input::Ended { .. })
            | (State::New, Input::Waited)
            | (State::Running { .. }, Input::Waited)
            | (State::Running { .. } | State::Waiting { .. }, Input::Start) => Vec::new(),
        }
    }

    fn on_event(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Text(text) | Event::Reasoning(text) if text.is_empty() => {}
            Event::Text(text) => {
                self.first_token(&mut effects);
                effects.push(Effect::Text(text));
            }
            Event::Reasoning(text) => {
                self.first_token(&mut effects);
                effects.push(Effect::Reasoning(text));
            }
            Event::Usage(usage) => {
                self.usage = Usage {
                    input: usage.input.or(self.usage.input),
                    output: usage.output.or(self.usage.output),
                    cached: usage.cached.or(self.usage.cached),
                    reasoning: usage.reasoning.or(self.usage.reasoning),
                };
                effects.push(Effect::Usage(self.usage));
            }
            // The first reason stands; some providers repeat it with the usage.
            Event::Stop(reason) => {
                self.stop.get_or_insert(reason);
            }
        }
        effects
    }

    fn first_token(&mut self, effects: &mut Vec<Effect>) {
        if !self.spoken {
            self.spoken = true;
            effects.push(Effect::FirstToken);
        }
    }

    fn on_error(&mut self, attempt: u8, error: ProviderError, jitter: f64) -> Vec<Effect> {
        // Whoever said it was done before the error has given a whole answer.
        if let Some(reason) = self.stop {
            self.state = State::Done;
            return vec![Effect::Drop, Effect::Finish(Outcome::Complete(reason))];
        }
        match retry_delay(&error, attempt, jitter) {
            Some(delay) if !self.spoken => {
                self.state = State::Waiting { attempt: attempt + 1 };
                vec![Effect::Drop, Effect::Wait { delay, attempt: attempt + 1, error }]
            }
            _ => {
                self.state = State::Done;
                vec![Effect::Drop, Effect::Finish(Outcome::Failed(error))]
            }
        }
    }
}

/// How long to wait before the next attempt; none if the user has to act. What the provider asked
/// for is honoured up to a minute; without it the wait grows from half a second, with full jitter.
fn retry_delay(error: &ProviderError, attempt: u8, jitter: f64) -> Option<Duration> {
    if !error.kind.retryable() || attempt >= MAX_ATTEMPTS {
        return None;
    }
    match error.retry_after {
        Some(asked) if asked > MAX_RETRY_AFTER => None,
        Some(asked) => Some(asked),
        None => {
            let ceiling = Duration::from_millis(1000 * 2_u64.pow(u32::from(attempt))).min(Duration::from_secs(30));
            Some(Duration::from_millis(500) + ceiling.mul_f64(jitter.clamp(0.0, 1.0)))
        }
    }
}

#[cfg(test)]
mod tests;
