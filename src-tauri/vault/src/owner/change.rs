//! Changes of the vault's files by who has it open. Each begins with the files as they are on the
//! disk, under the lock, so that no change of another program is lost; and each counts at the moment
//! at which one file takes the place of another.

use std::sync::Arc;

use holdfast_contract::UnlockWay;
use holdfast_core::Secret;
use uuid::Uuid;

use super::{Open, Owner, ready};
use crate::cipher::Key;
use crate::examine::{Finding, examine};
use crate::files::{Lock, RootFile, SLOTS};
use crate::recovery::RecoveryCode;
use crate::root::{Contents, KeyName, Root};
use crate::slots::{Body, Opened, Opener, Slot, Slots};
use crate::vault_key::VaultKey;
use crate::{RootKind, VaultError};

impl Owner {
    /// Takes up what another program changed. Whether there was anything.
    pub(super) fn freshen(&mut self) -> Result<bool, VaultError> {
        let open = self.open_or_why()?;
        let _lock = self.files.lock_for_reading()?;
        match examine(&self.files) {
            Finding::Ready(slots) if slots != open.slots => self.take_up(slots).map(|()| true),
            // What is in memory still reads, whatever became of the files.
            _ => Ok(false),
        }
    }

    /// Reads the root file that these slots name, if they are of the same vault key.
    fn take_up(&mut self, slots: Slots) -> Result<(), VaultError> {
        let open = self.open_or_why()?;
        if slots.body.vault != open.root.vault() || !slots.is_authentic(&open.key.expose()?)? {
            return Err(VaultError::Changed);
        }
        let root = self.open_root(&slots, &open.key)?;
        if let Some(open) = &mut self.open {
            open.root = root;
            open.slots = slots;
        }
        Ok(())
    }

    /// The lock for a change, with the files in memory as they are on the disk.
    fn begin_change(&mut self) -> Result<Lock, VaultError> {
        self.open_or_why()?;
        self.finish_restore()?;
        let lock = self.files.lock_for_writing()?;
        let slots = ready(examine(&self.files))?;
        self.take_up(slots)?;
        Ok(lock)
    }

    fn open_mut(&mut self) -> Result<&mut Open, VaultError> {
        self.open.as_mut().ok_or(VaultError::Locked)
    }

    /// Puts slots in the place of the old ones. When the disk fails, the old ones stay.
    fn write_slots(&mut self, mut body: Body, key: &Key) -> Result<(), VaultError> {
        body.generation = body.generation.saturating_add(1);
        let slots = Slots::sign(body, key)?;
        let path = self.files.path(SLOTS);
        if let Err(error) = self.files.write(&path, &slots.encode()) {
            let old = self.open_or_why()?.slots.encode();
            // The failure may have come after the new file took its place; nobody was told of it.
            if self.files.read(&path, crate::slots::MAX_FILE).ok().flatten().is_none_or(|bytes| bytes != old)
                && let Err(error) = self.files.write(&path, &old)
            {
                tracing::error!(%error, "the slots could not be put back after a failed change");
            }
            return Err(error);
        }
        self.open_mut()?.slots = slots;
        Ok(())
    }

    /// Changes the slots file alone.
    pub(super) fn change_slots<T>(
        &mut self,
        change: impl FnOnce(&mut Body, &Key) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let lock = self.begin_change()?;
        let open = self.open_or_why()?;
        let key = open.key.expose()?;
        let mut body = open.slots.body.clone();
        let changed = change(&mut body, &key)?;
        self.write_slots(body, &key)?;
        drop(lock);
        self.back_up();
        Ok(changed)
    }

    /// Changes the root keys, under the same vault key.
    fn change_root<T>(
        &mut self,
        change: impl FnOnce(&mut Contents) -> Result<T, VaultError>,
        note: impl FnOnce(&mut Body),
    ) -> Result<T, VaultError> {
        let lock = self.begin_change()?;
        let open = self.open_or_why()?;
        let mut body = open.slots.body.clone();
        let mut contents = open.root.contents()?;
        let changed = change(&mut contents)?;
        let root = Root::new(body.root.kind, contents)?;
        // Into the other place, so that the old keys stay until the new ones are known to be kept.
        let file = body.root.other();
        root.commit(&self.files, file, &open.key)?;
        note(&mut body);
        body.root = file;
        let key = open.key.expose()?;
        self.write_slots(body, &key)?;
        self.open_mut()?.root = root;
        drop(lock);
        self.back_up();
        Ok(changed)
    }

    /// Changes the main way to open the vault. The recovery slot stays.
    pub(crate) fn protect(&mut self, opener: &Opener) -> Result<(), VaultError> {
        let now = (self.now)();
        let open = self.open_or_why()?;
        // Before the lock is taken: a passphrase takes its time. A full disk is said without it.
        self.files.room_for(open.slots.encode().len() as u64)?;
        let (vault, before) = (open.root.vault(), open.key.expose()?);
        let slot = Slot::wrap(vault, &before, opener, &*self.cost)?;
        self.change_slots(|body, key| {
            if *key != before {
                return Err(VaultError::Changed);
            }
            body.slots.retain(|slot| slot.way() == Some(UnlockWay::Recovery));
            body.slots.insert(0, slot);
            let has_passphrase = matches!(opener, Opener::Passphrase(_) | Opener::Both(..));
            body.dates.passphrase = has_passphrase.then_some(now);
            Ok(())
        })
    }

    /// Makes a new recovery code; the old one opens nothing any more.
    pub(crate) fn new_recovery_code(&mut self) -> Result<RecoveryCode, VaultError> {
        let (code, code_key) = RecoveryCode::random()?;
        let opener = Opener::Recovery(Box::new(code_key));
        let cost = Arc::clone(&self.cost);
        self.change_slots(|body, key| {
            let slot = Slot::wrap(body.vault, key, &opener, &*cost)?;
            body.slots.retain(|slot| slot.way() != Some(UnlockWay::Recovery));
            body.slots.push(slot);
            body.recovery_confirmed = false;
            Ok(())
        })?;
        Ok(code)
    }

    /// Notes that the user wrote the recovery code down.
    pub(crate) fn confirm_recovery(&mut self) -> Result<(), VaultError> {
        self.change_slots(|body, _| {
            if !body.ways().contains(&UnlockWay::Recovery) {
                return Err(VaultError::NoSuchWay(UnlockWay::Recovery));
            }
            body.recovery_confirmed = true;
            Ok(())
        })
    }

    /// Gives the slot that was just opened a key of its own, if it is of the first version.
    pub(super) fn upgrade(&mut self, slot: usize, opened: &Opened) -> Result<(), VaultError> {
        let body = &self.open_or_why()?.slots.body;
        let Some(old) = body.slots.get(slot).cloned() else { return Ok(()) };
        let Some(new) = old.upgraded(body.vault, opened)? else { return Ok(()) };
        self.change_slots(|body, _| {
            if let Some(place) = body.slots.iter_mut().find(|slot| **slot == old) {
                *place = new;
            }
            Ok(())
        })
    }

    /// Makes a new vault key. Every slot opens as before.
    pub(crate) fn rotate_vault_key(&mut self) -> Result<(), VaultError> {
        let lock = self.begin_change()?;
        let open = self.open_or_why()?;
        let new = VaultKey::random()?;
        let (old_key, new_key) = (open.key.expose()?, new.expose()?);
        let mut body = open.slots.body.clone();
        for slot in &mut body.slots {
            *slot = slot.rewrapped(body.vault, &old_key, &new_key)?.ok_or(VaultError::UnknownSlot)?;
        }
        body.root = body.root.other();
        body.dates.vault_key = Some((self.now)());
        open.root.commit(&self.files, body.root, &new)?;
        // Here the vault goes over: before, the old key and file count, and after, the new ones.
        self.write_slots(body, &new_key)?;
        self.open_mut()?.key = new;
        drop(lock);
        self.back_up();
        Ok(())
    }

    /// Moves the root keys into a file of another kind.
    pub(crate) fn move_root(&mut self, kind: RootKind) -> Result<(), VaultError> {
        let lock = self.begin_change()?;
        let open = self.open_or_why()?;
        if open.root.kind() == kind {
            return Ok(());
        }
        let root = Root::new(kind, open.root.contents()?)?;
        let mut body = open.slots.body.clone();
        body.root = RootFile::of(kind);
        root.commit(&self.files, body.root, &open.key)?;
        let key = open.key.expose()?;
        self.write_slots(body, &key)?;
        self.open_mut()?.root = root;
        drop(lock);
        self.back_up();
        Ok(())
    }

    /// Makes a new key-encryption key for what is sealed from now on, and gives its id.
    pub(crate) fn rotate_kek(&mut self) -> Result<Uuid, VaultError> {
        let now = (self.now)();
        self.change_root(Contents::add_kek, |body| body.dates.kek = Some(now))
    }

    /// Deletes the key-encryption keys that no record needs any more, and says how many.
    pub(crate) fn retire_keks(&mut self, in_use: &[Uuid]) -> Result<usize, VaultError> {
        let index = self.open_or_why()?.root.index();
        if index.keks().all(|kek| kek == index.current || in_use.contains(&kek)) {
            return Ok(0);
        }
        let retire = |contents: &mut Contents| {
            let before = contents.index.keks().count();
            contents.retain_keks(|kek| in_use.contains(&kek));
            Ok(before - contents.index.keks().count())
        };
        self.change_root(retire, |_| {})
    }

    /// Makes a root key of this name, if an old vault has none. It is on disk before it is used.
    pub(super) fn ensure_key(&mut self, name: KeyName) -> Result<(), VaultError> {
        if self.open_or_why()?.root.index().has(name) {
            return Ok(());
        }
        let ensure = |contents: &mut Contents| {
            // Another program may have made it meanwhile.
            if contents.index.has(name) { Ok(()) } else { contents.add_random(name) }
        };
        self.change_root(ensure, |_| {})
    }

    /// The key of the database.
    pub(crate) fn database_key(&mut self) -> Result<Secret, VaultError> {
        self.ensure_key(KeyName::Database)?;
        self.open_or_why()?.root.database_key()?.ok_or(VaultError::Crashed)
    }
}
