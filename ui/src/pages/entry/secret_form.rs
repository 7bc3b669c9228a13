use holdfast_contract::{EntryContext, EntryPurpose, Failure, Protection, SubmitEntry, UnlockWay};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Refusal;
use crate::components::Button;
use crate::strength::{Strength, strength};
use crate::text::{self, entry as words, keys};
use crate::{dom, ipc};

/// What one purpose of the window asks for.
struct Ask {
    title: String,
    lead: Option<String>,
    /// What the field is called.
    label: &'static str,
    submit: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    /// Typed twice, with a hint of how hard it is to guess.
    NewPassphrase,
    Passphrase,
    /// In groups, which are easier to type when they are seen.
    Code,
}

impl Ask {
    fn of(context: &EntryContext) -> Self {
        let provider = context.provider_name.as_deref().unwrap_or_default();
        let (title, lead, kind, submit) = match &context.purpose {
            EntryPurpose::AddKey { .. } => {
                (words::add_title(provider), context.origin.as_deref().map(keys::goes_to), Kind::Key, words::SAVE)
            }
            EntryPurpose::ReplaceKey { .. } => {
                (words::REPLACE_TITLE.to_owned(), context.origin.as_deref().map(keys::goes_to), Kind::Key, words::SAVE)
            }
            EntryPurpose::SetPassphrase { with } => {
                let lead = match with {
                    Protection::Both => words::BOTH_LEAD,
                    Protection::Passphrase | Protection::Keychain => words::PASSPHRASE_LEAD,
                };
                (words::PASSPHRASE_TITLE.to_owned(), Some(lead.to_owned()), Kind::NewPassphrase, words::SAVE)
            }
            EntryPurpose::RenewPassphrase { .. } => {
                (words::RENEW_TITLE.to_owned(), Some(words::RENEW_LEAD.to_owned()), Kind::NewPassphrase, words::SAVE)
            }
            EntryPurpose::Unlock { way: UnlockWay::Recovery } => (
                words::RECOVERY_UNLOCK_TITLE.to_owned(),
                Some(words::RECOVERY_UNLOCK_LEAD.to_owned()),
                Kind::Code,
                words::UNLOCK,
            ),
            EntryPurpose::Unlock { way } => {
                let lead = match way {
                    UnlockWay::Both => words::UNLOCK_BOTH_LEAD,
                    UnlockWay::Passphrase | UnlockWay::Keychain | UnlockWay::Recovery => words::UNLOCK_LEAD,
                };
                (words::UNLOCK_TITLE.to_owned(), Some(lead.to_owned()), Kind::Passphrase, words::UNLOCK)
            }
            EntryPurpose::Export { path } => {
                (words::EXPORT_TITLE.to_owned(), Some(words::export_lead(path)), Kind::NewPassphrase, words::EXPORT)
            }
            EntryPurpose::Import { path } => {
                (words::IMPORT_TITLE.to_owned(), Some(words::import_lead(path)), Kind::Passphrase, words::IMPORT)
            }
            // That one is drawn by a view of its own.
            EntryPurpose::RecoveryCode => (String::new(), None, Kind::Code, words::UNLOCK),
        };
        let label = match kind {
            Kind::Key => words::KEY,
            Kind::NewPassphrase | Kind::Passphrase => words::PASSPHRASE,
            Kind::Code => words::RECOVERY_CODE,
        };
        Self { title, lead, label, submit, kind }
    }
}

/// A field for a secret, or two for a new passphrase.
#[component]
pub(super) fn SecretForm(
    context: EntryContext,
    failure: RwSignal<Option<Failure>>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let Ask { title, lead, label, submit: submit_words, kind } = Ask::of(&context);
    let twice = kind == Kind::NewPassphrase;
    let first = NodeRef::<html::Input>::new();
    let second = NodeRef::<html::Input>::new();
    let empty = RwSignal::new(true);
    let force = RwSignal::new(Strength::Empty);
    let different = RwSignal::new(false);
    let odd_form = RwSignal::new(false);
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(input) = first.get() {
            dom::note(input.focus());
        }
    });
    let prefix = StoredValue::new(context.key_prefix.filter(|_| kind == Kind::Key));
    let changed = move || {
        let (Some(input), again) = (first.get_untracked(), second.get_untracked()) else { return };
        let typed = input.value();
        empty.set(typed.trim().is_empty());
        if twice {
            force.set(strength(&typed));
        }
        // While the start is typed, it may still become right.
        odd_form.set(prefix.with_value(|prefix| {
            prefix.as_deref().is_some_and(|prefix| {
                let typed = typed.trim_start();
                typed.len() >= prefix.len() && !typed.starts_with(prefix)
            })
        }));
        different.set(again.is_some_and(|again| !again.value().is_empty() && again.value() != typed));
        failure.set(None);
    };
    let submit = move || {
        let Some(input) = first.get_untracked() else { return };
        let secret = input.value();
        if secret.trim().is_empty() || busy.get_untracked() || (twice && !force.get_untracked().enough()) {
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
                    dom::note(input.focus());
                }
            }
            busy.set(false);
        });
    };
    let blocked = move || busy.get() || empty.get() || different.get() || (twice && !force.get().enough());
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
                    // A recovery code is typed from paper, where a slip is likelier than a look over the shoulder.
                    type=if kind == Kind::Code { "text" } else { "password" }
                    class:code=kind == Kind::Code
                    autocomplete="off"
                    autocapitalize=(kind == Kind::Code).then_some("characters")
                    spellcheck="false"
                    placeholder=match kind {
                        Kind::Code => words::CODE_EXAMPLE.to_owned(),
                        Kind::Key => prefix.get_value().map(|prefix| format!("{prefix}…")).unwrap_or_default(),
                        Kind::NewPassphrase | Kind::Passphrase => String::new(),
                    }
                    on:input=move |_| changed()
                />
            </label>
            {(kind == Kind::Key)
                .then(|| {
                    view! {
                        <p class="hint caution" role="status">
                            {move || {
                                odd_form
                                    .get()
                                    .then(|| prefix.with_value(|prefix| words::odd_form(prefix.as_deref().unwrap_or_default())))
                            }}
                        </p>
                    }
                })}
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
                        <div class="strength" data-strength=move || force.get().as_str()>
                            <i></i><i></i><i></i>
                            <p role="status">
                                {move || if different.get() { words::DIFFERENT.to_owned() } else { words::strength(force.get()) }}
                            </p>
                        </div>
                    }
                })}
            <Refusal failure />
            <div class="dialog-end">
                <Button on_press=on_cancel>{text::CANCEL}</Button>
                <button id="submit" type="submit" class="btn primary" disabled=blocked>
                    {move || if busy.get() { words::WORKING } else { submit_words }}
                </button>
            </div>
        </form>
    }
}
