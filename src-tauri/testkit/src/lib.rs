//! What tests talk to instead of the world: a model server whose every byte and pause is scripted
//! ([`FakeServer`], [`Reply`], [`Gate`]) and a secret that can be found again ([`Canary`]).
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
mod gate;
mod reply;
mod server;

pub use canary::Canary;
pub use gate::Gate;
pub use reply::Reply;
pub use server::{FakeModel, FakeServer, RecordedRequest};
