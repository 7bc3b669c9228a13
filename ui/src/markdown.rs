//! What a model wrote, as a typed tree. Pure; drawn as elements by `components::markdown`.

mod autolink;
mod document;
mod parse;

pub(crate) use document::{Document, Entry};

/// A block of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Paragraph(Vec<Inline>),
    /// A paragraph of a tight list, which has no room around it.
    Plain(Vec<Inline>),
    Heading {
        level: u8,
        content: Vec<Inline>,
    },
    List {
        /// The first number, if the list is numbered.
        start: Option<u64>,
        items: Vec<Item>,
    },
    Quote(Vec<Block>),
    Code {
        language: String,
        text: String,
    },
    Table {
        columns: Vec<Align>,
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    /// HTML, shown as the text it is.
    Html(String),
    Rule,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Whether it is done, if it is a task.
    pub task: Option<bool>,
    pub blocks: Vec<Block>,
}

/// How a column of a table is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Center,
    End,
}

/// A run of text in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inline {
    Text(String),
    Code(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Strike(Vec<Inline>),
    /// An address that may be opened, see [`crate::link::inspect`].
    Link {
        url: String,
        content: Vec<Inline>,
    },
    /// An image that is not loaded.
    Image {
        /// Its address, if it may be opened.
        url: Option<String>,
        alt: String,
    },
    Break,
}

#[cfg(test)]
mod tests;
