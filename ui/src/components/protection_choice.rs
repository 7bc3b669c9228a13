use holdfast_contract::Protection;
use icondata_lu::{LuFingerprint, LuKeyboard, LuShieldCheck};
use leptos::prelude::*;

use super::Icon;
use crate::text::protection as words;

/// What protects the vault, each choice with what it resists.
#[component]
pub(crate) fn ProtectionChoice(
    value: RwSignal<Protection>,
    /// Whether the system has a keychain that works.
    keychain: bool,
) -> impl IntoView {
    let cards = [
        (Protection::Keychain, LuFingerprint, words::KEYCHAIN, words::KEYCHAIN_RESISTS),
        (Protection::Passphrase, LuKeyboard, words::PASSPHRASE, words::PASSPHRASE_RESISTS),
        (Protection::Both, LuShieldCheck, words::BOTH, words::BOTH_RESISTS),
    ]
    .into_iter()
    .map(|(protection, icon, name, resists)| {
        let possible = keychain || protection == Protection::Passphrase;
        let recommended = keychain && protection == Protection::Keychain;
        view! {
            <label class="radio-card" class:off=!possible data-protection=words::tag(protection)>
                <input
                    type="radio"
                    name="protection"
                    disabled=!possible
                    prop:checked=move || value.get() == protection
                    on:change=move |_| value.set(protection)
                />
                <Icon icon />
                <span class="grow">
                    <b>{name}{recommended.then(|| view! { <span class="badge">{words::RECOMMENDED}</span> })}</b>
                    <small>{if possible { resists } else { words::NO_KEYCHAIN }}</small>
                </span>
                <i class="radio-dot"></i>
            </label>
        }
    })
    .collect_view();
    view! {
        <fieldset class="radio-cards" aria-label=words::LABEL>
            {cards}
        </fieldset>
    }
}
