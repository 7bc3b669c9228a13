//! What the page and the program say to each other: ids, requests with their replies, events and
//! [`Failure`].
//!
//! Each request type names its reply and the windows that may send it ([`Command`]); the program's
//! router is checked against [`commands`]. The crate builds for the desktop and for wasm32.
//!
//! Deliberately not here: behaviour, IO, a clock, anything secret (the exceptions are
//! [`SubmitEntry`] and the commands of the recovery code, which only the entry window may send), and
//! any type of another room.

mod audit;
mod command;
mod conversation;
mod event;
mod failure;
mod file;
mod id;
mod key;
mod part;
mod provider;
mod status;
mod vault;

pub use audit::*;
pub use command::{Command, CommandInfo, Window, commands};
pub use conversation::*;
pub use event::*;
pub use failure::{Action, Code, Failure};
pub use file::*;
pub use id::*;
pub use key::*;
pub use part::*;
pub use provider::*;
pub use status::*;
pub use vault::*;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Timestamp = i64;
