//! The schemas of the databases, as steps that are only ever added.
//!
//! [`local`] is the database on the user's computer. A step that has been released is never edited:
//! files that took it exist.
//!
//! Deliberately not here: opening a database, backups, checks, and anything that reads a row. Those
//! are the store's.

pub mod local;
