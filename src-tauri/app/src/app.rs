use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use holdfast_contract::{
    Action, AnswerInfo, ConversationId, EntryPurpose, Event, Failure, KeyId, MessageId, Part, ProviderId, Reach,
    Timestamp, UnlockWay, VaultState,
};
use holdfast_core::Credential;
use holdfast_providers::{Catalogue, CatalogueWarning, Client, ClientError, ProviderRow};
use holdfast_store::{Store, StoreError};
use holdfast_vault::{Keychain, RecordHeader, RecordKind, SealedRecord, Vault, VaultError};
use uuid::Uuid;

use crate::failure::Explain as _;
use crate::live::Live;
use crate::{Events, Host, failure, upkeep};

/// The end of the program waits this long for the last rows; what is not stored by then is marked
/// at the next start.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

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

struct Inner {
    places: Places,
    store: RwLock<Opened>,
    vault: Vault,
    client: Client,
    host: Arc<dyn Host>,
    events: Events,
    live: Live,
    catalogue: Mutex<Catalogue>,
    warning: Option<CatalogueWarning>,
    reach: Mutex<BTreeMap<ProviderId, Reach>>,
    entry: Mutex<Option<EntryPurpose>>,
    /// The user closed the vault, so only the user opens it again.
    closed_by_user: AtomicBool,
}

/// The database, or why there is none.
#[derive(Clone)]
pub(crate) enum Opened {
    Open(Store),
    Not(Arc<StoreError>),
}

impl App {
    /// Opens everything there is. A database or vault that does not read is not an error here: the
    /// program starts, says so, and offers what can be done.
    ///
    /// # Errors
    /// When no secure connection could ever be made because the system's TLS cannot be set up.
    pub async fn open(places: Places, keychain: Arc<dyn Keychain>, host: Arc<dyn Host>) -> Result<Self, ClientError> {
        let (mut catalogue, warning) = load_catalogue(&places);
        let vault = Vault::open(places.vault(), keychain);
        let client = Client::new(holdfast_providers::Timeouts::default())?;
        let store = open_store(Store::open(&places.store()).await).await;
        if let Opened::Open(store) = &store {
            add_custom(&mut catalogue, store).await;
        }
        let app = Self(Arc::new(Inner {
            places,
            store: RwLock::new(store),
            vault,
            client,
            host,
            events: Events::new(),
            live: Live::default(),
            catalogue: Mutex::new(catalogue),
            warning,
            reach: Mutex::default(),
            entry: Mutex::default(),
            closed_by_user: AtomicBool::new(false),
        }));
        app.tell_vault_changes();
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

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
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

    pub(crate) fn entry(&self) -> MutexGuard<'_, Option<EntryPurpose>> {
        self.0.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn opened(&self) -> Opened {
        self.0.store.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another database in the place of one that did not open.
    pub(crate) async fn replace_store(&self, result: Result<Store, StoreError>) {
        let opened = open_store(result).await;
        if let Opened::Open(store) = &opened {
            let mut catalogue = self.catalogue().clone();
            add_custom(&mut catalogue, store).await;
            *self.catalogue() = catalogue;
        }
        *self.0.store.write().unwrap_or_else(PoisonError::into_inner) = opened;
    }

    /// The database.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        match self.opened() {
            Opened::Open(store) => Ok(store),
            Opened::Not(error) => Err(failure::of_store(&error)),
        }
    }

    pub(crate) fn is_closed_by_user(&self) -> bool {
        self.0.closed_by_user.load(Ordering::Relaxed)
    }

    pub(crate) fn set_closed_by_user(&self, closed: bool) {
        self.0.closed_by_user.store(closed, Ordering::Relaxed);
    }

    /// The open vault: opened silently by the keychain if that is its way.
    pub(crate) async fn open_vault(&self) -> Result<&Vault, VaultError> {
        let vault = self.vault();
        match vault.ready().await {
            VaultState::Unlocked { .. } => Ok(vault),
            VaultState::Locked { ways } if ways.contains(&UnlockWay::Keychain) && !self.is_closed_by_user() => {
                vault.unlock_with_keychain().await?;
                Ok(vault)
            }
            VaultState::Locked { .. } => Err(VaultError::Locked),
            VaultState::Missing => Err(VaultError::Missing),
            VaultState::Damaged { detail, backup } => Err(VaultError::Damaged { detail, backup }),
        }
    }

    /// Opens one key for one request to its provider.
    pub(crate) async fn unseal(&self, key: KeyId) -> Result<Credential, Failure> {
        let stored = self.store()?.key(key).await.explain()?.ok_or_else(failure::key_gone)?;
        let vault = self.open_vault().await.explain()?;
        let header = header(key, &stored.info.provider, stored.revision);
        let credential = match vault.unseal(&header, &SealedRecord(stored.sealed)).await {
            Err(error @ VaultError::Refused) => {
                return Err(failure::of_vault(&error).action(Action::ReplaceKey { key }));
            }
            opened => opened.explain()?,
        };
        let mut writes = self.store()?.begin().await.explain()?;
        writes.key_used(key, now()).await.explain()?;
        writes.commit().await.explain()?;
        Ok(credential)
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

    /// Ends what is being written, with its part stored, and closes the database, before the program
    /// ends. Nothing can be read or stored afterwards.
    pub async fn finish(&self) {
        self.live().close();
        let deadline = tokio::time::Instant::now() + FINISH_WITHIN;
        while !self.live().is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // Connections that are merely dropped close side by side, and then it can be that none of them
        // is the last that folds the log into the file.
        if let Opened::Open(store) = self.opened() {
            match tokio::time::timeout(FINISH_WITHIN, store.close()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the database did not close as it should"),
                Err(_) => tracing::warn!("the database was still in use at the end"),
            }
        }
    }

    fn tell_vault_changes(&self) {
        let (events, mut states) = (self.events().clone(), self.vault().watch());
        tokio::spawn(async move {
            while states.changed().await.is_ok() {
                let vault = states.borrow_and_update().clone();
                events.send(Event::Vault { vault });
            }
        });
    }
}

pub(crate) fn header(key: KeyId, provider: &ProviderId, revision: u32) -> RecordHeader {
    RecordHeader { id: key.0, kind: RecordKind::ApiKey, owner: provider.0.clone(), revision }
}

/// A database that opens has its interrupted answers marked before anything reads them.
async fn open_store(result: Result<Store, StoreError>) -> Opened {
    let store = match result {
        Ok(store) => store,
        Err(error) => {
            tracing::error!(%error, "the database could not be opened");
            return Opened::Not(Arc::new(error));
        }
    };
    if store.read_only().is_none()
        && let Err(error) = sweep(&store).await
    {
        tracing::error!(%error, "interrupted answers could not be marked");
    }
    Opened::Open(store)
}

async fn sweep(store: &Store) -> Result<(), StoreError> {
    let mut writes = store.begin().await?;
    let interrupted = writes.interrupt_streaming().await?;
    writes.commit().await?;
    if !interrupted.is_empty() {
        tracing::info!(answers = interrupted.len(), "answers were interrupted by the last end of the program");
    }
    Ok(())
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

async fn add_custom(catalogue: &mut Catalogue, store: &Store) {
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
