use std::time::Duration;

use holdfast_contract::{Action, Code, Failure, MessageId};
use icondata_lu::LuCircleAlert;
use leptos::prelude::*;

use super::{Button, Icon};
use crate::state::State;
use crate::text::{action as words, message, reach};

/// What went wrong, what to do, and buttons that do it.
#[component]
pub(crate) fn FailureBox(failure: Failure, answer: Option<MessageId>) -> impl IntoView {
    let buttons = failure.actions.into_iter().map(|action| view! { <ActionButton action answer /> }).collect_view();
    view! {
        // A limit of the user's own is no fault.
        <div class="failure" class:calm=failure.code == Code::LimitReached role="alert">
            <Icon icon=LuCircleAlert />
            <div class="grow">
                <p>{failure.message}</p>
                {failure.hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                <div class="failure-actions">{buttons}</div>
            </div>
        </div>
    }
}

/// A button for an action.
#[component]
pub(crate) fn ActionButton(action: Action, answer: Option<MessageId>) -> impl IntoView {
    let state = State::get();
    let (words, name) = match &action {
        Action::AddKey { .. } => (words::ADD_KEY, "add-key"),
        Action::TestKey { .. } => (words::TEST_KEY, "test-key"),
        Action::ReplaceKey { .. } => (words::REPLACE_KEY, "replace-key"),
        Action::KeySettings { .. } => (words::KEY_SETTINGS, "key-settings"),
        Action::Unlock => (words::UNLOCK, "unlock"),
        Action::StartServer { .. } => (reach::HOW_TO_START, "start-server"),
        Action::ChooseModel => (words::CHOOSE_MODEL, "choose-model"),
        Action::TryAgain { .. } => (message::TRY_AGAIN, "retry"),
        Action::NewConversation => (words::NEW_CONVERSATION, "new-conversation"),
        Action::Continue { .. } => (message::CONTINUE, "continue"),
        Action::RestoreBackup => (words::RESTORE_BACKUP, "restore-backup"),
        Action::Reload { .. } => (words::RELOAD, "reload"),
    };
    let wait = match action {
        Action::TryAgain { after: Some(seconds) } => i64::from(seconds),
        _ => 0,
    };
    let left = countdown(wait);
    view! {
        <Button
            action=name
            disabled=Signal::derive(move || left.get() > 0)
            on_press=move |()| state.perform(action.clone(), answer)
        >
            {move || match left.get() {
                0 => words.to_owned(),
                seconds => words::try_again_in(seconds),
            }}
        </Button>
    }
}

/// Seconds that go down to nothing, for as long as this is drawn.
fn countdown(seconds: i64) -> ReadSignal<i64> {
    let (left, set_left) = signal(seconds);
    if seconds > 0 {
        let step = move || set_left.update(|left| *left = (*left - 1).max(0));
        if let Ok(handle) = set_interval_with_handle(step, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    }
    left
}
