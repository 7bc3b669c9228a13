use serde::{Deserialize, Serialize};

use crate::Window;
use crate::command::command;

/// What the user chooses a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileUse {
    /// An export is read.
    Export,
    /// A file of variables is read, whose name often begins with a dot.
    Variables,
    /// A new file is written.
    New,
}

command! {
    /// Has the user choose a file in the system's own dialog, and gives its path; absent when they
    /// chose none. A path can be typed as well: nothing is granted by choosing.
    ChooseFile {
        /// What for.
        purpose: FileUse,
        /// The path that is typed so far, where the dialog begins.
        path: String,
    } => Option<String>, [Window::Main, Window::Entry]
}
