use holdfast_app::{Host, HostError};
use holdfast_core::Secret;

/// A terminal behind the use cases: no clipboard and no windows.
pub(crate) struct Terminal;

impl Host for Terminal {
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

    fn open_entry(&self) -> Result<(), HostError> {
        Err(HostError::Unsupported("Typing a secret here"))
    }

    fn close_entry(&self) {}

    fn usable(&self) {}
}
