//! The vault: one random vault key, the slots that wrap it, the root file it opens, and the records
//! sealed under the keys that lie in there.
//!
//! A sealed record is opaque bytes for the database. It opens only under the header it was sealed
//! with, and what comes out is bound to the origin it may be sent to. The root file also holds the key
//! of the database and the key of the audit log. One thread owns all keys; [`Vault`] is a handle to it.
//!
//! Deliberately not here: the database, the audit log itself, the network, Tauri, and any way to list
//! or copy secrets.

mod about;
mod anchor;
mod attempts;
mod backup_look;
mod bytes;
mod cipher;
mod error;
mod examine;
mod export;
mod files;
mod keychain;
mod memory;
mod owner;
mod passphrase;
mod record;
mod recovery;
mod root;
mod slots;
mod vault;
mod vault_key;

pub use about::{Anchor, BackupFile, FailedAttempt, Protection, RootKind, VaultAbout};
pub use backup_look::ways_of_backup;
pub use error::{KeychainError, VaultError};
pub use export::{ExportError, ExportWriter, export_reader, export_writer};
pub use keychain::{Keychain, NoKeychain, SystemKeychain};
pub use record::{RecordHeader, RecordKind, SealedRecord, kek_of};
pub use recovery::RecoveryCode;
pub use vault::Vault;
