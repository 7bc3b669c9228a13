use holdfast_contract::VaultState;
use icondata_lu::{LuKeyRound, LuLock, LuLockOpen, LuMessageSquare, LuSettings2};
use leptos::prelude::*;

use super::Icon;
use crate::state::{Page, State};
use crate::text::rail;

/// The places of the program, down the left edge.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let State { status, .. } = State::get();
    view! {
        <nav class="rail" aria-label=rail::LABEL>
            <Place page=Page::Chats icon=LuMessageSquare words=rail::CHATS />
            <Place page=Page::Keys icon=LuKeyRound words=rail::KEYS />
            <div class="spacer"></div>
            <Place page=Page::Settings icon=LuSettings2 words=rail::SETTINGS />
            {move || match status.vault() {
                Some(VaultState::Unlocked { .. }) => Some(
                    view! {
                        <button type="button" data-action="lock" title=rail::LOCK_TITLE on:click=move |_| status.lock()>
                            <Icon icon=LuLock />
                            {rail::LOCK}
                        </button>
                    }
                        .into_any(),
                ),
                Some(VaultState::Locked { .. }) => Some(
                    view! {
                        <button
                            type="button"
                            data-action="unlock"
                            title=rail::UNLOCK_TITLE
                            on:click=move |_| status.unlock()
                        >
                            <Icon icon=LuLockOpen />
                            {rail::UNLOCK}
                        </button>
                    }
                        .into_any(),
                ),
                Some(VaultState::Missing | VaultState::Damaged { .. }) | None => None,
            }}
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
