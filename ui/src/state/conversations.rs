use holdfast_contract::{
    ConversationId, ConversationSummary, DeleteConversation, ListConversations, MessageId, RenameConversation,
    RestoreConversation,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::{ipc, text};

/// The list of conversations.
#[derive(Clone, Copy)]
pub(crate) struct Conversations {
    pub list: RwSignal<Vec<ConversationSummary>>,
    pub loaded: RwSignal<bool>,
    pub filter: RwSignal<String>,
    /// The one whose title is being typed.
    pub renaming: RwSignal<Option<ConversationId>>,
    /// A request is on its way; `Some(true)` if another is due after it.
    loading: StoredValue<Option<bool>>,
    notices: Notices,
}

impl Conversations {
    pub(crate) fn new(notices: Notices) -> Self {
        Self {
            list: RwSignal::new(Vec::new()),
            loaded: RwSignal::new(false),
            filter: RwSignal::new(String::new()),
            renaming: RwSignal::new(None),
            loading: StoredValue::new(None),
            notices,
        }
    }

    /// Asks for the list. Requests that come while one is on its way become one more.
    pub(crate) async fn load(self) {
        if self.loading.get_value().is_some() {
            self.loading.set_value(Some(true));
            return;
        }
        loop {
            self.loading.set_value(Some(false));
            match ipc::call(ListConversations {}).await {
                Ok(list) => {
                    if self.list.with_untracked(|before| *before != list) {
                        self.list.set(list);
                    }
                    self.loaded.set(true);
                }
                Err(failure) => self.notices.fail(failure),
            }
            if self.loading.get_value() != Some(true) {
                break;
            }
        }
        self.loading.set_value(None);
    }

    /// Forgets all of it.
    pub(crate) fn purge(self) {
        self.list.set(Vec::new());
        self.loaded.set(false);
        self.filter.set(String::new());
        self.renaming.set(None);
    }

    pub(crate) fn find(self, id: ConversationId) -> Option<ConversationSummary> {
        self.list.with_untracked(|list| list.iter().find(|summary| summary.id == id).cloned())
    }

    /// Puts a new state of one line into the list.
    pub(crate) fn put(self, summary: ConversationSummary) {
        self.list.update(|list| {
            match list.iter_mut().find(|before| before.id == summary.id) {
                Some(before) => *before = summary,
                None => list.push(summary),
            }
            list.sort_by_key(|summary| std::cmp::Reverse(summary.updated_at));
        });
    }

    /// Takes note that an answer is written, or is not written any more.
    pub(crate) fn answering(self, id: ConversationId, answer: MessageId, writing: bool) {
        let known = self.list.with_untracked(|list| {
            list.iter().find(|summary| summary.id == id).is_some_and(|summary| {
                if writing { summary.streaming == Some(answer) } else { summary.streaming != Some(answer) }
            })
        });
        if !known {
            self.list.update(|list| {
                if let Some(summary) = list.iter_mut().find(|summary| summary.id == id) {
                    summary.streaming = writing.then_some(answer);
                }
            });
        }
    }

    pub(crate) fn rename(self, id: ConversationId, title: String) {
        self.renaming.set(None);
        spawn_local(async move {
            match ipc::call(RenameConversation { id, title }).await {
                Ok(summary) => self.put(summary),
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    /// Deletes a conversation and offers to take it back; `restored` runs if that is taken up.
    pub(crate) fn delete(self, id: ConversationId, restored: Callback<()>) {
        let Some(gone) = self.find(id) else { return };
        self.list.update(|list| list.retain(|summary| summary.id != id));
        run(self.notices, async move {
            if let Err(failure) = ipc::call(DeleteConversation { id }).await {
                self.put(gone);
                return Err(failure);
            }
            let undo = Callback::new(move |()| {
                spawn_local(async move {
                    match ipc::call(RestoreConversation { id }).await {
                        Ok(summary) => {
                            self.put(summary);
                            restored.run(());
                        }
                        Err(failure) => self.notices.fail(failure),
                    }
                });
            });
            self.notices.done_with_undo(text::chats::deleted(&gone.title), None, text::UNDO, undo);
            Ok(())
        });
    }
}
