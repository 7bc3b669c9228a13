use holdfast_contract::{Place, Reach};
use icondata_lu::{LuCloud, LuDrama, LuHardDrive, LuRefreshCw};
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Command, Icon};
use crate::state::{Dialog, State};
use crate::text::{first_run as words, reach};

/// What can be done now, in one screen.
#[component]
pub(crate) fn FirstRun() -> impl IntoView {
    view! {
        <section class="first-run" aria-labelledby="first-run-title">
            <h2 id="first-run-title">{words::TITLE}</h2>
            <p class="lead">{words::LEAD}</p>
            <div class="ways">
                <Here />
                <Cloud />
                <Rehearsal />
            </div>
        </section>
    }
}

#[component]
fn Here() -> impl IntoView {
    let State { catalogue, chat, .. } = State::get();
    let look_again = move || {
        view! {
            <Button
                action="look-again"
                disabled=Signal::derive(move || catalogue.refreshing.get())
                on_press=move |()| catalogue.refresh()
            >
                <Icon icon=LuRefreshCw />
                {reach::LOOK_AGAIN}
            </Button>
        }
    };
    view! {
        <article class="way">
            <h3><Icon icon=LuHardDrive />{words::HERE}</h3>
            {move || {
                let local = || catalogue.providers().into_iter().filter(|provider| provider.place == Place::Local);
                if let Some((provider, models)) = catalogue.ready_here() {
                    view! {
                        <p>{words::found(&provider.name, models)}</p>
                        <div class="way-end">
                            <Button
                                kind=ButtonKind::Primary
                                action="choose-model"
                                on_press=move |()| chat.choosing.set(true)
                            >
                                {words::CHOOSE}
                            </Button>
                        </div>
                    }
                        .into_any()
                } else if let Some(provider) = local().find(|provider| matches!(provider.reach, Reach::Ready { .. })) {
                    view! {
                        <p>{words::running_empty(&provider.name)}</p>
                        <Command line=words::OLLAMA_PULL />
                        <div class="way-end">{look_again()}</div>
                    }
                        .into_any()
                } else if catalogue.refreshing.get() && local().any(|provider| provider.reach == Reach::Unknown) {
                    view! { <p role="status">{words::LOOKING}</p> }.into_any()
                } else {
                    view! {
                        <p>{words::HERE_MISSING}</p>
                        <Command line=words::OLLAMA_INSTALL />
                        <Command line=words::OLLAMA_PULL />
                        <p class="hint">{words::ELSEWHERE}<span class="address">{words::OLLAMA_ADDRESS}</span></p>
                        <div class="way-end">{look_again()}</div>
                    }
                        .into_any()
                }
            }}
        </article>
    }
}

#[component]
fn Cloud() -> impl IntoView {
    let State { catalogue, dialogs, .. } = State::get();
    view! {
        <article class="way">
            <h3><Icon icon=LuCloud />{words::CLOUD}</h3>
            <p>{words::CLOUD_LEAD}</p>
            <div class="way-end wrap">
                {move || {
                    catalogue
                        .with_keys()
                        .into_iter()
                        .filter(|provider| provider.place == Place::Cloud)
                        .map(|provider| {
                            let id = provider.id.clone();
                            view! {
                                <Button
                                    action="add-key"
                                    on_press=move |()| dialogs.show(Dialog::AddKey { provider: Some(id.clone()) })
                                >
                                    {provider.name}
                                </Button>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </article>
    }
}

#[component]
fn Rehearsal() -> impl IntoView {
    let State { catalogue, chat, .. } = State::get();
    move || {
        catalogue.built_in().map(|info| {
            let model = info.model;
            view! {
                <article class="way">
                    <h3><Icon icon=LuDrama />{words::REHEARSAL}</h3>
                    <p>{words::REHEARSAL_LEAD}</p>
                    <div class="way-end">
                        <Button action="try-rehearsal" on_press=move |()| chat.choose_model(model.clone())>
                            {words::TRY_REHEARSAL}
                        </Button>
                    </div>
                </article>
            }
        })
    }
}
