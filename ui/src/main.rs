//! The page of Holdfast: what the window draws, as a Leptos application in the browser engine.
//!
//! Deliberately not here: anything that reaches the network, the disk or a secret. The page asks the
//! program for it by the contract, and only `ipc` does that. What a model wrote becomes elements
//! through a typed tree, never HTML.

#![expect(unreachable_pub, reason = "the component macro makes what it writes for each component pub")]

mod app;
mod components;
mod dom;
mod heights;
mod ipc;
mod key_list;
mod link;
mod markdown;
mod money;
mod pages;
mod stage;
mod state;
mod strength;
mod text;
mod time;

fn main() {
    console_error_panic_hook::set_once();
    app::mount();
}
