use holdfast_contract::{KeyId, KeyView, SetConversationKey};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Chat;
use crate::ipc;

/// Which key the next question uses.
impl Chat {
    /// Chooses a key for this conversation; none is the provider's default. A conversation that is not
    /// begun begins with it.
    pub(crate) fn choose_key(self, key: Option<KeyId>) {
        let (here, opened) = (self.id_untracked(), self.opened.get_untracked());
        spawn_local(async move {
            let conversation = match here {
                Some(id) => Ok(id),
                None => self.conversation(opened).await,
            };
            let reply = match conversation {
                Ok(conversation) => ipc::call(SetConversationKey { conversation, key }).await,
                Err(failure) => Err(failure),
            };
            match reply {
                Ok(summary) => {
                    self.conversations.put(summary);
                    self.adopt_summary();
                }
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    /// Among the keys of the model's provider, the one the user chose for this conversation.
    pub(crate) fn chosen_key(self, keys: &[KeyView]) -> Option<KeyId> {
        let chosen = self.summary.with(|summary| summary.as_ref().and_then(|summary| summary.key))?;
        keys.iter().any(|key| key.info.id == chosen).then_some(chosen)
    }
}
