//! Rules of this house that no other tool knows. They run by themselves and as a test.

mod contract;
mod documentation;
mod files_and_modules;
mod imports;
mod migrations;
mod source;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::error::Result;
use crate::files;
use crate::workspace::Workspace;

/// What was found. Problems fail, warnings are only said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) problems: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Found {
    pub(crate) fn print(&self) {
        for warning in &self.warnings {
            println!("warning: {warning}");
        }
        for problem in &self.problems {
            println!("error: {problem}");
        }
    }
}

pub(crate) fn tidy(workspace: &Workspace, bless_migrations: bool) -> Result<ExitCode> {
    if bless_migrations {
        for name in migrations::bless(&workspace.root)? {
            println!("From now on {name} may not change.");
        }
    }
    let found = check(workspace)?;
    found.print();
    println!("{} problems, {} warnings", found.problems.len(), found.warnings.len());
    Ok(if found.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn check(workspace: &Workspace) -> Result<Found> {
    let sources = Sources::read(&workspace.root)?;
    let mut found = Found::default();
    files_and_modules::check(&sources, &mut found);
    imports::check(&workspace.packages, &mut found);
    migrations::check(&workspace.root, &mut found)?;
    words::check(&sources, &mut found);
    documentation::check(workspace, &mut found)?;
    contract::check(&sources, &mut found);
    Ok(found)
}

/// The Rust and CSS files of the workspace, by their path from the root with forward slashes.
struct Sources(Vec<(String, String)>);

impl Sources {
    fn read(root: &Path) -> Result<Self> {
        let mut all = Vec::new();
        for folder in ["migrations", "src-tauri", "tests", "ui/src", "ui/style", "ui/tests"] {
            for path in files::under(&root.join(folder))? {
                if path.extension().is_some_and(|extension| extension == "rs" || extension == "css") {
                    all.push((name(&path, root), files::read_text(&path)?));
                }
            }
        }
        Ok(Self(all))
    }

    fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(name, _)| name.starts_with(folder))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

fn name(path: &Path, root: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root).unwrap_or(path).to_owned();
    parts.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let found = check(&Workspace::find().unwrap()).unwrap();
        assert_eq!(found.problems, Vec::<String>::new(), "`cargo xtask tidy` tells the same");
    }
}
