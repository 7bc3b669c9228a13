//! The one place where connections are made, and why two programs on one file are safe.
//!
//! The SQLite inside SQLCipher 4.10 is 3.50.4. Up to 3.51.2 SQLite has a race between a connection that
//! writes and another one that folds the log into the file (a checkpoint), and it can damage the
//! database. It cannot happen here, because no two connections ever do the two at once:
//!
//! - A checkpoint is made by a connection that writes, inside the `COMMIT` that found the log long
//!   (`wal_autocheckpoint`). All other connections have that set to 0, and none asks for a checkpoint.
//! - Whoever writes has the turn ([`crate::turn`]) from before `BEGIN` until after `COMMIT`, checkpoint
//!   included. The turn is a lock on a file, so it holds between programs too, and it is given back by
//!   a task of its own, which a cancelled caller does not cancel.
//! - SQLite also folds the log in when the last connection of all closes. It does so under an exclusive
//!   lock on the database file, of which every connection that has read holds a shared one: then there
//!   is no other connection, and none can begin.
//!
//! So a version from [`ACCEPTED_SQLITE`] on is accepted.
//!
//! The file is sealed by SQLCipher with a raw key: no byte of it is readable, and there is no header by
//! which a wrong key is told from a damaged file. SQLCipher keeps the key in memory that it wipes when
//! the connection closes; the pool's copy of the options is freed then, without being wiped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::Secret;
use sea_orm::sqlx::query;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};

use crate::StoreError;

/// How long a connection waits for another one's lock.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How long a write of this program waits for another one of it.
const QUEUE: Duration = Duration::from_secs(15);
const READERS: u32 = 3;
/// So many rows SQLite's thread finds before it waits for who reads them. All of an answer are held in
/// the end, and each wait costs a change of threads, which takes long on a busy computer.
const ROWS: usize = 8192;
/// The log is cut back to this after a checkpoint.
const LOG_BYTES: &str = "67108864";

/// The SQLite of SQLCipher 4.10; see above.
const ACCEPTED_SQLITE: (u32, u32, u32) = (3, 50, 4);
const ACCEPTED_SQLITE_TEXT: &str = "3.50.4";

/// Hexadecimal digits of a key: 256 bits.
const KEY_DIGITS: usize = 64;

/// The file of a database, and all that is needed to open it.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    /// As SQLCipher takes it. `None`: a plain file of an older program.
    key: Option<Arc<Secret>>,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The one that writes and folds the log into the file.
    Write,
    /// Those that read beside it.
    Read,
    /// One that copies the database into another file.
    Copy,
    /// Reading a file that cannot or must not be written, with its log.
    ReadOnly,
    /// Reading a file without a log. Nothing is made beside it, not even a lock.
    Frozen,
}

impl DatabaseFile {
    pub(crate) fn new(path: &Path, key: &Secret) -> Result<Self, StoreError> {
        let digits = key.expose();
        if digits.len() != KEY_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(StoreError::BadKey);
        }
        // Absolute, because SQLite takes a name that begins with `file:` for an address.
        let path = std::path::absolute(path).map_err(|error| StoreError::io(path, error))?;
        Ok(Self { path, key: Some(Arc::new(Secret::new(format!("x'{digits}'")))) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Another file that opens the same way.
    pub(crate) fn at(&self, path: PathBuf) -> Self {
        Self { path, key: self.key.clone() }
    }

    /// The same file, as one that is not sealed.
    pub(crate) fn plain(&self) -> Self {
        Self { path: self.path.clone(), key: None }
    }

    /// The file beside it with this ending, for instance `-wal`.
    pub(crate) fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    /// Bytes of the log that are not in the file yet.
    pub(crate) fn log_bytes(&self) -> Result<u64, StoreError> {
        let log = self.beside("-wal");
        match fs::metadata(&log) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(StoreError::io(&log, error)),
        }
    }

    pub(crate) async fn connect(&self, access: Access) -> Result<DatabaseConnection, StoreError> {
        // Before SQLCipher does: begun like this, OpenSSL stays whole until the process is gone, because
        // connections are closed by threads of their own, which the end of a program does not wait for.
        openssl_sys::init();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match Database::connect(self.options(access)).await.map_err(StoreError::from) {
                // SQLite does not wait for the lock it needs to begin the log of a new file.
                Err(StoreError::Busy) if tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                result => return result,
            }
        }
    }

    fn options(&self, access: Access) -> ConnectOptions {
        let mut options = ConnectOptions::new("sqlite:");
        options
            .max_connections(if matches!(access, Access::Read | Access::ReadOnly) { READERS } else { 1 })
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(QUEUE)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .record_stmt_in_spans(false);
        // SQLCipher never forgives a connection that met a damaged page. What is whole still reads, by a
        // new one.
        options.map_sqlx_sqlite_pool_opts(|options| {
            options.before_acquire(|connection, _| {
                Box::pin(async move {
                    Ok(query("SELECT 1 FROM sqlite_schema LIMIT 1").fetch_optional(connection).await.is_ok())
                })
            })
        });
        let (path, key) = (self.path.clone(), self.key.clone());
        options.map_sqlx_sqlite_opts(move |options| {
            let options = match &key {
                Some(key) => options.pragma("key", format!("\"{}\"", key.expose())),
                None => options,
            };
            pragmas(options.filename(&path), access)
        });
        options
    }
}

fn pragmas(options: SqliteConnectOptions, access: Access) -> SqliteConnectOptions {
    let options = options
        .busy_timeout(PATIENCE)
        .row_buffer_size(ROWS)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .pragma("fullfsync", "ON")
        .pragma("secure_delete", "ON")
        .pragma("trusted_schema", "OFF")
        // SQLCipher would write to standard error what is an error of the store already.
        .pragma("cipher_log_level", "NONE");
    match access {
        Access::Write => options.journal_mode(SqliteJournalMode::Wal).pragma("journal_size_limit", LOG_BYTES),
        Access::Read => options.pragma("wal_autocheckpoint", "0").pragma("query_only", "ON"),
        Access::Copy => options.pragma("wal_autocheckpoint", "0"),
        Access::ReadOnly => options.read_only(true),
        Access::Frozen => options.read_only(true).immutable(true),
    }
}

/// Refuses an SQLite that can damage a database.
pub(crate) async fn check_version(connection: &DatabaseConnection) -> Result<(), StoreError> {
    let found: String = one(connection, "SELECT sqlite_version()").await?;
    let mut numbers = found.split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    if (next(), next(), next()) < ACCEPTED_SQLITE {
        return Err(StoreError::OldSqlite { found, needed: ACCEPTED_SQLITE_TEXT });
    }
    Ok(())
}

/// Reads every page and holds the structure of the file against itself.
pub(crate) async fn quick_check<C: ConnectionTrait>(connection: &C) -> Result<(), StoreError> {
    whole(&column::<_, String>(connection, "PRAGMA quick_check(5)").await?)
}

/// Reads every page, and holds each index against its table too.
pub(crate) async fn integrity_check<C: ConnectionTrait>(connection: &C) -> Result<(), StoreError> {
    whole(&column::<_, String>(connection, "PRAGMA integrity_check(5)").await?)
}

fn whole(findings: &[String]) -> Result<(), StoreError> {
    if findings == ["ok"] {
        return Ok(());
    }
    Err(StoreError::Damaged { detail: findings.join("; "), backup: None })
}

/// Looks for rows that belong to nothing.
pub(crate) async fn foreign_key_check<C: ConnectionTrait>(connection: &C) -> Result<(), StoreError> {
    let tables: Vec<String> = column(connection, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check").await?;
    if tables.is_empty() {
        return Ok(());
    }
    Err(StoreError::Damaged { detail: format!("rows of {} belong to nothing", tables.join(", ")), backup: None })
}

/// The values of the first column.
pub(crate) async fn column<C, T>(connection: &C, sql: &str) -> Result<Vec<T>, StoreError>
where
    C: ConnectionTrait,
    T: sea_orm::TryGetable,
{
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    let values: Result<Vec<T>, DbErr> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    Ok(values?)
}

/// The value of a statement that always has one.
pub(crate) async fn one<C, T>(connection: &C, sql: &str) -> Result<T, StoreError>
where
    C: ConnectionTrait,
    T: sea_orm::TryGetable,
{
    column(connection, sql).await?.pop().ok_or_else(|| StoreError::row(format!("nothing for {sql}")))
}

/// Makes a folder that only its owner may enter, with the folders above it.
pub(crate) fn create_private_folder(path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| StoreError::io(path, error))
}

/// Opens a file for writing that only its owner may read, and makes it if it is missing.
pub(crate) fn open_private_file(path: &Path) -> Result<fs::File, StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| StoreError::io(path, error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(|error| StoreError::io(path, error))?.permissions().mode();
        if mode & 0o077 != 0
            && let Err(error) = file.set_permissions(fs::Permissions::from_mode(0o600))
        {
            tracing::warn!(%error, path = %path.display(), "others may read the database");
        }
    }
    Ok(file)
}

/// Makes names that were just made or changed beside a file last through a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Makes names that were just made or changed in a folder last through a power cut.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| StoreError::io(path, error))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
