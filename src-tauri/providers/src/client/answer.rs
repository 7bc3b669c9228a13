use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt;
use holdfast_contract::WireName;
use holdfast_core::exchange::{ErrorKind, Event, ProviderError};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout_at};

use super::asked::Asked;
use super::call::MAX_BODY;
use super::{EventStream, Timeouts, first_byte};
use crate::ProviderRow;
use crate::fault::Fault;
use crate::ndjson::LineReader;
use crate::sse::SseReader;
use crate::wire::{Mapper, Progress};

/// How long usage may follow after the model said it was done.
const AFTER_STOP: Duration = Duration::from_secs(5);
/// How long the end of the body may take after the end of the answer. With it the connection can
/// serve the next question.
const DRAIN: Duration = Duration::from_millis(100);

/// An answer while it comes.
pub(super) struct Answer {
    response: Response,
    reader: Reader,
    mapper: Mapper,
    asked: Asked,
    /// Events that were mapped and not yet taken.
    ready: VecDeque<Event>,
    /// What follows when they are taken.
    end: Option<End>,
    limits: Limits,
    last_byte: Instant,
    last_payload: Instant,
    spoken: bool,
}

enum Reader {
    Sse(SseReader),
    Lines(LineReader),
    /// The answer comes whole, or line by line under a wrong name.
    Whole(Vec<u8>),
}

enum End {
    /// The answer is whole and the body may not be.
    Done,
    Failed(ProviderError),
    Closed,
}

#[derive(Clone, Copy)]
struct Limits {
    first: Duration,
    idle: Duration,
    payload: Duration,
}

impl Answer {
    /// Chooses how to read by what the reply says it is.
    pub(super) fn open(
        response: Response,
        asked: Asked,
        provider: &ProviderRow,
        timeouts: Timeouts,
    ) -> Result<Self, ProviderError> {
        let kind =
            response.headers().get(CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
        let status = response.status().as_u16();
        let Some(mapper) = Mapper::new(provider.wire, &provider.flags) else {
            return Err(asked.error(ErrorKind::BadRequest, "This provider has no server."));
        };
        let reader = reader(kind.as_deref(), provider.wire).map_err(|fault| asked.fault(Some(status), fault))?;
        let now = Instant::now();
        Ok(Self {
            response,
            reader,
            mapper,
            asked,
            ready: VecDeque::new(),
            end: None,
            limits: Limits {
                first: first_byte(&timeouts, provider),
                idle: timeouts.idle,
                payload: timeouts.payload_idle,
            },
            last_byte: now,
            last_payload: now,
            spoken: false,
        })
    }

    pub(super) fn into_stream(self) -> EventStream {
        futures::stream::unfold(self, |mut answer| async move { answer.next().await.map(|item| (item, answer)) })
            .boxed()
    }

    async fn next(&mut self) -> Option<Result<Event, ProviderError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            match self.end.take() {
                None => self.read().await,
                Some(End::Done) => {
                    self.drain().await;
                    self.end = Some(End::Closed);
                }
                Some(End::Failed(error)) => {
                    self.end = Some(End::Closed);
                    return Some(Err(error));
                }
                Some(End::Closed) => {
                    self.end = Some(End::Closed);
                    return None;
                }
            }
        }
    }

    /// Reads once and maps what came.
    async fn read(&mut self) {
        let byte_limit = if self.spoken { self.limits.idle } else { self.limits.first };
        let payload_limit = self.limits.payload.max(if self.spoken { Duration::ZERO } else { self.limits.first });
        let (bytes_until, payload_until) = (self.last_byte + byte_limit, self.last_payload + payload_limit);
        let mut until = bytes_until.min(payload_until);
        if self.mapper.stopped() {
            until = until.min(self.last_payload + AFTER_STOP);
        }
        match timeout_at(until, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                self.last_byte = Instant::now();
                self.feed(&bytes);
            }
            Ok(Ok(None)) => self.finish(),
            // Whoever said it was done has given a whole answer.
            Ok(Err(_)) | Err(_) if self.mapper.stopped() => self.end = Some(End::Done),
            Ok(Err(error)) => self.fail(self.asked.broken(&error)),
            Err(_) => {
                let limit = if bytes_until <= payload_until { byte_limit } else { payload_limit };
                self.fail(self.asked.silent(limit.as_secs()));
            }
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        match &mut self.reader {
            Reader::Sse(reader) => {
                let mut events = Vec::new();
                let read = reader.push(bytes, &mut events);
                for event in events {
                    if self.take(event.name.as_deref(), &event.data, false) {
                        return;
                    }
                }
                if let Err(error) = read {
                    self.fail(self.asked.error(ErrorKind::Malformed, &format!("The answer cannot be read: {error}.")));
                }
            }
            Reader::Lines(reader) => {
                let mut lines = Vec::new();
                let read = reader.push(bytes, &mut lines);
                for line in lines {
                    if self.take(None, &line, false) {
                        return;
                    }
                }
                if let Err(error) = read {
                    self.fail(self.asked.error(ErrorKind::Malformed, &format!("The answer cannot be read: {error}.")));
                }
            }
            Reader::Whole(body) => {
                if body.len() + bytes.len() > MAX_BODY {
                    self.fail(self.asked.error(ErrorKind::Malformed, "The answer is longer than 16 MiB."));
                } else {
                    body.extend_from_slice(bytes);
                }
            }
        }
    }

    /// Takes the end of the body: what is left of it, and whether the answer is whole.
    fn finish(&mut self) {
        let reader = std::mem::replace(&mut self.reader, Reader::Whole(Vec::new()));
        match reader {
            Reader::Sse(reader) => {
                let mut events = Vec::new();
                if let Err(error) = reader.finish(&mut events) {
                    return self
                        .fail(self.asked.error(ErrorKind::Malformed, &format!("The answer cannot be read: {error}.")));
                }
                for event in events {
                    if self.take(event.name.as_deref(), &event.data, true) {
                        return;
                    }
                }
            }
            Reader::Lines(reader) => {
                let mut lines = Vec::new();
                reader.finish(&mut lines);
                for line in lines {
                    if self.take(None, &line, true) {
                        return;
                    }
                }
            }
            Reader::Whole(body) => {
                let text = String::from_utf8_lossy(&body);
                for value in values(&text) {
                    if self.take(None, value, true) {
                        return;
                    }
                }
            }
        }
        let mut events = Vec::new();
        self.mapper.finish(&mut events);
        self.ready.extend(events);
        if self.mapper.stopped() {
            self.end = Some(End::Closed);
        } else {
            self.fail(self.asked.ended_early());
        }
    }

    /// Maps one event or line. True when nothing after it counts.
    fn take(&mut self, name: Option<&str>, data: &str, last: bool) -> bool {
        let mut events = Vec::new();
        let progress = self.mapper.on(name, data, &mut events);
        self.ready.extend(events);
        match progress {
            Ok(Progress::Nothing) => false,
            Ok(Progress::Payload) => {
                self.last_payload = Instant::now();
                self.spoken = true;
                false
            }
            Ok(Progress::Done) => {
                self.end = Some(End::Done);
                true
            }
            // What cannot be read at the end of a body was cut off.
            Err(fault) if last && fault.kind == Some(ErrorKind::Malformed) => {
                let error = self.asked.ended_early();
                self.fail(error);
                true
            }
            Err(fault) => {
                let error = self.asked.fault(Some(self.response.status().as_u16()), fault);
                self.fail(error);
                true
            }
        }
    }

    fn fail(&mut self, error: ProviderError) {
        // Text that was held back for a tag is text all the same.
        let mut events = Vec::new();
        self.mapper.finish(&mut events);
        self.ready.extend(events);
        self.end = Some(End::Failed(error));
    }

    async fn drain(&mut self) {
        let until = Instant::now() + DRAIN;
        while let Ok(Ok(Some(_))) = timeout_at(until, self.response.chunk()).await {}
    }
}

fn reader(kind: Option<&str>, wire: WireName) -> Result<Reader, Fault> {
    let native = || match wire {
        WireName::Ollama => Reader::Lines(LineReader::new()),
        WireName::OpenaiChat | WireName::Rehearsal => Reader::Sse(SseReader::new()),
    };
    let Some(kind) = kind else { return Ok(native()) };
    let media = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "" => Ok(native()),
        "text/event-stream" => Ok(Reader::Sse(SseReader::new())),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines"
        | "application/json-lines" => Ok(Reader::Lines(LineReader::new())),
        "application/json" => Ok(Reader::Whole(Vec::new())),
        other if other.ends_with("+json") => Ok(Reader::Whole(Vec::new())),
        "text/html" | "application/xhtml+xml" => Err(Fault::of(
            ErrorKind::Malformed,
            "This address answers with a web page. Check the base URL; it often ends in /v1.",
        )),
        other => Err(Fault::of(
            ErrorKind::Malformed,
            format!("This address answers with {other}, which is not what a model server sends. Check the base URL."),
        )),
    }
}

/// The JSON values of a body: one, or several in a row when a stream goes under a wrong name. What
/// cannot be read is given as it is, so that the mapper says so.
fn values(text: &str) -> Vec<&str> {
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let mut values = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let mut from = 0;
    while let Some(Ok(_)) = stream.next() {
        let to = stream.byte_offset();
        values.push(&text[from..to]);
        from = to;
    }
    let rest = text[from..].trim();
    if !rest.is_empty() {
        values.push(rest);
    }
    values
}
