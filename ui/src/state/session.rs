//! From an unlock to a lock: what is loaded, and what is forgotten.

use std::time::Duration;

use holdfast_contract::{LockVault, Status};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::State;
use crate::ipc;
use crate::stage::Stage;

/// While the database is being opened, how often the program is asked whether it is.
const ASK_AGAIN: Duration = Duration::from_millis(700);

impl State {
    /// Loads everything when the vault is opened, and forgets it when it is closed.
    pub(super) fn follow_the_vault(self) {
        let stage = self.status.stage;
        Effect::new(move |was_open: Option<bool>| {
            let open = stage.with(|stage| *stage == Some(Stage::Open));
            match (was_open.unwrap_or_default(), open) {
                (false, true) => self.load_all(),
                (true, false) => self.purge(),
                _ => {}
            }
            open
        });
        Effect::new(move |before: Option<Option<IntervalHandle>>| {
            if let Some(Some(handle)) = before {
                handle.clear();
            }
            let opening = stage.with(|stage| *stage == Some(Stage::Opening));
            opening.then(|| set_interval_with_handle(move || self.status.load(), ASK_AGAIN).ok()).flatten()
        });
    }

    fn load_all(self) {
        self.notices.open();
        self.settings.load();
        self.keys.load();
        self.vault.load();
        spawn_local(async move {
            self.catalogue.load(false).await;
            self.catalogue.load(true).await;
        });
        let opened = self.chat.opened.get_untracked();
        spawn_local(async move {
            self.conversations.load().await;
            let before = self.open_before.get_value().and_then(|id| self.conversations.find(id));
            let newest = || self.conversations.list.with_untracked(|list| list.first().cloned());
            if let Some(shown) = before.or_else(newest)
                && self.chat.is_untouched_since(opened)
            {
                self.chat.open(shown.id);
            }
        });
    }

    /// Forgets everything that the vault protects.
    fn purge(self) {
        ipc::forget_replies();
        // An id says nothing, and lets the reader go on where the lock came.
        self.open_before.set_value(self.chat.id_untracked());
        self.dialogs.close();
        self.notices.purge();
        self.chat.purge();
        self.conversations.purge();
        self.catalogue.purge();
        self.keys.purge();
        self.highlights.purge();
        self.vault.purge();
        self.audit.purge();
    }

    /// Closes the vault, once what is typed is kept.
    pub(crate) fn lock(self) {
        if !untrack(|| self.status.is_open()) {
            return;
        }
        let draft = self.chat.unsaved().map(|text| self.chat.keep_draft(text));
        spawn_local(async move {
            if let Some(draft) = draft
                && let Err(failure) = draft.await
            {
                self.notices.fail(failure);
            }
            if let Err(failure) = ipc::call(LockVault {}).await {
                self.notices.fail(failure);
            }
        });
    }

    /// Shows what a backup put in the place of everything that was there.
    pub(crate) fn begin_again(self, status: Status) {
        let stays_open = untrack(|| self.status.is_open()) && Stage::of(&status) == Stage::Open;
        self.purge();
        self.status.status.set(Some(status));
        if stays_open {
            self.restored.update(|restored| *restored += 1);
            self.load_all();
        }
    }
}
