use std::sync::Arc;

use super::Block;
use super::parse::parse;

/// Of a longer text only the first part is drawn until the reader asks for all of it.
const LIMIT: usize = 200_000;

/// A text that grows at its end, and its blocks. Blocks that later text cannot change any more are
/// parsed once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    source: String,
    entries: Vec<Entry>,
    /// Where the part begins that is parsed again.
    tail: usize,
    /// How many entries lie before it.
    settled: usize,
    /// The text defines addresses, which can change any block, so all of it is parsed again.
    whole: bool,
    ended: bool,
    unlimited: bool,
    next_key: u64,
}

/// A block, and how to know it again.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Stays while the block stays as it is.
    pub key: u64,
    pub block: Arc<Block>,
    /// Whether no more text of it will come.
    pub complete: bool,
}

impl Document {
    /// A text that may grow, or that has ended.
    pub(crate) fn new(source: String, ended: bool) -> Self {
        Self { source, ended, ..Self::default() }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The blocks as of the last [`Self::parse`].
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether the end is left out, see [`Self::lift_limit`].
    pub(crate) fn is_cut(&self) -> bool {
        !self.unlimited && self.source.len() > LIMIT
    }

    pub(crate) fn append(&mut self, text: &str) {
        self.source.push_str(text);
    }

    /// Puts another text in the place of this one. Blocks that are the same keep their key.
    pub(crate) fn replace(&mut self, source: String, ended: bool) {
        self.source = source;
        self.ended = ended;
        self.whole = false;
        (self.tail, self.settled) = (0, 0);
        self.parse();
    }

    /// Says whether more text will come.
    pub(crate) fn set_ended(&mut self, ended: bool) {
        self.ended = ended;
    }

    pub(crate) fn lift_limit(&mut self) {
        self.unlimited = true;
    }

    /// Brings the blocks up to date with the text.
    pub(crate) fn parse(&mut self) {
        let end = if self.is_cut() { cut(&self.source) } else { self.source.len() };
        if self.tail > end {
            (self.tail, self.settled) = (0, 0);
        }
        let mut parsed = parse(&self.source[self.tail..end]);
        if parsed.defines && !self.whole {
            self.whole = true;
            if self.tail > 0 {
                (self.tail, self.settled) = (0, 0);
                parsed = parse(&self.source[..end]);
            }
        }
        let no_more = self.ended || end < self.source.len();
        let boundary = if self.whole { None } else { boundary(&self.source[self.tail..end], &parsed.blocks) };
        let last = parsed.blocks.len().saturating_sub(1);
        let mut before = self.entries.split_off(self.settled).into_iter();
        for (index, (_, block)) in parsed.blocks.into_iter().enumerate() {
            let complete = no_more || index < last;
            let entry = match before.next() {
                Some(entry) if entry.complete == complete && *entry.block == block => entry,
                _ => {
                    self.next_key += 1;
                    Entry { key: self.next_key, block: Arc::new(block), complete }
                }
            };
            self.entries.push(entry);
        }
        if let Some((index, offset)) = boundary {
            self.settled += index;
            self.tail += offset;
        }
    }
}

/// The last block that has begun for certain: its first line is whole, so whatever lies before it is
/// closed. Its index, and where its line begins.
fn boundary(text: &str, blocks: &[(usize, Block)]) -> Option<(usize, usize)> {
    blocks.iter().enumerate().skip(1).rev().find_map(|(index, &(start, _))| {
        let line = text[..start].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        text[start..].contains('\n').then_some((index, line))
    })
}

/// Where the first part of a long text ends: after a line, or else after a character.
fn cut(source: &str) -> usize {
    let end = source.floor_char_boundary(LIMIT);
    source[..end].rfind('\n').map_or(end, |newline| newline + 1)
}
