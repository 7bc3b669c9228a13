use holdfast_contract::{Action, ModelInfo, Place, ProviderInfo, Reach};
use icondata_lu::{LuCheck, LuChevronDown};
use leptos::html;
use leptos::prelude::*;

use super::{Button, ButtonKind, Icon};
use crate::dom;
use crate::state::{Dialog, State};
use crate::text::{action, composer, picker as words, reach};

/// Models drawn at once; typing narrows the rest.
const SHOWN: usize = 60;
/// Models of one provider while nothing is typed, so that every provider is in view.
const OF_ONE_PROVIDER: usize = 8;

/// The pill that names the model of the next question, and the list it opens.
#[component]
pub(super) fn ModelPicker() -> impl IntoView {
    let State { chat, catalogue, .. } = State::get();
    let pill = NodeRef::<html::Button>::new();
    let popover = NodeRef::<html::Div>::new();
    let input = NodeRef::<html::Input>::new();
    let filter = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);

    let found = Memo::new(move |_| {
        let terms: Vec<String> = filter.get().to_lowercase().split_whitespace().map(str::to_owned).collect();
        catalogue.catalogue.with(|catalogue| {
            let Some(catalogue) = catalogue else { return Vec::new() };
            catalogue.models.iter().filter(|info| fits(info, &terms)).cloned().collect::<Vec<_>>()
        })
    });
    let shown = Memo::new(move |_| {
        if !filter.with(String::is_empty) {
            return found.get().into_iter().take(SHOWN).collect::<Vec<_>>();
        }
        let chosen = chat.model();
        let mut of_this = (String::new(), 0_usize);
        let near = found.get().into_iter().filter(|info| {
            if of_this.0 != info.model.provider.0 {
                of_this = (info.model.provider.0.clone(), 0);
            }
            of_this.1 += 1;
            of_this.1 <= OF_ONE_PROVIDER || Some(&info.model) == chosen.as_ref()
        });
        near.collect::<Vec<_>>()
    });

    // Asked for from elsewhere, the list opens as if the pill had been pressed.
    Effect::new(move |_| {
        let (open, Some(list)) = (chat.choosing.get(), popover.get()) else { return };
        if open != list.matches(":popover-open").unwrap_or(false) {
            dom::note(if open { list.show_popover() } else { list.hide_popover() });
        }
    });
    let on_toggle = move |_| {
        let (Some(list), Some(pill)) = (popover.get_untracked(), pill.get_untracked()) else { return };
        let open = list.matches(":popover-open").unwrap_or(false);
        chat.choosing.set(open);
        if open {
            filter.set(String::new());
            active.set(untrack(|| {
                let model = chat.model();
                shown.get().iter().position(|info| Some(&info.model) == model.as_ref()).unwrap_or(0)
            }));
            if let Some(input) = input.get_untracked() {
                input.set_value("");
                dom::note(input.focus());
            }
            dom::place_above(&list, &pill);
            // The list is drawn by then.
            queue_microtask(scroll_to_active);
        } else {
            dom::focus("#composer");
        }
    };
    let choose = move |index: usize| {
        let Some(info) = shown.with_untracked(|shown| shown.get(index).cloned()) else { return };
        if info.usable {
            chat.choose_model(info.model);
        }
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        let last = shown.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => active.update(|active| *active = (*active + 1).min(last)),
            "ArrowUp" => active.update(|active| *active = active.saturating_sub(1)),
            "Home" if event.ctrl_key() => active.set(0),
            "End" if event.ctrl_key() => active.set(last),
            "Enter" if !event.is_composing() => choose(active.get_untracked()),
            _ => return,
        }
        event.prevent_default();
        request_animation_frame(scroll_to_active);
    };
    let rest = move || found.with(Vec::len) - shown.with(Vec::len);
    view! {
        <button
            node_ref=pill
            id="model"
            type="button"
            class="pill"
            popovertarget="picker"
            aria-haspopup="listbox"
            aria-expanded=move || chat.choosing.get().to_string()
            title=composer::MODEL_TITLE
        >
            <PillWords />
            <Icon icon=LuChevronDown />
        </button>
        <div node_ref=popover id="picker" class="picker" popover="auto" on:toggle=on_toggle on:keydown=on_keydown>
            <input
                node_ref=input
                id="model-filter"
                type="text"
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                placeholder=words::FILTER
                aria-label=words::FILTER
                aria-controls="model-list"
                aria-expanded="true"
                aria-activedescendant=move || format!("model-{}", active.get())
                on:input=move |event| {
                    filter.set(event_target_value(&event));
                    active.set(0);
                }
            />
            <div id="model-list" class="options" role="listbox" aria-label=words::LABEL>
                {move || {
                    chat.choosing
                        .get()
                        .then(|| {
                            view! {
                                <Groups
                                    providers=catalogue.providers()
                                    shown=shown.get()
                                    filtered=!filter.get().is_empty()
                                    active
                                    choose=Callback::new(choose)
                                />
                            }
                        })
                }}
                {move || (rest() > 0).then(|| view! { <p class="hint">{words::more(rest())}</p> })}
                {move || {
                    let nothing = found.with(Vec::is_empty) && !filter.get().is_empty();
                    nothing.then(|| view! { <p class="hint">{words::NOTHING_FOUND}</p> })
                }}
                {move || {
                    (catalogue.refreshing.get()).then(|| view! { <p class="hint" role="status">{words::LOOKING}</p> })
                }}
            </div>
        </div>
    }
}

fn scroll_to_active() {
    if let Ok(Some(element)) = document().query_selector("#model-list [aria-selected=true]") {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

fn fits(info: &ModelInfo, terms: &[String]) -> bool {
    let text = format!("{} {} {}", info.name, info.model, info.provider_name).to_lowercase();
    terms.iter().all(|term| text.contains(term.as_str()))
}

#[component]
fn PillWords() -> impl IntoView {
    let State { chat, .. } = State::get();
    move || match (chat.model_info(), chat.model()) {
        (Some(info), _) => {
            let local = info.place != Place::Cloud;
            view! { <i class="dot" class:local=local></i><span class="pill-words">{info.name}</span> }.into_any()
        }
        (None, Some(model)) => {
            view! { <i class="dot unknown"></i><span class="pill-words">{model.model}</span> }.into_any()
        }
        (None, None) => view! { <span class="pill-words">{composer::CHOOSE_MODEL}</span> }.into_any(),
    }
}

/// The models under their providers. Without a filter, providers that cannot be used say why.
#[component]
fn Groups(
    providers: Vec<ProviderInfo>,
    shown: Vec<ModelInfo>,
    filtered: bool,
    active: RwSignal<usize>,
    choose: Callback<usize>,
) -> impl IntoView {
    let numbered: Vec<(usize, ModelInfo)> = shown.into_iter().enumerate().collect();
    providers
        .into_iter()
        .filter_map(|provider| {
            let models: Vec<_> =
                numbered.iter().filter(|(_, info)| info.model.provider == provider.id).cloned().collect();
            let silent =
                models.is_empty() && (filtered || matches!(provider.reach, Reach::Ready { .. } | Reach::Unknown));
            if silent {
                return None;
            }
            let (name, label) = (provider.name.clone(), provider.name.clone());
            let options =
                models.into_iter().map(|(index, info)| view! { <Choice index info active choose /> }).collect_view();
            Some(view! {
                <div role="group" aria-label=label>
                    <div class="group-head">
                        <span class="grow">{name}</span>
                        <Trouble provider />
                    </div>
                    {options}
                </div>
            })
        })
        .collect_view()
}

/// Why a provider cannot be used now, and what to do.
#[component]
fn Trouble(provider: ProviderInfo) -> impl IntoView {
    let state = State::get();
    let State { dialogs, catalogue, chat, .. } = state;
    let why = reach::words(&provider.reach);
    let (label, name, press): (_, _, Callback<()>) = match provider.reach {
        Reach::Unknown | Reach::Ready { .. } => return ().into_any(),
        Reach::NoKey => (
            action::ADD_KEY,
            "add-key",
            Callback::new(move |()| dialogs.show(Dialog::AddKey { provider: Some(provider.id.clone()) })),
        ),
        Reach::Locked => (action::UNLOCK, "unlock", Callback::new(move |()| state.perform(Action::Unlock, None))),
        Reach::NotRunning => (
            reach::HOW_TO_START,
            "start-server",
            Callback::new(move |()| dialogs.show(Dialog::StartServer(provider.clone()))),
        ),
        Reach::Failed { .. } => (reach::LOOK_AGAIN, "look-again", Callback::new(move |()| catalogue.refresh())),
    };
    let stays = matches!(name, "look-again");
    view! {
        <span class="why">{why}</span>
        <Button
            kind=ButtonKind::Quiet
            action=name
            on_press=move |()| {
                if !stays {
                    chat.choosing.set(false);
                }
                press.run(());
            }
        >
            {label}
        </Button>
    }
    .into_any()
}

#[component]
fn Choice(index: usize, info: ModelInfo, active: RwSignal<usize>, choose: Callback<usize>) -> impl IntoView {
    let State { chat, .. } = State::get();
    let place = match info.place {
        Place::BuiltIn => words::BUILT_IN,
        Place::Local => words::LOCAL,
        Place::Cloud => words::CLOUD,
    };
    let facts: Vec<String> = [
        Some(place.to_owned()),
        info.detail.clone(),
        info.context_window.map(words::window),
        info.key.as_ref().map(|key| composer::your_key(&key.name)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let model = info.model.clone();
    let chosen = Memo::new(move |_| chat.model().as_ref() == Some(&model));
    view! {
        <div
            id=format!("model-{index}")
            class="option"
            role="option"
            data-model=info.model.to_string()
            aria-selected=move || (active.get() == index).to_string()
            aria-disabled=(!info.usable).to_string()
            on:mousemove=move |_| {
                if active.get_untracked() != index {
                    active.set(index);
                }
            }
            on:click=move |_| choose.run(index)
        >
            <i class="dot" class:local=info.place != Place::Cloud></i>
            <span class="grow">
                <b>{info.name}</b>
                <small>{facts.join(" · ")}</small>
            </span>
            {move || chosen.get().then(|| view! { <Icon icon=LuCheck /> })}
        </div>
    }
}
