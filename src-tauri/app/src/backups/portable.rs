//! One file with everything, under a passphrase: an age file with a tar inside, so that it can be
//! opened without Holdfast.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use holdfast_contract::{AuditKind, Code, Event, Failure, Work};
use holdfast_core::Secret;
use holdfast_store::PreparedBackup;
use holdfast_vault::{Protection, RecoveryCode, export_reader, export_writer};
use zeroize::Zeroizing;

use super::DATABASE;
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::vault::check_passphrase;
use crate::{App, failure, paths};

/// The vault's id and root keys inside the tar.
const ROOT: &str = "root-keys";
/// No export has more of them; more is not even read.
const MOST_ROOT_BYTES: u64 = 1024 * 1024;
const READ_ME: &str = "A Holdfast export.\n\nholdfast.db  the database (SQLCipher); its key is among the root keys\nroot-keys    the vault's id and root keys\n\nWho reads this file has everything in it. Keep it sealed.\n";

/// Whether a new file can be made there; asked before anything is typed.
pub(crate) fn check_target(path: &str) -> Result<PathBuf, Failure> {
    let path = paths::of_user(path)?;
    if path.exists() {
        return Err(Failure::new(Code::BadRequest, format!("{} exists already.", path.display()))
            .hint("Choose another name; nothing was overwritten."));
    }
    match path.parent() {
        Some(folder) if folder.is_dir() => Ok(path),
        _ => Err(Failure::new(Code::BadRequest, format!("There is no folder for {}.", path.display()))
            .hint("Choose a folder that exists.")),
    }
}

/// Whether there is a file to import; asked before anything is typed.
pub(crate) fn check_source(path: &str) -> Result<PathBuf, Failure> {
    let path = paths::of_user(path)?;
    File::open(&path).map_err(|error| paths::unreadable(&path, &error))?;
    Ok(path)
}

/// Writes everything into one file under a passphrase.
///
/// # Errors
/// When the passphrase is too short, the vault is closed, or the file cannot be written; then there is
/// none.
pub async fn export(app: &App, path: &str, passphrase: Secret) -> Result<(), Failure> {
    check_passphrase(&passphrase)?;
    let path = check_target(path)?;
    let root = app.open_vault().await.explain()?.export_root().await.explain()?;
    app.events().send(Event::Progress { work: Work::Export, done: 0, total: 1 });
    // It is not kept, so it is gone when this is done.
    let prepared = app.store()?.prepare_backup().await.explain()?;
    let target = path.clone();
    let written = tokio::task::spawn_blocking(move || {
        let file = paths::create(&target)?;
        let written = write(file, &target, &passphrase, &root, &prepared);
        if written.is_err()
            && let Err(error) = fs::remove_file(&target)
        {
            tracing::warn!(%error, path = %target.display(), "an export that was not finished stays");
        }
        written
    });
    written.await.map_err(|_| failure::crashed())??;
    app.events().send(Event::Progress { work: Work::Export, done: 1, total: 1 });
    app.note_alone(Noted::new(AuditKind::Exported, app.actor()).subject(path.display().to_string())).await
}

fn write(file: File, path: &Path, passphrase: &Secret, root: &[u8], prepared: &PreparedBackup) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| paths::unwritable(path, &error);
    let sealed = export_writer(passphrase, BufWriter::new(file)).explain()?;
    let mut archive = tar::Builder::new(sealed);
    for (name, bytes) in [("READ-ME.txt", READ_ME.as_bytes()), (ROOT, root)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        archive.append_data(&mut header, name, bytes).map_err(unwritable)?;
    }
    archive.append_path_with_name(prepared.folder().join(DATABASE), DATABASE).map_err(unwritable)?;
    let file = archive.into_inner().and_then(holdfast_vault::ExportWriter::finish).map_err(unwritable)?;
    let file = file.into_inner().map_err(|error| unwritable(error.into_error()))?;
    file.sync_all().map_err(unwritable)
}

/// What an export held.
struct Unpacked {
    root: Zeroizing<Vec<u8>>,
    database: PathBuf,
}

/// Makes the vault and the database of another computer here. The vault is protected by the keychain
/// if there is one that works, else by the passphrase of the export. Gives the new recovery code.
///
/// # Errors
/// When there is a vault or a database here, the passphrase is wrong, or the file is damaged. Then
/// nothing is changed.
pub async fn import(app: &App, path: &str, passphrase: Secret) -> Result<RecoveryCode, Failure> {
    let path = check_source(path)?;
    let place = app.places().store();
    if place.exists() {
        return Err(Failure::new(Code::BadRequest, format!("There is a database already: {}.", place.display()))
            .hint("Move it to another folder, then import again. Nothing was overwritten."));
    }
    app.events().send(Event::Progress { work: Work::Import, done: 0, total: 1 });
    let data = app.places().data.clone();
    let (source, passphrase) = (path.clone(), passphrase);
    let unpacking = tokio::task::spawn_blocking(move || unpack(&source, &data, &passphrase).map(|it| (it, passphrase)));
    let (unpacked, passphrase) = unpacking.await.map_err(|_| failure::crashed())??;
    let protection =
        if app.vault().keychain_works().await { Protection::Keychain } else { Protection::Passphrase(passphrase) };
    // Before the vault opens, because the database opens with it.
    if let Err(error) = fs::rename(&unpacked.database, &place) {
        discard(&unpacked.database);
        return Err(paths::unwritable(&place, &error));
    }
    let code = match app.vault().import_root(unpacked.root, protection).await.explain() {
        Ok(code) => code,
        Err(failure) => {
            discard(&place);
            return Err(failure);
        }
    };
    app.settle().await;
    app.events().send(Event::Progress { work: Work::Import, done: 1, total: 1 });
    app.note_alone(Noted::new(AuditKind::Imported, app.actor()).subject(path.display().to_string())).await?;
    Ok(code)
}

fn unpack(path: &Path, data: &Path, passphrase: &Secret) -> Result<Unpacked, Failure> {
    let file = File::open(path).map_err(|error| paths::unreadable(path, &error))?;
    let reader = export_reader(passphrase, BufReader::new(file)).explain()?;
    let database = data.join("holdfast.db.importing");
    let taken = take(reader, data, &database);
    if taken.is_err() {
        discard(&database);
    }
    taken
}

fn take(reader: impl Read, data: &Path, database: &Path) -> Result<Unpacked, Failure> {
    let damaged = |error: std::io::Error| {
        Failure::new(Code::VaultDamaged, format!("The export is damaged or cut off: {error}."))
            .hint("Nothing was changed. Choose another copy.")
    };
    fs::create_dir_all(data).map_err(|error| paths::unwritable(data, &error))?;
    discard(database);
    let mut archive = tar::Archive::new(reader);
    let (mut root, mut has_database) = (None, false);
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        // Only these two names mean anything: no name in the file says where anything is written.
        let name = entry.path().map_err(damaged)?.to_string_lossy().into_owned();
        if name == ROOT {
            let mut bytes = Zeroizing::new(Vec::new());
            if entry.size() > MOST_ROOT_BYTES {
                return Err(damaged(std::io::ErrorKind::FileTooLarge.into()));
            }
            // Sized at once: growing would leave copies behind.
            bytes.reserve_exact(usize::try_from(entry.size()).unwrap_or(0));
            entry.read_to_end(&mut bytes).map_err(damaged)?;
            root = Some(bytes);
        } else if name == DATABASE {
            let mut file = paths::create(database)?;
            std::io::copy(&mut entry, &mut file).map_err(damaged)?;
            file.flush().and_then(|()| file.sync_all()).map_err(|error| paths::unwritable(database, &error))?;
            has_database = true;
        }
    }
    match root {
        Some(root) if has_database => Ok(Unpacked { root, database: database.to_owned() }),
        _ => Err(Failure::new(Code::VaultDamaged, "This export lacks a part: the database or the root keys.")
            .hint("Nothing was changed. Choose another copy.")),
    }
}

fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "a file of an import stays");
    }
}
