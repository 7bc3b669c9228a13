use holdfast_contract::{AuditEvent, AuditFilter, AuditKind, FileUse, KeyId, ProviderId};
use icondata_lu::{LuDownload, LuShieldCheck};
use leptos::prelude::*;

use crate::components::{Button, ChooseFileButton, Icon};
use crate::state::{State, exact_now, on_the_wall};
use crate::text::{self, audit as words, date};
use crate::time::DAY;
use report::Report;

mod report;

/// A file in a folder, by the separator the folder's own path has.
pub(super) fn beside(folder: &str, name: &str) -> String {
    let separator = if folder.contains('\\') { '\\' } else { '/' };
    format!("{}{separator}{name}", folder.trim_end_matches(['/', '\\']))
}

/// What happened to the vault and with its keys.
#[component]
pub(super) fn Log() -> impl IntoView {
    let State { audit, .. } = State::get();
    let exporting = RwSignal::new(false);
    view! {
        <section class="setting" data-section="log">
            <div class="setting-head">
                <div class="grow">
                    <h2>{words::TITLE}</h2>
                    <p class="hint">{words::HINT}</p>
                </div>
                <Button
                    action="verify-log"
                    disabled=Signal::derive(move || audit.verifying.get())
                    on_press=move |()| audit.verify()
                >
                    <Icon icon=LuShieldCheck />
                    {move || if audit.verifying.get() { words::VERIFYING } else { words::VERIFY }}
                </Button>
                <Button action="export-log" on_press=move |()| exporting.update(|shown| *shown = !*shown)>
                    <Icon icon=LuDownload />
                    {words::EXPORT_DOTS}
                </Button>
            </div>
            {move || exporting.get().then(|| view! { <Export exporting /> })}
            {move || audit.report.get().map(|report| view! { <Report report /> })}
            <Filters />
            <Events />
        </section>
    }
}

#[component]
fn Export(exporting: RwSignal<bool>) -> impl IntoView {
    let State { audit, vault, notices, .. } = State::get();
    let folder = vault.info.with_untracked(|info| info.as_ref().map(|info| info.documents.clone())).unwrap_or_default();
    let path = RwSignal::new(beside(&folder, &words::export_name(&date::file_day(on_the_wall(exact_now())))));
    let export = move || {
        let path = path.get_untracked().trim().to_owned();
        if !path.is_empty() {
            audit.export(path, move || {
                exporting.try_set(false);
            });
        }
    };
    view! {
        <form
            class="path-line spaced"
            on:submit=move |event| {
                event.prevent_default();
                export();
            }
        >
            <label class="field grow">
                <span class="unseen">{words::EXPORT_PATH}</span>
                <input
                    id="log-path"
                    class="mono"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || path.get()
                    on:input=move |event| path.set(event_target_value(&event))
                />
            </label>
            <ChooseFileButton
                purpose=FileUse::New
                path
                on_chosen=move |chosen| path.set(chosen)
                on_failure=move |failure| notices.fail(failure)
            />
            <button type="submit" class="btn" data-action="confirm-export-log">{words::EXPORT}</button>
        </form>
    }
}

/// Which entries are shown.
#[component]
fn Filters() -> impl IntoView {
    let State { audit, keys, vault, catalogue, .. } = State::get();
    let kinds = RwSignal::new(0_usize);
    let days = RwSignal::new(0_i64);
    let key = RwSignal::new(None::<KeyId>);
    let provider = RwSignal::new(None::<ProviderId>);
    // Only what the user asks for; the hour at which it is asked is part of it.
    Effect::new(move |_| {
        let days = days.get();
        audit.show(AuditFilter {
            kinds: GROUPS.get(kinds.get()).map(|(_, kinds)| kinds.to_vec()).unwrap_or_default(),
            key: key.get(),
            provider: provider.get(),
            from: (days > 0).then(|| exact_now() - days * DAY),
            until: None,
        });
    });
    // What was done on this page is in the log by now.
    Effect::new(move |was_idle: Option<bool>| {
        let idle = vault.task.with(Option::is_none) && !audit.verifying.get();
        if idle && was_idle == Some(false) {
            audit.refresh();
        }
        idle
    });
    let groups = GROUPS
        .iter()
        .enumerate()
        .map(|(index, (name, _))| view! { <option value=index.to_string()>{*name}</option> })
        .collect_view();
    let spans = words::SPANS
        .iter()
        .map(|(days, name)| view! { <option value=days.to_string()>{*name}</option> })
        .collect_view();
    let provider_options = move || {
        catalogue
            .with_keys()
            .into_iter()
            .map(|provider| view! { <option value=provider.id.0>{provider.name}</option> })
            .collect_view()
    };
    // A key of another provider fits nothing then.
    let key_options = move || {
        let chosen = provider.get();
        keys.list.with(|list| {
            list.iter()
                .flatten()
                .filter(|key| chosen.as_ref().is_none_or(|chosen| key.info.provider == *chosen))
                .map(|key| {
                    view! { <option value=key.info.id.to_string()>{words::key_option(&key.info.name, &key.info.masked)}</option> }
                })
                .collect_view()
        })
    };
    view! {
        <div class="filters">
            <select
                id="log-kinds"
                aria-label=words::BY_KIND
                on:change=move |event| kinds.set(event_target_value(&event).parse().unwrap_or_default())
            >
                {groups}
            </select>
            <select
                id="log-provider"
                aria-label=words::BY_PROVIDER
                on:change=move |event| {
                    let value = event_target_value(&event);
                    // The list of keys begins anew with it.
                    key.set(None);
                    provider.set((!value.is_empty()).then_some(ProviderId(value)));
                }
            >
                <option value="">{words::ANY_PROVIDER}</option>
                {provider_options}
            </select>
            <select
                id="log-key"
                aria-label=words::BY_KEY
                on:change=move |event| {
                    let value = event_target_value(&event);
                    key.set(keys.list.with_untracked(|list| {
                        list.iter().flatten().map(|key| key.info.id).find(|id| id.to_string() == value)
                    }));
                }
            >
                <option value="">{words::ANY_KEY}</option>
                {key_options}
            </select>
            <select
                id="log-span"
                aria-label=words::BY_TIME
                on:change=move |event| days.set(event_target_value(&event).parse().unwrap_or_default())
            >
                {spans}
            </select>
        </div>
    }
}

/// What can be chosen, and the kinds it means; none are all.
const GROUPS: &[(&str, &[AuditKind])] = &[
    (words::ALL, &[]),
    (words::UNLOCKING, &[AuditKind::Unlocked, AuditKind::Locked, AuditKind::UnlockFailed]),
    (words::FAILED_ONLY, &[AuditKind::UnlockFailed]),
    (words::USE, &[AuditKind::KeyUsed, AuditKind::SpareUsed, AuditKind::LimitHit]),
    (
        words::KEYS,
        &[
            AuditKind::KeyAdded,
            AuditKind::KeyTested,
            AuditKind::KeyReplaced,
            AuditKind::KeyRenamed,
            AuditKind::KeyChanged,
            AuditKind::KeyDeleted,
            AuditKind::KeyRestored,
            AuditKind::Imported,
        ],
    ),
    (
        words::VAULT,
        &[
            AuditKind::VaultMade,
            AuditKind::ProtectionChanged,
            AuditKind::RecoveryCodeMade,
            AuditKind::VaultKeyRotated,
            AuditKind::KekRotated,
            AuditKind::RootMoved,
            AuditKind::Verified,
        ],
    ),
    (
        words::BACKUPS,
        &[
            AuditKind::BackupMade,
            AuditKind::BackupChecked,
            AuditKind::BackupRestored,
            AuditKind::Exported,
            AuditKind::Imported,
        ],
    ),
];

#[component]
fn Events() -> impl IntoView {
    let State { audit, .. } = State::get();
    move || match audit.events.get() {
        None => view! { <p class="hint" role="status">{text::LOADING}</p> }.into_any(),
        Some(events) if events.is_empty() => view! { <p class="hint" role="status">{words::NONE}</p> }.into_any(),
        Some(events) => {
            let lines = events.into_iter().map(|event| view! { <Line event /> }).collect_view();
            view! {
                <div class="table-frame">
                    <table class="plain-table log-table">
                        <thead>
                            <tr>
                                <th class="seq">{words::NUMBER}</th>
                                <th>{words::WHEN}</th>
                                <th>{words::WHAT}</th>
                                <th>{words::WHO}</th>
                            </tr>
                        </thead>
                        <tbody>{lines}</tbody>
                    </table>
                </div>
                {move || {
                    audit
                        .more
                        .get()
                        .then(|| {
                            view! {
                                <div class="more-line">
                                    <Button
                                        action="more-log"
                                        disabled=Signal::derive(move || audit.loading.get())
                                        on_press=move |()| audit.load_more()
                                    >
                                        {words::MORE}
                                    </Button>
                                </div>
                            }
                        })
                }}
            }
            .into_any()
        }
    }
}

#[component]
fn Line(event: AuditEvent) -> impl IntoView {
    let State { conversations, catalogue, .. } = State::get();
    let time = on_the_wall(event.at);
    let who = words::actor(&event.actor, |id| conversations.find(id).map(|summary| summary.title));
    let provider = event
        .provider
        .as_ref()
        .map(|id| untrack(|| catalogue.provider(id)).map_or_else(|| id.0.clone(), |provider| provider.name));
    let detail = words::details(&event, provider.as_deref());
    view! {
        <tr data-seq=event.seq.to_string() data-kind=words::tag(event.kind) class:alarm=event.kind == AuditKind::UnlockFailed>
            <td class="seq figures">{text::thousands(event.seq)}</td>
            <td class="when figures">{date::day_and_hour(time, on_the_wall(exact_now()).year)}</td>
            <td>{words::headline(&event)}{detail.map(|detail| view! { <small>{detail}</small> })}</td>
            <td class="who">{who}</td>
        </tr>
    }
}
