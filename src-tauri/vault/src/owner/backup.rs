//! Copies of the vault's files: the one beside each, and those of a backup elsewhere.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Open, Owner, ready};
use crate::bytes::Malformed;
use crate::examine::{self, Finding, Part, examine, read_slots};
use crate::files::{ANCHOR, Files, RESTORE, RootFile, SLOTS};
use crate::root::{self, Contents, Root};
use crate::slots::{Slots, Stage};
use crate::{BackupFile, VaultError, anchor};

impl Owner {
    /// Copies the files of the open vault, where a copy is missing, does not read or is older, and
    /// then removes the root files that do not count any more. A vault without a backup is still a
    /// vault, so what goes wrong here is only noted.
    pub(super) fn back_up(&self) {
        let Some(open) = &self.open else { return };
        let file = open.slots.body.root;
        let root_is_good = self.root_backup_is_good(open).unwrap_or(false);
        let slots_are_good = self.slots_backup().is_some_and(|backup| backup == open.slots);
        // The root first: slots must never name a file whose copy is older than they are.
        for (part, good) in [(Part::Root(file), root_is_good), (Part::Slots, slots_are_good)] {
            if !good && let Err(error) = self.copy_to_backup(part) {
                tracing::warn!(file = part.name(), %error, "the vault has no backup of this file");
                return;
            }
        }
        if let Err(error) = self.remove_old_roots(open) {
            tracing::warn!(%error, "a root file that does not count any more stays");
        }
    }

    fn root_backup_is_good(&self, open: &Open) -> Result<bool, VaultError> {
        let file = open.slots.body.root;
        let path = self.files.backup(file.name());
        match Root::open(&self.files, &path, file.kind, &open.key, open.root.vault()) {
            Ok(backup) => open.root.is_same_as(&backup),
            Err(_) => Ok(false),
        }
    }

    pub(super) fn slots_backup(&self) -> Option<Slots> {
        read_slots(&self.files, &self.files.backup(SLOTS)).ok().flatten()
    }

    fn copy_to_backup(&self, part: Part) -> Result<(), VaultError> {
        let _lock = self.files.lock_for_writing()?;
        let bytes = self.read_whole(&self.files.path(part.name()), root::MAX_FILE)?;
        self.files.write(&self.files.backup(part.name()), &bytes.ok_or(VaultError::Missing)?)
    }

    fn remove_old_roots(&self, open: &Open) -> Result<(), VaultError> {
        let counts = |file: &RootFile| *file == open.slots.body.root;
        let paths = |file: RootFile| [self.files.path(file.name()), self.files.backup(file.name())];
        let old: Vec<PathBuf> = RootFile::ALL.into_iter().filter(|file| !counts(file)).flat_map(paths).collect();
        if old.iter().all(|path| !path.exists()) {
            return Ok(());
        }
        let _lock = self.files.lock_for_writing()?;
        // Another program may have changed the vault since, and count on one of them.
        let current = |path: PathBuf| read_slots(&self.files, &path).ok().flatten();
        if [self.files.path(SLOTS), self.files.backup(SLOTS)].map(current) != [(); 2].map(|()| Some(open.slots.clone()))
        {
            return Ok(());
        }
        old.iter().try_for_each(|path| self.files.remove(path))
    }

    fn read_whole(&self, path: &Path, most: u64) -> Result<Option<Vec<u8>>, VaultError> {
        self.files.read(path, most).map_err(|error| VaultError::disk(path, "read", error))
    }

    /// Puts backups in the place of files that do not read.
    pub(crate) fn restore(&mut self) -> Result<(), VaultError> {
        let faults = match self.find()? {
            Finding::Faulty(faults) => faults,
            Finding::Ready(_) => self.deep.clone(),
            Finding::Missing => Vec::new(),
        };
        if faults.is_empty() {
            return self.look().map(drop);
        }
        let lock = self.files.lock_for_writing()?;
        if faults.iter().any(|fault| !fault.backup) {
            return Err(VaultError::NoBackup { detail: examine::describe(&faults) });
        }
        for fault in &faults {
            let (path, backup) = (self.files.path(fault.part.name()), self.files.backup(fault.part.name()));
            let Some(bytes) = self.read_whole(&backup, root::MAX_FILE)? else {
                return Err(VaultError::NoBackup { detail: examine::describe(&faults) });
            };
            self.files.room_for(bytes.len() as u64)?;
            self.files.keep_aside(&path, "damaged")?;
            self.files.write(&path, &bytes)?;
            tracing::info!(file = fault.part.name(), "restored from its backup; the damaged file was kept beside it");
        }
        drop(lock);
        self.deep.clear();
        self.look().map(drop)
    }

    /// Copies the vault's files as they stand together into a folder.
    pub(crate) fn backup_to(&self, dir: &Path) -> Result<Vec<BackupFile>, VaultError> {
        self.finish_restore()?;
        let target = Files::new(dir.to_owned(), Box::new(|dir| fs4::available_space(dir)));
        target.make_dir()?;
        let _lock = self.files.lock_for_reading()?;
        let slots = ready(examine(&self.files))?;
        let mut names = vec![SLOTS, slots.body.root.name()];
        if self.files.exists(ANCHOR) {
            names.push(ANCHOR);
        }
        let mut copied = Vec::new();
        for name in names {
            let bytes = self.read_whole(&self.files.path(name), root::MAX_FILE)?.ok_or(VaultError::Missing)?;
            target.write(&target.path(name), &bytes)?;
            let sha256 = Sha256::digest(&bytes).into();
            copied.push(BackupFile { name: name.to_owned(), bytes: bytes.len() as u64, sha256 });
        }
        Ok(copied)
    }

    /// Whether the keys of the open vault open a backup, and it holds the keys that a backup must
    /// hold.
    pub(crate) fn check_backup(&self, dir: &Path) -> Result<(), VaultError> {
        let open = self.open_or_why()?;
        let backup = Files::new(dir.to_owned(), Box::new(|dir| fs4::available_space(dir)));
        let slots = backup_slots(&backup)?;
        let bad = |detail: String| VaultError::BadBackup { detail };
        if slots.body.vault != open.root.vault() {
            return Err(bad(format!("{SLOTS} belongs to another vault")));
        }
        if !slots.is_authentic(&open.key.expose()?)? {
            return Err(bad(format!("{SLOTS} is from before the vault key was made anew, or was changed")));
        }
        let file = slots.body.root;
        let path = backup.path(file.name());
        match Root::open(&backup, &path, file.kind, &open.key, open.root.vault()) {
            Ok(_) => Ok(()),
            Err(error) => Err(bad(format!("{} {error}", file.name()))),
        }
    }

    /// Puts the files of a backup in the place of the vault's own, which are kept beside them, and
    /// closes the vault.
    pub(crate) fn restore_from(&mut self, dir: &Path) -> Result<(), VaultError> {
        let backup = Files::new(dir.to_owned(), Box::new(|dir| fs4::available_space(dir)));
        let slots = backup_slots(&backup)?;
        let file = slots.body.root;
        let mut staged = Vec::new();
        for (name, most) in [(file.name(), root::MAX_FILE), (ANCHOR, anchor::MAX_FILE), (SLOTS, root::MAX_FILE)] {
            let path = backup.path(name);
            let bytes = backup.read(&path, most).map_err(|error| VaultError::disk(&path, "read", error))?;
            staged.extend(bytes.map(|bytes| (name, bytes)));
        }

        self.finish_restore()?;
        self.files.make_dir()?;
        {
            let _lock = self.files.lock_for_writing()?;
            for (name, bytes) in &staged {
                self.files.write(&self.files.staged(name), bytes)?;
            }
            // From here on the restore is finished, now or at the next start.
            self.files.write(&self.files.path(RESTORE), b"")?;
        }
        self.open = None;
        self.deep.clear();
        self.finish_restore()?;
        self.look().map(drop)
    }

    /// Finishes a restore that was prepared completely, and clears away one that was not.
    pub(super) fn finish_restore(&self) -> Result<(), VaultError> {
        if !self.files.exists(RESTORE) {
            return Ok(());
        }
        let _lock = self.files.lock_for_writing()?;
        for name in restorable() {
            let (path, staged) = (self.files.path(name), self.files.staged(name));
            if staged.exists() {
                self.files.keep_aside(&path, "replaced")?;
                self.files.rename(&staged, &path)?;
            }
        }
        // The copies beside the files are of the vault that was replaced.
        for name in restorable() {
            self.files.remove(&self.files.backup(name))?;
        }
        self.files.sync_dir()?;
        self.files.remove(&self.files.path(RESTORE))?;
        self.files.sync_dir()
    }

    /// The keys of the open vault, to take them to another computer.
    pub(crate) fn export_root(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        Ok(self.open_or_why()?.root.contents()?.encode())
    }
}

/// Keys that were taken out of a vault.
pub(crate) fn import(bytes: &[u8]) -> Result<Contents, VaultError> {
    Contents::decode(bytes).map_err(|Malformed| VaultError::BadExport)
}

/// Files that a restore may put into their place; the slots last, because they name the others.
fn restorable() -> impl Iterator<Item = &'static str> {
    RootFile::ALL.into_iter().map(RootFile::name).chain([ANCHOR, SLOTS])
}

/// The slots of a backup, whose files must read as far as can be told without a key.
fn backup_slots(backup: &Files) -> Result<Slots, VaultError> {
    match examine(backup) {
        Finding::Ready(slots) if slots.body.stage == Stage::InUse => Ok(slots),
        Finding::Faulty(faults) => Err(VaultError::BadBackup { detail: examine::describe(&faults) }),
        Finding::Ready(_) | Finding::Missing => {
            let detail = format!("{SLOTS} {}", io::Error::from(io::ErrorKind::NotFound).kind());
            Err(VaultError::BadBackup { detail })
        }
    }
}
