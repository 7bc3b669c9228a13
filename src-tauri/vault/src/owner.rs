//! The one thread that owns Stronghold, and what it does on each message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use holdfast_contract::{UnlockWay, VaultState};
use holdfast_core::Credential;
use iota_stronghold::KeyProvider;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::cipher::{self, Key};
use crate::examine::{self, Fault, Finding, Part, damaged_error, damaged_state, examine};
use crate::files::{Files, HOLD, SLOTS};
use crate::keychain::account_of;
use crate::passphrase::Cost;
use crate::root::{self, Root, key_provider};
use crate::slots::{Opener, Slot, Slots, Stage};
use crate::{KeychainError, RecordHeader, SealedRecord, VaultError, record};

/// A message to the thread: work to do with what it owns.
pub(crate) type Job = Box<dyn FnOnce(&mut Owner) + Send>;

/// What the thread owns.
pub(crate) struct Owner {
    files: Files,
    cost: Cost,
    open: Option<Open>,
    /// Damage that only the right key shows, so that a look without a key does not find it again.
    deep: Vec<Fault>,
    state: watch::Sender<VaultState>,
}

/// The open vault.
struct Open {
    root: Root,
    /// The vault key, in guarded memory: opens the file anew after a fault.
    key: KeyProvider,
    by: UnlockWay,
    ways: Vec<UnlockWay>,
}

/// Does one job after the other until every handle is gone.
pub(crate) fn run(dir: PathBuf, cost: Cost, state: watch::Sender<VaultState>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut owner = Owner { files: Files::new(dir), cost, open: None, deep: Vec::new(), state };
    survive(|| owner.first_look());
    while let Some(job) = jobs.blocking_recv() {
        // A caught panic drops the job and with it the reply, which its caller sees as a crash.
        if survive(|| job(&mut owner)).is_none() {
            owner.start_anew();
        }
        cipher::wipe_stack();
    }
}

/// Does some work; `None` when it panicked. Stronghold panics where others give an error.
fn survive<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        tracing::error!("a fault inside the vault was caught");
    }
    done.ok()
}

impl Owner {
    fn first_look(&mut self) {
        self.files.sweep_if_alone();
        if let Err(error) = self.look() {
            tracing::warn!(%error, "the vault's files could not be looked at yet");
        }
    }

    /// Looks at the files, unless the vault is open, and gives the id of the vault that lies there.
    pub(crate) fn look(&mut self) -> Result<Option<Uuid>, VaultError> {
        if let Some(open) = &self.open {
            return Ok(Some(open.root.vault()));
        }
        let finding = {
            let _lock = self.files.lock_for_reading()?;
            examine(&self.files)
        };
        self.show(&finding);
        Ok(if let Finding::Ready(slots) = &finding { Some(slots.vault) } else { None })
    }

    /// Publishes what a look found. An open vault stays open: its keys are the last thing that reads.
    fn show(&self, finding: &Finding) {
        if self.open.is_none() {
            self.publish(match finding {
                Finding::Missing => VaultState::Missing,
                Finding::Faulty(faults) => damaged_state(faults),
                Finding::Ready(_) if !self.deep.is_empty() => damaged_state(&self.deep),
                Finding::Ready(slots) => VaultState::Locked { ways: slots.ways() },
            });
        }
    }

    /// Makes a vault that `opener` opens, and opens it.
    pub(crate) fn create(&mut self, vault: Uuid, opener: &Opener) -> Result<(), VaultError> {
        if matches!(opener, Opener::Passphrase(typed) if typed.expose().is_empty()) {
            return Err(VaultError::EmptyPassphrase);
        }
        self.files.make_dir()?;
        let lock = self.files.lock_for_writing()?;
        let finding = examine(&self.files);
        self.show(&finding);
        match finding {
            Finding::Missing => {}
            Finding::Ready(_) => return Err(VaultError::Exists),
            Finding::Faulty(faults) => return Err(damaged_error(&faults)),
        }

        let vault_key = cipher::random()?;
        let slot = Slot::wrap(vault, &vault_key, opener, self.cost)?;
        let slots = |stage, generation| Slots::new(vault, stage, generation, vec![slot.clone()], &vault_key);
        // Killed after this, the next start finds a vault that was never acknowledged, and no vault.
        self.files.write(&self.files.path(SLOTS), &slots(Stage::BeingMade, 1)?.encode())?;
        let key = key_provider(&vault_key)?;
        let root = Root::create(vault)?;
        self.commit(&root, &key)?;
        self.files.write(&self.files.path(SLOTS), &slots(Stage::InUse, 2)?.encode())?;
        drop(lock);

        self.opened(Open { root, key, by: opener.way(), ways: vec![opener.way()] });
        self.back_up(&vault_key);
        Ok(())
    }

    /// Opens the vault.
    pub(crate) fn unlock(&mut self, opener: &Opener) -> Result<(), VaultError> {
        let lock = self.files.lock_for_reading()?;
        let finding = examine(&self.files);
        self.show(&finding);
        let slots = match finding {
            Finding::Missing => return Err(VaultError::Missing),
            Finding::Faulty(faults) => return Err(damaged_error(&faults)),
            Finding::Ready(slots) => slots,
        };
        let vault_key = unwrap(&slots, opener)?;
        let key = key_provider(&vault_key)?;
        let root = match self.open_root(&slots, &vault_key, &key) {
            Ok(root) => root,
            Err(Opening::Faulty(fault)) => {
                let error = damaged_error(std::slice::from_ref(&fault));
                self.deep = vec![fault];
                self.show(&Finding::Ready(slots));
                return Err(error);
            }
            Err(Opening::Failed(error)) => return Err(error),
        };
        drop(lock);
        self.opened(Open { root, key, by: opener.way(), ways: slots.ways() });
        self.back_up(&vault_key);
        Ok(())
    }

    /// Closes the vault.
    pub(crate) fn lock(&mut self) -> Result<(), VaultError> {
        if let Some(open) = self.open.take() {
            // Said before the look, which may have to wait for another program.
            self.publish(VaultState::Locked { ways: open.ways });
        }
        self.look().map(drop)
    }

    /// Seals a credential under its header.
    pub(crate) fn seal(&self, header: &RecordHeader, credential: &Credential) -> Result<SealedRecord, VaultError> {
        let open = self.open_or_why()?;
        record::seal(&open.root, header, credential)
    }

    /// Opens what was sealed under the same header.
    pub(crate) fn unseal(&self, header: &RecordHeader, sealed: &SealedRecord) -> Result<Credential, VaultError> {
        let open = self.open_or_why()?;
        record::unseal(&open.root, header, sealed)
    }

    /// Puts backups in the place of files that do not read.
    pub(crate) fn restore(&mut self) -> Result<(), VaultError> {
        let finding = {
            let _lock = self.files.lock_for_reading()?;
            examine(&self.files)
        };
        let faults = match finding {
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
            let bytes =
                self.files.read(&backup, root::MAX_FILE).map_err(|error| VaultError::disk(&backup, "read", error))?;
            let Some(bytes) = bytes else { return Err(VaultError::NoBackup { detail: examine::describe(&faults) }) };
            self.files.room_for(bytes.len() as u64)?;
            self.files.keep_aside(&path)?;
            self.files.write(&path, &bytes)?;
            tracing::info!(file = fault.part.name(), "restored from its backup; the damaged file was kept beside it");
        }
        drop(lock);
        self.deep.clear();
        self.look().map(drop)
    }

    /// Writes the Stronghold file and reads it back before it counts. The caller holds the lock.
    fn commit(&self, root: &Root, key: &KeyProvider) -> Result<(), VaultError> {
        let path = self.files.path(HOLD);
        self.files.room_for(std::fs::metadata(&path).map_or(0, |metadata| metadata.len()))?;
        let mut waits = crate::files::waits();
        while let Err(error) = root.commit(&path, key) {
            let Some(wait) = waits.next() else {
                self.files.sweep();
                return Err(VaultError::disk(&path, "written", std::io::Error::other(error)));
            };
            std::thread::sleep(wait);
        }
        self.files.make_private(&path)?;
        self.files.sync_dir()?;
        let same = Root::open(&path, key, root.vault()).is_ok_and(|back| root.is_same_as(&back).unwrap_or(false));
        if same {
            Ok(())
        } else {
            let error = std::io::Error::other("the disk did not keep what was written");
            Err(VaultError::disk(&path, "written", error))
        }
    }

    /// Reads the Stronghold file with the vault key, after making sure that who wrote the slots had it.
    fn open_root(&self, slots: &Slots, vault_key: &Key, key: &KeyProvider) -> Result<Root, Opening> {
        if !slots.is_authentic(vault_key).map_err(Opening::Failed)? {
            let backup = self.slots_backup_is_good(slots.vault, vault_key);
            let what = "was changed by something other than Holdfast".to_owned();
            return Err(Opening::Faulty(Fault { part: Part::Slots, what, backup }));
        }
        Root::open(&self.files.path(HOLD), key, slots.vault).map_err(|error| {
            let backup = Root::open(&self.files.backup(HOLD), key, slots.vault).is_ok();
            Opening::Faulty(Fault { part: Part::Hold, what: error.to_string(), backup })
        })
    }

    /// Copies the files of the vault that was just opened, where a copy is missing or does not read.
    /// A vault without a backup is still a vault, so what goes wrong here is only noted.
    fn back_up(&self, vault_key: &Key) {
        let Some(open) = &self.open else { return };
        let hold_is_good = match Root::open(&self.files.backup(HOLD), &open.key, open.root.vault()) {
            Ok(backup) => open.root.is_same_as(&backup).unwrap_or(false),
            Err(_) => false,
        };
        let slots_are_good = self.slots_backup_is_good(open.root.vault(), vault_key);
        for (part, good) in [(Part::Slots, slots_are_good), (Part::Hold, hold_is_good)] {
            if !good && let Err(error) = self.copy_to_backup(part) {
                tracing::warn!(file = part.name(), %error, "the vault has no backup of this file");
            }
        }
    }

    fn copy_to_backup(&self, part: Part) -> Result<(), VaultError> {
        let _lock = self.files.lock_for_writing()?;
        let path = self.files.path(part.name());
        match self.files.read(&path, root::MAX_FILE) {
            Ok(Some(bytes)) => self.files.write(&self.files.backup(part.name()), &bytes),
            Ok(None) => Err(VaultError::Missing),
            Err(error) => Err(VaultError::disk(&path, "read", error)),
        }
    }

    fn slots_backup_is_good(&self, vault: Uuid, vault_key: &Key) -> bool {
        match examine::read_slots(&self.files, &self.files.backup(SLOTS)) {
            Ok(Some(backup)) => {
                backup.vault == vault && backup.stage == Stage::InUse && backup.is_authentic(vault_key).unwrap_or(false)
            }
            Ok(None) | Err(_) => false,
        }
    }

    fn opened(&mut self, open: Open) {
        let by = open.by;
        self.open = Some(open);
        self.deep.clear();
        self.publish(VaultState::Unlocked { by });
    }

    fn open_or_why(&self) -> Result<&Open, VaultError> {
        self.open.as_ref().ok_or_else(|| match &*self.state.borrow() {
            VaultState::Missing => VaultError::Missing,
            VaultState::Damaged { detail, backup } => VaultError::Damaged { detail: detail.clone(), backup: *backup },
            VaultState::Locked { .. } | VaultState::Unlocked { .. } => VaultError::Locked,
        })
    }

    /// After a panic the old instance cannot be trusted: its locks may be poisoned.
    fn start_anew(&mut self) {
        let before = self.open.take();
        let after = survive(|| {
            let Open { root, key, by, ways } = before?;
            let vault = root.vault();
            drop(root);
            let _lock = self.files.lock_for_reading().ok()?;
            let root = Root::open(&self.files.path(HOLD), &key, vault).ok()?;
            Some(Open { root, key, by, ways })
        });
        match after.flatten() {
            Some(open) => self.opened(open),
            None => {
                survive(|| self.first_look());
            }
        }
    }

    fn publish(&self, state: VaultState) {
        self.state.send_if_modified(|current| {
            let changed = *current != state;
            *current = state;
            changed
        });
    }
}

/// Why the Stronghold file was not opened.
enum Opening {
    Faulty(Fault),
    Failed(VaultError),
}

/// The vault key, if `opener` opens one of the slots.
fn unwrap(slots: &Slots, opener: &Opener) -> Result<Key, VaultError> {
    let mut tried = false;
    for slot in &slots.slots {
        match slot.unwrap(slots.vault, opener)? {
            Some(Ok(vault_key)) => return Ok(vault_key),
            Some(Err(cipher::NotAuthentic)) => tried = true,
            None => {}
        }
    }
    Err(match opener {
        _ if !tried => VaultError::NoSuchWay(opener.way()),
        Opener::Passphrase(_) => VaultError::WrongPassphrase,
        Opener::DeviceKey(_) => KeychainError::EntryChanged { account: account_of(slots.vault) }.into(),
    })
}
