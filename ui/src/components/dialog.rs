use leptos::html;
use leptos::prelude::*;

use super::NoticeList;
use super::add_key::KeyDialog;
use super::add_provider::AddProvider;
use super::change_protection::ChangeProtection;
use super::confirm::ConfirmDeleteProvider;
use super::import_keys::ImportKeys;
use super::key_settings::KeySettingsDialog;
use super::link_dialog::LinkDialog;
use super::new_recovery_code::NewRecoveryCode;
use super::restore_backup::RestoreBackup;
use super::server_dialog::ServerDialog;
use crate::dom;
use crate::state::{Dialog, State};

/// Draws the dialog that is open.
#[component]
pub(crate) fn DialogHost() -> impl IntoView {
    let State { dialogs, .. } = State::get();
    move || {
        dialogs.shown.get().map(|dialog| match dialog {
            Dialog::AddKey { provider } => view! { <KeyDialog provider replace=None /> }.into_any(),
            Dialog::ReplaceKey(key) => view! { <KeyDialog provider=None replace=Some(key) /> }.into_any(),
            Dialog::KeySettings(key) => view! { <KeySettingsDialog key_view=key /> }.into_any(),
            Dialog::ImportKeys => view! { <ImportKeys /> }.into_any(),
            Dialog::ChangeProtection(now) => view! { <ChangeProtection now /> }.into_any(),
            Dialog::NewRecoveryCode => view! { <NewRecoveryCode /> }.into_any(),
            Dialog::RestoreBackup(backup) => view! { <RestoreBackup backup /> }.into_any(),
            Dialog::StartServer(provider) => view! { <ServerDialog provider /> }.into_any(),
            Dialog::OpenLink { message, link } => view! { <LinkDialog message link /> }.into_any(),
            Dialog::AddProvider => view! { <AddProvider /> }.into_any(),
            Dialog::DeleteProvider(provider) => view! { <ConfirmDeleteProvider provider /> }.into_any(),
        })
    }
}

/// The frame of a dialog: title, content, and buttons at its end.
#[component]
pub(super) fn Modal(#[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    let State { dialogs, .. } = State::get();
    let node = NodeRef::<html::Dialog>::new();
    let before = StoredValue::new_local(document().active_element());
    Effect::new(move |_| {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            dom::note(dialog.show_modal());
        }
    });
    on_cleanup(move || {
        if let Some(Some(element)) = before.try_get_value() {
            dom::focus_element(&element);
        }
    });
    // A press on the dialog itself, not on its content, is one on what lies around it.
    let pressed_around = move |event: web_sys::MouseEvent| {
        if node.get_untracked().is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref())) {
            dialogs.close();
        }
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            aria-labelledby="dialog-title"
            on:close=move |_| dialogs.close()
            on:mousedown=pressed_around
        >
            <div class="dialog-body">
                <h2 id="dialog-title">{move || title.get()}</h2>
                {children()}
                <NoticeList in_dialog=true />
            </div>
        </dialog>
    }
}
