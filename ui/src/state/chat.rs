use std::sync::Arc;

use futures::lock::Mutex;
use holdfast_contract::{
    AnswerInfo, AnswerState, ContinueAnswer, ConversationId, ConversationSummary, ConversationView, CopyText, Delta,
    Event, Failure, LoadMessages, MessageId, ModelInfo, ModelRef, OpenConversation, RetryAnswer, SelectSibling,
    SendMessage, SetModel, StopAnswer,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{CatalogueState, Conversations, Message, Notices, SettingsState, run};
use crate::heights::Heights;
use crate::{ipc, text};

mod branch;
mod draft;
mod key;

pub(crate) use branch::Branch;

/// Messages asked for at a time.
const CHUNK: usize = 50;

/// The conversation that was created last, and what `opened` was then.
type Created = Option<(u64, ConversationId)>;

/// The open conversation.
#[derive(Clone, Copy)]
pub(crate) struct Chat {
    /// Its line in the list; none for a conversation that is not begun.
    pub summary: RwSignal<Option<ConversationSummary>>,
    /// Moves when rows come, go or are loaded.
    pub changed: RwSignal<u64>,
    /// Moves when another conversation is shown.
    pub opened: RwSignal<u64>,
    /// It is being opened.
    pub opening: RwSignal<bool>,
    /// Why it could not be opened.
    pub failed: RwSignal<Option<(ConversationId, Failure)>>,
    /// A question is on its way to the program.
    pub sending: RwSignal<bool>,
    /// The answer that is being written.
    pub streaming: RwSignal<Option<MessageId>>,
    /// The text the composer starts with when another conversation is shown.
    pub draft: RwSignal<String>,
    /// The composer holds text.
    pub typed: RwSignal<bool>,
    /// Gives what the composer holds and has not had saved; called before another conversation is shown.
    pub leaving: StoredValue<Option<Callback<(), Option<String>>>>,
    /// The question whose new version is being typed.
    pub editing: RwSignal<Option<MessageId>>,
    /// The model picker is open.
    pub choosing: RwSignal<bool>,
    /// Read out when an answer ends.
    pub announcement: RwSignal<String>,
    branch: StoredValue<Branch>,
    /// Replies with a view that are awaited; events that come meanwhile are kept for after them.
    awaited: StoredValue<u32>,
    early: StoredValue<Vec<Event>>,
    /// The rows to load, and whether a request is on its way.
    wanted: StoredValue<(usize, usize)>,
    loading: StoredValue<bool>,
    /// Held while a conversation is created, so that two drafts do not create two.
    creating: StoredValue<Arc<Mutex<Created>>>,
    notices: Notices,
    conversations: Conversations,
    catalogue: CatalogueState,
    settings: SettingsState,
}

impl Chat {
    pub(crate) fn new(
        notices: Notices,
        conversations: Conversations,
        catalogue: CatalogueState,
        settings: SettingsState,
    ) -> Self {
        Self {
            summary: RwSignal::new(None),
            changed: RwSignal::new(0),
            opened: RwSignal::new(0),
            opening: RwSignal::new(false),
            failed: RwSignal::new(None),
            sending: RwSignal::new(false),
            streaming: RwSignal::new(None),
            draft: RwSignal::new(String::new()),
            typed: RwSignal::new(false),
            leaving: StoredValue::new(None),
            editing: RwSignal::new(None),
            choosing: RwSignal::new(false),
            announcement: RwSignal::new(String::new()),
            branch: StoredValue::new(Branch::default()),
            awaited: StoredValue::new(0),
            early: StoredValue::new(Vec::new()),
            wanted: StoredValue::new((0, 0)),
            loading: StoredValue::new(false),
            creating: StoredValue::new(Arc::new(Mutex::new(None))),
            notices,
            conversations,
            catalogue,
            settings,
        }
    }

    pub(crate) fn id(self) -> Option<ConversationId> {
        self.summary.with(|summary| summary.as_ref().map(|summary| summary.id))
    }

    pub(crate) fn id_untracked(self) -> Option<ConversationId> {
        self.summary.with_untracked(|summary| summary.as_ref().map(|summary| summary.id))
    }

    /// Nothing was opened or begun since `opened` was read.
    pub(crate) fn is_untouched_since(self, opened: u64) -> bool {
        self.opened.get_untracked() == opened && self.id_untracked().is_none() && !self.typed.get_untracked()
    }

    /// Messages on the branch.
    pub(crate) fn count(self) -> usize {
        self.changed.track();
        self.branch.with_value(Branch::len)
    }

    pub(crate) fn message(self, index: usize) -> Option<Message> {
        self.branch.with_value(|branch| branch.message(index))
    }

    pub(crate) fn heights<R>(self, read: impl FnOnce(&mut Heights) -> R) -> Option<R> {
        self.branch.try_update_value(|branch| read(&mut branch.heights))
    }

    /// The model of the next question.
    pub(crate) fn model(self) -> Option<ModelRef> {
        match self.summary.get() {
            Some(summary) if summary.model.is_some() => summary.model,
            _ => self.settings.settings.with(|settings| settings.model.clone()),
        }
    }

    /// What is known about the model of the next question.
    pub(crate) fn model_info(self) -> Option<ModelInfo> {
        self.catalogue.find(&self.model()?)
    }

    // Opening

    pub(crate) fn open(self, id: ConversationId) {
        if self.id_untracked() == Some(id) && self.failed.with_untracked(Option::is_none) {
            return;
        }
        self.clear(self.conversations.find(id));
        self.opening.set(true);
        self.failed.set(None);
        let opened = self.opened.get_untracked();
        spawn_local(async move {
            let reply = self.await_view(ipc::call(OpenConversation { id })).await;
            // The reader may have gone on to another one.
            if self.opened.get_untracked() == opened {
                self.opening.set(false);
                match reply {
                    Ok(view) => self.show(view),
                    Err(failure) => self.failed.set(Some((id, failure))),
                }
            }
            self.replay();
        });
    }

    /// Begins a conversation, or goes to one that was begun and holds nothing.
    pub(crate) fn begin(self) {
        let empty = self
            .conversations
            .list
            .with_untracked(|list| list.iter().find(|summary| summary.messages == 0).map(|summary| summary.id));
        match empty {
            Some(id) => self.open(id),
            None => {
                self.clear(None);
                self.failed.set(None);
                self.opening.set(false);
            }
        }
    }

    /// Opens the conversation again, because what is shown may not be all.
    pub(crate) fn reload(self) {
        let Some(id) = self.id_untracked() else { return };
        spawn_local(async move {
            match self.await_view(ipc::call(OpenConversation { id })).await {
                Ok(view) if self.id_untracked() == Some(id) => {
                    self.failed.set(None);
                    self.adopt(view, 0);
                }
                Ok(_) => {}
                Err(failure) => self.notices.fail(failure),
            }
            self.replay();
        });
    }

    /// Takes the line of the open conversation from the list, after the list was loaded.
    pub(crate) fn adopt_summary(self) {
        if let Some(summary) = self.id_untracked().and_then(|id| self.conversations.find(id))
            && self.summary.with_untracked(|before| before.as_ref() != Some(&summary))
        {
            self.summary.set(Some(summary));
        }
    }

    fn clear(self, summary: Option<ConversationSummary>) {
        if let Some(text) = self.unsaved() {
            self.save_draft(text);
        }
        self.forget(summary);
    }

    /// Forgets the open conversation, also what was typed.
    pub(crate) fn purge(self) {
        self.forget(None);
        self.failed.set(None);
        self.opening.set(false);
        self.typed.set(false);
        self.choosing.set(false);
        self.announcement.set(String::new());
    }

    fn forget(self, summary: Option<ConversationSummary>) {
        self.summary.set(summary);
        self.branch.set_value(Branch::default());
        self.streaming.set(None);
        self.editing.set(None);
        self.early.set_value(Vec::new());
        self.draft.set(String::new());
        self.opened.update(|opened| *opened += 1);
        self.changed.update(|changed| *changed += 1);
    }

    fn show(self, view: ConversationView) {
        self.draft.set(view.draft.clone());
        self.adopt(view, 0);
        self.opened.update(|opened| *opened += 1);
    }

    /// Shows a view; messages before `same` are known to be the same as before.
    fn adopt(self, view: ConversationView, same: usize) {
        self.streaming.set(view.summary.streaming);
        self.conversations.put(view.summary.clone());
        self.summary.set(Some(view.summary));
        self.branch.update_value(|branch| branch.adopt(&view.lengths, view.tail, same));
        self.changed.update(|changed| *changed += 1);
    }

    /// Awaits a reply that holds a view. Events that come meanwhile may be about messages the page
    /// does not have yet.
    async fn await_view<R>(self, request: impl Future<Output = Result<R, Failure>>) -> Result<R, Failure> {
        self.awaited.update_value(|awaited| *awaited += 1);
        let reply = request.await;
        self.awaited.update_value(|awaited| *awaited -= 1);
        reply
    }

    fn replay(self) {
        if self.awaited.get_value() == 0 {
            for event in self.early.try_update_value(std::mem::take).unwrap_or_default() {
                self.handle(event);
            }
        }
    }

    // Loading

    /// Loads what is missing near rows that are drawn.
    pub(crate) fn load_near(self, first: usize, end: usize) {
        self.wanted.set_value((first, end));
        if self.loading.get_value() {
            return;
        }
        self.loading.set_value(true);
        spawn_local(async move {
            while let Some(conversation) = self.id_untracked() {
                let (first, end) = self.wanted.get_value();
                let Some(from) = self.branch.with_value(|branch| branch.missing(first, end, CHUNK)) else { break };
                let request = LoadMessages { conversation, from: from as u32, count: CHUNK as u32 };
                match self.await_view(ipc::call(request)).await {
                    Ok(messages) if self.id_untracked() == Some(conversation) => {
                        let came = !messages.is_empty();
                        let (first, end) = self.wanted.get_value();
                        self.branch.update_value(|branch| {
                            branch.fill(messages);
                            branch.forget_far(first, end);
                        });
                        self.changed.update(|changed| *changed += 1);
                        self.replay();
                        if !came {
                            break;
                        }
                    }
                    // Another conversation was opened meanwhile; its rows are loaded in the next round.
                    Ok(_) => self.replay(),
                    Err(failure) => {
                        self.notices.fail(failure);
                        self.replay();
                        break;
                    }
                }
            }
            self.loading.set_value(false);
        });
    }

    // Events

    pub(crate) fn handle(self, event: Event) {
        let conversation = match &event {
            Event::Delta(delta) => delta.conversation,
            Event::Answer { conversation, .. } => *conversation,
            _ => return,
        };
        let open = self.id_untracked();
        // A conversation that is being created has its first events before its id is known here.
        if self.awaited.get_value() > 0 && open.is_none_or(|open| open == conversation) {
            self.early.update_value(|early| early.push(event));
            return;
        }
        if open != Some(conversation) {
            return;
        }
        match event {
            Event::Delta(delta) => self.grow(delta),
            Event::Answer { answer, info, .. } => self.answer_changed(answer, info),
            _ => {}
        }
    }

    fn find(self, id: MessageId) -> Option<Message> {
        self.branch.with_value(|branch| branch.find(id))
    }

    fn grow(self, delta: Delta) {
        let Some(message) = self.find(delta.answer) else { return };
        if message.grow(delta) {
            return;
        }
        let Some(conversation) = self.id_untracked() else { return };
        spawn_local(async move {
            let request = LoadMessages { conversation, from: message.index, count: 1 };
            match self.await_view(ipc::call(request)).await {
                Ok(views) => {
                    if let Some(view) = views.into_iter().find(|view| view.id == message.id) {
                        message.adopt(view);
                    }
                }
                Err(failure) => self.notices.fail(failure),
            }
            self.replay();
        });
    }

    fn answer_changed(self, answer: MessageId, info: AnswerInfo) {
        if matches!(info.state, AnswerState::Streaming { .. }) {
            self.streaming.set(Some(answer));
        } else if self.streaming.get_untracked() == Some(answer) {
            self.streaming.set(None);
            let said = self.find(answer).map(|message| message.text()).unwrap_or_default();
            self.announcement.set(text::chats::announce(&info, &said));
        }
        if let Some(message) = self.find(answer) {
            message.set_answer(Some(info));
        }
    }

    // What a person does

    /// Asks a question; `sent` runs when the program has it.
    pub(crate) fn send(self, text: String, edits: Option<MessageId>, sent: impl FnOnce() + 'static) {
        if self.sending.get_untracked() || self.streaming.get_untracked().is_some() {
            return;
        }
        if self.model_untracked().is_none() {
            self.choosing.set(true);
            return;
        }
        self.sending.set(true);
        let same = edits.and_then(|id| self.find(id)).map(|message| message.index as usize);
        let (here, opened) = (self.id_untracked(), self.opened.get_untracked());
        spawn_local(async move {
            let conversation = match here {
                Some(id) => Ok(id),
                None => self.conversation(opened).await,
            };
            let reply = match conversation {
                Ok(conversation) => self.await_view(ipc::call(SendMessage { conversation, text, edits })).await,
                Err(failure) => Err(failure),
            };
            self.sending.set(false);
            match reply {
                Ok(reply) => {
                    sent();
                    if self.id_untracked() == Some(reply.view.summary.id) {
                        let same = same.unwrap_or_else(|| self.branch.with_value(Branch::len));
                        self.editing.set(None);
                        self.adopt(reply.view, same);
                        self.streaming.set(Some(reply.answer));
                    }
                }
                Err(failure) => self.notices.fail(failure),
            }
            self.replay();
        });
    }

    fn model_untracked(self) -> Option<ModelRef> {
        untrack(move || self.model())
    }

    pub(crate) fn retry(self, answer: MessageId) {
        self.answer_anew(answer, ipc::call(RetryAnswer { answer }));
    }

    pub(crate) fn go_on(self, answer: MessageId) {
        self.answer_anew(answer, ipc::call(ContinueAnswer { answer }));
    }

    fn answer_anew(
        self,
        answer: MessageId,
        request: impl Future<Output = Result<holdfast_contract::Sent, Failure>> + 'static,
    ) {
        if self.sending.get_untracked() || self.streaming.get_untracked().is_some() {
            return;
        }
        self.sending.set(true);
        let same = self.find(answer).map_or(0, |message| message.index as usize);
        spawn_local(async move {
            let reply = self.await_view(request).await;
            self.sending.set(false);
            match reply {
                Ok(reply) => {
                    if self.id_untracked() == Some(reply.view.summary.id) {
                        self.adopt(reply.view, same);
                        self.streaming.set(Some(reply.answer));
                    }
                }
                Err(failure) => self.notices.fail(failure),
            }
            self.replay();
        });
    }

    pub(crate) fn stop(self) {
        if let Some(answer) = self.streaming.get_untracked() {
            run(self.notices, ipc::call(StopAnswer { answer }));
        }
    }

    pub(crate) fn select_sibling(self, from: &Message, message: MessageId) {
        let same = from.index as usize;
        spawn_local(async move {
            match self.await_view(ipc::call(SelectSibling { message })).await {
                Ok(view) if self.id_untracked() == Some(view.summary.id) => self.adopt(view, same),
                Ok(_) => {}
                Err(failure) => self.notices.fail(failure),
            }
            self.replay();
        });
    }

    /// Chooses the model of the next question, here and in conversations to come.
    pub(crate) fn choose_model(self, model: ModelRef) {
        self.choosing.set(false);
        self.settings.set_model(model.clone());
        let Some(conversation) = self.id_untracked() else { return };
        spawn_local(async move {
            match ipc::call(SetModel { conversation, model }).await {
                Ok(summary) => {
                    self.conversations.put(summary);
                    self.adopt_summary();
                }
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    pub(crate) fn copy(self, text: String) {
        run(self.notices, ipc::call(CopyText { text }));
    }
}
