use holdfast_contract::{
    BackupInfo, BackupPreview, CheckBackup, EntryPurpose, Failure, GetVault, ListBackups, MakeBackup, MakeRecoveryCode,
    MoveRoot, Protect, Protection, RecoveryState, RenewProtection, RestoreBackup, RootKind, Rotate, Rotation, Status,
    VaultInfo, Work,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, StatusState};
use crate::{ipc, text};

/// Something the vault is doing for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Protect,
    RecoveryCode,
    Renew,
    Rotate(Rotation),
    MoveRoot,
    MakeBackup,
    CheckBackup(String),
    RestoreBackup,
}

/// How far work is that takes a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub work: Work,
    pub done: u32,
    pub total: u32,
}

/// The open vault itself: what protects it, its keys and its backups.
#[derive(Clone, Copy)]
pub(crate) struct Vault {
    pub info: RwSignal<Option<VaultInfo>>,
    pub backups: RwSignal<Option<Vec<BackupInfo>>>,
    /// What was found in the backup that was checked last.
    pub preview: RwSignal<Option<BackupPreview>>,
    /// What is under way; one thing at a time.
    pub task: RwSignal<Option<Task>>,
    pub progress: RwSignal<Option<Progress>>,
    /// The reminder of the recovery code was put away until the next start.
    pub reminder_dismissed: RwSignal<bool>,
    notices: Notices,
    status: StatusState,
}

impl Vault {
    pub(crate) fn new(notices: Notices, status: StatusState) -> Self {
        Self {
            info: RwSignal::new(None),
            backups: RwSignal::new(None),
            preview: RwSignal::new(None),
            task: RwSignal::new(None),
            progress: RwSignal::new(None),
            reminder_dismissed: RwSignal::new(false),
            notices,
            status,
        }
    }

    pub(crate) fn load(self) {
        spawn_local(async move {
            match ipc::call(GetVault {}).await {
                Ok(info) => self.info.set(Some(info)),
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    pub(crate) fn load_backups(self) {
        spawn_local(async move { self.load_backups_now().await });
    }

    async fn load_backups_now(self) {
        match ipc::call(ListBackups {}).await {
            Ok(backups) => self.backups.set(Some(backups)),
            Err(failure) => self.notices.fail(failure),
        }
    }

    /// Forgets all of it.
    pub(crate) fn purge(self) {
        self.info.set(None);
        self.backups.set(None);
        self.preview.set(None);
        self.task.set(None);
        self.progress.set(None);
    }

    pub(crate) fn set_progress(self, work: Work, done: u32, total: u32) {
        self.progress.set((done < total).then_some(Progress { work, done, total }));
    }

    /// Whether the user should be reminded of the recovery code, and which state it is in.
    pub(crate) fn reminder(self) -> Option<RecoveryState> {
        let recovery = self.info.with(|info| info.as_ref().map(|info| info.recovery))?;
        let due = recovery != RecoveryState::Confirmed && !self.reminder_dismissed.get();
        due.then_some(recovery)
    }

    /// Changes what protects the vault. A passphrase is typed in the entry window.
    pub(crate) fn protect(self, with: Protection) {
        self.attempt(Task::Protect, async move {
            ipc::call(Protect { with }).await?;
            if with.needs_passphrase() {
                self.status.entry.set(Some(EntryPurpose::SetPassphrase { with }));
            } else {
                self.notices.done(text::security::PROTECTION_CHANGED);
                self.load();
            }
            Ok(())
        });
    }

    pub(crate) fn make_recovery_code(self) {
        self.attempt(Task::RecoveryCode, async move {
            ipc::call(MakeRecoveryCode {}).await?;
            self.status.entry.set(Some(EntryPurpose::RecoveryCode));
            self.load();
            Ok(())
        });
    }

    /// Makes anew all that opens the vault. A passphrase is typed in the entry window first.
    pub(crate) fn renew(self) {
        self.attempt(Task::Renew, async move {
            ipc::call(RenewProtection {}).await?;
            let protection = self.info.with_untracked(|info| info.as_ref().and_then(|info| info.protection));
            self.status.entry.set(Some(match protection.filter(|with| with.needs_passphrase()) {
                Some(with) => EntryPurpose::RenewPassphrase { with },
                None => EntryPurpose::RecoveryCode,
            }));
            self.load();
            Ok(())
        });
    }

    pub(crate) fn rotate(self, what: Rotation) {
        self.attempt(Task::Rotate(what), async move {
            let info = ipc::call(Rotate { what }).await?;
            self.info.set(Some(info));
            self.progress.set(None);
            self.notices.done(text::security::rotated(what));
            // One was made before.
            self.load_backups_now().await;
            Ok(())
        });
    }

    pub(crate) fn move_root(self, to: RootKind) {
        self.attempt(Task::MoveRoot, async move {
            let info = ipc::call(MoveRoot { to }).await?;
            self.info.set(Some(info));
            self.notices.done(text::security::ROOT_MOVED);
            self.load_backups_now().await;
            Ok(())
        });
    }

    pub(crate) fn make_backup(self) {
        self.attempt(Task::MakeBackup, async move {
            ipc::call(MakeBackup {}).await?;
            self.progress.set(None);
            self.load_backups_now().await;
            self.notices.done(text::security::BACKUP_MADE);
            Ok(())
        });
    }

    /// Restores a backup into a scratch place, to say what is in it.
    pub(crate) fn check_backup(self, name: String) {
        self.preview.set(None);
        self.attempt(Task::CheckBackup(name.clone()), async move {
            let preview = ipc::call(CheckBackup { name }).await?;
            self.progress.set(None);
            self.preview.set(Some(preview));
            Ok(())
        });
    }

    /// Puts a backup in the place of what is there; `then` runs with how the program stands after it.
    pub(crate) fn restore_backup(self, name: String, with_vault: bool, then: impl FnOnce(Status) + 'static) {
        self.attempt(Task::RestoreBackup, async move {
            let status = ipc::call(RestoreBackup { name, with_vault }).await?;
            then(status);
            self.notices.done(text::security::BACKUP_RESTORED);
            Ok(())
        });
    }

    fn attempt(self, task: Task, request: impl Future<Output = Result<(), Failure>> + 'static) {
        if self.task.get_untracked().is_some() {
            return;
        }
        self.task.set(Some(task));
        spawn_local(async move {
            let result = request.await;
            self.task.set(None);
            if let Err(failure) = result {
                self.progress.set(None);
                self.notices.fail(failure);
            }
        });
    }
}
