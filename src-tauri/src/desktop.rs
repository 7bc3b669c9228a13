use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use holdfast_app::{Host, HostError};
use holdfast_contract::{AuditActor, FileUse};
use holdfast_core::Secret;
use tauri::AppHandle;

use crate::{chooser, environment, windows};

/// The desktop behind the use cases.
pub(crate) struct Desktop {
    handle: AppHandle,
    started: Instant,
    clipboard: Clipboard,
}

impl Desktop {
    pub(crate) fn new(handle: AppHandle, started: Instant) -> Self {
        Self { handle, started, clipboard: Clipboard::default() }
    }
}

impl Host for Desktop {
    fn actor(&self) -> AuditActor {
        AuditActor::Window
    }

    fn read_clipboard(&self) -> Result<Secret, HostError> {
        self.clipboard.with(|clipboard| match clipboard.get_text() {
            Ok(text) => Ok(Secret::new(text)),
            Err(arboard::Error::ContentNotAvailable) => Err(HostError::NoText),
            Err(error) => Err(HostError::System(error.to_string())),
        })
    }

    fn clear_clipboard(&self, still: &Secret) -> Result<(), HostError> {
        self.clipboard.with(|clipboard| {
            let now = clipboard.get_text().map(Secret::new);
            if now.is_ok_and(|now| now.expose() == still.expose()) {
                clipboard.clear().map_err(|error| HostError::System(error.to_string()))?;
            }
            Ok(())
        })
    }

    fn write_clipboard(&self, text: String) -> Result<(), HostError> {
        self.clipboard.with(|clipboard| clipboard.set_text(text).map_err(|error| HostError::System(error.to_string())))
    }

    fn open_url(&self, url: &str) -> Result<(), HostError> {
        open::that_detached(url).map_err(|error| HostError::System(error.to_string()))
    }

    fn choose_file(&self, purpose: FileUse, start: &Path) -> Result<Option<PathBuf>, HostError> {
        chooser::choose(&self.handle, purpose, start)
    }

    fn open_entry(&self, opening: u64, anew: bool) -> Result<(), HostError> {
        windows::open_entry(&self.handle, opening, anew).map_err(|error| HostError::System(error.to_string()))
    }

    fn close_entry(&self) {
        windows::close_entry(&self.handle);
    }

    fn usable(&self) {
        environment::mark("usable", self.started);
    }
}

/// On X11 the program that wrote the clipboard must stay to give it out, so one handle lives on.
#[derive(Default)]
struct Clipboard(Mutex<Option<arboard::Clipboard>>);

impl Clipboard {
    fn with<T>(&self, work: impl FnOnce(&mut arboard::Clipboard) -> Result<T, HostError>) -> Result<T, HostError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let clipboard = match slot.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new().map_err(|error| HostError::System(error.to_string()))?,
        };
        work(slot.insert(clipboard))
    }
}
