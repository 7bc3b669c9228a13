//! Variables as files hold them: `NAME=value` in lines, as shells and their many readers take it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use holdfast_contract::{Code, Failure};
use holdfast_core::Secret;
use zeroize::Zeroizing;

use crate::paths;

/// Files with variables are small; a larger one was named by mistake.
const MOST_BYTES: u64 = 1 << 20;

/// Reads a file of variables. What it holds is in no error.
pub(super) fn read(path: &Path) -> Result<Vec<(String, Secret)>, Failure> {
    let unreadable = |error| paths::unreadable(path, &error);
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(Failure::new(Code::BadRequest, format!("{} is not a file.", path.display()))
            .hint("Choose a file of variables, for instance .env."));
    }
    let too_large = || {
        Failure::new(
            Code::BadRequest,
            format!("{} is larger than 1 MiB, so it is no file of variables.", path.display()),
        )
    };
    if about.len() > MOST_BYTES {
        return Err(too_large());
    }
    // Room for all of it at once: a buffer that grows leaves pieces of keys behind.
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX) + 1;
    let mut bytes = Zeroizing::new(vec![0; most]);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut length = 0;
    loop {
        match file.read(&mut bytes[length..]).map_err(unreadable)? {
            0 => break,
            read => length += read,
        }
        if length == most {
            return Err(too_large());
        }
    }
    match std::str::from_utf8(&bytes[..length]) {
        Ok(text) => Ok(parse(text)),
        Err(_) => Err(Failure::new(Code::BadRequest, format!("{} is not text.", path.display()))
            .hint("Choose a file of variables, for instance .env.")),
    }
}

/// The variables of a text, each once with its last value, in the order of their first lines. A line
/// that is none is passed over.
pub(super) fn parse(text: &str) -> Vec<(String, Secret)> {
    let mut variables: Vec<(String, Secret)> = Vec::new();
    for line in text.trim_start_matches('\u{FEFF}').lines() {
        let line = line.trim();
        let line =
            line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim_end();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_name) {
            continue;
        }
        let Some(value) = value_of(value.trim_start()) else { continue };
        match variables.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => variables.push((name.to_owned(), value)),
        }
    }
    variables
}

/// A value without its quotes and without what follows it. None if its quote has no end.
fn value_of(text: &str) -> Option<Secret> {
    // Never more than the text, so that it never grows.
    let mut value = String::with_capacity(text.len());
    let mut rest = text.chars();
    match text.chars().next() {
        Some('\'') => {
            rest.next();
            let (inside, _) = rest.as_str().split_once('\'')?;
            value.push_str(inside);
        }
        Some('"') => {
            rest.next();
            loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => value.push(rest.next()?),
                    c => value.push(c),
                }
            }
        }
        _ => {
            let comment = text
                .char_indices()
                .find(|(at, c)| *c == '#' && text[..*at].chars().next_back().is_none_or(char::is_whitespace));
            value.push_str(comment.map_or(text, |(at, _)| &text[..at]).trim_end());
        }
    }
    Some(Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect()
    }

    #[test]
    fn variables_are_read_as_shells_write_them() {
        for (line, expected) in [
            ("A=b", Some("b")),
            ("  A = b  ", Some("b")),
            ("export A=b", Some("b")),
            ("export\tA=b\r", Some("b")),
            ("A='b c' # why", Some("b c")),
            ("A=\"b \\\"c\\\" $d\" # why", Some("b \"c\" $d")),
            ("A=b # why", Some("b")),
            ("A=b#c", Some("b#c")),
            ("A=b=c==", Some("b=c==")),
            ("A=", Some("")),
            ("A=# nothing", Some("")),
            ("\u{FEFF}A=b", Some("b")),
            ("# A=b", None),
            ("A", None),
            ("=b", None),
            ("1A=b", None),
            ("A B=c", None),
            ("exportA=b", None),
            ("A=\"b", None),
            ("A='b", None),
            ("", None),
        ] {
            let found = parsed(line).into_iter().find(|(name, _)| name == "A").map(|(_, value)| value);
            assert_eq!(found.as_deref(), expected, "{line:?}");
        }
    }

    #[test]
    fn the_last_value_of_a_variable_counts() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parsed("A=1\r\nB=2\r\n\r\nA=3\r\n"), [pair("A", "3"), pair("B", "2")]);
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in ["\"", "'", "A=\"\\", "A=\\", "=", "\0=\0", "A='ü' é=1", "export", "export =", "#=#"] {
            let _ = parse(text);
        }
    }

    #[test]
    fn a_file_that_is_none_of_variables_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        let refused = |path: &Path| read(path).map(|variables| variables.len()).unwrap_err().code;
        assert_eq!(refused(&path), Code::Disk, "it is not there");
        assert_eq!(refused(home.path()), Code::BadRequest, "it is a folder");
        std::fs::write(&path, [0xFF, 0xFE]).unwrap();
        assert_eq!(refused(&path), Code::BadRequest, "it is not text");
        std::fs::write(&path, "A=b\n".repeat(1 << 18)).unwrap();
        assert_eq!(read(&path).map(|variables| variables.len()), Ok(1), "1 MiB is the most");
        std::fs::write(&path, "A=b\n".repeat((1 << 18) + 1)).unwrap();
        assert_eq!(refused(&path), Code::BadRequest, "it is larger");
    }
}
