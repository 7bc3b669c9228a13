//! How the program stands, and what the user set.

use std::time::Duration;

use holdfast_contract::{
    AuditKind, Code, Event, Failure, GetSettings, GetStatus, ReportUsable, RestoreStore, RestoreVault, SaveSettings,
    Settings, Status, StoreState, UnlockWay, VaultState,
};
use holdfast_store::{Store, StoreError};

use crate::app::Opened;
use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::{App, backups};

/// The window is not kept waiting for a keychain longer than this.
const KEYCHAIN_WITHIN: Duration = Duration::from_millis(300);

/// How the program stands.
///
/// # Errors
/// When the database stops to answer while it is looked at: what does not work is part of the reply.
pub async fn get_status(app: App, _: GetStatus) -> Result<Status, Failure> {
    let store = match app.opened() {
        Opened::Open(store) => match store.read_only() {
            None => StoreState::Open,
            Some(detail) => StoreState::ReadOnly { detail: detail.to_owned() },
        },
        Opened::Closed => StoreState::Closed,
        Opened::Not(error) => match &*error {
            StoreError::Damaged { detail, backup } => StoreState::Damaged { detail: detail.clone(), backup: *backup },
            other => StoreState::Damaged { detail: other.to_string(), backup: None },
        },
    };
    let vault = app.vault().ready().await;
    let keychain = match &vault {
        // A vault that is to be made asks the keychain; one that answers late gets asked again then.
        VaultState::Missing => {
            tokio::time::timeout(KEYCHAIN_WITHIN, app.vault().keychain_works()).await.unwrap_or(true)
        }
        VaultState::Locked { ways } => ways.iter().any(|way| matches!(way, UnlockWay::Keychain | UnlockWay::Both)),
        VaultState::Unlocked { .. } => app.vault().keychain_works().await,
        VaultState::Damaged { .. } => false,
    };
    let vault_backup = match &vault {
        VaultState::Damaged { backup: false, .. } => backups::newest_with_vault(&app).await?,
        _ => None,
    };
    Ok(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data_dir: app.places().data.display().to_string(),
        vault,
        keychain,
        store,
        vault_backup,
        vault_gap: backups::gap(&app).await?,
    })
}

/// What the user set; the defaults while the database does not open.
///
/// # Errors
/// When the database does not answer.
pub async fn get_settings(app: App, _: GetSettings) -> Result<Settings, Failure> {
    match app.opened() {
        Opened::Open(store) => Ok(store.settings().await.explain()?),
        Opened::Closed | Opened::Not(_) => Ok(Settings::default()),
    }
}

/// Keeps what the user set.
///
/// # Errors
/// When it cannot be stored.
pub async fn save_settings(app: App, command: SaveSettings) -> Result<(), Failure> {
    let mut writes = app.store()?.begin().await.explain()?;
    writes.save_settings(&command.settings).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Settings { settings: command.settings });
    Ok(())
}

/// Puts the newest backup in the place of a database that does not read.
///
/// # Errors
/// When the database reads, or there is no backup that does.
pub async fn restore_store(app: App, _: RestoreStore) -> Result<Status, Failure> {
    if matches!(app.opened(), Opened::Open(_)) {
        return Err(Failure::new(Code::BadRequest, "The database is in order; nothing was restored."));
    }
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    let store = Store::restore_newest(&app.places().store(), &key).await.explain()?;
    app.take_store(Ok(store)).await;
    app.anchor_anew(&app.store()?).await?;
    app.note_alone(Noted::new(AuditKind::BackupRestored, app.actor())).await?;
    app.events().send(Event::Lagged);
    get_status(app, GetStatus {}).await
}

/// Puts the copies beside the vault's files in the place of those that do not read, or else the vault of
/// the newest backup that reads.
///
/// # Errors
/// When there is neither. Then nothing is changed.
pub async fn restore_vault(app: App, _: RestoreVault) -> Result<Status, Failure> {
    match app.vault().ready().await {
        VaultState::Damaged { backup: false, .. } => backups::restore_vault(&app).await?,
        // What lies beside the files is newer than any backup.
        _ => app.vault().restore_backup().await.explain()?,
    }
    app.unlock_by_itself().await;
    get_status(app, GetStatus {}).await
}

/// The page is drawn and takes keys.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn report_usable(app: App, _: ReportUsable) -> Result<(), Failure> {
    app.host().usable();
    Ok(())
}
