//! What a person should know about an address before it is opened. Pure.

/// An address taken apart for the eye.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The full address.
    pub url: String,
    /// Where it leads: the host, or the mail address.
    pub host: String,
    /// What is unusual about it.
    pub warnings: Vec<Warning>,
}

/// What is unusual about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Warning {
    /// A name before the host, which can look like a host.
    UserInfo,
    /// The host is a number.
    NumericHost,
    /// Letters of the host may look like others.
    LookAlike,
    /// The address carries much text to its host.
    LongQuery,
    /// Not encrypted.
    PlainHttp,
}

const LONG_QUERY: usize = 120;

/// Takes an address apart. `None` when it is of a kind that is never opened.
pub(crate) fn inspect(url: &str) -> Option<Link> {
    let url = url.trim();
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (scheme, rest) = url.split_once(':')?;
    let mut warnings = Vec::new();
    match scheme.to_ascii_lowercase().as_str() {
        "mailto" => {
            let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
            if address.is_empty() {
                return None;
            }
            if query.len() > LONG_QUERY {
                warnings.push(Warning::LongQuery);
            }
            return Some(Link { url: url.to_owned(), host: address.to_owned(), warnings });
        }
        "http" => warnings.push(Warning::PlainHttp),
        "https" => {}
        _ => return None,
    }
    // Browsers read a backslash as a slash, so the host ends there too.
    let rest = rest.strip_prefix("//")?;
    let authority_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => {
            warnings.push(Warning::UserInfo);
            host
        }
        None => authority,
    };
    if host.is_empty() {
        return None;
    }
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
    let numeric = |label: &str| {
        !label.is_empty()
            && (label.bytes().all(|b| b.is_ascii_digit())
                || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())))
    };
    if name.starts_with('[') || name.trim_end_matches('.').rsplit('.').next().is_some_and(numeric) {
        warnings.push(Warning::NumericHost);
    }
    if !name.is_ascii() || name.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--")) {
        warnings.push(Warning::LookAlike);
    }
    // A secret can be carried out in the path as well as in the query.
    if path.len() > LONG_QUERY {
        warnings.push(Warning::LongQuery);
    }
    Some(Link { url: url.to_owned(), host: host.to_owned(), warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(url: &str) -> Option<(String, Vec<Warning>)> {
        inspect(url).map(|link| (link.host, link.warnings))
    }

    #[test]
    fn only_three_kinds_are_links() {
        assert_eq!(warnings("https://example.com/a?b=c"), Some(("example.com".into(), vec![])), "nothing unusual");
        assert_eq!(warnings("HTTPS://example.com"), Some(("example.com".into(), vec![])), "schemes have no case");
        assert_eq!(warnings("mailto:a@example.com"), Some(("a@example.com".into(), vec![])), "a mail address");
        for url in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "example.com",
            "https:example.com",
            "https://",
            "https://a b",
            "https://a\nb",
            "mailto:",
            "//example.com",
            "",
        ] {
            assert_eq!(inspect(url), None, "{url:?} is never opened");
        }
    }

    #[test]
    fn unusual_addresses_are_named() {
        let cases = [
            ("http://example.com", "example.com", vec![Warning::PlainHttp]),
            ("https://google.com@evil.example", "evil.example", vec![Warning::UserInfo]),
            ("https://evil.example\\@google.com/", "evil.example", vec![]),
            ("https://192.168.1.1:8080/x", "192.168.1.1:8080", vec![Warning::NumericHost]),
            ("https://3232235777/", "3232235777", vec![Warning::NumericHost]),
            ("https://0x7f.1/", "0x7f.1", vec![Warning::NumericHost]),
            ("https://[::1]/", "[::1]", vec![Warning::NumericHost]),
            ("https://xn--80ak6aa92e.com", "xn--80ak6aa92e.com", vec![Warning::LookAlike]),
            ("https://аpple.com", "аpple.com", vec![Warning::LookAlike]),
        ];
        for (url, host, expected) in cases {
            assert_eq!(warnings(url), Some((host.to_owned(), expected)), "{url}");
        }
        let long = format!("https://example.com/?q={}", "x".repeat(200));
        assert_eq!(warnings(&long), Some(("example.com".into(), vec![Warning::LongQuery])), "text can leave this way");
    }
}
