//! Just enough of Rust's syntax to find the string literals of a file.

/// A string literal and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    pub(super) line: usize,
    /// As it is written, escapes and all.
    pub(super) text: &'a str,
    /// The code before it, without comments, attributes and other literals.
    pub(super) before: String,
}

/// All string literals, but those in comments, attributes and the test module at the end.
pub(super) fn literals(source: &str) -> Vec<Literal<'_>> {
    let source = without_tests(source);
    let mut found = Vec::new();
    let mut code = String::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().map_or(1, char::len_utf8);
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += block_comment(rest);
        } else if rest.starts_with("#[") || rest.starts_with("#![") {
            at += attribute(rest);
        } else if let Some((start, end, after)) = string(rest, &code) {
            found.push(Literal {
                line: source.get(..at).unwrap_or_default().matches('\n').count() + 1,
                text: rest.get(start..end).unwrap_or_default(),
                before: code.clone(),
            });
            code.clear();
            code.push('"');
            at += after;
        } else if let Some(length) = character(rest) {
            at += length;
        } else {
            code.push_str(rest.get(..first).unwrap_or_default());
            at += first;
        }
    }
    found
}

fn without_tests(source: &str) -> &str {
    let start = source.match_indices("\n#[cfg(test)]\nmod ").find(|(at, mark)| {
        source.get(at + mark.len()..).and_then(|rest| rest.lines().next()).is_some_and(|line| line.ends_with('{'))
    });
    start.and_then(|(at, _)| source.get(..at)).unwrap_or(source)
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(rest) = rest.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn attribute(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(rest) = rest.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((_, _, after)) = string(rest, "") {
            at += after;
            continue;
        }
        let first = rest.chars().next().unwrap_or(']');
        at += first.len_utf8();
        match first {
            '[' => depth += 1,
            ']' if depth == 1 => break,
            ']' => depth -= 1,
            _ => {}
        }
    }
    at
}

/// Start and end of the text of the string that begins here, and where the code goes on.
fn string(rest: &str, code: &str) -> Option<(usize, usize, usize)> {
    if rest.starts_with('"') {
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find_map(|(at, character)| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends.then_some(at)
        });
        let end = end.unwrap_or(rest.len());
        return Some((1, end, end + 1));
    }
    let raw = rest.strip_prefix('r')?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let part_of_a_name =
        code.ends_with(|before: char| before.is_alphanumeric() || before == '_') && !code.ends_with('b');
    if part_of_a_name || !raw.get(hashes..)?.starts_with('"') {
        return None;
    }
    let start = 1 + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = start + rest.get(start..)?.find(&close)?;
    Some((start, end, end + close.len()))
}

/// The length of a character literal; none if the quote begins a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if let Some(escape) = inner.strip_prefix('\\') {
        let skipped = escape.chars().next().map_or(0, char::len_utf8);
        return Some(2 + skipped + escape.get(skipped..)?.find('\'')? + 1);
    }
    let length = inner.chars().next()?.len_utf8();
    inner.get(length..)?.starts_with('\'').then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_and_what_looks_like_them_is_not() {
        let source = r####"
// "comment"
/* "block /* nested */ comment" */
#[expect(dead_code, reason = "attribute ] \" still")]
fn f<'a>(x: &'a str) -> char {
    let quote = '"';
    let escaped = '\'';
    g("plain \" quote", r#"raw "inner" text"#, b"bytes");
    view! { <p title="hint">"words"</p> }
}

#[cfg(test)]
mod tests {
    const T: &str = "a test's own";
}
"####;
        let found: Vec<_> = literals(source).into_iter().map(|literal| (literal.line, literal.text)).collect();
        assert_eq!(
            found,
            [(8, "plain \\\" quote"), (8, "raw \"inner\" text"), (8, "bytes"), (9, "hint"), (9, "words")],
            "in order, with their lines"
        );
        let before: Vec<_> = literals(source).into_iter().map(|literal| literal.before).collect();
        assert!(before[3].ends_with("title="), "the attribute is known by the code before: {}", before[3]);
        assert!(before[4].ends_with('>'), "so is text between tags: {}", before[4]);
    }
}
