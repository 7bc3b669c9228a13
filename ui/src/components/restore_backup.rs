use holdfast_contract::{BackupInfo, BackupPreview, Work};
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
                    on_press=move |()| vault.restore_backup(name.clone(), move |status| state.begin_again(status))
                >
                    {move || if restoring() { words::RESTORING } else { words::RESTORE }}
                </Button>
            </div>
        </Modal>
    }
}

/// What a trial restore found.
#[component]
pub(crate) fn PreviewFacts(preview: BackupPreview) -> impl IntoView {
    let BackupPreview { backup, conversations, messages, keys, opened_keys, newest_at } = preview;
    let newest =
        newest_at.map(|time| words::newest(&date::day_and_hour(on_the_wall(time), on_the_wall(exact_now()).year)));
    let bad = opened_keys < keys;
    view! {
        <div class="note" class:good=!bad role="status" data-preview=backup.name>
            <ul class="plain">
                <li>{words::contents(conversations, messages, keys)}</li>
                <li>{words::opened(opened_keys, keys)}</li>
                {newest.map(|newest| view! { <li>{newest}</li> })}
            </ul>
        </div>
    }
}
