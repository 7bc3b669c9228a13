use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::error::Result;
use crate::process;

/// Where things are, and what the manifests say.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A package of the workspace, as `cargo metadata` tells.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .ok_or("this is started by cargo: `cargo xtask`, anywhere in the checkout")?;
        let mut command = Command::new(process::cargo_program());
        command.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(here);
        let told = process::output(&mut command)?;
        let metadata: Metadata =
            serde_json::from_str(&told).map_err(|error| format!("`cargo metadata` said something new: {error}"))?;
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory, packages: metadata.packages })
    }

    /// A cargo command at the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(process::cargo_program());
        command.current_dir(&self.root).env("PATH", self.path());
        // `cargo run` tells this program about its own package. Passed on, that would change the
        // fingerprints of build scripts that watch these names, and build them again and again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
            {
                command.env_remove(name.as_ref());
            }
        }
        command
    }

    /// Cargo's subcommands that were installed for this workspace alone.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The program as cargo builds it.
    pub(crate) fn program(&self, release: bool) -> PathBuf {
        let profile = if release { "release" } else { "debug" };
        self.target.join(profile).join(format!("holdfast{}", std::env::consts::EXE_SUFFIX))
    }

    fn path(&self) -> std::ffi::OsString {
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools().join("bin")).chain(std::env::split_paths(&before));
        // A folder whose name holds the separator cannot be in a PATH; then the system's stays.
        std::env::join_paths(folders).unwrap_or(before)
    }
}
