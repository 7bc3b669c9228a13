//! The use cases: one function per command of the contract, over the pure core and the rooms that
//! do IO, and the one map from their errors to [`Failure`](holdfast_contract::Failure).
//!
//! Deliberately not here: windows, Tauri, the command line. What only a desktop can do stands
//! behind [`Host`], so that a window, a terminal and a test run the same code.

pub mod audit;
pub mod backups;
pub mod catalogue;
pub mod chat;
pub mod conversations;
pub mod entry;
pub mod files;
pub mod highlight;
pub mod keys;
pub mod links;
pub mod status;
pub mod vault;

mod app;
mod calendar;
mod chain;
mod drive;
mod events;
mod failure;
mod host;
mod idle;
mod lifecycle;
mod live;
mod paths;
mod upkeep;

pub use app::{App, Places};
pub use events::{Events, Listener};
pub use host::{Host, HostError, NoDesktop};
