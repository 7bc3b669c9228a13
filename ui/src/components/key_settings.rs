use std::num::NonZeroU32;

use holdfast_contract::{KeySettings, KeyView};
use leptos::prelude::*;

use super::dialog::Modal;
use super::{Button, Switch};
use crate::money;
use crate::state::State;
use crate::text::{self, key_settings as words};

/// The name of a key, and what it may be used for.
#[component]
pub(super) fn KeySettingsDialog(key_view: KeyView) -> impl IntoView {
    let State { dialogs, keys, catalogue, .. } = State::get();
    let id = key_view.info.id;
    let settings = key_view.settings;
    let number = |number: Option<NonZeroU32>| number.map(|number| number.to_string()).unwrap_or_default();
    let name = RwSignal::new(key_view.info.name.clone());
    let active = RwSignal::new(settings.active);
    let spare = RwSignal::new(settings.spare);
    let model = RwSignal::new(settings.default_model.clone().unwrap_or_default());
    let per_minute = RwSignal::new(number(settings.per_minute));
    let monthly = RwSignal::new(settings.monthly_micros.map(money::typed).unwrap_or_default());
    let remind = RwSignal::new(number(settings.remind_after_days));
    let saving = RwSignal::new(false);

    let read = Memo::new(move |_| {
        let count = |text: String| match text.trim() {
            "" => Ok(None),
            text => text.parse::<NonZeroU32>().map(Some),
        };
        let sum = monthly.get();
        let monthly_micros = match sum.trim() {
            "" => None,
            sum => Some(money::read(sum).ok_or(words::NO_SUM)?),
        };
        Ok::<_, &'static str>(KeySettings {
            active: active.get(),
            default_model: Some(model.get().trim().to_owned()).filter(|model| !model.is_empty()),
            per_minute: count(per_minute.get()).map_err(|_| words::NO_COUNT)?,
            monthly_micros,
            spare: spare.get(),
            remind_after_days: count(remind.get()).map_err(|_| words::NO_DAYS)?,
        })
    });
    let blocked =
        Signal::derive(move || name.with(|name| name.trim().is_empty()) || read.with(Result::is_err) || saving.get());
    let save = move || {
        let (false, Ok(settings)) = (blocked.get_untracked(), read.get_untracked()) else { return };
        saving.set(true);
        let name = name.get_untracked().trim().to_owned();
        keys.save(id, name, settings, move || dialogs.close(), move || saving.set(false));
    };
    let models = untrack(|| {
        catalogue.catalogue.with(|catalogue| {
            let models = catalogue.iter().flat_map(|catalogue| &catalogue.models);
            models
                .filter(|info| info.model.provider == key_view.info.provider)
                .map(|info| info.model.model.clone())
                .collect::<Vec<_>>()
        })
    });
    view! {
        <Modal title=words::title(&key_view.info.name)>
            <form
                class="form"
                on:submit=move |event| {
                    event.prevent_default();
                    save();
                }
            >
                <Text id="key-name" label=words::NAME value=name />
                <div class="pair">
                    <Text id="key-monthly" label=words::MONTHLY hint=words::MONTHLY_HINT before="$" value=monthly />
                    <Text id="key-per-minute" label=words::PER_MINUTE hint=words::PER_MINUTE_HINT value=per_minute />
                </div>
                <div class="pair">
                    <div>
                        <Text id="key-model" label=words::MODEL hint=words::MODEL_HINT list="key-models" value=model />
                        <datalist id="key-models">
                            {models.into_iter().map(|model| view! { <option value=model></option> }).collect_view()}
                        </datalist>
                    </div>
                    <Text id="key-remind" label=words::REMIND hint=words::REMIND_HINT value=remind />
                </div>
                <div class="switch-lines">
                    <label class="switch-line">
                        <span class="grow"><b>{words::ACTIVE}</b><small>{words::ACTIVE_HINT}</small></span>
                        <Switch label=words::ACTIVE action="key-active" on=active on_change=move |on| active.set(on) />
                    </label>
                    <label class="switch-line">
                        <span class="grow"><b>{words::SPARE}</b><small>{words::SPARE_HINT}</small></span>
                        <Switch label=words::SPARE action="key-spare" on=spare on_change=move |on| spare.set(on) />
                    </label>
                </div>
                <p class="refusal" role="status">{move || read.get().err()}</p>
                <div class="dialog-end">
                    <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                    <button type="submit" class="btn primary" data-action="save-key" disabled=move || blocked.get()>
                        {words::SAVE}
                    </button>
                </div>
            </form>
        </Modal>
    }
}

#[component]
fn Text(
    id: &'static str,
    label: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
    /// A sign before what is typed.
    #[prop(optional)]
    before: Option<&'static str>,
    /// Suggestions, by their id.
    #[prop(optional)]
    list: Option<&'static str>,
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <span class="affixed" class:with-sign=before.is_some()>
                {before.map(|sign| view! { <i>{sign}</i> })}
                <input
                    id=id
                    type="text"
                    maxlength="60"
                    autocomplete="off"
                    spellcheck="false"
                    list=list
                    prop:value=move || value.get()
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </span>
            {hint.map(|hint| view! { <small>{hint}</small> })}
        </label>
    }
}
