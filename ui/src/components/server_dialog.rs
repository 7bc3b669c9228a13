use holdfast_contract::ProviderInfo;
use leptos::prelude::*;

use super::dialog::Modal;
use super::empty_state::Command;
use super::{Button, ButtonKind};
use crate::state::State;
use crate::text::{self, keys, reach, settings};

/// Says how a local server is started, and looks again.
#[component]
pub(super) fn ServerDialog(provider: ProviderInfo) -> impl IntoView {
    let State { dialogs, catalogue, .. } = State::get();
    let is_ollama = provider.id.0 == "ollama";
    view! {
        <Modal title=settings::start(&provider.name)>
            <p>{settings::nothing_listens(&provider.base_url)}</p>
            {if is_ollama {
                view! {
                    <p>{settings::START_OLLAMA_HINT}</p>
                    <Command line=settings::START_OLLAMA />
                }
                    .into_any()
            } else {
                view! { <p>{settings::START_OTHER_HINT}</p> }.into_any()
            }}
            {provider.link.map(|link| view! { <p class="hint">{keys::get_one(&link)}</p> })}
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CLOSE}</Button>
                <Button
                    kind=ButtonKind::Primary
                    action="look-again"
                    on_press=move |()| {
                        dialogs.close();
                        catalogue.refresh();
                    }
                >
                    {reach::LOOK_AGAIN}
                </Button>
            </div>
        </Modal>
    }
}
