use holdfast_contract::{KeyNeed, SaveProvider, WireName};
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind, Segmented};
use crate::state::{Dialog, State};
use crate::text::{self, settings as words};

const WIRES: &[(WireName, &str)] =
    &[(WireName::OpenaiChat, words::OPENAI_COMPATIBLE), (WireName::Ollama, words::OLLAMA)];
const KEYS: &[(KeyNeed, &str)] = &[
    (KeyNeed::None, words::KEY_NONE),
    (KeyNeed::Optional, words::KEY_OPTIONAL),
    (KeyNeed::Required, words::KEY_REQUIRED),
];

/// Adds a provider at an address of the user's.
#[component]
pub(super) fn AddProvider() -> impl IntoView {
    let State { dialogs, catalogue, .. } = State::get();
    let name = RwSignal::new(String::new());
    let address = RwSignal::new(String::new());
    let wire = RwSignal::new(WireName::OpenaiChat);
    let key = RwSignal::new(KeyNeed::None);
    let blocked = Signal::derive(move || name.get().trim().is_empty() || address.get().trim().is_empty());
    let add = move || {
        if blocked.get_untracked() {
            return;
        }
        let request = SaveProvider {
            id: None,
            name: name.get_untracked().trim().to_owned(),
            base_url: address.get_untracked().trim().to_owned(),
            wire: wire.get_untracked(),
            key: key.get_untracked(),
        };
        catalogue.add_provider(request, move |provider| match provider.key {
            KeyNeed::Required => dialogs.show(Dialog::AddKey { provider: Some(provider.id) }),
            KeyNeed::None | KeyNeed::Optional => dialogs.close(),
        });
    };
    view! {
        <Modal title=words::ADD_TITLE.to_owned()>
            <form
                class="form"
                on:submit=move |event| {
                    event.prevent_default();
                    add();
                }
            >
                <p class="hint">{words::ADD_LEAD}</p>
                <label class="field">
                    <span>{words::NAME}</span>
                    <input
                        id="provider-name"
                        type="text"
                        maxlength="60"
                        autocomplete="off"
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </label>
                <label class="field">
                    <span>{words::ADDRESS}</span>
                    <input
                        id="provider-address"
                        class="mono"
                        type="text"
                        inputmode="url"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder=words::ADDRESS_EXAMPLE
                        on:input=move |event| address.set(event_target_value(&event))
                    />
                </label>
                <div class="field">
                    <span>{words::KIND}</span>
                    <Segmented label=words::KIND name="wire" options=WIRES value=wire on_choose=move |to| wire.set(to) />
                </div>
                <div class="field">
                    <span>{words::NEEDS_KEY}</span>
                    <Segmented label=words::NEEDS_KEY name="need" options=KEYS value=key on_choose=move |to| key.set(to) />
                </div>
                <div class="dialog-end">
                    <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                    <Button kind=ButtonKind::Primary action="save-provider" disabled=blocked on_press=move |()| add()>
                        {words::ADD}
                    </Button>
                </div>
            </form>
        </Modal>
    }
}
