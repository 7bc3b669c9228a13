//! What the page knows, one subject a file: a `Copy` struct of signals with verbs. Pages and
//! components read signals and call verbs; verbs talk to the program.

mod actions;
mod activity;
mod audit;
mod catalogue;
mod chat;
mod clock;
mod conversations;
mod dialogs;
mod highlights;
mod keys;
mod message;
mod notices;
mod session;
mod settings;
mod status;
mod vault;

use holdfast_contract::{AnswerState, ConversationId, Event, Failure, ReportUsable};
use leptos::prelude::*;
use leptos::task::spawn_local;

pub(crate) use activity::note_activity;
pub(crate) use audit::Audit;
pub(crate) use catalogue::CatalogueState;
pub(crate) use chat::Chat;
pub(crate) use clock::{Clock, exact_now, on_the_wall};
pub(crate) use conversations::Conversations;
pub(crate) use dialogs::{Dialog, Dialogs};
pub(crate) use highlights::Highlights;
pub(crate) use keys::Keys;
pub(crate) use message::{Message, PartView};
pub(crate) use notices::{Notice, NoticeKind, Notices};
pub(crate) use settings::SettingsState;
pub(crate) use status::{Busy, StatusState};
pub(crate) use vault::{Task, Vault};

use crate::ipc;

/// The places of the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Chats,
    Keys,
    Security,
    Settings,
}

impl Page {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Chats => "chats",
            Self::Keys => "keys",
            Self::Security => "security",
            Self::Settings => "settings",
        }
    }
}

/// All subjects together.
#[derive(Clone, Copy)]
pub(crate) struct State {
    pub page: RwSignal<Page>,
    /// The list of conversations is shown, where there is a choice.
    pub list_shown: RwSignal<bool>,
    pub notices: Notices,
    pub dialogs: Dialogs,
    pub clock: Clock,
    pub highlights: Highlights,
    pub settings: SettingsState,
    pub status: StatusState,
    pub catalogue: CatalogueState,
    pub keys: Keys,
    pub vault: Vault,
    pub audit: Audit,
    pub conversations: Conversations,
    pub chat: Chat,
    /// Moves when a backup took the place of everything, so that all is drawn anew.
    pub restored: RwSignal<u32>,
    /// The conversation that was open when the vault was locked.
    open_before: StoredValue<Option<ConversationId>>,
}

impl State {
    pub(crate) fn new() -> Self {
        let notices = Notices::new();
        let settings = SettingsState::new(notices);
        let catalogue = CatalogueState::new(notices);
        let status = StatusState::new(notices);
        let conversations = Conversations::new(notices);
        Self {
            page: RwSignal::new(Page::Chats),
            list_shown: RwSignal::new(true),
            notices,
            dialogs: Dialogs::new(),
            clock: Clock::new(),
            highlights: Highlights::new(),
            settings,
            status,
            catalogue,
            keys: Keys::new(notices),
            vault: Vault::new(notices, status),
            audit: Audit::new(notices),
            conversations,
            chat: Chat::new(notices, conversations, catalogue, settings),
            restored: RwSignal::new(0),
            open_before: StoredValue::new(None),
        }
    }

    /// The state of the page this component is drawn in.
    pub(crate) fn get() -> Self {
        expect_context()
    }

    /// Listens to the program, and asks for what the first picture needs.
    pub(crate) fn start(self) {
        self.follow_the_vault();
        note_activity(move || untrack(|| self.status.is_open()));
        spawn_local(async move {
            if let Err(failure) = ipc::attach(move |event| self.handle(event)).await {
                self.notices.fail(failure);
            }
        });
        self.status.load();
    }

    /// Tells the program that the page can be used.
    pub(crate) fn report_usable(self) {
        spawn_local(async move {
            if let Err(failure) = ipc::call(ReportUsable {}).await {
                self.notices.fail(failure);
            }
        });
    }

    fn handle(self, event: Event) {
        match event {
            Event::Vault { vault } => self.status.set_vault(vault),
            Event::Settings { settings } => self.settings.adopt(settings),
            Event::Progress { work, done, total } => self.vault.set_progress(work, done, total),
            Event::EntryClosed { done } => self.entry_closed(done),
            Event::Lagged => self.reload(),
            // The rest is about what a closed vault hides; it is loaded when the vault opens.
            _ if !untrack(|| self.status.is_open()) => {}
            Event::Delta(_) => self.chat.handle(event),
            Event::Answer { conversation, answer, ref info } => {
                let writing = matches!(info.state, AnswerState::Streaming { .. });
                self.conversations.answering(conversation, answer, writing);
                self.chat.handle(event);
            }
            Event::Conversations => spawn_local(async move {
                self.conversations.load().await;
                self.chat.adopt_summary();
            }),
            Event::Keys => {
                self.keys.load();
                // A key that was entered again closes a part of the gap.
                if untrack(|| self.status.gap().is_some()) {
                    self.status.load();
                }
            }
            Event::Catalogue => spawn_local(async move { self.catalogue.load(false).await }),
        }
    }

    /// Asks again for everything that is shown, because something was missed.
    fn reload(self) {
        self.status.load();
        if !untrack(|| self.status.is_open()) {
            return;
        }
        self.settings.load();
        self.keys.load();
        self.vault.load();
        spawn_local(async move {
            self.conversations.load().await;
            self.catalogue.load(false).await;
        });
        self.chat.reload();
    }
}

/// Runs a request whose only news is that it failed.
fn run<R: 'static>(notices: Notices, request: impl Future<Output = Result<R, Failure>> + 'static) {
    spawn_local(async move {
        if let Err(failure) = request.await {
            notices.fail(failure);
        }
    });
}
