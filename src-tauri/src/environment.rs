//! Every environment variable that the program reads.

use std::path::PathBuf;
use std::time::Instant;

use holdfast_app::Places;

/// The folder for all files, in the place of the system's usual one.
const HOME: &str = "HOLDFAST_HOME";
/// `1` prints the milliseconds from start to each step up to a usable window on standard error.
const TIMING: &str = "HOLDFAST_TIMING";
/// What is logged, in the form of `tracing`'s filter; `warn` if absent.
const LOG: &str = "HOLDFAST_LOG";

/// Where the files are. None if the system names no home folder and the variable is not set.
pub(crate) fn places() -> Option<Places> {
    let data = match std::env::var_os(HOME).filter(|home| !home.is_empty()) {
        Some(home) => PathBuf::from(home),
        None => directories::ProjectDirs::from("app", "Holdfast", "Holdfast")?.data_dir().to_owned(),
    };
    Some(Places { data })
}

/// Prints the time since the start when it is asked for.
#[expect(clippy::print_stderr, reason = "the measuring program reads these lines")]
pub(crate) fn mark(what: &str, started: Instant) {
    if std::env::var_os(TIMING).is_some_and(|value| value == "1") {
        eprintln!("{what} {} ms", started.elapsed().as_millis());
    }
}

/// Logs go to standard error, without colour where nobody looks.
pub(crate) fn start_log() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env(LOG).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second start in one process (tests) keeps the first log.
    let _ = log.try_init();
}
