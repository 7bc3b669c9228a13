use leptos::prelude::*;

use crate::state::State;

/// Reads out the end of an answer, politely and once.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let State { chat, .. } = State::get();
    view! { <div class="unseen" role="status" aria-live="polite">{move || chat.announcement.get()}</div> }
}
