//! Who may import whom. Cargo keeps it by the dependency being absent; this keeps it absent.

use super::Found;
use crate::workspace::Package;

/// A room and what it may import of ours.
const ROOMS: &[(&str, &[&str])] = &[
    (
        "holdfast",
        &[
            "holdfast-app",
            "holdfast-contract",
            "holdfast-core",
            "holdfast-providers",
            "holdfast-store",
            "holdfast-vault",
        ],
    ),
    ("holdfast-app", &["holdfast-contract", "holdfast-core", "holdfast-providers", "holdfast-store", "holdfast-vault"]),
    ("holdfast-contract", &[]),
    ("holdfast-core", &["holdfast-contract"]),
    ("holdfast-migrations", &[]),
    ("holdfast-providers", &["holdfast-contract", "holdfast-core"]),
    ("holdfast-store", &["holdfast-contract", "holdfast-core", "holdfast-migrations"]),
    ("holdfast-testkit", &["holdfast-contract", "holdfast-core"]),
    ("holdfast-ui", &["holdfast-contract"]),
    ("holdfast-vault", &["holdfast-contract", "holdfast-core"]),
    ("xtask", &[]),
];

/// What any room's tests may import of ours besides.
const TESTS: &[&str] = &["holdfast-contract", "holdfast-core", "holdfast-testkit"];

/// Crates from outside, by name or by how the name begins (with `*`), and the rooms that may use them.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("tauri*", &["holdfast"]),
    ("leptos*", &["holdfast-ui"]),
    ("web-sys", &["holdfast-ui"]),
    ("js-sys", &["holdfast-ui"]),
    ("wasm-bindgen", &["holdfast-ui"]),
    ("wasm-bindgen-futures", &["holdfast-ui"]),
    ("wasm-bindgen-cli-support", &["xtask"]),
    ("sea-orm*", &["holdfast-migrations", "holdfast-store"]),
    ("sqlx*", &["holdfast-store"]),
    ("libsqlite3-sys", &["holdfast-store"]),
    ("iota_stronghold", &["holdfast-vault"]),
    ("keyring*", &["holdfast-vault"]),
    ("reqwest", &["holdfast-providers"]),
    ("rustls*", &["holdfast-providers"]),
];

/// Rooms without IO, clock and runtime, and all that they may use from outside.
const PURE: &[(&str, &[&str])] = &[
    ("holdfast-contract", &["serde", "uuid"]),
    ("holdfast-core", &["serde", "serde_json", "thiserror", "uuid", "zeroize"]),
];

pub(super) fn check(packages: &[Package], found: &mut Found) {
    for package in packages {
        let room = package.name.as_str();
        let Some((_, ours)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            found
                .problems
                .push(format!("{room}: a new room needs a line in the import table of xtask/src/tidy/imports.rs"));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let for_tests = dependency.kind.as_deref() == Some("dev");
            if packages.iter().any(|package| package.name == name) {
                let allowed = ours.contains(&name) || (for_tests && TESTS.contains(&name));
                if !allowed {
                    found.problems.push(format!("{room} may not import {name}"));
                }
                continue;
            }
            for (pattern, rooms) in OUTSIDE {
                if matches(pattern, name) && !rooms.contains(&room) {
                    found.problems.push(format!("{room} may not import {name}: only {} may", rooms.join(" and ")));
                }
            }
            for (pure, allowed) in PURE {
                if *pure == room && !for_tests && !allowed.contains(&name) {
                    found
                        .problems
                        .push(format!("{room} is pure and may import only {}, not {name}", allowed.join(", ")));
                }
            }
        }
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        Package {
            name: name.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
                .collect(),
            targets: Vec::new(),
        }
    }

    #[test]
    fn a_room_that_reaches_too_far_is_named() {
        let mut found = Found::default();
        check(
            &[
                package(
                    "holdfast-core",
                    &[
                        ("holdfast-contract", None),
                        ("tokio", None),
                        ("proptest", Some("dev")),
                        ("holdfast-testkit", None),
                    ],
                ),
                package("holdfast-store", &[("sea-orm", None), ("reqwest", None), ("holdfast-vault", None)]),
                package("holdfast-providers", &[("holdfast-testkit", Some("dev")), ("tauri-plugin-http", None)]),
                package("holdfast-contract", &[]),
                package("holdfast-testkit", &[]),
                package("holdfast-vault", &[]),
                package("holdfast-tools", &[]),
            ],
            &mut found,
        );
        assert_eq!(
            found.problems,
            [
                "holdfast-core is pure and may import only serde, serde_json, thiserror, uuid, zeroize, not tokio",
                "holdfast-core may not import holdfast-testkit",
                "holdfast-store may not import reqwest: only holdfast-providers may",
                "holdfast-store may not import holdfast-vault",
                "holdfast-providers may not import tauri-plugin-http: only holdfast may",
                "holdfast-tools: a new room needs a line in the import table of xtask/src/tidy/imports.rs",
            ],
            "each breach once, and nothing that is allowed"
        );
    }
}
