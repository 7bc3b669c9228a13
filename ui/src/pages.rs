//! What fills the window beside the rail, or the window as a whole.

mod chats;
mod damaged;
mod entry;
mod first_run;
mod keys;
mod settings;

pub(crate) use chats::Chats;
pub(crate) use damaged::Damaged;
pub(crate) use entry::Entry;
pub(crate) use first_run::FirstRun;
pub(crate) use keys::KeysPage;
pub(crate) use settings::SettingsPage;
