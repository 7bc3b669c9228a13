use holdfast_contract::UnlockWay;

use super::Owner;
use crate::attempts::{self, Attempts};
use crate::files::ATTEMPTS;
use crate::{FailedAttempt, VaultError};

impl Owner {
    /// Counts an attempt before it is made, if it may be made now.
    pub(super) fn count_attempt(&mut self, way: UnlockWay) -> Result<(), VaultError> {
        self.read_attempts();
        self.attempts.admit((self.now)())?;
        let attempt = self.attempt(way);
        self.attempts.count(attempt);
        self.keep_attempts();
        Ok(())
    }

    /// The attempt that was counted last could not be made after all.
    pub(super) fn discount_attempt(&mut self) {
        self.attempts.discount();
        self.keep_attempts();
    }

    /// The vault was opened, by a guess that was counted or otherwise.
    pub(super) fn forgive_attempts(&mut self, was_counted: bool) {
        self.read_attempts();
        if was_counted {
            self.attempts.discount();
        }
        if !self.attempts.is_empty() || was_counted {
            self.attempts.forgive();
            self.keep_attempts();
        }
    }

    /// Notes an attempt that slows down no other.
    pub(super) fn note_attempt(&mut self, way: UnlockWay) {
        self.read_attempts();
        let attempt = self.attempt(way);
        self.attempts.note(attempt);
        self.keep_attempts();
    }

    /// The failed attempts that nobody was told of yet.
    pub(crate) fn take_failed_attempts(&mut self) -> Result<Vec<FailedAttempt>, VaultError> {
        self.open_or_why()?;
        self.read_attempts();
        let failed = self.attempts.take();
        if !failed.is_empty() {
            self.keep_attempts();
        }
        Ok(failed)
    }

    fn read_attempts(&mut self) {
        let read = self.files.read(&self.files.path(ATTEMPTS), attempts::MAX_FILE);
        match read.map(|bytes| bytes.map(|bytes| Attempts::decode(&bytes))) {
            Ok(Some(Ok(kept))) => self.attempts = std::mem::take(&mut self.attempts).merged(kept),
            Ok(Some(Err(_))) => tracing::warn!(file = ATTEMPTS, "the count of wrong attempts does not read"),
            Ok(None) => {}
            Err(error) => tracing::warn!(file = ATTEMPTS, %error, "the count of wrong attempts could not be read"),
        }
    }

    /// A disk that does not take the count must not keep the user out, so that is only noted.
    fn keep_attempts(&self) {
        let path = self.files.path(ATTEMPTS);
        let kept = self.files.lock_for_writing().and_then(|_lock| {
            if self.attempts.is_empty() {
                self.files.remove(&path)
            } else {
                self.files.write(&path, &self.attempts.encode())
            }
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the count of wrong attempts could not be kept");
        }
    }
}
