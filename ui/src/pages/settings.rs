use holdfast_contract::{Action, Place, ProviderInfo, Reach, Theme};
use icondata_lu::{LuPlus, LuRefreshCw, LuTrash2, LuTriangleAlert};
use leptos::prelude::*;

use crate::components::{Button, Icon, Segmented};
use crate::state::{Dialog, State};
use crate::text::{self, action, reach, settings as words};

const THEMES: &[(Theme, &str)] =
    &[(Theme::System, words::SYSTEM), (Theme::Light, words::LIGHT), (Theme::Dark, words::DARK)];

/// What can be set, and what the program is.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    view! {
        <main class="page">
            <div class="page-body narrow">
                <header>
                    <h1 class="grow">{words::TITLE}</h1>
                </header>
                <Appearance />
                <Providers />
                <About />
            </div>
        </main>
    }
}

#[component]
fn Appearance() -> impl IntoView {
    let State { settings, .. } = State::get();
    let theme = Signal::derive(move || settings.settings.with(|settings| settings.theme));
    view! {
        <section class="setting">
            <h2>{words::APPEARANCE}</h2>
            <div class="setting-line">
                <div class="grow">
                    <b>{words::THEME}</b>
                    <p class="hint">{words::THEME_HINT}</p>
                </div>
                <Segmented
                    label=words::THEME
                    name="theme"
                    options=THEMES
                    value=theme
                    on_choose=move |theme| settings.set_theme(theme)
                />
            </div>
        </section>
    }
}

#[component]
fn Providers() -> impl IntoView {
    let State { catalogue, dialogs, .. } = State::get();
    view! {
        <section class="setting">
            <div class="setting-head">
                <div class="grow">
                    <h2>{words::PROVIDERS}</h2>
                    <p class="hint">{words::PROVIDERS_HINT}</p>
                </div>
                <Button
                    action="refresh"
                    disabled=Signal::derive(move || catalogue.refreshing.get())
                    on_press=move |()| catalogue.refresh()
                >
                    <Icon icon=LuRefreshCw />
                    {move || if catalogue.refreshing.get() { words::LOOKING } else { words::LOOK_AGAIN }}
                </Button>
                <Button action="add-provider" on_press=move |()| dialogs.show(Dialog::AddProvider)>
                    <Icon icon=LuPlus />
                    {words::ADD_PROVIDER}
                </Button>
            </div>
            {move || {
                let warning = catalogue
                    .catalogue
                    .with(|catalogue| catalogue.as_ref().and_then(|catalogue| catalogue.warning.clone()));
                warning
                    .map(|warning| {
                        view! {
                            <p class="banner warn" role="alert">
                                <Icon icon=LuTriangleAlert />
                                <span class="grow">{warning}</span>
                            </p>
                        }
                    })
            }}
            <ul class="providers">
                {move || {
                    catalogue.providers().into_iter().map(|provider| view! { <Provider provider /> }).collect_view()
                }}
            </ul>
        </section>
    }
}

#[component]
fn Provider(provider: ProviderInfo) -> impl IntoView {
    let state = State::get();
    let State { dialogs, .. } = state;
    let class = match provider.reach {
        Reach::Ready { .. } => "state ok",
        Reach::Failed { .. } => "state no",
        Reach::Locked => "state wait",
        Reach::Unknown | Reach::NoKey | Reach::NotRunning => "state idle",
    };
    let address = match provider.place {
        Place::BuiltIn => words::IN_PROGRAM.to_owned(),
        Place::Local | Place::Cloud => provider.base_url.clone(),
    };
    let custom = provider.id.0.starts_with("custom-");
    let (with_key, started, deleted) = (provider.id.clone(), provider.clone(), provider.clone());
    let hint = match &provider.reach {
        Reach::Failed { failure } => failure.hint.clone(),
        _ => None,
    };
    view! {
        <li data-provider=provider.id.0.clone()>
            <div class="provider-name">
                <b dir="auto">{provider.name.clone()}</b>
                <span class="mono">{address}</span>
            </div>
            <div class="provider-state">
                <span class=class>{reach::words(&provider.reach)}</span>
                {hint.map(|hint| view! { <small>{hint}</small> })}
            </div>
            <div class="row-end">
                {match provider.reach {
                    Reach::NoKey => Some(view! {
                        <Button
                            action="add-key"
                            on_press=move |()| dialogs.show(Dialog::AddKey { provider: Some(with_key.clone()) })
                        >
                            {action::ADD_KEY}
                        </Button>
                    }.into_any()),
                    Reach::Locked => Some(view! {
                        <Button action="unlock" on_press=move |()| state.perform(Action::Unlock, None)>{action::UNLOCK}</Button>
                    }.into_any()),
                    Reach::NotRunning => Some(view! {
                        <Button
                            action="start-server"
                            on_press=move |()| dialogs.show(Dialog::StartServer(started.clone()))
                        >
                            {reach::HOW_TO_START}
                        </Button>
                    }.into_any()),
                    Reach::Unknown | Reach::Ready { .. } | Reach::Failed { .. } => None,
                }}
                {custom.then(|| view! {
                    <button
                        type="button"
                        class="icon-btn"
                        data-action="delete-provider"
                        aria-label=text::DELETE
                        title=text::DELETE
                        on:click=move |_| dialogs.show(Dialog::DeleteProvider(deleted.clone()))
                    >
                        <Icon icon=LuTrash2 />
                    </button>
                })}
            </div>
        </li>
    }
}

#[component]
fn About() -> impl IntoView {
    let State { status, chat, .. } = State::get();
    move || {
        status.status.get().map(|status| {
            let folder = status.data_dir.clone();
            view! {
                <section class="setting">
                    <h2>{words::ABOUT}</h2>
                    <div class="setting-line">
                        <b class="grow">{words::VERSION}</b>
                        <span class="mono">{status.version}</span>
                    </div>
                    <div class="setting-line">
                        <div class="grow">
                            <b>{words::DATA}</b>
                            <p class="hint">{words::DATA_HINT}</p>
                        </div>
                        <span class="mono address" dir="ltr">{status.data_dir}</span>
                        <Button action="copy-folder" on_press=move |()| chat.copy(folder.clone())>{text::COPY}</Button>
                    </div>
                </section>
            }
        })
    }
}
