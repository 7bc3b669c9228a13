use std::time::Duration;

use holdfast_contract::{AnswerInfo, AnswerState, MessageId, Role, StopReason, Waiting};
use icondata_lu::{LuChevronLeft, LuChevronRight, LuChevronRight as LuOpen};
use leptos::html;
use leptos::prelude::*;

use super::failure_box::FailureBox;
use super::markdown::Markdown;
use super::{Button, ButtonKind, Icon};
use crate::state::{Message, PartView, State, exact_now};
use crate::text::{self, message as words};

/// Of a longer question only the start is drawn until all is asked for.
const QUESTION_SHOWN: usize = 6_000;
/// A longer question would make its field slow on every key.
const LONGEST_EDITED: usize = 40_000;

/// A message with its buttons.
#[component]
pub(super) fn MessageRow(message: Message) -> impl IntoView {
    match message.role {
        Role::User => view! { <Question message /> }.into_any(),
        Role::Assistant => view! { <Answer message /> }.into_any(),
    }
}

#[component]
fn Question(message: Message) -> impl IntoView {
    let State { chat, .. } = State::get();
    let id = message.id;
    let editing = Memo::new(move |_| chat.editing.get() == Some(id));
    let busy = Signal::derive(move || chat.streaming.get().is_some() || chat.sending.get());
    move || {
        let message = message.clone();
        if editing.get() {
            return view! { <EditQuestion message /> }.into_any();
        }
        let copied = message.clone();
        let long = message.text().len() > LONGEST_EDITED;
        view! {
            <article class="question" data-message=id.to_string() aria-label=words::YOU>
                <QuestionText message=message.clone() />
                <div class="acts">
                    <Siblings message=message.clone() />
                    <Button kind=ButtonKind::Quiet action="copy" on_press=move |()| chat.copy(copied.text())>
                        {text::COPY}
                    </Button>
                    <span class="contents" title=long.then_some(words::TOO_LONG_TO_EDIT)>
                        <Button
                            kind=ButtonKind::Quiet
                            action="edit"
                            disabled=Signal::derive(move || long || busy.get())
                            on_press=move |()| chat.editing.set(Some(id))
                        >
                            {words::EDIT}
                        </Button>
                    </span>
                </div>
            </article>
        }
        .into_any()
    }
}

#[component]
fn QuestionText(message: Message) -> impl IntoView {
    let all = RwSignal::new(false);
    move || {
        message.parts.track();
        let text = message.text();
        let bytes = text.len();
        let cut = bytes > QUESTION_SHOWN && !all.get();
        let shown = match cut {
            true => text[..text.floor_char_boundary(QUESTION_SHOWN)].to_owned(),
            false => text,
        };
        view! {
            <div class="you" dir="auto">
                {shown}
                {cut.then(|| view! {
                    <p class="cut">
                        {words::too_long_to_draw(bytes)}
                        <Button kind=ButtonKind::Quiet action="show-all" on_press=move |()| all.set(true)>
                            {words::SHOW_ALL}
                        </Button>
                    </p>
                })}
            </div>
        }
    }
}

#[component]
fn EditQuestion(message: Message) -> impl IntoView {
    let State { chat, .. } = State::get();
    let id = message.id;
    let node = NodeRef::<html::Textarea>::new();
    let before = message.text();
    Effect::new(move |_| {
        if let Some(area) = node.get() {
            area.set_value(&before);
            let height = format!("{}px", area.scroll_height() + 2);
            crate::dom::note(web_sys::HtmlElement::style(&area).set_property("height", &height));
            crate::dom::note(area.focus());
        }
    });
    let send = move || {
        if let Some(area) = node.get_untracked() {
            let text = area.value();
            if !text.trim().is_empty() {
                chat.send(text, Some(id), || {});
            }
        }
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            chat.editing.set(None);
        }
        "Enter" if !event.shift_key() && !event.is_composing() => {
            event.prevent_default();
            send();
        }
        _ => {}
    };
    view! {
        <div class="question editing">
            <textarea node_ref=node class="edit" dir="auto" aria-label=words::EDIT_LABEL on:keydown=on_keydown></textarea>
            <div class="edit-end">
                <Button on_press=move |()| chat.editing.set(None)>{text::CANCEL}</Button>
                <Button kind=ButtonKind::Primary action="send-edit" disabled=Signal::derive(move || chat.sending.get()) on_press=move |()| send()>
                    {words::SEND_EDIT}
                </Button>
            </div>
        </div>
    }
}

#[component]
fn Answer(message: Message) -> impl IntoView {
    let State { chat, .. } = State::get();
    let id = message.id;
    let info = message.answer.clone();
    let state = {
        let info = info.clone();
        Memo::new(move |_| info.get().map(|info| info.state))
    };
    let streaming = Memo::new(move |_| matches!(state.get(), Some(AnswerState::Streaming { .. })));
    let awaiting = Memo::new(move |_| state.get() == Some(AnswerState::Streaming { waiting: None }));
    let busy = Signal::derive(move || chat.streaming.get().is_some() || chat.sending.get());
    let copied = message.clone();
    let parts = message.parts.clone();
    let empty = {
        let parts = parts.clone();
        Memo::new(move |_| parts.with(|parts| parts.iter().all(|part| part.reasoning)))
    };
    view! {
        <article
            class="turn"
            data-answer=id.to_string()
            data-state=move || state.get().as_ref().map(state_name)
            aria-busy=move || streaming.get().to_string()
        >
            {move || info.get().map(|info| view! { <By info /> })}
            <div class="prose" class:streaming=move || streaming.get()>
                <For
                    each=move || parts.get().into_iter().enumerate()
                    key=|(index, part)| (*index, part.reasoning)
                    children=move |(_, part)| view! { <PartBody message=id part streaming /> }
                />
                {move || {
                    (awaiting.get() && empty.get())
                        .then(|| view! { <p class="awaiting" role="status"><span class="unseen">{words::WAITING}</span><span class="caret"></span></p> })
                }}
            </div>
            {move || state.get().map(|state| view! { <Outcome id state busy empty /> })}
            <div class="acts">
                <Siblings message=message.clone() />
                <Button kind=ButtonKind::Quiet action="copy" on_press=move |()| chat.copy(copied.text())>
                    {text::COPY}
                </Button>
                <Button kind=ButtonKind::Quiet action="retry" disabled=busy on_press=move |()| chat.retry(id)>
                    {words::TRY_AGAIN}
                </Button>
            </div>
        </article>
    }
}

const fn state_name(state: &AnswerState) -> &'static str {
    match state {
        AnswerState::Streaming { .. } => "streaming",
        AnswerState::Complete { .. } => "complete",
        AnswerState::Stopped => "stopped",
        AnswerState::Interrupted => "interrupted",
        AnswerState::Failed { .. } => "failed",
    }
}

/// Who answered, where, with which key, how fast and how much.
#[component]
fn By(info: AnswerInfo) -> impl IntoView {
    let built_in = info.model.provider.0 == "rehearsal";
    let place = match (&info.key, info.local) {
        (Some(key), _) => Some(match &key.instead_of {
            Some(other) => words::used_instead(&other.name, &other.why, &key.name),
            None => words::using_key(&key.name),
        }),
        (None, _) if built_in => Some(words::BUILT_IN.to_owned()),
        (None, true) => Some(words::ON_THIS_COMPUTER.to_owned()),
        (None, false) => None,
    };
    let time = match (info.duration_ms, info.first_token_ms) {
        (Some(whole), _) => Some(words::seconds(whole)),
        (None, Some(first)) => Some(words::first_word(first)),
        (None, None) => None,
    };
    let facts: Vec<String> = [place, time, info.usage.output.map(words::tokens)].into_iter().flatten().collect();
    view! {
        <div class="by">
            <i class="dot" class:local=info.local></i>
            <b>{info.model_name}</b>
            <span>{facts.join(" · ")}</span>
        </div>
    }
}

#[component]
fn PartBody(message: MessageId, part: PartView, streaming: Memo<bool>) -> impl IntoView {
    if part.reasoning {
        view! {
            <details class="reasoning">
                <summary><Icon icon=LuOpen />{words::REASONING}</summary>
                <div class="thoughts"><Markdown message document=part.document /></div>
            </details>
        }
        .into_any()
    } else {
        view! { <div class="text" class:growing=move || streaming.get()><Markdown message document=part.document /></div> }.into_any()
    }
}

/// How the answer ended, if there is more to say than that it did.
#[component]
fn Outcome(id: MessageId, state: AnswerState, busy: Signal<bool>, empty: Memo<bool>) -> impl IntoView {
    let State { chat, .. } = State::get();
    let go_on = move || {
        view! {
            <Button action="continue" disabled=busy on_press=move |()| chat.go_on(id)>{words::CONTINUE}</Button>
        }
    };
    match state {
        AnswerState::Streaming { waiting: Some(waiting) } => view! { <Wait waiting /> }.into_any(),
        AnswerState::Streaming { waiting: None } => ().into_any(),
        AnswerState::Complete { reason } => match words::stopped_because(reason) {
            Some(why) => view! {
                <div class="outcome">
                    <span>{why}</span>
                    {(reason == StopReason::Length).then(go_on)}
                </div>
            }
            .into_any(),
            None => ().into_any(),
        },
        AnswerState::Stopped => view! {
            <div class="outcome">
                <span>{words::STOPPED}</span>
                // Nothing can be continued where nothing was said; Try again stands below.
                {move || (!empty.get()).then(go_on)}
            </div>
        }
        .into_any(),
        AnswerState::Interrupted => view! {
            <div class="outcome warn">
                <span>{words::INTERRUPTED}</span>
                {go_on()}
                <Button action="retry" disabled=busy on_press=move |()| chat.retry(id)>{words::TRY_AGAIN}</Button>
            </div>
        }
        .into_any(),
        AnswerState::Failed { failure } => view! { <FailureBox failure answer=Some(id) /> }.into_any(),
    }
}

/// A pause before the next try, counted down.
#[component]
fn Wait(waiting: Waiting) -> impl IntoView {
    let left = move || ((waiting.until - exact_now()).max(0) + 999) / 1_000;
    let seconds = RwSignal::new(left());
    if let Ok(handle) = set_interval_with_handle(move || seconds.set(left()), Duration::from_millis(500)) {
        on_cleanup(move || handle.clear());
    }
    view! {
        <div class="outcome warn" role="status">
            <span>{waiting.why}</span>
            <span class="figures">{move || words::retry_in(seconds.get(), waiting.attempt)}</span>
        </div>
    }
}

/// Goes through the versions of a message.
#[component]
fn Siblings(message: Message) -> impl IntoView {
    let State { chat, .. } = State::get();
    move || {
        let siblings = message.siblings.get();
        let here = siblings.iter().position(|id| *id == message.id)?;
        if siblings.len() < 2 {
            return None;
        }
        let step = |to: Option<MessageId>, label: &'static str, icon, action: &'static str| {
            let message = message.clone();
            view! {
                <button
                    type="button"
                    class="icon-btn small"
                    aria-label=label
                    title=label
                    data-action=action
                    disabled=move || to.is_none() || chat.streaming.get().is_some()
                    on:click=move |_| {
                        if let Some(to) = to {
                            chat.select_sibling(&message, to);
                        }
                    }
                >
                    <Icon icon />
                </button>
            }
        };
        let before = here.checked_sub(1).and_then(|index| siblings.get(index).copied());
        let after = siblings.get(here + 1).copied();
        Some(view! {
            <span class="siblings">
                {step(before, words::PREVIOUS, LuChevronLeft, "previous-sibling")}
                <span class="figures">{format!("{}/{}", here + 1, siblings.len())}</span>
                {step(after, words::NEXT, LuChevronRight, "next-sibling")}
            </span>
        })
    }
}
