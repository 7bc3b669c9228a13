use holdfast_contract::Timestamp;
use icondata_lu::LuTriangleAlert;
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, FailureBox, Icon};
use crate::stage::VaultCopy;
use crate::state::{State, exact_now, on_the_wall};
use crate::text::{damaged as words, date};

/// Fills the window when the database does not read.
#[component]
pub(crate) fn Damaged(detail: String, backup: Option<Timestamp>) -> impl IntoView {
    let State { status, .. } = State::get();
    let offer = match backup {
        Some(time) => words::backup_of(&date::day_and_hour(on_the_wall(time), on_the_wall(exact_now()).year)),
        None => words::NO_BACKUP.to_owned(),
    };
    view! {
        <Broken
            title=words::TITLE
            detail
            offer
            restore=backup.map(|_| ("restore-store", Callback::new(move |()| status.restore_store())))
        />
    }
}

/// Fills the window when a file of the vault does not read.
#[component]
pub(crate) fn DamagedVault(detail: String, copy: VaultCopy) -> impl IntoView {
    let State { status, .. } = State::get();
    let offer = match copy {
        VaultCopy::Beside => words::VAULT_BESIDE.to_owned(),
        VaultCopy::InBackup(time) => {
            words::vault_backup_of(&date::day_and_hour(on_the_wall(time), on_the_wall(exact_now()).year))
        }
        VaultCopy::Nowhere => words::NO_BACKUP.to_owned(),
    };
    view! {
        <Broken
            title=words::VAULT_TITLE
            detail
            offer
            restore=(copy != VaultCopy::Nowhere)
                .then(|| ("restore-vault", Callback::new(move |()| status.restore_vault())))
        />
    }
}

#[component]
fn Broken(
    title: &'static str,
    detail: String,
    /// What can be done.
    offer: String,
    /// What does it: its name for tests, and the deed.
    restore: Option<(&'static str, Callback<()>)>,
) -> impl IntoView {
    let State { status, .. } = State::get();
    let folder = move || status.status.with(|status| status.as_ref().map(|status| status.data_dir.clone()));
    view! {
        <main class="damaged" role="alert">
            <span class="ready-icon bad"><Icon icon=LuTriangleAlert /></span>
            <h1>{title}</h1>
            <p>{words::NOTHING_LOST}</p>
            <dl>
                <dt>{words::WHAT}</dt>
                <dd>{detail}</dd>
                <dt>{words::WHERE}</dt>
                <dd class="mono" dir="ltr">{folder}</dd>
            </dl>
            <p>{offer}{restore.is_some().then(|| view! { " "{words::KEPT} })}</p>
            {move || status.failure.get().map(|failure| view! { <FailureBox failure answer=None /> })}
            {restore
                .map(|(action, press)| {
                    view! {
                        <Button
                            kind=ButtonKind::Primary
                            action
                            disabled=Signal::derive(move || status.busy.with(Option::is_some))
                            on_press=press
                        >
                            {words::RESTORE}
                        </Button>
                    }
                })}
        </main>
    }
}
