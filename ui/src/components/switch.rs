use leptos::prelude::*;

/// Something that is on or off, at once. The words beside it name it.
#[component]
pub(crate) fn Switch(
    /// What is on or off.
    label: &'static str,
    /// What it does, for tests.
    action: &'static str,
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
) -> impl IntoView {
    view! {
        <input
            type="checkbox"
            role="switch"
            class="switch"
            aria-label=label
            data-action=action
            prop:checked=move || on.get()
            on:change=move |event| on_change.run(event_target_checked(&event))
        />
    }
}
