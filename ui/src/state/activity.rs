//! Tells the program that somebody is there, so that it does not lock itself.

use holdfast_contract::{NoteActivity, Timestamp};
use leptos::ev;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::logging::warn;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::exact_now;
use crate::ipc;
use crate::time::SECOND;

/// The program is told at most this often.
const PAUSE: i64 = 30 * SECOND;

/// Listens to keys and pointer for as long as the page lives. `wanted` says whether there is anything
/// to keep open.
pub(crate) fn note_activity(wanted: impl Fn() -> bool + Copy + 'static) {
    let told = StoredValue::new(None::<Timestamp>);
    let note = move || {
        let now = exact_now();
        if !wanted() || !is_due(told.get_value(), now) {
            return;
        }
        told.set_value(Some(now));
        spawn_local(async move {
            // The program locks itself then, which is the safe side; there is nothing to do about it here.
            if let Err(failure) = ipc::call(NoteActivity {}).await {
                warn!("{failure}");
            }
        });
    };
    window_event_listener(ev::keydown, move |_| note());
    window_event_listener(ev::pointerdown, move |_| note());
    window_event_listener(ev::wheel, move |_| note());
    // Engines also tell of moves when the page moves under a pointer that rests.
    let place = StoredValue::new((0, 0));
    window_event_listener(ev::mousemove, move |event| {
        let here = (event.screen_x(), event.screen_y());
        if place.get_value() != here {
            place.set_value(here);
            note();
        }
    });
}

fn is_due(told: Option<Timestamp>, now: Timestamp) -> bool {
    // A clock that was set back must not silence it.
    told.is_none_or(|told| now - told >= PAUSE || now < told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_told_at_most_every_thirty_seconds() {
        assert!(is_due(None, 5), "the first move counts");
        assert!(!is_due(Some(5), 4 + PAUSE), "not again within the pause");
        assert!(is_due(Some(5), 5 + PAUSE), "again after it");
        assert!(is_due(Some(1_000), 5), "and when the clock was set back");
    }
}
