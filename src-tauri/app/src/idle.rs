//! When somebody last used the program.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When somebody last used the program. Monotonic: a clock that is set changes nothing.
#[derive(Debug)]
pub(crate) struct Idle(Mutex<Instant>);

impl Default for Idle {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Idle {
    /// Somebody uses it now.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// For how long nobody has used it.
    pub(crate) fn since(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
