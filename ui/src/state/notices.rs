use std::time::Duration;

use holdfast_contract::{Action, Code, Failure};
use leptos::prelude::*;

/// A line that comes up at the edge of the window and goes by itself, or when it is closed.
#[derive(Clone)]
pub(crate) struct Notice {
    pub id: u64,
    pub kind: NoticeKind,
    pub message: String,
    pub hint: Option<String>,
    pub actions: Vec<Action>,
    /// A button of its own.
    pub button: Option<(&'static str, Callback<()>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    Done,
    Failed,
}

const SHOWN: Duration = Duration::from_secs(5);
const SHOWN_WITH_UNDO: Duration = Duration::from_secs(8);
const MOST: usize = 4;

/// What happened that is not part of a page.
#[derive(Clone, Copy)]
pub(crate) struct Notices {
    pub list: RwSignal<Vec<Notice>>,
    next: StoredValue<u64>,
    /// The vault is closed, and its screen says so.
    closed: StoredValue<bool>,
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self { list: RwSignal::new(Vec::new()), next: StoredValue::new(0), closed: StoredValue::new(true) }
    }

    /// Forgets what was said, which names keys and conversations.
    pub(crate) fn purge(self) {
        self.list.set(Vec::new());
        self.closed.set_value(true);
    }

    /// The vault was opened.
    pub(crate) fn open(self) {
        self.closed.set_value(false);
    }

    /// Says what was done.
    pub(crate) fn done(self, message: impl Into<String>) {
        let id = self.show(NoticeKind::Done, message.into(), None, Vec::new(), None);
        set_timeout(move || self.dismiss(id), SHOWN);
    }

    /// Says what was done, and lets it be taken back.
    pub(crate) fn done_with_undo(self, message: String, hint: Option<String>, label: &'static str, undo: Callback<()>) {
        let id = self.show(NoticeKind::Done, message, hint, Vec::new(), Some((label, undo)));
        set_timeout(move || self.dismiss(id), SHOWN_WITH_UNDO);
    }

    /// Says what failed, until it is dismissed.
    pub(crate) fn fail(self, failure: Failure) {
        // The same failure again is no news, and what fills the window is said there.
        if failure.code == Code::StoreDamaged
            || (failure.code == Code::VaultLocked && self.closed.get_value())
            || self.list.with_untracked(|list| list.iter().any(|notice| notice.message == failure.message))
        {
            return;
        }
        // A notice does not know what to try again.
        let actions = failure.actions.into_iter().filter(|action| !matches!(action, Action::TryAgain { .. })).collect();
        self.show(NoticeKind::Failed, failure.message, failure.hint, actions, None);
    }

    pub(crate) fn dismiss(self, id: u64) {
        self.list.update(|list| list.retain(|notice| notice.id != id));
    }

    fn show(
        self,
        kind: NoticeKind,
        message: String,
        hint: Option<String>,
        actions: Vec<Action>,
        button: Option<(&'static str, Callback<()>)>,
    ) -> u64 {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| {
            if list.len() == MOST {
                list.remove(0);
            }
            list.push(Notice { id, kind, message, hint, actions, button });
        });
        id
    }
}
