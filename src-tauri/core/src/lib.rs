//! The pure domain: what is asked of a model and what it answers ([`exchange`]), the package that a
//! model will see ([`package`]), the machine that runs one turn ([`turn`]), secrets as types
//! ([`Secret`], [`Credential`]).
//!
//! Deliberately not here: IO, a clock, a runtime, randomness. Whoever calls brings them.

pub mod exchange;
pub mod package;
pub mod tokens;
pub mod turn;

mod origin;
mod secret;
mod title;

pub use origin::{Origin, OriginError};
pub use secret::{Credential, Secret, mask};
pub use title::title_of;
