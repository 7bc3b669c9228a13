use std::collections::BTreeMap;

use holdfast_contract::{KeyNeed, Place, ProviderId, Usage, WireName};
use holdfast_core::Origin;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::address::{self, AddressError};

/// A provider: everything the program knows of one.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderRow {
    /// Its id.
    pub id: ProviderId,
    /// Its name for a person.
    pub name: String,
    /// What it speaks.
    pub wire: WireName,
    /// Where it is, with the part of the path that all its requests share. Empty for Rehearsal.
    pub base_url: String,
    /// Where it runs.
    pub place: Place,
    /// Whether it needs a key.
    pub key: KeyNeed,
    /// How its keys begin. A hint for a person; no key is refused for it.
    pub key_prefix: Option<String>,
    /// Environment variables in which people keep its key.
    pub key_env: Vec<String>,
    /// Where a person gets a key, or the program.
    pub link: Option<String>,
    /// Headers of every request. None of them is a credential.
    pub headers: BTreeMap<String, String>,
    /// What differs from others with the same wire.
    pub flags: Flags,
    /// Merged into the body of every question, as RFC 7396 says: objects are merged, null removes.
    pub patch: Map<String, Value>,
    /// How a key is tested without cost.
    pub key_test: KeyTestWay,
    /// Parts of names of listed models that cannot chat.
    pub hide: Vec<String>,
    /// The most context that is asked of a local server, which reserves memory for all of it.
    pub max_context: Option<u32>,
    /// Models that are known without asking.
    pub models: Vec<ModelRow>,
    /// How a person starts the server.
    pub start_hint: Option<String>,
}

/// What differs between providers with the same wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    /// The name of the field for the most tokens of an answer.
    pub max_tokens_field: MaxTokensField,
    /// Ask for the usage of a stream.
    pub include_usage: bool,
    /// The role of instructions.
    pub system_role: SystemRole,
    /// Models may write their reasoning into the answer, in `<think>` tags.
    pub think_tags: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            max_tokens_field: MaxTokensField::MaxTokens,
            include_usage: true,
            system_role: SystemRole::System,
            think_tags: false,
        }
    }
}

/// The name of the field for the most tokens of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// The one that copies of the protocol know.
    MaxTokens,
    /// The one that OpenAI's newer models insist on.
    MaxCompletionTokens,
}

/// The role of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// What everyone knows.
    System,
    /// What OpenAI's newer models prefer.
    Developer,
}

impl SystemRole {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
        }
    }
}

/// How a key is tested without cost: one GET.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyTestWay {
    /// Appended to the base address.
    pub path: String,
    /// What a good answer shows.
    pub proves: KeyProof,
}

impl Default for KeyTestWay {
    fn default() -> Self {
        Self { path: "models".to_owned(), proves: KeyProof::Compare }
    }
}

/// What a good answer to a key test shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyProof {
    /// That the key is accepted.
    Key,
    /// Nothing, unless the same request without a key is refused; so both are sent.
    Compare,
}

/// A model of a provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelRow {
    /// The provider's name for it.
    pub id: String,
    /// Its name for a person.
    pub name: String,
    /// The most tokens of request and answer together.
    pub context_window: Option<u32>,
    /// The most tokens of an answer.
    pub max_output: Option<u32>,
    /// What it costs.
    pub price: Option<Price>,
}

/// US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Tokens of the request.
    pub input: f64,
    /// Tokens of the answer.
    pub output: f64,
    /// Tokens of the request that the provider had cached.
    pub cached: Option<f64>,
}

impl Price {
    /// What an answer costs, in millionths of a dollar; none while its tokens are unknown.
    pub fn micros(&self, usage: &Usage) -> Option<i64> {
        let (input, output) = (usage.input?, usage.output?);
        let cached = usage.cached.unwrap_or(0).min(input);
        // A dollar per million tokens is a millionth of a dollar per token.
        let cost = (input - cached) as f64 * self.input
            + cached as f64 * self.cached.unwrap_or(self.input)
            + output as f64 * self.output;
        // A price of the user's own file may be any number, and none of them gives money back.
        Some(cost.max(0.0).ceil() as i64)
    }
}

impl ProviderRow {
    /// A provider at an address of the user's.
    ///
    /// # Errors
    /// When the address cannot be read, is not encrypted although it is not on this computer or
    /// network, or is one that nothing is sent to.
    pub fn custom(
        id: ProviderId,
        name: String,
        base_url: &str,
        wire: WireName,
        key: KeyNeed,
    ) -> Result<Self, AddressError> {
        let near = address::check(base_url)?;
        Ok(Self {
            id,
            name,
            wire,
            base_url: without_endpoint(base_url, wire).to_owned(),
            place: if near { Place::Local } else { Place::Cloud },
            key,
            key_prefix: None,
            key_env: Vec::new(),
            link: None,
            headers: BTreeMap::new(),
            flags: Flags { think_tags: true, ..Flags::default() },
            patch: Map::new(),
            key_test: KeyTestWay::default(),
            hide: Vec::new(),
            max_context: None,
            models: Vec::new(),
            start_hint: None,
        })
    }

    /// Scheme, host and port that its key is sealed for. None for Rehearsal, which is asked without
    /// a network.
    pub fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.base_url).ok()
    }

    /// What is known of a model without asking.
    pub fn model(&self, id: &str) -> Option<&ModelRow> {
        self.models.iter().find(|model| model.id == id)
    }
}

/// The base of an address from which a person copied a whole endpoint.
fn without_endpoint(base_url: &str, wire: WireName) -> &str {
    let mut base = base_url.trim().trim_end_matches('/');
    let endings: &[&str] = match wire {
        WireName::OpenaiChat => &["/chat/completions", "/models"],
        WireName::Ollama => &["/chat", "/tags", "/api", "/v1"],
        WireName::Rehearsal => &[],
    };
    for ending in endings {
        base = base.strip_suffix(ending).unwrap_or(base).trim_end_matches('/');
    }
    base
}
