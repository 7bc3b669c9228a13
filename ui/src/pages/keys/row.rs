use holdfast_contract::{KeyTest, KeyTestResult, KeyView};
use icondata_lu::LuEllipsis;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::pending::Pending;
use crate::components::{Button, ButtonKind, Icon, Menu, MenuItem};
use crate::key_list;
use crate::money;
use crate::state::{Dialog, State, on_the_wall};
use crate::text::{self, date, keys as words};

#[component]
pub(super) fn Row(
    key_view: KeyView,
    provider_name: String,
    /// The place of the last key of its provider.
    last: u32,
) -> impl IntoView {
    let State { keys, dialogs, clock, .. } = State::get();
    let id = key_view.info.id;
    let testing = Memo::new(move |_| keys.testing.with(|testing| testing.contains(&id)));
    let waits = key_view.pending.is_some();
    let test = key_list::test_of_current(&key_view).cloned();
    let state = move || match (&test, waits) {
        (Some(test), _) => {
            view! { <TestState test=test.clone() busy=Signal::derive(move || testing.get() && !waits) /> }.into_any()
        }
        (None, true) => view! { <span class="state idle">{words::BEING_REPLACED}</span> }.into_any(),
        (None, false) => view! { <TestState busy=testing /> }.into_any(),
    };
    let due = {
        let key = key_view.clone();
        move || key_list::due(&key, clock.now())
    };
    let origin = key_view.info.origin.clone();
    let host = origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned());
    let last_used = key_view.info.last_used_at;
    let position = key_view.position;
    let settings = key_view.settings.clone();
    let pending = key_view.pending.clone();
    let replaced = key_view.clone();
    let menu = RwSignal::new(None::<(f64, f64)>);
    let pending_test = key_list::test_of_pending(&key_view).cloned();
    let info = key_view.info.clone();
    let spent = key_view.clone();
    let in_menu = (key_view, provider_name);
    view! {
        <tr data-key=id.to_string() data-provider=info.provider.0 class:off=!settings.active class:with-pending=waits>
            <td class="name">
                <span dir="auto">{info.name.clone()}</span>
                {(position == 0 && last > 0).then(|| view! { <span class="badge">{words::DEFAULT}</span> })}
                {settings.spare.then(|| view! { <span class="badge muted">{words::SPARE}</span> })}
                {(!settings.active).then(|| view! { <span class="badge muted">{words::INACTIVE}</span> })}
                {settings.default_model.clone().map(|model| view! { <small>{words::default_model(&model)}</small> })}
                {move || due().map(|days| view! { <small class="due" data-testid="due">{words::due(days)}</small> })}
            </td>
            <td class="m">{info.masked}<small class="host">{host.clone()}</small></td>
            <td class="m goes-to" title=origin>{host}</td>
            <td class="tested">{state}</td>
            <td class="last-used">{move || last_used.map_or(words::NEVER.to_owned(), |time| when(clock.now(), time))}</td>
            <td class="spent"><Spent key_view=spent /></td>
            <td class="row-end">
                {(!waits).then(|| view! {
                    <Button
                        kind=ButtonKind::Quiet
                        action="test-key"
                        disabled=Signal::derive(move || testing.get())
                        on_press=move |()| keys.test(id)
                    >
                        {words::TEST}
                    </Button>
                })}
                <span class="wide-only">
                    <Button
                        kind=ButtonKind::Quiet
                        action="replace-key"
                        on_press=move |()| dialogs.show(Dialog::ReplaceKey(replaced.clone()))
                    >
                        {words::REPLACE}
                    </Button>
                </span>
                <button
                    type="button"
                    class="icon-btn"
                    data-action="key-menu"
                    aria-label=words::menu(&info.name)
                    title=words::MORE
                    aria-haspopup="menu"
                    on:click=move |event| {
                        let target = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                        if let Some(button) = target {
                            let place = button.get_bounding_client_rect();
                            menu.set(Some((place.right() - 190.0, place.bottom() + 4.0)));
                        }
                    }
                >
                    <Icon icon=LuEllipsis />
                </button>
                {move || {
                    let at = menu.get()?;
                    let (key, provider_name) = &in_menu;
                    let items = items(State::get(), key, provider_name, last);
                    let label = words::menu(&key.info.name);
                    Some(view! { <Menu label at items on_close=Callback::new(move |()| menu.set(None)) /> })
                }}
            </td>
        </tr>
        {pending.map(|pending| view! { <Pending id pending test=pending_test testing /> })}
    }
}

/// A time, by how long ago it is while that says more.
pub(super) fn when(now: i64, time: i64) -> String {
    date::ago(now - time).unwrap_or_else(|| date::day(on_the_wall(time), on_the_wall(now).year))
}

/// What the last test found, and when it was.
#[component]
pub(super) fn TestState(
    #[prop(optional, into)] test: Option<KeyTest>,
    #[prop(into)] busy: Signal<bool>,
) -> impl IntoView {
    let State { clock, .. } = State::get();
    move || {
        if busy.get() {
            return view! { <span class="state idle busy" role="status">{words::TESTING}</span> }.into_any();
        }
        let Some(test) = &test else {
            return view! { <span class="state idle">{words::NOT_TESTED}</span> }.into_any();
        };
        let class = match test.result {
            KeyTestResult::Works => "state ok",
            KeyTestResult::Refused | KeyTestResult::WrongHost => "state no",
            KeyTestResult::NoPermission
            | KeyTestResult::NoCredit
            | KeyTestResult::RateLimited
            | KeyTestResult::ModelMissing => "state wait",
            KeyTestResult::Unreachable | KeyTestResult::Unknown => "state idle",
        };
        let tested = words::tested(&when(clock.now(), test.at));
        let detail = match &test.detail {
            Some(detail) if test.result != KeyTestResult::Works => format!("{detail} · {tested}"),
            _ => tested,
        };
        view! {
            <span class=class data-test=words::tag(test.result)>{words::result(test.result)}</span>
            <small title=detail.clone()>{detail.clone()}</small>
        }
        .into_any()
    }
}

/// What was spent this month, of how much.
#[component]
fn Spent(key_view: KeyView) -> impl IntoView {
    let month = key_view.month;
    let limit = key_view.settings.monthly_micros;
    let spent = match (month.uses, month.cost_micros) {
        (0, 0) => words::NOTHING_SPENT.to_owned(),
        (_, 0) => words::COST_UNKNOWN.to_owned(),
        (_, cost) => words::cost(&money::shown(cost), month.estimated),
    };
    let full = limit.is_some_and(|limit| month.cost_micros >= limit);
    let title = words::usage(month.uses, month.input_tokens, month.output_tokens);
    let per_minute = key_view.settings.per_minute.map(|most| words::per_minute(most.get()));
    view! {
        <span class="money" class:full=full title=title>
            {spent}
            {limit.map(|limit| view! { <span class="of">{words::of_limit(&money::shown(limit))}</span> })}
        </span>
        {limit
            .filter(|limit| *limit > 0)
            .map(|limit| {
                let part = (month.cost_micros.max(0) as f64 / limit as f64).min(1.0);
                view! { <i class="share" class:full=full><u style:width=format!("{:.0}%", part * 100.0)></u></i> }
            })}
        {per_minute.map(|words| view! { <small>{words}</small> })}
    }
}

fn items(state: State, key_view: &KeyView, provider_name: &str, last: u32) -> Vec<MenuItem> {
    let State { keys, dialogs, .. } = state;
    let (id, position) = (key_view.info.id, key_view.position);
    let item = |words: &str, action, on_press| MenuItem {
        words: words.to_owned(),
        action,
        key: None,
        checked: None,
        danger: false,
        on_press,
    };
    let mut items = Vec::new();
    items.push(item(words::TEST_NOW, "test-key", Callback::new(move |()| keys.test(id))));
    let replaced = key_view.clone();
    items.push(item(
        words::REPLACE_DOTS,
        "replace-key",
        Callback::new(move |()| dialogs.show(Dialog::ReplaceKey(replaced.clone()))),
    ));
    let set = key_view.clone();
    items.push(item(
        words::SETTINGS,
        "key-settings",
        Callback::new(move |()| dialogs.show(Dialog::KeySettings(set.clone()))),
    ));
    if position > 0 {
        items.push(item(words::MAKE_DEFAULT, "make-default", Callback::new(move |()| keys.move_to(id, 0))));
    }
    if position > 1 {
        items.push(item(words::MOVE_UP, "move-up", Callback::new(move |()| keys.move_to(id, position - 1))));
    }
    if position < last {
        items.push(item(words::MOVE_DOWN, "move-down", Callback::new(move |()| keys.move_to(id, position + 1))));
    }
    let provider = provider_name.to_owned();
    items.push(MenuItem {
        danger: true,
        ..item(text::DELETE, "delete-key", Callback::new(move |()| keys.delete(id, provider.clone())))
    });
    items
}
