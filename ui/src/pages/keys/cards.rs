use holdfast_contract::{KeyView, ProviderId, RecoveryState, UnlockWay, VaultState};
use leptos::prelude::*;

use crate::key_list;
use crate::money;
use crate::state::{Page, State};
use crate::text::{keys as words, security};

/// How the vault stands, how many keys there are, what they cost, and the recovery code.
#[component]
pub(super) fn Cards() -> impl IntoView {
    let state = State::get();
    let State { keys, status, settings, vault, clock, .. } = state;
    let opened_by = move || {
        let by = status.status.with(|status| match status.as_ref().map(|status| &status.vault) {
            Some(VaultState::Unlocked { by }) => Some(*by),
            _ => None,
        });
        let by = match by? {
            UnlockWay::Keychain => words::BY_KEYCHAIN,
            UnlockWay::Passphrase => words::BY_PASSPHRASE,
            UnlockWay::Both => words::BY_BOTH,
            UnlockWay::Recovery => words::BY_RECOVERY,
        };
        let minutes = settings.settings.with(|settings| settings.lock_after_minutes);
        Some(words::unlocked(by, minutes))
    };
    let figures = Memo::new(move |_| {
        let now = clock.now();
        keys.list.with(|list| {
            let list: Vec<&KeyView> = list.iter().flatten().collect();
            let mut providers: Vec<&ProviderId> = list.iter().map(|key| &key.info.provider).collect();
            providers.sort();
            providers.dedup();
            let attention = list.iter().filter(|key| key_list::needs_attention(key, now)).count();
            let spent: i64 = list.iter().map(|key| key.month.cost_micros).sum();
            let estimated = list.iter().any(|key| key.month.estimated);
            let limits: Vec<i64> = list.iter().filter_map(|key| key.settings.monthly_micros).collect();
            let limit = (!limits.is_empty() && limits.len() == list.len()).then(|| limits.iter().sum::<i64>());
            let unknown = list.iter().any(|key| key.month.uses > 0 && key.month.cost_micros == 0);
            (list.len(), providers.len(), attention, (spent, estimated, limit, unknown))
        })
    });
    let recovery = move || vault.info.with(|info| info.as_ref().map(|info| info.recovery));
    view! {
        <div class="cards">
            <div class="card" data-testid="vault-card">
                {move || opened_by().map(|detail| view! { <b>{words::UNLOCKED}</b><span>{detail}</span> })}
            </div>
            <div class="card">
                {move || {
                    let (count, providers, attention, _) = figures.get();
                    view! { <b>{words::count(count)}</b><span>{words::providers(providers, attention)}</span> }
                }}
            </div>
            <div class="card">
                {move || {
                    let (_, _, _, (spent, estimated, limit, unknown)) = figures.get();
                    view! {
                        <b class="figures">{money::shown(spent)}</b>
                        <span>{words::spent_of(limit.map(money::shown).as_deref(), estimated, unknown)}</span>
                    }
                }}
            </div>
            {move || {
                recovery()
                    .map(|recovery| {
                        let class = if recovery == RecoveryState::Confirmed { "card" } else { "card warn" };
                        view! {
                            <button
                                type="button"
                                class=class
                                data-action="to-security"
                                on:click=move |_| state.page.set(Page::Security)
                            >
                                <b>{security::recovery_short(recovery)}</b>
                                <span>{security::recovery_detail(recovery)}</span>
                            </button>
                        }
                    })
            }}
        </div>
    }
}
