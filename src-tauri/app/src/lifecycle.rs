//! The database follows the vault: it opens with it, and closes before it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use holdfast_contract::{AuditActor, AuditKind, Event, Failure, UnlockWay, VaultState, Work};
use holdfast_store::{Store, StoreError};
use holdfast_vault::{Vault, VaultError};

use crate::app::{self, Opened};
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, backups, entry};

/// The end of the program waits this long for the last rows; what is not stored by then is marked
/// at the next start.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// The database is given up after this; its log is folded in at the next opening then.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// The window is not kept waiting for a keychain longer than this; it shows what is waited for then.
const BY_ITSELF_WITHIN: Duration = Duration::from_millis(1_500);

impl App {
    /// Opens a vault that opens without a question, and the database with it.
    pub(crate) async fn unlock_by_itself(&self) {
        if !self.opens_by_itself().await {
            return;
        }
        let app = self.clone();
        let opening = tokio::spawn(async move {
            match app.vault().unlock_with_keychain().await {
                Ok(()) => app.settle().await,
                Err(error) => tracing::info!(%error, "the vault did not open by itself"),
            }
        });
        if tokio::time::timeout(BY_ITSELF_WITHIN, opening).await.is_err() {
            tracing::info!("the system keychain takes its time");
        }
    }

    async fn opens_by_itself(&self) -> bool {
        let by_keychain =
            matches!(self.vault().ready().await, VaultState::Locked { ways } if ways.contains(&UnlockWay::Keychain));
        by_keychain && !self.inner().closed_by_user.load(Ordering::Relaxed)
    }

    /// The open vault: opened silently by the keychain if that is its way.
    pub(crate) async fn open_vault(&self) -> Result<&Vault, VaultError> {
        let vault = self.vault();
        if self.opens_by_itself().await {
            vault.unlock_with_keychain().await?;
            self.settle().await;
        }
        match vault.state() {
            VaultState::Unlocked { .. } => Ok(vault),
            VaultState::Locked { .. } => Err(VaultError::Locked),
            VaultState::Missing => Err(VaultError::Missing),
            VaultState::Damaged { detail, backup } => Err(VaultError::Damaged { detail, backup }),
        }
    }

    /// Tells windows of the vault, once the database stands as the vault does.
    pub(crate) fn follow_vault(&self) {
        let (app, mut states) = (self.clone(), self.vault().watch());
        tokio::spawn(async move {
            while states.changed().await.is_ok() {
                states.borrow_and_update();
                app.settle().await;
                // The newest state, not the one that woke this: they may have followed one another fast.
                let vault = app.vault().state();
                app.events().send(Event::Vault { vault });
            }
        });
    }

    /// Opens the database of an open vault, and closes that of a closed one.
    pub(crate) async fn settle(&self) {
        let _one_at_a_time = self.inner().settling.lock().await;
        match (self.vault().state(), self.opened()) {
            (VaultState::Unlocked { by }, Opened::Closed) => self.open_store(by).await,
            (VaultState::Unlocked { .. }, Opened::Open(_) | Opened::Not(_)) => {}
            // It closed without `lock`: another program changed it, or it crashed.
            (_, Opened::Open(store)) => self.close_store(&store).await,
            (_, Opened::Not(_)) => self.set_opened(Opened::Closed),
            (_, Opened::Closed) => {}
        }
    }

    async fn open_store(&self, by: UnlockWay) {
        let key = match self.vault().database_key().await {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(%error, "the vault gave no key for the database");
                let error = StoreError::ReadOnly { detail: error.to_string() };
                return self.set_opened(Opened::Not(Arc::new(error)));
            }
        };
        let path = self.places().store();
        let sealing = is_plain(&path);
        if sealing {
            self.events().send(Event::Progress { work: Work::Seal, done: 0, total: 1 });
        }
        let opened = Store::open(&path, &key).await;
        if sealing {
            self.events().send(Event::Progress { work: Work::Seal, done: 1, total: 1 });
        }
        self.take_store(opened).await;
        if let Opened::Open(store) = self.opened()
            && store.read_only().is_none()
            && let Err(failure) = backups::note_restore(self).await
        {
            tracing::error!(message = failure.message, "the log of the vault could not be written");
        }
        if let Err(failure) = self.note_unlock(by).await {
            tracing::error!(message = failure.message, "the log of the vault could not be written");
        }
    }

    /// Makes an opened database the one in use, with what another program left under way marked.
    pub(crate) async fn take_store(&self, opened: Result<Store, StoreError>) {
        let opened = match opened {
            Ok(store) => {
                if store.read_only().is_none()
                    && let Err(error) = sweep(&store).await
                {
                    tracing::error!(%error, "interrupted answers could not be marked");
                }
                let mut catalogue = self.catalogue().clone();
                app::add_custom(&mut catalogue, &store).await;
                *self.catalogue() = catalogue;
                self.live().reopen();
                Opened::Open(store)
            }
            Err(error) => {
                tracing::error!(%error, "the database could not be opened");
                Opened::Not(Arc::new(error))
            }
        };
        self.set_opened(opened);
    }

    async fn note_unlock(&self, by: UnlockWay) -> Result<(), Failure> {
        let Opened::Open(store) = self.opened() else { return Ok(()) };
        if store.read_only().is_some() {
            return Ok(());
        }
        let failed = self.vault().take_failed_attempts().await.explain()?;
        let mut writes = store.begin().await.explain()?;
        for attempt in failed {
            let noted = Noted::new(AuditKind::UnlockFailed, AuditActor::Program).at(attempt.at);
            self.note(&mut writes, noted.detail("way", word(attempt.way))).await?;
        }
        let by_itself = by == UnlockWay::Keychain;
        let actor = if by_itself { AuditActor::Program } else { self.actor() };
        self.note(&mut writes, Noted::new(AuditKind::Unlocked, actor).detail("way", word(by))).await?;
        self.commit(writes).await
    }

    /// Closes everything: answers stop with their part kept, the database closes, and the keys leave
    /// memory. `why` is noted in the log.
    pub(crate) async fn lock(&self, why: Lock) {
        let _one_at_a_time = self.inner().settling.lock().await;
        // Whoever locked it, nothing opens it again by itself.
        self.inner().closed_by_user.store(true, Ordering::Relaxed);
        // What it shows or takes is over; a recovery code must not stay on the screen.
        entry::dismiss(self);
        if let Opened::Open(store) = self.opened() {
            self.stop_answers().await;
            if store.read_only().is_none()
                && let Err(failure) = self.note_lock(&store, why).await
            {
                tracing::error!(message = failure.message, "the log of the vault could not be written");
            }
            self.close_store(&store).await;
        }
        self.set_opened(Opened::Closed);
        self.hang_up();
        self.vault().lock().await;
    }

    async fn note_lock(&self, store: &Store, why: Lock) -> Result<(), Failure> {
        let mut writes = store.begin().await.explain()?;
        let (actor, reason) = match why {
            Lock::ByUser => (self.actor(), "asked for"),
            Lock::Idle => (AuditActor::Program, "not used"),
            Lock::System => (AuditActor::Program, "the system locked, slept or changed its user"),
        };
        self.note(&mut writes, Noted::new(AuditKind::Locked, actor).detail("why", reason)).await?;
        self.commit(writes).await
    }

    /// Stops all answers, and lets none go on until a database opens again.
    pub(crate) async fn stop_answers(&self) {
        self.live().close();
        let deadline = tokio::time::Instant::now() + FINISH_WITHIN;
        while !self.live().is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn close_store(&self, store: &Store) {
        self.set_opened(Opened::Closed);
        self.forget();
        entry::dismiss(self);
        // Connections that are merely dropped close side by side, and then it can be that none of them
        // is the last that folds the log into the file.
        match tokio::time::timeout(CLOSE_WITHIN, store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not close as it should"),
            Err(_) => tracing::warn!("the database was still in use when it was closed"),
        }
    }

    /// Ends what is being written, with its part stored, and closes the database, before the program
    /// ends. Nothing can be read or stored afterwards.
    pub async fn finish(&self) {
        let _one_at_a_time = self.inner().settling.lock().await;
        self.stop_answers().await;
        if let Opened::Open(store) = self.opened() {
            self.anchor(&store, 1).await;
            self.close_store(&store).await;
        }
    }

    /// The system locked its screen, goes to sleep or changes its user.
    pub async fn system_locks(&self) {
        let wanted = match self.opened() {
            Opened::Open(store) => store.settings().await.is_ok_and(|settings| settings.lock_with_system),
            Opened::Closed | Opened::Not(_) => false,
        };
        if wanted {
            self.lock(Lock::System).await;
        }
    }

    /// Locks when nobody has used the program for as long as the user set. Never while an answer is
    /// being written: somebody waits for it.
    pub(crate) async fn lock_if_idle(&self) {
        let Opened::Open(store) = self.opened() else { return };
        let Ok(settings) = store.settings().await else { return };
        let after = Duration::from_secs(u64::from(settings.lock_after_minutes) * 60);
        let terminal = self.actor() == AuditActor::CommandLine;
        if !terminal && !after.is_zero() && self.live().is_empty() && self.idle().since() >= after {
            self.lock(Lock::Idle).await;
        }
    }
}

/// Why everything is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Somebody asked for it.
    ByUser,
    /// Nobody used the program.
    Idle,
    /// The system locked itself.
    System,
}

/// Whether an older program left the database without a seal, so that it is sealed now, which takes a
/// while for a long history.
fn is_plain(path: &Path) -> bool {
    let mut start = [0; 15];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"SQLite format 3"
}

async fn sweep(store: &Store) -> Result<(), StoreError> {
    let mut writes = store.begin().await?;
    let interrupted = writes.interrupt_streaming().await?;
    writes.interrupt_uses().await?;
    writes.commit().await?;
    if !interrupted.is_empty() {
        tracing::info!(answers = interrupted.len(), "answers were interrupted by the last end of the program");
    }
    Ok(())
}

/// The name of a way in the log; it never changes.
pub(crate) const fn word(way: UnlockWay) -> &'static str {
    match way {
        UnlockWay::Keychain => "keychain",
        UnlockWay::Passphrase => "passphrase",
        UnlockWay::Both => "both",
        UnlockWay::Recovery => "recovery",
    }
}
