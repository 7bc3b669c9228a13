use serde::{Deserialize, Serialize};

use crate::command::command;
use crate::{Failure, KeyId, ModelRef, ProviderId, Window};

/// A provider as the page draws it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderInfo {
    /// Its id.
    pub id: ProviderId,
    /// Its name for a person.
    pub name: String,
    /// Where it runs.
    pub place: Place,
    /// Where requests go. Empty for Rehearsal.
    pub base_url: String,
    /// Whether it needs a key.
    pub key: KeyNeed,
    /// How its keys begin, when they all begin alike.
    pub key_prefix: Option<String>,
    /// Where a person gets a key, or the program.
    pub link: Option<String>,
    /// How it can be reached.
    pub reach: Reach,
}

/// Where a provider runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In this program.
    BuiltIn,
    /// On this computer or network.
    Local,
    /// At a company.
    Cloud,
}

/// Whether a provider needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyNeed {
    /// It takes none.
    None,
    /// It takes one if there is one.
    Optional,
    /// It answers nobody without.
    Required,
}

/// How a provider can be reached, as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Reach {
    /// Not asked yet.
    Unknown,
    /// It answered.
    Ready {
        /// Models it offers.
        models: u32,
    },
    /// It needs a key and has none.
    NoKey,
    /// It needs the vault, which is locked.
    Locked,
    /// Nothing listens at its address.
    NotRunning,
    /// It could not be asked.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// A model as the picker draws it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Who serves it and by which name.
    pub model: ModelRef,
    /// Its name for a person.
    pub name: String,
    /// The provider's name for a person.
    pub provider_name: String,
    /// Where it runs.
    pub place: Place,
    /// The most tokens of request and answer together, when known.
    pub context_window: Option<u32>,
    /// The key that a question to it would use.
    pub key: Option<ModelKey>,
    /// Whether a question can be sent now.
    pub usable: bool,
    /// Size, family and quantisation of a local model, in a few words.
    pub detail: Option<String>,
}

/// The key that a question would use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelKey {
    /// Its id.
    pub id: KeyId,
    /// Its name.
    pub name: String,
}

/// Everything the picker needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Providers, in the order they are shown.
    pub providers: Vec<ProviderInfo>,
    /// Models by provider in that order; before all others those that can be asked now.
    pub models: Vec<ModelInfo>,
    /// What is wrong with the user's own models.yaml, with its line.
    pub warning: Option<String>,
}

command! {
    /// Providers and models. Without `refresh` it answers at once with what is known.
    GetCatalogue {
        /// Ask every provider that can be asked, again.
        refresh: bool,
    } => Catalogue, [Window::Main]
}
command! {
    /// Adds a provider at an address of the user's, or changes it.
    SaveProvider {
        /// The one to change; none adds one.
        id: Option<ProviderId>,
        /// Its name for a person.
        name: String,
        /// Where it is, for instance `http://192.168.1.100:11434`.
        base_url: String,
        /// What it speaks.
        wire: WireName,
        /// Whether it needs a key.
        key: KeyNeed,
    } => ProviderInfo, [Window::Main]
}
command! {
    /// Removes a provider that the user added. Its keys are deleted too.
    DeleteProvider {
        /// Which.
        id: ProviderId,
    } => (), [Window::Main]
}

/// A protocol that Holdfast speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireName {
    /// OpenAI chat completions, and everyone who copies it.
    OpenaiChat,
    /// Ollama's own `/api/chat`.
    Ollama,
    /// The built-in Rehearsal.
    Rehearsal,
}
