//! The vault: one random vault key, the slots that wrap it, the Stronghold file it opens, and the
//! records sealed under the key that lies in there.
//!
//! A sealed record is opaque bytes for the database. It opens only under the header it was sealed
//! with, and what comes out is bound to the origin it may be sent to. One thread owns Stronghold;
//! [`Vault`] is a handle to it.
//!
//! Deliberately not here: the database, the network, Tauri, and any way to list or copy secrets.

mod bytes;
mod cipher;
mod error;
mod examine;
mod files;
mod keychain;
mod owner;
mod passphrase;
mod record;
mod root;
mod slots;
mod vault;

pub use error::{KeychainError, VaultError};
pub use keychain::{Keychain, NoKeychain, SystemKeychain};
pub use record::{RecordHeader, RecordKind, SealedRecord};
pub use vault::Vault;
