//! Reading JSON as it is sent, not as it is specified.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads one JSON value. Half of a surrogate pair, which some servers write when they cut a
/// character in two, becomes a replacement character instead of an error.
pub(crate) fn value(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match without_lone_surrogates(text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// A field that is the default when it is not of its type.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A count that may be written as a number, with a fraction, or in a string.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(whole)),
        _ => None,
    })
}

fn whole(number: f64) -> Option<u64> {
    // Every number that passes has an exact counterpart.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (0.0..9e15).contains(&number).then(|| number.round() as u64)
}

/// A text that may be a string or a list of parts.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text).collect(),
        Value::Object(part) => ["text", "content", "summary", "thinking"]
            .iter()
            .find_map(|field| part.get(*field))
            .map(text)
            .unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// The text with every escape of half a surrogate pair replaced, or none if there is no such.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let unit = |at: usize| -> Option<u16> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut mended, mut from, mut at) = (String::new(), 0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(&text[from..at]);
                mended.push('\u{FFFD}');
                at += 6;
                from = at;
            }
            // Any other escape: its second character may be a backslash too.
            _ => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if from == 0 {
        return None;
    }
    mended.push_str(&text[from..]);
    Some(mended)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_a_pair_is_replaced_and_whole_ones_stay() {
        for (sent, expected) in [
            (r#""\ud83d""#, Some("\u{FFFD}")),
            (r#""\ude00 after""#, Some("\u{FFFD} after")),
            (r#""\ud83d\ude00\ud83d""#, Some("\u{1F600}\u{FFFD}")),
            (r#""\\ud83d \ud83dx""#, Some("\\ud83d \u{FFFD}x")),
            (r#""\ud83d\ud83d\ude00""#, Some("\u{FFFD}\u{1F600}")),
            (r#""\ud83d\n""#, Some("\u{FFFD}\n")),
            (r#""é\ud8"#, None),
            (r#""x\"#, None),
        ] {
            assert_eq!(value(sent).ok(), expected.map(|text| json!(text)), "{sent}");
        }
    }

    #[test]
    fn counts_are_read_in_every_spelling() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Holder {
            #[serde(default, deserialize_with = "count")]
            n: Option<u64>,
        }
        for (sent, expected) in [
            (r#"{"n":5}"#, Some(5)),
            (r#"{"n":5.0}"#, Some(5)),
            (r#"{"n":"5"}"#, Some(5)),
            (r#"{"n":" 5.0 "}"#, Some(5)),
            (r#"{"n":null}"#, None),
            (r#"{"n":-1}"#, None),
            (r#"{"n":{}}"#, None),
            (r#"{"n":"many"}"#, None),
            (r#"{}"#, None),
        ] {
            assert_eq!(serde_json::from_str::<Holder>(sent).unwrap(), Holder { n: expected }, "{sent}");
        }
    }
}
