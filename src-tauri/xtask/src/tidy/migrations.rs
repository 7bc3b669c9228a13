//! A migration that has run somewhere is never edited: its hash is kept, and only new ones are added.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Found;
use crate::error::Result;
use crate::files;

pub(super) fn check(root: &Path, found: &mut Found) -> Result<()> {
    compare(&locked(root)?, &present(root)?, found);
    Ok(())
}

/// Adds migrations that are new; tells which.
pub(super) fn bless(root: &Path) -> Result<Vec<String>> {
    let mut locked = locked(root)?;
    let mut new = Vec::new();
    for (name, hash) in present(root)? {
        if let Entry::Vacant(place) = locked.entry(name) {
            new.push(place.key().clone());
            place.insert(hash);
        }
    }
    let text: String = locked.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
    files::write_if_changed(&lock_path(root), text.as_bytes())?;
    Ok(new)
}

fn compare(locked: &BTreeMap<String, String>, present: &BTreeMap<String, String>, found: &mut Found) {
    for (name, hash) in locked {
        match present.get(name) {
            None => found.problems.push(format!("{name}: a migration is never removed; bring it back")),
            Some(now) if now != hash => {
                found.problems.push(format!("{name}: a migration is never edited; undo that and write a new one"));
            }
            Some(_) => {}
        }
    }
    for name in present.keys().filter(|name| !locked.contains_key(*name)) {
        found
            .problems
            .push(format!("{name}: a new migration; once it is right, `cargo xtask tidy --bless-migrations`"));
    }
}

fn lock_path(root: &Path) -> PathBuf {
    root.join("src-tauri/xtask/migrations.lock")
}

fn locked(root: &Path) -> Result<BTreeMap<String, String>> {
    let path = lock_path(root);
    let text = if path.exists() { files::read_text(&path)? } else { String::new() };
    text.lines()
        .map(|line| {
            let (hash, name) = line
                .split_once("  ")
                .ok_or_else(|| format!("{}: `{line}` is not a hash and a name", path.display()))?;
            Ok((name.to_owned(), hash.to_owned()))
        })
        .collect()
}

/// The files that are migrations: `m20261120_...rs` and SQL.
fn present(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut present = BTreeMap::new();
    for path in files::under(&root.join("migrations/src"))? {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let dated = file.strip_prefix('m').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        if (dated && file.ends_with(".rs")) || file.ends_with(".sql") {
            present.insert(super::name(&path, root), hash(&files::read_text(&path)?));
        }
    }
    Ok(present)
}

/// Of the text, however its lines end on this system.
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(name, text)| ((*name).to_owned(), hash(text))).collect()
    }

    #[test]
    fn an_edited_a_removed_and_a_new_migration_are_told_apart() {
        let mut found = Found::default();
        let locked = list(&[("a.sql", "one"), ("b.sql", "two"), ("c.sql", "three\n")]);
        compare(&locked, &list(&[("a.sql", "other"), ("c.sql", "three\r\n"), ("d.sql", "four")]), &mut found);
        assert_eq!(
            found.problems,
            [
                "a.sql: a migration is never edited; undo that and write a new one",
                "b.sql: a migration is never removed; bring it back",
                "d.sql: a new migration; once it is right, `cargo xtask tidy --bless-migrations`",
            ],
            "the third one differs only in how its lines end"
        );
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(
            hash("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "so that others can check the list too"
        );
    }
}
