//! The context package: what a model will see of a conversation, chosen within a budget, with a
//! reason for everything that is in or out.
//!
//! A pure function of its inputs: the same inputs give the same package.

use holdfast_contract::{MessageId, Part, Role};

use crate::exchange::{Message, Request};
use crate::tokens;

/// A message that may go into a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id in the conversation.
    pub id: MessageId,
    /// Who speaks.
    pub role: Role,
    /// What was said.
    pub parts: Vec<Part>,
}

/// What a package is built from.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Instructions that stand before everything.
    pub instructions: Option<String>,
    /// The conversation up to and with the question, oldest first.
    pub messages: Vec<Candidate>,
    /// The model's context window in tokens, when it is known.
    pub context_window: Option<u32>,
    /// Tokens kept free for the answer.
    pub reserve: u32,
}

/// What a model will see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Sections in the order they are sent.
    pub sections: Vec<Section>,
    /// Messages that are not sent, oldest first.
    pub left_out: Vec<LeftOut>,
    /// The sum of all sections' tokens; an estimate.
    pub tokens: u32,
    /// What the sections may take together; none when the window is unknown.
    pub budget: Option<u32>,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which.
    pub kind: SectionKind,
    /// Its items, oldest first.
    pub items: Vec<Item>,
}

impl Section {
    /// Tokens of all items; an estimate.
    pub fn tokens(&self) -> u32 {
        self.items.iter().map(|item| item.tokens).sum()
    }
}

/// Which section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// What the model is told before the conversation.
    Instruction,
    /// Earlier turns.
    Recent,
    /// The question.
    Question,
}

/// Something in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The message it comes from; none for instructions.
    pub source: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// What is sent.
    pub parts: Vec<Part>,
    /// Its tokens; an estimate.
    pub tokens: u32,
}

/// A message that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub source: MessageId,
    /// Its tokens; an estimate.
    pub tokens: u32,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOutReason {
    /// The window has no room for it; newer turns come first.
    NoRoom,
    /// It says nothing: an answer that failed before its first word.
    Empty,
}

/// Why no package can be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// There is no question.
    #[error("there is no question")]
    NoQuestion,
    /// The question alone does not fit.
    #[error("the question has about {tokens} tokens, and the model takes {budget}")]
    QuestionTooLong {
        /// Tokens of question and instructions; an estimate.
        tokens: u32,
        /// What there is room for.
        budget: u32,
    },
}

impl Package {
    /// Chooses what the model will see: instructions and question always, then turns from the
    /// newest backwards while they fit. An answer and its question stay together.
    ///
    /// # Errors
    /// When there is no question, or when it alone does not fit.
    pub fn build(inputs: Inputs) -> Result<Self, PackageError> {
        let budget = inputs.context_window.map(|window| window.saturating_sub(inputs.reserve.min(window / 2)));
        let mut messages = inputs.messages;
        let question = messages.pop().filter(|last| last.role == Role::User && !is_empty(&last.parts));
        let question = item(question.ok_or(PackageError::NoQuestion)?);
        let instruction = inputs.instructions.filter(|text| !text.trim().is_empty()).map(|text| Item {
            source: None,
            role: Role::User,
            tokens: tokens::estimate(&text).saturating_add(tokens::PER_MESSAGE),
            parts: vec![Part::Text { text }],
        });
        let fixed = question.tokens.saturating_add(instruction.as_ref().map_or(0, |item| item.tokens));
        if let Some(budget) = budget
            && fixed > budget
        {
            return Err(PackageError::QuestionTooLong { tokens: fixed, budget });
        }

        let mut used = fixed;
        let mut left_out = Vec::new();
        let mut recent = Vec::new();
        let mut full = false;
        for turn in turns(messages).into_iter().rev() {
            let cost: u32 = turn.iter().filter(|item| !is_empty(&item.parts)).map(|item| item.tokens).sum();
            full = full || budget.is_some_and(|budget| used.saturating_add(cost) > budget);
            if !full {
                used = used.saturating_add(cost);
            }
            for item in turn.into_iter().rev() {
                match (item.source, is_empty(&item.parts), full) {
                    (_, false, false) => recent.push(item),
                    (Some(source), empty, _) => left_out.push(LeftOut {
                        source,
                        tokens: item.tokens,
                        reason: if empty { LeftOutReason::Empty } else { LeftOutReason::NoRoom },
                    }),
                    (None, ..) => {}
                }
            }
        }
        recent.reverse();
        left_out.reverse();

        let mut sections = Vec::new();
        if let Some(instruction) = instruction {
            sections.push(Section { kind: SectionKind::Instruction, items: vec![instruction] });
        }
        if !recent.is_empty() {
            sections.push(Section { kind: SectionKind::Recent, items: recent });
        }
        sections.push(Section { kind: SectionKind::Question, items: vec![question] });
        Ok(Self { sections, left_out, tokens: used, budget })
    }

    /// The request that sends this package. Answers and questions that follow each other without
    /// the other in between are joined, since several providers refuse them.
    pub fn request(&self, model: String, max_output: Option<u32>, context_window: Option<u32>) -> Request {
        let mut instructions = None;
        let mut messages: Vec<Message> = Vec::new();
        for section in &self.sections {
            for item in &section.items {
                if section.kind == SectionKind::Instruction {
                    instructions = Some(Message { role: item.role, parts: item.parts.clone() }.text());
                    continue;
                }
                let parts = item.parts.iter().filter(|part| matches!(part, Part::Text { .. })).cloned();
                match messages.last_mut() {
                    Some(last) if last.role == item.role => {
                        last.parts.push(Part::Text { text: "\n\n".to_owned() });
                        last.parts.extend(parts);
                    }
                    _ => messages.push(Message { role: item.role, parts: parts.collect() }),
                }
            }
        }
        Request { model, instructions, messages, max_output, context_window, package: Some(Box::new(self.clone())) }
    }
}

/// Groups messages so that each group begins with a question.
fn turns(messages: Vec<Candidate>) -> Vec<Vec<Item>> {
    let mut turns: Vec<Vec<Item>> = Vec::new();
    for message in messages {
        let begins = message.role == Role::User;
        let item = item(message);
        match turns.last_mut() {
            Some(turn) if !begins => turn.push(item),
            _ => turns.push(vec![item]),
        }
    }
    turns
}

fn item(message: Candidate) -> Item {
    let tokens = message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => tokens::estimate(text),
            // Reasoning is not sent back.
            Part::Reasoning { .. } => 0,
        })
        .fold(tokens::PER_MESSAGE, u32::saturating_add);
    Item { source: Some(message.id), role: message.role, parts: message.parts, tokens }
}

fn is_empty(parts: &[Part]) -> bool {
    !parts.iter().any(|part| matches!(part, Part::Text { text } if !text.trim().is_empty()))
}

#[cfg(test)]
mod tests;
