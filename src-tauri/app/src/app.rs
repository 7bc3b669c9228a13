use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use holdfast_contract::{
    AnswerInfo, AuditActor, ConversationId, Failure, KeyId, MessageId, Part, ProviderId, Reach, Timestamp,
};
use holdfast_providers::{Catalogue, CatalogueWarning, Client, ClientError, ProviderRow};
use holdfast_store::{Store, StoreError};
use holdfast_vault::{Keychain, RecordHeader, RecordKind, RecoveryCode, Vault};
use uuid::Uuid;

use crate::backups::{self, Restored};
use crate::entry::Entry;
use crate::idle::Idle;
use crate::live::Live;
use crate::{Events, Host, failure, upkeep};

/// Where the program keeps its files.
#[derive(Clone, Debug)]
pub struct Places {
    /// The folder of everything below.
    pub data: PathBuf,
}

impl Places {
    /// The database.
    pub fn store(&self) -> PathBuf {
        self.data.join("holdfast.db")
    }

    /// The folder of backups.
    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// The vault's folder.
    pub fn vault(&self) -> PathBuf {
        self.data.join("vault")
    }

    /// The user's own list of providers and models.
    pub fn models(&self) -> PathBuf {
        self.data.join("models.yaml")
    }
}

/// The program without its windows. Clones share everything.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub(crate) struct Inner {
    places: Places,
    store: RwLock<Opened>,
    /// Held while the database is opened or closed, so that it follows the vault one step at a time.
    pub(crate) settling: tokio::sync::Mutex<()>,
    vault: Vault,
    client: RwLock<Client>,
    host: Arc<dyn Host>,
    events: Events,
    live: Live,
    catalogue: Mutex<Catalogue>,
    warning: Option<CatalogueWarning>,
    reach: Mutex<BTreeMap<ProviderId, Reach>>,
    entry: Mutex<Entry>,
    /// The recovery code that was just made, until the entry window is done with it.
    recovery: Mutex<Option<Arc<RecoveryCode>>>,
    /// The backup that the vault came from, if it did.
    restored: Mutex<Option<Restored>>,
    /// The user closed the vault, so only the user opens it again.
    pub(crate) closed_by_user: AtomicBool,
    /// What was added to the log since its end was last noted in the vault, by weight.
    pub(crate) unanchored: AtomicU32,
    idle: Idle,
}

/// The database, or why there is none.
#[derive(Clone)]
pub(crate) enum Opened {
    Open(Store),
    /// Its key is in the vault, which is closed or was not made yet.
    Closed,
    Not(Arc<StoreError>),
}

impl App {
    /// Opens what can be opened without a question. A database or vault that does not read is not an
    /// error here: the program starts, says so, and offers what can be done.
    ///
    /// # Errors
    /// When no secure connection could ever be made because the system's TLS cannot be set up.
    pub async fn open(places: Places, keychain: Arc<dyn Keychain>, host: Arc<dyn Host>) -> Result<Self, ClientError> {
        let (catalogue, warning) = load_catalogue(&places);
        let vault = Vault::open(places.vault(), keychain);
        let client = Client::new(holdfast_providers::Timeouts::default())?;
        let app = Self(Arc::new(Inner {
            places,
            store: RwLock::new(Opened::Closed),
            settling: tokio::sync::Mutex::default(),
            vault,
            client: RwLock::new(client),
            host,
            events: Events::new(),
            live: Live::default(),
            catalogue: Mutex::new(catalogue),
            warning,
            reach: Mutex::default(),
            entry: Mutex::default(),
            recovery: Mutex::default(),
            restored: Mutex::default(),
            closed_by_user: AtomicBool::new(false),
            unanchored: AtomicU32::new(0),
            idle: Idle::default(),
        }));
        if let Err(failure) = backups::finish_restore(&app).await {
            tracing::error!(message = failure.message, "a restore that was interrupted could not be finished yet");
        }
        app.follow_vault();
        app.unlock_by_itself().await;
        upkeep::start(&app);
        Ok(app)
    }

    /// Events for windows.
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// Where the files are.
    pub fn places(&self) -> &Places {
        &self.0.places
    }

    /// The vault, for what the terminal does with it.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn host(&self) -> &dyn Host {
        &*self.0.host
    }

    pub(crate) fn client(&self) -> Client {
        self.0.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes the connections to providers: an idle one still holds what it sent last, a key among it.
    pub(crate) fn hang_up(&self) {
        match Client::new(holdfast_providers::Timeouts::default()) {
            Ok(client) => *self.0.client.write().unwrap_or_else(PoisonError::into_inner) = client,
            Err(error) => tracing::warn!(%error, "connections to providers stay open until they are too old"),
        }
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    pub(crate) fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        self.0.catalogue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn warning(&self) -> Option<&CatalogueWarning> {
        self.0.warning.as_ref()
    }

    pub(crate) fn reach(&self) -> MutexGuard<'_, BTreeMap<ProviderId, Reach>> {
        self.0.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn entry(&self) -> MutexGuard<'_, Entry> {
        self.0.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recovery code that waits to be written down.
    pub(crate) fn recovery(&self) -> MutexGuard<'_, Option<Arc<RecoveryCode>>> {
        self.0.recovery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn restored(&self) -> Option<Restored> {
        self.0.restored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_restored(&self, restored: Option<Restored>) {
        *self.0.restored.lock().unwrap_or_else(PoisonError::into_inner) = restored;
    }

    pub(crate) fn idle(&self) -> &Idle {
        &self.0.idle
    }

    /// Who asks: a person in a window or in a terminal.
    pub(crate) fn actor(&self) -> AuditActor {
        self.0.host.actor()
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) fn opened(&self) -> Opened {
        self.0.store.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_opened(&self, opened: Opened) {
        *self.0.store.write().unwrap_or_else(PoisonError::into_inner) = opened;
    }

    /// The database.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        match self.opened() {
            Opened::Open(store) => Ok(store),
            Opened::Closed => Err(failure::closed(&self.vault().state())),
            Opened::Not(error) => Err(failure::of_store(&error)),
        }
    }

    /// Forgets what came from the database: providers of the user's, and how they were reached.
    pub(crate) fn forget(&self) {
        *self.catalogue() = load_catalogue(self.places()).0;
        self.reach().clear();
    }

    pub(crate) async fn keep_parts(&self, answer: MessageId, parts: &[Part]) -> Result<(), StoreError> {
        let Opened::Open(store) = self.opened() else { return Ok(()) };
        let mut writes = store.begin().await?;
        writes.checkpoint(answer, parts).await?;
        writes.commit().await
    }

    pub(crate) async fn end_answer(
        &self,
        answer: MessageId,
        parts: &[Part],
        info: &AnswerInfo,
    ) -> Result<(), StoreError> {
        let Opened::Open(store) = self.opened() else { return Ok(()) };
        let mut writes = store.begin().await?;
        writes.checkpoint(answer, parts).await?;
        writes.set_answer(answer, info).await?;
        writes.commit().await
    }
}

pub(crate) fn header(key: KeyId, provider: &ProviderId, revision: u32) -> RecordHeader {
    RecordHeader { id: key.0, kind: RecordKind::ApiKey, owner: provider.0.clone(), revision }
}

fn load_catalogue(places: &Places) -> (Catalogue, Option<CatalogueWarning>) {
    match std::fs::read_to_string(places.models()) {
        Ok(text) => Catalogue::load(Some(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Catalogue::load(None),
        Err(error) => {
            let (catalogue, _) = Catalogue::load(None);
            let message = format!("models.yaml could not be read: {error}");
            (catalogue, Some(CatalogueWarning { line: None, column: None, message }))
        }
    }
}

/// Adds the user's own providers.
pub(crate) async fn add_custom(catalogue: &mut Catalogue, store: &Store) {
    match store.custom_providers().await {
        Ok(rows) => {
            for row in rows {
                match ProviderRow::custom(row.id, row.name, &row.base_url, row.wire, row.key) {
                    Ok(row) => catalogue.put(row),
                    Err(error) => {
                        tracing::warn!(%error, "a provider of the user's has an address that is no longer taken");
                    }
                }
            }
        }
        Err(error) => tracing::error!(%error, "the user's providers could not be read"),
    }
}

/// The time. The only clock of this room.
pub(crate) fn now() -> Timestamp {
    jiff::Timestamp::now().as_millisecond()
}

pub(crate) fn new_message_id() -> MessageId {
    MessageId(Uuid::now_v7())
}

pub(crate) fn new_conversation_id() -> ConversationId {
    ConversationId(Uuid::now_v7())
}

pub(crate) fn new_key_id() -> KeyId {
    KeyId(Uuid::now_v7())
}
