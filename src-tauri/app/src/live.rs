//! Answers that are being written now.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_contract::{AnswerInfo, ConversationId, MessageId, MessageView, Part};
use tokio::sync::Notify;

/// What windows have been told of an answer so far. It may be ahead of the database by one
/// checkpoint, so whoever opens a conversation gets this in the place of the stored row.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) conversation: ConversationId,
    pub(crate) parts: Vec<Part>,
    pub(crate) info: AnswerInfo,
}

#[derive(Debug)]
struct Running {
    shown: Shown,
    stop: Arc<Notify>,
}

/// All answers that are being written.
#[derive(Debug, Default)]
pub(crate) struct Live {
    answers: Mutex<HashMap<MessageId, Running>>,
    /// Conversations in which an answer is about to begin.
    claimed: Arc<Mutex<HashSet<ConversationId>>>,
    closing: AtomicBool,
}

/// The right to begin an answer in a conversation. While it is held, nobody else gets one.
#[derive(Debug)]
pub(crate) struct Claim {
    claimed: Arc<Mutex<HashSet<ConversationId>>>,
    conversation: ConversationId,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.conversation);
    }
}

impl Live {
    fn answers(&self) -> MutexGuard<'_, HashMap<MessageId, Running>> {
        // A panic elsewhere leaves the map whole: every change of it is a single call.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to begin an answer; none while one is being written or about to begin. An answer is
    /// begun before its claim is given back, so that two requests at the same moment begin one.
    pub(crate) fn claim(&self, conversation: ConversationId) -> Option<Claim> {
        let new = self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(conversation);
        let claim = new.then(|| Claim { claimed: self.claimed.clone(), conversation })?;
        self.of(conversation).is_empty().then_some(claim)
    }

    /// Stops all answers because the program ends or locks itself: nobody wanted them stopped.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for running in self.answers().values() {
            running.stop.notify_one();
        }
    }

    /// Answers may be written again: a database is open.
    pub(crate) fn reopen(&self) {
        self.closing.store(false, Ordering::Relaxed);
    }

    /// Whether answers stop because the program ends or locks itself.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.answers().is_empty()
    }

    /// Adds an answer; the handle is told when the user stops it.
    pub(crate) fn begin(&self, answer: MessageId, shown: Shown) -> Arc<Notify> {
        let stop = Arc::new(Notify::new());
        self.answers().insert(answer, Running { shown, stop: stop.clone() });
        stop
    }

    pub(crate) fn update(&self, answer: MessageId, change: impl FnOnce(&mut Shown)) {
        if let Some(running) = self.answers().get_mut(&answer) {
            change(&mut running.shown);
        }
    }

    pub(crate) fn end(&self, answer: MessageId) {
        self.answers().remove(&answer);
    }

    /// Asks an answer to stop. Whether there was one.
    pub(crate) fn stop(&self, answer: MessageId) -> bool {
        match self.answers().get(&answer) {
            Some(running) => {
                running.stop.notify_one();
                true
            }
            None => false,
        }
    }

    /// The answers of a conversation.
    pub(crate) fn of(&self, conversation: ConversationId) -> Vec<MessageId> {
        let answers = self.answers();
        answers.iter().filter(|(_, running)| running.shown.conversation == conversation).map(|(id, _)| *id).collect()
    }

    /// Puts what windows were told in the place of what the database holds.
    pub(crate) fn overlay(&self, messages: &mut [MessageView]) {
        let answers = self.answers();
        for message in messages {
            if let Some(running) = answers.get(&message.id) {
                message.parts.clone_from(&running.shown.parts);
                message.answer = Some(running.shown.info.clone());
            }
        }
    }
}
