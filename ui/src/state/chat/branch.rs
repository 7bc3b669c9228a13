use holdfast_contract::{MessageId, MessageView};
use leptos::prelude::*;

use crate::heights::Heights;
use crate::state::message::{Message, is_streaming};

/// Loaded messages beyond this many are forgotten when they are far from the view.
const KEPT: usize = 400;
/// How far that is.
const FAR: usize = 150;

/// The active branch: a slot for every message, filled for those that are loaded.
#[derive(Clone, Default)]
pub(crate) struct Branch {
    slots: Vec<Option<Message>>,
    pub heights: Heights,
}

impl Branch {
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn message(&self, index: usize) -> Option<Message> {
        self.slots.get(index).cloned().flatten()
    }

    /// A loaded message. Those that are asked for are mostly at the end.
    pub(crate) fn find(&self, id: MessageId) -> Option<Message> {
        self.slots.iter().rev().flatten().find(|message| message.id == id).cloned()
    }

    /// Takes over a view: its lengths, and the messages at its end. Rows before `same` stay.
    pub(crate) fn adopt(&mut self, lengths: &[u32], tail: Vec<MessageView>, same: usize) {
        let start = lengths.len().saturating_sub(tail.len());
        let mut slots: Vec<Option<Message>> = vec![None; lengths.len()];
        for (slot, before) in slots.iter_mut().zip(&self.slots).take(same.min(start)) {
            slot.clone_from(before);
        }
        let mut first_new = same.min(start).min(self.slots.len());
        for (index, view) in (start..).zip(tail) {
            slots[index] = Some(match self.slots.get(index).cloned().flatten() {
                Some(before) if before.id == view.id => {
                    before.adopt(view);
                    if first_new == index {
                        first_new += 1;
                    }
                    before
                }
                _ => Message::new(view),
            });
        }
        self.heights.truncate(first_new);
        for &length in lengths.iter().skip(self.heights.len()) {
            self.heights.push(guess(length));
        }
        self.slots = slots;
    }

    /// Where a request for what is missing near these rows begins.
    pub(crate) fn missing(&self, first: usize, end: usize, chunk: usize) -> Option<usize> {
        let near = first.saturating_sub(5)..(end + 5).min(self.slots.len());
        let missing = near.clone().find(|&index| self.slots[index].is_none())?;
        // Reading upwards, the chunk ends where the loaded part begins.
        let loaded_from = (missing..self.slots.len()).find(|&index| self.slots[index].is_some());
        match loaded_from {
            Some(loaded) if loaded < near.end => Some(loaded.saturating_sub(chunk).min(missing)),
            _ => Some(missing),
        }
    }

    pub(crate) fn fill(&mut self, views: Vec<MessageView>) {
        for view in views {
            if let Some(slot) = self.slots.get_mut(view.index as usize) {
                match slot {
                    Some(message) if message.id == view.id => message.adopt(view),
                    _ => *slot = Some(Message::new(view)),
                }
            }
        }
    }

    /// Lets go of messages far from these rows, when there are many.
    pub(crate) fn forget_far(&mut self, first: usize, end: usize) {
        if self.slots.iter().flatten().count() <= KEPT {
            return;
        }
        let near = first.saturating_sub(FAR)..end + FAR;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            // A message that is being written is found by its events.
            let writing = |message: &Message| message.answer.with_untracked(|info| is_streaming(info.as_ref()));
            if !near.contains(&index) && !slot.as_ref().is_some_and(writing) {
                *slot = None;
            }
        }
    }
}

/// The height a message of so many characters will have, more or less.
fn guess(length: u32) -> f64 {
    const FRAME: f64 = 84.0;
    const LINE: f64 = 20.25;
    const CHARACTERS: f64 = 88.0;
    FRAME + LINE * (f64::from(length) / CHARACTERS).ceil().min(4_000.0)
}
