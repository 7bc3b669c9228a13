//! Wires: pure mappings between the canonical request and events and what goes over a connection.

pub(crate) mod lenient;
