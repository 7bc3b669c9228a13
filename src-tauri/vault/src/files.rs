//! The vault's folder: names, locks between programs, and writes that a kill or a full disk cannot
//! leave half done.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::bytes::Malformed;
use crate::{RootKind, VaultError, cipher};

pub(crate) const SLOTS: &str = "vault.slots";
pub(crate) const ATTEMPTS: &str = "vault.attempts";
pub(crate) const ANCHOR: &str = "vault.anchor";
/// Says that a restore was prepared completely and is to be finished.
pub(crate) const RESTORE: &str = "vault.restore";
/// The end of the name of a file that a restore puts into its place.
const STAGED: &str = ".restore";
const LOCK: &str = "vault.lock";
/// Digits of a temporary file's last extension; Stronghold takes as many.
const TEMPORARY_DIGITS: usize = 12;
/// Left free beyond what is written: the database needs some too.
const SPARE: u64 = 16 * 1024 * 1024;

/// How long another program is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// A root file. There are two places for each kind, so that the vault can go from one file to another
/// by one change of the slots file, which names the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RootFile {
    pub(crate) kind: RootKind,
    second: bool,
}

impl RootFile {
    /// Where a new vault has it.
    pub(crate) const FIRST: Self = Self::of(RootKind::Stronghold);
    pub(crate) const ALL: [Self; 4] = [
        Self::of(RootKind::Stronghold),
        Self { kind: RootKind::Stronghold, second: true },
        Self::of(RootKind::SealedFile),
        Self { kind: RootKind::SealedFile, second: true },
    ];

    pub(crate) const fn of(kind: RootKind) -> Self {
        Self { kind, second: false }
    }

    /// The other place of this kind.
    pub(crate) fn other(self) -> Self {
        Self { second: !self.second, ..self }
    }

    pub(crate) fn name(self) -> &'static str {
        match (self.kind, self.second) {
            (RootKind::Stronghold, false) => "vault.hold",
            (RootKind::Stronghold, true) => "vault.hold2",
            (RootKind::SealedFile, false) => "vault.root",
            (RootKind::SealedFile, true) => "vault.root2",
        }
    }

    pub(crate) fn encode(self) -> [u8; 2] {
        let kind = match self.kind {
            RootKind::Stronghold => 0,
            RootKind::SealedFile => 1,
        };
        [kind, u8::from(self.second)]
    }

    pub(crate) fn decode(bytes: [u8; 2]) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|file| file.encode() == bytes).ok_or(Malformed)
    }
}

/// How much of the disk is free for a folder.
pub(crate) type FreeSpace = Box<dyn Fn(&Path) -> io::Result<u64> + Send>;

/// The folder of the vault.
pub(crate) struct Files {
    dir: PathBuf,
    patience: Duration,
    free_space: FreeSpace,
}

/// Held while the files are read or written; another program waits for it.
pub(crate) struct Lock {
    _file: Option<File>,
}

impl Files {
    pub(crate) fn new(dir: PathBuf, free_space: FreeSpace) -> Self {
        Self { dir, patience: PATIENCE, free_space }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn backup(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.bak"))
    }

    /// Where a restore prepares a file.
    pub(crate) fn staged(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}{STAGED}"))
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Makes the folder, for its owner alone.
    pub(crate) fn make_dir(&self) -> Result<(), VaultError> {
        fs::create_dir_all(&self.dir).map_err(|error| VaultError::disk(&self.dir, "made", error))?;
        restrict(&self.dir, 0o700).map_err(|error| VaultError::disk(&self.dir, "made private", error))
    }

    /// Waits until nobody else writes. A folder that cannot be written needs no lock to be read.
    pub(crate) fn lock_for_reading(&self) -> Result<Lock, VaultError> {
        match self.lock_file() {
            Ok(file) => self.wait(&file, File::try_lock_shared).map(|()| Lock { _file: Some(file) }),
            Err(_) => Ok(Lock { _file: None }),
        }
    }

    /// Waits until nobody else reads or writes.
    pub(crate) fn lock_for_writing(&self) -> Result<Lock, VaultError> {
        let path = self.path(LOCK);
        let file = self.lock_file().map_err(|error| VaultError::disk(&path, "opened", error))?;
        self.wait(&file, File::try_lock).map(|()| Lock { _file: Some(file) })
    }

    fn wait(&self, file: &File, try_lock: fn(&File) -> Result<(), TryLockError>) -> Result<(), VaultError> {
        let until = Instant::now() + self.patience;
        loop {
            match try_lock(file) {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(VaultError::Busy),
                Err(TryLockError::Error(error)) => return Err(VaultError::disk(&self.path(LOCK), "locked", error)),
            }
        }
    }

    fn lock_file(&self) -> io::Result<File> {
        let path = self.path(LOCK);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        restrict(&path, 0o600)?;
        Ok(file)
    }

    /// Removes what killed writes left behind, unless another program is at work.
    pub(crate) fn sweep_if_alone(&self) {
        // Without a folder there is nothing to sweep, and a look must not make one.
        if let Ok(file) = self.lock_file()
            && file.try_lock().is_ok()
        {
            self.sweep();
        }
    }

    /// Removes temporary files. The caller holds the lock for writing.
    pub(crate) fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        // Without the mark that says that all of them are there, files of a restore are a rest.
        let has_rests = !self.exists(RESTORE);
        let is_rest = |name: &str| is_temporary(name) || has_rests && name.strip_suffix(STAGED).is_some_and(is_ours);
        for entry in entries.flatten() {
            if entry.file_name().to_str().is_some_and(is_rest) {
                match fs::remove_file(entry.path()) {
                    Ok(()) => tracing::info!(file = %entry.path().display(), "removed a temporary file of the vault"),
                    Err(error) => tracing::warn!(file = %entry.path().display(), %error, "a temporary file stays"),
                }
            }
        }
    }

    /// A file's bytes; `None` when there is no such file. Longer than `most` is an error.
    pub(crate) fn read(&self, path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(ErrorKind::FileTooLarge.into()) } else { Ok(Some(bytes)) }
    }

    /// Puts `bytes` in the place of a file: all of them or, after a kill or an error, none. What was
    /// written is read back. The caller holds the lock for writing.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        self.room_for(bytes.len() as u64)?;
        let written = self.replace(path, bytes);
        if written.is_err() {
            self.sweep();
        }
        written
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        let digits = u64::from_be_bytes(*cipher::random()?) >> 16;
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{digits:0TEMPORARY_DIGITS$x}"));
        let temporary = PathBuf::from(temporary);

        let filled = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| {
            restrict(&temporary, 0o600)?;
            file.write_all(bytes)?;
            file.sync_all()
        });
        filled.map_err(|error| VaultError::disk(path, "written", error))?;
        rename(&temporary, path).map_err(|error| VaultError::disk(path, "written", error))?;
        self.sync_dir()?;
        let back = self.read(path, bytes.len() as u64).map_err(|error| VaultError::disk(path, "read back", error))?;
        if back.as_deref() == Some(bytes) {
            Ok(())
        } else {
            let error = io::Error::other("the disk did not keep what was written");
            Err(VaultError::disk(path, "written", error))
        }
    }

    /// Moves a file beside itself, under a name that says why and that nothing overwrites.
    pub(crate) fn keep_aside(&self, path: &Path, why: &str) -> Result<(), VaultError> {
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".{why}-{}", Uuid::from_bytes(*cipher::random()?).simple()));
        match rename(path, Path::new(&aside)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            moved => moved.map_err(|error| VaultError::disk(path, "moved aside", error)),
        }
    }

    /// Gives a file another name. The caller holds the lock for writing.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<(), VaultError> {
        rename(from, to).map_err(|error| VaultError::disk(to, "written", error))
    }

    /// Deletes a file; it is no error when there is none. The caller holds the lock for writing.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), VaultError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|error| VaultError::disk(path, "deleted", error)),
        }
    }

    /// Whether there is room for the file, its temporary copy and its backup.
    pub(crate) fn room_for(&self, bytes: u64) -> Result<(), VaultError> {
        let free = (self.free_space)(&self.dir).map_err(|error| VaultError::disk(&self.dir, "measured", error))?;
        if free < bytes.saturating_mul(3).saturating_add(SPARE) {
            return Err(VaultError::disk(&self.dir, "written", ErrorKind::StorageFull.into()));
        }
        Ok(())
    }

    /// A rename is on disk only when the folder is.
    pub(crate) fn sync_dir(&self) -> Result<(), VaultError> {
        if cfg!(unix) {
            let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
            synced.map_err(|error| VaultError::disk(&self.dir, "written", error))?;
        }
        Ok(())
    }

    /// Makes a file one for its owner alone.
    pub(crate) fn make_private(&self, path: &Path) -> Result<(), VaultError> {
        restrict(path, 0o600).map_err(|error| VaultError::disk(path, "made private", error))
    }
}

/// On Windows a virus scanner may hold a file for a moment: times to wait before trying again.
pub(crate) fn waits() -> impl Iterator<Item = Duration> {
    let times: &[u64] = if cfg!(windows) { &[10, 50, 100, 200, 400, 800] } else { &[] };
    times.iter().copied().map(Duration::from_millis)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut waits = waits();
    loop {
        match fs::rename(from, to) {
            // Access denied, sharing violation, lock violation.
            Err(error) if matches!(error.raw_os_error(), Some(5 | 32 | 33)) => match waits.next() {
                Some(wait) => std::thread::sleep(wait),
                None => return Err(error),
            },
            done => return done,
        }
    }
}

/// Whether there is no such file, perhaps because there is no such folder.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether the vault writes a file of this name.
fn is_ours(name: &str) -> bool {
    matches!(name, SLOTS | ATTEMPTS | ANCHOR | RESTORE) || RootFile::ALL.iter().any(|file| file.name() == name)
}

fn is_temporary(name: &str) -> bool {
    let Some((stem, digits)) = name.rsplit_once('.') else { return false };
    let file = stem.strip_suffix(".bak").or_else(|| stem.strip_suffix(STAGED)).unwrap_or(stem);
    (is_ours(stem) || is_ours(file))
        && digits.len() == TEMPORARY_DIGITS
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o777 == mode {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Elsewhere the user's own folder is private already.
#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
