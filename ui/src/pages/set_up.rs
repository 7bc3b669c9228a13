use holdfast_contract::{EntryPurpose, FileUse, Protection};
use icondata_lu::LuShieldCheck;
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, ChooseFileButton, FailureBox, Icon, ProtectionChoice, WaitingForEntry};
use crate::state::{Busy, State};
use crate::text::set_up as words;

/// Fills the window of a first start: what is kept, and what shall open it.
#[component]
pub(crate) fn SetUp() -> impl IntoView {
    let State { status, .. } = State::get();
    let keychain = untrack(|| status.keychain());
    let value = RwSignal::new(if keychain { Protection::Keychain } else { Protection::Passphrase });
    let busy = Signal::derive(move || status.busy.with(Option::is_some));
    let label = move || match status.busy.get() {
        Some(Busy::SettingUp) => words::WORKING,
        _ => words::CONTINUE,
    };
    view! {
        <main class="gate" data-setup="true">
            <div class="gate-body">
                <span class="ready-icon"><Icon icon=LuShieldCheck /></span>
                <h1>{words::TITLE}</h1>
                <p class="lead">{words::LEAD}</p>
                <h2>{words::QUESTION}</h2>
                <ProtectionChoice value keychain />
                <p class="hint">{words::RECOVERY}</p>
                {move || status.failure.get().map(|failure| view! { <FailureBox failure answer=None /> })}
                <WaitingForEntry />
                <div class="gate-end">
                    <Button
                        kind=ButtonKind::Primary
                        action="set-up"
                        disabled=busy
                        on_press=move |()| status.set_up(value.get_untracked())
                    >
                        {label}
                    </Button>
                </div>
                <Restore />
            </div>
        </main>
    }
}

/// The other way to begin: with what was exported elsewhere.
#[component]
fn Restore() -> impl IntoView {
    let State { status, .. } = State::get();
    let path = RwSignal::new(String::new());
    let blocked = Signal::derive(move || path.with(|path| path.trim().is_empty()));
    let import = move || {
        if !blocked.get_untracked() {
            status.open_entry(EntryPurpose::Import { path: path.get_untracked().trim().to_owned() });
        }
    };
    view! {
        <details class="restore" data-testid="restore-export">
            <summary>{words::RESTORE}</summary>
            <form
                class="path-line"
                on:submit=move |event| {
                    event.prevent_default();
                    import();
                }
            >
                <label class="field grow">
                    <span>{words::PATH}</span>
                    <input
                        id="export-file"
                        class="mono"
                        type="text"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder=words::PATH_EXAMPLE
                        prop:value=move || path.get()
                        on:input=move |event| path.set(event_target_value(&event))
                    />
                </label>
                <ChooseFileButton
                    purpose=FileUse::Export
                    path
                    on_chosen=move |chosen| path.set(chosen)
                    on_failure=move |failure| status.failure.set(Some(failure))
                />
                <Button action="import-export" disabled=blocked on_press=move |()| import()>{words::RESTORE_BUTTON}</Button>
            </form>
            <p class="hint">{words::RESTORE_HINT}</p>
        </details>
    }
}
