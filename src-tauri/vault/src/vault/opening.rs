//! Making and opening the vault, and changing what opens it.

use holdfast_contract::{UnlockWay, VaultState};
use holdfast_core::Secret;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeychainSide, Vault, keep};
use crate::cipher;
use crate::owner::{self, Owner};
use crate::root::Contents;
use crate::slots::{Entry, Opener, new_device_key};
use crate::{FailedAttempt, KeychainError, Protection, RecoveryCode, VaultError, recovery};

impl Vault {
    /// Makes a vault and opens it. The recovery code is shown this once.
    ///
    /// # Errors
    /// When there is a vault, and when keychain or disk do not keep what they are given. Then there
    /// is no vault, and it can be tried again.
    pub async fn create(&self, protection: Protection) -> Result<RecoveryCode, VaultError> {
        let id = Uuid::from_bytes(*cipher::random()?);
        self.make(id, protection, move |owner, opener| owner.create(Contents::random(id)?, opener)).await
    }

    /// Makes a vault on this computer from keys that were exported on another, and opens it. What was
    /// sealed there opens here.
    ///
    /// # Errors
    /// The same as for [`Vault::create`], and when the exported keys do not read.
    pub async fn import_root(
        &self,
        exported: Zeroizing<Vec<u8>>,
        protection: Protection,
    ) -> Result<RecoveryCode, VaultError> {
        let id = owner::import(&exported)?.index.vault;
        self.make(id, protection, move |owner, opener| owner.create(owner::import(&exported)?, opener)).await
    }

    async fn make(
        &self,
        id: Uuid,
        protection: Protection,
        work: impl FnOnce(&mut Owner, &Opener) -> Result<RecoveryCode, VaultError> + Send + 'static,
    ) -> Result<RecoveryCode, VaultError> {
        protection.check()?;
        let protection = match protection {
            // Without a keychain nothing is asked that may hang.
            Protection::Passphrase(typed) => {
                return self.call(move |owner| work(owner, &Opener::Passphrase(typed))).await;
            }
            other => other,
        };
        self.with_keychain(move |vault, side| {
            if vault.call_blocking(Owner::look)?.is_some() {
                return Err(VaultError::Exists);
            }
            vault.with_opener(side, id, protection, work)
        })
        .await
    }

    /// Changes the main way to open the vault, which must be open. The recovery code stays.
    ///
    /// # Errors
    /// When keychain or disk do not keep what they are given. Then the vault opens as before.
    pub async fn protect(&self, protection: Protection) -> Result<(), VaultError> {
        protection.check()?;
        self.with_keychain(move |vault, side| {
            let (id, before) = vault.call_blocking(|owner| {
                let about = owner.open_about()?;
                Ok((about.id, owner.entries()?))
            })?;
            vault.with_opener(side, id, protection, Owner::protect)?;
            let after = vault.call_blocking(|owner| owner.entries())?;
            for entry in before.into_iter().filter(|entry| !after.contains(entry)) {
                discard(side, &entry.account(id));
            }
            Ok(())
        })
        .await
    }

    /// Makes what will open the vault, with an entry of its own in the keychain where it takes one, and
    /// does some work with it. If the vault does not need the entry then, it is deleted.
    fn with_opener<T: Send + 'static>(
        &self,
        side: &KeychainSide,
        id: Uuid,
        protection: Protection,
        work: impl FnOnce(&mut Owner, &Opener) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let new_entry = || -> Result<(Entry, Secret), VaultError> {
            let (entry, device_key) = (Entry::random()?, new_device_key()?);
            let account = entry.account(id);
            if let Err(error) = keep(&*side.keychain, &account, &device_key) {
                discard(side, &account);
                return Err(error.into());
            }
            side.note(true);
            Ok((entry, device_key))
        };
        let (entry, opener) = match protection {
            Protection::Passphrase(typed) => (None, Opener::Passphrase(typed)),
            Protection::Keychain => {
                let (entry, device_key) = new_entry()?;
                (Some(entry), Opener::Keychain(entry, device_key))
            }
            Protection::Both(typed) => {
                let (entry, device_key) = new_entry()?;
                (Some(entry), Opener::Both(entry, device_key, typed))
            }
        };
        let done = self.call_blocking(move |owner| work(owner, &opener));
        if done.is_err()
            && let Some(entry) = entry
            // While it is not known, the entry stays: it may be the one that opens the vault.
            && self.call_blocking(|owner| owner.entries()).is_ok_and(|needed| !needed.contains(&entry))
        {
            discard(side, &entry.account(id));
        }
        done
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
            let (entry, stored) = vault.stored(side, UnlockWay::Keychain)?;
            vault.call_blocking(move |owner| owner.unlock(&Opener::Keychain(entry, stored)))
        })
        .await
    }

    /// Opens the vault by its passphrase.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] after the same time that the right one takes, and
    /// [`VaultError::Wait`] at once after too many of them; else says what is wrong with the files.
    pub async fn unlock_with_passphrase(&self, passphrase: Secret) -> Result<(), VaultError> {
        self.call(move |owner| owner.unlock(&Opener::Passphrase(passphrase))).await
    }

    /// Opens the vault by its passphrase and the system's keychain together. May ask the user
    /// something.
    ///
    /// # Errors
    /// The same as for each of them.
    pub async fn unlock_with_both(&self, passphrase: Secret) -> Result<(), VaultError> {
        self.with_keychain(move |vault, side| {
            let (entry, stored) = vault.stored(side, UnlockWay::Both)?;
            vault.call_blocking(move |owner| owner.unlock(&Opener::Both(entry, stored, passphrase)))
        })
        .await
    }

    /// Opens the vault by its recovery code.
    ///
    /// # Errors
    /// [`VaultError::MistypedRecoveryCode`] when it is none, [`VaultError::WrongRecoveryCode`] when it
    /// is another one, and [`VaultError::Wait`] after too many wrong attempts; else says what is wrong
    /// with the files.
    pub async fn unlock_with_recovery(&self, code: Secret) -> Result<(), VaultError> {
        self.call(move |owner| owner.unlock(&Opener::Recovery(Box::new(recovery::parse(&code)?)))).await
    }

    /// What the keychain keeps for this way to open the vault.
    fn stored(&self, side: &KeychainSide, way: UnlockWay) -> Result<(Entry, Secret), VaultError> {
        let (id, entry) = self.call_blocking(move |owner| owner.entry(way))?;
        let account = entry.account(id);
        let Some(stored) = side.keychain.get(&account)? else {
            return Err(KeychainError::EntryMissing { account }.into());
        };
        side.note(true);
        Ok((entry, stored))
    }

    /// The attempts to open the vault that failed since it was last opened, oldest first and at most
    /// the newest hundred. Each is handed out once.
    ///
    /// # Errors
    /// When the vault is not open.
    pub async fn take_failed_attempts(&self) -> Result<Vec<FailedAttempt>, VaultError> {
        self.call(Owner::take_failed_attempts).await
    }

    /// Makes a new recovery code, to be shown this once. The old one opens nothing any more.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep it. Then the old one still opens
    /// the vault.
    pub async fn new_recovery_code(&self) -> Result<RecoveryCode, VaultError> {
        self.call(Owner::new_recovery_code).await
    }

    /// Whether this code opens the vault, open or closed.
    ///
    /// # Errors
    /// [`VaultError::MistypedRecoveryCode`] when it is none, and when the vault has none.
    pub async fn check_recovery_code(&self, code: Secret) -> Result<bool, VaultError> {
        self.call(move |owner| owner.check_recovery_code(recovery::parse(&code)?)).await
    }

    /// Notes that the user showed that they wrote the recovery code down.
    ///
    /// # Errors
    /// When the vault is not open or has none, and when the disk does not keep it.
    pub async fn confirm_recovery(&self) -> Result<(), VaultError> {
        self.call(Owner::confirm_recovery).await
    }
}

fn discard(side: &KeychainSide, account: &str) {
    if let Err(error) = side.keychain.delete(account) {
        tracing::warn!(%error, account, "a keychain entry that nothing needs stays");
    }
}
