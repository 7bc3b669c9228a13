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
    // All with the features of the whole workspace, so that the tree is built once.
    process::run(workspace.cargo().args(["build", "--workspace", "--bin", "holdfast", "--release"]))?;
    let targets = workspace.packages.iter().flat_map(|package| &package.targets);
    let mut benches = workspace.cargo();
    benches.args(["bench", "--workspace"]);
    for target in targets.filter(|target| target.kind.iter().any(|kind| kind == "bench")) {
        benches.args(["--bench", &target.name]);
    }
    process::run(&mut benches)?;
    window(&workspace.program(true), floor, history)
}

#[cfg(target_os = "linux")]
use window::window;

#[cfg(not(target_os = "linux"))]
fn window(_program: &Path, _floor: Option<&Path>, _history: Option<&Path>) -> Result<()> {
    eprintln!("SKIPPED: window: it is measured on Linux only, where a private display can be had");
    Ok(())
}
