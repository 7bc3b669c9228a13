use holdfast_contract::ProviderInfo;
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind};
use crate::state::State;
use crate::text::{self, settings};

#[component]
pub(super) fn ConfirmDeleteProvider(provider: ProviderInfo) -> impl IntoView {
    let State { dialogs, catalogue, .. } = State::get();
    let id = provider.id.clone();
    view! {
        <Modal title=settings::DELETE_TITLE.to_owned()>
            <p>{settings::delete_question(&provider.name)}</p>
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                <Button
                    kind=ButtonKind::Danger
                    action="confirm-delete"
                    on_press=move |()| {
                        dialogs.close();
                        catalogue.delete_provider(id.clone());
                    }
                >
                    {text::DELETE}
                </Button>
            </div>
        </Modal>
    }
}
