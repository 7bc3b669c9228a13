//! The only file that talks to the shell: requests by one command, events by one channel.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use holdfast_contract::{
    Code, Command, Event, Failure, GetStatus, RestoreBackup, RestoreStore, RestoreVault, UnlockWithKeychain, Window,
};
use js_sys::{JSON, Reflect};
use wasm_bindgen::prelude::*;

use crate::text;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["window", "__TAURI_INTERNALS__"], catch)]
    async fn invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn transform_callback(callback: &Closure<dyn FnMut(JsValue)>, once: bool) -> f64;
}

thread_local! {
    /// How often the page forgot what a lock closes.
    static LOCKS: Cell<u32> = const { Cell::new(0) };
}

/// Replies that hold nothing of what a lock closes, and are wanted after one.
const OUTLIVE_A_LOCK: &[&str] =
    &[GetStatus::NAME, UnlockWithKeychain::NAME, RestoreBackup::NAME, RestoreStore::NAME, RestoreVault::NAME];

/// From now on no reply to an earlier request brings back what the page has just forgotten.
pub(crate) fn forget_replies() {
    LOCKS.set(LOCKS.get().wrapping_add(1));
}

/// Sends a request and waits for its reply.
pub(crate) async fn call<C: Command>(command: C) -> Result<C::Reply, Failure> {
    let locks = LOCKS.get();
    let reply = send(command).await;
    if LOCKS.get() != locks && !OUTLIVE_A_LOCK.contains(&C::NAME) {
        return Err(Failure::new(Code::VaultLocked, text::error::LOCKED_MEANWHILE));
    }
    reply
}

async fn send<C: Command>(command: C) -> Result<C::Reply, Failure> {
    let arguments = js_sys::Object::new();
    let body = serde_json::to_string(&command).map_err(|error| broken(&error.to_string()))?;
    let body = JSON::parse(&body).map_err(|error| broken(&words(&error)))?;
    for (name, value) in [("name", &JsValue::from_str(C::NAME)), ("body", &body)] {
        Reflect::set(&arguments, &name.into(), value).map_err(|error| broken(&words(&error)))?;
    }
    match invoke("rpc", arguments.into()).await {
        Ok(reply) => read(&reply).map_err(|error| broken(&format!("{}: {error}", C::NAME))),
        Err(error) => Err(read::<Failure>(&error).unwrap_or_else(|_| broken(&words(&error)))),
    }
}

/// Hands every event to `listener`, in order, for as long as the page lives.
pub(crate) async fn attach(mut listener: impl FnMut(Event) + 'static) -> Result<(), Failure> {
    let order = RefCell::new(Order::default());
    let callback = Closure::<dyn FnMut(JsValue)>::new(move |envelope: JsValue| {
        let Some(index) = Reflect::get(&envelope, &"index".into()).ok().and_then(|index| index.as_f64()) else {
            return;
        };
        // The envelope that ends the channel has no message; the page is about to go then.
        let Ok(message) = Reflect::get(&envelope, &"message".into()) else { return };
        if message.is_undefined() {
            return;
        }
        let ready = order.borrow_mut().take(index as u64, message);
        for message in ready {
            // An event this page cannot read means that it shows less than there is, as when one is lost.
            listener(read(&message).unwrap_or(Event::Lagged));
        }
    });
    let channel = format!("__CHANNEL__:{}", transform_callback(&callback, false));
    callback.forget();
    let arguments = js_sys::Object::new();
    Reflect::set(&arguments, &"channel".into(), &channel.into()).map_err(|error| broken(&words(&error)))?;
    match invoke("attach", arguments.into()).await {
        Ok(_) => Ok(()),
        Err(error) => Err(read::<Failure>(&error).unwrap_or_else(|_| broken(&words(&error)))),
    }
}

/// The kind of window the page is drawn in. Unknown ones are trusted least.
pub(crate) fn window_kind() -> Window {
    let label = ["__TAURI_INTERNALS__", "metadata", "currentWindow", "label"]
        .into_iter()
        .try_fold(JsValue::from(js_sys::global()), |value, name| Reflect::get(&value, &name.into()));
    label.ok().and_then(|label| label.as_string()).and_then(|label| Window::from_label(&label)).unwrap_or(Window::Main)
}

fn read<T: serde::de::DeserializeOwned>(value: &JsValue) -> Result<T, serde_json::Error> {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    serde_json::from_str(text.as_deref().unwrap_or("null"))
}

fn words(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string()))
        .unwrap_or_else(|| text::error::UNNAMED.to_owned())
}

fn broken(detail: &str) -> Failure {
    Failure::new(Code::Internal, text::error::no_answer(detail)).hint(text::error::NO_ANSWER_HINT)
}

/// Small messages come at once and large ones are fetched, so a later one can overtake.
struct Order<T> {
    next: u64,
    early: BTreeMap<u64, T>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self { next: 0, early: BTreeMap::new() }
    }
}

impl<T> Order<T> {
    /// What can be handed on, now that message `index` came.
    fn take(&mut self, index: u64, message: T) -> Vec<T> {
        self.early.insert(index, message);
        let mut ready = Vec::new();
        while let Some(message) = self.early.remove(&self.next) {
            ready.push(message);
            self.next += 1;
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_overtake_wait_for_their_turn() {
        let mut order = Order::default();
        assert_eq!(order.take(1, 'b'), Vec::<char>::new(), "the first is still missing");
        assert_eq!(order.take(2, 'c'), Vec::<char>::new(), "and still");
        assert_eq!(order.take(0, 'a'), vec!['a', 'b', 'c'], "now all three, in order");
        assert_eq!(order.take(3, 'd'), vec!['d'], "and the next at once");
    }
}
