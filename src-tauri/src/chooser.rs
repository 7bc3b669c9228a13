//! The system's own dialog for files. It is opened by the program alone: no page can reach the library
//! behind it, and what is chosen is only a path.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, TryLockError};

use holdfast_app::HostError;
use holdfast_contract::{FileUse, Window};
use tauri::{AppHandle, Manager as _, WebviewWindow};

/// Held while a dialog is open; a page must not cover the screen with them.
static OPEN: Mutex<()> = Mutex::new(());

/// Has the user choose a file, beginning where `start` is, and waits for it.
pub(crate) fn choose(handle: &AppHandle, purpose: FileUse, start: &Path) -> Result<Option<PathBuf>, HostError> {
    let _one_at_a_time = match OPEN.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
        Err(TryLockError::WouldBlock) => {
            return Err(HostError::System("a dialog for files is open already".to_owned()));
        }
    };
    let (sender, chosen) = channel();
    let start = Start::of(start);
    let parent = [Window::Entry, Window::Main].iter().find_map(|kind| handle.get_webview_window(kind.label()));
    // Windows belong to the main thread; what the user does with this one is waited for here.
    let opening = handle.run_on_main_thread(move || open(parent.as_ref(), purpose, start, sender));
    opening.map_err(|error| HostError::System(error.to_string()))?;
    chosen.recv().map_err(|_| HostError::System("the dialog for files did not open".to_owned()))
}

/// Where a dialog begins: the folder of what is typed, if there is one, and the name typed in it.
struct Start {
    folder: Option<PathBuf>,
    name: Option<String>,
}

impl Start {
    fn of(typed: &Path) -> Self {
        if typed.is_dir() {
            return Self { folder: Some(typed.to_owned()), name: None };
        }
        Self {
            folder: typed.parent().filter(|folder| folder.is_dir()).map(Path::to_owned),
            name: typed.file_name().and_then(|name| name.to_str()).map(str::to_owned),
        }
    }
}

/// Opens the dialog on the thread of the windows, and returns before the user has chosen. Nobody waits
/// for what is chosen any more when the program ends meanwhile.
#[cfg(target_os = "linux")]
fn open(parent: Option<&WebviewWindow>, purpose: FileUse, start: Start, chosen: Sender<Option<PathBuf>>) {
    use std::cell::Cell;

    use gtk::prelude::{FileChooserExt as _, NativeDialogExt as _};
    use gtk::{FileChooserAction, FileChooserNative, ResponseType};

    let parent = parent.and_then(|parent| parent.gtk_window().ok());
    let action = match purpose {
        FileUse::Export | FileUse::Variables => FileChooserAction::Open,
        FileUse::New => FileChooserAction::Save,
    };
    let dialog = FileChooserNative::new(Some("Holdfast"), parent.as_ref(), action, None, None);
    dialog.set_modal(true);
    dialog.set_show_hidden(purpose == FileUse::Variables);
    if let Some(folder) = start.folder {
        dialog.set_current_folder(folder);
    }
    if let Some(name) = start.name.filter(|_| purpose == FileUse::New) {
        dialog.set_current_name(&name);
    }
    // GTK does not hold it, so it holds itself until there is a response.
    let held = Cell::new(Some(dialog.clone()));
    dialog.connect_response(move |dialog, response| {
        let path = if response == ResponseType::Accept { dialog.filename() } else { None };
        let _ = chosen.send(path);
        dialog.destroy();
        drop(held.take());
    });
    dialog.show();
}

#[cfg(not(target_os = "linux"))]
fn open(parent: Option<&WebviewWindow>, purpose: FileUse, start: Start, chosen: Sender<Option<PathBuf>>) {
    use std::pin::Pin;

    use rfd::{AsyncFileDialog, FileHandle};

    let mut dialog = AsyncFileDialog::new();
    if let Some(parent) = parent {
        dialog = dialog.set_parent(parent);
    }
    if let Some(folder) = start.folder {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = start.name.filter(|_| purpose == FileUse::New) {
        dialog = dialog.set_file_name(name);
    }
    let choosing: Pin<Box<dyn Future<Output = Option<FileHandle>> + Send>> = match purpose {
        FileUse::Export | FileUse::Variables => Box::pin(dialog.pick_file()),
        FileUse::New => Box::pin(dialog.save_file()),
    };
    tauri::async_runtime::spawn(async move {
        let _ = chosen.send(choosing.await.map(|file| file.path().to_owned()));
    });
}
