use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A conversation. Version 7, so ids sort by time of creation.
    ConversationId
);
id!(
    /// A message: a question of the user or an answer of a model.
    MessageId
);
id!(
    /// A sealed secret, for instance an API key.
    KeyId
);
id!(
    /// One use of a key.
    KeyUseId
);

/// A provider by its name in models.yaml, or `custom-…` for one the user added.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderId(pub String);

impl std::fmt::Display for ProviderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for ProviderId {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// One model of one provider. Written `provider/model`; the model's own name may hold slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    /// Who serves it.
    pub provider: ProviderId,
    /// The name the provider knows it by.
    pub model: String,
}

impl ModelRef {
    /// Reads `provider/model`. `None` when either side is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.trim().split_once('/')?;
        if provider.is_empty() || model.is_empty() {
            return None;
        }
        Some(Self { provider: provider.into(), model: model.to_owned() })
    }
}

impl std::fmt::Display for ModelRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_name_may_hold_slashes() {
        let parsed = ModelRef::parse("openrouter/anthropic/claude-opus-5.5");
        assert_eq!(
            parsed,
            Some(ModelRef { provider: "openrouter".into(), model: "anthropic/claude-opus-5.5".into() }),
            "only the first slash parts provider from model"
        );
        assert_eq!(ModelRef::parse("no-slash"), None, "a bare name does not say who serves it");
        assert_eq!(ModelRef::parse("openai/"), None, "an empty model is no model");
    }
}
