use super::{Found, name};
use crate::error::Result;
use crate::files;
use crate::workspace::Workspace;

/// Every crate says in its first lines what it is for, and what is deliberately not there.
pub(super) fn check(workspace: &Workspace, found: &mut Found) -> Result<()> {
    for target in workspace.packages.iter().flat_map(|package| &package.targets) {
        if !target.kind.iter().any(|kind| matches!(kind.as_str(), "lib" | "bin" | "rlib" | "cdylib" | "staticlib")) {
            continue;
        }
        if sentences(&files::read_text(&target.src_path)?) < 2 {
            found.problems.push(format!(
                "{}: begins with `//!`, a sentence on what it is for and one on what is deliberately not there",
                name(&target.src_path, &workspace.root)
            ));
        }
    }
    Ok(())
}

fn sentences(source: &str) -> usize {
    let head: String =
        source.lines().map_while(|line| line.strip_prefix("//!")).flat_map(|line| [line.trim(), " "]).collect();
    head.matches(". ").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_the_head_are_counted() {
        assert_eq!(sentences("//! One thing. It is\n//! wide.\nfn main() {}\n"), 2, "they may run over lines");
        assert_eq!(sentences("//! placeholder\n"), 0, "a word is no sentence");
        assert_eq!(sentences("// One. Two.\n"), 0, "a comment is not what the documentation shows");
    }
}
