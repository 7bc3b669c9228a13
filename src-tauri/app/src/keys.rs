//! Keys: added by a paste that the program reads itself, or in a window of their own; never shown.

use holdfast_contract::{
    CancelEntry, Code, DeleteKey, EntryContext, EntryPurpose, Event, Failure, GetEntry, KeyId, KeyInfo, KeyNeed,
    KeyTest, ListKeys, LockVault, OpenEntry, PasteKey, ProviderId, SubmitEntry, TestKey, UnlockWithKeychain,
    VaultState,
};
use holdfast_core::{Credential, Origin, Secret, mask};
use holdfast_providers::ProviderRow;
use holdfast_vault::Vault;

use crate::failure::Explain as _;
use crate::{App, app, failure};

const MOST_NAME_CHARS: usize = 60;
const MOST_SECRET_BYTES: usize = 4096;
/// Shorter passphrases are guessed too easily, whatever they are.
const FEWEST_PASSPHRASE_CHARS: usize = 10;

/// All keys.
///
/// # Errors
/// When the database does not answer.
pub async fn list_keys(app: App, _: ListKeys) -> Result<Vec<KeyInfo>, Failure> {
    app.store()?.keys().await.explain()
}

/// Adds or replaces a key from the clipboard, and clears it there.
///
/// # Errors
/// When the clipboard holds nothing that can be a key, the vault is closed, or it cannot be stored.
pub async fn paste_key(app: App, command: PasteKey) -> Result<KeyInfo, Failure> {
    origin_for(&app, &command.provider)?;
    // First the vault: a key is not read from the clipboard before it can be sealed.
    vault_for_new_secret(&app).await?;
    let host_app = app.clone();
    let read = tokio::task::spawn_blocking(move || host_app.host().read_clipboard()).await;
    let pasted = read.map_err(|_| failure::crashed())?.explain()?;
    let secret = check(Secret::new(pasted.expose().to_owned()).trimmed())?;
    let key = put_key(&app, &command.provider, &command.name, command.replace, secret).await?;
    let cleared = tokio::task::spawn_blocking({
        let app = app.clone();
        move || app.host().clear_clipboard(&pasted)
    })
    .await;
    if let Ok(Err(error)) = cleared {
        tracing::warn!(%error, "the clipboard could not be cleared");
    }
    Ok(key)
}

/// Adds or replaces a key.
///
/// # Errors
/// When the text cannot be a key, the vault is closed, or it cannot be stored.
pub async fn add_key(app: &App, provider: &ProviderId, name: &str, secret: Secret) -> Result<KeyInfo, Failure> {
    origin_for(app, provider)?;
    vault_for_new_secret(app).await?;
    put_key(app, provider, name, None, check(secret.trimmed())?).await
}

/// Asks the provider whether it accepts a key.
///
/// # Errors
/// When the key is gone, its provider is, or the vault is closed. What the provider says is the reply.
pub async fn test_key(app: App, command: TestKey) -> Result<KeyInfo, Failure> {
    let stored = app.store()?.key(command.id).await.explain()?.ok_or_else(failure::key_gone)?;
    let provider = provider_of(&app, &stored.info.provider)?;
    let credential = app.unseal(command.id).await?;
    let check = app.client().test_key(&provider, credential).await;
    let test = KeyTest { at: app::now(), result: check.result, detail: check.detail };
    let mut writes = app.store()?.begin().await.explain()?;
    writes.key_tested(command.id, &test).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Keys);
    Ok(KeyInfo { test: Some(test), ..stored.info })
}

/// Deletes a key for good.
///
/// # Errors
/// When it cannot be stored.
pub async fn delete_key(app: App, command: DeleteKey) -> Result<(), Failure> {
    let mut writes = app.store()?.begin().await.explain()?;
    writes.delete_key(command.id).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Keys);
    app.events().send(Event::Catalogue);
    Ok(())
}

/// Opens the vault by the keychain.
///
/// # Errors
/// When the keychain does not have its part.
pub async fn unlock_with_keychain(app: App, _: UnlockWithKeychain) -> Result<(), Failure> {
    app.vault().unlock_with_keychain().await.explain()?;
    app.set_closed_by_user(false);
    Ok(())
}

/// Closes the vault.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn lock_vault(app: App, _: LockVault) -> Result<(), Failure> {
    app.set_closed_by_user(true);
    app.vault().lock().await;
    Ok(())
}

/// Shows the window for secrets.
///
/// # Errors
/// When there are no windows, or what it is for does not exist.
pub async fn open_entry(app: App, command: OpenEntry) -> Result<(), Failure> {
    match &command.purpose {
        EntryPurpose::AddKey { provider, .. } => {
            origin_for(&app, provider)?;
            vault_for_new_secret(&app).await?;
        }
        EntryPurpose::ReplaceKey { key } => {
            app.store()?.key(*key).await.explain()?.ok_or_else(failure::key_gone)?;
            vault_for_new_secret(&app).await?;
        }
        EntryPurpose::SetPassphrase | EntryPurpose::Unlock => {}
    }
    *app.entry() = Some(command.purpose);
    app.host().open_entry().explain()
}

/// What the entry window draws.
///
/// # Errors
/// When nothing is asked for.
pub async fn get_entry(app: App, _: GetEntry) -> Result<EntryContext, Failure> {
    let purpose = purpose(&app)?;
    let provider = match &purpose {
        EntryPurpose::AddKey { provider, .. } => Some(provider_of(&app, provider)?),
        EntryPurpose::ReplaceKey { key } => {
            let stored = app.store()?.key(*key).await.explain()?.ok_or_else(failure::key_gone)?;
            Some(provider_of(&app, &stored.info.provider)?)
        }
        EntryPurpose::SetPassphrase | EntryPurpose::Unlock => None,
    };
    Ok(EntryContext {
        purpose,
        origin: provider.as_ref().and_then(ProviderRow::origin).map(|origin| origin.to_string()),
        key_prefix: provider.as_ref().and_then(|provider| provider.key_prefix.clone()),
        provider_name: provider.map(|provider| provider.name),
    })
}

/// Takes what was typed in the entry window.
///
/// # Errors
/// When it cannot be used; the window stays open then.
pub async fn submit_entry(app: App, command: SubmitEntry) -> Result<(), Failure> {
    let secret = Secret::new(command.secret);
    match purpose(&app)? {
        EntryPurpose::AddKey { provider, name } => {
            add_key(&app, &provider, &name, secret).await?;
        }
        EntryPurpose::ReplaceKey { key } => {
            let stored = app.store()?.key(key).await.explain()?.ok_or_else(failure::key_gone)?;
            vault_for_new_secret(&app).await?;
            let secret = check(secret.trimmed())?;
            put_key(&app, &stored.info.provider, &stored.info.name, Some(key), secret).await?;
        }
        EntryPurpose::SetPassphrase => set_passphrase(&app, secret).await?,
        EntryPurpose::Unlock => unlock(&app, secret).await?,
    }
    *app.entry() = None;
    app.events().send(Event::EntryClosed { done: true });
    app.host().close_entry();
    Ok(())
}

/// Makes the vault with a passphrase.
///
/// # Errors
/// When the passphrase is too short, or there is a vault already.
pub async fn set_passphrase(app: &App, passphrase: Secret) -> Result<(), Failure> {
    if passphrase.expose().chars().count() < FEWEST_PASSPHRASE_CHARS {
        return Err(Failure::new(Code::BadRequest, "The passphrase is shorter than 10 characters.")
            .hint("Use a few words that nobody would put together."));
    }
    app.vault().create_with_passphrase(passphrase).await.explain()
}

/// Opens the vault by its passphrase.
///
/// # Errors
/// When it is the wrong one, or the vault does not read.
pub async fn unlock(app: &App, passphrase: Secret) -> Result<(), Failure> {
    app.vault().unlock_with_passphrase(passphrase).await.explain()?;
    app.set_closed_by_user(false);
    Ok(())
}

/// Closes the entry window.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn cancel_entry(app: App, _: CancelEntry) -> Result<(), Failure> {
    app.host().close_entry();
    entry_closed(&app);
    Ok(())
}

/// The entry window is gone, by whatever way.
pub fn entry_closed(app: &App) {
    if app.entry().take().is_some() {
        app.events().send(Event::EntryClosed { done: false });
    }
}

fn purpose(app: &App) -> Result<EntryPurpose, Failure> {
    app.entry().clone().ok_or_else(|| Failure::new(Code::BadRequest, "Nothing is asked for any more."))
}

fn provider_of(app: &App, id: &ProviderId) -> Result<ProviderRow, Failure> {
    app.catalogue()
        .provider(id)
        .cloned()
        .ok_or_else(|| Failure::new(Code::NotFound, format!("There is no provider called “{id}”.")))
}

/// A provider that takes a key, and where that key may go. Asked first, so that a mistyped name
/// makes no vault.
fn origin_for(app: &App, provider: &ProviderId) -> Result<(ProviderRow, Origin), Failure> {
    let row = provider_of(app, provider)?;
    match row.origin().filter(|_| row.key != KeyNeed::None) {
        Some(origin) => Ok((row, origin)),
        None => Err(Failure::new(Code::BadRequest, format!("{} takes no key.", row.name))),
    }
}

/// The vault, open; made with the keychain if there is none yet and the keychain works.
async fn vault_for_new_secret(app: &App) -> Result<&Vault, Failure> {
    if app.vault().ready().await == VaultState::Missing {
        if !app.vault().keychain_works().await {
            return Err(Failure::new(
                Code::VaultMissing,
                "There is no vault yet, and this system has no keychain that works.",
            )
            .hint("Set a passphrase that protects your keys."));
        }
        app.vault().create_with_keychain().await.explain()?;
    }
    app.open_vault().await.explain()
}

/// What a key can be: one line of visible ASCII.
fn check(secret: Secret) -> Result<Secret, Failure> {
    let text = secret.expose();
    let problem = if text.is_empty() {
        Some("There is no key: the text is empty.")
    } else if text.len() > MOST_SECRET_BYTES {
        Some("This is longer than any key.")
    } else if text.lines().count() > 1 {
        Some("This is more than one line, so it is no key.")
    } else if !text.chars().all(|c| c.is_ascii_graphic()) {
        Some("This holds spaces or letters that no key has.")
    } else {
        None
    };
    match problem {
        None => Ok(secret),
        Some(problem) => Err(Failure::new(Code::Clipboard, problem).hint("Copy the key again, the key alone.")),
    }
}

async fn put_key(
    app: &App,
    provider: &ProviderId,
    name: &str,
    replace: Option<KeyId>,
    secret: Secret,
) -> Result<KeyInfo, Failure> {
    let (row, origin) = origin_for(app, provider)?;
    let store = app.store()?;
    let old = match replace {
        Some(id) => Some(store.key(id).await.explain()?.ok_or_else(failure::key_gone)?),
        None => None,
    };
    if let Some(old) = &old
        && old.info.provider != *provider
    {
        return Err(Failure::new(Code::BadRequest, "A key can be replaced only by one of the same provider."));
    }
    let id = old.as_ref().map_or_else(app::new_key_id, |old| old.info.id);
    let revision = old.as_ref().map_or(1, |old| old.revision + 1);
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MOST_NAME_CHARS).collect();
    let info = KeyInfo {
        id,
        provider: provider.clone(),
        name: match old {
            Some(old) => old.info.name,
            None if name.is_empty() => row.name.clone(),
            None => name,
        },
        masked: mask(&secret),
        origin: origin.to_string(),
        added_at: app::now(),
        last_used_at: None,
        test: None,
    };
    let vault = app.open_vault().await.explain()?;
    let sealed = vault.seal(&app::header(id, provider, revision), Credential::new(secret, origin)).await.explain()?;
    let mut writes = store.begin().await.explain()?;
    writes.put_key(&info, revision, sealed.0).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Keys);
    app.events().send(Event::Catalogue);
    Ok(info)
}
