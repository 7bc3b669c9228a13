use std::path::{Path, PathBuf};

use holdfast_contract::{AuditActor, FileUse};
use holdfast_core::Secret;

/// What the program asks of the desktop around it, and nothing more.
pub trait Host: Send + Sync + 'static {
    /// Who asks through it, for the log.
    fn actor(&self) -> AuditActor;

    /// The variables of the program's environment. Any of them may be a key.
    fn environment(&self) -> Vec<(String, Secret)> {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, Secret::new(text(value)?)))).collect()
    }

    /// The text on the clipboard. It may be a key, so it is a [`Secret`] from the first moment.
    ///
    /// # Errors
    /// When there is no clipboard, or no text on it.
    fn read_clipboard(&self) -> Result<Secret, HostError>;

    /// Empties the clipboard if it still holds this text.
    ///
    /// # Errors
    /// When the clipboard cannot be reached.
    fn clear_clipboard(&self, still: &Secret) -> Result<(), HostError>;

    /// Puts text on the clipboard.
    ///
    /// # Errors
    /// When there is no clipboard.
    fn write_clipboard(&self, text: String) -> Result<(), HostError>;

    /// Has the user choose a file, and waits for it; none when they chose none.
    ///
    /// # Errors
    /// When the host has no windows, or one of its dialogs is open already.
    fn choose_file(&self, purpose: FileUse, start: &Path) -> Result<Option<PathBuf>, HostError>;

    /// Opens an address in the user's browser or mail program.
    ///
    /// # Errors
    /// When the system has no program for it.
    fn open_url(&self, url: &str) -> Result<(), HostError>;

    /// Shows the small window in which secrets are typed, or brings it forward. `anew`: one that is
    /// there draws itself again, for something else. `opening` is what its end is to be told with
    /// ([`crate::entry::entry_closed`]).
    ///
    /// # Errors
    /// When the host has no windows.
    fn open_entry(&self, opening: u64, anew: bool) -> Result<(), HostError>;

    /// Closes that window, if it is there.
    fn close_entry(&self);

    /// The page is drawn and takes keys.
    fn usable(&self);
}

/// Why the desktop did not do it.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// There is no text on the clipboard.
    #[error("the clipboard holds no text")]
    NoText,
    /// This host cannot do it, for instance a terminal.
    #[error("{0} needs a window")]
    Unsupported(&'static str),
    /// The system refused.
    #[error("the system did not do it: {0}")]
    System(String),
}

/// A host without a desktop, like a terminal: no clipboard and no windows.
pub struct NoDesktop;

impl Host for NoDesktop {
    fn actor(&self) -> AuditActor {
        AuditActor::CommandLine
    }

    fn read_clipboard(&self) -> Result<Secret, HostError> {
        Err(HostError::Unsupported("Reading the clipboard"))
    }

    fn clear_clipboard(&self, _: &Secret) -> Result<(), HostError> {
        Err(HostError::Unsupported("Clearing the clipboard"))
    }

    fn write_clipboard(&self, _: String) -> Result<(), HostError> {
        Err(HostError::Unsupported("Writing the clipboard"))
    }

    fn open_url(&self, _: &str) -> Result<(), HostError> {
        Err(HostError::Unsupported("Opening an address"))
    }

    fn choose_file(&self, _: FileUse, _: &Path) -> Result<Option<PathBuf>, HostError> {
        Err(HostError::Unsupported("Choosing a file"))
    }

    fn open_entry(&self, _opening: u64, _anew: bool) -> Result<(), HostError> {
        Err(HostError::Unsupported("Typing a secret here"))
    }

    fn close_entry(&self) {}

    fn usable(&self) {}
}
