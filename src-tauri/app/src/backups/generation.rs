//! A backup on the disk: its folder, the files it lists with their sums, and when it was made.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use holdfast_contract::{BackupInfo, Code, Failure, Timestamp};
use holdfast_vault::ways_of_backup;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::DATABASE;
use crate::{App, failure};

const MANIFEST: &str = "manifest.json";
const VERSION: u32 = 1;
/// How a backup is named by its time.
const TIME_FORMAT: &str = "%Y%m%dT%H%M%S%.3fZ";

/// What a backup consists of, written beside it.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    program: String,
    files: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Listed {
    pub(super) fn new(name: String, bytes: u64, sha256: &[u8]) -> Self {
        Self { name, bytes, sha256: hex(sha256) }
    }

    fn of(folder: &Path, name: &str) -> std::io::Result<Self> {
        let path = folder.join(name);
        Ok(Self::new(name.to_owned(), fs::metadata(&path)?.len(), &sum(&path)?))
    }
}

impl Manifest {
    /// Lists what lies in a folder beside its database, and writes the list there.
    pub(super) fn write(folder: &Path, mut files: Vec<Listed>) -> std::io::Result<()> {
        files.push(Listed::of(folder, DATABASE)?);
        let manifest = Self { version: VERSION, program: env!("CARGO_PKG_VERSION").to_owned(), files };
        let path = folder.join(MANIFEST);
        fs::write(&path, serde_json::to_vec_pretty(&manifest)?)?;
        File::open(&path)?.sync_all()
    }

    fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
    }

    /// Whether all files of the list are in a folder, with their sums.
    fn holds(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| {
            let plain_name = !file.name.contains(['/', '\\']);
            plain_name && sum(&folder.join(&file.name)).is_ok_and(|found| hex(&found) == file.sha256)
        })
    }
}

/// Copies a backup into a new folder, and holds the copy against the list of its files.
///
/// # Errors
/// When something cannot be written, or the copy is not what the backup lists.
pub(super) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let manifest = Manifest::read(from).ok_or(std::io::ErrorKind::NotFound)?;
    for file in &manifest.files {
        // A list that was changed must not lead out of its folder.
        let name = Path::new(&file.name).file_name().ok_or(std::io::ErrorKind::InvalidFilename)?;
        copy_private(&from.join(name), &to.join(name))?;
    }
    copy_private(&from.join(MANIFEST), &to.join(MANIFEST))?;
    if !manifest.holds(to) {
        return Err(std::io::Error::other("the copy is not what the backup lists"));
    }
    Ok(())
}

/// Copies a file into one that only its owner may read, and that is on the disk then.
pub(super) fn copy_private(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut copy = options.open(to)?;
    std::io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()
}

/// The database of a backup that the page named.
pub(super) fn database_of(app: &App, name: &str) -> Result<PathBuf, Failure> {
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
pub(super) fn folder_of(database: &Path) -> Option<PathBuf> {
    (database.file_name()? == DATABASE).then(|| database.parent().map(Path::to_owned))?
}

/// What is known of a backup. Reads all of it, to sum it up.
pub(super) async fn info(database: PathBuf, reads: bool) -> Result<BackupInfo, Failure> {
    tokio::task::spawn_blocking(move || look(&database, reads)).await.map_err(|_| failure::crashed())
}

fn look(database: &Path, reads: bool) -> BackupInfo {
    let folder = folder_of(database);
    let named = folder.as_deref().unwrap_or(database);
    let name = named.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (bytes, listed) = match folder.as_deref().map(|folder| Manifest::read(folder).map(|it| (it.holds(folder), it)))
    {
        Some(Some((holds, manifest))) => (manifest.files.iter().map(|file| file.bytes).sum(), holds),
        // A folder whose list is gone is not what was written.
        Some(None) => (size(database), false),
        None => (size(database), true),
    };
    BackupInfo { made_at: made_at(&name).unwrap_or_default(), name, bytes, whole: reads && listed }
}

/// The newest backup that is what it lists, with a copy of the vault that reads as far as can be told
/// without a key.
pub(crate) async fn newest_with_vault(app: &App) -> Result<Option<BackupInfo>, Failure> {
    let folder = app.places().backups();
    let newest = move || {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let named = entries.filter_map(|entry| Some((made_at(entry.file_name().to_str()?)?, entry.path())));
        let mut folders: Vec<_> = named.filter(|(_, path)| path.is_dir()).collect();
        folders.sort_by_key(|(made_at, _)| std::cmp::Reverse(*made_at));
        folders.into_iter().find_map(|(_, path)| {
            ways_of_backup(&path).ok()?;
            Some(look(&path.join(DATABASE), true)).filter(|info| info.whole)
        })
    };
    tokio::task::spawn_blocking(newest).await.map_err(|_| failure::crashed())
}

/// When a backup was made, by its name: a folder, or a single file of an older program.
fn made_at(name: &str) -> Option<Timestamp> {
    let stem = Path::new(DATABASE).file_stem()?.to_str()?;
    let single = || name.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(".db");
    let time = DateTime::strptime(TIME_FORMAT, single().unwrap_or(name)).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_when_a_backup_was_made() {
        let at = Some(1_795_204_041_250);
        for (name, expected) in [
            ("20261120T194721.250Z", at),
            ("holdfast-20261120T194721.250Z.db", at),
            ("20261120T194721.250Z.partial", None),
            ("holdfast-20261120T194721.250Z", None),
            ("20261120", None),
            ("", None),
        ] {
            assert_eq!(made_at(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_copy_is_held_against_its_list() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(from.join(DATABASE), b"rows").unwrap();
        fs::write(from.join("vault.slots"), b"slots").unwrap();
        Manifest::write(&from, vec![Listed::of(&from, "vault.slots").unwrap()]).unwrap();
        copy(&from, &to).unwrap();
        let copied = ["holdfast.db", "vault.slots", MANIFEST].map(|name| fs::read(to.join(name)).unwrap());
        let listed = ["holdfast.db", "vault.slots", MANIFEST].map(|name| fs::read(from.join(name)).unwrap());
        assert_eq!(copied, listed, "all that is listed, and the list itself");

        fs::write(from.join("vault.slots"), b"other").unwrap();
        fs::remove_dir_all(&to).unwrap();
        fs::create_dir(&to).unwrap();
        assert!(copy(&from, &to).is_err(), "what was changed since is not taken for the backup");
    }
}
