use std::path::Path;
use std::sync::Arc;

use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::StoreError;
use crate::connect::DatabaseFile;
use crate::turn::{Turn, Turns};
use crate::writer::{Writer, Writers};

/// An open database. Cloning it is cheap and gives the same one.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    file: DatabaseFile,
    readers: DatabaseConnection,
    writing: Writing,
}

pub(crate) enum Writing {
    /// The one connection that writes, the mark that says this program lives, and whose turn it is.
    Open { connection: DatabaseConnection, writer: Writer, turns: Turns },
    /// Why there is none.
    ReadOnly { reason: String },
}

impl Store {
    pub(crate) fn new(file: DatabaseFile, readers: DatabaseConnection, writing: Writing) -> Self {
        Self { inner: Arc::new(Inner { file, readers, writing }) }
    }

    /// Why the database could be opened only for reading, if so.
    pub fn read_only(&self) -> Option<&str> {
        match &self.inner.writing {
            Writing::Open { .. } => None,
            Writing::ReadOnly { reason } => Some(reason),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.inner.file.path()
    }

    /// Begins to write. All writes of the returned transaction happen at [`Writes::commit`], or, when
    /// it is dropped, none. It waits for other writers, of this program and others; so a task must not
    /// begin a second one while it holds the first.
    ///
    /// # Errors
    /// When the database is read-only, or another writer takes too long.
    pub async fn begin(&self) -> Result<Writes, StoreError> {
        match &self.inner.writing {
            Writing::Open { connection, writer, turns } => {
                let turn = turns.take().await?;
                let transaction = immediate(connection).await?;
                Ok(Writes { transaction, turn, writer: writer.id(), writers: writer.writers().clone() })
            }
            Writing::ReadOnly { reason } => Err(StoreError::ReadOnly { detail: reason.clone() }),
        }
    }

    /// Reads the whole file and names what is wrong with it. It takes a while on a large file; writes
    /// go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what was found.
    pub async fn check(&self) -> Result<(), StoreError> {
        crate::connect::quick_check(self.readers()).await
    }

    /// Closes the database: no read or write works afterwards, and the log is folded into the file
    /// unless another program has it open too.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers().close_by_ref().await?;
        if let Writing::Open { connection, writer, .. } = &self.inner.writing {
            connection.close_by_ref().await?;
            writer.leave();
        }
        Ok(())
    }

    pub(crate) fn readers(&self) -> &DatabaseConnection {
        &self.inner.readers
    }

    pub(crate) fn file(&self) -> &DatabaseFile {
        &self.inner.file
    }

    #[cfg(test)]
    pub(crate) fn writer(&self) -> Option<&DatabaseConnection> {
        match &self.inner.writing {
            Writing::Open { connection, .. } => Some(connection),
            Writing::ReadOnly { .. } => None,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path()).field("read_only", &self.read_only()).finish()
    }
}

/// A transaction that writes. Without [`Writes::commit`] nothing of it stays.
#[must_use = "what is written is undone unless it is committed"]
pub struct Writes {
    // Before the turn: dropped unfinished, it is rolled back first.
    pub(crate) transaction: DatabaseTransaction,
    turn: Turn,
    /// Who writes: answers that stream are marked with it.
    pub(crate) writer: uuid::Uuid,
    pub(crate) writers: Writers,
}

impl Writes {
    /// Makes all of it so, on the disk. Once asked for it happens, even if nobody waits for it any more.
    ///
    /// # Errors
    /// When the disk is full or fails; then none of it is so.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self { transaction, turn, .. } = self;
        // The turn must outlive the commit and the checkpoint in it, whatever becomes of the caller.
        let committed = tokio::spawn(async move {
            let result = transaction.commit().await;
            drop(turn);
            result
        });
        match committed.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(StoreError::Database { source: Box::new(error) }),
        }
    }
}

/// A transaction that is the writer from its start, so that it cannot fail half-way because another
/// program began to write.
pub(crate) async fn immediate(connection: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(connection.begin_with_options(options).await?)
}
