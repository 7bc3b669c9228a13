//! What the program does for itself while it runs.

use std::time::Duration;

use holdfast_store::Store;

use crate::app::{Opened, now};
use crate::failure::Explain as _;
use crate::{App, backups, keys};

/// A backup is made when the newest one is older than this.
const BACKUP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Reading a whole database can wait until the window has been drawn and used.
const BACKUP_AFTER: Duration = Duration::from_secs(20);

/// How often it is looked whether somebody still uses the program. A lock may come later by this.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How often what was deleted is looked through, and the age of the newest backup.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);

/// Backs up once a day, purges what was deleted long enough ago, and locks what nobody uses.
pub(crate) fn start(app: &App) {
    let tidied = app.clone();
    tokio::spawn(async move {
        tokio::time::sleep(BACKUP_AFTER).await;
        loop {
            if let Opened::Open(store) = tidied.opened()
                && store.read_only().is_none()
            {
                if let Err(failure) = keys::purge(&tidied).await {
                    tracing::error!(message = failure.message, "deleted keys could not be purged");
                }
                if let Err(failure) = back_up(&tidied, &store).await {
                    tracing::error!(message = failure.message, "the daily backup failed");
                }
            }
            tokio::time::sleep(TIDY_EVERY).await;
        }
    });
    let app = app.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            app.lock_if_idle().await;
        }
    });
}

async fn back_up(app: &App, store: &Store) -> Result<(), holdfast_contract::Failure> {
    if store.conversations().await.explain()?.is_empty() && store.keys(0..0).await.explain()?.is_empty() {
        return Ok(());
    }
    let key = app.open_vault().await.explain()?.database_key().await.explain()?;
    let newest = Store::newest_backup(&app.places().store(), &key).await;
    let old = newest.is_none_or(|at| now() - at > i64::try_from(BACKUP_EVERY.as_millis()).unwrap_or(i64::MAX));
    if old {
        // Damage must not push good backups out.
        store.check().await.explain()?;
        backups::make(app).await?;
        tracing::info!("the database was backed up");
    }
    Ok(())
}
