//! Parts an answer from reasoning that a model wrote into it, between `<think>` tags. Only tags at
//! the start of an answer count, so that an answer may speak of them.

use holdfast_core::exchange::Event;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// Some servers swallow the opening tag; then the closing one stands on a line of its own.
const ORPHAN: &str = "\n</think>";

/// White space that may stand before a tag; with more of it, no tag is waited for.
const MAX_START: usize = 64;

/// Parts text as it comes. Tags may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct ThinkSplitter {
    state: State,
    /// Text that may become a tag.
    held: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Thinking,
    /// After the closing tag, before the first word of the answer.
    Between,
    /// In an answer that began without a tag.
    Untagged,
    Answer,
}

impl ThinkSplitter {
    /// Takes more text and appends what is certain.
    pub(super) fn push(&mut self, text: &str, events: &mut Vec<Event>) {
        self.held.push_str(text);
        loop {
            let before = self.state;
            match self.state {
                State::Start => self.start(),
                State::Thinking => {
                    if let Some(at) = self.held.find(CLOSE) {
                        emit(Event::Reasoning, self.held[..at].to_owned(), events);
                        self.held.drain(..at + CLOSE.len());
                        self.state = State::Between;
                    } else {
                        let sure = self.held.len() - overlap(&self.held, CLOSE);
                        emit(Event::Reasoning, self.held.drain(..sure).collect(), events);
                    }
                }
                State::Between => {
                    let start = self.held.len() - self.held.trim_start().len();
                    self.held.drain(..start);
                    if !self.held.is_empty() {
                        self.state = State::Answer;
                    }
                }
                State::Untagged => {
                    if let Some(at) = self.held.find(ORPHAN) {
                        emit(Event::Text, self.held[..at].to_owned(), events);
                        self.held.drain(..at + ORPHAN.len());
                        self.state = State::Answer;
                    } else {
                        let sure = self.held.len() - overlap(&self.held, ORPHAN);
                        emit(Event::Text, self.held.drain(..sure).collect(), events);
                    }
                }
                State::Answer => emit(Event::Text, std::mem::take(&mut self.held), events),
            }
            if self.state == before {
                return;
            }
        }
    }

    /// Takes the end and appends what was held back.
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) {
        let rest = std::mem::take(&mut self.held);
        match self.state {
            State::Thinking => emit(Event::Reasoning, rest, events),
            State::Between => {}
            State::Start | State::Untagged | State::Answer => emit(Event::Text, rest, events),
        }
    }

    fn start(&mut self) {
        let text = self.held.trim_start();
        if let Some(rest) = text.strip_prefix(OPEN) {
            self.held = rest.to_owned();
            self.state = State::Thinking;
        } else if let Some(rest) = text.strip_prefix(CLOSE) {
            self.held = rest.to_owned();
            self.state = State::Between;
        } else if !OPEN.starts_with(text) && !CLOSE.starts_with(text) || self.held.len() > MAX_START {
            self.state = State::Untagged;
        }
    }
}

fn emit(event: fn(String) -> Event, text: String, events: &mut Vec<Event>) {
    if !text.is_empty() {
        events.push(event(text));
    }
}

/// The length of the longest end of the text with which the tag begins.
fn overlap(text: &str, tag: &str) -> usize {
    (1..tag.len().min(text.len() + 1)).rev().find(|length| text.ends_with(&tag[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reasoning and answer of a text that comes in pieces.
    fn split<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let (mut splitter, mut events) = (ThinkSplitter::default(), Vec::new());
        for piece in pieces {
            splitter.push(piece, &mut events);
        }
        splitter.finish(&mut events);
        let (mut reasoning, mut answer) = (String::new(), String::new());
        for event in events {
            match event {
                Event::Reasoning(text) => reasoning.push_str(&text),
                Event::Text(text) => answer.push_str(&text),
                other => panic!("{other:?} is not text"),
            }
        }
        (reasoning, answer)
    }

    #[test]
    fn reasoning_is_parted_from_the_answer_however_it_is_cut() {
        for (text, reasoning, answer) in [
            ("<think>a b</think>\n\nc", "a b", "c"),
            ("\n <think>\u{1F600}</think>c<think>d</think>", "\u{1F600}", "c<think>d</think>"),
            ("<think>never closed <", "never closed <", ""),
            ("no tags, a < b, <thin", "", "no tags, a < b, <thin"),
            ("what does <think> mean? x </think> y", "", "what does <think> mean? x </think> y"),
            ("reasons\n</think>\n\nc", "", "reasons\n\nc"),
            ("</think>c", "", "c"),
            ("<thi", "", "<thi"),
            ("line\n</thin\n", "", "line\n</thin\n"),
            ("", "", ""),
        ] {
            let expected = (reasoning.to_owned(), answer.to_owned());
            assert_eq!(split([text]), expected, "{text:?}, whole");
            let single: Vec<String> = text.chars().map(String::from).collect();
            assert_eq!(split(single.iter().map(String::as_str)), expected, "{text:?}, by characters");
        }
    }

    #[test]
    fn plain_text_is_not_held_back() {
        let (mut splitter, mut events) = (ThinkSplitter::default(), Vec::new());
        splitter.push("Hello", &mut events);
        assert_eq!(events, [Event::Text("Hello".to_owned())], "it cannot become a tag");
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(text in "(<think>|</think>|\n|[a<é/ ]){0,12}", at in 0_usize..40) {
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let (head, tail) = text.split_at(at);
            prop_assert_eq!(split([head, tail]), split([text.as_str()]));
        }
    }
}
