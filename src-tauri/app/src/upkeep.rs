//! What the program does for itself after it started, while the window is already there.

use std::time::Duration;

use holdfast_contract::{UnlockWay, VaultState};
use holdfast_store::{Store, StoreError};

use crate::App;
use crate::app::{Opened, now};

/// A start makes a backup of the database when the newest one is older than this.
const BACKUP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Reading a whole database can wait until the window has been drawn and used.
const BACKUP_AFTER: Duration = Duration::from_secs(20);

/// Opens the vault if it asks nobody, and backs the database up once a day.
pub(crate) fn start(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        let Opened::Open(store) = app.opened() else { return };
        if let Err(error) = open_vault(&app, &store).await {
            tracing::warn!(message = error.message, "the vault did not open by itself");
        }
        tokio::time::sleep(BACKUP_AFTER).await;
        if let Err(error) = back_up(&app, &store).await {
            tracing::error!(%error, "the daily backup failed");
        }
    });
}

/// A keychain is not touched before there is a key that needs it.
async fn open_vault(app: &App, store: &Store) -> Result<(), holdfast_contract::Failure> {
    use crate::failure::Explain as _;
    let by_itself =
        matches!(app.vault().ready().await, VaultState::Locked { ways } if ways.contains(&UnlockWay::Keychain));
    if by_itself && !app.is_closed_by_user() && !store.keys().await.explain()?.is_empty() {
        app.vault().unlock_with_keychain().await.explain()?;
    }
    Ok(())
}

async fn back_up(app: &App, store: &Store) -> Result<(), StoreError> {
    if store.read_only().is_some() || store.conversations().await?.is_empty() {
        return Ok(());
    }
    let newest = Store::newest_backup(&app.places().store()).await;
    let old = newest.is_none_or(|at| now() - at > i64::try_from(BACKUP_EVERY.as_millis()).unwrap_or(i64::MAX));
    if old {
        // Damage must not push good backups out.
        store.check().await?;
        store.backup().await?;
        tracing::info!("the database was backed up");
    }
    Ok(())
}
