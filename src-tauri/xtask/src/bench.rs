use std::path::Path;

use crate::error::Result;
use crate::workspace::Workspace;
use crate::{page, process, setup};

#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod window;

/// Benches of the crates, then of the window. `floor` is a bare window that prints `Finished`;
/// `history` is a data folder with a long conversation in it.
pub(crate) fn bench(workspace: &Workspace, floor: Option<&Path>, history: Option<&Path>) -> Result<()> {
    setup::for_testing(workspace)?;
    page::build(workspace, true)?;
    process::run(workspace.cargo().args(["build", "--package", "holdfast", "--release"]))?;
    for package in &workspace.packages {
        for target in package.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "bench")) {
            process::run(workspace.cargo().args(["bench", "--package", &package.name, "--bench", &target.name]))?;
        }
    }
    window(&workspace.program(true), floor, history)
}

#[cfg(target_os = "linux")]
use window::window;

#[cfg(not(target_os = "linux"))]
fn window(_program: &Path, _floor: Option<&Path>, _history: Option<&Path>) -> Result<()> {
    eprintln!("SKIPPED: window: it is measured on Linux only, where a private display can be had");
    Ok(())
}
