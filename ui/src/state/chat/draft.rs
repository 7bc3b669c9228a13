use holdfast_contract::{ConversationId, CreateConversation, Failure, RecentQuestions, SaveDraft};
use leptos::prelude::*;

use super::Chat;
use crate::ipc;
use crate::state::run;

/// What is typed and not sent, and the conversation it makes.
impl Chat {
    /// The id of the open conversation, which is created now if it was not. `opened` says which one
    /// was open when the caller began.
    pub(super) async fn conversation(self, opened: u64) -> Result<ConversationId, Failure> {
        let creating = self.creating.get_value();
        let mut created = creating.lock().await;
        match *created {
            Some((then, id)) if then == opened => return Ok(id),
            _ => {}
        }
        let model = self.settings.settings.with_untracked(|settings| settings.model.clone());
        let summary = ipc::call(CreateConversation { model }).await?;
        let id = summary.id;
        *created = Some((opened, id));
        self.conversations.put(summary.clone());
        if self.opened.get_untracked() == opened {
            self.summary.set(Some(summary));
        }
        Ok(id)
    }

    /// Keeps what is typed and not sent. The first word of a new conversation creates it, so that a
    /// crash loses nothing.
    pub(crate) fn save_draft(self, text: String) {
        run(self.notices, self.keep_draft(text));
    }

    /// The same, for those who wait until it is kept. Where it belongs is settled by the call.
    pub(crate) fn keep_draft(self, text: String) -> impl Future<Output = Result<(), Failure>> {
        let (here, opened) = (self.id_untracked(), self.opened.get_untracked());
        async move {
            let conversation = match here {
                Some(id) => id,
                None if text.trim().is_empty() => return Ok(()),
                None => self.conversation(opened).await?,
            };
            ipc::call(SaveDraft { conversation, text }).await
        }
    }

    /// What the composer holds and nobody has kept yet.
    pub(crate) fn unsaved(self) -> Option<String> {
        self.leaving.get_value().and_then(|leaving| leaving.run(()))
    }

    /// The user's questions, newest first.
    pub(crate) async fn recent_questions(self) -> Vec<String> {
        match ipc::call(RecentQuestions { count: 50 }).await {
            Ok(questions) => questions,
            Err(failure) => {
                self.notices.fail(failure);
                Vec::new()
            }
        }
    }
}
