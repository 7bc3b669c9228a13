use holdfast_contract::{
    ClipboardLook, DeleteKey, Failure, FindKeys, FoundKey, ImportKeys, KeyId, KeySettings, KeyView, ListKeys,
    LookAtClipboard, MoveKey, PasteKey, ProviderId, RestoreKey, SaveKey, SettlePending, TestKey,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::key_list::Sort;
use crate::{ipc, text};

/// The keys, as far as the page may know them.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    pub list: RwSignal<Option<Vec<KeyView>>>,
    pub search: RwSignal<String>,
    pub sort: RwSignal<Sort>,
    /// Keys that are being tested.
    pub testing: RwSignal<Vec<KeyId>>,
    /// A key is being read from the clipboard.
    pub pasting: RwSignal<bool>,
    notices: Notices,
}

impl Keys {
    pub(crate) fn new(notices: Notices) -> Self {
        Self {
            list: RwSignal::new(None),
            search: RwSignal::new(String::new()),
            sort: RwSignal::new(Sort::default()),
            testing: RwSignal::new(Vec::new()),
            pasting: RwSignal::new(false),
            notices,
        }
    }

    pub(crate) fn load(self) {
        spawn_local(async move { self.load_now().await });
    }

    async fn load_now(self) {
        match ipc::call(ListKeys {}).await {
            Ok(list) => self.adopt(list),
            Err(failure) => self.notices.fail(failure),
        }
    }

    fn adopt(self, list: Vec<KeyView>) {
        if self.list.with_untracked(|before| before.as_ref() != Some(&list)) {
            self.list.set(Some(list));
        }
    }

    /// Forgets all of them.
    pub(crate) fn purge(self) {
        self.list.set(None);
        self.search.set(String::new());
        self.testing.set(Vec::new());
        self.pasting.set(false);
    }

    pub(crate) fn find(self, id: KeyId) -> Option<KeyView> {
        self.list.with(|list| list.iter().flatten().find(|key| key.info.id == id).cloned())
    }

    /// The keys of a provider that may be used, the default first.
    pub(crate) fn active_of(self, provider: &ProviderId) -> Vec<KeyView> {
        let mut keys: Vec<KeyView> = self.list.with(|list| {
            list.iter().flatten().filter(|key| key.info.provider == *provider && key.settings.active).cloned().collect()
        });
        keys.sort_by_key(|key| key.position);
        keys
    }

    fn put(self, new: KeyView) {
        self.list.update(|list| {
            if let Some(key) = list.iter_mut().flatten().find(|key| key.info.id == new.info.id) {
                *key = new;
            }
        });
    }

    /// Has the program look at the clipboard.
    pub(crate) async fn look_at_clipboard(self) -> Result<ClipboardLook, Failure> {
        ipc::call(LookAtClipboard {}).await
    }

    /// Has the program read a key from the clipboard; `then` runs when it is sealed.
    pub(crate) fn paste(
        self,
        provider: ProviderId,
        name: String,
        replace: Option<KeyId>,
        then: impl FnOnce() + 'static,
    ) {
        self.pasting.set(true);
        spawn_local(async move {
            match ipc::call(PasteKey { provider, name, replace }).await {
                Ok(key) => {
                    self.load_now().await;
                    self.notices.done(match replace {
                        Some(_) => text::keys::replacing(&key.info.name),
                        None => text::keys::sealed(&key.info.name),
                    });
                    then();
                    self.test(key.info.id);
                }
                Err(failure) => self.notices.fail(failure),
            }
            self.pasting.set(false);
        });
    }

    /// After a key was typed in the window for it: shows it, and tests it as one that was pasted.
    pub(crate) fn adopt_typed(self) {
        let before: Vec<KeyId> =
            self.list.with_untracked(|list| list.iter().flatten().map(|key| key.info.id).collect());
        spawn_local(async move {
            self.load_now().await;
            let new = self.list.with_untracked(|list| {
                list.iter()
                    .flatten()
                    .find(|key| !before.contains(&key.info.id))
                    .map(|key| (key.info.id, key.info.name.clone()))
            });
            if let Some((id, name)) = new {
                self.notices.done(text::keys::sealed(&name));
                self.test(id);
            }
        });
    }

    /// After a new secret was typed for a key: shows that it waits, and tests it.
    pub(crate) fn adopt_replacement(self, id: KeyId) {
        spawn_local(async move {
            self.load_now().await;
            if let Some(key) = untrack(|| self.find(id)) {
                self.notices.done(text::keys::replacing(&key.info.name));
            }
            self.test(id);
        });
    }

    pub(crate) fn test(self, id: KeyId) {
        self.testing.update(|testing| testing.push(id));
        spawn_local(async move {
            let waited = untrack(|| self.find(id)).is_some_and(|key| key.pending.is_some());
            match ipc::call(TestKey { id }).await {
                Ok(tested) => {
                    if waited && tested.pending.is_none() {
                        self.notices.done(text::keys::took_over(&tested.info.name));
                    }
                    self.put(tested);
                }
                Err(failure) => self.notices.fail(failure),
            }
            self.testing.update(|testing| testing.retain(|other| *other != id));
        });
    }

    /// Keeps name and settings. `kept` runs when they are, `failed` when they could not be.
    pub(crate) fn save(
        self,
        id: KeyId,
        name: String,
        settings: KeySettings,
        kept: impl FnOnce() + 'static,
        failed: impl FnOnce() + 'static,
    ) {
        spawn_local(async move {
            match ipc::call(SaveKey { id, name, settings }).await {
                Ok(key) => {
                    self.put(key);
                    kept();
                }
                Err(failure) => {
                    failed();
                    self.notices.fail(failure);
                }
            }
        });
    }

    pub(crate) fn move_to(self, id: KeyId, position: u32) {
        run(self.notices, async move {
            self.adopt(ipc::call(MoveKey { id, position }).await?);
            Ok(())
        });
    }

    /// Decides about a new secret that waits.
    pub(crate) fn settle(self, id: KeyId, keep: bool) {
        run(self.notices, async move {
            let key = ipc::call(SettlePending { id, keep }).await?;
            self.notices.done(match keep {
                true => text::keys::took_over(&key.info.name),
                false => text::keys::thrown_away(&key.info.name),
            });
            self.put(key);
            Ok(())
        });
    }

    /// Deletes a key and offers to take it back. `provider` is its name for a person.
    pub(crate) fn delete(self, id: KeyId, provider: String) {
        let Some(gone) = untrack(|| self.find(id)) else { return };
        run(self.notices, async move {
            ipc::call(DeleteKey { id }).await?;
            self.list.update(|list| {
                if let Some(list) = list {
                    list.retain(|key| key.info.id != id);
                }
            });
            let undo = Callback::new(move |()| {
                run(self.notices, async move {
                    ipc::call(RestoreKey { id }).await?;
                    self.load_now().await;
                    Ok(())
                });
            });
            self.notices.done_with_undo(
                text::keys::deleted(&gone.info.name),
                Some(text::keys::revoke_there(&provider)),
                text::UNDO,
                undo,
            );
            self.load_now().await;
            Ok(())
        });
    }

    /// Has the program look for keys in its environment, or in a file.
    pub(crate) async fn look_for(self, path: Option<String>) -> Result<Vec<FoundKey>, Failure> {
        ipc::call(FindKeys { path }).await
    }

    /// Seals keys that were found, and tests them.
    pub(crate) async fn import(self, path: Option<String>, variables: Vec<String>) -> Result<(), Failure> {
        let new = ipc::call(ImportKeys { path, variables }).await?;
        self.load_now().await;
        self.notices.done(text::import::done(new.len()));
        for key in new {
            self.test(key.info.id);
        }
        Ok(())
    }
}
