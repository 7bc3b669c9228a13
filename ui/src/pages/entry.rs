use holdfast_contract::{CancelEntry, EntryContext, EntryPurpose, Failure, GetEntry, GetSettings, SubmitEntry};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::Button;
use crate::text::{self, entry as words, keys};
use crate::{dom, ipc, state};

/// The small window in which secrets are typed. What is typed goes to the program and nowhere else;
/// nothing a model wrote is drawn here.
#[component]
pub(crate) fn Entry() -> impl IntoView {
    let context = RwSignal::new(None::<EntryContext>);
    let failure = RwSignal::new(None::<Failure>);
    spawn_local(async move {
        // A theme that cannot be read changes nothing that matters here.
        if let Ok(settings) = ipc::call(GetSettings {}).await {
            state::show_theme(settings.theme);
        }
    });
    spawn_local(async move {
        match ipc::call(GetEntry {}).await {
            Ok(asked) => context.set(Some(asked)),
            Err(error) => failure.set(Some(error)),
        }
    });
    let cancel = move || {
        spawn_local(async move {
            if let Err(error) = ipc::call(CancelEntry {}).await {
                failure.set(Some(error));
            }
        });
    };
    window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" {
            cancel();
        }
    });
    view! {
        <main class="entry">
            {move || context.get().map(|context| view! { <Form context failure on_cancel=Callback::new(move |()| cancel()) /> })}
            {move || {
                (context.with(Option::is_none))
                    .then(|| view! { <Refusal failure /> })
            }}
        </main>
    }
}

#[component]
fn Refusal(failure: RwSignal<Option<Failure>>) -> impl IntoView {
    move || {
        failure.get().map(|failure| {
            view! {
                <p class="refusal" role="alert">
                    {failure.message}
                    {failure.hint.map(|hint| view! { " "<span class="hint">{hint}</span> })}
                </p>
            }
        })
    }
}

#[component]
fn Form(context: EntryContext, failure: RwSignal<Option<Failure>>, on_cancel: Callback<()>) -> impl IntoView {
    let provider = context.provider_name.clone().unwrap_or_default();
    let twice = context.purpose == EntryPurpose::SetPassphrase;
    let (title, lead, label, submit_words) = match &context.purpose {
        EntryPurpose::AddKey { .. } => {
            (words::add_title(&provider), context.origin.as_deref().map(keys::goes_to), words::KEY, words::SAVE)
        }
        EntryPurpose::ReplaceKey { .. } => {
            (words::REPLACE_TITLE.to_owned(), context.origin.as_deref().map(keys::goes_to), words::KEY, words::SAVE)
        }
        EntryPurpose::SetPassphrase => (
            words::PASSPHRASE_TITLE.to_owned(),
            Some(words::PASSPHRASE_LEAD.to_owned()),
            words::PASSPHRASE,
            words::SAVE,
        ),
        EntryPurpose::Unlock => {
            (words::UNLOCK_TITLE.to_owned(), Some(words::UNLOCK_LEAD.to_owned()), words::PASSPHRASE, words::UNLOCK)
        }
    };
    let first = NodeRef::<html::Input>::new();
    let second = NodeRef::<html::Input>::new();
    let length = RwSignal::new(0_usize);
    let different = RwSignal::new(false);
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(input) = first.get() {
            dom::note(input.focus());
        }
    });
    let changed = move || {
        let (Some(input), again) = (first.get_untracked(), second.get_untracked()) else { return };
        length.set(input.value().chars().count());
        different.set(again.is_some_and(|again| !again.value().is_empty() && again.value() != input.value()));
        failure.set(None);
    };
    let submit = move || {
        let Some(input) = first.get_untracked() else { return };
        let secret = input.value();
        if secret.is_empty() || busy.get_untracked() {
            return;
        }
        if second.get_untracked().is_some_and(|again| again.value() != secret) {
            different.set(true);
            return;
        }
        busy.set(true);
        spawn_local(async move {
            if let Err(error) = ipc::call(SubmitEntry { secret }).await {
                failure.set(Some(error));
                if let Some(Some(input)) = first.try_get_untracked() {
                    input.select();
                }
            }
            busy.set(false);
        });
    };
    let strength = move || match length.get() {
        0 => "",
        1..14 => words::SHORT,
        14..22 => words::FAIR,
        _ => words::GOOD,
    };
    view! {
        <form
            class="form"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <h1>{title}</h1>
            {lead.map(|lead| view! { <p class="hint">{lead}</p> })}
            <label class="field">
                <span>{label}</span>
                <input
                    node_ref=first
                    id="secret"
                    type="password"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=context.key_prefix.map(|prefix| format!("{prefix}…")).unwrap_or_default()
                    on:input=move |_| changed()
                />
            </label>
            {twice
                .then(|| {
                    view! {
                        <label class="field">
                            <span>{words::AGAIN}</span>
                            <input
                                node_ref=second
                                id="secret-again"
                                type="password"
                                autocomplete="off"
                                on:input=move |_| changed()
                            />
                        </label>
                        <p class="hint" role="status">
                            {move || if different.get() { words::DIFFERENT } else { strength() }}
                        </p>
                    }
                })}
            <Refusal failure />
            <div class="dialog-end">
                <Button on_press=on_cancel>{text::CANCEL}</Button>
                <button
                    id="submit"
                    type="submit"
                    class="btn primary"
                    disabled=move || busy.get() || length.get() == 0 || different.get()
                >
                    {move || if busy.get() { words::WORKING } else { submit_words }}
                </button>
            </div>
        </form>
    }
}
