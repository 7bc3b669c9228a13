use icondata_lu::{LuDownload, LuKeyRound, LuPlus, LuSearch};
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Icon, VaultGapNotice};
use crate::state::{Dialog, State};
use crate::text::{self, action, keys as words};

mod cards;
mod pending;
mod row;
mod table;

use cards::Cards;
use table::Table;

/// The keys: whose they are, where they go, whether they work and what they cost.
#[component]
pub(crate) fn KeysPage() -> impl IntoView {
    let State { keys, dialogs, .. } = State::get();
    let count = Memo::new(move |_| keys.list.with(|list| list.as_ref().map(Vec::len)));
    view! {
        <main class="page">
            <div class="page-body">
                <header>
                    <div class="grow">
                        <h1>{words::TITLE}</h1>
                        <p class="lead">{words::LEAD}</p>
                    </div>
                    <Button action="import" on_press=move |()| dialogs.show(Dialog::ImportKeys)>
                        <Icon icon=LuDownload />
                        {words::IMPORT}
                    </Button>
                    <Button
                        kind=ButtonKind::Primary
                        action="add-key"
                        on_press=move |()| dialogs.show(Dialog::AddKey { provider: None })
                    >
                        <Icon icon=LuPlus />
                        {words::ADD}
                    </Button>
                </header>
                <VaultGapNotice />
                <Cards />
                {move || match count.get() {
                    None => view! { <p class="hint" role="status">{text::LOADING}</p> }.into_any(),
                    Some(0) => view! { <NoKeys /> }.into_any(),
                    Some(count) => {
                        view! {
                            // A list that is seen at a glance needs no search.
                            {(count > 4).then(|| view! { <Search /> })}
                            <Table />
                        }
                            .into_any()
                    }
                }}
            </div>
        </main>
    }
}

#[component]
fn Search() -> impl IntoView {
    let State { keys, .. } = State::get();
    view! {
        <label class="search page-search">
            <Icon icon=LuSearch />
            <input
                id="key-search"
                type="search"
                autocomplete="off"
                placeholder=words::SEARCH
                aria-label=words::SEARCH
                prop:value=move || keys.search.get()
                on:input=move |event| keys.search.set(event_target_value(&event))
            />
        </label>
    }
}

#[component]
fn NoKeys() -> impl IntoView {
    let State { dialogs, .. } = State::get();
    view! {
        <div class="nothing">
            <span class="ready-icon"><Icon icon=LuKeyRound /></span>
            <h2>{words::EMPTY_TITLE}</h2>
            <p>{words::EMPTY}</p>
            <Button kind=ButtonKind::Primary on_press=move |()| dialogs.show(Dialog::AddKey { provider: None })>
                {action::ADD_KEY}
            </Button>
        </div>
    }
}
