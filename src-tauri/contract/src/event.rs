use serde::{Deserialize, Serialize};

use crate::{AnswerInfo, ConversationId, MessageId, Settings, VaultState, Work};

/// What the program tells a window unasked. Events carry no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::large_enum_variant, reason = "the large one is the usual one; a box would only add an allocation")
)]
pub enum Event {
    /// Text came.
    Delta(Delta),
    /// An answer changed its state, or its figures became known.
    Answer {
        /// Where.
        conversation: ConversationId,
        /// Which.
        answer: MessageId,
        /// All about it.
        info: AnswerInfo,
    },
    /// The list of conversations changed.
    Conversations,
    /// Keys changed.
    Keys,
    /// Providers or models changed.
    Catalogue,
    /// The vault changed its state.
    Vault {
        /// Its new state.
        vault: VaultState,
    },
    /// Settings changed.
    Settings {
        /// All of them.
        settings: Settings,
    },
    /// Work that takes a while got on.
    Progress {
        /// What is done.
        work: Work,
        /// How much of it is done; equal to `total` at its end.
        done: u32,
        /// How much there is.
        total: u32,
    },
    /// The entry window closed, with or without an answer.
    EntryClosed {
        /// Whether what it asked for was done.
        done: bool,
    },
    /// Events were lost because the window was too slow; it loads again what it shows.
    Lagged,
}

/// Text that came, gathered over a frame of the screen at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// Where.
    pub conversation: ConversationId,
    /// Which answer.
    pub answer: MessageId,
    /// Which part of it, from 0.
    pub part: u32,
    /// Whether the part is reasoning; a part that the page does not have yet is made so.
    pub reasoning: bool,
    /// Bytes of the part before this text. A page that has fewer or more loads the message again.
    pub at: u32,
    /// The text.
    pub text: String,
}
