//! New secrets: from the clipboard, or typed in the window for them.

use holdfast_contract::{
    AuditKind, ClipboardLook, Code, Failure, KeyId, KeyInfo, KeySettings, KeyView, LookAtClipboard, PasteKey,
    ProviderId,
};
use holdfast_core::{Credential, Secret, mask};
use holdfast_store::Writes;

use super::{clean_name, present, problem_of, provider_and_origin, tell, test, view};
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, HostError, app, failure};

/// Looks whether a key lies on the clipboard, and whose.
///
/// # Errors
/// When the program is locked, or the clipboard cannot be read.
pub async fn look_at_clipboard(app: App, _: LookAtClipboard) -> Result<ClipboardLook, Failure> {
    app.store()?;
    let nothing =
        |problem: &str| ClipboardLook { masked: None, providers: Vec::new(), problem: Some(problem.to_owned()) };
    let secret = match read_clipboard(&app).await? {
        Ok(text) => trimmed(&text),
        Err(HostError::NoText) => return Ok(nothing("There is no text on the clipboard.")),
        Err(error) => return Err(error).explain(),
    };
    if let Some(problem) = problem_of(&secret) {
        return Ok(nothing(problem));
    }
    let form = app.catalogue().form_of(&secret);
    Ok(ClipboardLook {
        masked: Some(mask(&secret)),
        providers: form.providers,
        problem: form.other.map(|what| format!("This looks like {what}.")),
    })
}

/// Adds a key from the clipboard, or a new secret of a key, and clears it there.
///
/// # Errors
/// When the clipboard holds nothing that can be a key, the vault is closed, or it cannot be stored.
pub async fn paste_key(app: App, command: PasteKey) -> Result<KeyView, Failure> {
    // A key is not read from the clipboard before it can be sealed.
    provider_and_origin(&app, &command.provider)?;
    if let Some(id) = command.replace {
        let key = present(&app.store()?, id).await?.info;
        if key.provider != command.provider {
            return Err(Failure::new(Code::BadRequest, "A key can be replaced only by one of the same provider."));
        }
    }
    app.open_vault().await.explain()?;
    let pasted = read_clipboard(&app).await?.explain()?;
    let secret = trimmed(&pasted);
    let sealed = match command.replace {
        Some(id) => seal_pending(&app, id, secret).await.map(|()| id),
        None => seal_new(&app, &command.provider, &command.name, secret).await,
    };
    let id = sealed?;
    let cleared = tokio::task::spawn_blocking({
        let app = app.clone();
        move || app.host().clear_clipboard(&pasted)
    });
    match cleared.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the clipboard could not be cleared"),
        Err(error) => tracing::warn!(%error, "the clipboard could not be cleared"),
    }
    if command.replace.is_some() {
        test::test(&app, id).await?;
    }
    view(&app, id).await
}

async fn read_clipboard(app: &App) -> Result<Result<Secret, HostError>, Failure> {
    let app = app.clone();
    tokio::task::spawn_blocking(move || app.host().read_clipboard()).await.map_err(|_| failure::crashed())
}

fn trimmed(text: &Secret) -> Secret {
    Secret::new(text.expose().trim().to_owned())
}

/// Adds a key.
///
/// # Errors
/// When the text cannot be a key, the vault is closed, or it cannot be stored.
pub async fn add_key(app: &App, provider: &ProviderId, name: &str, secret: Secret) -> Result<KeyView, Failure> {
    let id = seal_new(app, provider, name, secret.trimmed()).await?;
    view(app, id).await
}

/// Seals a new secret of a key and tests it. It takes the place of the present one when it works, and
/// else waits for a decision.
///
/// # Errors
/// When the text cannot be a key, the key is gone, the vault is closed, or it cannot be stored.
pub async fn replace_key(app: &App, id: KeyId, secret: Secret) -> Result<KeyView, Failure> {
    seal_pending(app, id, secret.trimmed()).await?;
    test::test(app, id).await?;
    view(app, id).await
}

async fn seal_new(app: &App, provider: &ProviderId, name: &str, secret: Secret) -> Result<KeyId, Failure> {
    let mut writes = app.store()?.begin().await.explain()?;
    let key = seal_into(app, &mut writes, provider, name, secret).await?;
    app.note(&mut writes, Noted::new(AuditKind::KeyAdded, app.actor()).key(&key)).await?;
    app.commit(writes).await?;
    tell(app);
    Ok(key.id)
}

/// Seals a secret as a new key.
pub(super) async fn seal_into(
    app: &App,
    writes: &mut Writes,
    provider: &ProviderId,
    name: &str,
    secret: Secret,
) -> Result<KeyInfo, Failure> {
    let (row, origin) = provider_and_origin(app, provider)?;
    let secret = check(secret)?;
    let vault = app.open_vault().await.explain()?;
    let name = clean_name(name);
    let info = KeyInfo {
        id: app::new_key_id(),
        provider: provider.clone(),
        name: if name.is_empty() { row.name } else { name },
        masked: mask(&secret),
        origin: origin.to_string(),
        added_at: app::now(),
        last_used_at: None,
        test: None,
    };
    let sealed = vault.seal(&app::header(info.id, provider, 1), Credential::new(secret, origin)).await.explain()?;
    writes.add_key(&info, &KeySettings::default(), 1, sealed.0).await.explain()?;
    Ok(info)
}

async fn seal_pending(app: &App, id: KeyId, secret: Secret) -> Result<(), Failure> {
    let store = app.store()?;
    let provider = present(&store, id).await?.info.provider;
    let (_, origin) = provider_and_origin(app, &provider)?;
    let secret = check(secret)?;
    let masked = mask(&secret);
    let mut writes = store.begin().await.explain()?;
    let key = present(&store, id).await?.info;
    let revision = writes.next_revision(id).await.explain()?;
    let vault = app.open_vault().await.explain()?;
    let header = app::header(id, &provider, revision);
    let sealed = vault.seal(&header, Credential::new(secret, origin.clone())).await.explain()?;
    writes.add_revision(id, revision, &masked, &origin.to_string(), sealed.0, app::now()).await.explain()?;
    let noted = Noted::new(AuditKind::KeyChanged, app.actor()).key(&key);
    app.note(&mut writes, noted.detail("new_secret", "waits").detail("revision", revision.to_string())).await?;
    app.commit(writes).await?;
    tell(app);
    Ok(())
}

fn check(secret: Secret) -> Result<Secret, Failure> {
    match problem_of(&secret) {
        None => Ok(secret),
        Some(problem) => Err(Failure::new(Code::Clipboard, problem).hint("Copy the key again, the key alone.")),
    }
}
