//! Cargo's subcommands that the tests use, in the workspace's own target folder.

use crate::error::Result;
use crate::process;
use crate::workspace::Workspace;

/// A tool from crates.io.
struct Tool {
    name: &'static str,
    subcommand: &'static str,
    version: &'static str,
    features: &'static [&'static str],
}

const NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    subcommand: "nextest",
    version: "0.9.143",
    features: &["--no-default-features", "--features", "default-no-update"],
};

const DENY: Tool = Tool { name: "cargo-deny", subcommand: "deny", version: "0.20.2", features: &[] };

/// Installs what is missing.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    for tool in [NEXTEST, DENY] {
        if process::succeeds(workspace.cargo().args([tool.subcommand, "--version"])) {
            continue;
        }
        eprintln!(
            "Installing {} {} into {}; it takes minutes, once.",
            tool.name,
            tool.version,
            workspace.tools().display()
        );
        let mut command = workspace.cargo();
        command.args(["install", tool.name, "--locked", "--version", tool.version, "--root"]).arg(workspace.tools());
        command.args(tool.features);
        // They work for seconds, so it is their compilation that has to be quick.
        command
            .env("CARGO_TARGET_DIR", workspace.tools().join("build"))
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        process::run(&mut command)?;
        crate::files::remove_folder(&workspace.tools().join("build"))?;
    }
    Ok(())
}
