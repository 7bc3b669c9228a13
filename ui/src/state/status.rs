use holdfast_contract::{
    EntryPurpose, Failure, GetStatus, OpenEntry, Protect, Protection, RestoreStore, RestoreVault, Status, StoreState,
    UnlockWay, UnlockWithKeychain, VaultGap, VaultState,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Notices;
use crate::ipc;
use crate::stage::Stage;

/// How the program and its vault stand.
#[derive(Clone, Copy)]
pub(crate) struct StatusState {
    pub status: RwSignal<Option<Status>>,
    /// What fills the window; none until the program has answered.
    pub stage: Memo<Option<Stage>>,
    /// What the entry window asks for, while it is open.
    pub entry: RwSignal<Option<EntryPurpose>>,
    /// The vault is being made or opened.
    pub busy: RwSignal<Option<Busy>>,
    /// Why the vault could not be made or opened.
    pub failure: RwSignal<Option<Failure>>,
    notices: Notices,
}

/// What is under way before the vault is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    SettingUp,
    Unlocking,
    Restoring,
}

impl StatusState {
    pub(crate) fn new(notices: Notices) -> Self {
        let status = RwSignal::new(None::<Status>);
        Self {
            status,
            stage: Memo::new(move |_| status.with(|status| status.as_ref().map(Stage::of))),
            entry: RwSignal::new(None),
            busy: RwSignal::new(None),
            failure: RwSignal::new(None),
            notices,
        }
    }

    pub(crate) fn load(self) {
        spawn_local(async move {
            match ipc::call(GetStatus {}).await {
                Ok(status) => self.adopt(status),
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    fn adopt(self, status: Status) {
        if self.status.with_untracked(|before| before.as_ref() != Some(&status)) {
            self.status.set(Some(status));
        }
    }

    pub(crate) fn is_open(self) -> bool {
        self.stage.with(|stage| *stage == Some(Stage::Open))
    }

    pub(crate) fn store(self) -> Option<StoreState> {
        self.status.with(|status| status.as_ref().map(|status| status.store.clone()))
    }

    /// What the vault does not open since it came from a backup.
    pub(crate) fn gap(self) -> Option<VaultGap> {
        self.status.with(|status| status.as_ref().and_then(|status| status.vault_gap.clone()))
    }

    pub(crate) fn keychain(self) -> bool {
        self.status.with(|status| status.as_ref().is_some_and(|status| status.keychain))
    }

    /// The vault changed. Its database follows it, so that is asked for.
    pub(crate) fn set_vault(self, vault: VaultState) {
        let unlocked = matches!(vault, VaultState::Unlocked { .. });
        self.failure.set(None);
        self.busy.set(None);
        self.status.update(|status| {
            if let Some(status) = status {
                status.vault = vault;
                if !unlocked {
                    status.store = StoreState::Closed;
                }
            }
        });
        // A new vault shows its recovery code in the window that its passphrase was typed in.
        let makes = self.entry.with_untracked(|entry| {
            matches!(entry, Some(EntryPurpose::SetPassphrase { .. } | EntryPurpose::Import { .. }))
        });
        if unlocked && makes {
            self.entry.set(Some(EntryPurpose::RecoveryCode));
        }
        self.load();
    }

    /// Makes the vault.
    pub(crate) fn set_up(self, with: Protection) {
        self.attempt(Busy::SettingUp, async move {
            ipc::call(Protect { with }).await?;
            if with.needs_passphrase() {
                self.entry.set(Some(EntryPurpose::SetPassphrase { with }));
            } else {
                self.entry.set(Some(EntryPurpose::RecoveryCode));
                self.load();
            }
            Ok(())
        });
    }

    pub(crate) fn unlock_with(self, way: UnlockWay) {
        match way {
            UnlockWay::Keychain => self.attempt(Busy::Unlocking, async move {
                ipc::call(UnlockWithKeychain {}).await?;
                self.load();
                Ok(())
            }),
            UnlockWay::Passphrase | UnlockWay::Both | UnlockWay::Recovery => {
                self.open_entry(EntryPurpose::Unlock { way });
            }
        }
    }

    /// Opens the window in which secrets are typed, or brings it forward.
    pub(crate) fn open_entry(self, purpose: EntryPurpose) {
        self.failure.set(None);
        self.entry.set(Some(purpose.clone()));
        spawn_local(async move {
            if let Err(failure) = ipc::call(OpenEntry { purpose }).await {
                self.entry.set(None);
                self.fail(failure);
            }
        });
    }

    pub(crate) fn restore_vault(self) {
        self.attempt(Busy::Restoring, async move {
            let status = ipc::call(RestoreVault {}).await?;
            self.adopt(status);
            Ok(())
        });
    }

    pub(crate) fn restore_store(self) {
        self.attempt(Busy::Restoring, async move {
            let status = ipc::call(RestoreStore {}).await?;
            self.adopt(status);
            Ok(())
        });
    }

    fn attempt(self, busy: Busy, request: impl Future<Output = Result<(), Failure>> + 'static) {
        if self.busy.get_untracked().is_some() {
            return;
        }
        self.busy.set(Some(busy));
        self.failure.set(None);
        spawn_local(async move {
            let result = request.await;
            self.busy.set(None);
            if let Err(failure) = result {
                self.fail(failure);
            }
        });
    }

    /// Says what failed where the user is: on the screen that waits for the vault, or at the edge.
    fn fail(self, failure: Failure) {
        if untrack(|| self.is_open()) {
            self.notices.fail(failure);
        } else {
            self.failure.set(Some(failure));
        }
    }
}
