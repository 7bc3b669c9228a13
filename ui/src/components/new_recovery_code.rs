use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind};
use crate::state::State;
use crate::text::{self, security as words};

/// Asks before the old recovery code stops working.
#[component]
pub(super) fn NewRecoveryCode() -> impl IntoView {
    let State { dialogs, vault, .. } = State::get();
    view! {
        <Modal title=words::NEW_CODE_TITLE.to_owned()>
            <p>{words::NEW_CODE_QUESTION}</p>
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                <Button
                    kind=ButtonKind::Primary
                    action="confirm-recovery-code"
                    on_press=move |()| {
                        dialogs.close();
                        vault.make_recovery_code();
                    }
                >
                    {words::NEW_CODE}
                </Button>
            </div>
        </Modal>
    }
}
