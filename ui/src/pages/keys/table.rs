use icondata_lu::{LuArrowDown, LuArrowUp};
use leptos::prelude::*;

use super::row::Row;
use crate::components::Icon;
use crate::key_list::{self, Group, SortBy};
use crate::state::State;
use crate::text::keys as words;

/// Columns of the table.
const COLUMNS: &str = "7";

#[component]
pub(super) fn Table() -> impl IntoView {
    let State { keys, catalogue, .. } = State::get();
    let groups = Memo::new(move |_| {
        let list = keys.list.get().unwrap_or_default();
        key_list::groups(list, &keys.search.get(), keys.sort.get(), |provider| {
            catalogue.provider(provider).map_or_else(|| provider.0.clone(), |info| info.name)
        })
    });
    view! {
        <div class="table-frame">
            <table class="keys">
                <thead>
                    <tr>
                        <Heading by=SortBy::Name label=words::NAME />
                        <th>{words::KEY}</th>
                        <th class="goes-to">{words::GOES_TO}</th>
                        <th>{words::STATE}</th>
                        <Heading by=SortBy::LastUsed label=words::LAST_USED class="last-used" />
                        <Heading by=SortBy::Spent label=words::THIS_MONTH class="spent" />
                        <th><span class="unseen">{words::ACTIONS}</span></th>
                    </tr>
                </thead>
                <tbody>
                    {move || {
                        let groups = groups.get();
                        if groups.is_empty() {
                            return view! {
                                <tr><td colspan=COLUMNS class="hint">{words::NOTHING_FOUND}</td></tr>
                            }
                                .into_any();
                        }
                        groups.into_iter().map(|group| view! { <Rows group /> }).collect_view().into_any()
                    }}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Rows(group: Group) -> impl IntoView {
    let Group { provider, name, keys } = group;
    // A search may leave some out; what can be moved depends on all of them.
    let State { keys: all, .. } = State::get();
    let last = untrack(|| {
        all.list
            .with(|list| list.iter().flatten().filter(|key| key.info.provider == provider).count())
            .saturating_sub(1)
    });
    let rows = keys
        .into_iter()
        .map(|key| view! { <Row key_view=key provider_name=name.clone() last=last as u32 /> })
        .collect_view();
    view! {
        <tr class="group" data-group=provider.0>
            <td colspan=COLUMNS>{name}</td>
        </tr>
        {rows}
    }
}

/// The heading of a column that sorts.
#[component]
fn Heading(by: SortBy, label: &'static str, #[prop(optional)] class: &'static str) -> impl IntoView {
    let State { keys, .. } = State::get();
    let order = move || {
        let sort = keys.sort.get();
        (sort.by == by).then_some(sort.descending)
    };
    let aria = move || match order() {
        Some(true) => "descending",
        Some(false) => "ascending",
        None => "none",
    };
    let tag = match by {
        SortBy::Place => "place",
        SortBy::Name => "name",
        SortBy::LastUsed => "last-used",
        SortBy::Spent => "spent",
    };
    view! {
        <th class=class aria-sort=aria>
            <button
                type="button"
                class="sort"
                data-sort=tag
                title=words::SORT
                on:click=move |_| keys.sort.update(|sort| *sort = sort.pressed(by))
            >
                {label}
                {move || order().map(|descending| view! { <Icon icon=if descending { LuArrowDown } else { LuArrowUp } /> })}
            </button>
        </th>
    }
}
