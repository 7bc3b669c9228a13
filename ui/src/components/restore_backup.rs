use holdfast_contract::{BackupContents, BackupInfo, BackupPreview, BackupVault, Work};
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind, ProgressLine};
use crate::state::{State, Task, exact_now, on_the_wall};
use crate::text::{self, date, security as words};

/// Shows what a backup holds, by a trial restore, before it takes the place of what is there.
#[component]
pub(super) fn RestoreBackup(backup: BackupInfo) -> impl IntoView {
    let state = State::get();
    let State { dialogs, vault, .. } = state;
    let BackupInfo { name, made_at, .. } = backup;
    let checked = {
        let name = name.clone();
        Memo::new(move |_| vault.preview.get().filter(|preview| preview.backup.name == name))
    };
    if untrack(|| checked.with(Option::is_none)) {
        vault.check_backup(name.clone());
    }
    let blocked = Signal::derive(move || checked.with(Option::is_none) || vault.task.with(Option::is_some));
    let restoring = move || vault.task.with(|task| *task == Some(Task::RestoreBackup));
    let with_vault = move || {
        checked.with(|preview| {
            preview.as_ref().is_some_and(|preview| matches!(preview.vault, BackupVault::GoesBack { .. }))
        })
    };
    let label = move || match (restoring(), with_vault()) {
        (true, _) => words::RESTORING,
        (false, true) => words::RESTORE_WITH_VAULT,
        (false, false) => words::RESTORE,
    };
    let when = date::day_and_hour(on_the_wall(made_at), on_the_wall(exact_now()).year);
    view! {
        <Modal title=words::RESTORE_TITLE.to_owned()>
            <p>{words::restore_question(&when)}</p>
            {move || match checked.get() {
                Some(preview) => view! { <PreviewFacts preview /> }.into_any(),
                None if vault.task.with(Option::is_some) => {
                    view! { <p class="hint" role="status">{words::CHECKING}</p> }.into_any()
                }
                None => view! { <p class="note bad" role="alert">{words::NOT_CHECKED}</p> }.into_any(),
            }}
            <ProgressLine kinds=&[Work::Backup] />
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                <Button
                    kind=ButtonKind::Danger
                    action="confirm-restore"
                    disabled=blocked
                    on_press=move |()| {
                        vault.restore_backup(name.clone(), untrack(with_vault), move |status| state.begin_again(status));
                    }
                >
                    {label}
                </Button>
            </div>
        </Modal>
    }
}

/// What a trial restore found.
#[component]
pub(crate) fn PreviewFacts(preview: BackupPreview) -> impl IntoView {
    let BackupPreview { backup, contents, vault } = preview;
    let facts = contents.map(|contents| {
        let BackupContents { conversations, messages, keys, opened_keys, newest_at } = contents;
        let newest =
            newest_at.map(|time| words::newest(&date::day_and_hour(on_the_wall(time), on_the_wall(exact_now()).year)));
        view! {
            <li>{words::contents(conversations, messages, keys)}</li>
            <li>{words::opened(opened_keys, keys)}</li>
            {newest.map(|newest| view! { <li>{newest}</li> })}
        }
    });
    let earlier = match vault {
        BackupVault::Stays => None,
        BackupVault::GoesBack { ways } => Some(words::vault_goes_back(&ways)),
    };
    let (unread, goes_back) = (facts.is_none(), earlier.is_some());
    view! {
        <div
            class=if goes_back { "note" } else { "note good" }
            role="status"
            data-preview=backup.name
            data-vault=if goes_back { "goes-back" } else { "stays" }
        >
            <ul class="plain">
                {facts}
                {unread.then(|| view! { <li>{words::OF_ANOTHER_VAULT}</li> })}
                {earlier.map(|earlier| view! { <li>{earlier}</li> })}
            </ul>
        </div>
    }
}
