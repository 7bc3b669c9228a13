use holdfast_contract::{BackupInfo, KeyView, MessageId, Protection, ProviderId, ProviderInfo};
use leptos::prelude::*;

use crate::link::Link;

/// A dialog, and what it is about.
#[derive(Clone, PartialEq)]
pub(crate) enum Dialog {
    AddKey { provider: Option<ProviderId> },
    ReplaceKey(KeyView),
    KeySettings(KeyView),
    ImportKeys,
    ChangeProtection(Option<Protection>),
    NewRecoveryCode,
    RestoreBackup(BackupInfo),
    StartServer(ProviderInfo),
    OpenLink { message: MessageId, link: Link },
    AddProvider,
    DeleteProvider(ProviderInfo),
}

/// The dialog that is open; there is at most one.
#[derive(Clone, Copy)]
pub(crate) struct Dialogs {
    pub shown: RwSignal<Option<Dialog>>,
}

impl Dialogs {
    pub(crate) fn new() -> Self {
        Self { shown: RwSignal::new(None) }
    }

    pub(crate) fn show(self, dialog: Dialog) {
        self.shown.set(Some(dialog));
    }

    pub(crate) fn close(self) {
        self.shown.set(None);
    }
}
