//! A reader of server-sent events, fed with bytes as they come.
//!
//! It takes linear time whatever the chunks, drops a byte order mark, ends lines at LF, CR or CRLF
//! and at nothing else, decodes UTF-8 only in whole lines with bad bytes replaced, and gives the
//! last event even when the blank line after it is missing.
//!
//! Deliberately not here: `id`, `retry` and reconnecting. A question that is sent twice is paid
//! twice.

use memchr::memchr2;

/// The longest line that is taken.
pub const MAX_LINE: usize = 1 << 20;
/// The longest event that is taken.
pub const MAX_EVENT: usize = 4 << 20;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// Its `event:` field.
    pub name: Option<String>,
    /// Its `data:` lines, joined with LF.
    pub data: String,
}

/// Why a stream is read no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line does not end.
    #[error("a line of the stream is longer than 1 MiB")]
    LineTooLong,
    /// An event does not end.
    #[error("an event of the stream is longer than 4 MiB")]
    EventTooLong,
}

/// The reader.
#[derive(Debug, Default)]
pub struct SseReader {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The last byte was a CR that ended a line; an LF after it belongs to it.
    after_cr: bool,
    /// A line has been read, so a byte order mark can no longer come.
    begun: bool,
    name: Option<String>,
    data: Option<String>,
}

impl SseReader {
    /// A reader at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends the events that are now whole.
    ///
    /// # Errors
    /// When a line or an event is too long. The reader is then of no more use.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut Vec<SseEvent>) -> Result<(), SseError> {
        if self.after_cr
            && let Some(first) = bytes.first()
        {
            self.after_cr = false;
            if *first == b'\n' {
                bytes = &bytes[1..];
            }
        }
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            if self.line.len() + end > MAX_LINE {
                return Err(SseError::LineTooLong);
            }
            if self.line.is_empty() {
                self.on_line(&bytes[..end], events)?;
            } else {
                self.line.extend_from_slice(&bytes[..end]);
                let mut line = std::mem::take(&mut self.line);
                self.on_line(&line, events)?;
                line.clear();
                self.line = line;
            }
            let cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            if cr {
                match bytes.first() {
                    Some(b'\n') => bytes = &bytes[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
        }
        if self.line.len() + bytes.len() > MAX_LINE {
            return Err(SseError::LineTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes the end of the stream and appends the event that was begun, if there is one.
    ///
    /// # Errors
    /// When that event is too long.
    pub fn finish(mut self, events: &mut Vec<SseEvent>) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.on_line(&line, events)?;
        }
        self.dispatch(events);
        Ok(())
    }

    fn on_line(&mut self, mut line: &[u8], events: &mut Vec<SseEvent>) -> Result<(), SseError> {
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(events);
            return Ok(());
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match field {
            b"data" => {
                let held = self.data.as_ref().map_or(0, String::len);
                if held + 1 + value.len() > MAX_EVENT {
                    return Err(SseError::EventTooLong);
                }
                let value = String::from_utf8_lossy(value);
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(&value);
                    }
                    None => self.data = Some(value.into_owned()),
                }
            }
            b"event" => self.name = Some(String::from_utf8_lossy(value).into_owned()),
            // Comments have an empty field name.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, events: &mut Vec<SseEvent>) {
        let name = self.name.take();
        if let Some(data) = self.data.take() {
            events.push(SseEvent { name, data });
        }
    }
}

#[cfg(test)]
mod tests;
