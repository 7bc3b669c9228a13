//! What the program does for a person, journey by journey: the use cases through the router that
//! pages use, against model servers that say what they are told, and the real binary in a terminal.
//!
//! Deliberately not here: what one room does by itself; its own tests hold that.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets something unforeseen shall stop there, loudly"
)]

mod bad_input;
mod catalogue;
mod cli;
mod conversation;
mod crash;
mod faults;
mod files;
mod keys;
mod router;
mod vault;
mod window;
mod world;
