use holdfast_contract::{KeyInfo, KeyTestResult, ProviderId, UnlockWay, VaultState};
use icondata_lu::{LuKeyRound, LuPlus, LuTrash2, LuTriangleAlert};
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Icon};
use crate::state::{Dialog, State, on_the_wall};
use crate::text::{self, action, date, keys as words};

/// The keys: whose they are, where they go, and whether they work.
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
                    <button
                        type="button"
                        class="btn primary with-icon"
                        data-action="add-key"
                        on:click=move |_| dialogs.show(Dialog::AddKey { provider: None })
                    >
                        <Icon icon=LuPlus />
                        {words::ADD}
                    </button>
                </header>
                <DamagedVault />
                <Cards />
                {move || match count.get() {
                    None => view! { <p class="hint" role="status">{text::LOADING}</p> }.into_any(),
                    Some(0) => view! { <NoKeys /> }.into_any(),
                    Some(_) => view! { <Table /> }.into_any(),
                }}
            </div>
        </main>
    }
}

#[component]
fn DamagedVault() -> impl IntoView {
    let State { status, .. } = State::get();
    move || match status.vault() {
        Some(VaultState::Damaged { detail, backup }) => Some(view! {
            <div class="banner bad" role="alert">
                <Icon icon=LuTriangleAlert />
                <div class="grow">
                    <p>{words::DAMAGED_BANNER}</p>
                    <p class="hint">{detail}</p>
                    {(!backup).then(|| view! { <p class="hint">{words::NO_BACKUP}</p> })}
                </div>
                {backup.then(|| view! {
                    <Button action="restore-vault" on_press=move |()| status.restore_vault()>{words::RESTORE}</Button>
                })}
            </div>
        }),
        _ => None,
    }
}

/// How the vault stands, and how many keys there are.
#[component]
fn Cards() -> impl IntoView {
    let State { keys, status, .. } = State::get();
    let attention = move |key: &KeyInfo| {
        key.test.as_ref().is_some_and(|test| {
            matches!(test.result, KeyTestResult::Refused | KeyTestResult::NoPermission | KeyTestResult::NoCredit)
        })
    };
    let figures = move || {
        keys.list.with(|list| {
            let list: Vec<&KeyInfo> = list.iter().flatten().collect();
            let mut providers: Vec<&ProviderId> = list.iter().map(|key| &key.provider).collect();
            providers.sort();
            providers.dedup();
            (list.len(), providers.len(), list.iter().filter(|key| attention(key)).count())
        })
    };
    let vault = move || match status.vault()? {
        VaultState::Missing => Some((words::NO_VAULT, words::NO_VAULT_DETAIL)),
        VaultState::Unlocked { by: UnlockWay::Keychain } => Some((words::UNLOCKED, words::BY_KEYCHAIN)),
        VaultState::Unlocked { by: UnlockWay::Passphrase } => Some((words::UNLOCKED, words::BY_PASSPHRASE)),
        VaultState::Locked { ways } if ways.len() > 1 => Some((words::LOCKED, words::OPENS_WITH_BOTH)),
        VaultState::Locked { ways } if ways.contains(&UnlockWay::Keychain) => {
            Some((words::LOCKED, words::OPENS_WITH_KEYCHAIN))
        }
        VaultState::Locked { .. } => Some((words::LOCKED, words::OPENS_WITH_PASSPHRASE)),
        VaultState::Damaged { .. } => Some((words::DAMAGED, words::DAMAGED_DETAIL)),
    };
    let locked = move || match status.vault() {
        Some(VaultState::Locked { ways }) => Some(ways),
        _ => None,
    };
    view! {
        <div class="cards">
            <div class="card" data-testid="vault-card">
                {move || vault().map(|(state, detail)| view! { <b>{state}</b><span>{detail}</span> })}
                {move || {
                    locked()
                        .map(|ways| {
                            let second = ways.len() > 1;
                            view! {
                                <div class="card-end">
                                    <Button action="unlock" on_press=move |()| status.unlock()>{words::UNLOCK}</Button>
                                    {second
                                        .then(|| {
                                            view! {
                                                <Button
                                                    kind=ButtonKind::Quiet
                                                    on_press=move |()| status.unlock_with(UnlockWay::Passphrase)
                                                >
                                                    {words::UNLOCK_PASSPHRASE}
                                                </Button>
                                            }
                                        })}
                                </div>
                            }
                        })
                }}
            </div>
            <div class="card">
                {move || {
                    let (keys, providers, attention) = figures();
                    view! { <b>{words::count(keys)}</b><span>{words::providers(providers, attention)}</span> }
                }}
            </div>
        </div>
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

#[component]
fn Table() -> impl IntoView {
    let State { keys, catalogue, .. } = State::get();
    // Keys under their providers, in the order the program gives.
    let groups = move || {
        let mut groups: Vec<(ProviderId, Vec<KeyInfo>)> = Vec::new();
        for key in keys.list.get().into_iter().flatten() {
            match groups.iter_mut().find(|(provider, _)| *provider == key.provider) {
                Some((_, keys)) => keys.push(key),
                None => groups.push((key.provider.clone(), vec![key])),
            }
        }
        groups
    };
    view! {
        <div class="table-frame">
            <table class="keys">
                <thead>
                    <tr>
                        <th>{words::NAME}</th>
                        <th>{words::KEY}</th>
                        <th class="goes-to">{words::GOES_TO}</th>
                        <th>{words::STATE}</th>
                        <th class="last-used">{words::LAST_USED}</th>
                        <th><span class="unseen">{words::ACTIONS}</span></th>
                    </tr>
                </thead>
                <tbody>
                    {move || {
                        groups()
                            .into_iter()
                            .map(|(provider, keys)| {
                                let name = catalogue.provider(&provider).map_or(provider.0, |info| info.name);
                                let rows = keys.into_iter().map(|key| view! { <Row key_info=key /> }).collect_view();
                                view! {
                                    <tr class="group">
                                        <td colspan="6">{name}</td>
                                    </tr>
                                    {rows}
                                }
                            })
                            .collect_view()
                    }}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(key_info: KeyInfo) -> impl IntoView {
    let State { keys, dialogs, clock, .. } = State::get();
    let id = key_info.id;
    let when = move |time: i64| {
        let now = clock.now();
        date::ago(now - time).unwrap_or_else(|| date::day(on_the_wall(time), on_the_wall(now).year))
    };
    let testing = Memo::new(move |_| keys.testing.with(|testing| testing.contains(&id)));
    let test = key_info.test.clone();
    let state = move || {
        if testing.get() {
            return view! { <span class="state idle busy" role="status">{words::TESTING}</span> }.into_any();
        }
        let Some(test) = test.clone() else {
            return view! { <span class="state idle">{words::NOT_TESTED}</span> }.into_any();
        };
        let class = match test.result {
            KeyTestResult::Works => "state ok",
            KeyTestResult::Refused => "state no",
            KeyTestResult::NoPermission | KeyTestResult::NoCredit | KeyTestResult::RateLimited => "state wait",
            KeyTestResult::Unreachable | KeyTestResult::Unknown => "state idle",
        };
        let tested = words::tested(&when(test.at));
        let detail = match &test.detail {
            Some(detail) if test.result != KeyTestResult::Works => format!("{detail} · {tested}"),
            _ => tested,
        };
        view! { <span class=class>{words::result(test.result)}</span><small title=detail.clone()>{detail.clone()}</small> }.into_any()
    };
    let host = key_info.origin.split_once("://").map_or(key_info.origin.clone(), |(_, host)| host.to_owned());
    let last_used = key_info.last_used_at;
    let (replaced, deleted) = (key_info.clone(), key_info.clone());
    view! {
        <tr data-key=id.to_string() data-provider=key_info.provider.0.clone()>
            <td class="name" dir="auto">{key_info.name}</td>
            <td class="m">{key_info.masked}</td>
            <td class="m goes-to" title=key_info.origin>{host}</td>
            <td class="tested">{state}</td>
            <td class="last-used">{move || last_used.map_or(words::NEVER.to_owned(), when)}</td>
            <td class="row-end">
                <Button
                    kind=ButtonKind::Quiet
                    action="test-key"
                    disabled=Signal::derive(move || testing.get())
                    on_press=move |()| keys.test(id)
                >
                    {words::TEST}
                </Button>
                <Button
                    kind=ButtonKind::Quiet
                    action="replace-key"
                    on_press=move |()| dialogs.show(Dialog::ReplaceKey(replaced.clone()))
                >
                    {words::REPLACE}
                </Button>
                <button
                    type="button"
                    class="icon-btn"
                    data-action="delete-key"
                    aria-label=text::DELETE
                    title=text::DELETE
                    on:click=move |_| dialogs.show(Dialog::DeleteKey(deleted.clone()))
                >
                    <Icon icon=LuTrash2 />
                </button>
            </td>
        </tr>
    }
}
