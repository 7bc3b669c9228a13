//! Files that the user chooses in the system's own dialog.

use std::path::PathBuf;

use holdfast_contract::{ChooseFile, Code, Failure};

use crate::failure::Explain as _;
use crate::{App, failure, paths};

/// Has the user choose a file, beginning where the typed path leads.
///
/// # Errors
/// When there are no windows, one such dialog is open already, or the path has no words.
pub async fn choose_file(app: App, command: ChooseFile) -> Result<Option<String>, Failure> {
    // What is typed may be half a path; then the dialog begins where files are usually kept.
    let start = paths::of_user(&command.path).unwrap_or_else(|_| paths::documents().join(""));
    let choosing = move || app.host().choose_file(command.purpose, &start);
    let chosen = tokio::task::spawn_blocking(choosing).await.map_err(|_| failure::crashed())?.explain()?;
    chosen.map(text_of).transpose()
}

fn text_of(path: PathBuf) -> Result<String, Failure> {
    path.into_os_string().into_string().map_err(|path| {
        let shown = path.to_string_lossy().into_owned();
        Failure::new(Code::BadRequest, format!("The name of {shown} is not text that can be typed."))
            .hint("Choose another file, or give this one another name.")
    })
}
