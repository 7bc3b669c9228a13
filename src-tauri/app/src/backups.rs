//! Backups: the database and the vault's files of one moment, with the sums of all of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use holdfast_contract::{
    AuditKind, BackupInfo, BackupPreview, CheckBackup, Code, Event, Failure, GetStatus, ListBackups, MakeBackup,
    RestoreBackup, Status, Timestamp, Work,
};
use holdfast_core::Secret;
use holdfast_store::Store;
use holdfast_vault::SealedRecord;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, failure, paths, status, vault};

mod portable;

pub(crate) use portable::{check_source, check_target};
pub use portable::{export, import};

/// The database inside a backup's folder.
const DATABASE: &str = "holdfast.db";
const MANIFEST: &str = "manifest.json";
const VERSION: u32 = 1;

/// What a backup consists of, written beside it.
#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    program: String,
    files: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

/// Backups, newest first.
///
/// # Errors
/// When the vault is closed or the folder cannot be listed.
pub async fn list_backups(app: App, _: ListBackups) -> Result<Vec<BackupInfo>, Failure> {
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    let found = Store::backups(&app.places().store(), &key).await.explain()?;
    let infos = found.into_iter().map(|backup| info(&backup.path, backup.made_at, backup.reads));
    Ok(infos.collect())
}

/// Makes a backup now.
///
/// # Errors
/// When the vault is closed, or the disk does not take it. Then there is no new one.
pub async fn make_backup(app: App, _: MakeBackup) -> Result<BackupInfo, Failure> {
    make(&app).await
}

pub(crate) async fn make(app: &App) -> Result<BackupInfo, Failure> {
    let store = app.store()?;
    let made_at = crate::app::now();
    app.events().send(Event::Progress { work: Work::Backup, done: 0, total: 2 });
    let prepared = store.prepare_backup().await.explain()?;
    let folder = prepared.folder().to_owned();
    app.events().send(Event::Progress { work: Work::Backup, done: 1, total: 2 });
    let mut files: Vec<Listed> = app
        .vault()
        .backup_to(folder.clone())
        .await
        .explain()?
        .into_iter()
        .map(|file| Listed { name: file.name, bytes: file.bytes, sha256: hex(&file.sha256) })
        .collect();
    let listed = tokio::task::spawn_blocking(move || -> Result<PathBuf, std::io::Error> {
        let database = folder.join(DATABASE);
        files.push(Listed {
            name: DATABASE.to_owned(),
            bytes: fs::metadata(&database)?.len(),
            sha256: hex(&sum(&database)?),
        });
        let manifest = Manifest { version: VERSION, program: env!("CARGO_PKG_VERSION").to_owned(), files };
        let path = folder.join(MANIFEST);
        fs::write(&path, serde_json::to_vec_pretty(&manifest)?)?;
        File::open(&path)?.sync_all()?;
        Ok(path)
    });
    match listed.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(paths::unwritable(&app.places().data, &error)),
        Err(_) => return Err(failure::crashed()),
    }
    let database = prepared.keep().explain()?;
    app.events().send(Event::Progress { work: Work::Backup, done: 2, total: 2 });
    let made = info(&database, made_at, true);
    app.note_alone(Noted::new(AuditKind::BackupMade, app.actor()).subject(made.name.clone())).await?;
    Ok(made)
}

/// Restores a backup by way of trial, opens its keys, and throws it away.
///
/// # Errors
/// What a restore of it would say.
pub async fn check_backup(app: App, command: CheckBackup) -> Result<BackupPreview, Failure> {
    let preview = preview(&app, &command.name).await?;
    app.note_alone(Noted::new(AuditKind::BackupChecked, app.actor()).subject(command.name)).await?;
    Ok(preview)
}

async fn preview(app: &App, name: &str) -> Result<BackupPreview, Failure> {
    let database = database_of(app, name)?;
    let vault = app.open_vault().await.explain()?;
    let key = vault.database_key().await.explain()?;
    let folder = folder_of(&database);
    if let Some(folder) = &folder {
        vault.check_backup(folder.clone()).await.explain()?;
    }
    let found = Store::check_backup(&database, &key).await.explain()?;
    let scratch = Scratch::of(app, &database, &key).await?;
    let opened = opened_keys(app, &scratch.store).await;
    scratch.close().await?;
    let made_at = Store::backups(&app.places().store(), &key)
        .await
        .explain()?
        .into_iter()
        .find(|backup| backup.path == database)
        .map_or(0, |backup| backup.made_at);
    Ok(BackupPreview {
        backup: info(&database, made_at, true),
        conversations: found.conversations,
        messages: found.messages,
        keys: found.keys,
        opened_keys: opened?,
        newest_at: found.newest_message_at,
    })
}

/// How many keys of a database the vault opens.
async fn opened_keys(app: &App, store: &Store) -> Result<u64, Failure> {
    let mut opened = 0;
    for view in store.keys(0..0).await.explain()? {
        let Some(stored) = store.key(view.info.id).await.explain()? else { continue };
        let header = crate::app::header(view.info.id, &view.info.provider, stored.revision);
        if app.vault().unseal(&header, &SealedRecord(stored.sealed)).await.is_ok() {
            opened += 1;
        }
    }
    Ok(opened)
}

/// Puts a backup in the place of the database, of which a backup is made first.
///
/// # Errors
/// When the backup does not read or holds keys that this vault does not open. Then nothing is changed.
pub async fn restore_backup(app: App, command: RestoreBackup) -> Result<Status, Failure> {
    let found = preview(&app, &command.name).await?;
    if found.opened_keys < found.keys {
        return Err(Failure::new(
            Code::VaultDamaged,
            format!(
                "{} of the {} keys in this backup do not open with the vault as it is now.",
                found.keys - found.opened_keys,
                found.keys
            ),
        )
        .hint("Nothing was changed. Choose another backup."));
    }
    let database = database_of(&app, &command.name)?;
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    make(&app).await?;
    {
        let _one_at_a_time = app.inner().settling.lock().await;
        let store = app.store()?;
        app.stop_answers().await;
        app.close_store(&store).await;
        let path = app.places().store();
        let restored = Store::restore(&path, &key, &database).await;
        let failed = restored.as_ref().err().map(failure::of_store);
        match failed {
            None => app.take_store(restored).await,
            Some(failure) => {
                app.take_store(Store::open(&path, &key).await).await;
                return Err(failure);
            }
        }
    }
    // The log of the backup ends earlier than the vault's note says, and that is as it should be.
    app.anchor_anew(&app.store()?).await?;
    app.note_alone(Noted::new(AuditKind::BackupRestored, app.actor()).subject(command.name)).await?;
    app.events().send(Event::Lagged);
    status::get_status(app, GetStatus {}).await
}

/// The keys that wrap the records in all backups that open.
pub(crate) async fn keks(app: &App) -> Result<Vec<Uuid>, Failure> {
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    let mut found = Vec::new();
    for backup in Store::backups(&app.places().store(), &key).await.explain()? {
        if backup.reads {
            let scratch = Scratch::of(app, &backup.path, &key).await?;
            let of_backup = vault::keks(&scratch.store).await;
            scratch.close().await?;
            found.extend(of_backup?);
        }
    }
    Ok(found)
}

/// A copy of a backup's database, open, in a folder that goes with it.
struct Scratch {
    store: Store,
    folder: tempfile::TempDir,
}

impl Scratch {
    async fn of(app: &App, database: &Path, key: &Secret) -> Result<Self, Failure> {
        let data = &app.places().data;
        let folder = tempfile::Builder::new()
            .prefix(".trial-")
            .tempdir_in(data)
            .map_err(|error| paths::unwritable(data, &error))?;
        let copy = folder.path().join(DATABASE);
        fs::copy(database, &copy).map_err(|error| paths::unwritable(&copy, &error))?;
        let store = Store::open(&copy, key).await.explain()?;
        Ok(Self { store, folder })
    }

    async fn close(self) -> Result<(), Failure> {
        self.store.close().await.explain()?;
        self.folder.close().map_err(|error| Failure::new(Code::Disk, format!("A scratch folder stays: {error}.")))
    }
}

/// The database of a backup that the page named.
fn database_of(app: &App, name: &str) -> Result<PathBuf, Failure> {
    let gone = || Failure::new(Code::NotFound, "This backup is no longer there.");
    // A name is one step below the folder of backups and nothing else.
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        return Err(gone());
    }
    let path = app.places().backups().join(name);
    let database = if path.is_dir() { path.join(DATABASE) } else { path };
    if database.is_file() { Ok(database) } else { Err(gone()) }
}

/// The folder of a backup; none when it is a single file of an older program.
fn folder_of(database: &Path) -> Option<PathBuf> {
    (database.file_name()? == DATABASE).then(|| database.parent().map(Path::to_owned))?
}

fn info(database: &Path, made_at: Timestamp, reads: bool) -> BackupInfo {
    let folder = folder_of(database);
    let named = folder.as_deref().unwrap_or(database);
    let name = named.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let manifest = folder.as_deref().map(read_manifest);
    let (bytes, listed) = match manifest {
        Some(Some((bytes, holds))) => (bytes, holds),
        // A folder whose list is gone is not what was written.
        Some(None) => (size(database), false),
        None => (size(database), true),
    };
    BackupInfo { name, made_at, bytes, whole: reads && listed }
}

/// The bytes of all files that a backup lists, and whether they are there with their sums.
fn read_manifest(folder: &Path) -> Option<(u64, bool)> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()?;
    let holds = manifest.files.iter().all(|file| {
        let plain_name = !file.name.contains(['/', '\\']);
        plain_name && sum(&folder.join(&file.name)).is_ok_and(|found| hex(&found) == file.sha256)
    });
    Some((manifest.files.iter().map(|file| file.bytes).sum(), holds))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn sum(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut HashWriter(&mut hash))?;
    Ok(hash.finalize().into())
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
