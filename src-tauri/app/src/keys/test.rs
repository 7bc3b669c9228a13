//! Whether a provider accepts a key, and what becomes of a new secret that waits.

use holdfast_contract::{
    AuditKind, Failure, KeyId, KeyRevisionInfo, KeyTest, KeyTestResult, KeyView, RevisionState, SettlePending, TestKey,
};
use holdfast_store::Store;

use super::{current, present, provider_of, tell, unseal, view};
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, app, failure};

/// Asks the provider whether it accepts a key; the new secret if one waits.
///
/// # Errors
/// When the key is gone, its provider is, or the vault is closed. What the provider says is the reply.
pub async fn test_key(app: App, command: TestKey) -> Result<KeyView, Failure> {
    test(&app, command.id).await?;
    view(&app, command.id).await
}

/// Decides about a new secret that waits.
///
/// # Errors
/// When none waits.
pub async fn settle_pending(app: App, command: SettlePending) -> Result<KeyView, Failure> {
    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    let key = present(&store, command.id).await?;
    let waits = pending(&store, command.id).await?;
    let noted = if command.keep {
        writes.promote_revision(command.id, app::now()).await.explain()?;
        // An older test was one of the secret before.
        let test = key.info.test.as_ref().filter(|test| waits.is_some_and(|waits| test.at >= waits.created_at));
        if let Some(test) = test {
            writes.key_tested(command.id, test).await.explain()?;
        }
        let tested = test.map_or("untested", |test| word(test.result));
        Noted::new(AuditKind::KeyReplaced, app.actor()).detail("test", tested)
    } else {
        writes.discard_revision(command.id).await.explain()?;
        Noted::new(AuditKind::KeyChanged, app.actor()).detail("new_secret", "thrown away")
    };
    app.note(&mut writes, noted.key(&key.info)).await?;
    app.commit(writes).await?;
    tell(&app);
    view(&app, command.id).await
}

/// Tests a key and keeps what came of it. A new secret that works takes the place of the present one.
pub(super) async fn test(app: &App, id: KeyId) -> Result<(), Failure> {
    let store = app.store()?;
    let key = present(&store, id).await?;
    let provider = provider_of(app, &key.info.provider)?;
    let sealed = match pending(&store, id).await? {
        Some(pending) => store.sealed_revision(id, pending.revision).await.explain()?.ok_or_else(failure::key_gone)?,
        None => current(&key),
    };
    let credential = unseal(app, &sealed).await?;
    let model = key.settings.default_model.as_deref();
    let check = app.client().test_key(&provider, &credential, model).await;
    drop(credential);
    let test = KeyTest { at: app::now(), result: check.result, detail: check.detail };

    let store = app.store()?;
    let mut writes = store.begin().await.explain()?;
    // The test took its time, and what was tested may have been replaced or thrown away meanwhile.
    let states = store.key_revisions(id).await.explain()?;
    let state = states.iter().find(|revision| revision.revision == sealed.revision).map(|revision| revision.state);
    let promoted = state == Some(RevisionState::Pending) && test.result == KeyTestResult::Works;
    if promoted {
        writes.promote_revision(id, test.at).await.explain()?;
    }
    if matches!(state, Some(RevisionState::Pending | RevisionState::Current)) {
        writes.key_tested(id, &test).await.explain()?;
    }
    let tested = Noted::new(AuditKind::KeyTested, app.actor()).key(&key.info).detail("result", word(test.result));
    app.note(&mut writes, tested.detail("revision", sealed.revision.to_string())).await?;
    if promoted {
        let replaced = Noted::new(AuditKind::KeyReplaced, app.actor()).key(&key.info);
        app.note(&mut writes, replaced.detail("test", word(test.result))).await?;
    }
    app.commit(writes).await?;
    tell(app);
    Ok(())
}

async fn pending(store: &Store, id: KeyId) -> Result<Option<KeyRevisionInfo>, Failure> {
    let revisions = store.key_revisions(id).await.explain()?;
    Ok(revisions.into_iter().find(|revision| revision.state == RevisionState::Pending))
}

/// The name of a result in the log; it never changes.
const fn word(result: KeyTestResult) -> &'static str {
    match result {
        KeyTestResult::Works => "works",
        KeyTestResult::Refused => "refused",
        KeyTestResult::NoPermission => "no permission",
        KeyTestResult::NoCredit => "no credit",
        KeyTestResult::RateLimited => "rate limited",
        KeyTestResult::ModelMissing => "model missing",
        KeyTestResult::Unreachable => "unreachable",
        KeyTestResult::WrongHost => "wrong host",
        KeyTestResult::Unknown => "unknown",
    }
}
