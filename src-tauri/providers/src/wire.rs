//! Wires: pure mappings between the canonical request and events and what goes over a connection.

use holdfast_contract::{Role, WireName};
use holdfast_core::exchange::{Event, Request};
use serde_json::{Map, Value};

use crate::ProviderRow;
use crate::catalogue::Flags;
use crate::fault::Fault;

pub(crate) mod lenient;
pub(crate) mod ollama;
pub(crate) mod openai_chat;
pub(crate) mod rehearsal;
mod think;

/// What a piece of a stream was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It only keeps the connection open.
    Nothing,
    /// It belongs to the answer.
    Payload,
    /// It ends the answer.
    Done,
}

/// Where a wire's requests go, below the base address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paths {
    /// Questions.
    pub(crate) chat: &'static str,
    /// The list of models.
    pub(crate) models: &'static str,
    /// Something that any server of this wire answers.
    pub(crate) probe: &'static str,
}

/// The paths of a wire; none for Rehearsal, which has no server.
pub(crate) fn paths(wire: WireName) -> Option<Paths> {
    match wire {
        WireName::OpenaiChat => Some(Paths { chat: "chat/completions", models: "models", probe: "models" }),
        WireName::Ollama => Some(Paths { chat: "api/chat", models: "api/tags", probe: "api/version" }),
        WireName::Rehearsal => None,
    }
}

/// The body of a question; none for Rehearsal.
pub(crate) fn body(provider: &ProviderRow, request: &Request) -> Option<Value> {
    let mut body = match provider.wire {
        WireName::OpenaiChat => openai_chat::body(&provider.flags, request),
        WireName::Ollama => ollama::body(request),
        WireName::Rehearsal => return None,
    };
    merge(&mut body, &provider.patch);
    Some(Value::Object(body))
}

/// Merges a patch as RFC 7396 says.
fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => {
                let entry = target.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if !entry.is_object() {
                    *entry = Value::Object(Map::new());
                }
                if let Value::Object(entry) = entry {
                    merge(entry, inner);
                }
            }
            _ => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The messages as every provider takes them: none empty, and no two of one speaker in a row.
fn turns(request: &Request) -> Vec<(Role, String)> {
    let mut turns: Vec<(Role, String)> = Vec::new();
    for message in &request.messages {
        let text = message.text();
        if text.trim().is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some((role, said)) if *role == message.role => {
                said.push_str("\n\n");
                said.push_str(&text);
            }
            _ => turns.push((message.role, text)),
        }
    }
    turns
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Maps what comes to events.
#[derive(Debug)]
pub(crate) enum Mapper {
    OpenaiChat(openai_chat::Mapper),
    Ollama(ollama::Mapper),
}

impl Mapper {
    /// The mapper of a wire; none for Rehearsal.
    pub(crate) fn new(wire: WireName, flags: &Flags) -> Option<Self> {
        match wire {
            WireName::OpenaiChat => Some(Self::OpenaiChat(openai_chat::Mapper::new(flags.think_tags))),
            WireName::Ollama => Some(Self::Ollama(ollama::Mapper::new(flags.think_tags))),
            WireName::Rehearsal => None,
        }
    }

    /// Takes one event or line and appends what it says. Events before an error in it are appended
    /// too.
    pub(crate) fn on(&mut self, name: Option<&str>, data: &str, events: &mut Vec<Event>) -> Result<Progress, Fault> {
        match self {
            Self::OpenaiChat(mapper) => mapper.on(name, data, events),
            Self::Ollama(mapper) => mapper.on(data, events),
        }
    }

    /// Whether the model has said that it is done.
    pub(crate) fn stopped(&self) -> bool {
        match self {
            Self::OpenaiChat(mapper) => mapper.stopped(),
            Self::Ollama(mapper) => mapper.stopped(),
        }
    }

    /// Takes the end of the stream and appends what was held back.
    pub(crate) fn finish(&mut self, events: &mut Vec<Event>) {
        match self {
            Self::OpenaiChat(mapper) => mapper.finish(events),
            Self::Ollama(mapper) => mapper.finish(events),
        }
    }
}

#[cfg(test)]
mod tests;
