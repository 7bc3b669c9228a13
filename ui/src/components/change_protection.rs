use holdfast_contract::Protection;
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind, ProtectionChoice};
use crate::state::State;
use crate::text::{self, security as words};

/// Changes what opens the vault. The keys and the history stay as they are; only what wraps their key
/// is written anew.
#[component]
pub(super) fn ChangeProtection(
    /// What protects the vault now.
    now: Option<Protection>,
) -> impl IntoView {
    let State { dialogs, vault, status, .. } = State::get();
    let keychain = untrack(|| status.keychain());
    let first = if keychain { Protection::Keychain } else { Protection::Passphrase };
    let value = RwSignal::new(now.unwrap_or(first));
    let unchanged = Signal::derive(move || now == Some(value.get()) && !value.get().needs_passphrase());
    let label = move || if value.get().needs_passphrase() { words::GO_ON_IN_WINDOW } else { words::CHANGE };
    view! {
        <Modal title=words::CHANGE_TITLE.to_owned()>
            <p class="hint">{words::CHANGE_LEAD}</p>
            <ProtectionChoice value keychain />
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                <Button
                    kind=ButtonKind::Primary
                    action="confirm-protection"
                    disabled=unchanged
                    on_press=move |()| {
                        dialogs.close();
                        vault.protect(value.get_untracked());
                    }
                >
                    {label}
                </Button>
            </div>
        </Modal>
    }
}
