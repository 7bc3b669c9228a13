//! What fills the window beside the rail, or the window as a whole.

mod chats;
mod damaged;
mod entry;
mod first_run;
mod keys;
mod lock;
mod security;
mod set_up;
mod settings;

pub(crate) use chats::Chats;
pub(crate) use damaged::{Damaged, DamagedVault};
pub(crate) use entry::Entry;
pub(crate) use first_run::FirstRun;
pub(crate) use keys::KeysPage;
pub(crate) use lock::{Lock, Opening};
pub(crate) use security::SecurityPage;
pub(crate) use set_up::SetUp;
pub(crate) use settings::SettingsPage;
