//! Backups: one folder for each, named by its time, with the database inside and whatever the program
//! puts beside it. Each is read back before it counts as one. Older programs made single files; those
//! are still found.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use holdfast_contract::Timestamp;
use holdfast_core::Secret;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::connect::{self, Access, DatabaseFile};
use crate::open::{self, Beginning};
use crate::writer::Writers;
use crate::{Store, StoreError};

mod unread;

/// How many backups are kept.
const KEPT: usize = 5;
const TIME_FORMAT: &str = "%Y%m%dT%H%M%S%.3fZ";
const PARTIAL: &str = "partial";
/// A copy that was begun longer ago than this is one that a killed program left.
const ABANDONED_MS: Timestamp = 60 * 60 * 1_000;

/// A copy of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The database in it.
    pub path: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its size.
    pub bytes: u64,
    /// Whether it opens with the key and its structure is whole.
    pub reads: bool,
}

/// What is in a backup, as it came out of a trial restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupContents {
    /// Conversations that are not deleted.
    pub conversations: u64,
    /// Messages of all conversations.
    pub messages: u64,
    /// Keys that are not deleted.
    pub keys: u64,
    /// When the newest message was begun.
    pub newest_message_at: Option<Timestamp>,
}

/// A backup whose database is written and read back, and which is none until it is kept. The program
/// may put more files into its folder first.
#[derive(Debug)]
#[must_use = "a backup that is not kept is removed"]
pub struct PreparedBackup {
    file: DatabaseFile,
    partial: Option<PathBuf>,
    folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) made_at: Timestamp,
}

impl Store {
    /// Copies the database into a folder of its own among the backups and reads the copy. Reads and
    /// writes go on meanwhile.
    ///
    /// # Errors
    /// When the copy cannot be written or does not read; then there is none.
    pub async fn prepare_backup(&self) -> Result<PreparedBackup, StoreError> {
        if let Some(reason) = self.read_only() {
            return Err(StoreError::ReadOnly { detail: reason.to_owned() });
        }
        let connection = self.file().connect(Access::Copy).await?;
        let prepared = prepare(self.file(), &connection).await;
        connection.close().await?;
        prepared
    }

    /// Makes a backup of the database alone, and says where it is.
    ///
    /// # Errors
    /// When the copy cannot be written or does not read; then there is none.
    pub async fn backup(&self) -> Result<PathBuf, StoreError> {
        self.prepare_backup().await?.keep()
    }

    /// All backups of a database, newest first. Each is read whole.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub async fn backups(path: &Path, key: &Secret) -> Result<Vec<Backup>, StoreError> {
        let file = DatabaseFile::new(path, key)?;
        let mut backups = Vec::new();
        for Found { path, made_at } in list(&file)? {
            let bytes = fs::metadata(&path).map_err(|error| StoreError::io(&path, error))?.len();
            let reads = reads(&file, &path).await;
            backups.push(Backup { path, made_at, bytes, reads });
        }
        Ok(backups)
    }

    /// When the newest backup of a database that reads was made.
    pub async fn newest_backup(path: &Path, key: &Secret) -> Option<Timestamp> {
        let file = DatabaseFile::new(path, key).ok()?;
        newest(&file).await.map(|backup| backup.made_at)
    }

    /// Restores a backup into a scratch folder beside it, opens it there as a restore would, reads it
    /// whole and says what is in it. The database in use is not touched.
    ///
    /// # Errors
    /// What a restore of this backup would say.
    pub async fn check_backup(backup: &Path, key: &Secret) -> Result<BackupContents, StoreError> {
        let scratch = Scratch::beside(backup)?;
        let path = scratch.folder.join("holdfast.db");
        copy_private(backup, &path)?;
        let store = Self::open(&path, key).await?;
        let contents = contents(&store).await;
        store.close().await?;
        contents
    }

    /// Puts a backup in the place of the database, which is kept beside it as `….damaged-<time>`, and
    /// opens it. A [`Store`] of the same file must be closed before.
    ///
    /// # Errors
    /// When the backup does not read, [`StoreError::Busy`] while a program has the database open, or
    /// when files cannot be written. The database is then as it was.
    pub async fn restore(path: &Path, key: &Secret, backup: &Path) -> Result<Self, StoreError> {
        let file = DatabaseFile::new(path, key)?;
        read(&file, backup).await?;
        let writers = Writers::of(&file);
        let turn = writers.turns()?.take().await?;
        if writers.any_lives()? {
            return Err(StoreError::Busy);
        }
        let incoming = file.beside(".restoring");
        if let Err(error) = replace(&file, backup, &incoming) {
            discard(&incoming);
            return Err(error);
        }
        drop(turn);
        Self::open(path, key).await
    }

    /// Restores the newest backup that reads.
    ///
    /// # Errors
    /// [`StoreError::NoBackup`], else as [`Store::restore`].
    pub async fn restore_newest(path: &Path, key: &Secret) -> Result<Self, StoreError> {
        let file = DatabaseFile::new(path, key)?;
        let backup = newest(&file).await.ok_or_else(|| StoreError::NoBackup { path: file.path().to_owned() })?;
        Self::restore(path, key, &backup.path).await
    }
}

impl PreparedBackup {
    /// Where more files may be put. They count with the database as one backup.
    pub fn folder(&self) -> &Path {
        self.partial.as_deref().unwrap_or(&self.folder)
    }

    /// Makes it a backup, removes the oldest ones, and says where its database is.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn keep(mut self) -> Result<PathBuf, StoreError> {
        if let Some(partial) = &self.partial {
            connect::sync_folder(partial)?;
            fs::rename(partial, &self.folder).map_err(|error| StoreError::io(&self.folder, error))?;
        }
        self.partial = None;
        connect::sync_folder_of(&self.folder)?;
        for old in list(&self.file)?.into_iter().skip(KEPT) {
            remove(&self.file, &old)?;
        }
        Ok(self.folder.join(name(&self.file)))
    }
}

impl Drop for PreparedBackup {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            discard_folder(partial);
        }
    }
}

/// A folder that goes with its use.
struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    fn beside(backup: &Path) -> Result<Self, StoreError> {
        let folder = backup.with_file_name(format!("{}.checking-{}", name_of_now(), uuid::Uuid::new_v4()));
        connect::create_private_folder(&folder)?;
        Ok(Self { folder })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        discard_folder(&self.folder);
    }
}

async fn contents(store: &Store) -> Result<BackupContents, StoreError> {
    store.check().await?;
    let readers = store.readers();
    let conversations = "SELECT count(*) FROM conversation WHERE deleted_at IS NULL";
    let keys = "SELECT count(*) FROM sealed_key WHERE deleted_at IS NULL";
    Ok(BackupContents {
        conversations: connect::one::<_, i64>(readers, conversations).await?.unsigned_abs(),
        messages: connect::one::<_, i64>(readers, "SELECT count(*) FROM message").await?.unsigned_abs(),
        keys: connect::one::<_, i64>(readers, keys).await?.unsigned_abs(),
        newest_message_at: connect::one(readers, "SELECT max(created_at) FROM message").await?,
    })
}

/// The copy is whole and on the disk before anything is moved.
fn replace(file: &DatabaseFile, backup: &Path, incoming: &Path) -> Result<(), StoreError> {
    copy_private(backup, incoming)?;
    put_aside(file)?;
    fs::rename(incoming, file.path()).map_err(|error| StoreError::io(file.path(), error))?;
    connect::sync_folder_of(file.path())
}

fn copy_private(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut copy = connect::open_private_file(to)?;
    copy.set_len(0)
        .and_then(|()| fs::File::open(from))
        .and_then(|mut from| std::io::copy(&mut from, &mut copy))
        .and_then(|_| copy.sync_all())
        .map_err(|error| StoreError::io(to, error))
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
pub(crate) async fn newest(file: &DatabaseFile) -> Option<Found> {
    let backups = match list(file) {
        Ok(backups) => backups,
        Err(error) => {
            tracing::warn!(%error, "the backups cannot be listed");
            return None;
        }
    };
    for backup in backups {
        if reads(file, &backup.path).await {
            return Some(backup);
        }
    }
    None
}

/// The newest backup that is sealed and reads.
pub(crate) async fn newest_sealed(file: &DatabaseFile) -> Result<Option<Found>, StoreError> {
    for backup in list(file)? {
        if open::begins(&backup.path)? == Beginning::Unreadable && reads(file, &backup.path).await {
            return Ok(Some(backup));
        }
    }
    Ok(None)
}

/// The files among the backups that are not sealed, whole or not.
pub(crate) fn plain(file: &DatabaseFile) -> Result<Vec<PathBuf>, StoreError> {
    let mut plain = Vec::new();
    for path in entries(file)? {
        for path in [path.join(name(file)), path] {
            if path.is_file() && open::begins(&path)? == Beginning::Plain {
                plain.push(path);
            }
        }
    }
    Ok(plain)
}

/// Copies the database through this connection, and reads the copy.
pub(crate) async fn prepare(
    file: &DatabaseFile,
    connection: &DatabaseConnection,
) -> Result<PreparedBackup, StoreError> {
    for left in entries(file)? {
        if time_of_left(&left).is_some_and(|at| at < jiff::Timestamp::now().as_millisecond() - ABANDONED_MS) {
            discard_folder(&left);
        }
    }
    let folder = folder(file).join(name_of_now());
    let partial = folder.with_added_extension(PARTIAL);
    connect::create_private_folder(&partial)?;
    let prepared = PreparedBackup { file: file.clone(), partial: Some(partial.clone()), folder };
    write(file, connection, &partial.join(name(file))).await?;
    Ok(prepared)
}

async fn write(file: &DatabaseFile, connection: &DatabaseConnection, to: &Path) -> Result<(), StoreError> {
    // SQLite writes into an empty file that is there, so nobody else may read it from its first byte.
    let private = connect::open_private_file(to)?;
    let path = to.to_str().ok_or_else(|| StoreError::io(to, ErrorKind::InvalidFilename.into()))?;
    // The copy is sealed with the key of the connection.
    let vacuum =
        Statement::from_sql_and_values(connection.get_database_backend(), "VACUUM INTO ?", [path.to_owned().into()]);
    connection.execute_raw(vacuum).await?;
    private.sync_all().map_err(|error| StoreError::io(to, error))?;
    read(file, to).await
}

async fn reads(file: &DatabaseFile, backup: &Path) -> bool {
    match read(file, backup).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, path = %backup.display(), "a backup does not read");
            false
        }
    }
}

async fn read(file: &DatabaseFile, backup: &Path) -> Result<(), StoreError> {
    let mut copy = file.at(backup.to_owned());
    match open::begins(backup)? {
        Beginning::Nothing => return Err(StoreError::NoBackup { path: backup.to_owned() }),
        Beginning::Nonsense => return Err(open::nonsense()),
        Beginning::Plain => copy = copy.plain(),
        Beginning::Unreadable => {}
    }
    let connection = copy.connect(Access::Frozen).await?;
    let result = match open::inspect(&copy, &connection).await {
        Ok(_) => connect::quick_check(&connection).await,
        Err(error) => Err(error),
    };
    connection.close().await?;
    result
}

/// All backups, newest first.
pub(crate) fn list(file: &DatabaseFile) -> Result<Vec<Found>, StoreError> {
    let mut backups: Vec<Found> = entries(file)?.into_iter().filter_map(|path| found(file, path)).collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.made_at));
    Ok(backups)
}

fn entries(file: &DatabaseFile) -> Result<Vec<PathBuf>, StoreError> {
    let folder = folder(file);
    let unreadable = |error| StoreError::io(&folder, error);
    match fs::read_dir(&folder) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
    }
}

fn found(file: &DatabaseFile, entry: PathBuf) -> Option<Found> {
    let entry_name = entry.file_name()?.to_str()?;
    if let Some(made_at) = time(entry_name) {
        let path = entry.join(name(file));
        return path.is_file().then_some(Found { path, made_at });
    }
    let single = entry_name.strip_prefix(&stem(file))?.strip_prefix('-')?.strip_suffix(".db")?;
    Some(Found { made_at: time(single)?, path: entry })
}

/// When a folder was begun that did not become a backup, or whose check did not end.
fn time_of_left(entry: &Path) -> Option<Timestamp> {
    let (at, what) = entry.file_name()?.to_str()?.split_once("Z.")?;
    (what == PARTIAL || what.starts_with("checking-")).then(|| time(&format!("{at}Z"))).flatten()
}

fn time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime(TIME_FORMAT, text).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond())
}

/// A folder loses its name first, so that half of one is never taken for a backup.
fn remove(file: &DatabaseFile, backup: &Found) -> Result<(), StoreError> {
    let refused = |error| StoreError::io(&backup.path, error);
    match backup.path.parent().filter(|parent| *parent != folder(file)) {
        None => fs::remove_file(&backup.path).map_err(refused),
        Some(parent) => {
            let going = parent.with_added_extension(PARTIAL);
            fs::rename(parent, &going).and_then(|()| fs::remove_dir_all(&going)).map_err(refused)
        }
    }
}

/// Removes a copy that did not become whole.
fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "a copy that failed stays");
    }
}

fn discard_folder(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "a copy that is not needed stays");
    }
}

fn name_of_now() -> String {
    jiff::Timestamp::now().strftime(TIME_FORMAT).to_string()
}

fn folder(file: &DatabaseFile) -> PathBuf {
    file.path().with_file_name("backups")
}

/// The database's name, in a backup too.
fn name(file: &DatabaseFile) -> PathBuf {
    file.path().file_name().unwrap_or_default().into()
}

fn stem(file: &DatabaseFile) -> String {
    file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
