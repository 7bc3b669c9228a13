//! Which key a question uses: the chosen one, then the spares that the user allowed, each at most once
//! for an answer. A key is admitted by its limits before anything leaves, and every use is noted.
//!
//! A key stands in only for another one of the same provider and the same address, and the answer says
//! so. Nobody else is ever asked in the place of who was chosen.

use std::pin::Pin;

use futures::future::FutureExt as _;
use holdfast_contract::{
    Action, AuditActor, AuditKind, Code, ConversationId, Failure, InsteadOf, KeyId, KeyInfo, KeyLimit, KeyNeed, KeyUse,
    KeyUseId, KeyUseOutcome, KeyUsed, MessageId, ModelKey, ModelRef, Usage,
};
use holdfast_core::exchange::{ErrorKind, ProviderError, Request};
use holdfast_core::{Credential, Secret};
use holdfast_providers::{EventStream, Price, ProviderRow};
use holdfast_store::{Admission, KeyUseEnd, StoreError, StoredKey};
use uuid::Uuid;

use crate::app::Opened;
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, app, calendar, keys};

/// What stands for the key of the environment where an id is wanted. No sealed key has it.
const ENVIRONMENT: KeyId = KeyId(Uuid::nil());

/// The key of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// One of the vault's.
    Sealed { id: KeyId, name: String, origin: String },
    /// The one that a variable of the program's environment holds. It is never stored.
    Environment { variable: String },
}

impl Key {
    fn sealed(stored: StoredKey) -> Self {
        Self::Sealed { id: stored.info.id, name: stored.info.name, origin: stored.info.origin }
    }

    /// How it is shown.
    pub(crate) fn shown(&self) -> ModelKey {
        match self {
            Self::Sealed { id, name, .. } => ModelKey { id: *id, name: name.clone() },
            Self::Environment { variable } => {
                ModelKey { id: ENVIRONMENT, name: format!("the environment ({variable})") }
            }
        }
    }

    /// How an answer names it.
    pub(crate) fn used(&self, instead_of: Option<InsteadOf>) -> KeyUsed {
        let ModelKey { id, name } = self.shown();
        KeyUsed { id, name, instead_of }
    }
}

/// The key that a provider is asked with: the conversation's `own` if it is of this provider, else the
/// first one that is in use, else that of the environment if the user allowed it. None if there is none.
///
/// # Errors
/// When the conversation's own key is switched off, or the database does not answer.
pub(crate) async fn choose(app: &App, provider: &ProviderRow, own: Option<KeyId>) -> Result<Option<Key>, Failure> {
    if provider.key == KeyNeed::None {
        return Ok(None);
    }
    let store = app.store()?;
    if let Some(own) = own
        && let Some(stored) = store.key(own).await.explain()?
        && stored.info.provider == provider.id
        && stored.deleted_at.is_none()
    {
        return if stored.settings.active { Ok(Some(Key::sealed(stored))) } else { Err(switched_off(&stored.info)) };
    }
    for id in store.key_chain(&provider.id).await.explain()? {
        match store.key(id).await.explain()? {
            Some(stored) if stored.settings.active => return Ok(Some(Key::sealed(stored))),
            _ => {}
        }
    }
    if provider.key_env.is_empty() || !store.settings().await.explain()?.environment_keys {
        return Ok(None);
    }
    Ok(environment_key(app, provider).map(|(variable, _)| Key::Environment { variable }))
}

fn environment_key(app: &App, provider: &ProviderRow) -> Option<(String, Secret)> {
    let mut variables = app.host().environment();
    let at = provider.key_env.iter().find_map(|name| {
        variables.iter().position(|(variable, value)| variable == name && keys::problem_of(value).is_none())
    })?;
    Some(variables.swap_remove(at))
}

/// What is said when a provider that needs a key has none that may be used.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn missing(app: &App, provider: &ProviderRow) -> Result<Failure, Failure> {
    let failure = match app.store()?.key_chain(&provider.id).await.explain()?.first() {
        None => Failure::new(Code::KeyMissing, format!("{} needs a key, and there is none.", provider.name))
            .hint("Add a key, or choose a model that runs on this computer."),
        Some(first) => Failure::new(
            Code::KeyMissing,
            format!("{} needs a key, and all of its keys are switched off.", provider.name),
        )
        .hint("Switch one on, or choose a model that runs on this computer.")
        .action(Action::KeySettings { key: *first }),
    };
    Ok(failure.action(Action::AddKey { provider: provider.id.clone() }).action(Action::ChooseModel))
}

fn switched_off(key: &KeyInfo) -> Failure {
    Failure::new(Code::KeyMissing, format!("The key “{}” is switched off.", key.name))
        .hint("Switch it on, or choose another key for this conversation.")
        .action(Action::KeySettings { key: key.id })
        .action(Action::ChooseModel)
}

/// Opens a key for one request. What is known of a sealed one comes along.
///
/// # Errors
/// When it is gone or switched off, or does not open.
pub(crate) async fn open(
    app: &App,
    provider: &ProviderRow,
    key: &Key,
) -> Result<(Credential, Option<KeyInfo>), Failure> {
    match key {
        Key::Sealed { id, .. } => {
            let stored = keys::present(&app.store()?, *id).await?;
            if !stored.settings.active {
                return Err(switched_off(&stored.info));
            }
            let credential = keys::unseal(app, &keys::current(&stored)).await?;
            Ok((credential, Some(stored.info)))
        }
        Key::Environment { variable } => {
            let gone = || {
                Failure::new(Code::KeyMissing, format!("The variable {variable} is no longer set."))
                    .action(Action::AddKey { provider: provider.id.clone() })
            };
            let (_, secret) = environment_key(app, provider).filter(|(name, _)| name == variable).ok_or_else(gone)?;
            let origin = provider.origin().ok_or_else(gone)?;
            Ok((Credential::new(secret, origin), None))
        }
    }
}

/// What an answer costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// None when nobody knows.
    pub(crate) price: Option<Price>,
    /// Tokens of the request; an estimate.
    pub(crate) input: u32,
    /// Tokens that the answer is expected to have at most.
    pub(crate) output: u32,
}

impl Cost {
    fn of(&self, input: Option<u64>, output: Option<u64>, cached: Option<u64>) -> Option<i64> {
        let input = input.unwrap_or(u64::from(self.input));
        self.price?.micros(&Usage { input: Some(input), output, cached, reasoning: None })
    }
}

/// The keys of one answer.
pub(crate) struct Chain {
    conversation: ConversationId,
    answer: MessageId,
    model: ModelRef,
    cost: Cost,
    key: Option<Key>,
    instead_of: Option<InsteadOf>,
    tried: Vec<KeyId>,
    under_way: Option<KeyUseId>,
}

/// An answer that is asked for.
pub(crate) type Opening = Pin<Box<dyn Future<Output = Result<EventStream, NotOpened>> + Send>>;

/// Why no stream was opened.
pub(crate) enum NotOpened {
    /// The key could not be had, so nothing was sent.
    Unsent(Failure),
    /// A limit of the key kept the request back.
    Limited {
        /// Why a spare may stand in, in words that follow the key's name.
        why: String,
        /// What is said when there is none.
        failure: Failure,
    },
    /// The provider gave no answer.
    Provider(ProviderError),
}

impl Chain {
    pub(crate) fn new(
        conversation: ConversationId,
        answer: MessageId,
        model: ModelRef,
        cost: Cost,
        key: Option<Key>,
    ) -> Self {
        Self { conversation, answer, model, cost, key, instead_of: None, tried: Vec::new(), under_way: None }
    }

    /// The key in use, as the answer names it.
    pub(crate) fn used(&self) -> Option<KeyUsed> {
        self.key.as_ref().map(|key| key.used(self.instead_of.clone()))
    }

    /// Opens the key, has its limits admit the request, and sends it. The key leaves memory once the
    /// request is out.
    pub(crate) fn ask(&mut self, app: &App, provider: &ProviderRow, request: &Request) -> Opening {
        let id = KeyUseId(Uuid::now_v7());
        self.under_way = matches!(self.key, Some(Key::Sealed { .. })).then_some(id);
        let asked = Asked {
            id,
            conversation: self.conversation,
            answer: self.answer,
            model: self.model.clone(),
            cost_micros: self.cost.of(None, Some(u64::from(self.cost.output)), None),
            instead_of: self.instead_of.clone(),
        };
        let (app, provider, request, key) = (app.clone(), provider.clone(), request.clone(), self.key.clone());
        async move {
            let credential = match key {
                Some(key) => Some(asked.admit(&app, &provider, &key).await?),
                None => None,
            };
            app.client().stream(&provider, &request, credential).await.map_err(NotOpened::Provider)
        }
        .boxed()
    }

    /// Nothing was sent, so there is nothing to end.
    pub(crate) fn not_sent(&mut self) {
        self.under_way = None;
    }

    /// Takes the next spare that the user allowed, in the order of the provider's keys. None if there is
    /// none that was not tried yet.
    pub(crate) async fn next(&mut self, app: &App, why: &str) -> Result<Option<KeyUsed>, Failure> {
        let Some(Key::Sealed { id, name, origin }) = &self.key else { return Ok(None) };
        self.tried.push(*id);
        let store = app.store()?;
        for id in store.key_chain(&self.model.provider).await.explain()? {
            if self.tried.contains(&id) {
                continue;
            }
            match store.key(id).await.explain()? {
                Some(spare) if spare.settings.active && spare.settings.spare && spare.info.origin == *origin => {
                    // The first one is the one that was chosen.
                    self.instead_of.get_or_insert_with(|| InsteadOf { name: name.clone(), why: why.to_owned() });
                    self.key = Some(Key::sealed(spare));
                    return Ok(self.used());
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Keeps what came of the last request. `said` are the tokens that came of it, by estimate; one that
    /// was `refused` costs nothing.
    pub(crate) async fn end(&mut self, app: &App, outcome: KeyUseOutcome, usage: &Usage, said: u32, refused: bool) {
        let Some(id) = self.under_way.take() else { return };
        let (cost_micros, estimated) = match (usage.input, usage.output) {
            (Some(_), Some(_)) => (self.cost.of(usage.input, usage.output, usage.cached), false),
            _ if refused => (self.cost.price.map(|_| 0), false),
            _ if said > 0 => {
                let output = usage.output.unwrap_or(u64::from(said));
                (self.cost.of(usage.input, Some(output), usage.cached), true)
            }
            // What was set aside stays counted.
            _ => (None, true),
        };
        let end = KeyUseEnd { outcome, input_tokens: usage.input, output_tokens: usage.output, cost_micros, estimated };
        match keep_end(app, id, &end).await {
            // It was stopped before it was admitted.
            Ok(()) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%error, "the end of a use of a key could not be stored"),
        }
    }
}

async fn keep_end(app: &App, id: KeyUseId, end: &KeyUseEnd) -> Result<(), StoreError> {
    // A database that closed meanwhile marks what is under way when it opens again.
    let Opened::Open(store) = app.opened() else { return Ok(()) };
    let mut writes = store.begin().await?;
    writes.end_use(id, end).await?;
    writes.commit().await
}

/// One request of an answer.
struct Asked {
    id: KeyUseId,
    conversation: ConversationId,
    answer: MessageId,
    model: ModelRef,
    cost_micros: Option<i64>,
    instead_of: Option<InsteadOf>,
}

impl Asked {
    async fn admit(self, app: &App, provider: &ProviderRow, key: &Key) -> Result<Credential, NotOpened> {
        let again = |failure: Failure| NotOpened::Unsent(failure.action(Action::TryAgain { after: None }));
        let (credential, info) = open(app, provider, key).await.map_err(again)?;
        match self.begin(app, key, info).await.map_err(again)? {
            Admission::Admitted => Ok(credential),
            Admission::Refused(limit) => {
                let why = format!("had reached its limit of {}", words_of(&limit));
                Err(NotOpened::Limited { why, failure: limit_reached(&limit, &key.shown()) })
            }
        }
    }

    /// Puts the use on record, with the log.
    async fn begin(self, app: &App, key: &Key, info: Option<KeyInfo>) -> Result<Admission, Failure> {
        let noted = |kind| {
            let noted = Noted::new(kind, AuditActor::Conversation { id: self.conversation });
            let noted = match &info {
                Some(info) => noted.key(info),
                None => noted.provider(&self.model.provider).subject(key.shown().name),
            };
            noted.detail("model", self.model.model.clone())
        };
        let mut writes = app.store()?.begin().await.explain()?;
        if let Some(info) = &info {
            let now = app::now();
            let planned = KeyUse {
                id: self.id,
                key: info.id,
                at: now,
                model: self.model.clone(),
                conversation: Some(self.conversation),
                answer: Some(self.answer),
                outcome: KeyUseOutcome::UnderWay,
                input_tokens: None,
                output_tokens: None,
                cost_micros: self.cost_micros,
                estimated: self.cost_micros.is_some(),
            };
            let admission = writes.begin_use(&planned, calendar::month(now)).await.explain()?;
            if let Admission::Refused(limit) = admission {
                app.note(&mut writes, noted(AuditKind::LimitHit).detail("limit", words_of(&limit))).await?;
                app.commit(writes).await?;
                return Ok(admission);
            }
        }
        if let Some(instead_of) = &self.instead_of {
            let spare = noted(AuditKind::SpareUsed).detail("instead_of", instead_of.name.clone());
            app.note(&mut writes, spare.detail("why", instead_of.why.clone())).await?;
        }
        app.note(&mut writes, noted(AuditKind::KeyUsed)).await?;
        app.commit(writes).await?;
        Ok(Admission::Admitted)
    }
}

/// Why a spare may stand in for a key that failed so, in words that follow its name.
pub(crate) fn spare_for(error: &ProviderError) -> Option<&'static str> {
    match error.kind {
        ErrorKind::Rate => Some("was rate limited"),
        ErrorKind::Quota => Some("had no credit"),
        ErrorKind::Auth => Some("was refused"),
        ErrorKind::Permission
        | ErrorKind::Overloaded
        | ErrorKind::ContextTooLong
        | ErrorKind::ModelMissing
        | ErrorKind::Filtered
        | ErrorKind::BadRequest
        | ErrorKind::NotRunning
        | ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::Malformed
        | ErrorKind::EndedEarly
        | ErrorKind::WrongOrigin
        | ErrorKind::VaultClosed => None,
    }
}

fn words_of(limit: &KeyLimit) -> String {
    match limit {
        KeyLimit::PerMinute { most, .. } if most.get() == 1 => "1 request a minute".to_owned(),
        KeyLimit::PerMinute { most, .. } => format!("{most} requests a minute"),
        KeyLimit::Monthly { most_micros, .. } => format!("{} a month", dollars(*most_micros)),
    }
}

fn dollars(micros: i64) -> String {
    format!("${:.2}", micros as f64 / 1e6)
}

/// A limit kept the request back: which one, and until when.
fn limit_reached(limit: &KeyLimit, key: &ModelKey) -> Failure {
    let message = format!("The key “{}” has reached your limit of {}.", key.name, words_of(limit));
    let failure = Failure::new(Code::LimitReached, message);
    let settings = Action::KeySettings { key: key.id };
    let failure = match limit {
        KeyLimit::PerMinute { until, .. } => {
            let wait = u64::try_from(until - app::now()).unwrap_or(0).div_ceil(1000);
            let seconds = u32::try_from(wait).unwrap_or(u32::MAX);
            failure
                .hint(format!("The next question can be asked at {}. Nothing was sent.", calendar::clock(*until)))
                .action(settings)
                .action(Action::TryAgain { after: Some(seconds) })
        }
        KeyLimit::Monthly { spent_micros, until, .. } => failure
            .hint(format!(
                "{} were spent or set aside. The limit begins anew on {}. Nothing was sent.",
                dollars(*spent_micros),
                calendar::day(*until)
            ))
            .action(settings),
    };
    failure.action(Action::ChooseModel)
}
