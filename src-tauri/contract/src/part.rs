use serde::{Deserialize, Serialize};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// A piece of a message. Open to more kinds: images, files, tool calls and results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// Text; Markdown when a model wrote it.
    Text {
        /// The text.
        text: String,
    },
    /// What a model thought before it answered.
    Reasoning {
        /// The text.
        text: String,
    },
}

/// Tokens as the provider reported them. Absent numbers are unknown, not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All tokens of the request, cached ones included.
    pub input: Option<u64>,
    /// All tokens of the answer, reasoning included.
    pub output: Option<u64>,
    /// The part of `input` that the provider had cached.
    pub cached: Option<u64>,
    /// The part of `output` that was reasoning.
    pub reasoning: Option<u64>,
}

/// Why a model stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It was done.
    End,
    /// It reached the most tokens it may write.
    Length,
    /// The provider's filter cut it off.
    Filtered,
    /// It refused.
    Refusal,
    /// It wants tools called.
    ToolCalls,
    /// Something the wire does not define.
    Other,
}
