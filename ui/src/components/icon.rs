use leptos::prelude::*;

/// A drawing from the Lucide set, in the colour of the text around it. Words beside it or the label
/// of its button say what it means.
#[component]
pub(crate) fn Icon(icon: icondata_core::Icon) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=icon.data
        ></svg>
    }
}
