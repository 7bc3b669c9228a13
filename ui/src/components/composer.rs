use holdfast_contract::Place;
use icondata_lu::{LuArrowUp, LuFileText, LuSquare, LuX};
use leptos::prelude::*;

use super::Icon;
use super::key_picker::KeyPicker;
use super::model_picker::ModelPicker;
use crate::state::State;
use crate::text::{self, composer as words};

mod field;

use field::Field;

/// Where questions are written.
#[component]
pub(crate) fn Composer() -> impl IntoView {
    let field = Field::new(State::get());
    let State { chat, .. } = field.state;
    chat.leaving.set_value(Some(Callback::new(move |()| field.take_unsaved())));
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
                <HeldTexts field />
                <textarea
                    node_ref=field.node
                    id="composer"
                    rows="1"
                    dir="auto"
                    aria-label=words::LABEL
                    placeholder=move || placeholder.get()
                    on:input=move |_| field.changed()
                    on:paste=move |event| field.pasted(&event)
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

/// Long texts that are sent with the question and not shown in the field.
#[component]
fn HeldTexts(field: Field) -> impl IntoView {
    let chips = move || {
        let texts = field.held.get();
        texts
            .into_iter()
            .enumerate()
            .map(|(index, held)| {
                let start: String = held.trim_start().chars().take(80).collect();
                view! {
                    <div class="held">
                        <Icon icon=LuFileText />
                        <span class="grow" dir="auto">{start}</span>
                        <small>{text::size(held.len())}</small>
                        <button
                            type="button"
                            class="icon-btn small"
                            data-action="remove-text"
                            aria-label=words::REMOVE_TEXT
                            title=words::REMOVE_TEXT
                            on:click=move |_| field.remove(index)
                        >
                            <Icon icon=LuX />
                        </button>
                    </div>
                }
            })
            .collect_view()
    };
    view! { <div class="held-texts" role="group" aria-label=words::HELD_TEXTS>{chips}</div> }
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
    let State { chat, keys, .. } = State::get();
    move || {
        let info = chat.model_info()?;
        let usable = keys.active_of(&info.model.provider);
        if info.key.is_some() && usable.len() > 1 {
            return Some(view! { <KeyPicker info keys=usable /> }.into_any());
        }
        let (class, words) = match (&info.key, info.place) {
            (Some(key), _) => ("pill key", words::your_key(&key.name)),
            (None, Place::Local) => ("pill here", words::ON_THIS_COMPUTER.to_owned()),
            (None, Place::BuiltIn) => ("pill here", words::BUILT_IN.to_owned()),
            (None, Place::Cloud) if info.usable => ("pill here", words::NO_KEY_NEEDED.to_owned()),
            (None, Place::Cloud) => return None,
        };
        Some(view! { <span class=class data-testid="where-to">{words}</span> }.into_any())
    }
}
