//! A database of another vault: it is put in its place before there is a key that opens it.

use std::path::Path;

use holdfast_core::Secret;

use super::{discard, replace};
use crate::connect::DatabaseFile;
use crate::open::{self, Beginning};
use crate::writer::Writers;
use crate::{Store, StoreError};

impl Store {
    /// Puts a sealed database in the place of another, which is kept beside it as `….damaged-<time>`.
    /// Nothing of it is read: its caller holds it against the sums that were noted of it. A [`Store`] of
    /// the same place must be closed before.
    ///
    /// # Errors
    /// When it is no sealed database, [`StoreError::Busy`] while a program has the present one open, or
    /// when files cannot be written. The database is then as it was.
    pub async fn put_unread(path: &Path, sealed: &Path) -> Result<(), StoreError> {
        if open::begins(sealed)? != Beginning::Unreadable {
            return Err(StoreError::NoBackup { path: sealed.to_owned() });
        }
        // Where it is counts here, and not what opens it.
        let file = DatabaseFile::new(path, &Secret::new("0".repeat(64)))?.plain();
        let writers = Writers::of(&file);
        let turn = writers.turns()?.take().await?;
        if writers.any_lives()? {
            return Err(StoreError::Busy);
        }
        let incoming = file.beside(".restoring");
        if let Err(error) = replace(&file, sealed, &incoming) {
            discard(&incoming);
            return Err(error);
        }
        drop(turn);
        Ok(())
    }
}
