use std::collections::HashSet;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

use holdfast_core::Secret;
use holdfast_migrations::local;
use sea_orm::DatabaseConnection;

use crate::connect::{self, Access, DatabaseFile};
use crate::store::{Writing, immediate};
use crate::writer::Writers;
use crate::{Store, StoreError, backup, seal};

/// How every SQLite file begins that is not sealed.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// A page of a sealed file.
const PAGE_BYTES: u64 = 4_096;

/// Files up to this size are read whole before they are opened for writing. It takes about a
/// millisecond for each megabyte; [`Store::check`] reads larger ones when there is time.
const CHECKED_BYTES: u64 = 16 * 1024 * 1024;

/// How often a file that another program changes meanwhile is looked at.
const LOOKS: usize = 3;

/// How a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// There is no file, or an empty one.
    Nothing,
    /// As a database that anyone can read.
    Plain,
    /// As a sealed database may begin: it looks like noise.
    Unreadable,
    /// As no database does: it is shorter than a page, or begins with zeros. SQLCipher would take it for
    /// a new one.
    Nonsense,
}

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
    /// Opens the database with its key (64 hexadecimal digits), and makes it if it is not there. A plain
    /// one of an older program is sealed first, with its backups. An older one is backed up and brought
    /// up to date. One that can only be read is opened for that ([`Store::read_only`]).
    ///
    /// # Errors
    /// When the file is damaged, sealed with another key, or newer than this program, nothing is
    /// changed, overwritten or made beside it. Otherwise when a disk is full or files cannot be used.
    pub async fn open(path: &Path, key: &Secret) -> Result<Self, StoreError> {
        let file = DatabaseFile::new(path, key)?;
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
    if begins(file.path())? == Beginning::Plain {
        match seal::seal(file).await {
            Ok(()) => {}
            // It stays plain until it can be sealed; its owner is not locked out of it meanwhile.
            Err(error) if error.leaves_reading() => return open_only_to_read(&file.plain(), error).await,
            Err(error) => return Err(error),
        }
    }
    let found = look(file).await?;
    match open_to_write(file, found).await {
        Err(error) if error.leaves_reading() && found == Found::Current => open_only_to_read(file, error).await,
        other => other,
    }
}

async fn open_only_to_read(file: &DatabaseFile, error: StoreError) -> Result<Store, StoreError> {
    let reason = error.to_string();
    match open_to_read(file).await {
        Ok(readers) => Ok(Store::new(file.clone(), readers, Writing::ReadOnly { reason })),
        Err(second) => {
            tracing::error!(error = %second, "the database does not open for reading either");
            Err(error)
        }
    }
}

async fn open_to_write(file: &DatabaseFile, found: Found) -> Result<Store, StoreError> {
    if let Some(folder) = file.path().parent() {
        connect::create_private_folder(folder)?;
    }
    let writer = Writers::of(file).join()?;
    let turns = writer.writers().turns()?;
    let turn = turns.take().await?;
    connect::open_private_file(file.path())?;
    let connection = file.connect(Access::Write).await?;
    connect::check_version(&connection).await?;
    if found != Found::Current {
        bring_up_to_date(file, &connection, found).await?;
    }
    let readers = file.connect(Access::Read).await?;
    drop(turn);
    if let Err(error) = seal::sweep(file, &connection).await {
        tracing::warn!(%error, "plain files of an older program are still there; the next start tries again");
    }
    Ok(Store::new(file.clone(), readers, Writing::Open { connection, writer, turns }))
}

/// All steps are taken and checked, or none.
async fn bring_up_to_date(
    file: &DatabaseFile,
    connection: &DatabaseConnection,
    found: Found,
) -> Result<(), StoreError> {
    if found == Found::Older {
        backup::prepare(file, connection).await?.keep()?;
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
pub(crate) async fn look(file: &DatabaseFile) -> Result<Found, StoreError> {
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
    match begins(file.path())? {
        Beginning::Nothing if file.log_bytes()? > 0 => {
            let detail = "the file is missing or empty, and its log (-wal) is not".to_owned();
            return Err(StoreError::Damaged { detail, backup: None });
        }
        Beginning::Nothing => return Ok(Found::Empty),
        Beginning::Nonsense => return Err(nonsense()),
        Beginning::Plain | Beginning::Unreadable => {}
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

/// What is wrong with a file that begins as no database does.
pub(crate) fn nonsense() -> StoreError {
    StoreError::Damaged { detail: "the file is not a database".to_owned(), backup: None }
}

/// How a file begins.
pub(crate) fn begins(path: &Path) -> Result<Beginning, StoreError> {
    let unreadable = |source| StoreError::Io { path: path.to_owned(), source };
    let mut opened = match std::fs::File::open(path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Beginning::Nothing),
        Err(error) => return Err(unreadable(error)),
    };
    let mut start = Vec::new();
    opened.by_ref().take(PAGE_BYTES).read_to_end(&mut start).map_err(unreadable)?;
    match start.get(..HEADER.len()) {
        _ if start.is_empty() => Ok(Beginning::Nothing),
        Some(header) if header == HEADER => Ok(Beginning::Plain),
        Some(salt) if start.len() as u64 == PAGE_BYTES && salt.iter().any(|byte| *byte != 0) => {
            Ok(Beginning::Unreadable)
        }
        _ => Ok(Beginning::Nonsense),
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
