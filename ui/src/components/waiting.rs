use holdfast_contract::{EntryPurpose, Work};
use icondata_lu::LuAppWindow;
use leptos::prelude::*;

use super::{Button, Icon};
use crate::state::State;
use crate::text::{waiting as words, work};

/// Says that the small window is open, and brings it forward where that may be asked for.
#[component]
pub(crate) fn WaitingForEntry() -> impl IntoView {
    let State { status, .. } = State::get();
    move || {
        status.entry.get().map(|purpose| {
            let recovery = purpose == EntryPurpose::RecoveryCode;
            view! {
                <div class="note good" role="status" data-testid="waiting-for-entry">
                    <Icon icon=LuAppWindow />
                    <span class="grow">{if recovery { words::RECOVERY_CODE } else { words::ENTRY }}</span>
                    // The program alone opens the window for a recovery code.
                    {(!recovery)
                        .then(|| {
                            view! {
                                <Button action="show-entry" on_press=move |()| status.open_entry(purpose.clone())>
                                    {words::BRING_FORWARD}
                                </Button>
                            }
                        })}
                </div>
            }
        })
    }
}

/// How far work of these kinds is, while it goes on.
#[component]
pub(crate) fn ProgressLine(kinds: &'static [Work]) -> impl IntoView {
    let State { vault, .. } = State::get();
    move || {
        let progress = vault.progress.get().filter(|progress| kinds.contains(&progress.work))?;
        let words = work::words(progress.work);
        let part = work::part(progress.done, progress.total);
        // Without a value, it only says that something goes on.
        let value = part.as_ref().map(|_| progress.done.to_string());
        Some(view! {
            <div class="progress" role="status" data-testid="progress">
                <span>{words}</span>
                <progress max=progress.total.to_string() value=value aria-label=words></progress>
                {part.map(|part| view! { <span class="figures">{part}</span> })}
            </div>
        })
    }
}
