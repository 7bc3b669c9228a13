//! Who writes, and whether it still lives.
//!
//! An answer that streams is marked with its writer. Each writer holds a lock on a file of its own
//! beside the database; the system lets go of it when the program ends, however it ends. So a start
//! knows at once which answers nobody writes any more, and leaves alone what another program writes,
//! even while a slow model says nothing for minutes.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::PathBuf;

use uuid::Uuid;

use crate::StoreError;
use crate::connect::DatabaseFile;
use crate::turn::Turns;

/// The folder with the marks of the writers of one database.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    folder: PathBuf,
}

/// This program as a writer, as long as it is held.
#[derive(Debug)]
pub(crate) struct Writer {
    id: Uuid,
    writers: Writers,
    path: PathBuf,
    locked: File,
}

impl Writers {
    pub(crate) fn of(file: &DatabaseFile) -> Self {
        Self { folder: file.beside(".writers") }
    }

    /// Becomes a writer.
    pub(crate) fn join(&self) -> Result<Writer, StoreError> {
        crate::connect::create_private_folder(&self.folder)?;
        let id = Uuid::new_v4();
        let path = self.path_of(id);
        loop {
            let file = File::create(&path).map_err(|error| StoreError::io(&path, error))?;
            file.lock().map_err(|error| StoreError::io(&path, error))?;
            // Another program may have taken the file for a left one before the lock was held.
            if path.exists() {
                return Ok(Writer { id, writers: self.clone(), path, locked: file });
            }
        }
    }

    /// Whether a writer lives. The mark of one that does not is removed.
    pub(crate) fn lives(&self, id: Uuid) -> Result<bool, StoreError> {
        let path = self.path_of(id);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::io(&path, error)),
        };
        match file.try_lock() {
            Ok(()) => {
                remove(&path);
                Ok(false)
            }
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path, error)),
        }
    }

    /// Whether any writer lives. The marks of those that do not are removed.
    pub(crate) fn any_lives(&self) -> Result<bool, StoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::io(&self.folder, error)),
        };
        let mut any = false;
        for entry in entries {
            let entry = entry.map_err(|error| StoreError::io(&self.folder, error))?;
            if let Some(id) = entry.file_name().to_str().and_then(|name| Uuid::parse_str(name).ok()) {
                any |= self.lives(id)?;
            }
        }
        Ok(any)
    }

    /// The turns to write, whose lock lies among the marks.
    pub(crate) fn turns(&self) -> Result<Turns, StoreError> {
        crate::connect::create_private_folder(&self.folder)?;
        Turns::new(self.folder.join("turn"))
    }

    fn path_of(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string())
    }
}

impl Writer {
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn writers(&self) -> &Writers {
        &self.writers
    }

    /// Is a writer no longer.
    pub(crate) fn leave(&self) {
        remove(&self.path);
        if let Err(error) = self.locked.unlock() {
            tracing::debug!(%error, path = %self.path.display(), "the mark of a writer stays locked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A mark that stays is only litter: without its lock it says that nobody lives.
fn remove(path: &std::path::Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::debug!(%error, path = %path.display(), "the mark of a writer stays");
    }
}
