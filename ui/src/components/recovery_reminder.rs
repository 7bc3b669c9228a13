use icondata_lu::{LuLifeBuoy, LuX};
use leptos::prelude::*;

use super::{Button, Icon};
use crate::state::{Page, State};
use crate::text::{self, security as words};

/// Reminds of the recovery code until somebody has shown to have it, or puts it away for this session.
#[component]
pub(crate) fn RecoveryReminder() -> impl IntoView {
    let state = State::get();
    let vault = state.vault;
    let recovery = Memo::new(move |_| vault.reminder());
    move || {
        recovery.get().map(|recovery| {
            view! {
                <div class="banner warn" role="status" data-testid="recovery-reminder">
                    <Icon icon=LuLifeBuoy />
                    <span class="grow">{words::reminder(recovery)}</span>
                    <Button action="to-security" on_press=move |()| state.page.set(Page::Security)>
                        {words::TO_SECURITY}
                    </Button>
                    <button
                        type="button"
                        class="icon-btn small"
                        data-action="dismiss-reminder"
                        aria-label=text::DISMISS
                        title=text::DISMISS
                        on:click=move |_| vault.reminder_dismissed.set(true)
                    >
                        <Icon icon=LuX />
                    </button>
                </div>
            }
        })
    }
}
