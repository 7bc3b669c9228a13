use holdfast_contract::{KeyInfo, ProviderInfo};
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind};
use crate::state::State;
use crate::text::{self, keys, settings};

#[component]
pub(super) fn ConfirmDeleteKey(key_info: KeyInfo) -> impl IntoView {
    let state = State::get();
    let provider =
        untrack(|| state.catalogue.provider(&key_info.provider)).map_or(key_info.provider.0, |info| info.name);
    let id = key_info.id;
    view! {
        <Modal title=keys::DELETE_TITLE.to_owned()>
            <p>{keys::delete_question(&key_info.name, &provider)}</p>
            <Answers on_delete=move |()| state.keys.delete(id) />
        </Modal>
    }
}

#[component]
pub(super) fn ConfirmDeleteProvider(provider: ProviderInfo) -> impl IntoView {
    let state = State::get();
    let id = provider.id.clone();
    view! {
        <Modal title=settings::DELETE_TITLE.to_owned()>
            <p>{settings::delete_question(&provider.name)}</p>
            <Answers on_delete=move |()| state.catalogue.delete_provider(id.clone()) />
        </Modal>
    }
}

#[component]
fn Answers(#[prop(into)] on_delete: Callback<()>) -> impl IntoView {
    let State { dialogs, .. } = State::get();
    view! {
        <div class="dialog-end">
            <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
            <Button
                kind=ButtonKind::Danger
                action="confirm-delete"
                on_press=move |()| {
                    dialogs.close();
                    on_delete.run(());
                }
            >
                {text::DELETE}
            </Button>
        </div>
    }
}
