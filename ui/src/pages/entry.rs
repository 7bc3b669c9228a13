use holdfast_contract::{CancelEntry, EntryContext, EntryPurpose, Failure, GetEntry};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::Button;
use crate::{ipc, state, text};

mod recovery;
mod secret_form;

use recovery::RecoveryCode;
use secret_form::SecretForm;

/// The small window in which secrets are typed. What is typed goes to the program and nowhere else;
/// nothing a model wrote is drawn here.
#[component]
pub(crate) fn Entry() -> impl IntoView {
    let context = RwSignal::new(None::<EntryContext>);
    let failure = RwSignal::new(None::<Failure>);
    state::note_activity(|| true);
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
        // A recovery code is not put away by a slip of the hand.
        let keeps = context.with_untracked(|context| {
            context.as_ref().is_some_and(|context| context.purpose == EntryPurpose::RecoveryCode)
        });
        if event.key() == "Escape" && !keeps {
            cancel();
        }
    });
    let on_cancel = Callback::new(move |()| cancel());
    view! {
        <main class="entry" data-entry=move || context.with(|context| context.as_ref().map(|context| tag(&context.purpose)))>
            {move || match context.get() {
                None => failure.with(Option::is_some).then(|| view! {
                    <div class="form">
                        <Refusal failure />
                        <div class="dialog-end"><Button on_press=on_cancel>{text::CLOSE}</Button></div>
                    </div>
                }).into_any(),
                Some(EntryContext { purpose: EntryPurpose::RecoveryCode, .. }) => {
                    view! { <RecoveryCode failure on_cancel /> }.into_any()
                }
                Some(context) => view! { <SecretForm context failure on_cancel /> }.into_any(),
            }}
        </main>
    }
}

/// What the window is for, for tests.
const fn tag(purpose: &EntryPurpose) -> &'static str {
    match purpose {
        EntryPurpose::AddKey { .. } => "add-key",
        EntryPurpose::ReplaceKey { .. } => "replace-key",
        EntryPurpose::SetPassphrase { .. } => "set-passphrase",
        EntryPurpose::RenewPassphrase { .. } => "renew-passphrase",
        EntryPurpose::Unlock { .. } => "unlock",
        EntryPurpose::RecoveryCode => "recovery-code",
        EntryPurpose::Export { .. } => "export",
        EntryPurpose::Import { .. } => "import",
    }
}

/// Why what was typed was not taken.
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
