use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::dom;

/// One line of a menu.
#[derive(Clone)]
pub(crate) struct MenuItem {
    pub words: &'static str,
    /// What it does, for tests.
    pub action: &'static str,
    /// The key that does the same.
    pub key: &'static str,
    pub danger: bool,
    pub on_press: Callback<()>,
}

/// A menu that opens at a place of the window, in the top layer; the browser engine closes it when
/// something else is pressed.
#[component]
pub(crate) fn Menu(
    #[prop(into)] label: String,
    /// Where it opens.
    at: (f64, f64),
    items: Vec<MenuItem>,
    on_close: Callback<()>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(menu) = node.get() {
            dom::note(menu.show_popover());
            dom::place(&menu, at.0, at.1);
            if let Ok(Some(first)) = menu.query_selector("button") {
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
                    role="menuitem"
                    class:danger=item.danger
                    data-action=item.action
                    on:click=move |event| {
                        event.stop_propagation();
                        on_close.run(());
                        item.on_press.run(());
                    }
                >
                    <span class="grow">{item.words}</span>
                    <kbd>{item.key}</kbd>
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
