use holdfast_contract::{ClipboardLook, EntryPurpose, KeyId, KeyView, Place, ProviderId, ProviderInfo};
use icondata_lu::{LuClipboardPaste, LuKeyboard, LuTriangleAlert};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::Modal;
use super::{Button, ButtonKind, Icon, WaitingForEntry};
use crate::state::State;
use crate::text::{self, keys};

/// Adds a key, or puts a new secret in the place of one. The secret goes from the clipboard or the
/// entry window to the program; it never comes here.
#[component]
pub(super) fn KeyDialog(provider: Option<ProviderId>, replace: Option<KeyView>) -> impl IntoView {
    let state = State::get();
    let replaced = replace.as_ref().map(|key| key.info.id);
    let providers = untrack(|| state.catalogue.with_keys());
    // Whose key it is may be told by its form, unless the user said so before.
    let open = replace.is_none() && provider.is_none();
    let first = replace
        .as_ref()
        .map(|key| key.info.provider.clone())
        .or(provider)
        .or_else(|| providers.first().map(|provider| provider.id.clone()));
    let chosen = RwSignal::new(first);
    let info = Memo::new(move |_| chosen.get().and_then(|id| state.catalogue.provider(&id)));
    let name = RwSignal::new(match &replace {
        Some(key) => key.info.name.clone(),
        None => free_name(state, chosen.get_untracked().as_ref()),
    });
    let choose = move |id: ProviderId| {
        let usual = untrack(|| free_name(state, chosen.get().as_ref()));
        if name.with_untracked(|name| *name == usual) {
            name.set(free_name(state, Some(&id)));
        }
        chosen.set(Some(id));
    };
    let look = RwSignal::new(None::<ClipboardLook>);
    let look_again = move || {
        spawn_local(async move {
            match state.keys.look_at_clipboard().await {
                Ok(seen) => {
                    if let Some(id) = seen.providers.first()
                        && open
                        && look.try_get_untracked() == Some(None)
                    {
                        choose(id.clone());
                    }
                    look.try_set(Some(seen));
                }
                Err(failure) => state.notices.fail(failure),
            }
        });
    };
    look_again();
    // The user copies the key in another window and comes back.
    let handle = window_event_listener(leptos::ev::focus, move |_| look_again());
    on_cleanup(move || handle.remove());

    let name_before = replace.map(|key| key.info.name);
    let title = Signal::derive(move || match (&name_before, info.get()) {
        (Some(name), _) => keys::replace(name),
        (None, Some(provider)) => keys::add_for(&provider.name),
        (None, None) => keys::ADD.to_owned(),
    });
    let ready = Signal::derive(move || chosen.get().is_some() && !name.get().trim().is_empty());
    view! {
        <Modal title>
            <Clipboard look info />
            {match replaced {
                Some(_) => view! { <p class="hint">{keys::REPLACE_HINT}</p> }.into_any(),
                None => view! {
                    <ProviderChoice providers chosen on_choose=Callback::new(choose) />
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
                    .into_any(),
            }}
            {move || info.get().map(|provider| view! { <Facts provider /> })}
            <GiveKey chosen name ready replaced look />
        </Modal>
    }
}

/// The first usual name that no key of the provider has.
fn free_name(state: State, provider: Option<&ProviderId>) -> String {
    let taken: Vec<String> = state.keys.list.with_untracked(|list| {
        list.iter()
            .flatten()
            .filter(|key| Some(&key.info.provider) == provider)
            .map(|key| key.info.name.clone())
            .collect()
    });
    let mut names = [keys::PERSONAL.to_owned(), keys::WORK.to_owned()]
        .into_iter()
        .chain((2..).map(|number| format!("{} {number}", keys::PERSONAL)));
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

/// What lies on the clipboard, as far as this window may know, and whether it fits.
#[component]
fn Clipboard(look: RwSignal<Option<ClipboardLook>>, info: Memo<Option<ProviderInfo>>) -> impl IntoView {
    let State { catalogue, .. } = State::get();
    let provider_name =
        move |id: &ProviderId| catalogue.provider(id).map_or_else(|| id.0.clone(), |provider| provider.name);
    move || {
        let seen = look.get();
        let (masked, detail, good) = match &seen {
            None => (None, keys::LOOKING_AT_CLIPBOARD.to_owned(), false),
            Some(ClipboardLook { masked: Some(masked), providers, .. }) => {
                let names: Vec<String> = providers.iter().map(provider_name).collect();
                (Some(masked.clone()), keys::looks_like(&names), true)
            }
            Some(ClipboardLook { problem, .. }) => {
                (None, problem.clone().unwrap_or_else(|| keys::NOTHING_ON_CLIPBOARD.to_owned()), false)
            }
        };
        let warning = seen.and_then(|seen| seen.masked.map(|_| seen.providers)).and_then(|providers| {
            let chosen = info.get()?;
            if let Some(likely) = providers.first()
                && !providers.contains(&chosen.id)
            {
                return Some(keys::form_of_another(&provider_name(likely), &chosen.name, origin(&chosen.base_url)));
            }
            let plain = chosen.place == Place::Cloud && chosen.base_url.starts_with("http://");
            plain.then(|| keys::not_encrypted(origin(&chosen.base_url)))
        });
        view! {
            <div class="clipboard" class:good=good role="status" data-testid="clipboard">
                <Icon icon=LuClipboardPaste />
                <span class="grow">
                    {masked.map(|masked| view! { <b class="mono">{masked}</b> })}
                    <small>{detail}</small>
                </span>
            </div>
            {warning
                .map(|warning| {
                    view! {
                        <p class="note" role="alert" data-testid="key-warning">
                            <Icon icon=LuTriangleAlert />
                            {warning}
                        </p>
                    }
                })}
        }
    }
}

#[component]
fn ProviderChoice(
    providers: Vec<ProviderInfo>,
    chosen: RwSignal<Option<ProviderId>>,
    on_choose: Callback<ProviderId>,
) -> impl IntoView {
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
                        on:change=move |_| on_choose.run(id.clone())
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

/// The two ways a key gets to the program.
#[component]
fn GiveKey(
    chosen: RwSignal<Option<ProviderId>>,
    name: RwSignal<String>,
    ready: Signal<bool>,
    replaced: Option<KeyId>,
    look: RwSignal<Option<ClipboardLook>>,
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
    // What cannot be a key is said above; the program would refuse it.
    let nothing = move || look.with(|look| look.as_ref().is_some_and(|look| look.masked.is_none()));
    let paste_blocked = Signal::derive(move || blocked.get() || nothing());
    view! {
        <p class="hint">{keys::PASTE_HINT}</p>
        <WaitingForEntry />
        <div class="dialog-end">
            <Button kind=ButtonKind::Quiet on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
            <span class="grow"></span>
            <Button action="type-key" disabled=blocked on_press=type_it>
                <Icon icon=LuKeyboard />
                {keys::TYPE}
            </Button>
            <Button kind=ButtonKind::Primary action="paste-key" disabled=paste_blocked on_press=paste>
                <Icon icon=LuClipboardPaste />
                {keys::PASTE}
            </Button>
        </div>
    }
}
