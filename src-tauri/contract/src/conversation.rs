use serde::{Deserialize, Serialize};

use crate::command::command;
use crate::{ConversationId, Failure, KeyId, MessageId, ModelRef, Part, Role, StopReason, Timestamp, Usage, Window};

/// A line of the list of conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// Its id.
    pub id: ConversationId,
    /// Given by the user, else the start of the first question.
    pub title: String,
    /// When a message last came or changed.
    pub updated_at: Timestamp,
    /// The model its next question goes to.
    pub model: Option<ModelRef>,
    /// The name of that model for a person.
    pub model_name: Option<String>,
    /// Whether that model runs on this computer.
    pub local: bool,
    /// Messages on the active branch.
    pub messages: u32,
    /// The answer that is being written now.
    pub streaming: Option<MessageId>,
    /// The key its questions use, when the user chose one for it.
    #[serde(default)]
    pub key: Option<KeyId>,
}

/// An open conversation: its outline, and the messages at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    /// Its line in the list.
    pub summary: ConversationSummary,
    /// Characters of each message on the active branch, first to last. The page estimates heights
    /// from it, and loads bodies only for what is near the view.
    pub lengths: Vec<u32>,
    /// The last messages of the branch. The first of them has index `lengths.len() - tail.len()`.
    pub tail: Vec<MessageView>,
    /// What the user had typed and not sent.
    pub draft: String,
}

/// One message as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// Its place on the active branch, from 0.
    pub index: u32,
    /// Who speaks.
    pub role: Role,
    /// What was said.
    pub parts: Vec<Part>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// This message and its siblings (answers to the same question, or versions of it), oldest
    /// first. One entry when there are none.
    pub siblings: Vec<MessageId>,
    /// About the answer, when a model speaks.
    pub answer: Option<AnswerInfo>,
}

/// How an answer came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerInfo {
    /// Who answered.
    pub model: ModelRef,
    /// The name of the model for a person.
    pub model_name: String,
    /// Whether it runs on this computer.
    pub local: bool,
    /// The key that was used.
    pub key: Option<KeyUsed>,
    /// Where it stands.
    pub state: AnswerState,
    /// Milliseconds from sending to the first token.
    pub first_token_ms: Option<u32>,
    /// Milliseconds from sending to the end.
    pub duration_ms: Option<u32>,
    /// Tokens as reported.
    pub usage: Usage,
}

/// The key behind an answer, by the name it had then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUsed {
    /// Its id.
    pub id: KeyId,
    /// Its name at that time.
    pub name: String,
    /// Why it was used in the place of the one that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<InsteadOf>,
}

/// A key that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsteadOf {
    /// Its name at that time.
    pub name: String,
    /// Why it was not used, for instance "was rate limited".
    pub why: String,
}

/// Where an answer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AnswerState {
    /// Being written.
    Streaming {
        /// Why nothing comes at the moment, if the program waits to try again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting: Option<Waiting>,
    },
    /// Whole.
    Complete {
        /// Why the model stopped.
        reason: StopReason,
    },
    /// The user stopped it; the part stays.
    Stopped,
    /// The program ended while it was being written; the part stays.
    Interrupted,
    /// It failed; the part that came stays.
    Failed {
        /// What happened and what to do.
        failure: Failure,
    },
}

/// A pause before the request is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What happened.
    pub why: String,
    /// When it is sent again.
    pub until: Timestamp,
    /// The number of the coming try, from 2.
    pub attempt: u8,
}

/// A question on its way: the messages it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The conversation as it now stands, with the question and the empty answer at its end.
    pub view: ConversationView,
    /// The answer that is being written.
    pub answer: MessageId,
}

command! {
    /// All conversations that are not deleted, newest first.
    ListConversations {} => Vec<ConversationSummary>, [Window::Main]
}
command! {
    /// A new, empty conversation.
    CreateConversation {
        /// The model its questions go to.
        model: Option<ModelRef>,
    } => ConversationSummary, [Window::Main]
}
command! {
    /// Opens a conversation.
    OpenConversation {
        /// Which.
        id: ConversationId,
    } => ConversationView, [Window::Main]
}
command! {
    /// Bodies of messages on the active branch.
    LoadMessages {
        /// Whose.
        conversation: ConversationId,
        /// Index of the first.
        from: u32,
        /// How many at most (the program gives at most 200).
        count: u32,
    } => Vec<MessageView>, [Window::Main]
}
command! {
    /// Gives a conversation a title. An empty one lets the program choose again.
    RenameConversation {
        /// Which.
        id: ConversationId,
        /// The title; at most 200 characters are kept.
        title: String,
    } => ConversationSummary, [Window::Main]
}
command! {
    /// Deletes a conversation; it can be brought back.
    DeleteConversation {
        /// Which.
        id: ConversationId,
    } => (), [Window::Main]
}
command! {
    /// Takes a deletion back.
    RestoreConversation {
        /// Which.
        id: ConversationId,
    } => ConversationSummary, [Window::Main]
}
command! {
    /// Chooses the model of the next question.
    SetModel {
        /// Where.
        conversation: ConversationId,
        /// Which.
        model: ModelRef,
    } => ConversationSummary, [Window::Main]
}
command! {
    /// Chooses the key of the next question; none is the provider's first.
    SetConversationKey {
        /// Where.
        conversation: ConversationId,
        /// Which.
        key: Option<KeyId>,
    } => ConversationSummary, [Window::Main]
}
command! {
    /// Keeps what the user has typed.
    SaveDraft {
        /// Where.
        conversation: ConversationId,
        /// The text.
        text: String,
    } => (), [Window::Main]
}
command! {
    /// Asks a question at the end of the active branch, or as a sibling of an earlier question.
    SendMessage {
        /// Where.
        conversation: ConversationId,
        /// The question.
        text: String,
        /// The question this one is a new version of.
        edits: Option<MessageId>,
    } => Sent, [Window::Main]
}
command! {
    /// Asks the question behind an answer again; the new answer is a sibling.
    RetryAnswer {
        /// The answer to have again.
        answer: MessageId,
    } => Sent, [Window::Main]
}
command! {
    /// Goes on from a partial answer: a sibling that begins with the part.
    ContinueAnswer {
        /// The partial answer.
        answer: MessageId,
    } => Sent, [Window::Main]
}
command! {
    /// Stops an answer; what came stays. Nothing happens if it has ended.
    StopAnswer {
        /// Which.
        answer: MessageId,
    } => (), [Window::Main]
}
command! {
    /// Makes the branch of a sibling the active one.
    SelectSibling {
        /// The message to show.
        message: MessageId,
    } => ConversationView, [Window::Main]
}
command! {
    /// The user's questions of all conversations, newest first, for the composer's history.
    RecentQuestions {
        /// How many at most.
        count: u32,
    } => Vec<String>, [Window::Main]
}
command! {
    /// Puts text on the clipboard.
    CopyText {
        /// The text.
        text: String,
    } => (), [Window::Main]
}
command! {
    /// Opens a link of a message in the user's browser. The program opens it only if the message
    /// holds it and its scheme is http, https or mailto.
    OpenLink {
        /// The message that holds the link.
        message: MessageId,
        /// The address, as it was shown to the user.
        url: String,
    } => (), [Window::Main]
}
command! {
    /// Colours for a block of code.
    Highlight {
        /// The language as the model named it.
        language: String,
        /// The code.
        code: String,
    } => Vec<Vec<CodeSpan>>, [Window::Main]
}

/// A run of code in one colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSpan {
    /// The text.
    pub text: String,
    /// Its colour.
    pub class: CodeClass,
}

/// What a run of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeClass {
    /// Anything else.
    Plain,
    /// A comment.
    Comment,
    /// A word of the language.
    Keyword,
    /// Text in quotes.
    String,
    /// A number or a constant.
    Number,
    /// A name that is defined or called.
    Function,
    /// A type.
    Type,
}
