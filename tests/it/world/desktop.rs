use std::path::{Path, PathBuf};
use std::sync::Mutex;

use holdfast_app::{Host, HostError};
use holdfast_contract::{AuditActor, FileUse};
use holdfast_core::Secret;

/// A desktop: a clipboard, a browser and a window for secrets.
#[derive(Default)]
pub(crate) struct Desktop {
    clipboard: Mutex<Option<String>>,
    copied_next: Mutex<Option<String>>,
    opened: Mutex<Vec<String>>,
    entry: Mutex<bool>,
    openings: Mutex<Vec<u64>>,
    chosen: Mutex<Option<PathBuf>>,
    asked_for_files: Mutex<Vec<(FileUse, PathBuf)>>,
    environment: Mutex<Vec<(String, String)>>,
}

impl Desktop {
    /// The user copies something.
    pub(crate) fn copy(&self, text: &str) {
        *self.clipboard.lock().unwrap() = Some(text.to_owned());
    }

    /// The user will copy something else right after the clipboard was read.
    pub(crate) fn copy_after_next_read(&self, text: &str) {
        *self.copied_next.lock().unwrap() = Some(text.to_owned());
    }

    /// A variable of the program's environment; without a value it is taken away.
    pub(crate) fn set_variable(&self, name: &str, value: Option<&str>) {
        let mut variables = self.environment.lock().unwrap();
        variables.retain(|(known, _)| known != name);
        variables.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// What the clipboard holds.
    pub(crate) fn clipboard(&self) -> Option<String> {
        self.clipboard.lock().unwrap().clone()
    }

    /// The addresses that were opened.
    pub(crate) fn opened(&self) -> Vec<String> {
        self.opened.lock().unwrap().clone()
    }

    /// By what each opening of the window for secrets is known, in order.
    pub(crate) fn openings(&self) -> Vec<u64> {
        self.openings.lock().unwrap().clone()
    }

    /// The file that the user will choose next; else they choose none.
    pub(crate) fn will_choose(&self, path: &Path) {
        *self.chosen.lock().unwrap() = Some(path.to_owned());
    }

    /// What the user was asked to choose files for, and where each dialog began.
    pub(crate) fn asked_for_files(&self) -> Vec<(FileUse, PathBuf)> {
        self.asked_for_files.lock().unwrap().clone()
    }

    /// Whether the window for secrets is there.
    pub(crate) fn entry_is_open(&self) -> bool {
        *self.entry.lock().unwrap()
    }
}

impl Host for Desktop {
    fn actor(&self) -> AuditActor {
        AuditActor::Window
    }

    fn environment(&self) -> Vec<(String, Secret)> {
        let variables = self.environment.lock().unwrap();
        variables.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect()
    }

    fn read_clipboard(&self) -> Result<Secret, HostError> {
        let mut clipboard = self.clipboard.lock().unwrap();
        let read = clipboard.clone().map(Secret::new).ok_or(HostError::NoText);
        if let Some(next) = self.copied_next.lock().unwrap().take() {
            *clipboard = Some(next);
        }
        read
    }

    fn clear_clipboard(&self, still: &Secret) -> Result<(), HostError> {
        let mut clipboard = self.clipboard.lock().unwrap();
        if clipboard.as_deref() == Some(still.expose()) {
            *clipboard = None;
        }
        Ok(())
    }

    fn write_clipboard(&self, text: String) -> Result<(), HostError> {
        *self.clipboard.lock().unwrap() = Some(text);
        Ok(())
    }

    fn open_url(&self, url: &str) -> Result<(), HostError> {
        self.opened.lock().unwrap().push(url.to_owned());
        Ok(())
    }

    fn choose_file(&self, purpose: FileUse, start: &Path) -> Result<Option<PathBuf>, HostError> {
        self.asked_for_files.lock().unwrap().push((purpose, start.to_owned()));
        Ok(self.chosen.lock().unwrap().take())
    }

    fn open_entry(&self, opening: u64, _anew: bool) -> Result<(), HostError> {
        self.openings.lock().unwrap().push(opening);
        *self.entry.lock().unwrap() = true;
        Ok(())
    }

    fn close_entry(&self) {
        *self.entry.lock().unwrap() = false;
    }

    fn usable(&self) {}
}
