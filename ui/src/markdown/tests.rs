use super::*;

fn blocks(source: &str) -> Vec<Block> {
    let mut document = Document::new(source.to_owned(), true);
    document.parse();
    document.entries().iter().map(|entry| (*entry.block).clone()).collect()
}

fn text(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

fn paragraph(words: &str) -> Block {
    Block::Paragraph(vec![text(words)])
}

/// Everything at once, in forms that are easy to get wrong when text comes in pieces.
const SAMPLE: &str = "# Title *here*\n\nA line\nand another with `code`, **bold *both*** and ~~gone~~.\n\n\
1. one\n2. two\n\n   still two\n1) other list\n\n- [x] done\n- [ ] open\n  - nested\n\n    deep\n* new list\n\n\
> quote\nlazy\n> - in quote\n\nSetext\n===\n\n```rust,ignore\nfn main() {}\n\n    # not a heading\n```\nafter code\n\n\
    indented\n\n    code\n\n| a | b |\n|:-:|--:|\n| 1 | `|` |\n| x |\n\n<div>\n<b>raw</b>\n\n</div>\n\n---\n\
See https://example.com/a_b_(c). And <https://auto.example>, ![alt *text*](https://img.example/x.png) \
[link](https://l.example \"t\") [bad](javascript:alert(1))  \nhard break 1\n\n1. a\n\n1\n\n1. b\n\nend";

#[test]
fn every_kind_of_block_has_its_place_in_the_tree() {
    assert_eq!(
        blocks("# T\n\na *b*\n\n- [x] c\n\n> d\n\n```rs\ne\n```\n\n|f|\n|-:|\n|g|\n\n<p>\n\n***"),
        vec![
            Block::Heading { level: 1, content: vec![text("T")] },
            Block::Paragraph(vec![text("a "), Inline::Emphasis(vec![text("b")])]),
            Block::List {
                start: None,
                items: vec![Item { task: Some(true), blocks: vec![Block::Plain(vec![text("c")])] }]
            },
            Block::Quote(vec![paragraph("d")]),
            Block::Code { language: "rs".to_owned(), text: "e\n".to_owned() },
            Block::Table { columns: vec![Align::End], head: vec![vec![text("f")]], rows: vec![vec![vec![text("g")]]] },
            Block::Html("<p>\n".to_owned()),
            Block::Rule,
        ],
        "one of each"
    );
}

#[test]
fn only_addresses_that_may_be_opened_are_links() {
    let link = |url: &str| Inline::Link { url: url.to_owned(), content: vec![text(url)] };
    assert_eq!(
        blocks("see (https://a.example/x_(y)), http://b.example."),
        vec![Block::Paragraph(vec![
            text("see ("),
            link("https://a.example/x_(y)"),
            text("), "),
            link("http://b.example"),
            text("."),
        ])],
        "addresses end where the sentence goes on"
    );
    assert_eq!(
        blocks("[a](javascript:x) [b](/path) ftp://c xhttps://d.example"),
        vec![paragraph("a b ftp://c xhttps://d.example")],
        "other kinds stay text"
    );
    assert_eq!(
        blocks("![p *q*](https://i.example/x.png) ![r](data:image/png;base64,x) <img src=https://t.example/y.gif>"),
        vec![Block::Paragraph(vec![
            Inline::Image { url: Some("https://i.example/x.png".to_owned()), alt: "p q".to_owned() },
            text(" "),
            Inline::Image { url: None, alt: "r".to_owned() },
            text(" <img src="),
            Inline::Link { url: "https://t.example/y.gif".to_owned(), content: vec![text("https://t.example/y.gif")] },
            text(">"),
        ])],
        "images are named, never loaded, and HTML is text"
    );
    assert_eq!(
        blocks("[https://shown.example](https://real.example)"),
        vec![Block::Paragraph(vec![Inline::Link {
            url: "https://real.example".to_owned(),
            content: vec![text("https://shown.example")]
        }])],
        "no link in a link"
    );
}

#[test]
fn text_in_pieces_gives_the_tree_of_the_whole() {
    let with_definition = format!("[late] and\n\n{SAMPLE}\n\n[late]: https://late.example\n\n> tail");
    for source in [SAMPLE, &with_definition, &SAMPLE.replace('\n', "\r\n")] {
        let expected = blocks(source);
        for seed in 0..300_u64 {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let mut document = Document::new(String::new(), false);
            let mut rest = source;
            while !rest.is_empty() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let (piece, after) = rest.split_at(rest.ceil_char_boundary((state % (seed % 40 + 1) + 1) as usize));
                document.append(piece);
                document.parse();
                rest = after;
            }
            document.set_ended(true);
            document.parse();
            let found: Vec<Block> = document.entries().iter().map(|entry| (*entry.block).clone()).collect();
            assert_eq!(found, expected, "pieces of seed {seed} must give what the whole gives");
        }
    }
}

#[test]
fn blocks_that_are_done_keep_their_key() {
    let mut document = Document::new("one\n\ntwo\n\nthr".to_owned(), false);
    document.parse();
    let keys = |document: &Document| document.entries().iter().map(|entry| entry.key).collect::<Vec<_>>();
    let complete = |document: &Document| document.entries().iter().map(|entry| entry.complete).collect::<Vec<_>>();
    let before = keys(&document);
    assert_eq!(complete(&document), [true, true, false], "the last block may grow");
    document.append("ee\n\nfour");
    document.parse();
    let after = keys(&document);
    assert_eq!(after[..2], before[..2], "what did not change is not drawn again");
    assert_ne!(after[2], before[2], "what grew is");
    document.set_ended(true);
    document.parse();
    assert_eq!(keys(&document)[..3], after[..3], "nor does the end change what was complete");
    assert_eq!(complete(&document), [true; 4], "all is complete in the end");
}

#[test]
fn nesting_is_flattened_and_long_text_is_cut() {
    let deep = format!("{}x", "> ".repeat(5_000));
    let mut depth = 0;
    let mut level = blocks(&deep);
    while let Some(Block::Quote(inner)) = level.pop() {
        depth += 1;
        level = inner;
    }
    assert_eq!(depth, 24, "quotes stop nesting");
    let lists: String = (0..200).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
    assert_eq!(blocks(&lists).len(), 1, "lists too");
    assert_eq!(blocks(&"*a **b ".repeat(2_000)).len(), 1, "and emphasis");
    assert_eq!(blocks(&"[".repeat(50_000)).len(), 1, "brackets that never close take no time to speak of");

    let long = "a line of text\n\n".repeat(70_000);
    let mut document = Document::new(long, false);
    document.parse();
    assert!(document.is_cut(), "a message of a megabyte is cut");
    let shown = document.entries().len();
    assert!((12_000..13_000).contains(&shown), "about 200 kB of it are drawn, not {shown} blocks");
    document.lift_limit();
    document.parse();
    assert_eq!(document.entries().len(), 70_000, "until all is asked for");
}
