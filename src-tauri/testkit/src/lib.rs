//! What tests talk to instead of the world: a model server whose every byte and pause is scripted
//! ([`FakeServer`], [`Reply`], [`Gate`]), a secret that can be found again ([`Canary`]), and a wait for
//! databases at the end of a process ([`databases_close_first`]).
//!
//! Used only by tests. Deliberately not here: anything of the program itself; the server speaks raw
//! HTTP/1.1 on a socket, so that it shares no fault with the client it tests.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that meets something unforeseen shall stop there, loudly"
)]

mod canary;
mod end;
mod gate;
mod reply;
mod server;

pub use canary::Canary;
pub use end::databases_close_first;
pub use gate::Gate;
pub use reply::Reply;
pub use server::{FakeModel, FakeServer, RecordedRequest};
