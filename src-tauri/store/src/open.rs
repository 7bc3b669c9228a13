use std::collections::HashSet;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

use holdfast_migrations::local;
use sea_orm::DatabaseConnection;

use crate::connect::{self, Access, DatabaseFile};
use crate::store::{Writing, immediate};
use crate::writer::Writers;
use crate::{Store, StoreError, backup};

/// How every SQLite file begins.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Files up to this size are read whole before they are opened for writing. It takes about a
/// millisecond for each megabyte; [`Store::check`] reads larger ones when there is time.
const CHECKED_BYTES: u64 = 16 * 1024 * 1024;

/// How often a file that another program changes meanwhile is looked at.
const LOOKS: usize = 3;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet.
    Empty,
    /// A database of an older program.
    Older,
    /// A database that is as this program wants it.
    Current,
}

impl Store {
    /// Opens the database, and makes it if it is not there. An older one is backed up and brought up
    /// to date. One that can only be read is opened for that ([`Store::read_only`]).
    ///
    /// # Errors
    /// When the file is damaged or newer than this program, nothing is changed, overwritten or made
    /// beside it. Otherwise when a disk is full or files cannot be used.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let file = DatabaseFile::new(path)?;
        match open(&file).await {
            Err(StoreError::Damaged { detail, .. }) => Err(StoreError::Damaged {
                detail: format!("{}: {detail}", file.path().display()),
                backup: backup::newest(&file).await.map(|backup| backup.made_at),
            }),
            other => other,
        }
    }
}

async fn open(file: &DatabaseFile) -> Result<Store, StoreError> {
    let found = look(file).await?;
    match open_to_write(file, found).await {
        Err(error) if error.leaves_reading() && found == Found::Current => {
            let reason = error.to_string();
            match open_to_read(file).await {
                Ok(readers) => Ok(Store::new(file.clone(), readers, Writing::ReadOnly { reason })),
                Err(second) => {
                    tracing::error!(error = %second, "the database does not open for reading either");
                    Err(error)
                }
            }
        }
        other => other,
    }
}

async fn open_to_write(file: &DatabaseFile, found: Found) -> Result<Store, StoreError> {
    if let Some(folder) = file.path().parent() {
        connect::create_private_folder(folder)?;
    }
    let writer = Writers::new(file.beside(".writers")).join()?;
    connect::open_private_file(file.path())?;
    let connection = file.connect(Access::Write).await?;
    connect::check_version(&connection).await?;
    if found != Found::Current {
        bring_up_to_date(file, &connection, found).await?;
    }
    let readers = file.connect(Access::Read).await?;
    Ok(Store::new(file.clone(), readers, Writing::Open { connection, writer }))
}

/// All steps are taken and checked, or none.
async fn bring_up_to_date(
    file: &DatabaseFile,
    connection: &DatabaseConnection,
    found: Found,
) -> Result<(), StoreError> {
    if found == Found::Older {
        backup::make(file, connection).await?;
    }
    let transaction = immediate(connection).await?;
    local::migrate(&transaction).await?;
    connect::foreign_key_check(&transaction).await?;
    connect::quick_check(&transaction).await?;
    Ok(transaction.commit().await?)
}

async fn open_to_read(file: &DatabaseFile) -> Result<DatabaseConnection, StoreError> {
    let access = if file.log_bytes()? == 0 { Access::Frozen } else { Access::ReadOnly };
    file.connect(access).await
}

/// Looks at a file before anything may write to it or beside it.
async fn look(file: &DatabaseFile) -> Result<Found, StoreError> {
    let mut looks = 1;
    loop {
        let before = stamp(file)?;
        match look_once(file).await {
            // It was looked at without a lock, while another program folded its log in.
            Err(StoreError::Damaged { .. }) if looks < LOOKS && stamp(file)? != before => looks += 1,
            // A log that cannot be read without making its index beside it.
            Err(error @ StoreError::Database { .. }) if error.leaves_reading() => {
                return Err(StoreError::ReadOnly { detail: error.to_string() });
            }
            result => return result,
        }
    }
}

async fn look_once(file: &DatabaseFile) -> Result<Found, StoreError> {
    if !has_header(file)? {
        if file.log_bytes()? > 0 {
            let detail = "the file is missing or empty, and its log (-wal) is not".to_owned();
            return Err(StoreError::Damaged { detail, backup: None });
        }
        return Ok(Found::Empty);
    }
    let small = stamp(file)?.bytes <= CHECKED_BYTES;
    let connection = open_to_read(file).await?;
    let found = match inspect(file, &connection).await {
        Ok(found) if small => connect::quick_check(&connection).await.map(|()| found),
        found => found,
    };
    connection.close().await?;
    found
}

/// By what a change of the file is noticed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed_at: Option<SystemTime>,
    log_bytes: u64,
}

fn stamp(file: &DatabaseFile) -> Result<Stamp, StoreError> {
    let log_bytes = file.log_bytes()?;
    match std::fs::metadata(file.path()) {
        Ok(metadata) => Ok(Stamp { bytes: metadata.len(), changed_at: metadata.modified().ok(), log_bytes }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Stamp { log_bytes, ..Stamp::default() }),
        Err(source) => Err(StoreError::Io { path: file.path().to_owned(), source }),
    }
}

/// Whether there is a database at all. `false`: no file, or an empty one.
fn has_header(file: &DatabaseFile) -> Result<bool, StoreError> {
    let path = file.path();
    let unreadable = |source| StoreError::Io { path: path.to_owned(), source };
    let mut opened = match std::fs::File::open(path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unreadable(error)),
    };
    let mut start = Vec::new();
    opened.by_ref().take(HEADER.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    match start.as_slice() {
        [] => Ok(false),
        start if start == HEADER => Ok(true),
        _ => Err(StoreError::Damaged { detail: "the file is not a database".to_owned(), backup: None }),
    }
}

/// Whether the database is ours, and how it stands to what this program knows.
pub(crate) async fn inspect(file: &DatabaseFile, connection: &DatabaseConnection) -> Result<Found, StoreError> {
    let must_know: u32 = connect::one(connection, "PRAGMA user_version").await?;
    if must_know > local::known() {
        return Err(StoreError::Newer { path: file.path().to_owned() });
    }
    let tables: Vec<String> =
        connect::column(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'").await?;
    if tables.is_empty() {
        return Ok(Found::Empty);
    }
    if !tables.iter().any(|table| table == "seaql_migrations") {
        let detail = "it is a database of another program".to_owned();
        return Err(StoreError::Damaged { detail, backup: None });
    }
    let taken: HashSet<String> =
        connect::column(connection, "SELECT version FROM seaql_migrations").await?.into_iter().collect();
    let known: HashSet<String> = local::names().into_iter().collect();
    match (known.is_subset(&taken), taken.is_subset(&known)) {
        // Steps that this program does not know, and that let it open the file all the same.
        (true, _) => Ok(Found::Current),
        (false, true) => Ok(Found::Older),
        // The file went another way than this program.
        (false, false) => Err(StoreError::Newer { path: file.path().to_owned() }),
    }
}
