use std::process::{Command, ExitCode};

use crate::error::Result;
use crate::workspace::Workspace;
use crate::{page, process, setup};

/// From a fresh checkout to a window.
pub(crate) fn run(workspace: &Workspace, release: bool, arguments: &[String]) -> Result<ExitCode> {
    setup::for_building(workspace)?;
    page::build(workspace, release)?;
    let mut build = workspace.cargo();
    // All rooms together have the features that tests need too, so that little is built twice.
    build.args(["build", "--workspace", "--bin", "holdfast"]);
    if release {
        build.arg("--release");
    }
    process::run(&mut build)?;

    let program = workspace.program(release);
    if arguments.is_empty() && !has_display() {
        return Err(format!(
            "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open. \
             Holdfast works without one:\n  {} ask \"What can you do?\"",
            program.display()
        )
        .into());
    }
    eprintln!("Starting {}", program.display());
    let status = Command::new(&program)
        .args(arguments)
        .status()
        .map_err(|error| format!("{} could not be started: {error}", program.display()))?;
    Ok(match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    })
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
