use holdfast_contract::{AnswerInfo, AnswerState, Delta, MessageId, MessageView, Part, Role};
use leptos::prelude::*;

use crate::markdown::Document;

/// A message that is loaded. What can change is a signal, so that nothing else is drawn again.
#[derive(Clone)]
pub(crate) struct Message {
    pub id: MessageId,
    pub index: u32,
    pub role: Role,
    pub siblings: ArcRwSignal<Vec<MessageId>>,
    pub answer: ArcRwSignal<Option<AnswerInfo>>,
    pub parts: ArcRwSignal<Vec<PartView>>,
}

/// A part of a message, as text that may still grow.
#[derive(Clone)]
pub(crate) struct PartView {
    pub reasoning: bool,
    pub document: ArcRwSignal<Document>,
}

impl PartView {
    fn new(part: Part, ended: bool) -> Self {
        let (reasoning, text) = match part {
            Part::Text { text } => (false, text),
            Part::Reasoning { text } => (true, text),
        };
        Self { reasoning, document: ArcRwSignal::new(Document::new(text, ended)) }
    }
}

/// What a delta means for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// It goes to the end of a part that is there.
    Append,
    /// It begins the next part.
    Begin,
    /// Its text is there already.
    Known,
    /// Something is missing or different: the message must be loaded again.
    Mismatch,
}

/// Where a delta belongs in parts of this kind and text.
pub(crate) fn place(delta: &Delta, parts: &[(bool, &str)]) -> Placement {
    let (part, at) = (delta.part as usize, delta.at as usize);
    match parts.get(part) {
        Some(&(reasoning, _)) if reasoning != delta.reasoning => Placement::Mismatch,
        Some(&(_, text)) if text.len() == at => Placement::Append,
        Some(&(_, text)) if text.get(at..at + delta.text.len()) == Some(delta.text.as_str()) => Placement::Known,
        None if part == parts.len() && at == 0 => Placement::Begin,
        _ => Placement::Mismatch,
    }
}

pub(crate) fn is_streaming(answer: Option<&AnswerInfo>) -> bool {
    answer.is_some_and(|info| matches!(info.state, AnswerState::Streaming { .. }))
}

impl Message {
    pub(crate) fn new(view: MessageView) -> Self {
        let ended = !is_streaming(view.answer.as_ref());
        Self {
            id: view.id,
            index: view.index,
            role: view.role,
            siblings: ArcRwSignal::new(view.siblings),
            parts: ArcRwSignal::new(view.parts.into_iter().map(|part| PartView::new(part, ended)).collect()),
            answer: ArcRwSignal::new(view.answer),
        }
    }

    /// Takes over what differs in a newer view of the same message.
    pub(crate) fn adopt(&self, view: MessageView) {
        if self.siblings.with_untracked(|before| *before != view.siblings) {
            self.siblings.set(view.siblings);
        }
        let ended = !is_streaming(view.answer.as_ref());
        self.adopt_parts(view.parts, ended);
        self.set_answer(view.answer);
    }

    /// Parts of the same kind stay, with another text if it differs.
    fn adopt_parts(&self, parts: Vec<Part>, ended: bool) {
        let before = self.parts.get_untracked();
        let mut all_stay = before.len() == parts.len();
        let mut views = Vec::with_capacity(parts.len());
        for (index, part) in parts.into_iter().enumerate() {
            let part = PartView::new(part, ended);
            match before.get(index) {
                Some(known) if known.reasoning == part.reasoning => {
                    let text = part.document.with_untracked(|document| document.source().to_owned());
                    if known.document.with_untracked(|document| document.source() != text) {
                        known.document.update(|document| document.replace(text, ended));
                    }
                    views.push(known.clone());
                }
                _ => {
                    all_stay = false;
                    views.push(part);
                }
            }
        }
        if !all_stay {
            self.parts.set(views);
        }
    }

    pub(crate) fn set_answer(&self, answer: Option<AnswerInfo>) {
        let ended = !is_streaming(answer.as_ref());
        if ended && is_streaming(self.answer.get_untracked().as_ref()) {
            for part in self.parts.get_untracked() {
                part.document.update(|document| {
                    document.set_ended(true);
                    document.parse();
                });
            }
        }
        if self.answer.with_untracked(|before| *before != answer) {
            self.answer.set(answer);
        }
    }

    /// Adds text that came. False when the message must be loaded again.
    pub(crate) fn grow(&self, delta: Delta) -> bool {
        let parts = self.parts.get_untracked();
        let documents: Vec<_> = parts.iter().map(|part| part.document.read_untracked()).collect();
        let known: Vec<_> = parts.iter().zip(&documents).map(|(part, doc)| (part.reasoning, doc.source())).collect();
        let placement = place(&delta, &known);
        drop(known);
        drop(documents);
        match placement {
            Placement::Append => parts[delta.part as usize].document.update(|document| {
                document.append(&delta.text);
                document.parse();
            }),
            Placement::Begin => {
                let part = match delta.reasoning {
                    true => Part::Reasoning { text: delta.text },
                    false => Part::Text { text: delta.text },
                };
                // A part that follows another ends it.
                if let Some(before) = parts.last() {
                    before.document.update(|document| {
                        document.set_ended(true);
                        document.parse();
                    });
                }
                self.parts.update(|parts| parts.push(PartView::new(part, false)));
            }
            Placement::Known => {}
            Placement::Mismatch => return false,
        }
        true
    }

    /// What was said, without reasoning.
    pub(crate) fn text(&self) -> String {
        let texts: Vec<String> = self
            .parts
            .get_untracked()
            .iter()
            .filter(|part| !part.reasoning)
            .map(|part| part.document.with_untracked(|document| document.source().to_owned()))
            .collect();
        texts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn delta(part: u32, reasoning: bool, at: u32, text: &str) -> Delta {
        let id = "\"00000000-0000-7000-8000-000000000000\"";
        Delta {
            conversation: serde_json::from_str(id).unwrap(),
            answer: serde_json::from_str(id).unwrap(),
            part,
            reasoning,
            at,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_delta_goes_where_its_place_says() {
        let parts = [(true, "think"), (false, "grüß")];
        let cases = [
            (delta(1, false, 6, " dich"), Placement::Append, "at the end, counted in bytes"),
            (delta(2, false, 0, "x"), Placement::Begin, "the part after the last"),
            (delta(1, false, 2, "üß"), Placement::Known, "the page loaded it with the message"),
            (delta(1, false, 7, "x"), Placement::Mismatch, "something before it is missing"),
            (delta(1, false, 4, "s"), Placement::Mismatch, "the answer began anew"),
            (delta(1, false, 3, "x"), Placement::Mismatch, "in the middle of a character"),
            (delta(1, true, 6, "x"), Placement::Mismatch, "the part is of another kind"),
            (delta(3, false, 0, "x"), Placement::Mismatch, "a part is missing"),
            (delta(2, false, 4, "x"), Placement::Mismatch, "the start of a part is missing"),
        ];
        for (delta, expected, why) in cases {
            assert_eq!(place(&delta, &parts), expected, "{why}");
        }
    }
}
