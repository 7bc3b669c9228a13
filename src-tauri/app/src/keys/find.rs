//! Keys in the program's environment and in files of variables.

use std::path::PathBuf;

use holdfast_contract::{
    AuditKind, Code, Failure, FindKeys, FoundKey, ImportKeys, KeyId, KeyNeed, KeyView, ProviderId,
};
use holdfast_core::{Secret, mask};

use super::add::seal_into;
use super::{current, list_keys, problem_of, tell, unseal, variables};
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, failure, paths};

/// Shorter values are taken for keys only in a variable that is known to hold one.
const FEWEST_CHARS: usize = 16;

/// A variable that holds a key.
struct Candidate {
    variable: String,
    provider: ProviderId,
    secret: Secret,
}

/// Looks for keys. They stay where they are.
///
/// # Errors
/// When the program is locked, or the file cannot be read.
pub async fn find_keys(app: App, command: FindKeys) -> Result<Vec<FoundKey>, Failure> {
    app.store()?;
    let mut found = Vec::new();
    for candidate in candidates(&app, command.path).await? {
        found.push(FoundKey {
            known: known(&app, &candidate).await?,
            masked: mask(&candidate.secret),
            variable: candidate.variable,
            provider: candidate.provider,
        });
    }
    Ok(found)
}

/// Seals keys that were found. One that is in the vault already is not sealed again.
///
/// # Errors
/// When one is no longer there, the vault is closed, or they cannot be stored. Then none of them is.
pub async fn import_keys(app: App, command: ImportKeys) -> Result<Vec<KeyView>, Failure> {
    app.open_vault().await.explain()?;
    let from = command.path.clone().unwrap_or_else(|| "the environment".to_owned());
    let mut wanted = candidates(&app, command.path).await?;
    for variable in &command.variables {
        if !wanted.iter().any(|candidate| candidate.variable == *variable) {
            return Err(Failure::new(Code::NotFound, format!("There is no key in {variable} any more."))
                .hint("Look for keys again."));
        }
    }
    wanted.retain(|candidate| command.variables.contains(&candidate.variable));
    let mut new: Vec<Candidate> = Vec::new();
    for candidate in wanted {
        let twice = new
            .iter()
            .any(|other| other.provider == candidate.provider && other.secret.expose() == candidate.secret.expose());
        if !twice && known(&app, &candidate).await?.is_none() {
            new.push(candidate);
        }
    }
    let mut writes = app.store()?.begin().await.explain()?;
    let mut sealed = Vec::new();
    for Candidate { variable, provider, secret } in new {
        let key = seal_into(&app, &mut writes, &provider, &variable, secret).await?;
        let noted = Noted::new(AuditKind::KeyAdded, app.actor()).key(&key);
        app.note(&mut writes, noted.detail("variable", variable)).await?;
        sealed.push(key.id);
    }
    let noted = Noted::new(AuditKind::Imported, app.actor()).subject(from);
    app.note(&mut writes, noted.detail("keys", sealed.len().to_string())).await?;
    app.commit(writes).await?;
    tell(&app);
    let keys = list_keys(app, holdfast_contract::ListKeys {}).await?;
    Ok(keys.into_iter().filter(|key| sealed.contains(&key.info.id)).collect())
}

async fn candidates(app: &App, path: Option<String>) -> Result<Vec<Candidate>, Failure> {
    let path: Option<PathBuf> = path.map(|path| paths::of_user(&path)).transpose()?;
    let reader = app.clone();
    let read = move || match path {
        Some(path) => variables::read(&path),
        None => Ok(reader.host().environment()),
    };
    let variables = tokio::task::spawn_blocking(read).await.map_err(|_| failure::crashed())??;
    let catalogue = app.catalogue();
    let takes_keys = || catalogue.providers().iter().filter(|row| row.key != KeyNeed::None);
    let mut found: Vec<(usize, Candidate)> = Vec::new();
    for (variable, secret) in variables {
        if problem_of(&secret).is_some() {
            continue;
        }
        let by_name = takes_keys().find(|row| row.key_env.contains(&variable)).map(|row| row.id.clone());
        let provider = by_name.or_else(|| {
            let form = catalogue.form_of(&secret);
            let telling = form.other.is_none() && secret.expose().len() >= FEWEST_CHARS;
            form.providers.into_iter().next().filter(|_| telling)
        });
        if let Some(provider) = provider {
            let place = catalogue.providers().iter().position(|row| row.id == provider).unwrap_or(usize::MAX);
            found.push((place, Candidate { variable, provider, secret }));
        }
    }
    found.sort_by(|(a, one), (b, other)| (a, &one.variable).cmp(&(b, &other.variable)));
    Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
}

/// The key of the vault that is the same. Only those that look the same are opened.
async fn known(app: &App, candidate: &Candidate) -> Result<Option<KeyId>, Failure> {
    let store = app.store()?;
    let masked = mask(&candidate.secret);
    for key in store.keys(0..0).await.explain()? {
        if key.info.provider != candidate.provider || key.info.masked != masked {
            continue;
        }
        let Some(stored) = store.key(key.info.id).await.explain()? else { continue };
        let opened = unseal(app, &current(&stored)).await?;
        let same = opened.for_origin(opened.origin()).is_some_and(|key| key.expose() == candidate.secret.expose());
        if same {
            return Ok(Some(stored.info.id));
        }
    }
    Ok(None)
}
