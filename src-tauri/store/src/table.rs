pub(crate) mod conversation;
pub(crate) mod known_model;
pub(crate) mod message;
mod part;
pub(crate) mod provider;
pub(crate) mod sealed_key;
mod setting;
