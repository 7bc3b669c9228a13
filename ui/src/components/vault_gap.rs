use icondata_lu::LuTriangleAlert;
use leptos::prelude::*;

use super::{Button, Icon};
use crate::state::{Dialog, State, exact_now, on_the_wall};
use crate::text::{date, security as words};

/// Says which keys a vault from a backup does not open, and offers the database that fits it.
#[component]
pub(crate) fn VaultGapNotice() -> impl IntoView {
    let State { status, dialogs, .. } = State::get();
    move || {
        status.gap().map(|gap| {
            let when = date::day_and_hour(on_the_wall(gap.backup.made_at), on_the_wall(exact_now()).year);
            let closed = gap.keys.saturating_sub(gap.opened_keys);
            view! {
                <div class="banner warn" role="status" data-testid="vault-gap">
                    <Icon icon=LuTriangleAlert />
                    <div class="grow">
                        <p>{words::gap(closed, gap.keys, &when)}</p>
                        <p class="hint">{words::GAP_HINT}</p>
                    </div>
                    <Button
                        action="restore-gap"
                        on_press=move |()| dialogs.show(Dialog::RestoreBackup(gap.backup.clone()))
                    >
                        {words::GAP_RESTORE}
                    </Button>
                </div>
            }
        })
    }
}
