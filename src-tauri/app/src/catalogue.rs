//! Providers, models, and who answers the next question.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use holdfast_contract::{
    Action, AuditActor, AuditKind, Catalogue, Code, DeleteProvider, Event, Failure, GetCatalogue, KeyNeed, ModelInfo,
    ModelRef, Place, ProviderId, ProviderInfo, Reach, SaveProvider,
};
use holdfast_core::exchange::{ErrorKind, ProviderError};
use holdfast_providers::{ListedModel, Price, ProviderRow};
use holdfast_store::{CustomProvider, KnownModel};

use crate::audit::Noted;
use crate::chain::{self, Key};
use crate::failure::Explain as _;
use crate::{App, failure};

/// A provider that does not list its models in this time is shown as not reachable.
const LIST_WITHIN: Duration = Duration::from_secs(20);

/// Who answers.
pub(crate) struct Chosen {
    pub(crate) model: ModelRef,
    pub(crate) model_name: String,
    pub(crate) local: bool,
    pub(crate) provider: ProviderRow,
    pub(crate) context_window: Option<u32>,
    pub(crate) max_output: Option<u32>,
    pub(crate) price: Option<Price>,
}

/// A model for a person.
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) local: bool,
}

/// Providers and models; asks the providers first when told to.
///
/// # Errors
/// When the database does not answer. A provider that does not is part of the reply.
pub async fn get_catalogue(app: App, command: GetCatalogue) -> Result<Catalogue, Failure> {
    if command.refresh {
        refresh(&app).await?;
        app.events().send(Event::Catalogue);
    }
    current(&app).await
}

/// Adds a provider of the user's, or changes it.
///
/// # Errors
/// When the address cannot be used or it cannot be stored.
pub async fn save_provider(app: App, command: SaveProvider) -> Result<ProviderInfo, Failure> {
    let name: String = command.name.trim().chars().filter(|c| !c.is_control()).take(80).collect();
    if name.is_empty() {
        return Err(
            Failure::new(Code::BadRequest, "The provider has no name.").hint("Give it one that you will recognise.")
        );
    }
    let id = match command.id {
        Some(id) if id.0.starts_with("custom-") => id,
        Some(_) => return Err(Failure::new(Code::BadRequest, "A built-in provider cannot be changed here.")),
        None => ProviderId(format!("custom-{}", crate::app::new_key_id().0.simple())),
    };
    let row = ProviderRow::custom(id.clone(), name.clone(), &command.base_url, command.wire, command.key)
        .map_err(|error| failure::of_address(&error))?;
    // A key is sealed for an origin. At another origin it would be refused, so that must be said now.
    let store = app.store()?;
    let origin = row.origin().map(|origin| origin.to_string());
    let keys = store.keys(0..0).await.explain()?;
    let elsewhere = |origin_of: &str| Some(origin_of) != origin.as_deref();
    let mut mine = keys.iter().map(|key| &key.info).filter(|key| key.provider == id);
    if let Some(key) = mine.find(|key| elsewhere(&key.origin)) {
        return Err(Failure::new(
            Code::BadRequest,
            format!("The key “{}” is sealed for {} and cannot go to another address.", key.name, key.origin),
        )
        .hint("Delete the key first, then change the address and add the key again."));
    }
    let mut writes = store.begin().await.explain()?;
    writes
        .put_provider(CustomProvider {
            id: id.clone(),
            name,
            base_url: row.base_url.clone(),
            wire: command.wire,
            key: command.key,
        })
        .await
        .explain()?;
    writes.commit().await.explain()?;
    app.catalogue().put(row.clone());
    let key = chain::choose(&app, &row, None).await?;
    if row.key != KeyNeed::Required || key.is_some() {
        ask(&app, vec![(row.clone(), key.clone())]).await?;
    }
    app.events().send(Event::Catalogue);
    let reach = app.reach().get(&id).cloned().unwrap_or(Reach::Unknown);
    Ok(info(&row, key.is_some(), reach))
}

/// Removes a provider of the user's together with its keys.
///
/// # Errors
/// When it is a built-in one, or it cannot be stored.
pub async fn delete_provider(app: App, command: DeleteProvider) -> Result<(), Failure> {
    if !command.id.0.starts_with("custom-") {
        return Err(Failure::new(Code::BadRequest, "A built-in provider cannot be removed."));
    }
    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    for key in store.keys(0..0).await.explain()?.iter().filter(|key| key.info.provider == command.id) {
        app.note(&mut writes, Noted::new(AuditKind::KeyDeleted, app.actor()).key(&key.info)).await?;
    }
    writes.delete_provider(&command.id).await.explain()?;
    app.commit(writes).await?;
    app.catalogue().remove(&command.id);
    app.reach().remove(&command.id);
    app.events().send(Event::Catalogue);
    app.events().send(Event::Keys);
    Ok(())
}

impl App {
    /// Who answers when this model is asked.
    pub(crate) async fn choose(&self, model: &ModelRef) -> Result<Chosen, Failure> {
        let Some(provider) = self.catalogue().provider(&model.provider).cloned() else {
            return Err(Failure::new(Code::ModelMissing, format!("There is no provider called “{}”.", model.provider))
                .hint("Choose another model.")
                .action(Action::ChooseModel));
        };
        let store = self.store()?;
        let row = provider.models.iter().find(|row| row.id == model.model);
        let known = store.all_known_models().await.explain()?.into_iter().find(|known| known.model == *model);
        Ok(Chosen {
            model_name: name_of(model, row.map(|row| row.name.as_str()), known.as_ref()),
            local: provider.place != Place::Cloud,
            context_window: row.and_then(|row| row.context_window).or(known.and_then(|known| known.context_window)),
            max_output: row.and_then(|row| row.max_output),
            price: row.and_then(|row| row.price),
            model: model.clone(),
            provider,
        })
    }

    /// How a model is called. One that nobody knows is called by its own name.
    pub(crate) async fn describe(&self, model: &ModelRef) -> Described {
        match self.choose(model).await {
            Ok(chosen) => Described { name: chosen.model_name, local: chosen.local },
            Err(_) => Described { name: model.model.clone(), local: false },
        }
    }
}

fn name_of(model: &ModelRef, row: Option<&str>, known: Option<&KnownModel>) -> String {
    row.map(str::to_owned).or_else(|| known.map(|known| known.name.clone())).unwrap_or_else(|| model.model.clone())
}

async fn refresh(app: &App) -> Result<(), Failure> {
    let providers: Vec<ProviderRow> = app.catalogue().providers().to_vec();
    let mut asked = Vec::new();
    for provider in providers {
        let key = chain::choose(app, &provider, None).await?;
        if provider.key == KeyNeed::Required && key.is_none() {
            app.reach().insert(provider.id.clone(), Reach::NoKey);
        } else {
            asked.push((provider, key));
        }
    }
    ask(app, asked).await
}

/// Asks providers for their models, side by side, and keeps what they say. Each is followed to its
/// end in one piece: one that waited for the others in mid-write would keep them from writing.
async fn ask(app: &App, providers: Vec<(ProviderRow, Option<Key>)>) -> Result<(), Failure> {
    let mut asked: FuturesUnordered<_> =
        providers.into_iter().map(|(provider, key)| ask_one(app, provider, key)).collect();
    while let Some(result) = asked.next().await {
        result?;
    }
    Ok(())
}

async fn ask_one(app: &App, provider: ProviderRow, key: Option<Key>) -> Result<(), Failure> {
    let reply = tokio::time::timeout(LIST_WITHIN, list(app, &provider, key.as_ref())).await;
    let reach = match reply {
        Ok(Ok(models)) => {
            let count = u32::try_from(models.len()).unwrap_or(u32::MAX);
            keep(app, &provider, models).await?;
            Reach::Ready { models: count }
        }
        Ok(Err(Asked::Failure(failure))) if failure.code == Code::VaultLocked => Reach::Locked,
        Ok(Err(Asked::Failure(failure))) => Reach::Failed { failure },
        Ok(Err(Asked::Provider(error))) if error.kind == ErrorKind::NotRunning => Reach::NotRunning,
        Ok(Err(Asked::Provider(error))) => {
            let used = key.map(|key| key.used(None));
            Reach::Failed { failure: failure::of_provider(&error, &provider, used.as_ref()) }
        }
        Err(_) => Reach::Failed {
            failure: Failure::new(Code::Network, format!("{} did not answer in 20 seconds.", provider.name))
                .action(Action::TryAgain { after: None }),
        },
    };
    app.reach().insert(provider.id, reach);
    Ok(())
}

enum Asked {
    Failure(Failure),
    Provider(ProviderError),
}

async fn list(app: &App, provider: &ProviderRow, key: Option<&Key>) -> Result<Vec<ListedModel>, Asked> {
    let credential = match key {
        Some(key) => {
            let (credential, sealed) = chain::open(app, provider, key).await.map_err(Asked::Failure)?;
            let noted = Noted::new(AuditKind::KeyUsed, AuditActor::Program).detail("for", "the list of models");
            let noted = match &sealed {
                Some(sealed) => noted.key(sealed),
                None => noted.provider(&provider.id).subject(key.shown().name),
            };
            if app.store().map_err(Asked::Failure)?.read_only().is_none() {
                app.note_alone(noted).await.map_err(Asked::Failure)?;
            }
            Some(credential)
        }
        None => None,
    };
    app.client().models(provider, credential).await.map_err(Asked::Provider)
}

async fn keep(app: &App, provider: &ProviderRow, models: Vec<ListedModel>) -> Result<(), Failure> {
    let known: Vec<KnownModel> = models
        .into_iter()
        .map(|model| KnownModel {
            model: ModelRef { provider: provider.id.clone(), model: model.id },
            name: model.name,
            context_window: model.context_window,
            detail: model.detail,
        })
        .collect();
    let store = app.store()?;
    // The list is asked for at every start; writing it only when it changed spares the disk.
    let before: Vec<KnownModel> = store
        .all_known_models()
        .await
        .explain()?
        .into_iter()
        .filter(|known| known.model.provider == provider.id)
        .collect();
    if before != known && store.read_only().is_none() {
        let mut writes = store.begin().await.explain()?;
        writes.put_known_models(&provider.id, &known).await.explain()?;
        writes.commit().await.explain()?;
    }
    Ok(())
}

async fn current(app: &App) -> Result<Catalogue, Failure> {
    let store = app.store()?;
    let known = store.all_known_models().await.explain()?;
    let rows: Vec<ProviderRow> = app.catalogue().providers().to_vec();
    let mut providers = Vec::new();
    let mut models = Vec::new();
    for row in &rows {
        let reach = app.reach().get(&row.id).cloned().unwrap_or(Reach::Unknown);
        let key = chain::choose(app, row, None).await?.map(|key| key.shown());
        let usable = match (row.place, row.key) {
            (Place::Local, _) => !matches!(reach, Reach::NotRunning),
            (_, KeyNeed::Required) => key.is_some(),
            (_, KeyNeed::None | KeyNeed::Optional) => true,
        };
        let mut seen = BTreeSet::new();
        let mine = known.iter().filter(|known| known.model.provider == row.id);
        let listed: Vec<&KnownModel> = mine.collect();
        for model in &row.models {
            let known = listed.iter().find(|known| known.model.model == model.id);
            seen.insert(model.id.clone());
            models.push(ModelInfo {
                model: ModelRef { provider: row.id.clone(), model: model.id.clone() },
                name: model.name.clone(),
                provider_name: row.name.clone(),
                place: row.place,
                context_window: model.context_window.or(known.and_then(|known| known.context_window)),
                key: key.clone(),
                usable,
                detail: known.and_then(|known| known.detail.clone()),
            });
        }
        for known in listed.iter().filter(|known| !seen.contains(&known.model.model)) {
            models.push(ModelInfo {
                model: known.model.clone(),
                name: known.name.clone(),
                provider_name: row.name.clone(),
                place: row.place,
                context_window: known.context_window,
                key: key.clone(),
                usable,
                detail: known.detail.clone(),
            });
        }
        providers.push(info(row, key.is_some(), reach));
    }
    // Whoever chooses sees first what can be chosen.
    models.sort_by_key(|model| !model.usable);
    Ok(Catalogue { providers, models, warning: app.warning().map(ToString::to_string) })
}

fn info(row: &ProviderRow, has_key: bool, reach: Reach) -> ProviderInfo {
    let keyless = row.key == KeyNeed::Required && !has_key;
    ProviderInfo {
        id: row.id.clone(),
        name: row.name.clone(),
        place: row.place,
        base_url: row.base_url.clone(),
        key: row.key,
        key_prefix: row.key_prefix.clone(),
        link: row.link.clone(),
        reach: if keyless { Reach::NoKey } else { reach },
    }
}
