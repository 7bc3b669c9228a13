use holdfast_contract::{Action, EntryPurpose, MessageId};
use leptos::prelude::*;

use super::{Dialog, Page, State};
use crate::stage::Stage;
use crate::text;

impl State {
    /// Does what a button under a failure says. `answer` is the answer that failed, if one did.
    pub(crate) fn perform(self, action: Action, answer: Option<MessageId>) {
        match action {
            Action::AddKey { provider } => self.dialogs.show(Dialog::AddKey { provider: Some(provider) }),
            Action::TestKey { key } => {
                self.page.set(Page::Keys);
                self.keys.test(key);
            }
            Action::ReplaceKey { key } => match untrack(|| self.keys.find(key)) {
                Some(key) => self.dialogs.show(Dialog::ReplaceKey(key)),
                None => self.page.set(Page::Keys),
            },
            Action::KeySettings { key } => match untrack(|| self.keys.find(key)) {
                Some(key) => self.dialogs.show(Dialog::KeySettings(key)),
                None => self.page.set(Page::Keys),
            },
            // A vault that is closed has a screen that opens it; this page did not know yet.
            Action::Unlock => self.status.load(),
            Action::StartServer { provider } => match untrack(|| self.catalogue.provider(&provider)) {
                Some(provider) => self.dialogs.show(Dialog::StartServer(provider)),
                None => self.page.set(Page::Settings),
            },
            Action::ChooseModel => {
                self.page.set(Page::Chats);
                self.chat.choosing.set(true);
            }
            Action::TryAgain { .. } => {
                if let Some(answer) = answer {
                    self.chat.retry(answer);
                }
            }
            Action::NewConversation => self.begin(),
            Action::Continue { answer } => self.chat.go_on(answer),
            Action::RestoreBackup => self.restore_backup(),
            Action::Reload { conversation } => {
                if untrack(|| self.chat.id()) == Some(conversation) {
                    self.chat.reload();
                } else {
                    self.open(conversation);
                }
            }
        }
    }

    /// Goes to a new conversation.
    pub(crate) fn begin(self) {
        self.page.set(Page::Chats);
        self.chat.begin();
    }

    /// Goes to a conversation.
    pub(crate) fn open(self, id: holdfast_contract::ConversationId) {
        self.page.set(Page::Chats);
        self.chat.open(id);
    }

    /// Deletes a conversation, and shows another if it was open.
    pub(crate) fn delete(self, id: holdfast_contract::ConversationId) {
        let was_open = untrack(|| self.chat.id()) == Some(id);
        self.conversations.delete(id, Callback::new(move |()| self.open(id)));
        if was_open {
            match self.conversations.list.with_untracked(|list| list.first().map(|first| first.id)) {
                Some(next) => self.chat.open(next),
                None => self.chat.begin(),
            }
        }
    }

    /// Puts the last backup in the place of what does not read.
    fn restore_backup(self) {
        match self.status.stage.get_untracked() {
            Some(Stage::VaultDamaged { .. }) => self.status.restore_vault(),
            Some(Stage::StoreDamaged { .. }) => self.status.restore_store(),
            // The database may have turned out damaged just now.
            _ => self.status.load(),
        }
    }

    /// The entry window closed.
    pub(super) fn entry_closed(self, done: bool) {
        let purpose = self.status.entry.get_untracked();
        self.status.entry.set(None);
        self.status.load();
        if !untrack(|| self.status.is_open()) {
            return;
        }
        // A window for the recovery code may have been opened by the program itself.
        self.vault.load();
        match purpose {
            Some(EntryPurpose::AddKey { .. }) if done => {
                self.dialogs.close();
                self.keys.adopt_typed();
            }
            Some(EntryPurpose::ReplaceKey { key }) if done => {
                self.dialogs.close();
                self.keys.adopt_replacement(key);
            }
            Some(EntryPurpose::SetPassphrase { .. } | EntryPurpose::RenewPassphrase { .. }) if done => {
                self.notices.done(text::security::PASSPHRASE_SET);
            }
            Some(EntryPurpose::Export { path }) if done => self.notices.done(text::security::exported(&path)),
            _ => {}
        }
    }
}
