//! The one thread that owns the keys, and what it does on each message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use holdfast_contract::{Timestamp, UnlockWay, VaultState};
use holdfast_core::Credential;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::attempts::Attempts;
use crate::cipher;
use crate::examine::{Fault, Finding, Part, damaged_error, damaged_state, examine};
use crate::files::{Files, FreeSpace, SLOTS};
use crate::recovery::{self, RecoveryCode};
use crate::root::{Contents, Root};
use crate::slots::{Body, CostOfGuess, Dates, Entry, Opened, Opener, Slot, Slots, Stage, Wrong};
use crate::vault_key::VaultKey;
use crate::{FailedAttempt, KeychainError, RecordHeader, SealedRecord, VaultAbout, VaultError, memory, record};

mod audit;
mod backup;
mod change;
mod counting;

pub(crate) use backup::import;

/// A message to the thread: work to do with what it owns.
pub(crate) type Job = Box<dyn FnOnce(&mut Owner) + Send>;

/// What the vault finds around it.
pub(crate) struct Surroundings {
    /// What a guess at a passphrase that is set now shall cost.
    pub(crate) cost: Arc<CostOfGuess>,
    /// So long after a guess was stretched to a key its answer comes, whether it was right or not.
    pub(crate) answer_after: Duration,
    pub(crate) now: Box<dyn Fn() -> Timestamp + Send>,
    pub(crate) free_space: FreeSpace,
}

/// What the thread owns.
pub(crate) struct Owner {
    files: Files,
    cost: Arc<CostOfGuess>,
    answer_after: Duration,
    now: Box<dyn Fn() -> Timestamp + Send>,
    open: Option<Open>,
    /// Damage that only the right key shows, so that a look without a key does not find it again.
    deep: Vec<Fault>,
    attempts: Attempts,
    memory_locked: bool,
    state: watch::Sender<VaultState>,
}

/// The open vault.
struct Open {
    root: Root,
    key: VaultKey,
    by: UnlockWay,
    /// The slots file as it was last read or written.
    slots: Slots,
}

/// Does one job after the other until every handle is gone.
pub(crate) fn run(
    dir: PathBuf,
    surroundings: Surroundings,
    state: watch::Sender<VaultState>,
    mut jobs: mpsc::UnboundedReceiver<Job>,
) {
    let Surroundings { cost, answer_after, now, free_space } = surroundings;
    let mut owner = Owner {
        files: Files::new(dir, free_space),
        cost,
        answer_after,
        now,
        open: None,
        deep: Vec::new(),
        attempts: Attempts::default(),
        memory_locked: memory::is_locked(),
        state,
    };
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
        let finding = self.find()?;
        self.show(&finding);
        Ok(if let Finding::Ready(slots) = &finding { Some(slots.body.vault) } else { None })
    }

    /// How the files stand, once a restore that was killed is finished.
    fn find(&self) -> Result<Finding, VaultError> {
        self.finish_restore()?;
        let _lock = self.files.lock_for_reading()?;
        Ok(examine(&self.files))
    }

    /// The slots, which must be there and read.
    fn slots(&self) -> Result<Slots, VaultError> {
        let finding = self.find()?;
        self.show(&finding);
        ready(finding)
    }

    /// Publishes what a look found. An open vault stays open: its keys are the last thing that reads.
    fn show(&self, finding: &Finding) {
        if self.open.is_none() {
            self.publish(match finding {
                Finding::Missing => VaultState::Missing,
                Finding::Faulty(faults) => damaged_state(faults),
                Finding::Ready(_) if !self.deep.is_empty() => damaged_state(&self.deep),
                Finding::Ready(slots) => VaultState::Locked { ways: slots.body.ways() },
            });
        }
    }

    /// Makes a vault with these root keys that `opener` and a recovery code open, and opens it.
    pub(crate) fn create(&mut self, contents: Contents, opener: &Opener) -> Result<RecoveryCode, VaultError> {
        self.files.make_dir()?;
        let lock = self.files.lock_for_writing()?;
        let finding = examine(&self.files);
        self.show(&finding);
        match finding {
            Finding::Missing => {}
            Finding::Ready(_) => return Err(VaultError::Exists),
            Finding::Faulty(faults) => return Err(damaged_error(&faults)),
        }

        let vault = contents.index.vault;
        let key = VaultKey::random()?;
        let vault_key = key.expose()?;
        let (code, code_key) = RecoveryCode::random()?;
        let recovery = Opener::Recovery(Box::new(code_key));
        let wrap = |opener| Slot::wrap(vault, &vault_key, opener, &*self.cost);
        let now = Some((self.now)());
        let has_passphrase = matches!(opener, Opener::Passphrase(_) | Opener::Both(..));
        let mut body = Body {
            vault,
            stage: Stage::BeingMade,
            generation: 1,
            root: crate::files::RootFile::FIRST,
            dates: Dates { made: now, passphrase: now.filter(|_| has_passphrase), vault_key: now, kek: now },
            recovery_confirmed: false,
            anchored: false,
            slots: vec![wrap(opener)?, wrap(&recovery)?],
        };
        // Killed after this, the next start finds a vault that was never acknowledged, and no vault.
        self.files.write(&self.files.path(SLOTS), &Slots::sign(body.clone(), &vault_key)?.encode())?;
        let root = Root::new(body.root.kind, contents)?;
        root.commit(&self.files, body.root, &key)?;
        body.stage = Stage::InUse;
        body.generation += 1;
        let slots = Slots::sign(body, &vault_key)?;
        self.files.write(&self.files.path(SLOTS), &slots.encode())?;
        drop(lock);

        self.opened(Open { root, key, by: opener.way(), slots });
        self.back_up();
        Ok(code)
    }

    /// Opens the vault.
    pub(crate) fn unlock(&mut self, opener: &Opener) -> Result<(), VaultError> {
        let slots = self.slots()?;
        let way = opener.way();
        if !slots.body.ways().contains(&way) {
            return Err(VaultError::NoSuchWay(way));
        }
        let is_guess = way != UnlockWay::Keychain;
        if is_guess {
            self.count_attempt(way)?;
        }
        let unwrapped = unwrap(&slots, opener);
        let answer = Instant::now() + self.answer_after;
        let unlocked = match unwrapped {
            Ok((slot, opened)) => {
                self.forgive_attempts(is_guess);
                self.open_with(slots, way, slot, &opened)
            }
            Err(error) => {
                match error {
                    VaultError::WrongPassphrase | VaultError::WrongRecoveryCode => {}
                    VaultError::Keychain(_) if !is_guess => self.note_attempt(way),
                    // The guess was not even compared.
                    _ if is_guess => self.discount_attempt(),
                    _ => {}
                }
                Err(error)
            }
        };
        if is_guess {
            sleep(answer.saturating_duration_since(Instant::now()));
        }
        unlocked
    }

    fn open_with(&mut self, slots: Slots, by: UnlockWay, slot: usize, opened: &Opened) -> Result<(), VaultError> {
        let key = VaultKey::new(&opened.vault_key)?;
        let lock = self.files.lock_for_reading()?;
        if examine(&self.files) != Finding::Ready(slots.clone()) {
            return Err(VaultError::Busy);
        }
        let root = match self.open_root(&slots, &key) {
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
        self.opened(Open { root, key, by, slots });
        if let Err(error) = self.upgrade(slot, opened) {
            tracing::warn!(%error, "the vault keeps the form of the first version for now");
        }
        self.back_up();
        Ok(())
    }

    /// Reads the root file with the vault key, after making sure that who wrote the slots had it.
    fn open_root(&self, slots: &Slots, key: &VaultKey) -> Result<Root, Opening> {
        let vault_key = key.expose().map_err(Opening::Failed)?;
        let Body { vault, root: file, .. } = slots.body;
        if !slots.is_authentic(&vault_key).map_err(Opening::Failed)? {
            let backup = self.slots_backup().is_some_and(|backup| {
                backup.body.vault == vault
                    && backup.body.stage == Stage::InUse
                    && backup.is_authentic(&vault_key).unwrap_or(false)
            });
            let what = "was changed by something other than Holdfast".to_owned();
            return Err(Opening::Faulty(Fault { part: Part::Slots, what, backup }));
        }
        let open = |path: &Path| Root::open(&self.files, path, file.kind, key, vault);
        open(&self.files.path(file.name())).map_err(|error| {
            let backup = open(&self.files.backup(file.name())).is_ok();
            Opening::Faulty(Fault { part: Part::Root(file), what: error.to_string(), backup })
        })
    }

    /// Closes the vault.
    pub(crate) fn lock(&mut self) -> Result<(), VaultError> {
        if let Some(open) = self.open.take() {
            // Said before the look, which may have to wait for another program.
            self.publish(VaultState::Locked { ways: open.slots.body.ways() });
        }
        self.look().map(drop)
    }

    /// Seals a credential under its header.
    pub(crate) fn seal(&mut self, header: &RecordHeader, credential: &Credential) -> Result<SealedRecord, VaultError> {
        self.freshen()?;
        record::seal(&self.open_or_why()?.root, header, credential)
    }

    /// Opens what was sealed under the same header.
    pub(crate) fn unseal(&mut self, header: &RecordHeader, sealed: &SealedRecord) -> Result<Credential, VaultError> {
        let opened = record::unseal(&self.open_or_why()?.root, header, sealed);
        if opened.is_err() && self.freshen()? {
            // Another program made a new key-encryption key meanwhile.
            return record::unseal(&self.open_or_why()?.root, header, sealed);
        }
        opened
    }

    /// The same record under the current key-encryption key; `None` when it is already.
    pub(crate) fn rewrap(
        &mut self,
        header: &RecordHeader,
        sealed: &SealedRecord,
    ) -> Result<Option<SealedRecord>, VaultError> {
        self.freshen()?;
        record::rewrap(&self.open_or_why()?.root, header, sealed)
    }

    /// What is known of the vault.
    pub(crate) fn about(&mut self) -> Result<VaultAbout, VaultError> {
        let body = match &self.open {
            Some(open) => open.slots.body.clone(),
            None => self.slots()?.body,
        };
        let ways = body.ways();
        let Dates { made, passphrase, vault_key, kek } = body.dates;
        Ok(VaultAbout {
            id: body.vault,
            has_recovery: ways.contains(&UnlockWay::Recovery),
            recovery_confirmed: body.recovery_confirmed,
            ways,
            made_at: made,
            passphrase_changed_at: passphrase,
            vault_key_changed_at: vault_key,
            kek_changed_at: kek,
            root: body.root.kind,
            memory_locked: self.memory_locked,
        })
    }

    /// The same of the vault that is open.
    pub(crate) fn open_about(&mut self) -> Result<VaultAbout, VaultError> {
        self.open_or_why()?;
        self.about()
    }

    /// The vault's id, and the entry of the keychain that opens it this way.
    pub(crate) fn entry(&self, way: UnlockWay) -> Result<(Uuid, Entry), VaultError> {
        let body = self.slots()?.body;
        let entry = body.entry(way).ok_or(VaultError::NoSuchWay(way))?;
        Ok((body.vault, entry))
    }

    /// The entries of the keychain that the vault on the disk needs.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, VaultError> {
        match self.find()? {
            Finding::Missing => Ok(Vec::new()),
            finding => ready(finding).map(|slots| slots.body.entries()),
        }
    }

    /// Whether a recovery code opens the vault.
    pub(crate) fn check_recovery_code(&self, code: recovery::RecoveryKey) -> Result<bool, VaultError> {
        match unwrap(&self.slots()?, &Opener::Recovery(Box::new(code))) {
            Ok(_) => Ok(true),
            Err(VaultError::WrongRecoveryCode) => Ok(false),
            Err(error) => Err(error),
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
            let Open { root, key, by, .. } = before?;
            drop(root);
            let _lock = self.files.lock_for_reading().ok()?;
            let Finding::Ready(slots) = examine(&self.files) else { return None };
            let root = self.open_root(&slots, &key).ok()?;
            Some(Open { root, key, by, slots })
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

    fn attempt(&self, way: UnlockWay) -> FailedAttempt {
        FailedAttempt { at: (self.now)(), way }
    }
}

/// Why the root file was not opened.
enum Opening {
    Faulty(Fault),
    Failed(VaultError),
}

impl From<Opening> for VaultError {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Faulty(fault) => damaged_error(&[fault]),
            Opening::Failed(error) => error,
        }
    }
}

fn ready(finding: Finding) -> Result<Slots, VaultError> {
    match finding {
        Finding::Missing => Err(VaultError::Missing),
        Finding::Faulty(faults) => Err(damaged_error(&faults)),
        Finding::Ready(slots) => Ok(slots),
    }
}

/// The vault key and the slot that gave it, if `opener` opens one of them.
fn unwrap(slots: &Slots, opener: &Opener) -> Result<(usize, Opened), VaultError> {
    let mut wrong = None;
    for (at, slot) in slots.body.slots.iter().enumerate() {
        match slot.unwrap(slots.body.vault, opener)? {
            Some(Ok(opened)) => return Ok((at, opened)),
            Some(Err(how)) => wrong = wrong.or(Some((how, slot))),
            None => {}
        }
    }
    Err(match (wrong, opener) {
        (None, _) => VaultError::NoSuchWay(opener.way()),
        (Some((Wrong::Typed, _)), Opener::Recovery(_)) => VaultError::WrongRecoveryCode,
        (Some((Wrong::Typed, _)), _) => VaultError::WrongPassphrase,
        (Some((Wrong::Device, slot)), _) => {
            let entry = slot.entry().unwrap_or(Entry::FIRST);
            KeychainError::EntryChanged { account: entry.account(slots.body.vault) }.into()
        }
    })
}
