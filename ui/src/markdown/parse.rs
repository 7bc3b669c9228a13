use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag};

use super::autolink::autolink;
use super::{Align, Block, Inline, Item};
use crate::link;

/// Quotes and lists nested deeper are drawn at this depth, so that no message can exhaust the stack.
const BLOCK_DEPTH: usize = 24;
/// The same for everything together.
const DEPTH: usize = 40;

/// What a text holds.
pub(super) struct Parsed {
    /// The blocks, each with the place where it begins.
    pub blocks: Vec<(usize, Block)>,
    /// Whether the text defines addresses that text elsewhere may refer to.
    pub defines: bool,
}

pub(super) fn parse(source: &str) -> Parsed {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(source, options);
    let defines = parser.reference_definitions().iter().next().is_some();
    let mut builder = Builder::default();
    for (event, range) in parser.into_offset_iter() {
        builder.handle(event, range.start);
    }
    Parsed { blocks: builder.blocks, defines }
}

enum Kind {
    Paragraph,
    Heading(u8),
    Quote,
    List(Option<u64>),
    Item(Option<bool>),
    Code(String),
    Html,
    Table(Vec<Align>),
    Row,
    Cell,
    Emphasis,
    Strong,
    Strike,
    Link(String),
    Image(String),
}

/// A container that is still open, with what it holds so far.
struct Open {
    kind: Kind,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
    items: Vec<Item>,
    cells: Vec<Vec<Inline>>,
    rows: Vec<Vec<Vec<Inline>>>,
}

impl Open {
    /// Text straight in a container of blocks: the paragraph of a tight list.
    fn settle(&mut self) {
        if !self.inlines.is_empty() && matches!(self.kind, Kind::Item(_) | Kind::Quote) {
            self.blocks.push(Block::Plain(std::mem::take(&mut self.inlines)));
        }
    }
}

#[derive(Default)]
struct Builder {
    blocks: Vec<(usize, Block)>,
    open: Vec<Open>,
    /// For every tag that was opened, whether a container was opened for it.
    taken: Vec<bool>,
    start: usize,
}

impl Builder {
    fn handle(&mut self, event: Event<'_>, at: usize) {
        if self.open.is_empty() {
            self.start = at;
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => self.end(),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.inline(Inline::Code(text.into_string())),
            Event::SoftBreak => self.text("\n"),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.block(Block::Rule),
            Event::TaskListMarker(done) => {
                if let Some(Open { kind: Kind::Item(task), .. }) = self.open.last_mut() {
                    *task = Some(done);
                }
            }
            // The options that give these are off.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.text(&text),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let depth = self.open.len();
        let inside = self.open.last().map(|open| &open.kind);
        let kind = match tag {
            Tag::Paragraph => Some(Kind::Paragraph),
            Tag::Heading { level, .. } => Some(Kind::Heading(level as u8)),
            Tag::BlockQuote(_) => (depth < BLOCK_DEPTH).then_some(Kind::Quote),
            Tag::List(start) => (depth < BLOCK_DEPTH).then_some(Kind::List(start)),
            Tag::Item => matches!(inside, Some(Kind::List(_))).then_some(Kind::Item(None)),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                Some(Kind::Code(info.split([' ', ',', '{', '\t']).next().unwrap_or_default().to_owned()))
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => Some(Kind::Code(String::new())),
            Tag::HtmlBlock => Some(Kind::Html),
            Tag::Table(columns) => Some(Kind::Table(columns.into_iter().map(align).collect())),
            Tag::TableHead | Tag::TableRow => Some(Kind::Row),
            Tag::TableCell => Some(Kind::Cell),
            Tag::Emphasis => (depth < DEPTH).then_some(Kind::Emphasis),
            Tag::Strong => (depth < DEPTH).then_some(Kind::Strong),
            Tag::Strikethrough => (depth < DEPTH).then_some(Kind::Strike),
            Tag::Link { dest_url, .. } => (depth < DEPTH).then(|| Kind::Link(dest_url.into_string())),
            Tag::Image { dest_url, .. } => (depth < DEPTH).then(|| Kind::Image(dest_url.into_string())),
            // The options that give these are off.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => None,
        };
        self.taken.push(kind.is_some());
        let Some(kind) = kind else { return };
        let is_block = !matches!(kind, Kind::Emphasis | Kind::Strong | Kind::Strike | Kind::Link(_) | Kind::Image(_));
        if is_block && let Some(open) = self.open.last_mut() {
            open.settle();
        }
        self.open.push(Open {
            kind,
            blocks: Vec::new(),
            inlines: Vec::new(),
            items: Vec::new(),
            cells: Vec::new(),
            rows: Vec::new(),
        });
    }

    fn end(&mut self) {
        if self.taken.pop() != Some(true) {
            return;
        }
        let Some(mut open) = self.open.pop() else { return };
        open.settle();
        let links = !self.open.iter().any(|outer| matches!(outer.kind, Kind::Link(_)));
        if links && !matches!(open.kind, Kind::Link(_) | Kind::Image(_) | Kind::Code(_) | Kind::Html) {
            open.inlines = autolink(open.inlines);
            for block in &mut open.blocks {
                if let Block::Plain(inlines) = block {
                    *inlines = autolink(std::mem::take(inlines));
                }
            }
        }
        let inlines = open.inlines;
        match open.kind {
            Kind::Paragraph => self.block(Block::Paragraph(inlines)),
            Kind::Heading(level) => self.block(Block::Heading { level, content: inlines }),
            Kind::Quote => self.block(Block::Quote(open.blocks)),
            Kind::List(start) => self.block(Block::List { start, items: open.items }),
            Kind::Item(task) => {
                if let Some(list) = self.open.last_mut() {
                    list.items.push(Item { task, blocks: open.blocks });
                }
            }
            Kind::Code(language) => self.block(Block::Code { language, text: plain(&inlines) }),
            Kind::Html => self.block(Block::Html(plain(&inlines))),
            Kind::Table(columns) => {
                let mut rows = open.rows.into_iter();
                let head = rows.next().unwrap_or_default();
                self.block(Block::Table { columns, head, rows: rows.collect() });
            }
            Kind::Row => {
                if let Some(table) = self.open.last_mut() {
                    table.rows.push(open.cells);
                }
            }
            Kind::Cell => {
                if let Some(row) = self.open.last_mut() {
                    row.cells.push(inlines);
                }
            }
            Kind::Emphasis => self.inline(Inline::Emphasis(inlines)),
            Kind::Strong => self.inline(Inline::Strong(inlines)),
            Kind::Strike => self.inline(Inline::Strike(inlines)),
            Kind::Link(url) if link::inspect(&url).is_some() => self.inline(Inline::Link { url, content: inlines }),
            // An address that is never opened is no link; its text stays.
            Kind::Link(_) => {
                for inline in inlines {
                    self.inline(inline);
                }
            }
            Kind::Image(url) => {
                let url = link::inspect(&url).map(|link| link.url);
                self.inline(Inline::Image { url, alt: plain(&inlines) });
            }
        }
    }

    fn block(&mut self, block: Block) {
        match self.open.last_mut() {
            Some(open) => {
                open.settle();
                open.blocks.push(block);
            }
            None => self.blocks.push((self.start, block)),
        }
    }

    fn inline(&mut self, inline: Inline) {
        match inline {
            Inline::Text(text) => self.text(&text),
            other => {
                if let Some(open) = self.open.last_mut() {
                    open.inlines.push(other);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        match open.inlines.last_mut() {
            Some(Inline::Text(before)) => before.push_str(text),
            _ => open.inlines.push(Inline::Text(text.to_owned())),
        }
    }
}

fn align(alignment: Alignment) -> Align {
    match alignment {
        Alignment::None | Alignment::Left => Align::Start,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::End,
    }
}

/// The text without its form.
fn plain(inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(run) | Inline::Code(run) => text.push_str(run),
            Inline::Emphasis(content) | Inline::Strong(content) | Inline::Strike(content) => {
                text.push_str(&plain(content));
            }
            Inline::Link { content, .. } => text.push_str(&plain(content)),
            Inline::Image { alt, .. } => text.push_str(alt),
            Inline::Break => text.push('\n'),
        }
    }
    text
}
