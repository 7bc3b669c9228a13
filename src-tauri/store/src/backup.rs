use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use holdfast_contract::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::connect::{self, Access, DatabaseFile};
use crate::writer::Writers;
use crate::{Store, StoreError, open};

/// How many backups are kept.
const KEPT: usize = 5;
const TIME_FORMAT: &str = "%Y%m%dT%H%M%S%.3fZ";

/// A copy of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backup {
    pub(crate) path: PathBuf,
    pub(crate) made_at: Timestamp,
}

impl Store {
    /// Copies the database into the folder of backups, reads the copy, and removes the oldest ones.
    /// Reads and writes go on meanwhile.
    ///
    /// # Errors
    /// When the copy cannot be written or does not read; then there is none.
    pub async fn backup(&self) -> Result<PathBuf, StoreError> {
        if let Some(reason) = self.read_only() {
            return Err(StoreError::ReadOnly { detail: reason.to_owned() });
        }
        let connection = self.file().connect(Access::Copy).await?;
        let made = make(self.file(), &connection).await;
        connection.close().await?;
        made
    }

    /// Puts the newest backup that reads in the place of the database, which is kept beside it as
    /// `….damaged-<time>`, and opens it. A [`Store`] of the same file must be closed before.
    ///
    /// # Errors
    /// [`StoreError::NoBackup`], [`StoreError::Busy`] while a program has the database open, or when
    /// files cannot be written. The database is then as it was.
    pub async fn restore_backup(path: &Path) -> Result<Self, StoreError> {
        let file = DatabaseFile::new(path)?;
        let backup = newest(&file).await.ok_or_else(|| StoreError::NoBackup { path: file.path().to_owned() })?;
        if Writers::new(file.beside(".writers")).any_lives()? {
            return Err(StoreError::Busy);
        }
        let incoming = file.beside(".restoring");
        if let Err(error) = replace(&file, &backup, &incoming) {
            discard(&incoming);
            return Err(error);
        }
        Self::open(path).await
    }
}

/// The copy is whole and on the disk before anything is moved.
fn replace(file: &DatabaseFile, backup: &Backup, incoming: &Path) -> Result<(), StoreError> {
    let mut copy = connect::open_private_file(incoming)?;
    copy.set_len(0)
        .and_then(|()| fs::File::open(&backup.path))
        .and_then(|mut from| std::io::copy(&mut from, &mut copy))
        .and_then(|_| copy.sync_all())
        .map_err(|error| StoreError::io(incoming, error))?;
    put_aside(file)?;
    fs::rename(incoming, file.path()).map_err(|error| StoreError::io(file.path(), error))?;
    sync_folder_of(file.path())
}

/// Keeps what is there under another name. The log goes first: it must never be read with another
/// file than its own.
fn put_aside(file: &DatabaseFile) -> Result<(), StoreError> {
    let aside = file.at(file.beside(&format!(".damaged-{}", name_of_now())));
    for ending in ["-wal", "-shm"] {
        let from = file.beside(ending);
        match fs::rename(&from, aside.beside(ending)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io(&from, error)),
        }
    }
    // The name stays taken until the copy takes it over, so that no moment is without a database.
    match fs::hard_link(file.path(), aside.path()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => fs::copy(file.path(), aside.path()).map(drop).map_err(|error| StoreError::io(aside.path(), error)),
    }
}

/// The newest backup that reads.
pub(crate) async fn newest(file: &DatabaseFile) -> Option<Backup> {
    let backups = match list(file) {
        Ok(backups) => backups,
        Err(error) => {
            tracing::warn!(%error, "the backups cannot be listed");
            return None;
        }
    };
    for backup in backups {
        match read(file, &backup.path).await {
            Ok(()) => return Some(backup),
            Err(error) => tracing::warn!(%error, path = %backup.path.display(), "a backup does not read"),
        }
    }
    None
}

/// Copies the database through this connection, and reads the copy before it counts as one.
pub(crate) async fn make(file: &DatabaseFile, connection: &DatabaseConnection) -> Result<PathBuf, StoreError> {
    let folder = folder(file);
    connect::create_private_folder(&folder)?;
    let path = folder.join(format!("{}-{}.db", stem(file), name_of_now()));
    let partial = path.with_extension("partial");
    if let Err(error) = write(file, connection, &partial).await {
        discard(&partial);
        return Err(error);
    }
    fs::rename(&partial, &path).map_err(|error| StoreError::io(&path, error))?;
    sync_folder_of(&path)?;
    for old in list(file)?.into_iter().skip(KEPT) {
        fs::remove_file(&old.path).map_err(|error| StoreError::io(&old.path, error))?;
    }
    Ok(path)
}

/// Removes a copy that did not become whole.
fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "a copy that failed stays");
    }
}

async fn write(file: &DatabaseFile, connection: &DatabaseConnection, to: &Path) -> Result<(), StoreError> {
    // SQLite writes into an empty file that is there, so nobody else may read it from its first byte.
    let private = connect::open_private_file(to)?;
    let name = to.to_str().ok_or_else(|| StoreError::io(to, ErrorKind::InvalidFilename.into()))?;
    let vacuum =
        Statement::from_sql_and_values(connection.get_database_backend(), "VACUUM INTO ?", [name.to_owned().into()]);
    connection.execute_raw(vacuum).await?;
    private.sync_all().map_err(|error| StoreError::io(to, error))?;
    read(file, to).await
}

async fn read(file: &DatabaseFile, backup: &Path) -> Result<(), StoreError> {
    let copy = file.at(backup.to_owned());
    let connection = copy.connect(Access::Frozen).await?;
    let result = match open::inspect(&copy, &connection).await {
        Ok(_) => connect::quick_check(&connection).await,
        Err(error) => Err(error),
    };
    connection.close().await?;
    result
}

/// All backups, newest first.
pub(crate) fn list(file: &DatabaseFile) -> Result<Vec<Backup>, StoreError> {
    let folder = folder(file);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(&folder, error)),
    };
    let mut backups = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| StoreError::io(&folder, error))?.path();
        if let Some(made_at) = time_in_name(file, &path) {
            backups.push(Backup { path, made_at });
        }
    }
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.made_at));
    Ok(backups)
}

fn time_in_name(file: &DatabaseFile, backup: &Path) -> Option<Timestamp> {
    let name = backup.file_name()?.to_str()?;
    let time = name.strip_prefix(&stem(file))?.strip_prefix('-')?.strip_suffix(".db")?;
    let time = DateTime::strptime(TIME_FORMAT, time).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond())
}

fn name_of_now() -> String {
    jiff::Timestamp::now().strftime(TIME_FORMAT).to_string()
}

fn folder(file: &DatabaseFile) -> PathBuf {
    file.path().with_file_name("backups")
}

fn stem(file: &DatabaseFile) -> String {
    file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        Some(folder) => connect::sync_folder(folder),
        None => Ok(()),
    }
}
