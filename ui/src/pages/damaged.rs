use holdfast_contract::Timestamp;
use icondata_lu::LuTriangleAlert;
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Icon};
use crate::state::{State, exact_now, on_the_wall};
use crate::text::{damaged as words, date};

/// Fills the window when the database does not read.
#[component]
pub(crate) fn Damaged(detail: String, backup: Option<Timestamp>) -> impl IntoView {
    let state = State::get();
    let folder = move || state.status.status.with(|status| status.as_ref().map(|status| status.data_dir.clone()));
    view! {
        <main class="damaged" role="alert">
            <span class="ready-icon bad"><Icon icon=LuTriangleAlert /></span>
            <h1>{words::TITLE}</h1>
            <p>{words::NOTHING_LOST}</p>
            <dl>
                <dt>{words::WHAT}</dt>
                <dd>{detail}</dd>
                <dt>{words::WHERE}</dt>
                <dd class="mono" dir="ltr">{folder}</dd>
            </dl>
            {match backup {
                Some(time) => {
                    let when = date::day_and_hour(on_the_wall(time), on_the_wall(exact_now()).year);
                    view! {
                        <p>{words::backup_of(&when)}" "{words::KEPT}</p>
                        <Button
                            kind=ButtonKind::Primary
                            action="restore-store"
                            on_press=move |()| state.restore_backup()
                        >
                            {words::RESTORE}
                        </Button>
                    }
                        .into_any()
                }
                None => view! { <p>{words::NO_BACKUP}</p> }.into_any(),
            }}
        </main>
    }
}
