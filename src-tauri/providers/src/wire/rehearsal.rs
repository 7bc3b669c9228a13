//! Rehearsal: an answer without a model, which says what a model would have been sent.

use holdfast_contract::{Part, Role, StopReason, Usage};
use holdfast_core::exchange::{Event, Request};
use holdfast_core::package::{LeftOutReason, Package, SectionKind};
use holdfast_core::tokens;

/// Messages that are listed at most, from both ends; the rest is counted.
const LISTED_FIRST: usize = 3;
const LISTED_LAST: usize = 12;
/// Words quoted from each end of a message, and the most characters of one.
const QUOTED_WORDS: usize = 6;
const QUOTED_CHARS: usize = 24;

/// The whole answer, a word at a time.
pub(crate) fn events(request: &Request) -> Vec<Event> {
    let answer = answer(request);
    let input = match &request.package {
        Some(package) => package.tokens,
        None => entries(request).iter().map(|entry| entry.tokens).sum(),
    };
    let usage =
        Usage { input: Some(u64::from(input)), output: Some(u64::from(tokens::estimate(&answer))), ..Usage::default() };
    let words = answer.split_inclusive(char::is_whitespace).map(|word| Event::Text(word.to_owned()));
    words.chain([Event::Usage(usage), Event::Stop(StopReason::End)]).collect()
}

struct Entry<'a> {
    who: &'static str,
    parts: &'a [Part],
    tokens: u32,
}

fn speaker(role: Role) -> &'static str {
    match role {
        Role::User => "You",
        Role::Assistant => "Model",
    }
}

fn entries(request: &Request) -> Vec<Entry<'_>> {
    match &request.package {
        Some(package) => package
            .sections
            .iter()
            .flat_map(|section| {
                section.items.iter().map(|item| Entry {
                    who: if section.kind == SectionKind::Instruction { "Instructions" } else { speaker(item.role) },
                    parts: &item.parts,
                    tokens: item.tokens,
                })
            })
            .collect(),
        None => request
            .messages
            .iter()
            .map(|message| Entry {
                who: speaker(message.role),
                parts: &message.parts,
                tokens: tokens::estimate(&message.text()).saturating_add(tokens::PER_MESSAGE),
            })
            .collect(),
    }
}

fn answer(request: &Request) -> String {
    let mut out = String::from(
        "**This is Rehearsal.** It is part of Holdfast and works without a network. \
         No model reads your question; this answer shows what a model would have been sent.\n",
    );
    if let Some(package) = &request.package {
        sections(&mut out, package);
    }
    messages(&mut out, &entries(request));
    if let Some(package) = &request.package {
        left_out(&mut out, package);
    }
    out.push_str("\nNothing left this computer. For a real answer, choose another model.\n");
    out
}

fn sections(out: &mut String, package: &Package) {
    out.push_str("\n### What would be sent\n\n| Section | Messages | Tokens, about |\n|---|---:|---:|\n");
    for section in &package.sections {
        let name = match section.kind {
            SectionKind::Instruction => "Instructions",
            SectionKind::Recent => "Earlier turns",
            SectionKind::Question => "Your question",
        };
        out.push_str(&format!("| {name} | {} | {} |\n", section.items.len(), section.tokens()));
    }
    let count: usize = package.sections.iter().map(|section| section.items.len()).sum();
    out.push_str(&format!("| **Together** | **{count}** | **{}** |\n", package.tokens));
    match package.budget {
        Some(budget) => {
            out.push_str(&format!("\nThere is room for {budget} tokens.\n"));
        }
        None => out.push_str("\nThe model's context window is not known, so nothing limits this.\n"),
    }
}

fn messages(out: &mut String, entries: &[Entry<'_>]) {
    out.push_str("\n### Each message\n\n");
    for (index, entry) in entries.iter().enumerate() {
        let from_end = entries.len() - index;
        if index >= LISTED_FIRST && from_end > LISTED_LAST {
            if index == LISTED_FIRST {
                out.push_str(&format!("- … {} more between\n", entries.len() - LISTED_FIRST - LISTED_LAST));
            }
            continue;
        }
        out.push_str(&format!("- **{}**, about {}: {}\n", entry.who, count(entry.tokens), quote(entry.parts)));
    }
}

fn left_out(out: &mut String, package: &Package) {
    out.push_str("\n### What would be left out\n\n");
    if package.left_out.is_empty() {
        out.push_str("Nothing.\n");
        return;
    }
    for (reason, words) in [
        (LeftOutReason::NoRoom, "because newer turns took the room"),
        (LeftOutReason::Empty, "because they say nothing"),
    ] {
        let these: Vec<_> = package.left_out.iter().filter(|left| left.reason == reason).collect();
        if !these.is_empty() {
            let tokens: u32 = these.iter().map(|left| left.tokens).fold(0, u32::saturating_add);
            let messages = if these.len() == 1 { "1 message".to_owned() } else { format!("{} messages", these.len()) };
            out.push_str(&format!("- {messages} (about {}) {words}\n", count(tokens)));
        }
    }
}

fn count(tokens: u32) -> String {
    if tokens == 1 { "1 token".to_owned() } else { format!("{tokens} tokens") }
}

/// The first and last words of a message, as code, so that nothing in it is read as Markdown.
fn quote(parts: &[Part]) -> String {
    let text: String = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            Part::Reasoning { .. } => None,
        })
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let quoted = |words: &[&str]| words.iter().map(|word| shorten(word)).collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return "no words".to_owned();
    }
    if words.len() <= 2 * QUOTED_WORDS {
        return format!("`{}`", quoted(&words));
    }
    let (first, last) = (&words[..QUOTED_WORDS], &words[words.len() - QUOTED_WORDS..]);
    format!("`{}` … `{}`", quoted(first), quoted(last))
}

fn shorten(word: &str) -> String {
    let clean = |c: char| match c {
        '`' => '\'',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    };
    if word.chars().count() <= QUOTED_CHARS {
        return word.chars().map(clean).collect();
    }
    word.chars().take(QUOTED_CHARS).map(clean).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests;
