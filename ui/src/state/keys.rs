use holdfast_contract::{DeleteKey, KeyId, KeyInfo, ListKeys, PasteKey, ProviderId, TestKey};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::{ipc, text};

/// The keys, as far as the page may know them.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    pub list: RwSignal<Option<Vec<KeyInfo>>>,
    /// Keys that are being tested.
    pub testing: RwSignal<Vec<KeyId>>,
    /// A key is being read from the clipboard.
    pub pasting: RwSignal<bool>,
    notices: Notices,
}

impl Keys {
    pub(crate) fn new(notices: Notices) -> Self {
        Self { list: RwSignal::new(None), testing: RwSignal::new(Vec::new()), pasting: RwSignal::new(false), notices }
    }

    pub(crate) fn load(self) {
        spawn_local(async move { self.load_now().await });
    }

    async fn load_now(self) {
        match ipc::call(ListKeys {}).await {
            Ok(list) => self.list.set(Some(list)),
            Err(failure) => self.notices.fail(failure),
        }
    }

    pub(crate) fn find(self, id: KeyId) -> Option<KeyInfo> {
        self.list.with(|list| list.iter().flatten().find(|key| key.id == id).cloned())
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
                    self.notices.done(text::keys::sealed(&key.name));
                    then();
                    self.test(key.id);
                }
                Err(failure) => self.notices.fail(failure),
            }
            self.pasting.set(false);
        });
    }

    /// After a key was typed in the window for it: shows it, and tests it as one that was pasted.
    pub(crate) fn adopt_typed(self) {
        let before: Vec<KeyId> = self.list.with_untracked(|list| list.iter().flatten().map(|key| key.id).collect());
        spawn_local(async move {
            self.load_now().await;
            let new = self.list.with_untracked(|list| {
                list.iter().flatten().find(|key| !before.contains(&key.id)).map(|key| (key.id, key.name.clone()))
            });
            if let Some((id, name)) = new {
                self.notices.done(text::keys::sealed(&name));
                self.test(id);
            }
        });
    }

    pub(crate) fn test(self, id: KeyId) {
        self.testing.update(|testing| testing.push(id));
        spawn_local(async move {
            match ipc::call(TestKey { id }).await {
                Ok(tested) => self.list.update(|list| {
                    if let Some(key) = list.iter_mut().flatten().find(|key| key.id == id) {
                        *key = tested;
                    }
                }),
                Err(failure) => self.notices.fail(failure),
            }
            self.testing.update(|testing| testing.retain(|other| *other != id));
        });
    }

    pub(crate) fn delete(self, id: KeyId) {
        run(self.notices, async move {
            ipc::call(DeleteKey { id }).await?;
            self.load_now().await;
            Ok(())
        });
    }
}
