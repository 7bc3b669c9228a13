use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use holdfast_contract::{Timestamp, VaultState};
use holdfast_core::{Credential, Secret};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::cipher;
use crate::owner::{self, Job, Owner, Surroundings};
use crate::passphrase::Cost;
use crate::slots::new_device_key;
use crate::{Keychain, KeychainError, RecordHeader, SealedRecord, VaultAbout, VaultError};

mod opening;
mod upkeep;

/// Time enough to open the files of a vault, so that a right guess takes as long as a wrong one.
const ANSWER_AFTER: Duration = Duration::from_millis(50);

/// A handle to the vault. Clones are handles to the same one.
///
/// One thread owns the keys; each call is a message to it. Calls of the keychain, which may ask the
/// user something, happen elsewhere, so that a passphrase is taken meanwhile.
#[derive(Clone)]
pub struct Vault {
    jobs: mpsc::UnboundedSender<Job>,
    state: watch::Receiver<VaultState>,
    keychain: Arc<KeychainSide>,
}

struct KeychainSide {
    keychain: Arc<dyn Keychain>,
    /// Held through a whole conversation with the keychain, so that two calls do not ask the user
    /// twice.
    talking: Mutex<()>,
    /// Whether it works, once that is known. Apart, so that a hanging question does not hide it.
    works: Mutex<Option<bool>>,
}

impl KeychainSide {
    fn known_to_work(&self) -> Option<bool> {
        *self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, works: bool) {
        *self.works.lock().unwrap_or_else(PoisonError::into_inner) = Some(works);
    }
}

impl Vault {
    /// Looks at the vault in `dir`. Never fails: what is wrong shows in the state.
    pub fn open(dir: PathBuf, keychain: Arc<dyn Keychain>) -> Self {
        let surroundings = Surroundings {
            cost: Arc::new(Cost::measured),
            answer_after: ANSWER_AFTER,
            now: Box::new(now),
            free_space: Box::new(|dir| fs4::available_space(dir)),
        };
        Self::open_in(dir, keychain, surroundings)
    }

    pub(crate) fn open_in(dir: PathBuf, keychain: Arc<dyn Keychain>, surroundings: Surroundings) -> Self {
        // Until the first look: closed, and nothing known that opens it.
        let (published, state) = watch::channel(VaultState::Locked { ways: Vec::new() });
        let (jobs, waiting) = mpsc::unbounded_channel();
        let work = move || owner::run(dir, surroundings, published, waiting);
        if let Err(error) = thread::Builder::new().name("vault".to_owned()).spawn(work) {
            // Calls find nobody listening and answer that the vault crashed.
            tracing::error!(%error, "the vault's thread could not be started");
        }
        let keychain = Arc::new(KeychainSide { keychain, talking: Mutex::new(()), works: Mutex::new(None) });
        Self { jobs, state, keychain }
    }

    /// How it stands now.
    pub fn state(&self) -> VaultState {
        self.state.borrow().clone()
    }

    /// Tells of every change of its state.
    pub fn watch(&self) -> watch::Receiver<VaultState> {
        self.state.clone()
    }

    /// How it stands, after the first look at its files.
    pub async fn ready(&self) -> VaultState {
        if let Err(error) = self.call(Owner::look).await {
            tracing::warn!(%error, "the vault's files could not be looked at");
        }
        self.state()
    }

    /// Whether the system has a keychain that keeps what it is given: an entry is written, read back,
    /// compared and deleted. Asked once; later calls answer the same.
    pub async fn keychain_works(&self) -> bool {
        if let Some(known) = self.keychain.known_to_work() {
            return known;
        }
        let tried = self.with_keychain(|_, side| {
            // Another call may have found out while this one waited.
            if side.known_to_work().is_none() {
                let tried = try_keychain(&*side.keychain);
                if let Err(error) = &tried {
                    tracing::info!(%error, "no system keychain can be used");
                }
                side.note(tried.is_ok());
            }
            Ok(())
        });
        tried.await.is_ok() && self.keychain.known_to_work() == Some(true)
    }

    /// What is known of the vault, open or closed.
    ///
    /// # Errors
    /// When there is no vault, and when its files do not read.
    pub async fn about(&self) -> Result<VaultAbout, VaultError> {
        self.call(Owner::about).await
    }

    /// Closes the vault: its keys leave memory.
    pub async fn lock(&self) {
        if let Err(error) = self.call(Owner::lock).await {
            tracing::warn!(%error, "the vault is closed, but its files could not be looked at");
        }
    }

    /// Seals a credential for the database, under a content key of its own.
    ///
    /// # Errors
    /// When the vault is not open, and when the secret is longer than any key.
    pub async fn seal(&self, header: &RecordHeader, credential: Credential) -> Result<SealedRecord, VaultError> {
        let header = header.clone();
        self.call(move |owner| owner.seal(&header, &credential)).await
    }

    /// Opens what was sealed under this very header.
    ///
    /// # Errors
    /// When the vault is not open, and [`VaultError::Refused`] when the record is another or was
    /// changed.
    pub async fn unseal(&self, header: &RecordHeader, sealed: &SealedRecord) -> Result<Credential, VaultError> {
        let (header, sealed) = (header.clone(), sealed.clone());
        self.call(move |owner| owner.unseal(&header, &sealed)).await
    }

    /// The same record with its content key wrapped by the current key-encryption key; `None` when it
    /// is already. What is sealed in it stays as it is.
    ///
    /// # Errors
    /// When the vault is not open, and [`VaultError::Refused`] when the record is another or was
    /// changed.
    pub async fn rewrap(
        &self,
        header: &RecordHeader,
        sealed: &SealedRecord,
    ) -> Result<Option<SealedRecord>, VaultError> {
        let (header, sealed) = (header.clone(), sealed.clone());
        self.call(move |owner| owner.rewrap(&header, &sealed)).await
    }

    /// Sends work to the thread. A reply that never comes means that it panicked.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        self.send(work)?.await.unwrap_or(Err(VaultError::Crashed))
    }

    fn call_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        self.send(work)?.blocking_recv().unwrap_or(Err(VaultError::Crashed))
    }

    fn send<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, VaultError>>, VaultError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |owner| {
            if reply.send(work(owner)).is_err() {
                tracing::debug!("nobody waits for what the vault did any more");
            }
        });
        self.jobs.send(job).map_err(|_| VaultError::Crashed)?;
        Ok(answer)
    }

    /// Talks to the keychain on a thread that may block, one conversation at a time.
    async fn with_keychain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &KeychainSide) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let vault = self.clone();
        let talk = spawn_blocking(move || {
            let side = Arc::clone(&vault.keychain);
            let _one_at_a_time = side.talking.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&vault, &side);
            cipher::wipe_stack();
            result
        });
        talk.await.unwrap_or(Err(VaultError::Crashed))
    }
}

fn now() -> Timestamp {
    jiff::Timestamp::now().as_millisecond()
}

/// Writes an entry and makes sure that the keychain kept it.
fn keep(keychain: &dyn Keychain, account: &str, secret: &Secret) -> Result<(), KeychainError> {
    keychain.set(account, secret)?;
    match keychain.get(account)? {
        Some(kept) if kept.expose() == secret.expose() => Ok(()),
        _ => Err(KeychainError::Failed { detail: "it did not keep what it was given".to_owned() }),
    }
}

fn try_keychain(keychain: &dyn Keychain) -> Result<(), VaultError> {
    let account = format!("check {}", Uuid::from_bytes(*cipher::random()?));
    let kept = keep(keychain, &account, &new_device_key()?);
    let deleted = keychain.delete(&account);
    kept?;
    Ok(deleted?)
}

#[cfg(test)]
mod tests;
