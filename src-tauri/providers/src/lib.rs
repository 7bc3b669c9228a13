//! Providers of models: the catalogue of who they are ([`Catalogue`], data in models.yaml), the
//! wires they speak (pure mappings of the canonical request and events), the readers of their
//! streams ([`sse`], [`ndjson`]) and the HTTP client that asks them ([`Client`]).
//!
//! A provider is a row of data. What is odd about one is a flag or a value of its row; no code asks
//! which provider it serves.
//!
//! Deliberately not here: retries (the turn machine decides those), where keys come from, storage,
//! and anything of a window. A key passes through as a [`Credential`](holdfast_core::Credential),
//! goes to its own origin in one header, and is dropped before the answer is read.

mod address;
mod catalogue;
mod client;
mod fault;
pub mod ndjson;
mod scrub;
pub mod sse;
mod wire;

pub use address::AddressError;
pub use catalogue::{
    Catalogue, CatalogueWarning, Flags, KeyForm, KeyProof, KeyTestWay, MaxTokensField, ModelRow, Price, ProviderRow,
    SystemRole,
};
pub use client::{Client, ClientError, EventStream, KeyCheck, ListedModel, Timeouts};
