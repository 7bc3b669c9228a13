use holdfast_contract::{Action, ModelInfo, Place, Reach};
use icondata_lu::{LuCheck, LuCloud, LuCopy, LuDrama, LuHardDrive, LuTriangleAlert};
use leptos::prelude::*;

use super::{ActionButton, Button, ButtonKind, Icon};
use crate::state::State;
use crate::text::{self, first_run as words};

/// What a conversation without messages shows: what it will talk to, or what there is to talk to.
#[component]
pub(crate) fn EmptyState() -> impl IntoView {
    let State { chat, .. } = State::get();
    let model = Memo::new(move |_| chat.model_info());
    move || match model.get() {
        Some(model) if model.usable => view! { <Ready model /> }.into_any(),
        Some(model) => view! { <NotReady model /> }.into_any(),
        None => view! { <crate::pages::FirstRun /> }.into_any(),
    }
}

#[component]
fn Ready(model: ModelInfo) -> impl IntoView {
    let State { chat, .. } = State::get();
    let (icon, where_to) = match model.place {
        Place::Local => (LuHardDrive, words::READY_HERE.to_owned()),
        Place::BuiltIn => (LuDrama, words::READY_BUILT_IN.to_owned()),
        Place::Cloud => {
            (LuCloud, words::ready_cloud(&model.provider_name, model.key.as_ref().map(|key| key.name.as_str())))
        }
    };
    view! {
        <div class="ready">
            <span class="ready-icon"><Icon icon /></span>
            <h2 dir="auto">{words::ready(&model.name)}</h2>
            <p>{where_to}</p>
            <Button kind=ButtonKind::Quiet on_press=move |()| chat.choosing.set(true)>{words::OTHER_WAYS}</Button>
        </div>
    }
}

/// Why the chosen model cannot be asked now, and what to do.
#[component]
fn NotReady(model: ModelInfo) -> impl IntoView {
    let state = State::get();
    let provider = Memo::new(move |_| state.catalogue.provider(&model.model.provider));
    view! {
        <div class="ready">
            <span class="ready-icon warn"><Icon icon=LuTriangleAlert /></span>
            <h2 dir="auto">{words::not_ready(&model.name)}</h2>
            <p>{move || provider.get().map(|provider| words::because(&provider.name, &provider.reach))}</p>
            <div class="way-end">
                {move || {
                    let provider = provider.get()?;
                    let id = provider.id.clone();
                    let action = match provider.reach {
                        Reach::NoKey => Action::AddKey { provider: id },
                        Reach::Locked => Action::Unlock,
                        Reach::NotRunning => Action::StartServer { provider: id },
                        Reach::Unknown | Reach::Ready { .. } | Reach::Failed { .. } => return None,
                    };
                    Some(view! { <ActionButton action answer=None /> })
                }}
                <Button kind=ButtonKind::Quiet on_press=move |()| state.chat.choosing.set(true)>
                    {words::OTHER_WAYS}
                </Button>
            </div>
        </div>
    }
}

/// A line for a terminal, to copy.
#[component]
pub(crate) fn Command(line: &'static str) -> impl IntoView {
    let State { chat, .. } = State::get();
    let copied = RwSignal::new(false);
    let copy = move |_| {
        chat.copy(line.to_owned());
        copied.set(true);
        set_timeout(
            move || {
                copied.try_set(false);
            },
            std::time::Duration::from_secs(2),
        );
    };
    view! {
        <div class="command">
            <code>{line}</code>
            <button type="button" class="icon-btn" aria-label=text::COPY title=text::COPY on:click=copy>
                {move || if copied.get() { view! { <Icon icon=LuCheck /> } } else { view! { <Icon icon=LuCopy /> } }}
            </button>
        </div>
    }
}
