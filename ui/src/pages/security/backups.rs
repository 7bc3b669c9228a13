use holdfast_contract::{BackupInfo, EntryPurpose, FileUse, Work};
use icondata_lu::LuArchive;
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, ChooseFileButton, Icon, PreviewFacts, ProgressLine};
use crate::state::{Dialog, State, Task, exact_now, on_the_wall};
use crate::text::{self, backups as words, date};

/// Backups on this computer, and the file that is taken elsewhere.
#[component]
pub(super) fn Backups() -> impl IntoView {
    let State { vault, .. } = State::get();
    let busy = Signal::derive(move || vault.task.with(Option::is_some));
    let making = move || vault.task.with(|task| *task == Some(Task::MakeBackup));
    view! {
        <section class="setting" data-section="backups">
            <div class="setting-head">
                <div class="grow">
                    <h2>{words::TITLE}</h2>
                    <p class="hint">{words::HINT}</p>
                </div>
                <Button action="make-backup" disabled=busy on_press=move |()| vault.make_backup()>
                    <Icon icon=LuArchive />
                    {move || if making() { words::MAKING } else { words::MAKE }}
                </Button>
            </div>
            <ProgressLine kinds=&[Work::Backup] />
            {move || match vault.backups.get() {
                None => view! { <p class="hint" role="status">{text::LOADING}</p> }.into_any(),
                Some(list) if list.is_empty() => view! { <p class="hint">{words::NONE}</p> }.into_any(),
                Some(list) => {
                    let lines = list.into_iter().map(|backup| view! { <Line backup busy /> }).collect_view();
                    view! { <ul class="lines-box">{lines}</ul> }.into_any()
                }
            }}
            <Export />
        </section>
    }
}

#[component]
fn Line(backup: BackupInfo, busy: Signal<bool>) -> impl IntoView {
    let State { vault, dialogs, .. } = State::get();
    let when = date::day_and_hour(on_the_wall(backup.made_at), on_the_wall(exact_now()).year);
    let (checked, restored) = (backup.name.clone(), backup.clone());
    let checking = {
        let name = backup.name.clone();
        move || vault.task.with(|task| matches!(task, Some(Task::CheckBackup(other)) if *other == name))
    };
    let preview = {
        let name = backup.name.clone();
        move || vault.preview.get().filter(|preview| preview.backup.name == name)
    };
    view! {
        <li data-backup=backup.name.clone()>
            <div class="lines-row">
                <span class="grow">
                    <b>{when}</b>
                    <small class="hint">{text::size(usize::try_from(backup.bytes).unwrap_or(usize::MAX))}</small>
                </span>
                <span class=if backup.whole { "state ok" } else { "state no" }>{words::whole(backup.whole)}</span>
                <Button
                    kind=ButtonKind::Quiet
                    action="check-backup"
                    disabled=busy
                    on_press=move |()| vault.check_backup(checked.clone())
                >
                    {move || if checking() { words::CHECKING } else { words::CHECK }}
                </Button>
                <Button
                    kind=ButtonKind::Quiet
                    action="restore-backup"
                    disabled=Signal::derive(move || busy.get() || !restored.whole)
                    on_press={
                        let backup = backup.clone();
                        move |()| dialogs.show(Dialog::RestoreBackup(backup.clone()))
                    }
                >
                    {words::RESTORE}
                </Button>
            </div>
            {move || preview().map(|preview| view! { <PreviewFacts preview /> })}
        </li>
    }
}

/// Everything in one file, under a passphrase of its own.
#[component]
fn Export() -> impl IntoView {
    let State { vault, status, notices, .. } = State::get();
    let typed = RwSignal::new(None::<String>);
    let path = Memo::new(move |_| {
        typed.get().unwrap_or_else(|| {
            let folder = vault.info.with(|info| info.as_ref().map(|info| info.documents.clone())).unwrap_or_default();
            super::log::beside(&folder, &words::export_name(&date::file_day(on_the_wall(exact_now()))))
        })
    });
    let blocked = Signal::derive(move || path.with(|path| path.trim().is_empty()));
    let export = move || {
        if !blocked.get_untracked() {
            status.open_entry(EntryPurpose::Export { path: path.get_untracked().trim().to_owned() });
        }
    };
    view! {
        <form
            class="sub-section"
            on:submit=move |event| {
                event.prevent_default();
                export();
            }
        >
            <b>{words::EXPORT_TITLE}</b>
            <p class="hint">{words::EXPORT_HINT}</p>
            <div class="path-line">
                <label class="field grow">
                    <span class="unseen">{words::EXPORT_PATH}</span>
                    <input
                        id="export-path"
                        class="mono"
                        type="text"
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || path.get()
                        on:input=move |event| typed.set(Some(event_target_value(&event)))
                    />
                </label>
                <ChooseFileButton
                    purpose=FileUse::New
                    path
                    on_chosen=move |chosen| typed.set(Some(chosen))
                    on_failure=move |failure| notices.fail(failure)
                />
                <Button action="export" disabled=blocked on_press=move |()| export()>{words::EXPORT}</Button>
            </div>
            <ProgressLine kinds=&[Work::Export] />
        </form>
    }
}
