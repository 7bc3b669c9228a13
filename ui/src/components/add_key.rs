use holdfast_contract::{EntryPurpose, KeyInfo, ProviderId, ProviderInfo, UnlockWay, VaultState};
use icondata_lu::{LuClipboardPaste, LuKeyboard, LuShieldCheck};
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, ButtonKind, Icon};
use crate::state::State;
use crate::text::{self, keys};

/// Adds a key, or puts a new secret in the place of one. The secret goes from the clipboard or the
/// entry window to the program; it never comes here.
#[component]
pub(super) fn KeyDialog(provider: Option<ProviderId>, replace: Option<KeyInfo>) -> impl IntoView {
    let state = State::get();
    let replaced = replace.as_ref().map(|key| key.id);
    let providers = untrack(|| state.catalogue.with_keys());
    let first = replace
        .as_ref()
        .map(|key| key.provider.clone())
        .or(provider)
        .or_else(|| providers.first().map(|provider| provider.id.clone()));
    let chosen = RwSignal::new(first);
    let info = Memo::new(move |_| chosen.get().and_then(|id| state.catalogue.provider(&id)));
    let name = RwSignal::new(match &replace {
        Some(key) => key.name.clone(),
        None => free_name(state, chosen.get_untracked().as_ref()),
    });
    let title = {
        let replace = replace.clone();
        Signal::derive(move || match (&replace, info.get()) {
            (Some(key), _) => keys::replace(&key.name),
            (None, Some(provider)) => keys::add_for(&provider.name),
            (None, None) => keys::ADD.to_owned(),
        })
    };
    let ready = Signal::derive(move || chosen.get().is_some() && !name.get().trim().is_empty());
    view! {
        <Modal title>
            {replace
                .is_none()
                .then(|| {
                    view! {
                        <ProviderChoice providers chosen name />
                        <label class="field">
                            <span>{keys::NAME}</span>
                            <input
                                id="key-name"
                                type="text"
                                maxlength="60"
                                autocomplete="off"
                                list="key-names"
                                prop:value=move || name.get()
                                on:input=move |event| name.set(event_target_value(&event))
                            />
                            <datalist id="key-names">
                                <option value=keys::PERSONAL></option>
                                <option value=keys::WORK></option>
                            </datalist>
                            <small>{keys::NAME_HINT}</small>
                        </label>
                    }
                })}
            {move || info.get().map(|provider| view! { <Facts provider /> })}
            {move || match state.status.vault() {
                Some(VaultState::Missing) if !state.status.keychain() => view! { <NeedsPassphrase /> }.into_any(),
                Some(VaultState::Locked { ways }) => view! { <NeedsUnlock ways /> }.into_any(),
                Some(VaultState::Damaged { detail, .. }) => {
                    view! { <p class="note bad">{keys::DAMAGED_BANNER}" "{detail}</p> }.into_any()
                }
                Some(VaultState::Missing) => view! {
                    <p class="note good"><Icon icon=LuShieldCheck />{keys::PROTECTED_BY_KEYCHAIN}</p>
                    <GiveKey chosen name ready replaced />
                }
                    .into_any(),
                Some(VaultState::Unlocked { .. }) => view! { <GiveKey chosen name ready replaced /> }.into_any(),
                None => ().into_any(),
            }}
        </Modal>
    }
}

/// The first usual name that no key of the provider has.
fn free_name(state: State, provider: Option<&ProviderId>) -> String {
    let taken: Vec<String> = state.keys.list.with_untracked(|list| {
        list.iter().flatten().filter(|key| Some(&key.provider) == provider).map(|key| key.name.clone()).collect()
    });
    let mut names = [keys::PERSONAL.to_owned(), keys::WORK.to_owned()]
        .into_iter()
        .chain((2..).map(|number| format!("{} {number}", keys::PERSONAL)));
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

#[component]
fn ProviderChoice(
    providers: Vec<ProviderInfo>,
    chosen: RwSignal<Option<ProviderId>>,
    name: RwSignal<String>,
) -> impl IntoView {
    let state = State::get();
    let options = providers
        .into_iter()
        .map(|provider| {
            let id = provider.id.clone();
            let value = id.0.clone();
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name="key-provider"
                        value=value
                        prop:checked={
                            let id = id.clone();
                            move || chosen.with(|chosen| chosen.as_ref() == Some(&id))
                        }
                        on:change=move |_| {
                            let usual = untrack(|| free_name(state, chosen.get().as_ref()));
                            if name.with_untracked(|name| *name == usual) {
                                name.set(free_name(state, Some(&id)));
                            }
                            chosen.set(Some(id.clone()));
                        }
                    />
                    <span>{provider.name}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field">
            <legend>{keys::PROVIDER}</legend>
            <div class="choices">{options}</div>
        </fieldset>
    }
}

/// What a person should know about the keys of a provider.
#[component]
fn Facts(provider: ProviderInfo) -> impl IntoView {
    view! {
        <ul class="facts">
            <li>{keys::goes_to(origin(&provider.base_url))}</li>
            {provider.key_prefix.map(|prefix| view! { <li>{keys::begins_with(&prefix)}</li> })}
            {provider.link.map(|link| view! { <li>{keys::get_one(&link)}</li> })}
        </ul>
    }
}

/// Scheme, host and port of an address: what a key is sealed for.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[host..].find('/').map_or(address.len(), |path| host + path);
    &address[..end]
}

#[component]
fn NeedsPassphrase() -> impl IntoView {
    let State { status, .. } = State::get();
    view! {
        <p class="note">{keys::NEEDS_PASSPHRASE}</p>
        <End>
            <Button
                kind=ButtonKind::Primary
                action="set-passphrase"
                on_press=move |()| status.open_entry(EntryPurpose::SetPassphrase)
            >
                {keys::CHOOSE_PASSPHRASE}
            </Button>
        </End>
    }
}

#[component]
fn NeedsUnlock(ways: Vec<UnlockWay>) -> impl IntoView {
    let State { status, .. } = State::get();
    let second = ways.len() > 1;
    view! {
        <p class="note">{keys::VAULT_LOCKED}</p>
        <End>
            {second
                .then(|| {
                    view! {
                        <Button on_press=move |()| status.unlock_with(UnlockWay::Passphrase)>
                            {keys::UNLOCK_PASSPHRASE}
                        </Button>
                    }
                })}
            <Button kind=ButtonKind::Primary action="unlock" on_press=move |()| status.unlock()>{keys::UNLOCK}</Button>
        </End>
    }
}

#[component]
fn GiveKey(
    chosen: RwSignal<Option<ProviderId>>,
    name: RwSignal<String>,
    ready: Signal<bool>,
    replaced: Option<holdfast_contract::KeyId>,
) -> impl IntoView {
    let State { keys: store, status, dialogs, .. } = State::get();
    let paste = move |()| {
        if let Some(provider) = chosen.get_untracked() {
            store.paste(provider, name.get_untracked().trim().to_owned(), replaced, move || dialogs.close());
        }
    };
    let type_it = move |()| {
        let purpose = match (replaced, chosen.get_untracked()) {
            (Some(key), _) => EntryPurpose::ReplaceKey { key },
            (None, Some(provider)) => EntryPurpose::AddKey { provider, name: name.get_untracked().trim().to_owned() },
            (None, None) => return,
        };
        status.open_entry(purpose);
    };
    let blocked = Signal::derive(move || !ready.get() || store.pasting.get());
    view! {
        <p class="hint">{keys::PASTE_HINT}</p>
        <End>
            <Button action="type-key" disabled=blocked on_press=type_it>
                <Icon icon=LuKeyboard />
                {keys::TYPE}
            </Button>
            <Button kind=ButtonKind::Primary action="paste-key" disabled=blocked on_press=paste>
                <Icon icon=LuClipboardPaste />
                {keys::PASTE}
            </Button>
        </End>
    }
}

/// The buttons, and a word while the other window is open.
#[component]
fn End(children: Children) -> impl IntoView {
    let State { dialogs, status, .. } = State::get();
    view! {
        {move || {
            status.entry
                .with(Option::is_some)
                .then(|| view! { <p class="note good" role="status">{keys::WAITING_ENTRY}</p> })
        }}
        <div class="dialog-end">
            <Button kind=ButtonKind::Quiet on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
            <span class="grow"></span>
            {children()}
        </div>
    }
}
