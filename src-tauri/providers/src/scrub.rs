//! Takes keys out of what providers say. Some quote the key they refuse, whole or in part.

use std::hash::{BuildHasher, RandomState};

use holdfast_core::Secret;

/// The longest message that is passed on, in characters.
const MAX_CHARS: usize = 500;
/// What stands where a key stood.
const GAP: &str = "[key]";
/// How keys of known providers begin.
const PREFIXES: [&str; 14] =
    ["sk-", "sk_", "gsk_", "xai-", "hf_", "pplx-", "tgp_", "csk-", "AIza", "AQ.", "key-", "nvapi-", "ghp_", "Bearer_"];

/// Knows one key again without holding it: by its length and a hash that is different in each run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrubber {
    key: Option<(usize, u64)>,
    state: RandomState,
    prefix: Option<String>,
}

impl Scrubber {
    pub(crate) fn new(secret: Option<&Secret>, prefix: Option<&str>) -> Self {
        let state = RandomState::new();
        let key = secret.map(Secret::expose).filter(|key| !key.is_empty());
        Self {
            key: key.map(|key| (key.len(), state.hash_one(key.as_bytes()))),
            state,
            prefix: prefix.filter(|prefix| prefix.len() >= 3).map(str::to_owned),
        }
    }

    /// The text without keys, in one line of at most 500 characters.
    pub(crate) fn clean(&self, text: &str) -> String {
        let whole = self.without_whole_key(text);
        let mut clean = String::with_capacity(whole.len().min(4 * MAX_CHARS));
        let mut word = String::new();
        let mut after_bearer = false;
        for c in whole.chars().chain(std::iter::once(' ')) {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '…' | '[' | ']') {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                let secret = (after_bearer && word.len() >= 8) || self.looks_like_key(&word);
                after_bearer = word.eq_ignore_ascii_case("bearer") || (after_bearer && c == ':');
                clean.push_str(if secret { GAP } else { &word });
                word.clear();
            }
            // Line ends and control characters have no place in a sentence.
            if c.is_whitespace() || c.is_control() {
                if !clean.ends_with(' ') && !clean.is_empty() {
                    clean.push(' ');
                }
            } else {
                clean.push(c);
            }
        }
        let clean = clean.trim_end();
        match clean.char_indices().nth(MAX_CHARS) {
            None => clean.to_owned(),
            Some(_) => clean.chars().take(MAX_CHARS - 1).chain(std::iter::once('…')).collect(),
        }
    }

    fn without_whole_key(&self, text: &str) -> String {
        let Some((length, hash)) = self.key else { return text.to_owned() };
        let bytes = text.as_bytes();
        let (mut kept, mut at, mut from) = (String::with_capacity(text.len()), 0, 0);
        while at + length <= bytes.len() {
            let boundary = text.is_char_boundary(at) && text.is_char_boundary(at + length);
            if boundary && self.state.hash_one(&bytes[at..at + length]) == hash {
                kept.push_str(&text[from..at]);
                kept.push_str(GAP);
                at += length;
                from = at;
            } else {
                at += 1;
            }
        }
        kept.push_str(&text[from..]);
        kept
    }

    fn looks_like_key(&self, word: &str) -> bool {
        let begins = |prefix: &str| word.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        let prefixed = PREFIXES.iter().copied().chain(self.prefix.as_deref()).any(begins);
        // Half a key is masked with stars or dots in the middle.
        let masked = word.contains("**")
            || ["...", "…"].iter().any(|gap| {
                word.split_once(gap).is_some_and(|(head, tail)| {
                    let sides = [head, tail];
                    sides.iter().all(|side| {
                        side.len() >= 3 && side.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
                    }) && sides.concat().chars().any(|c| c.is_ascii_digit())
                })
            });
        (prefixed && word.len() >= 8) || (masked && word.len() >= 6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubber(key: &str) -> Scrubber {
        Scrubber::new(Some(&Secret::new(key.to_owned())), None)
    }

    #[test]
    fn a_key_is_taken_out_whole_and_in_part() {
        let scrub = scrubber("odd key/with+signs=");
        for (said, expected) in [
            ("Bad key: odd key/with+signs=!", "Bad key: [key]!"),
            ("odd key/with+signs=odd key/with+signs=", "[key][key]"),
            ("Incorrect API key provided: sk-proj-AbCd*****wxyz. See", "Incorrect API key provided: [key] See"),
            ("key 'sk-live-0123456789' is revoked", "key '[key]' is revoked"),
            ("Invalid: ab12****", "Invalid: [key]"),
            ("Invalid: ab12cd...wx9z", "Invalid: [key]"),
            ("sent Authorization: Bearer abcdefgh12", "sent Authorization: Bearer [key]"),
            ("https://x.test/?key=AIzaSyA123456789", "https://x.test/?key=[key]"),
        ] {
            assert_eq!(scrub.clean(said), expected, "{said}");
        }
    }

    #[test]
    fn other_words_stay() {
        let scrub = scrubber("sk-canary-0000");
        for said in [
            "This model's maximum context length is 8192 tokens... shorten it.",
            "model 'gpt-6.1-sol' not found, request req_011CShabcdef",
            "Please wait 2.5s **now**",
            "ask-me-anything is fine",
            "",
        ] {
            let expected = said.replace("**now**", GAP);
            assert_eq!(scrub.clean(said), expected, "{said}");
        }
    }

    #[test]
    fn the_rows_own_prefix_counts() {
        let scrub = Scrubber::new(None, Some("acme_"));
        assert_eq!(scrub.clean("key acme_12345 refused"), "key [key] refused");
    }

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        let scrub = Scrubber::default();
        assert_eq!(scrub.clean(" a\r\n\n b\0c\td "), "a b c d", "line ends and control characters become spaces");
        let long = scrub.clean(&"é ".repeat(2000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (500, true), "and the end of a long one is marked");
    }

    #[test]
    fn a_scrubber_does_not_hold_the_key() {
        let printed = format!("{:?}", scrubber("sk-canary-0000"));
        assert!(!printed.contains("canary"), "{printed}");
    }
}
