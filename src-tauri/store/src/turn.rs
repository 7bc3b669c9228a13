//! Whose turn it is to write.
//!
//! One program at a time writes to the database, and folds the log into the file only while it does
//! (see [`crate::connect`] for what that prevents). The turn is a lock on a file beside the database;
//! the system lets go of it when the program ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, timeout};

use crate::StoreError;
use crate::connect::{self, PATIENCE};

/// How long a task waits for others of its program.
const QUEUE: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The turns at one database.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    path: PathBuf,
    // Tasks of one program queue in the order they came; only the first of them looks at the lock.
    file: Arc<Mutex<File>>,
}

/// The turn, as long as it is held.
#[derive(Debug)]
pub(crate) struct Turn {
    path: PathBuf,
    file: OwnedMutexGuard<File>,
}

impl Turns {
    /// The turns whose lock is this file. It is made if it is missing.
    pub(crate) fn new(path: PathBuf) -> Result<Self, StoreError> {
        let file = connect::open_private_file(&path)?;
        Ok(Self { path, file: Arc::new(Mutex::new(file)) })
    }

    /// Waits for the turn.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others take too long.
    pub(crate) async fn take(&self) -> Result<Turn, StoreError> {
        let file = timeout(QUEUE, self.file.clone().lock_owned()).await.map_err(|_| StoreError::Busy)?;
        let (deadline, mut pause) = (Instant::now() + PATIENCE, FIRST_PAUSE);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn { path: self.path.clone(), file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    sleep(pause).await;
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Busy),
                Err(TryLockError::Error(error)) => return Err(StoreError::io(&self.path, error)),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::error!(%error, path = %self.path.display(), "the turn to write is not given back");
        }
    }
}
