use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use holdfast_core::Secret;

use crate::{Keychain, KeychainError};

type Job<K> = Box<dyn FnOnce(&K) + Send>;

/// A keychain on a thread of its own, where a question to the user may hang for as long as it likes:
/// a call waits for its answer no longer than it was told.
pub(crate) struct Patient<K> {
    jobs: mpsc::Sender<Job<K>>,
    patience: Duration,
}

impl<K: Keychain> Patient<K> {
    pub(crate) fn new(keychain: K, patience: Duration) -> Self {
        let (jobs, waiting) = mpsc::channel::<Job<K>>();
        let work = move || {
            for job in waiting {
                if catch_unwind(AssertUnwindSafe(|| job(&keychain))).is_err() {
                    tracing::error!("a fault inside the keychain's library was caught");
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("keychain".to_owned()).spawn(work) {
            // Calls find nobody listening and say so.
            tracing::error!(%error, "the keychain's thread could not be started");
        }
        Self { jobs, patience }
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&K) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let caller = Arc::new(());
        let still_there = Arc::downgrade(&caller);
        let job: Job<K> = Box::new(move |keychain| {
            // A call that was given up while it waited must not surprise the user with a question.
            if still_there.strong_count() > 0 && reply.send(work(keychain)).is_err() {
                tracing::debug!("the keychain answered after it was waited for");
            }
        });
        let stopped = || KeychainError::Failed { detail: "a fault inside its library".to_owned() };
        self.jobs.send(job).map_err(|_| stopped())?;
        match answer.recv_timeout(self.patience) {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(KeychainError::Timeout { seconds: self.patience.as_secs() }),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(stopped()),
        }
    }
}

impl<K: Keychain> Keychain for Patient<K> {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        let account = account.to_owned();
        self.call(move |keychain| keychain.get(&account))
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        let (account, secret) = (account.to_owned(), Secret::new(secret.expose().to_owned()));
        self.call(move |keychain| keychain.set(&account, &secret))
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        let account = account.to_owned();
        self.call(move |keychain| keychain.delete(&account))
    }
}

#[cfg(test)]
mod tests;
