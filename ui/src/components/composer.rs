use std::time::Duration;

use holdfast_contract::Place;
use icondata_lu::{LuArrowUp, LuSquare};
use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Icon;
use super::model_picker::ModelPicker;
use crate::dom;
use crate::state::State;
use crate::text::composer as words;

/// Text this long is not measured on every key; the field has reached its full height long before.
const MEASURED: u32 = 12_000;
const SAVE_AFTER: Duration = Duration::from_millis(400);

/// Where questions are written.
#[component]
pub(crate) fn Composer() -> impl IntoView {
    let field = Field::new(State::get());
    let State { chat, .. } = field.state;
    chat.leaving.set_value(Some(Callback::new(move |()| field.save_now())));
    on_cleanup(move || {
        chat.leaving.set_value(None);
        field.drop_timer();
    });
    Effect::new(move |first: Option<()>| {
        chat.opened.track();
        let draft = chat.draft.get_untracked();
        field.set(&draft);
        if first.is_some() {
            request_animation_frame(move || field.focus_unless_busy());
        }
    });
    let placeholder = Memo::new(move |_| {
        chat.model_info().map_or(words::PLACEHOLDER.to_owned(), |info| words::placeholder(&info.name))
    });
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        // 229 is what engines send for keys that an input method takes.
        if event.is_composing() || event.key_code() == 229 {
            return;
        }
        match event.key().as_str() {
            "Enter" if !event.shift_key() => {
                event.prevent_default();
                field.send();
            }
            "ArrowUp" if field.at_history() => {
                event.prevent_default();
                field.older();
            }
            "ArrowDown" if field.recalled.with_value(Option::is_some) => {
                event.prevent_default();
                field.newer();
            }
            "Escape" if field.recalled.with_value(Option::is_some) => {
                field.recalled.set_value(None);
                field.set("");
            }
            "Escape" if chat.streaming.get_untracked().is_some() => chat.stop(),
            _ => {}
        }
    };
    view! {
        <div class="composer">
            <div class="box">
                <textarea
                    node_ref=field.node
                    id="composer"
                    rows="1"
                    dir="auto"
                    aria-label=words::LABEL
                    placeholder=move || placeholder.get()
                    on:input=move |_| field.changed()
                    on:keydown=on_keydown
                ></textarea>
                <div class="bar">
                    <ModelPicker />
                    <WhereTo />
                    <span class="grow"></span>
                    {move || match chat.streaming.get() {
                        Some(_) => {
                            view! {
                                <button
                                    id="stop"
                                    type="button"
                                    class="btn primary with-icon"
                                    title=words::STOP_TITLE
                                    on:click=move |_| chat.stop()
                                >
                                    <Icon icon=LuSquare />
                                    {words::STOP}
                                </button>
                            }
                                .into_any()
                        }
                        None => view! { <SendButton field /> }.into_any(),
                    }}
                </div>
            </div>
        </div>
    }
}

#[component]
fn SendButton(field: Field) -> impl IntoView {
    let chat = field.state.chat;
    let blocked = move || !chat.typed.get() || chat.sending.get();
    view! {
        <button
            id="send"
            type="button"
            class="btn primary with-icon"
            disabled=blocked
            title=move || if chat.typed.get() { words::SEND_TITLE } else { words::EMPTY_TITLE }
            on:click=move |_| field.send()
        >
            <Icon icon=LuArrowUp />
            {words::SEND}
        </button>
    }
}

/// Where the question will go, and with which key.
#[component]
fn WhereTo() -> impl IntoView {
    let State { chat, .. } = State::get();
    move || {
        let info = chat.model_info()?;
        let (class, words) = match (&info.key, info.place) {
            (Some(key), _) => ("pill key", words::your_key(&key.name)),
            (None, Place::Local) => ("pill here", words::ON_THIS_COMPUTER.to_owned()),
            (None, Place::BuiltIn) => ("pill here", words::BUILT_IN.to_owned()),
            (None, Place::Cloud) if info.usable => ("pill here", words::NO_KEY_NEEDED.to_owned()),
            (None, Place::Cloud) => return None,
        };
        Some(view! { <span class=class data-testid="where-to">{words}</span> })
    }
}

/// The text field. Its text stays in the element: copying a megabyte on every key would be felt.
#[derive(Clone, Copy)]
struct Field {
    state: State,
    node: NodeRef<html::Textarea>,
    /// The text differs from the draft that is kept.
    dirty: StoredValue<bool>,
    timer: StoredValue<Option<TimeoutHandle>>,
    history: StoredValue<Vec<String>>,
    /// Which question of the history is shown.
    recalled: StoredValue<Option<usize>>,
}

impl Field {
    fn new(state: State) -> Self {
        Self {
            state,
            node: NodeRef::new(),
            dirty: StoredValue::new(false),
            timer: StoredValue::new(None),
            history: StoredValue::new(Vec::new()),
            recalled: StoredValue::new(None),
        }
    }

    fn text(self) -> String {
        self.node.get_untracked().map(|area| area.value()).unwrap_or_default()
    }

    fn set(self, text: &str) {
        if let Some(area) = self.node.get_untracked() {
            area.set_value(text);
            self.fit();
            self.note_typed();
        }
        self.dirty.set_value(false);
    }

    fn changed(self) {
        self.recalled.set_value(None);
        self.fit();
        self.note_typed();
        self.save_later();
    }

    fn note_typed(self) {
        let Some(area) = self.node.get_untracked() else { return };
        // A long text is checked when it is sent.
        let typed = area.text_length() > 2_000 || !area.value().trim().is_empty();
        let state = self.state.chat.typed;
        if state.get_untracked() != typed {
            state.set(typed);
        }
    }

    /// Makes the field as high as its text, up to the limit of the style sheet.
    fn fit(self) {
        let Some(area) = self.node.get_untracked() else { return };
        let style = web_sys::HtmlElement::style(&area);
        if area.text_length() > MEASURED {
            dom::note(style.set_property("height", "40vh"));
            return;
        }
        dom::note(style.set_property("height", "auto"));
        dom::note(style.set_property("height", &format!("{}px", area.scroll_height())));
    }

    fn save_later(self) {
        self.dirty.set_value(true);
        self.drop_timer();
        self.timer.set_value(set_timeout_with_handle(move || self.save_now(), SAVE_AFTER).ok());
    }

    fn drop_timer(self) {
        if let Some(Some(timer)) = self.timer.try_get_value() {
            timer.clear();
        }
    }

    fn save_now(self) {
        if self.dirty.get_value() {
            self.dirty.set_value(false);
            self.state.chat.save_draft(self.text());
        }
    }

    fn send(self) {
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

    fn at_history(self) -> bool {
        self.recalled.with_value(Option::is_some)
            || self.node.get_untracked().is_some_and(|area| area.text_length() == 0)
    }

    fn older(self) {
        spawn_local(async move {
            if self.history.with_value(Vec::is_empty) {
                self.history.set_value(self.state.chat.recent_questions().await);
            }
            self.recall(self.recalled.get_value().map_or(0, |shown| shown + 1));
        });
    }

    fn newer(self) {
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

    fn focus_unless_busy(self) {
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
