//! A reader of lines that hold one JSON value each, fed with bytes as they come.

use memchr::memchr;

/// The longest line that is taken: a tool call comes whole, with all it writes.
pub const MAX_LINE: usize = 16 << 20;

/// A line does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream is longer than 16 MiB")]
pub struct LineTooLong;

/// The reader.
#[derive(Debug, Default)]
pub struct LineReader {
    line: Vec<u8>,
    begun: bool,
}

impl LineReader {
    /// A reader at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends the lines that are now whole, without blank ones.
    ///
    /// # Errors
    /// When a line is too long. The reader is then of no more use.
    pub fn push(&mut self, mut bytes: &[u8], lines: &mut Vec<String>) -> Result<(), LineTooLong> {
        while let Some(end) = memchr(b'\n', bytes) {
            self.extend(&bytes[..end])?;
            self.take(lines);
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes)
    }

    /// Takes the end of the stream and appends the line that has no end, if there is one. It may be
    /// half a line.
    pub fn finish(mut self, lines: &mut Vec<String>) {
        self.take(lines);
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), LineTooLong> {
        if self.line.len() + bytes.len() > MAX_LINE {
            return Err(LineTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn take(&mut self, lines: &mut Vec<String>) {
        let mut line = &self.line[..];
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        // White space around a JSON value means nothing, which takes care of CRLF.
        let line = line.trim_ascii();
        if !line.is_empty() {
            lines.push(String::from_utf8_lossy(line).into_owned());
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]]) -> Result<Vec<String>, LineTooLong> {
        let (mut reader, mut lines) = (LineReader::new(), Vec::new());
        for chunk in chunks {
            reader.push(chunk, &mut lines)?;
        }
        reader.finish(&mut lines);
        Ok(lines)
    }

    #[test]
    fn lines_are_read_whatever_their_ends() {
        let stream = b"\xEF\xBB\xBF{\"a\":1}\r\n\n  {\"b\":\"\xC3\xA9\xE2\x80\xA8\"}\n{\"half\":";
        let expected = vec!["{\"a\":1}".to_owned(), "{\"b\":\"é\u{2028}\"}".to_owned(), "{\"half\":".to_owned()];
        assert_eq!(read(&[stream]), Ok(expected.clone()), "mark, CRLF, blank line, U+2028 in a value, half a line");
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(&bytes), Ok(expected), "one byte at a time");
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let piece = vec![b'x'; 1 << 20];
        let pieces: Vec<&[u8]> = (0..16).map(|_| piece.as_slice()).collect();
        assert_eq!(read(&pieces).map(|lines| lines.len()), Ok(1), "16 MiB are taken");
        let pieces: Vec<&[u8]> = (0..17).map(|_| piece.as_slice()).collect();
        assert_eq!(read(&pieces), Err(LineTooLong), "more is not");
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200), cut in 1_usize..20) {
            let chunks: Vec<&[u8]> = bytes.chunks(cut).collect();
            prop_assert_eq!(read(&chunks), read(&[&bytes]), "the same bytes give the same lines");
        }
    }
}
