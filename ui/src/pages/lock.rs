use holdfast_contract::{Failure, UnlockWay, Work};
use icondata_lu::{LuFingerprint, LuKeyboard, LuLifeBuoy, LuLock};
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, FailureBox, Icon, ProgressLine, WaitingForEntry};
use crate::dom;
use crate::state::{Busy, State};
use crate::text::lock as words;

/// Fills the window while the vault is closed. Nothing of what it protects is in the page then.
#[component]
pub(crate) fn Lock(
    /// What opens it, most convenient first.
    ways: Vec<UnlockWay>,
) -> impl IntoView {
    let State { status, .. } = State::get();
    let busy = Signal::derive(move || status.busy.with(Option::is_some));
    // Also after a way failed: its button was off while it was tried, and so lost the focus.
    Effect::new(move |_| {
        if !busy.get() {
            request_animation_frame(|| dom::focus(".gate-ways button"));
        }
    });
    let buttons = ways
        .into_iter()
        .enumerate()
        .map(|(index, way)| {
            let (icon, action, label) = match way {
                UnlockWay::Keychain => (LuFingerprint, "unlock-keychain", words::KEYCHAIN),
                UnlockWay::Passphrase => (LuKeyboard, "unlock-passphrase", words::PASSPHRASE),
                UnlockWay::Both => (LuKeyboard, "unlock-both", words::BOTH),
                UnlockWay::Recovery => (LuLifeBuoy, "unlock-recovery", words::RECOVERY),
            };
            let kind = if index == 0 {
                ButtonKind::Primary
            } else if way == UnlockWay::Recovery {
                ButtonKind::Quiet
            } else {
                ButtonKind::Plain
            };
            view! {
                <Button kind action disabled=busy on_press=move |()| status.unlock_with(way)>
                    <Icon icon />
                    {label}
                </Button>
            }
        })
        .collect_view();
    // The buttons are all here already.
    let failure = move || status.failure.get().map(|failure| Failure { actions: Vec::new(), ..failure });
    view! {
        <main class="gate" data-lock="true">
            <div class="gate-body small">
                <span class="ready-icon"><Icon icon=LuLock /></span>
                <h1>{words::TITLE}</h1>
                <p class="lead">{words::LEAD}</p>
                <div class="gate-ways" role="group" aria-label=words::WAYS>{buttons}</div>
                <p class="gate-state hint" role="status">
                    {move || (status.busy.get() == Some(Busy::Unlocking)).then_some(words::UNLOCKING)}
                </p>
                {move || failure().map(|failure| view! { <FailureBox failure answer=None /> })}
                <WaitingForEntry />
            </div>
        </main>
    }
}

/// Fills the window for the moment in which the database follows the vault.
#[component]
pub(crate) fn Opening() -> impl IntoView {
    view! {
        <main class="gate opening" data-opening="true">
            <div class="gate-body small">
                <p class="lead" role="status">{words::OPENING}</p>
                <ProgressLine kinds=&[Work::Seal, Work::Import, Work::Backup] />
            </div>
        </main>
    }
}
