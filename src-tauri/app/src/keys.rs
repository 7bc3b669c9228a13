//! Keys: added by a paste that the program reads itself, in a window of their own, or from variables;
//! tested, replaced, ordered, limited and deleted; never shown.

use std::num::NonZeroU32;

use holdfast_contract::{
    Action, AuditKind, Code, DeleteKey, Event, Failure, KeyId, KeyNeed, KeySettings, KeyView, ListKeys, MoveKey,
    ProviderId, RestoreKey, SaveKey, Timestamp,
};
use holdfast_core::{Credential, Origin, Secret};
use holdfast_providers::ProviderRow;
use holdfast_store::{SealedRevision, Store, StoredKey};
use holdfast_vault::{SealedRecord, VaultError};

use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, app, calendar, failure};

mod add;
mod find;
mod test;
mod variables;

pub use add::{add_key, look_at_clipboard, paste_key, replace_key};
pub use find::{find_keys, import_keys};
pub use test::{settle_pending, test_key};

const MOST_NAME_CHARS: usize = 60;
const MOST_SECRET_BYTES: usize = 4096;
/// A deletion can be taken back for an hour.
const DELETED_FOR: Timestamp = 60 * 60 * 1000;
/// The secret that a key had before is kept for a day.
const OLD_FOR: Timestamp = 24 * 60 * 60 * 1000;

/// All keys.
///
/// # Errors
/// When the database is closed or does not answer.
pub async fn list_keys(app: App, _: ListKeys) -> Result<Vec<KeyView>, Failure> {
    app.store()?.keys(calendar::month(app::now())).await.explain()
}

/// Keeps the name and the settings of a key.
///
/// # Errors
/// When the key is gone, or what is to be kept makes no sense.
pub async fn save_key(app: App, command: SaveKey) -> Result<KeyView, Failure> {
    let name = clean_name(&command.name);
    if name.is_empty() {
        return Err(Failure::new(Code::BadRequest, "The key has no name.").hint("Give it one that you will recognise."));
    }
    if command.settings.monthly_micros.is_some_and(|micros| micros < 0) {
        return Err(
            Failure::new(Code::BadRequest, "Less than nothing cannot be spent.").hint("Give a limit of 0 or more.")
        );
    }
    let model = command.settings.default_model.map(|model| model.trim().to_owned()).filter(|model| !model.is_empty());
    let settings = KeySettings { default_model: model, ..command.settings };
    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    // Read behind the turn to write, so that the log says what was changed.
    let before = present(&store, command.id).await?;
    if before.info.name != name {
        writes.rename_key(command.id, &name).await.explain()?;
        let noted = Noted::new(AuditKind::KeyRenamed, app.actor()).key(&before.info).detail("to", name);
        app.note(&mut writes, noted).await?;
    }
    if before.settings != settings {
        writes.set_key_settings(command.id, &settings).await.explain()?;
        let noted = Noted::new(AuditKind::KeyChanged, app.actor()).key(&before.info);
        app.note(&mut writes, changes(noted, &before.settings, &settings)).await?;
    }
    app.commit(writes).await?;
    tell(&app);
    view(&app, command.id).await
}

/// Says what was changed, by its new value.
fn changes(mut noted: Noted, before: &KeySettings, after: &KeySettings) -> Noted {
    fn word<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "none".to_owned(), |value| value.to_string())
    }
    let days = |settings: &KeySettings| word(settings.remind_after_days.map(NonZeroU32::get));
    let values = |settings: &KeySettings| {
        [
            ("active", settings.active.to_string()),
            ("default_model", word(settings.default_model.as_ref())),
            ("per_minute", word(settings.per_minute)),
            ("monthly_micros", word(settings.monthly_micros)),
            ("spare", settings.spare.to_string()),
            ("remind_after_days", days(settings)),
        ]
    };
    for (before, (name, after)) in values(before).into_iter().zip(values(after)) {
        if before.1 != after {
            noted = noted.detail(name, after);
        }
    }
    noted
}

/// Puts a key at a place among those of its provider.
///
/// # Errors
/// When the key is gone.
pub async fn move_key(app: App, command: MoveKey) -> Result<Vec<KeyView>, Failure> {
    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    let key = present(&store, command.id).await?.info;
    let mut order = store.key_chain(&key.provider).await.explain()?;
    order.retain(|id| *id != key.id);
    let position = usize::try_from(command.position).unwrap_or(usize::MAX).min(order.len());
    order.insert(position, key.id);
    writes.set_key_chain(&key.provider, &order).await.explain()?;
    let noted = Noted::new(AuditKind::KeyChanged, app.actor()).key(&key);
    app.note(&mut writes, noted.detail("position", position.to_string())).await?;
    app.commit(writes).await?;
    tell(&app);
    list_keys(app, ListKeys {}).await
}

/// Deletes a key; for a while that can be taken back.
///
/// # Errors
/// When the key is gone, or it cannot be stored.
pub async fn delete_key(app: App, command: DeleteKey) -> Result<(), Failure> {
    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    let key = present(&store, command.id).await?.info;
    writes.delete_key(command.id, app::now()).await.explain()?;
    app.note(&mut writes, Noted::new(AuditKind::KeyDeleted, app.actor()).key(&key)).await?;
    app.commit(writes).await?;
    tell(&app);
    Ok(())
}

/// Takes the deletion of a key back.
///
/// # Errors
/// When it is gone for good, or was not deleted.
pub async fn restore_key(app: App, command: RestoreKey) -> Result<KeyView, Failure> {
    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    let key = store.key(command.id).await.explain()?.ok_or_else(failure::key_gone)?.info;
    writes.restore_key(command.id).await.explain()?;
    app.note(&mut writes, Noted::new(AuditKind::KeyRestored, app.actor()).key(&key)).await?;
    app.commit(writes).await?;
    tell(&app);
    view(&app, command.id).await
}

/// Removes for good what was deleted or replaced long enough ago.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn purge(app: &App) -> Result<(), Failure> {
    let now = app::now();
    let mut writes = app.store()?.begin().await.explain()?;
    let purged = writes.purge_keys(now - DELETED_FOR).await.explain()?;
    let revoked = writes.revoke_revisions(now - OLD_FOR).await.explain()?;
    writes.commit().await.explain()?;
    if !purged.is_empty() || revoked > 0 {
        tracing::info!(keys = purged.len(), secrets = revoked, "deleted and replaced secrets were removed for good");
    }
    Ok(())
}

/// One key as the page shows it.
pub(crate) async fn view(app: &App, id: KeyId) -> Result<KeyView, Failure> {
    let keys = list_keys(app.clone(), ListKeys {}).await?;
    keys.into_iter().find(|key| key.info.id == id).ok_or_else(failure::key_gone)
}

/// A key that is not deleted.
pub(crate) async fn present(store: &Store, id: KeyId) -> Result<StoredKey, Failure> {
    store.key(id).await.explain()?.filter(|key| key.deleted_at.is_none()).ok_or_else(failure::key_gone)
}

/// The secret of a key that is sent.
pub(crate) fn current(key: &StoredKey) -> SealedRevision {
    SealedRevision {
        key: key.info.id,
        provider: key.info.provider.clone(),
        revision: key.revision,
        sealed: key.sealed.clone(),
    }
}

/// Opens a secret for one request.
pub(crate) async fn unseal(app: &App, sealed: &SealedRevision) -> Result<Credential, Failure> {
    let vault = app.open_vault().await.explain()?;
    let header = app::header(sealed.key, &sealed.provider, sealed.revision);
    match vault.unseal(&header, &SealedRecord(sealed.sealed.clone())).await {
        Err(error @ VaultError::Refused) => {
            Err(failure::of_vault(&error).action(Action::ReplaceKey { key: sealed.key }))
        }
        opened => opened.explain(),
    }
}

pub(crate) fn provider_of(app: &App, id: &ProviderId) -> Result<ProviderRow, Failure> {
    app.catalogue()
        .provider(id)
        .cloned()
        .ok_or_else(|| Failure::new(Code::NotFound, format!("There is no provider called “{id}”.")))
}

/// A provider that takes a key, and where that key may go.
pub(crate) fn provider_and_origin(app: &App, provider: &ProviderId) -> Result<(ProviderRow, Origin), Failure> {
    let row = provider_of(app, provider)?;
    match row.origin().filter(|_| row.key != KeyNeed::None) {
        Some(origin) => Ok((row, origin)),
        None => Err(Failure::new(Code::BadRequest, format!("{} takes no key.", row.name))),
    }
}

/// Why a text cannot be a key, which is one line of visible ASCII.
pub(crate) fn problem_of(secret: &Secret) -> Option<&'static str> {
    let text = secret.expose();
    if text.is_empty() {
        Some("There is no key: the text is empty.")
    } else if text.len() > MOST_SECRET_BYTES {
        Some("This is longer than any key.")
    } else if text.lines().count() > 1 {
        Some("This is more than one line, so it is no key.")
    } else if !text.chars().all(|c| c.is_ascii_graphic()) {
        Some("This holds spaces or letters that no key has.")
    } else {
        None
    }
}

fn clean_name(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(MOST_NAME_CHARS).collect()
}

/// Keys changed, and with them who can be asked.
fn tell(app: &App) {
    app.events().send(Event::Keys);
    app.events().send(Event::Catalogue);
}

#[cfg(test)]
mod tests;
