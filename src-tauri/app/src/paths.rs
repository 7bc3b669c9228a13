//! Files that the user names.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use holdfast_contract::{Code, Failure};

/// A path as a person types it: `~` is their home, and it must say which folder it is in.
pub(crate) fn of_user(typed: &str) -> Result<PathBuf, Failure> {
    let typed = typed.trim();
    let path = match typed.strip_prefix("~/").or_else(|| typed.strip_prefix("~\\")) {
        Some(rest) => std::env::home_dir().map(|home| home.join(rest)),
        None => Some(PathBuf::from(typed)),
    };
    path.filter(|path| path.is_absolute()).ok_or_else(|| {
        Failure::new(Code::BadRequest, format!("“{typed}” does not say where the file is."))
            .hint("Give the whole path, for instance ~/Documents/file.txt.")
    })
}

/// Makes a new file that only its owner may read. One that exists is not touched.
pub(crate) fn create(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(Code::BadRequest, format!("{} exists already.", path.display()))
            .hint("Choose another name; nothing was overwritten."),
        _ => unwritable(path, &error),
    })
}

/// What the system said of a file that was to be written.
pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Code::Disk, format!("{} could not be written: {error}.", path.display()))
        .hint("Choose a folder that exists and that you may write to.")
}

/// What the system said of a file that was to be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Code::Disk, format!("{} could not be read: {error}.", path.display()))
        .hint("Check the path, and that you may read the file.")
}

/// The folder in which files for the user are offered.
pub(crate) fn documents() -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default();
    let documents = home.join("Documents");
    if documents.is_dir() { documents } else { home }
}
