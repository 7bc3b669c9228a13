use holdfast_contract::{
    EntryPurpose, GetStatus, LockVault, OpenEntry, RestoreStore, RestoreVault, Status, StoreState, UnlockWay,
    UnlockWithKeychain, VaultState,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::ipc;

/// How the program and its vault stand.
#[derive(Clone, Copy)]
pub(crate) struct StatusState {
    pub status: RwSignal<Option<Status>>,
    /// What the entry window asks for, while it is open.
    pub entry: RwSignal<Option<EntryPurpose>>,
    notices: Notices,
}

impl StatusState {
    pub(crate) fn new(notices: Notices) -> Self {
        Self { status: RwSignal::new(None), entry: RwSignal::new(None), notices }
    }

    pub(crate) fn load(self) {
        spawn_local(async move {
            match ipc::call(GetStatus {}).await {
                Ok(status) => self.status.set(Some(status)),
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    pub(crate) fn vault(self) -> Option<VaultState> {
        self.status.with(|status| status.as_ref().map(|status| status.vault.clone()))
    }

    pub(crate) fn store(self) -> Option<StoreState> {
        self.status.with(|status| status.as_ref().map(|status| status.store.clone()))
    }

    pub(crate) fn keychain(self) -> bool {
        self.status.with(|status| status.as_ref().is_some_and(|status| status.keychain))
    }

    pub(crate) fn set_vault(self, vault: VaultState) {
        self.status.update(|status| {
            if let Some(status) = status {
                status.vault = vault;
            }
        });
    }

    /// Opens the vault by the most convenient way it has.
    pub(crate) fn unlock(self) {
        let Some(VaultState::Locked { ways }) = untrack(|| self.vault()) else { return };
        if ways.first() == Some(&UnlockWay::Keychain) {
            self.unlock_with(UnlockWay::Keychain);
        } else {
            self.unlock_with(UnlockWay::Passphrase);
        }
    }

    pub(crate) fn unlock_with(self, way: UnlockWay) {
        match way {
            UnlockWay::Keychain => run(self.notices, ipc::call(UnlockWithKeychain {})),
            UnlockWay::Passphrase => self.open_entry(EntryPurpose::Unlock),
        }
    }

    pub(crate) fn lock(self) {
        run(self.notices, ipc::call(LockVault {}));
    }

    /// Opens the window in which secrets are typed.
    pub(crate) fn open_entry(self, purpose: EntryPurpose) {
        self.entry.set(Some(purpose.clone()));
        spawn_local(async move {
            if let Err(failure) = ipc::call(OpenEntry { purpose }).await {
                self.entry.set(None);
                self.notices.fail(failure);
            }
        });
    }

    pub(crate) fn restore_vault(self) {
        spawn_local(async move {
            match ipc::call(RestoreVault {}).await {
                Ok(status) => self.status.set(Some(status)),
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    /// Puts the last backup of the database in its place; `then` runs when it is there.
    pub(crate) fn restore_store(self, then: impl FnOnce() + 'static) {
        spawn_local(async move {
            match ipc::call(RestoreStore {}).await {
                Ok(status) => {
                    self.status.set(Some(status));
                    then();
                }
                Err(failure) => self.notices.fail(failure),
            }
        });
    }
}
