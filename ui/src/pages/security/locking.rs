use icondata_lu::LuLock;
use leptos::prelude::*;

use crate::components::{Button, Icon, Switch};
use crate::state::State;
use crate::text::security as words;

/// The waits that are offered, in minutes; 0 is never.
const MINUTES: [u32; 7] = [1, 5, 15, 30, 60, 240, 0];

/// When the vault closes by itself.
#[component]
pub(super) fn Locking() -> impl IntoView {
    let state = State::get();
    let State { settings, .. } = state;
    let minutes = Memo::new(move |_| settings.settings.with(|settings| settings.lock_after_minutes));
    let with_system = Signal::derive(move || settings.settings.with(|settings| settings.lock_with_system));
    // A wait that was set elsewhere is offered too.
    let offered = move || {
        let now = minutes.get();
        let mut offered = MINUTES.to_vec();
        if !offered.contains(&now) {
            let place = offered.iter().position(|other| *other > now || *other == 0).unwrap_or(0);
            offered.insert(place, now);
        }
        offered
            .into_iter()
            .map(|option| {
                view! { <option value=option.to_string() selected=option == now>{words::after(option)}</option> }
            })
            .collect_view()
    };
    view! {
        <section class="setting" data-section="locking">
            <h2>{words::LOCKING}</h2>
            <div class="setting-line">
                <div class="grow">
                    <b id="lock-after-label">{words::LOCK_AFTER}</b>
                    <p class="hint">{words::LOCK_AFTER_HINT}</p>
                </div>
                <select
                    id="lock-after"
                    aria-labelledby="lock-after-label"
                    on:change=move |event| {
                        if let Ok(minutes) = event_target_value(&event).parse() {
                            settings.set_lock_after(minutes);
                        }
                    }
                >
                    {offered}
                </select>
            </div>
            <label class="setting-line">
                <span class="grow">
                    <b>{words::LOCK_WITH_SYSTEM}</b>
                    <small class="hint">{words::LOCK_WITH_SYSTEM_HINT}</small>
                </span>
                <Switch
                    label=words::LOCK_WITH_SYSTEM
                    action="lock-with-system"
                    on=with_system
                    on_change=move |on| settings.set_lock_with_system(on)
                />
            </label>
            <div class="setting-line">
                <div class="grow">
                    <b>{words::LOCK_NOW}</b>
                    <p class="hint">{words::LOCK_NOW_HINT}</p>
                </div>
                <Button action="lock-now" on_press=move |()| state.lock()>
                    <Icon icon=LuLock />
                    {words::LOCK_NOW}
                </Button>
            </div>
        </section>
    }
}
