//! A backup takes the place of what is there: its database alone, where the vault opens all of it; vault
//! and database together, where the backup belongs to an earlier vault; or the vault alone, where that
//! does not read any more.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use holdfast_contract::{
    AuditKind, BackupInfo, BackupVault, Code, Event, Failure, GetStatus, RestoreBackup, Status, VaultGap,
};
use holdfast_store::Store;

use super::{DATABASE, Opened, generation, make, opened_keys, preview};
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, app, failure, paths, status};

/// A whole copy of the backup that takes the place of everything. While it has this name, that is to be
/// finished, now or at the next start.
const RESTORING: &str = "restoring";
/// The same before it is whole, and after it is done with.
const PARTIAL: &str = "restoring.partial";

/// A backup whose copy of the vault was put back, until it is clear what that vault opens.
#[derive(Clone, Debug)]
pub(crate) struct Restored {
    backup: BackupInfo,
    with_database: bool,
    noted: bool,
}

/// Puts a backup in the place of what is there, of which a backup is made first.
///
/// # Errors
/// When the backup does not read, or the vault would have to go back with it and may not. Then nothing
/// is changed.
pub async fn restore_backup(app: App, command: RestoreBackup) -> Result<Status, Failure> {
    let found = preview(&app, &command.name).await?;
    match (found.vault, command.with_vault) {
        (BackupVault::GoesBack { .. }, true) => restore_all(&app, found.backup).await?,
        (BackupVault::GoesBack { .. }, false) => {
            let failure = "This backup belongs to an earlier state of the vault, which does not open with it.";
            return Err(Failure::new(Code::VaultDamaged, failure)
                .hint("Nothing was changed. Restore the vault together with it, or choose another backup."));
        }
        (BackupVault::Stays, true) => {
            return Err(Failure::new(Code::BadRequest, "The vault as it is opens this backup, so it stays.")
                .hint("Nothing was changed. Restore the backup without the vault."));
        }
        (BackupVault::Stays, false) => {
            if let Some(contents) = found.contents.filter(|contents| contents.opened_keys < contents.keys) {
                return Err(Failure::new(
                    Code::VaultDamaged,
                    format!(
                        "{} of the {} keys in this backup do not open with the vault as it is now.",
                        contents.keys - contents.opened_keys,
                        contents.keys
                    ),
                )
                .hint("Nothing was changed. Choose another backup."));
            }
            restore_database(&app, command.name).await?;
        }
    }
    app.events().send(Event::Lagged);
    status::get_status(app, GetStatus {}).await
}

async fn restore_database(app: &App, name: String) -> Result<(), Failure> {
    let database = generation::database_of(app, &name)?;
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    // A copy, because the backup that is made first may push the oldest one out, which may be this one.
    let data = app.places().data.clone();
    let folder = tempfile::Builder::new()
        .prefix(".trial-")
        .tempdir_in(&data)
        .map_err(|error| paths::unwritable(&data, &error))?;
    let copy = folder.path().join(DATABASE);
    copied(database, copy.clone()).await?;
    make(app).await?;
    {
        let _one_at_a_time = app.inner().settling.lock().await;
        let store = app.store()?;
        app.stop_answers().await;
        app.close_store(&store).await;
        let path = app.places().store();
        match Store::restore(&path, &key, &copy).await {
            Ok(restored) => app.take_store(Ok(restored)).await,
            Err(error) => {
                app.take_store(Store::open(&path, &key).await).await;
                return Err(failure::of_store(&error));
            }
        }
    }
    // The log of the backup ends earlier than the vault's note says, and that is as it should be.
    app.anchor_anew(&app.store()?).await?;
    app.note_alone(Noted::new(AuditKind::BackupRestored, app.actor()).subject(name)).await
}

async fn copied(from: PathBuf, to: PathBuf) -> Result<(), Failure> {
    let copying = move || generation::copy_private(&from, &to).map_err(|error| paths::unwritable(&to, &error));
    tokio::task::spawn_blocking(copying).await.map_err(|_| failure::crashed())?
}

/// Puts vault and database of a backup back. The vault is closed then: what opened it when the backup was
/// made opens it again.
async fn restore_all(app: &App, backup: BackupInfo) -> Result<(), Failure> {
    stage(app, &backup.name).await?;
    let before = make(app).await?;
    {
        let one_at_a_time = app.inner().settling.lock().await;
        let store = app.store()?;
        app.stop_answers().await;
        app.close_store(&store).await;
        if let Err(failure) = put_all_back(app, &before).await {
            drop(one_at_a_time);
            app.settle().await;
            return Err(failure);
        }
        app.set_restored(Some(Restored { backup, with_database: true, noted: false }));
    }
    // Nobody asked for it to stay closed, so the keychain may open it.
    app.inner().closed_by_user.store(false, Ordering::Relaxed);
    app.unlock_by_itself().await;
    Ok(())
}

/// Copies a backup whole, so that what follows can be finished after a kill.
async fn stage(app: &App, name: &str) -> Result<(), Failure> {
    let database = generation::database_of(app, name)?;
    let partial = app.places().data.join(PARTIAL);
    let staging = move || {
        let unwritable = |error| paths::unwritable(&partial, &error);
        let folder = generation::folder_of(&database).ok_or_else(|| {
            Failure::new(Code::NotFound, "This backup has no copy of the vault.").hint("Choose another backup.")
        })?;
        remove_folder(&partial).map_err(unwritable)?;
        create_private_folder(&partial).map_err(unwritable)?;
        generation::copy(&folder, &partial).and_then(|()| sync(&partial)).map_err(unwritable)
    };
    tokio::task::spawn_blocking(staging).await.map_err(|_| failure::crashed())?
}

/// From the moment at which the staged copy gets its name, either all of it takes its place or nothing.
async fn put_all_back(app: &App, before: &BackupInfo) -> Result<(), Failure> {
    let data = &app.places().data;
    let (partial, whole) = (data.join(PARTIAL), data.join(RESTORING));
    rename(&partial, &whole)?;
    let place = app.places().store();
    if let Err(error) = Store::put_unread(&place, &whole.join(DATABASE)).await {
        done_with(app)?;
        return Err(failure::of_store(&error));
    }
    if let Err(error) = app.vault().restore_from(whole).await {
        // The vault stays as it was, and so must the database, of which a backup was just made.
        let present = app.places().backups().join(&before.name).join(DATABASE);
        Store::put_unread(&place, &present).await.explain()?;
        done_with(app)?;
        return Err(failure::of_vault(&error));
    }
    done_with(app)
}

/// Finishes what a killed program began. The vault must not be open yet.
///
/// # Errors
/// When another program is at work or a disk is full; the next start tries again.
pub(crate) async fn finish_restore(app: &App) -> Result<(), Failure> {
    let whole = app.places().data.join(RESTORING);
    if !whole.is_dir() {
        return Ok(());
    }
    Store::put_unread(&app.places().store(), &whole.join(DATABASE)).await.explain()?;
    app.vault().restore_from(whole).await.explain()?;
    tracing::info!("a restore that was interrupted was finished");
    done_with(app)
}

fn done_with(app: &App) -> Result<(), Failure> {
    let data = &app.places().data;
    let partial = data.join(PARTIAL);
    rename(&data.join(RESTORING), &partial)?;
    remove_folder(&partial).map_err(|error| paths::unwritable(&partial, &error))
}

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::rename(from, to).and_then(|()| to.parent().map_or(Ok(()), sync)).map_err(|error| paths::unwritable(to, &error))
}

fn remove_folder(path: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn create_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes names that were just made or changed in a folder last through a power cut.
fn sync(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Puts the vault of the newest backup that reads in the place of one that does not. All that was there
/// is kept in a folder of its own. The database stays.
///
/// # Errors
/// When there is no such backup, or a disk is full; the vault is then as it was.
pub(crate) async fn restore_vault(app: &App) -> Result<(), Failure> {
    let backup = generation::newest_with_vault(app).await?.ok_or_else(|| {
        Failure::new(Code::VaultDamaged, "There is no backup in which the vault reads.")
            .hint("Nothing was changed. Keep a copy of the data folder before you try anything else.")
    })?;
    let (vault, data) = (app.places().vault(), app.places().data.clone());
    let keeping = move || keep_aside(&vault, &data);
    tokio::task::spawn_blocking(keeping).await.map_err(|_| failure::crashed())??;
    app.vault().restore_from(app.places().backups().join(&backup.name)).await.explain()?;
    app.set_restored(Some(Restored { backup, with_database: false, noted: false }));
    Ok(())
}

/// Copies a damaged vault beside itself: also what still reads of it is of use to whoever mends it.
fn keep_aside(vault: &Path, data: &Path) -> Result<(), Failure> {
    let aside = data.join(format!("vault.damaged-{}", app::now()));
    let unwritable = |error| paths::unwritable(&aside, &error);
    create_private_folder(&aside).map_err(unwritable)?;
    for entry in fs::read_dir(vault).map_err(|error| paths::unreadable(vault, &error))? {
        let entry = entry.map_err(|error| paths::unreadable(vault, &error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            generation::copy_private(&entry.path(), &aside.join(entry.file_name())).map_err(unwritable)?;
        }
    }
    sync(&aside).and_then(|()| sync(data)).map_err(unwritable)
}

/// Notes in the log what was restored, at the first opening after it.
pub(crate) async fn note_restore(app: &App) -> Result<(), Failure> {
    let Some(restored) = app.restored().filter(|restored| !restored.noted) else { return Ok(()) };
    let store = app.store()?;
    if restored.with_database {
        // The log of the backup ends where it does, and that is as it should be.
        app.anchor_anew(&store).await?;
    }
    let part = if restored.with_database { "vault and database" } else { "vault" };
    let noted = Noted::new(AuditKind::BackupRestored, app.actor()).subject(restored.backup.name.clone());
    app.note_alone(noted.detail("part", part)).await?;
    app.set_restored(Some(Restored { noted: true, ..restored }));
    Ok(())
}

/// What a vault that came from a backup does not open of the database beside it.
pub(crate) async fn gap(app: &App) -> Result<Option<VaultGap>, Failure> {
    let (Some(restored), app::Opened::Open(store)) = (app.restored(), app.opened()) else { return Ok(None) };
    let Opened { keys, opened } = opened_keys(app, &store).await?;
    if opened == keys {
        if restored.noted {
            app.set_restored(None);
        }
        return Ok(None);
    }
    Ok(Some(VaultGap { backup: restored.backup, keys, opened_keys: opened }))
}
