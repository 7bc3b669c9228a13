//! Mounts what the kind of window asks for, and the keys that work everywhere.

use holdfast_contract::Window;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::components::{Announcer, DialogHost, NoticeList, Rail};
use crate::pages::{Chats, Damaged, DamagedVault, Entry, KeysPage, Lock, Opening, SecurityPage, SetUp, SettingsPage};
use crate::stage::Stage;
use crate::state::{Page, State};
use crate::{dom, ipc};

pub(crate) fn mount() {
    match ipc::window_kind() {
        Window::Main => mount_to_body(Main),
        Window::Entry => mount_to_body(Entry),
    }
}

#[component]
fn Main() -> impl IntoView {
    let state = State::new();
    provide_context(state);
    state.clock.start();
    state.start();
    listen_to_keys(state);

    let stage = state.status.stage;
    let usable = Memo::new(move |_| match stage.get() {
        None | Some(Stage::Opening) => false,
        Some(Stage::Open) => state.conversations.loaded.get(),
        Some(Stage::SetUp | Stage::Locked { .. } | Stage::VaultDamaged { .. } | Stage::StoreDamaged { .. }) => true,
    });
    Effect::new(move |reported: Option<bool>| {
        let reported = reported.unwrap_or_default();
        if usable.get() && !reported {
            request_animation_frame(move || state.report_usable());
            return true;
        }
        reported
    });
    view! {
        {move || match stage.get() {
            None => ().into_any(),
            Some(Stage::SetUp) => view! { <SetUp /> }.into_any(),
            Some(Stage::Locked { ways }) => view! { <Lock ways /> }.into_any(),
            Some(Stage::Opening) => view! { <Opening /> }.into_any(),
            Some(Stage::VaultDamaged { detail, copy }) => view! { <DamagedVault detail copy /> }.into_any(),
            Some(Stage::StoreDamaged { detail, backup }) => view! { <Damaged detail backup /> }.into_any(),
            Some(Stage::Open) => {
                state.restored.track();
                view! { <Open /> }.into_any()
            }
        }}
        <DialogHost />
        <NoticeList />
        <Announcer />
    }
}

#[component]
fn Open() -> impl IntoView {
    let state = State::get();
    view! {
        <div class="app">
            <Rail />
            <Chats />
            {move || match state.page.get() {
                Page::Chats => ().into_any(),
                Page::Keys => view! { <KeysPage /> }.into_any(),
                Page::Security => view! { <SecurityPage /> }.into_any(),
                Page::Settings => view! { <SettingsPage /> }.into_any(),
            }}
        </div>
    }
}

fn listen_to_keys(state: State) {
    window_event_listener(leptos::ev::keydown, move |event| {
        if !(event.ctrl_key() || event.meta_key()) || event.alt_key() || event.shift_key() {
            return;
        }
        if !untrack(|| state.status.is_open()) {
            return;
        }
        let key = event.key();
        if key == "l" {
            event.prevent_default();
            state.lock();
            return;
        }
        let in_dialog = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.closest("dialog").ok().flatten().is_some());
        if in_dialog {
            return;
        }
        match key.as_str() {
            "k" => {
                state.page.set(Page::Chats);
                state.list_shown.set(true);
                request_animation_frame(|| dom::focus("#search"));
            }
            "n" => {
                state.begin();
                request_animation_frame(|| dom::focus("#composer"));
            }
            "b" => state.list_shown.update(|shown| *shown = !*shown),
            _ => return,
        }
        event.prevent_default();
    });
}
