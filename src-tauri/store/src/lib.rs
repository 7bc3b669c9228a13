//! The database on the user's computer: conversations as trees of messages, sealed keys with their
//! limits and use, the log of what happened with them, settings, the user's providers, models last seen.
//!
//! One SQLite file in WAL mode, sealed as a whole with the vault's key (SQLCipher). Every table is one file in `table/`, with its rows, its reads (on
//! [`Store`]) and its writes (on [`Writes`], so only inside a transaction). One connection writes and
//! checkpoints; a few others only read. Two programs may have the file open at the same time.
//! What does not read is named and left alone; see [`StoreError`].
//!
//! Deliberately not here: opening a sealed key (the vault), deciding what is asked of whom, telling
//! windows, SQL or entities that leave the crate. History is only added to: an edit is a sibling, a
//! deletion is a mark.

mod backup;
mod connect;
mod error;
mod open;
mod seal;
mod store;
mod table;
mod turn;
mod word;
mod writer;

#[cfg(test)]
mod tests;

pub use backup::{Backup, BackupContents, PreparedBackup};
pub use error::StoreError;
pub use store::{Store, Writes};
pub use table::audit_event::{AuditAnchor, AuditDraft, AuditRecord, AuditVerifyError, NewAuditEvent};
pub use table::conversation::{Conversation, ConversationLine};
pub use table::key_revision::SealedRevision;
pub use table::key_use::{Admission, KeyUseEnd};
pub use table::known_model::KnownModel;
pub use table::message::StoredMessage;
pub use table::provider::CustomProvider;
pub use table::sealed_key::StoredKey;
