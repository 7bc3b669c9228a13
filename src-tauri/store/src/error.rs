use std::path::{Path, PathBuf};

use holdfast_contract::Timestamp;
use sea_orm::sqlx;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// Why the store did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is no database, is sealed with another key, or parts of it do not read. Nothing was
    /// overwritten.
    #[error("The database does not read: {detail}")]
    Damaged {
        /// Which file, and what is wrong with it.
        detail: String,
        /// When the newest backup that does read was made. Looked for when the database is opened;
        /// absent when damage is met later ([`crate::Store::newest_backup`] looks for it then).
        backup: Option<Timestamp>,
    },
    /// The key is not 64 hexadecimal digits. The program was built wrongly.
    #[error("The key of the database is not one. The program was built wrongly.")]
    BadKey,
    /// A newer Holdfast wrote the file. Nothing was changed.
    #[error("The database {} was written by a newer Holdfast. Update the program to open it.", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// The file can be read and not written.
    #[error("The database cannot be written: {detail}")]
    ReadOnly {
        /// Why.
        detail: String,
    },
    /// The disk is full. What was being written is undone.
    #[error("The disk is full. Free some space; nothing that was stored is lost.")]
    Full,
    /// Another program held the database for too long.
    #[error("The database is in use by another program. Try again.")]
    Busy,
    /// What was asked for, or what it belongs to, is not there.
    #[error("The {what} is not in the database.")]
    NotFound {
        /// What.
        what: &'static str,
    },
    /// There is no backup that reads.
    #[error("There is no backup of {} that can be read.", path.display())]
    NoBackup {
        /// The database it would replace.
        path: PathBuf,
    },
    /// The program was built with an SQLite that can damage a database that two connections use.
    #[error("SQLite {found} is too old, {needed} is needed. The program was built wrongly.")]
    OldSqlite {
        /// The version in the program.
        found: String,
        /// The first version without the fault.
        needed: &'static str,
    },
    /// The system did not let the program do something with a file.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that the database said.
    #[error("The database refused: {source}")]
    Database {
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

// Result codes of SQLite, <https://www.sqlite.org/rescode.html>. The low byte is the primary code.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const NOMEM: i32 = 7;
const READONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;
const CONSTRAINT_FOREIGNKEY: i32 = 787;
const IOERR_SHMOPEN: i32 = 4618;
const IOERR_SHMSIZE: i32 = 4874;

/// What is wrong with a page whose seal does not hold.
pub(crate) const UNSEALED: &str =
    "it does not open with this vault's key: either it was sealed with another key, or it is damaged";

impl StoreError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                Self::ReadOnly { detail: format!("{}: {source}", path.display()) }
            }
            _ => Self::Io { path: path.to_owned(), source },
        }
    }

    /// A row that no program of this version writes.
    pub(crate) fn row(detail: impl std::fmt::Display) -> Self {
        Self::Damaged { detail: format!("a row holds {detail}"), backup: None }
    }

    /// Whether the file may still open for reading when it did not open for writing. Without the
    /// shared memory beside it (a full disk, a folder that is not ours) SQLite cannot write.
    pub(crate) fn leaves_reading(&self) -> bool {
        match self {
            Self::ReadOnly { .. } | Self::Full => true,
            Self::Database { source } => {
                let code = source.downcast_ref::<DbErr>().and_then(code);
                code.is_some_and(|code| matches!(code, IOERR_SHMOPEN | IOERR_SHMSIZE) || code & 0xff == CANTOPEN)
            }
            _ => false,
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) {
            return Self::Busy;
        }
        let Some(code) = code(&error) else { return Self::Database { source: Box::new(error) } };
        if code == CONSTRAINT_FOREIGNKEY {
            return Self::NotFound { what: "conversation or message it belongs to" };
        }
        match code & 0xff {
            BUSY | LOCKED => Self::Busy,
            READONLY => Self::ReadOnly { detail: error.to_string() },
            // SQLCipher holds each page against its seal: a wrong key and a damaged page look alike. Met
            // in the middle of a statement, such a page comes out of SQLite as a lack of memory.
            NOTADB | NOMEM => Self::Damaged { detail: UNSEALED.to_owned(), backup: None },
            CORRUPT => Self::Damaged { detail: error.to_string(), backup: None },
            FULL => Self::Full,
            _ => Self::Database { source: Box::new(error) },
        }
    }
}

/// The extended result code, if SQLite itself refused.
fn code(error: &DbErr) -> Option<i32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(error) = &**error else { return None };
    error.code()?.parse().ok()
}
