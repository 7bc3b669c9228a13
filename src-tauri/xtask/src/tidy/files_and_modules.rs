use super::{Found, Sources};

const LONG: usize = 500;
const TOO_LONG: usize = 800;

/// Files that are lists by nature, which reading does not get harder by.
const TABLES: &[&str] = &["ui/src/text.rs"];

pub(super) fn check(sources: &Sources, found: &mut Found) {
    for (name, text) in sources.under("") {
        if name.ends_with("/mod.rs") {
            found.problems.push(format!("{name}: a module lives in the file of its own name, beside its folder"));
        }
        let lines = text.lines().count();
        if lines <= LONG || name.ends_with("/tests.rs") || TABLES.contains(&name) {
            continue;
        }
        let message = format!("{name}: {lines} lines; split it by what it is about (over {LONG} is long)");
        if lines > TOO_LONG { found.problems.push(message) } else { found.warnings.push(message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_place_are_seen() {
        let file = |name: &str, lines: usize| (name.to_owned(), "x\n".repeat(lines));
        let sources = Sources(vec![
            file("src-tauri/core/src/turn.rs", 501),
            file("src-tauri/core/src/turn/tests.rs", 5000),
            file("src-tauri/core/src/package/mod.rs", 1),
            file("ui/style/page.css", 801),
            file("ui/src/text.rs", 2000),
        ]);
        let mut found = Found::default();
        check(&sources, &mut found);
        assert_eq!(
            found,
            Found {
                problems: vec![
                    "src-tauri/core/src/package/mod.rs: a module lives in the file of its own name, beside its folder"
                        .to_owned(),
                    "ui/style/page.css: 801 lines; split it by what it is about (over 500 is long)".to_owned(),
                ],
                warnings: vec![
                    "src-tauri/core/src/turn.rs: 501 lines; split it by what it is about (over 500 is long)".to_owned()
                ],
            },
            "tests and tables may be long, nothing else"
        );
    }
}
