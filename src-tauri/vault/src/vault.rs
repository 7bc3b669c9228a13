use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use holdfast_contract::{UnlockWay, VaultState};
use holdfast_core::{Credential, Secret};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::cipher;
use crate::keychain::account_of;
use crate::owner::{self, Job, Owner};
use crate::passphrase::Cost;
use crate::slots::{Opener, new_device_key};
use crate::{Keychain, KeychainError, RecordHeader, SealedRecord, VaultError};

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
        Self::open_at_cost(dir, keychain, Cost::USUAL)
    }

    /// The same, with another cost of a guess for passphrases that are set.
    pub(crate) fn open_at_cost(dir: PathBuf, keychain: Arc<dyn Keychain>, cost: Cost) -> Self {
        // Until the first look: closed, and nothing known that opens it.
        let (published, state) = watch::channel(VaultState::Locked { ways: Vec::new() });
        let (jobs, waiting) = mpsc::unbounded_channel();
        let work = move || owner::run(dir, cost, published, waiting);
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

    /// Makes a vault that the system's keychain opens, and opens it.
    ///
    /// # Errors
    /// When there is a vault, and when keychain or disk do not keep what they are given. Then there
    /// is no vault, and it can be tried again.
    pub async fn create_with_keychain(&self) -> Result<(), VaultError> {
        self.with_keychain(|vault, side| {
            if vault.call_blocking(Owner::look)?.is_some() {
                return Err(VaultError::Exists);
            }
            let id = Uuid::from_bytes(*cipher::random()?);
            let account = account_of(id);
            let device_key = new_device_key()?;
            keep(&*side.keychain, &account, &device_key)?;
            side.note(true);
            let made = vault.call_blocking(move |owner| owner.create(id, &Opener::DeviceKey(device_key)));
            if made.is_err()
                && let Err(error) = side.keychain.delete(&account)
            {
                tracing::warn!(%error, account, "a keychain entry without a vault stays");
            }
            made
        })
        .await
    }

    /// Makes a vault that a passphrase opens, and opens it.
    ///
    /// # Errors
    /// When there is a vault, and when the disk does not keep it. Then there is no vault, and it can
    /// be tried again.
    pub async fn create_with_passphrase(&self, passphrase: Secret) -> Result<(), VaultError> {
        let id = Uuid::from_bytes(*cipher::random()?);
        self.call(move |owner| owner.create(id, &Opener::Passphrase(passphrase))).await
    }

    /// Opens the vault by the system's keychain. May ask the user something.
    ///
    /// # Errors
    /// Says what to do: the keychain did not answer, its entry is gone or another one, or the vault's
    /// files do not read.
    pub async fn unlock_with_keychain(&self) -> Result<(), VaultError> {
        self.with_keychain(|vault, side| {
            if let VaultState::Unlocked { .. } = vault.state() {
                return Ok(());
            }
            let id = match (vault.call_blocking(Owner::look)?, vault.state()) {
                (Some(_), VaultState::Locked { ways }) if !ways.contains(&UnlockWay::Keychain) => {
                    return Err(VaultError::NoSuchWay(UnlockWay::Keychain));
                }
                (Some(id), _) => id,
                (None, VaultState::Damaged { detail, backup }) => return Err(VaultError::Damaged { detail, backup }),
                (None, _) => return Err(VaultError::Missing),
            };
            let account = account_of(id);
            let Some(stored) = side.keychain.get(&account)? else {
                return Err(KeychainError::EntryMissing { account }.into());
            };
            side.note(true);
            vault.call_blocking(move |owner| owner.unlock(&Opener::DeviceKey(stored)))
        })
        .await
    }

    /// Opens the vault by its passphrase.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] after the same time that the right one takes; else says what is
    /// wrong with the files.
    pub async fn unlock_with_passphrase(&self, passphrase: Secret) -> Result<(), VaultError> {
        self.call(move |owner| owner.unlock(&Opener::Passphrase(passphrase))).await
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

    /// Puts backups in the place of files that do not read; those are kept beside them. Changes
    /// nothing when all files read.
    ///
    /// # Errors
    /// When a file that does not read has no backup that does, and when the disk does not take it.
    pub async fn restore_backup(&self) -> Result<(), VaultError> {
        self.call(Owner::restore).await
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
    async fn with_keychain(
        &self,
        work: impl FnOnce(&Self, &KeychainSide) -> Result<(), VaultError> + Send + 'static,
    ) -> Result<(), VaultError> {
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
