//! Sealing a database that an older program left plain.
//!
//! The plain file stays what it is until a sealed copy is on the disk and was read and compared; then
//! one rename puts the copy in its place. A kill at any point leaves one of the two, whole, and the
//! next opening goes on from there. What is left of the plain data afterwards (the old file under a
//! second name, backups) is overwritten with zeros and removed. On a disk that writes elsewhere
//! (flash, copy on write, snapshots) old blocks may outlive that; only a disk that is itself encrypted
//! helps there. The log of the plain file is removed by SQLite, which does not overwrite it.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::connect::{self, Access, DatabaseFile};
use crate::open::{self, Beginning};
use crate::store::immediate;
use crate::writer::Writers;
use crate::{StoreError, backup};

/// The copy while it is being made.
const COPY: &str = ".sealing";
/// The plain file after the copy took its place.
const OLD: &str = ".plain";
/// What a killed program may leave of a plain database, besides [`OLD`] and backups.
const LITTER: [&str; 1] = [".restoring"];

/// Leaves out what SQLite makes itself.
const OURS: &str = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

/// Everything by which a copy is held against its original.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    version: u32,
    schema: Vec<String>,
    rows: Vec<(String, i64)>,
}

/// Puts a sealed copy in the place of a plain database.
///
/// # Errors
/// When the file is not ours, damaged, newer, in use, or the disk is full; it is then as it was.
pub(crate) async fn seal(file: &DatabaseFile) -> Result<(), StoreError> {
    let plain = file.plain();
    open::look(&plain).await?;
    let writers = Writers::of(file);
    let turn = writers.turns()?.take().await?;
    if open::begins(file.path())? != Beginning::Plain {
        // Another program has done it meanwhile.
        return Ok(());
    }
    if writers.any_lives()? {
        return Err(StoreError::Busy);
    }
    let copy = file.at(file.beside(COPY));
    let made = make_copy(&plain, &copy).await;
    if let Err(error) = made.and_then(|()| take_place(file, &copy)) {
        if let Err(second) = remove_copy(&copy) {
            tracing::warn!(error = %second, "a copy that failed stays; the next start removes it");
        }
        return Err(error);
    }
    drop(turn);
    Ok(())
}

/// Copies the plain database into a sealed one, which is then on the disk and as the plain one is.
pub(crate) async fn make_copy(plain: &DatabaseFile, copy: &DatabaseFile) -> Result<(), StoreError> {
    remove_copy(copy)?;
    let private = connect::open_private_file(copy.path())?;
    let connection = copy.connect(Access::Copy).await?;
    let filled = async {
        attach(&connection, plain).await?;
        fill(&connection).await?;
        contents(&connection, "plain").await
    };
    let filled = filled.await;
    connection.close().await?;
    private.sync_all().map_err(|error| StoreError::io(copy.path(), error))?;
    compare(copy, &filled?).await
}

/// Opens the plain database beside the copy: the log is folded in, and everybody else is kept away
/// until the connection closes.
pub(crate) async fn attach(connection: &DatabaseConnection, plain: &DatabaseFile) -> Result<(), StoreError> {
    let path = plain.path().to_str().ok_or_else(|| StoreError::io(plain.path(), ErrorKind::InvalidFilename.into()))?;
    let attach = "ATTACH DATABASE ? AS plain KEY ''";
    let attach = Statement::from_sql_and_values(connection.get_database_backend(), attach, [path.into()]);
    connection.execute_raw(attach).await?;
    connection.execute_unprepared("PRAGMA plain.locking_mode = EXCLUSIVE").await?;
    let mode: String = connect::one(connection, "PRAGMA plain.journal_mode = DELETE").await?;
    connection.execute_unprepared("BEGIN EXCLUSIVE; COMMIT;").await?;
    if mode != "delete" || plain.log_bytes()? > 0 {
        return Err(StoreError::Busy);
    }
    Ok(())
}

/// Copies everything by plain statements: SQLCipher's own export tells a full disk only in words.
pub(crate) async fn fill(connection: &DatabaseConnection) -> Result<(), StoreError> {
    // Tables come in any order, and the copy is checked as a whole.
    connection.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
    let transaction = immediate(connection).await?;
    for sql in schema(&transaction, "type = 'table'").await? {
        transaction.execute_unprepared(&sql).await?;
    }
    for table in tables(&transaction, "plain").await? {
        let copy = format!("INSERT INTO main.{table} SELECT * FROM plain.{table}");
        transaction.execute_unprepared(&copy).await?;
    }
    for sql in schema(&transaction, "type <> 'table'").await? {
        transaction.execute_unprepared(&sql).await?;
    }
    let version: u32 = connect::one(&transaction, "PRAGMA plain.user_version").await?;
    transaction.execute_unprepared(&format!("PRAGMA main.user_version = {version}")).await?;
    Ok(transaction.commit().await?)
}

/// What makes the tables, or what is made on them.
async fn schema<C: ConnectionTrait>(connection: &C, which: &str) -> Result<Vec<String>, StoreError> {
    let sql = format!("SELECT sql FROM plain.sqlite_schema WHERE {which} AND {OURS} AND sql IS NOT NULL");
    connect::column(connection, &sql).await
}

/// The names of all tables, quoted.
async fn tables<C: ConnectionTrait>(connection: &C, database: &str) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM {database}.sqlite_schema
        WHERE type = 'table' AND {OURS} ORDER BY name"
    );
    connect::column(connection, &sql).await
}

pub(crate) async fn compare(copy: &DatabaseFile, expected: &Contents) -> Result<(), StoreError> {
    let connection = copy.connect(Access::Frozen).await?;
    let result = async {
        connect::integrity_check(&connection).await?;
        connect::foreign_key_check(&connection).await?;
        contents(&connection, "main").await
    };
    let found = result.await;
    connection.close().await?;
    if found? == *expected {
        return Ok(());
    }
    let detail = "the sealed copy is not as the plain database; the plain one stays".to_owned();
    Err(StoreError::Damaged { detail, backup: None })
}

pub(crate) async fn contents(connection: &DatabaseConnection, database: &str) -> Result<Contents, StoreError> {
    let mut rows = Vec::new();
    for table in tables(connection, database).await? {
        let count = connect::one(connection, &format!("SELECT count(*) FROM {database}.{table}")).await?;
        rows.push((table, count));
    }
    let schema = format!(
        "SELECT type || ' ' || name || ' ' || sql FROM {database}.sqlite_schema
        WHERE {OURS} AND sql IS NOT NULL ORDER BY type, name"
    );
    Ok(Contents {
        version: connect::one(connection, &format!("PRAGMA {database}.user_version")).await?,
        schema: connect::column(connection, &schema).await?,
        rows,
    })
}

/// Puts the copy in the place of the plain file, which keeps a second name until it is swept.
pub(crate) fn take_place(file: &DatabaseFile, copy: &DatabaseFile) -> Result<(), StoreError> {
    if file.beside("-wal").exists() {
        // An older program, which knows no turns, opened the plain file after it was copied.
        return Err(StoreError::Busy);
    }
    // A kill may have left the second name. It is the plain file itself, so nothing of it may be wiped.
    let old = file.beside(OLD);
    remove_if_there(&old)?;
    // An index of a log that is no longer there.
    remove_if_there(&file.beside("-shm"))?;
    if let Err(error) = fs::hard_link(file.path(), &old) {
        tracing::warn!(%error, "the plain database cannot be overwritten, only removed");
    }
    fs::rename(copy.path(), file.path()).map_err(|error| StoreError::io(file.path(), error))?;
    connect::sync_folder_of(file.path())
}

/// Removes what an older program left plain, once the database is sealed. A sealed backup is made
/// before plain ones go.
///
/// # Errors
/// When something plain is still there; the next opening tries again.
pub(crate) async fn sweep(file: &DatabaseFile, connection: &DatabaseConnection) -> Result<(), StoreError> {
    let mut plain: Vec<PathBuf> = Vec::new();
    let beside = LITTER.iter().chain([&OLD]).map(|ending| file.beside(ending));
    for path in beside {
        if open::begins(&path)? == Beginning::Plain {
            plain.push(path);
        }
    }
    let backups = backup::plain(file)?;
    if !backups.is_empty() && backup::newest_sealed(file).await?.is_none() {
        backup::prepare(file, connection).await?.keep()?;
    }
    for path in plain.iter().chain(&backups) {
        wipe(path)?;
    }
    Ok(())
}

/// Overwrites a file with zeros and removes it.
fn wipe(path: &Path) -> Result<(), StoreError> {
    let overwrite = || {
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        let length = file.metadata()?.len();
        io::copy(&mut io::repeat(0).take(length), &mut file)?;
        file.sync_all()
    };
    overwrite().map_err(|error| StoreError::io(path, error))?;
    remove_if_there(path)?;
    connect::sync_folder_of(path)
}

fn remove_copy(copy: &DatabaseFile) -> Result<(), StoreError> {
    for path in [copy.path().to_owned(), copy.beside("-journal"), copy.beside("-wal"), copy.beside("-shm")] {
        remove_if_there(&path)?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::io(path, error)),
        _ => Ok(()),
    }
}
