use std::time::Duration;

use holdfast_contract::{ConversationId, ConversationSummary, StoreState};
use icondata_lu::{LuEllipsis, LuPanelLeft, LuPlus, LuSearch, LuTriangleAlert};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::components::{
    Button, ButtonKind, Composer, EmptyState, FailureBox, Icon, Log, Menu, MenuItem, RecoveryReminder,
};
use crate::dom;
use crate::state::{Page, State, on_the_wall};
use crate::text::{self, chats as words, date};
use crate::time::{self, Group};

/// Lines drawn at once; more are drawn when they are asked for.
const SHOWN: usize = 150;
/// A wait shorter than this needs no words.
const WORDS_AFTER: Duration = Duration::from_millis(500);

/// The list of conversations and the one that is open. It stays drawn while another page is in view,
/// so that nothing is lost and coming back costs nothing.
#[component]
pub(crate) fn Chats() -> impl IntoView {
    let state = State::get();
    let hidden = move || state.page.get() != Page::Chats;
    view! {
        <div class="chats" class:away=hidden class:list-hidden=move || !state.list_shown.get() inert=hidden>
            <List />
            <OpenChat />
        </div>
    }
}

#[component]
fn List() -> impl IntoView {
    let state = State::get();
    let State { conversations, clock, .. } = state;
    let shown = RwSignal::new(SHOWN);
    let menu = RwSignal::new(None::<(ConversationId, (f64, f64))>);
    let found = Memo::new(move |_| {
        let filter = conversations.filter.get().to_lowercase();
        conversations.list.with(|list| {
            list.iter().filter(|line| line.title.to_lowercase().contains(filter.trim())).cloned().collect::<Vec<_>>()
        })
    });
    let groups = Memo::new(move |_| {
        let now = on_the_wall(clock.now());
        let mut groups: Vec<(Group, Vec<ConversationSummary>)> = Vec::new();
        for line in found.get().into_iter().take(shown.get()) {
            let group = time::group(on_the_wall(line.updated_at), now);
            match groups.last_mut() {
                Some((last, lines)) if *last == group => lines.push(line),
                _ => groups.push((group, vec![line])),
            }
        }
        groups
    });
    let heading = move |group: Group| match group {
        Group::Today => words::TODAY.to_owned(),
        Group::Yesterday => words::YESTERDAY.to_owned(),
        Group::LastWeek => words::LAST_WEEK.to_owned(),
        Group::Month { year, month } => date::month_of(year, month, on_the_wall(clock.now()).year),
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
        let id = target.get_attribute("data-conversation").and_then(|id| parse(&id));
        match (event.key().as_str(), id) {
            ("ArrowDown", _) => move_in_list(1),
            ("ArrowUp", _) => move_in_list(-1),
            ("F2", Some(id)) => conversations.renaming.set(Some(id)),
            ("Delete", Some(id)) => {
                move_in_list(1);
                state.delete(id);
            }
            ("Escape", None) if !conversations.filter.get_untracked().is_empty() => {
                conversations.filter.set(String::new());
            }
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <aside class="list" aria-label=words::LIST on:keydown=on_keydown>
            <header>
                <label class="search">
                    <Icon icon=LuSearch />
                    <input
                        id="search"
                        type="search"
                        autocomplete="off"
                        placeholder=words::SEARCH
                        aria-label=words::SEARCH
                        prop:value=move || conversations.filter.get()
                        on:input=move |event| conversations.filter.set(event_target_value(&event))
                    />
                    <kbd>{words::SEARCH_KEY}</kbd>
                </label>
                <button
                    type="button"
                    class="btn primary with-icon wide"
                    data-action="new-chat"
                    title=words::NEW_TITLE
                    on:click=move |_| state.begin()
                >
                    <Icon icon=LuPlus />
                    {words::NEW}
                </button>
            </header>
            <nav class="lines" aria-label=words::LIST>
                <For
                    each=move || groups.get()
                    key=|(group, _)| *group
                    children=move |(group, _)| {
                        let lines = move || {
                            groups
                                .with(|groups| {
                                    groups.iter().find(|(other, _)| *other == group).map(|(_, lines)| lines.clone())
                                })
                                .unwrap_or_default()
                        };
                        view! {
                            <section>
                                <h6>{move || heading(group)}</h6>
                                <For
                                    each=lines
                                    key=what_is_drawn
                                    children=move |line| view! { <Line line menu /> }
                                />
                            </section>
                        }
                    }
                />
                {move || {
                    (found.with(Vec::len) > shown.get())
                        .then(|| {
                            view! {
                                <Button
                                    kind=ButtonKind::Quiet
                                    action="more-chats"
                                    on_press=move |()| shown.update(|shown| *shown += SHOWN)
                                >
                                    {text::SHOW_MORE}
                                </Button>
                            }
                        })
                }}
                {move || {
                    let empty = conversations.loaded.get() && found.with(Vec::is_empty);
                    empty
                        .then(|| {
                            let filtered = !conversations.filter.get().trim().is_empty();
                            view! {
                                <p class="hint list-empty">
                                    {if filtered { words::NOTHING_FOUND } else { words::NONE_YET }}
                                </p>
                            }
                        })
                }}
            </nav>
            {move || menu.get().map(|(id, at)| view! { <LineMenu id at menu /> })}
        </aside>
    }
}

/// What a line shows; when any of it changes, the line is drawn again.
fn what_is_drawn(line: &ConversationSummary) -> impl Eq + std::hash::Hash + Clone + use<> {
    let ConversationSummary { id, title, updated_at, model: _, model_name, local, messages, streaming, key: _ } =
        line.clone();
    (id, title, updated_at, model_name, local, messages == 0, streaming)
}

fn parse(id: &str) -> Option<ConversationId> {
    serde_json::from_value(serde_json::Value::String(id.to_owned())).ok()
}

fn move_in_list(step: i32) {
    if let Ok(Some(list)) = document().query_selector(".lines") {
        dom::move_focus(&list, "[data-conversation]", step);
    }
}

#[component]
fn Line(line: ConversationSummary, menu: RwSignal<Option<(ConversationId, (f64, f64))>>) -> impl IntoView {
    let state = State::get();
    let State { conversations, chat, clock, .. } = state;
    let id = line.id;
    let title = if line.title.is_empty() { words::NEW.to_owned() } else { line.title.clone() };
    let renaming = Memo::new(move |_| conversations.renaming.get() == Some(id));
    let current = Memo::new(move |_| chat.id() == Some(id));
    let full_title = title.clone();
    let meta = {
        let line = line.clone();
        move || {
            let (now, then) = (on_the_wall(clock.now()), on_the_wall(line.updated_at));
            let when = match time::group(then, now) {
                Group::Today | Group::Yesterday => date::hour(then),
                Group::LastWeek => date::weekday(then).to_owned(),
                Group::Month { .. } => date::day(then, now.year),
            };
            let what = if line.streaming.is_some() {
                Some(words::WRITING.to_owned())
            } else if line.messages == 0 {
                Some(words::EMPTY.to_owned())
            } else {
                line.model_name.clone()
            };
            let place = (line.local && line.messages > 0).then(|| words::LOCAL.to_owned());
            [Some(when), what, place].into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
    };
    let open_menu = move |at: (f64, f64)| menu.set(Some((id, at)));
    let on_context = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        open_menu((f64::from(event.client_x()), f64::from(event.client_y())));
    };
    view! {
        <div class="line" class:current=move || current.get()>
            {move || {
                if renaming.get() {
                    return view! { <Rename id title=line.title.clone() /> }.into_any();
                }
                view! {
                    <button
                        type="button"
                        class="item"
                        data-conversation=id.to_string()
                        aria-current=move || current.get().then_some("true")
                        title=full_title.clone()
                        on:click=move |_| state.open(id)
                        on:dblclick=move |_| conversations.renaming.set(Some(id))
                        on:contextmenu=on_context
                    >
                        <b dir="auto">{title.clone()}</b>
                        <span>{meta.clone()}</span>
                    </button>
                    <button
                        type="button"
                        class="icon-btn small"
                        data-action="line-menu"
                        aria-label=words::MENU
                        title=words::MENU
                        tabindex="-1"
                        on:click=move |event| {
                            let target = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                            if let Some(button) = target {
                                let place = button.get_bounding_client_rect();
                                open_menu((place.left(), place.bottom() + 4.0));
                            }
                        }
                    >
                        <Icon icon=LuEllipsis />
                    </button>
                }
                    .into_any()
            }}
        </div>
    }
}

#[component]
fn LineMenu(id: ConversationId, at: (f64, f64), menu: RwSignal<Option<(ConversationId, (f64, f64))>>) -> impl IntoView {
    let state = State::get();
    let items = vec![
        MenuItem {
            words: words::RENAME.to_owned(),
            action: "rename",
            key: Some("F2"),
            checked: None,
            danger: false,
            on_press: Callback::new(move |()| state.conversations.renaming.set(Some(id))),
        },
        MenuItem {
            words: text::DELETE.to_owned(),
            action: "delete",
            key: Some("Del"),
            checked: None,
            danger: true,
            on_press: Callback::new(move |()| state.delete(id)),
        },
    ];
    view! { <Menu label=words::MENU at items on_close=Callback::new(move |()| menu.set(None)) /> }
}

/// The title as a field.
#[component]
fn Rename(id: ConversationId, title: String) -> impl IntoView {
    let State { conversations, .. } = State::get();
    let node = NodeRef::<html::Input>::new();
    let before = title.clone();
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            input.set_value(&before);
            dom::note(input.focus());
            input.select();
        }
    });
    // Leaving the field keeps the title, as Enter does; only once, since the field goes with it.
    let save = move || {
        if conversations.renaming.get_untracked() == Some(id)
            && let Some(input) = node.get_untracked()
        {
            let new = input.value().trim().to_owned();
            if new == title {
                conversations.renaming.set(None);
            } else {
                conversations.rename(id, new);
            }
        }
    };
    let save_on_blur = save.clone();
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        event.stop_propagation();
        match event.key().as_str() {
            "Enter" if !event.is_composing() => save(),
            "Escape" => conversations.renaming.set(None),
            _ => {}
        }
    };
    view! {
        <input
            node_ref=node
            class="rename"
            type="text"
            dir="auto"
            maxlength="200"
            aria-label=words::TITLE
            on:keydown=on_keydown
            on:blur=move |_| save_on_blur()
        />
    }
}

#[component]
fn OpenChat() -> impl IntoView {
    let state = State::get();
    let State { chat, status, .. } = state;
    let title = move || {
        chat.summary.with(|summary| match summary {
            Some(summary) if !summary.title.is_empty() => summary.title.clone(),
            _ => words::NEW.to_owned(),
        })
    };
    let slow = slow(chat.opening);
    let read_only = Memo::new(move |_| match status.store() {
        Some(StoreState::ReadOnly { detail }) => Some(detail),
        _ => None,
    });
    view! {
        <main class="chat">
            <header>
                <button
                    type="button"
                    class="icon-btn"
                    data-action="toggle-list"
                    aria-label=words::SHOW_LIST
                    title=words::SHOW_LIST
                    aria-pressed=move || state.list_shown.get().to_string()
                    on:click=move |_| state.list_shown.update(|shown| *shown = !*shown)
                >
                    <Icon icon=LuPanelLeft />
                </button>
                <h1 class="grow" dir="auto" title=title>{title}</h1>
            </header>
            <div class="chat-body">
                <RecoveryReminder />
                {move || read_only.get().map(|detail| view! {
                    <p class="banner warn" role="alert">
                        <Icon icon=LuTriangleAlert />
                        <span class="grow">{words::READ_ONLY}" "<span class="hint">{detail}</span></span>
                    </p>
                })}
                {move || match chat.failed.get() {
                    Some((id, failure)) => view! {
                        <div class="centred">
                            <FailureBox failure answer=None />
                            <Button action="reload" on_press=move |()| chat.open(id)>{words::REOPEN}</Button>
                        </div>
                    }.into_any(),
                    None if slow.get() => {
                        view! { <p class="centred hint" role="status">{words::OPENING}</p> }.into_any()
                    }
                    None if chat.count() == 0 && !chat.opening.get() => view! { <EmptyState /> }.into_any(),
                    None => ().into_any(),
                }}
                <Log />
            </div>
            <Composer />
        </main>
    }
}

/// Turns on half a second after `busy` did, if that is still on.
fn slow(busy: RwSignal<bool>) -> RwSignal<bool> {
    let slow = RwSignal::new(false);
    Effect::new(move |_| {
        if busy.get() {
            set_timeout(move || slow.set(busy.get_untracked()), WORDS_AFTER);
        } else if slow.get_untracked() {
            slow.set(false);
        }
    });
    slow
}
