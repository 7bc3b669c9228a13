use super::Inline;
use crate::link;

/// Makes links of the addresses in runs of text that a model wrote out.
pub(super) fn autolink(inlines: Vec<Inline>) -> Vec<Inline> {
    let mut result = Vec::with_capacity(inlines.len());
    for inline in inlines {
        match inline {
            Inline::Text(text) if text.contains("://") => split(&text, &mut result),
            other => result.push(other),
        }
    }
    result
}

fn split(text: &str, result: &mut Vec<Inline>) {
    let mut done = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find("://") {
        let colon = from + found;
        from = colon + 3;
        let scheme = text[..colon].len() - text[..colon].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        let standing_alone = text[..scheme].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        if scheme < done || !standing_alone || !matches!(&text[scheme..colon], "http" | "https") {
            continue;
        }
        let end = from + end_of_address(&text[from..]);
        let url = &text[scheme..end];
        if link::inspect(url).is_none() {
            continue;
        }
        if scheme > done {
            result.push(Inline::Text(text[done..scheme].to_owned()));
        }
        result.push(Inline::Link { url: url.to_owned(), content: vec![Inline::Text(url.to_owned())] });
        done = end;
        from = end;
    }
    if done < text.len() {
        result.push(Inline::Text(text[done..].to_owned()));
    }
}

/// Where an address ends: at a space or quote, and before the punctuation of the sentence around it.
fn end_of_address(text: &str) -> usize {
    let stop =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»');
    let mut address = &text[..text.find(stop).unwrap_or(text.len())];
    while let Some(last) = address.chars().next_back() {
        let belongs = match last {
            ')' => address.matches(')').count() <= address.matches('(').count(),
            ']' => address.matches(']').count() <= address.matches('[').count(),
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => false,
            _ => true,
        };
        if belongs {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}
