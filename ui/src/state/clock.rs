use std::time::Duration;

use holdfast_contract::Timestamp;
use leptos::prelude::*;

use crate::time::{self, Local, MINUTE};

/// The time, for words such as "2 min ago". Moves twice a minute.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    now: RwSignal<Timestamp>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { now: RwSignal::new(exact_now()) }
    }

    pub(crate) fn start(self) {
        set_interval(move || self.now.set(exact_now()), Duration::from_secs(30));
    }

    pub(crate) fn now(self) -> Timestamp {
        self.now.get()
    }
}

pub(crate) fn exact_now() -> Timestamp {
    js_sys::Date::now() as Timestamp
}

/// A time as the clock on the wall shows it.
pub(crate) fn on_the_wall(time: Timestamp) -> Local {
    let date = js_sys::Date::new(&(time as f64).into());
    time::local(time, -(date.get_timezone_offset() as i64) * MINUTE)
}
