//! OpenAI chat completions, and everyone who copies it.

use holdfast_contract::{StopReason, Usage};
use holdfast_core::exchange::{ErrorKind, Event, Request};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::think::ThinkSplitter;
use super::{Progress, lenient, role_name, turns};
use crate::catalogue::{Flags, MaxTokensField};
use crate::fault::Fault;

pub(super) fn body(flags: &Flags, request: &Request) -> Map<String, Value> {
    let instructions = request.instructions.iter().filter(|text| !text.trim().is_empty());
    let messages: Vec<Value> = instructions
        .map(|text| json!({ "role": flags.system_role.name(), "content": text }))
        .chain(turns(request).into_iter().map(|(role, text)| json!({ "role": role_name(role), "content": text })))
        .collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages));
    body.insert("stream".to_owned(), json!(true));
    if flags.include_usage {
        body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    }
    if let Some(most) = request.max_output {
        let field = match flags.max_tokens_field {
            MaxTokensField::MaxTokens => "max_tokens",
            MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
        };
        body.insert(field.to_owned(), json!(most));
    }
    body
}

/// A piece of a stream, or a whole answer: then `message` stands for `delta`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chunk {
    #[serde(deserialize_with = "lenient::or_default")]
    choices: Option<Vec<Choice>>,
    #[serde(deserialize_with = "lenient::or_default")]
    usage: Option<UsageBody>,
    #[serde(deserialize_with = "lenient::or_default")]
    x_groq: Option<Groq>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    #[serde(deserialize_with = "lenient::or_default")]
    delta: Option<Delta>,
    #[serde(deserialize_with = "lenient::or_default")]
    message: Option<Delta>,
    #[serde(deserialize_with = "lenient::or_default")]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Value,
    reasoning: Value,
    reasoning_content: Value,
    reasoning_details: Value,
    refusal: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UsageBody {
    #[serde(deserialize_with = "lenient::count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient::count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient::or_default")]
    prompt_tokens_details: Details,
    #[serde(deserialize_with = "lenient::or_default")]
    completion_tokens_details: Details,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "lenient::count")]
    cached_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient::count")]
    reasoning_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Groq {
    #[serde(deserialize_with = "lenient::or_default")]
    usage: Option<UsageBody>,
    error: Value,
}

#[derive(Debug)]
pub(crate) struct Mapper {
    think: Option<ThinkSplitter>,
    stopped: bool,
    refused: bool,
}

impl Mapper {
    pub(super) fn new(think_tags: bool) -> Self {
        Self { think: think_tags.then(ThinkSplitter::default), stopped: false, refused: false }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn on(&mut self, name: Option<&str>, data: &str, events: &mut Vec<Event>) -> Result<Progress, Fault> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(Progress::Nothing);
        }
        if data.starts_with("[DONE]") {
            self.stop(StopReason::End, events);
            return Ok(Progress::Done);
        }
        let mut value = match lenient::value(data) {
            Ok(value) => value,
            // An error need not be JSON.
            Err(_) if name == Some("error") => return Err(Fault::parse(data.as_bytes())),
            Err(_) => {
                return Err(Fault::of(ErrorKind::Malformed, format!("A piece of the answer is not JSON: {data}")));
            }
        };
        if let Value::Array(items) = &mut value
            && !items.is_empty()
        {
            value = items.swap_remove(0);
        }
        if name == Some("error") || Fault::is_one(&value) {
            return Err(Fault::from_value(&value));
        }
        // What is not of this shape only keeps the connection open.
        let Ok(chunk) = Chunk::deserialize(value) else { return Ok(Progress::Nothing) };
        self.on_chunk(chunk, events)
    }

    fn on_chunk(&mut self, chunk: Chunk, events: &mut Vec<Event>) -> Result<Progress, Fault> {
        let mut progress = Progress::Nothing;
        let mut stop = None;
        // More than one choice is never asked for.
        if let Some(choice) = chunk.choices.unwrap_or_default().into_iter().next() {
            progress = Progress::Payload;
            if let Some(delta) = choice.delta.or(choice.message) {
                self.on_delta(&delta, events);
            }
            stop = choice.finish_reason.filter(|reason| !reason.is_empty());
        }
        let groq = chunk.x_groq.unwrap_or_default();
        if let Some(usage) = chunk.usage.or(groq.usage) {
            progress = Progress::Payload;
            let usage = Usage {
                input: usage.prompt_tokens,
                output: usage.completion_tokens,
                cached: usage.prompt_tokens_details.cached_tokens,
                reasoning: usage.completion_tokens_details.reasoning_tokens,
            };
            if usage != Usage::default() {
                events.push(Event::Usage(usage));
            }
        }
        if !groq.error.is_null() {
            return Err(Fault::from_value(&json!({ "error": groq.error })));
        }
        if let Some(reason) = stop {
            let reason = stop_reason(&reason)?;
            self.stop(reason, events);
        }
        Ok(progress)
    }

    fn on_delta(&mut self, delta: &Delta, events: &mut Vec<Event>) {
        // The same text often stands in more than one of these.
        let reasoning = [&delta.reasoning_content, &delta.reasoning, &delta.reasoning_details]
            .into_iter()
            .map(lenient::text)
            .find(|text| !text.is_empty());
        if let Some(text) = reasoning {
            events.push(Event::Reasoning(text));
        }
        if let Value::Array(parts) = &delta.content {
            for part in parts {
                if part.get("type").and_then(Value::as_str) == Some("thinking") {
                    push(Event::Reasoning, lenient::text(part), events);
                } else {
                    self.text(&lenient::text(part), events);
                }
            }
        } else {
            self.text(&lenient::text(&delta.content), events);
        }
        let refusal = lenient::text(&delta.refusal);
        if !refusal.is_empty() {
            self.refused = true;
            events.push(Event::Text(refusal));
        }
    }

    fn text(&mut self, text: &str, events: &mut Vec<Event>) {
        match &mut self.think {
            Some(think) => think.push(text, events),
            None => push(Event::Text, text.to_owned(), events),
        }
    }

    fn stop(&mut self, reason: StopReason, events: &mut Vec<Event>) {
        if self.stopped {
            return;
        }
        self.finish(events);
        self.stopped = true;
        let refused = self.refused && reason == StopReason::End;
        events.push(Event::Stop(if refused { StopReason::Refusal } else { reason }));
    }

    pub(super) fn finish(&mut self, events: &mut Vec<Event>) {
        if let Some(think) = &mut self.think {
            think.finish(events);
        }
    }
}

fn push(event: fn(String) -> Event, text: String, events: &mut Vec<Event>) {
    if !text.is_empty() {
        events.push(event(text));
    }
}

/// The reason a model stopped, in the words of everyone who is relayed.
fn stop_reason(reason: &str) -> Result<StopReason, Fault> {
    Ok(match reason.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "eos" | "eos_token" | "complete" | "completed" | "stop_sequence" => StopReason::End,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => StopReason::Length,
        "content_filter" | "content_filtered" | "safety" | "recitation" | "blocklist" | "prohibited_content" => {
            StopReason::Filtered
        }
        "refusal" => StopReason::Refusal,
        "tool_calls" | "tool_call" | "tool_use" | "function_call" => StopReason::ToolCalls,
        "error" | "network_error" | "aborted" | "insufficient_system_resource" => {
            return Err(Fault {
                message: format!("The provider broke off its answer ({reason})."),
                code: Some(reason.to_owned()),
                kind: Some(ErrorKind::Overloaded),
                ..Fault::default()
            });
        }
        _ => StopReason::Other,
    })
}

#[cfg(test)]
mod tests;
