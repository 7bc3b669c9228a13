//! Rotation, the keys of database and audit log, and backups.

use std::path::PathBuf;

use holdfast_core::Secret;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Vault;
use crate::owner::Owner;
use crate::{Anchor, BackupFile, RootKind, VaultError};

impl Vault {
    /// The key of the database: 64 hexadecimal digits. It is on disk before it is handed out, and stays
    /// the same whatever else is rotated.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep a new key.
    pub async fn database_key(&self) -> Result<Secret, VaultError> {
        self.call(Owner::database_key).await
    }

    /// Makes a new vault key. Everything that opened the vault opens it as before, and nothing sealed
    /// changes. Who once had the old vault key cannot read a root file from now on. Who kept the old
    /// slots file beside it still can, until the protection and the recovery code are made anew too.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep it. Then the old one counts.
    pub async fn rotate_vault_key(&self) -> Result<(), VaultError> {
        self.call(Owner::rotate_vault_key).await
    }

    /// Makes a new key-encryption key for what is sealed from now on, and gives its id. Older ones
    /// stay, and open what they wrapped.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep it. Then the old one counts.
    pub async fn rotate_kek(&self) -> Result<Uuid, VaultError> {
        self.call(Owner::rotate_kek).await
    }

    /// Deletes the key-encryption keys that are neither current nor named here, and says how many.
    /// What they wrapped is lost, so name those of every record, also in backups that must open.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep it. Then none is deleted.
    pub async fn retire_keks(&self, in_use: &[Uuid]) -> Result<usize, VaultError> {
        let in_use = in_use.to_vec();
        self.call(move |owner| owner.retire_keks(&in_use)).await
    }

    /// What keeps the root keys.
    ///
    /// # Errors
    /// When there is no vault, and when its files do not read.
    pub async fn root_kind(&self) -> Result<RootKind, VaultError> {
        Ok(self.about().await?.root)
    }

    /// Moves the root keys into a file of another kind. Everything opens as before.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep it. Then the old file counts.
    pub async fn move_root(&self, kind: RootKind) -> Result<(), VaultError> {
        self.call(move |owner| owner.move_root(kind)).await
    }

    /// Authenticates an entry of the audit log (HMAC-SHA256): only who has the vault open can.
    ///
    /// # Errors
    /// When the vault is not open.
    pub async fn audit_mac(&self, message: &[u8]) -> Result<[u8; 32], VaultError> {
        let message = message.to_vec();
        self.call(move |owner| owner.audit_mac(&message)).await
    }

    /// How far the audit log came when it was last anchored; `None` when it never was.
    ///
    /// # Errors
    /// When the vault is not open, and [`VaultError::Damaged`] when the anchor is gone or was changed.
    pub async fn anchor(&self) -> Result<Option<Anchor>, VaultError> {
        self.call(Owner::anchor).await
    }

    /// Anchors the audit log, in the place of the last anchor.
    ///
    /// # Errors
    /// When the vault is not open, and when the disk does not keep it.
    pub async fn set_anchor(&self, anchor: Anchor) -> Result<(), VaultError> {
        self.call(move |owner| owner.set_anchor(anchor)).await
    }

    /// Copies the vault's files, as they stand together, into a folder, and says what was copied. Open
    /// or closed.
    ///
    /// # Errors
    /// When there is no vault, its files do not read, or the folder cannot be written.
    pub async fn backup_to(&self, dir: PathBuf) -> Result<Vec<BackupFile>, VaultError> {
        self.call(move |owner| owner.backup_to(&dir)).await
    }

    /// Whether a backup opens with the vault key in use and holds its root keys.
    ///
    /// # Errors
    /// [`VaultError::BadBackup`] says what is wrong with it; and when the vault is not open.
    pub async fn check_backup(&self, dir: PathBuf) -> Result<(), VaultError> {
        self.call(move |owner| owner.check_backup(&dir)).await
    }

    /// Puts the files of a backup in the place of the vault's own, which are kept beside them, and
    /// closes the vault. It then opens by what opened it when the backup was made; a keychain entry
    /// that was replaced since does not, but the recovery code of that time does.
    ///
    /// # Errors
    /// [`VaultError::BadBackup`] when there is none that reads, and nothing is changed; and when the
    /// disk does not take it. Begun once, it is finished at the next start. Without its key a Stronghold
    /// file shows little of its damage: compare what [`Vault::backup_to`] said of the files first.
    pub async fn restore_from(&self, dir: PathBuf) -> Result<(), VaultError> {
        self.call(move |owner| owner.restore_from(&dir)).await
    }

    /// Puts backups in the place of files that do not read; those are kept beside them. Changes
    /// nothing when all files read.
    ///
    /// # Errors
    /// When a file that does not read has no backup that does, and when the disk does not take it.
    pub async fn restore_backup(&self) -> Result<(), VaultError> {
        self.call(Owner::restore).await
    }

    /// The vault's id and its root keys, for a sealed export alone. See [`crate::export_writer`].
    ///
    /// # Errors
    /// When the vault is not open.
    pub async fn export_root(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.call(|owner| owner.export_root()).await
    }
}
