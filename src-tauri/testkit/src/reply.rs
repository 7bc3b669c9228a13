use std::time::Duration;

use serde_json::{Value, json};

use crate::Gate;

/// What the server says to one request, byte by byte if need be.
///
/// ```
/// # use holdfast_testkit::Reply;
/// Reply::sse().delta("Hel").delta("lo").usage(5, 2).stop().done();
/// Reply::ndjson().delta("Hello").usage(5, 2).done();
/// Reply::status(429).header("retry-after", "2");
/// Reply::sse().delta("Hel").cut();
/// ```
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) head: Head,
    framing: Framing,
    usage: Option<(u64, u64)>,
    finished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// Status line and headers first.
    Sent,
    /// The steps hold every byte.
    InSteps,
    /// Nothing is ever sent, and the connection stays open.
    Silent,
    /// The connection is closed without a word.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Sse,
    Ndjson,
    Plain,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Bytes(Vec<u8>),
    Pause(Duration),
    Wait(Gate),
    /// Until the test releases it.
    Stall,
    /// The connection is closed as it is, without the end that HTTP wants.
    Cut,
}

impl Reply {
    fn new(status: u16, framing: Framing, content_type: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            steps: Vec::new(),
            head: Head::Sent,
            framing,
            usage: None,
            finished: false,
        }
    }

    /// A stream of server-sent events, as OpenAI's chat completions send it.
    pub fn sse() -> Self {
        Self::new(200, Framing::Sse, "text/event-stream; charset=utf-8")
    }

    /// A stream of lines, as Ollama sends it.
    pub fn ndjson() -> Self {
        Self::new(200, Framing::Ndjson, "application/x-ndjson")
    }

    /// A whole answer as OpenAI's chat completions stream it: a word a piece.
    pub fn answer(text: &str) -> Self {
        text.split_inclusive(' ').fold(Self::sse(), Self::delta).usage(5, 2).stop().done()
    }

    /// A whole answer as Ollama streams it: a word a piece.
    pub fn ollama_answer(text: &str) -> Self {
        text.split_inclusive(' ').fold(Self::ndjson(), Self::delta).usage(5, 2).done()
    }

    /// An empty reply with a status. Give it a body with [`Reply::json`] or [`Reply::text`].
    pub fn status(status: u16) -> Self {
        Self::new(status, Framing::Plain, "application/json")
    }

    /// A web page with a status.
    pub fn html(status: u16) -> Self {
        let page =
            format!("<!DOCTYPE html>\n<html><head><title>{status} from a proxy</title></head><body>no</body></html>\n");
        Self::new(status, Framing::Plain, "text/html").text(&page)
    }

    /// These bytes and nothing else, not even a status line.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { head: Head::InSteps, ..Self::new(0, Framing::Plain, "") }.bytes(bytes)
    }

    /// The request is read, and the connection closed without a word.
    pub fn refuse() -> Self {
        Self { head: Head::Refused, ..Self::new(0, Framing::Plain, "") }
    }

    /// The request is read, and nothing is ever said.
    pub fn silent() -> Self {
        Self { head: Head::Silent, ..Self::new(0, Framing::Plain, "") }
    }

    /// Sets a header. An empty value takes it away.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A body of JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// A body of text.
    #[must_use]
    pub fn text(self, body: &str) -> Self {
        self.bytes(body.as_bytes())
    }

    /// Any bytes, in a write of their own.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Bytes(bytes.into()));
        self
    }

    /// One piece of the stream with this data, framed as the stream is.
    #[must_use]
    pub fn event(self, data: &Value) -> Self {
        self.data(&data.to_string())
    }

    /// One piece of the stream with this text, framed as the stream is.
    #[must_use]
    pub fn data(self, data: &str) -> Self {
        let framed = match self.framing {
            Framing::Sse => format!("data: {data}\n\n"),
            Framing::Ndjson => format!("{data}\n"),
            Framing::Plain => data.to_owned(),
        };
        self.bytes(framed)
    }

    /// An event with a name.
    #[must_use]
    pub fn named(self, name: &str, data: &Value) -> Self {
        self.bytes(format!("event: {name}\ndata: {data}\n\n"))
    }

    /// A comment, which keeps the connection open and says nothing.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.bytes(format!(": {text}\n\n"))
    }

    /// More of the answer.
    #[must_use]
    pub fn delta(self, text: &str) -> Self {
        self.piece("content", text)
    }

    /// More of the reasoning.
    #[must_use]
    pub fn reasoning(self, text: &str) -> Self {
        let field = if self.framing == Framing::Ndjson { "thinking" } else { "reasoning" };
        self.piece(field, text)
    }

    fn piece(self, field: &str, text: &str) -> Self {
        let value = match self.framing {
            Framing::Ndjson => {
                let mut message = json!({ "role": "assistant", "content": "" });
                message[field] = json!(text);
                json!({ "model": "fake", "created_at": "2026-11-20T10:00:00Z", "message": message, "done": false })
            }
            Framing::Sse | Framing::Plain => chunk(&json!({ field: text }), None),
        };
        self.event(&value)
    }

    /// The tokens of request and answer, sent where the wire sends them.
    #[must_use]
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some((input, output));
        if self.finished { self.send_usage() } else { self }
    }

    /// The model is done.
    #[must_use]
    pub fn stop(self) -> Self {
        self.finish("stop")
    }

    /// The model stops for a reason.
    #[must_use]
    pub fn finish(mut self, reason: &str) -> Self {
        self.finished = true;
        if self.framing == Framing::Ndjson {
            let mut line = json!({
                "model": "fake", "message": { "role": "assistant", "content": "" }, "done": true, "done_reason": reason,
            });
            if let Some((input, output)) = self.usage.take() {
                line["prompt_eval_count"] = json!(input);
                line["eval_count"] = json!(output);
            }
            return self.event(&line);
        }
        self.event(&chunk(&json!({}), Some(reason))).send_usage()
    }

    fn send_usage(mut self) -> Self {
        match self.usage.take() {
            Some((input, output)) => {
                let usage =
                    json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output });
                self.event(&json!({ "id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage }))
            }
            None => self,
        }
    }

    /// The end of the stream as the wire marks it.
    #[must_use]
    pub fn done(self) -> Self {
        match self.framing {
            Framing::Sse => self.data("[DONE]"),
            Framing::Ndjson if self.finished => self,
            Framing::Ndjson => self.stop(),
            Framing::Plain => self,
        }
    }

    /// Waits so long. For streams that a person shall see; tests step with [`Reply::wait`].
    #[must_use]
    pub fn pause(mut self, time: Duration) -> Self {
        self.steps.push(Step::Pause(time));
        self
    }

    /// Waits until the test opens the gate.
    #[must_use]
    pub fn wait(mut self, gate: &Gate) -> Self {
        self.steps.push(Step::Wait(gate.clone()));
        self
    }

    /// Says nothing more and keeps the connection, until the test releases it or the client goes.
    #[must_use]
    pub fn stall(mut self) -> Self {
        self.steps.push(Step::Stall);
        self
    }

    /// Closes the connection here, in the middle of whatever came before.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.steps.push(Step::Cut);
        self
    }
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    })
}
