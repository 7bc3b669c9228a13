use holdfast_contract::{KeyView, ModelInfo};
use icondata_lu::LuChevronDown;
use leptos::html;
use leptos::prelude::*;

use super::Icon;
use super::menu::{Menu, MenuItem};
use crate::dom;
use crate::state::State;
use crate::text::composer as words;

/// The key of the next question, and the others that may be chosen for this conversation.
#[component]
pub(super) fn KeyPicker(info: ModelInfo, keys: Vec<KeyView>) -> impl IntoView {
    let State { chat, .. } = State::get();
    let open = RwSignal::new(false);
    let pill = NodeRef::<html::Button>::new();
    let keys = StoredValue::new(keys);
    let shown = move || {
        keys.with_value(|keys| {
            let chosen = chat.chosen_key(keys);
            let name = keys.iter().find(|key| Some(key.info.id) == chosen).map(|key| key.info.name.clone());
            name.or_else(|| info.key.as_ref().map(|key| key.name.clone())).unwrap_or_default()
        })
    };
    let items = move || {
        keys.with_value(|keys| {
            let chosen = chat.chosen_key(keys);
            let default = keys.first().map(|key| MenuItem {
                words: words::default_key(&key.info.name),
                action: "default-key",
                key: None,
                checked: Some(chosen.is_none()),
                danger: false,
                on_press: Callback::new(move |()| chat.choose_key(None)),
            });
            let each = keys.iter().map(|key| {
                let id = key.info.id;
                MenuItem {
                    words: words::always_key(&key.info.name),
                    action: "choose-key",
                    key: None,
                    checked: Some(chosen == Some(id)),
                    danger: false,
                    on_press: Callback::new(move |()| chat.choose_key(Some(id))),
                }
            });
            default.into_iter().chain(each).collect::<Vec<_>>()
        })
    };
    view! {
        <button
            node_ref=pill
            id="conversation-key"
            type="button"
            class="pill key"
            data-testid="where-to"
            aria-haspopup="menu"
            aria-expanded=move || open.get().to_string()
            title=words::KEY_TITLE
            on:click=move |_| open.set(true)
        >
            <span class="pill-words">{move || words::your_key(&shown())}</span>
            <Icon icon=LuChevronDown />
        </button>
        {move || {
            open.get()
                .then(|| {
                    let on_close = move |()| {
                        open.set(false);
                        if let Some(pill) = pill.get_untracked() {
                            dom::note(pill.focus());
                        }
                    };
                    view! {
                        <Menu
                            label=words::KEY_TITLE
                            above=pill
                            items=untrack(items)
                            on_close=Callback::new(on_close)
                        />
                    }
                })
        }}
    }
}
