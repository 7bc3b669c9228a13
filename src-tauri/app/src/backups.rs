//! Backups: the database and the vault's files of one moment, with the sums of all of them.

use std::fs;
use std::path::Path;

use holdfast_contract::{
    AuditKind, BackupContents, BackupInfo, BackupPreview, BackupVault, CheckBackup, Code, Event, Failure, ListBackups,
    MakeBackup, Work,
};
use holdfast_core::Secret;
use holdfast_store::Store;
use holdfast_vault::{SealedRecord, ways_of_backup};
use uuid::Uuid;

use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, failure, paths, vault};

mod generation;
mod portable;
mod restore;

use generation::{Listed, Manifest, database_of, folder_of, info};

pub(crate) use generation::newest_with_vault;
pub(crate) use portable::{check_source, check_target};
pub use portable::{export, import};
pub use restore::restore_backup;
pub(crate) use restore::{Restored, finish_restore, gap, note_restore, restore_vault};

/// The database inside a backup's folder.
const DATABASE: &str = "holdfast.db";

/// Backups, newest first.
///
/// # Errors
/// When the vault is closed or the folder cannot be listed.
pub async fn list_backups(app: App, _: ListBackups) -> Result<Vec<BackupInfo>, Failure> {
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    let found = Store::backups(&app.places().store(), &key).await.explain()?;
    let mut infos = Vec::with_capacity(found.len());
    for backup in found {
        infos.push(info(backup.path, backup.reads).await?);
    }
    Ok(infos)
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
    app.events().send(Event::Progress { work: Work::Backup, done: 0, total: 2 });
    let prepared = store.prepare_backup().await.explain()?;
    let folder = prepared.folder().to_owned();
    app.events().send(Event::Progress { work: Work::Backup, done: 1, total: 2 });
    let files = app.vault().backup_to(folder.clone()).await.explain()?;
    let files = files.into_iter().map(|file| Listed::new(file.name, file.bytes, &file.sha256)).collect();
    let listed = tokio::task::spawn_blocking(move || Manifest::write(&folder, files));
    match listed.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(paths::unwritable(&app.places().data, &error)),
        Err(_) => return Err(failure::crashed()),
    }
    let database = prepared.keep().explain()?;
    app.events().send(Event::Progress { work: Work::Backup, done: 2, total: 2 });
    let made = info(database, true).await?;
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

/// Looks into a backup, and says what would become of the vault.
async fn preview(app: &App, name: &str) -> Result<BackupPreview, Failure> {
    let database = database_of(app, name)?;
    let backup = info(database.clone(), true).await?;
    let vault = app.open_vault().await.explain()?;
    let key = vault.database_key().await.explain()?;
    let folder = folder_of(&database);
    // A copy of the vault that reads, and that nobody changed, is of another time or vault at most.
    let ways = folder.as_deref().filter(|_| backup.whole).and_then(|folder| ways_of_backup(folder).ok());
    let is_ours = match &folder {
        Some(folder) => match vault.check_backup(folder.clone()).await {
            Ok(()) => true,
            Err(_) if ways.is_some() => false,
            Err(error) => return Err(failure::of_vault(&error)),
        },
        None => true,
    };
    let (contents, vault) = match (contents(app, &database, &key).await, ways) {
        (Ok(contents), Some(ways)) if contents.opened_keys < contents.keys => {
            (Some(contents), BackupVault::GoesBack { ways })
        }
        (Ok(contents), _) => (Some(contents), BackupVault::Stays),
        // Sealed by another vault. Its files are what was listed, so it is not damaged.
        (Err(failure), Some(ways)) if failure.code == Code::StoreDamaged && !is_ours => {
            (None, BackupVault::GoesBack { ways })
        }
        (Err(failure), _) => return Err(failure),
    };
    Ok(BackupPreview { backup, contents, vault })
}

async fn contents(app: &App, database: &Path, key: &Secret) -> Result<BackupContents, Failure> {
    let found = Store::check_backup(database, key).await.explain()?;
    let scratch = Scratch::of(app, database, key).await?;
    let opened = opened_keys(app, &scratch.store).await;
    scratch.close().await?;
    Ok(BackupContents {
        conversations: found.conversations,
        messages: found.messages,
        keys: found.keys,
        opened_keys: opened?.opened,
        newest_at: found.newest_message_at,
    })
}

/// How many keys a database has, and how many of them the vault opens.
struct Opened {
    keys: u64,
    opened: u64,
}

async fn opened_keys(app: &App, store: &Store) -> Result<Opened, Failure> {
    let mut found = Opened { keys: 0, opened: 0 };
    for view in store.keys(0..0).await.explain()? {
        let Some(stored) = store.key(view.info.id).await.explain()? else { continue };
        found.keys += 1;
        let header = crate::app::header(view.info.id, &view.info.provider, stored.revision);
        if app.vault().unseal(&header, &SealedRecord(stored.sealed)).await.is_ok() {
            found.opened += 1;
        }
    }
    Ok(found)
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
