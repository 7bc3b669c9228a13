use icondata_lu::{LuKeyRound, LuLock, LuMessageSquare, LuSettings2, LuShield};
use leptos::prelude::*;

use super::Icon;
use crate::state::{Page, State};
use crate::text::rail;

/// The places of the program, down the left edge.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let state = State::get();
    view! {
        <nav class="rail" aria-label=rail::LABEL>
            <Place page=Page::Chats icon=LuMessageSquare words=rail::CHATS />
            <Place page=Page::Keys icon=LuKeyRound words=rail::KEYS />
            <Place page=Page::Security icon=LuShield words=rail::SECURITY />
            <div class="spacer"></div>
            <Place page=Page::Settings icon=LuSettings2 words=rail::SETTINGS />
            <button type="button" data-action="lock" title=rail::LOCK_TITLE on:click=move |_| state.lock()>
                <Icon icon=LuLock />
                {rail::LOCK}
            </button>
        </nav>
    }
}

#[component]
fn Place(page: Page, icon: icondata_core::Icon, words: &'static str) -> impl IntoView {
    let state = State::get();
    view! {
        <button
            type="button"
            data-page=page.as_str()
            aria-current=move || (state.page.get() == page).then_some("page")
            on:click=move |_| state.page.set(page)
        >
            <Icon icon />
            {words}
        </button>
    }
}
