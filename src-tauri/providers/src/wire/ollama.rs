//! Ollama's own `/api/chat`: a JSON object a line.

use holdfast_contract::{StopReason, Usage};
use holdfast_core::exchange::{ErrorKind, Event, Request};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::think::ThinkSplitter;
use super::{Progress, lenient, role_name, turns};
use crate::fault::Fault;

pub(super) fn body(request: &Request) -> Map<String, Value> {
    let instructions = request.instructions.iter().filter(|text| !text.trim().is_empty());
    let messages: Vec<Value> = instructions
        .map(|text| json!({ "role": "system", "content": text }))
        .chain(turns(request).into_iter().map(|(role, text)| json!({ "role": role_name(role), "content": text })))
        .collect();
    let mut options = Map::new();
    if let Some(window) = request.context_window {
        options.insert("num_ctx".to_owned(), json!(window));
    }
    if let Some(most) = request.max_output {
        options.insert("num_predict".to_owned(), json!(most));
    }
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages));
    body.insert("stream".to_owned(), json!(true));
    if !options.is_empty() {
        body.insert("options".to_owned(), Value::Object(options));
    }
    body
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(deserialize_with = "lenient::or_default")]
    message: Option<Message>,
    #[serde(deserialize_with = "lenient::or_default")]
    done: bool,
    #[serde(deserialize_with = "lenient::or_default")]
    done_reason: Option<String>,
    #[serde(deserialize_with = "lenient::count")]
    prompt_eval_count: Option<u64>,
    #[serde(deserialize_with = "lenient::count")]
    eval_count: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Value,
    thinking: Value,
}

#[derive(Debug)]
pub(crate) struct Mapper {
    think: Option<ThinkSplitter>,
    stopped: bool,
}

impl Mapper {
    pub(super) fn new(think_tags: bool) -> Self {
        Self { think: think_tags.then(ThinkSplitter::default), stopped: false }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn on(&mut self, data: &str, events: &mut Vec<Event>) -> Result<Progress, Fault> {
        let Ok(value) = lenient::value(data) else {
            return Err(Fault::of(ErrorKind::Malformed, format!("A line of the answer is not JSON: {data}")));
        };
        if Fault::is_one(&value) {
            return Err(Fault::from_value(&value));
        }
        let Ok(line) = Line::deserialize(value) else { return Ok(Progress::Nothing) };
        let said = line.message.is_some();
        if let Some(message) = line.message {
            let thinking = lenient::text(&message.thinking);
            if !thinking.is_empty() {
                events.push(Event::Reasoning(thinking));
            }
            let content = lenient::text(&message.content);
            match &mut self.think {
                Some(think) => think.push(&content, events),
                None if content.is_empty() => {}
                None => events.push(Event::Text(content)),
            }
        }
        if !line.done {
            return Ok(if said { Progress::Payload } else { Progress::Nothing });
        }
        self.finish(events);
        let usage = Usage { input: line.prompt_eval_count, output: line.eval_count, ..Usage::default() };
        if usage != Usage::default() {
            events.push(Event::Usage(usage));
        }
        self.stopped = true;
        events.push(Event::Stop(match line.done_reason.as_deref() {
            None | Some("stop" | "") => StopReason::End,
            Some("length") => StopReason::Length,
            Some(_) => StopReason::Other,
        }));
        Ok(Progress::Done)
    }

    pub(super) fn finish(&mut self, events: &mut Vec<Event>) {
        if let Some(think) = &mut self.think {
            think.finish(events);
        }
    }
}
