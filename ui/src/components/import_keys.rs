use holdfast_contract::{Failure, FileUse, FoundKey};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::Modal;
use super::{Button, ButtonKind, ChooseFileButton, FailureBox, Segmented, Switch};
use crate::state::State;
use crate::text::{self, import as words};

const PLACES: &[(bool, &str)] = &[(false, words::ENVIRONMENT), (true, words::FILE)];

/// Brings in keys that stand in the environment or in a file of variables.
#[component]
pub(super) fn ImportKeys() -> impl IntoView {
    let State { dialogs, keys, settings, .. } = State::get();
    let from_file = RwSignal::new(false);
    let path = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Vec<FoundKey>>);
    let chosen = RwSignal::new(Vec::<String>::new());
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);

    let file = move || from_file.get_untracked().then(|| path.get_untracked().trim().to_owned());
    let look = move || {
        let file = file();
        if busy.get_untracked() || file.as_ref().is_some_and(String::is_empty) {
            return;
        }
        busy.set(true);
        failure.set(None);
        found.set(None);
        spawn_local(async move {
            let reply = keys.look_for(file).await;
            // The dialog may be gone by then.
            match reply {
                Ok(list) => {
                    let new = list.iter().filter(|key| key.known.is_none()).map(|key| key.variable.clone()).collect();
                    chosen.try_set(new);
                    found.try_set(Some(list));
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            busy.try_set(false);
        });
    };
    let import = move |()| {
        let (file, variables) = (file(), chosen.get_untracked());
        busy.set(true);
        failure.set(None);
        spawn_local(async move {
            match keys.import(file, variables).await {
                Ok(()) => dialogs.close(),
                Err(error) => {
                    failure.try_set(Some(error));
                    busy.try_set(false);
                }
            }
        });
    };
    // The environment is there; a file must be named first.
    look();
    let fallback = Signal::derive(move || settings.settings.with(|settings| settings.environment_keys));
    view! {
        <Modal title=words::TITLE.to_owned()>
            <Segmented
                label=words::TITLE
                name="import-from"
                options=PLACES
                value=from_file
                on_choose=move |file| {
                    from_file.set(file);
                    found.set(None);
                    failure.set(None);
                    if !file {
                        look();
                    }
                }
            />
            {move || {
                from_file
                    .get()
                    .then(|| {
                        view! {
                            <form
                                class="path-line"
                                on:submit=move |event| {
                                    event.prevent_default();
                                    look();
                                }
                            >
                                <label class="field grow">
                                    <span>{words::PATH}</span>
                                    <input
                                        id="import-path"
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
                                    purpose=FileUse::Variables
                                    path
                                    on_chosen=move |chosen| {
                                        path.set(chosen);
                                        look();
                                    }
                                    on_failure=move |error| failure.set(Some(error))
                                />
                                <Button
                                    action="find-keys"
                                    disabled=Signal::derive(move || busy.get() || path.with(|path| path.trim().is_empty()))
                                    on_press=move |()| look()
                                >
                                    {words::LOOK}
                                </Button>
                            </form>
                        }
                    })
            }}
            {move || failure.get().map(|failure| view! { <FailureBox failure answer=None /> })}
            {move || match found.get() {
                Some(list) if list.is_empty() => {
                    let words = if from_file.get() { words::NOTHING_IN_FILE } else { words::NOTHING_IN_ENVIRONMENT };
                    view! { <p class="hint" role="status">{words}</p> }.into_any()
                }
                Some(list) => view! { <Found list chosen /> }.into_any(),
                None if busy.get() => view! { <p class="hint" role="status">{words::LOOKING}</p> }.into_any(),
                None => ().into_any(),
            }}
            {move || {
                (!from_file.get())
                    .then(|| {
                        view! {
                            <label class="switch-line boxed">
                                <span class="grow"><b>{words::FALLBACK}</b><small>{words::FALLBACK_HINT}</small></span>
                                <Switch
                                    label=words::FALLBACK
                                    action="environment-keys"
                                    on=fallback
                                    on_change=move |on| settings.set_environment_keys(on)
                                />
                            </label>
                        }
                    })
            }}
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CLOSE}</Button>
                <Button
                    kind=ButtonKind::Primary
                    action="import-keys"
                    disabled=Signal::derive(move || busy.get() || chosen.with(Vec::is_empty) || found.with(Option::is_none))
                    on_press=import
                >
                    {move || words::import(if found.with(Option::is_some) { chosen.with(Vec::len) } else { 0 })}
                </Button>
            </div>
        </Modal>
    }
}

/// What was found, to choose from.
#[component]
fn Found(list: Vec<FoundKey>, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let State { keys, catalogue, .. } = State::get();
    let lines = list
        .into_iter()
        .map(|found| {
            let provider =
                untrack(|| catalogue.provider(&found.provider)).map_or(found.provider.0, |provider| provider.name);
            let known = found.known.and_then(|id| untrack(|| keys.find(id))).map(|key| words::known(&key.info.name));
            let (variable, on, tag, shown) =
                (found.variable.clone(), found.variable.clone(), found.variable.clone(), found.variable);
            let disabled = found.known.is_some();
            view! {
                <li>
                    <label class="check-line" data-variable=tag>
                        <input
                            type="checkbox"
                            disabled=disabled
                            prop:checked=move || chosen.with(|chosen| chosen.contains(&on))
                            on:change=move |event| {
                                let on = event_target_checked(&event);
                                chosen.update(|chosen| {
                                    chosen.retain(|other| *other != variable);
                                    if on {
                                        chosen.push(variable.clone());
                                    }
                                });
                            }
                        />
                        <span class="grow">
                            <b class="mono">{shown}</b>
                            <small>{provider}{known.map(|known| format!(" · {known}"))}</small>
                        </span>
                        <span class="mono masked">{found.masked}</span>
                    </label>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="check-list" aria-label=words::FOUND>{lines}</ul> }
}
