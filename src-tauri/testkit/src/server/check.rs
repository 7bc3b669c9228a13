//! What a model server may expect of a request.

use serde_json::Value;

use super::RecordedRequest;

/// What is wrong with a request.
pub(super) fn violations(request: &RecordedRequest, expected_key: Option<&Option<String>>, json: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let sent = request.header("authorization");
    match expected_key {
        Some(Some(key)) if sent != Some(format!("Bearer {key}").as_str()) => {
            wrong.push(match sent {
                Some(_) => "another key than the expected one".to_owned(),
                None => "no key, though one is expected".to_owned(),
            });
        }
        Some(None) if sent.is_some() => wrong.push("a key, though none is expected".to_owned()),
        _ => {}
    }
    if request.headers.iter().filter(|(name, _)| name == "authorization").count() > 1 {
        wrong.push("more than one key".to_owned());
    }
    if sent.is_some_and(|value| value.trim().is_empty() || value.trim() == "Bearer") {
        wrong.push("an empty key".to_owned());
    }
    if request.method == "POST" && !json {
        wrong.push("a body that is not JSON".to_owned());
    }
    let path = request.path.split('?').next().unwrap_or_default();
    if json && request.method == "POST" && (path.ends_with("/chat/completions") || path == "/api/chat") {
        chat(&request.body, &mut wrong);
    }
    wrong.into_iter().map(|what| format!("{} {}: {what}", request.method, request.path)).collect()
}

fn chat(body: &Value, wrong: &mut Vec<String>) {
    if body.get("model").and_then(Value::as_str).is_none_or(str::is_empty) {
        wrong.push("no model".to_owned());
    }
    if body.get("stream") != Some(&Value::Bool(true)) {
        wrong.push("no stream is asked for".to_owned());
    }
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if messages.is_empty() {
        wrong.push("no messages".to_owned());
    }
    let mut last = None;
    for (index, message) in messages.iter().enumerate() {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        match role {
            "system" | "developer" if index == 0 => {}
            "user" | "assistant" if last == Some(role) => wrong.push(format!("two messages of {role} in a row")),
            "user" | "assistant" => {}
            other => wrong.push(format!("message {index} has the role {other:?} at this place")),
        }
        if message.get("content").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            wrong.push(format!("message {index} is empty"));
        }
        last = Some(role);
    }
    if last.is_some_and(|role| role != "user") {
        wrong.push("the last message is not the user's".to_owned());
    }
}
