//! What providers say when they give no answer: one tolerant reader for all shapes of error bodies,
//! and one place that decides what kind of error it is.

use std::time::Duration;

use holdfast_core::exchange::ErrorKind;
use serde_json::Value;

mod classify;
mod retry_after;

pub(crate) use classify::classify;
pub(crate) use retry_after::retry_after;

/// What a provider said about a failure, not yet fit for a person: it may hold a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Its words.
    pub(crate) message: String,
    /// Its code or type, the more telling of the two.
    pub(crate) code: Option<String>,
    /// All its codes and types, in lower case, for the classifier.
    pub(crate) codes: Vec<String>,
    /// A status in the body, which says more than a 200 around it.
    pub(crate) status: Option<u16>,
    /// A wait named in the body.
    pub(crate) retry_after: Option<Duration>,
    /// The body was not JSON, so it comes from a proxy or a wrong address more likely than from a
    /// model server.
    pub(crate) plain: bool,
    /// What kind it is, when the reader knows better than the classifier.
    pub(crate) kind: Option<ErrorKind>,
}

impl Fault {
    /// A fault of our own finding.
    pub(crate) fn of(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: Some(kind), ..Self::default() }
    }

    /// Reads a body that is not an answer. An empty one gives an empty fault.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii();
        let text = String::from_utf8_lossy(body);
        match crate::wire::lenient::value(&text) {
            Ok(value) => Self::from_value(&value),
            Err(_) if looks_like_html(&text) => Self { message: title(&text), plain: true, ..Self::default() },
            Err(_) => Self { message: text.into_owned(), plain: true, ..Self::default() },
        }
    }

    /// Reads a JSON value that is not an answer.
    pub(crate) fn from_value(value: &Value) -> Self {
        let mut fault = Self::default();
        match value {
            Value::Array(items) => return items.first().map(Self::from_value).unwrap_or_default(),
            Value::Object(outer) => match outer.get("error") {
                Some(Value::Array(items)) => return items.first().map(Self::from_value).unwrap_or_default(),
                Some(inner @ Value::Object(_)) => {
                    fault.read(inner);
                    if fault.message.is_empty() {
                        fault.read(value);
                    }
                }
                Some(Value::String(text)) => {
                    // The code may stand beside it.
                    fault.read(value);
                    fault.message.clone_from(text);
                }
                _ => fault.read(value),
            },
            Value::String(text) => fault.message.clone_from(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => fault.message = value.to_string(),
        }
        fault
    }

    /// Whether a value in a stream is an error and not a piece of an answer.
    pub(crate) fn is_one(value: &Value) -> bool {
        match value.get("error") {
            Some(Value::Null | Value::Bool(false)) | None => {
                // Mistral's is flat.
                let is = |field: &str, text: &str| value.get(field).and_then(Value::as_str) == Some(text);
                value.get("choices").is_none() && (is("object", "error") || is("type", "error"))
            }
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(_) => true,
        }
    }

    fn read(&mut self, value: &Value) {
        let text = |field: &str| value.get(field).map(words).filter(|text| !text.is_empty());
        self.message = ["message", "detail", "error", "title", "description"]
            .iter()
            .find_map(|field| text(field))
            .unwrap_or_default();
        for codes in [value, value.get("metadata").unwrap_or(&Value::Null)] {
            for field in ["code", "type", "error_type", "status", "provider_code"] {
                match codes.get(field) {
                    Some(Value::String(code)) if !code.is_empty() => self.add_code(code),
                    Some(Value::Number(number)) => {
                        if let Some(status) = number.as_u64().and_then(|number| u16::try_from(number).ok())
                            && (400..600).contains(&status)
                        {
                            self.status.get_or_insert(status);
                        }
                    }
                    _ => {}
                }
            }
        }
        // A relay's own words are often only "Provider returned error".
        if let Some(Value::String(raw)) = value.pointer("/metadata/raw")
            && self.message.to_ascii_lowercase().contains("provider returned error")
        {
            let inner = Self::parse(raw.as_bytes());
            if !inner.message.is_empty() {
                self.message = inner.message;
            }
            self.codes.extend(inner.codes);
        }
        let details = value.get("details").and_then(Value::as_array);
        self.retry_after =
            details.into_iter().flatten().find_map(|detail| retry_after::duration(detail.get("retryDelay")?.as_str()?));
    }

    fn add_code(&mut self, code: &str) {
        if let Ok(status) = code.parse::<u16>() {
            if (400..600).contains(&status) {
                self.status.get_or_insert(status);
            }
            return;
        }
        self.code.get_or_insert_with(|| code.to_owned());
        self.codes.push(code.to_ascii_lowercase());
    }
}

/// The words of a message that may be a string, a list of complaints, or an object around one.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => match (fields.get("msg"), fields.get("loc")) {
            (Some(said), Some(Value::Array(place))) => {
                let place: Vec<String> =
                    place.iter().map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned)).collect();
                format!("{}: {}", place.join("."), words(said))
            }
            (Some(said), _) => words(said),
            (None, _) => {
                ["message", "detail"].iter().find_map(|field| fields.get(*field)).map(words).unwrap_or_default()
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// Whether a text is a web page.
pub(crate) fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || start.starts_with("<head")
        || start.starts_with("<body")
}

/// The title of a web page.
fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let Some(open) = lower.find("<title") else { return String::new() };
    let Some(start) = lower[open..].find('>').map(|end| open + end + 1) else { return String::new() };
    let end = lower[start..].find("</title").map_or(page.len(), |end| start + end);
    page[start..end].trim().to_owned()
}

#[cfg(test)]
mod tests;
