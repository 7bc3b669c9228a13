use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::dom;
use crate::state::State;

/// A longer text is not put into the field: browser engines lay all of a field out again on every key,
/// which takes seconds for a megabyte. It is held beside the field and sent after what is typed.
const LONGEST_IN_FIELD: usize = 20_000;
const SAVE_AFTER: Duration = Duration::from_millis(400);

/// The text field, and the long texts beside it.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub state: State,
    pub node: NodeRef<html::Textarea>,
    /// Texts too long for the field.
    pub held: RwSignal<Vec<String>>,
    /// The text differs from the draft that is kept.
    dirty: StoredValue<bool>,
    timer: StoredValue<Option<TimeoutHandle>>,
    history: StoredValue<Vec<String>>,
    /// Which question of the history is shown.
    pub recalled: StoredValue<Option<usize>>,
}

impl Field {
    pub(super) fn new(state: State) -> Self {
        Self {
            state,
            node: NodeRef::new(),
            held: RwSignal::new(Vec::new()),
            dirty: StoredValue::new(false),
            timer: StoredValue::new(None),
            history: StoredValue::new(Vec::new()),
            recalled: StoredValue::new(None),
        }
    }

    fn typed(self) -> String {
        self.node.get_untracked().map(|area| area.value()).unwrap_or_default()
    }

    /// What will be sent.
    fn text(self) -> String {
        let mut parts = vec![self.typed()];
        parts.extend(self.held.get_untracked());
        parts.retain(|part| !part.trim().is_empty());
        parts.join("\n\n")
    }

    pub(super) fn set(self, text: &str) {
        let Some(area) = self.node.get_untracked() else { return };
        let (shown, held) =
            if text.len() > LONGEST_IN_FIELD { ("", vec![text.to_owned()]) } else { (text, Vec::new()) };
        area.set_value(shown);
        if self.held.with_untracked(|before| *before != held) {
            self.held.set(held);
        }
        self.fit();
        self.note_typed();
        self.dirty.set_value(false);
    }

    pub(super) fn pasted(self, event: &web_sys::ClipboardEvent) {
        let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        if text.len() > LONGEST_IN_FIELD {
            event.prevent_default();
            self.hold(text);
        }
    }

    fn hold(self, text: String) {
        self.held.update(|held| held.push(text));
        self.note_typed();
        self.save_later();
    }

    pub(super) fn remove(self, index: usize) {
        self.held.update(|held| {
            held.remove(index);
        });
        self.note_typed();
        self.save_later();
        self.focus_unless_busy();
    }

    pub(super) fn changed(self) {
        self.recalled.set_value(None);
        // However it came, a long text does not stay here.
        if let Some(area) = self.node.get_untracked()
            && area.text_length() as usize > LONGEST_IN_FIELD
        {
            let text = area.value();
            area.set_value("");
            self.hold(text);
        }
        self.fit();
        self.note_typed();
        self.save_later();
    }

    fn note_typed(self) {
        let Some(area) = self.node.get_untracked() else { return };
        let typed = !self.held.with_untracked(Vec::is_empty) || !area.value().trim().is_empty();
        let state = self.state.chat.typed;
        if state.get_untracked() != typed {
            state.set(typed);
        }
    }

    /// Makes the field as high as its text, up to the limit of the style sheet.
    fn fit(self) {
        let Some(area) = self.node.get_untracked() else { return };
        let style = web_sys::HtmlElement::style(&area);
        dom::note(style.set_property("height", "auto"));
        dom::note(style.set_property("height", &format!("{}px", area.scroll_height())));
    }

    fn save_later(self) {
        self.dirty.set_value(true);
        self.drop_timer();
        self.timer.set_value(set_timeout_with_handle(move || self.save_now(), SAVE_AFTER).ok());
    }

    pub(super) fn drop_timer(self) {
        if let Some(Some(timer)) = self.timer.try_get_value() {
            timer.clear();
        }
    }

    fn save_now(self) {
        if let Some(text) = self.take_unsaved() {
            self.state.chat.save_draft(text);
        }
    }

    /// The text, if it is not kept yet; the caller keeps it.
    pub(super) fn take_unsaved(self) -> Option<String> {
        if !self.dirty.try_get_value()? {
            return None;
        }
        self.dirty.set_value(false);
        Some(self.text())
    }

    pub(super) fn send(self) {
        let chat = self.state.chat;
        if chat.sending.get_untracked() || chat.streaming.get_untracked().is_some() {
            return;
        }
        let text = self.text();
        if text.trim().is_empty() {
            return;
        }
        self.drop_timer();
        self.history.set_value(Vec::new());
        self.recalled.set_value(None);
        chat.send(text, None, move || self.set(""));
    }

    pub(super) fn at_history(self) -> bool {
        self.recalled.with_value(Option::is_some)
            || (self.held.with_untracked(Vec::is_empty)
                && self.node.get_untracked().is_some_and(|area| area.text_length() == 0))
    }

    pub(super) fn older(self) {
        spawn_local(async move {
            if self.history.with_value(Vec::is_empty) {
                self.history.set_value(self.state.chat.recent_questions().await);
            }
            self.recall(self.recalled.get_value().map_or(0, |shown| shown + 1));
        });
    }

    pub(super) fn newer(self) {
        match self.recalled.get_value() {
            Some(shown) if shown > 0 => self.recall(shown - 1),
            _ => {
                self.recalled.set_value(None);
                self.set("");
            }
        }
    }

    fn recall(self, index: usize) {
        if let Some(question) = self.history.with_value(|history| history.get(index).cloned()) {
            self.set(&question);
            self.recalled.set_value(Some(index));
        }
    }

    pub(super) fn focus_unless_busy(self) {
        // Someone who goes through the list by keys stays in the list.
        let in_list =
            document().active_element().is_some_and(|element| element.closest(".list").ok().flatten().is_some());
        if let Some(Some(area)) = self.node.try_get_untracked()
            && !in_list
        {
            dom::note(area.focus());
        }
    }
}
