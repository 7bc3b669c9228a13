use icondata_lu::LuCheck;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::Icon;
use crate::dom;

/// One line of a menu.
#[derive(Clone)]
pub(crate) struct MenuItem {
    pub words: String,
    /// What it does, for tests.
    pub action: &'static str,
    /// The key that does the same.
    pub key: Option<&'static str>,
    /// Whether it is the one that is chosen, in a menu that chooses.
    pub checked: Option<bool>,
    pub danger: bool,
    pub on_press: Callback<()>,
}

/// A menu that opens at a place of the window, in the top layer; the browser engine closes it when
/// something else is pressed.
#[component]
pub(crate) fn Menu(
    #[prop(into)] label: String,
    /// Where it opens …
    #[prop(optional)]
    at: (f64, f64),
    /// … unless it stands above a button.
    #[prop(optional)]
    above: Option<NodeRef<html::Button>>,
    items: Vec<MenuItem>,
    on_close: Callback<()>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(menu) = node.get() {
            dom::note(menu.show_popover());
            match above.and_then(|button| button.get_untracked()) {
                Some(button) => dom::place_above(&menu, &button),
                None => dom::place(&menu, at.0, at.1),
            }
            let chosen = menu.query_selector("[aria-checked=true]").ok().flatten();
            if let Some(first) = chosen.or_else(|| menu.query_selector("button").ok().flatten()) {
                dom::focus_element(&first);
            }
        }
    });
    let on_toggle = move |_| {
        if node.get_untracked().is_some_and(|menu| !menu.matches(":popover-open").unwrap_or(false)) {
            on_close.run(());
        }
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Tab" => {
                on_close.run(());
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(menu) = node.get_untracked() {
            dom::move_focus(menu.unchecked_ref(), "button", step);
        }
    };
    let lines = items
        .into_iter()
        .map(|item| {
            view! {
                <button
                    type="button"
                    role=if item.checked.is_some() { "menuitemradio" } else { "menuitem" }
                    aria-checked=item.checked.map(|checked| checked.to_string())
                    class:danger=item.danger
                    data-action=item.action
                    on:click=move |event| {
                        event.stop_propagation();
                        on_close.run(());
                        item.on_press.run(());
                    }
                >
                    <span class="grow">{item.words}</span>
                    {item.key.map(|key| view! { <kbd>{key}</kbd> })}
                    {(item.checked == Some(true)).then(|| view! { <Icon icon=LuCheck /> })}
                </button>
            }
        })
        .collect_view();
    view! {
        <div
            node_ref=node
            class="menu"
            role="menu"
            popover="auto"
            aria-label=label
            on:toggle=on_toggle
            on:keydown=on_keydown
        >
            {lines}
        </div>
    }
}
