//! The small window in which secrets are typed, and in which the recovery code is shown.

use std::io::Write as _;
use std::sync::Arc;

use holdfast_contract::{
    CancelEntry, Code, ConfirmRecoveryCode, EntryContext, EntryPurpose, Event, Failure, GetEntry, GetRecoveryCode,
    OpenEntry, RecoveryCodeView, SaveRecoveryCode, SubmitEntry, UnlockWay, VaultState,
};
use holdfast_core::Secret;
use holdfast_providers::ProviderRow;
use holdfast_vault::RecoveryCode;

use crate::failure::Explain as _;
use crate::{App, backups, failure, keys, paths, vault};

/// The groups of the recovery code that are asked for, from 0: from its middle, so that who wrote down
/// only the beginning finds out now.
const ASKED: [u32; 2] = [2, 6];

/// What the window is open for.
#[derive(Default)]
pub(crate) struct Entry {
    /// Its opening; each new one counts on, so that the end of one window is not taken for that of the next.
    opening: u64,
    purpose: Option<EntryPurpose>,
}

/// Shows the window for secrets.
///
/// # Errors
/// When there are no windows, or what it is for does not exist.
pub async fn open_entry(app: App, command: OpenEntry) -> Result<(), Failure> {
    let code_shown = {
        let entry = app.entry();
        (entry.purpose == Some(EntryPurpose::RecoveryCode)).then_some(entry.opening)
    };
    // It is shown this once, so nothing takes its place before it is written down.
    if let Some(opening) = code_shown
        && command.purpose != EntryPurpose::RecoveryCode
    {
        return app.host().open_entry(opening, false).explain();
    }
    match &command.purpose {
        EntryPurpose::AddKey { provider, .. } => {
            keys::provider_and_origin(&app, provider)?;
            app.open_vault().await.explain()?;
        }
        EntryPurpose::ReplaceKey { key } => {
            app.store()?.key(*key).await.explain()?.ok_or_else(failure::key_gone)?;
            app.open_vault().await.explain()?;
        }
        EntryPurpose::RenewPassphrase { .. } => {
            app.open_vault().await.explain()?;
        }
        EntryPurpose::SetPassphrase { .. } => {
            if app.vault().ready().await != VaultState::Missing {
                app.open_vault().await.explain()?;
            }
        }
        EntryPurpose::Unlock { way: UnlockWay::Keychain } => {
            return Err(Failure::new(Code::BadRequest, "There is nothing to type for the keychain."));
        }
        EntryPurpose::Unlock { .. } => {}
        EntryPurpose::RecoveryCode => {
            return Err(Failure::new(Code::Refused, "A recovery code is shown only when it was just made."));
        }
        EntryPurpose::Export { path } => {
            app.open_vault().await.explain()?;
            backups::check_target(path)?;
        }
        EntryPurpose::Import { path } => {
            if app.vault().ready().await != VaultState::Missing {
                return Err(Failure::new(Code::BadRequest, "There is a vault here already.")
                    .hint("An export is imported where Holdfast is not set up yet."));
            }
            backups::check_source(path)?;
        }
    }
    open(&app, command.purpose)
}

/// Opens the window, or draws it anew for something else.
pub(crate) fn open(app: &App, purpose: EntryPurpose) -> Result<(), Failure> {
    let (opening, anew) = {
        let mut entry = app.entry();
        entry.opening += 1;
        let before = entry.purpose.replace(purpose.clone());
        // What was half typed for the same thing stays.
        (entry.opening, before != Some(purpose))
    };
    let opened = app.host().open_entry(opening, anew).explain();
    if opened.is_err() {
        app.entry().purpose = None;
    }
    opened
}

/// What the entry window draws.
///
/// # Errors
/// When nothing is asked for.
pub async fn get_entry(app: App, _: GetEntry) -> Result<EntryContext, Failure> {
    let purpose = purpose(&app)?;
    let provider = match &purpose {
        EntryPurpose::AddKey { provider, .. } => Some(keys::provider_and_origin(&app, provider)?.0),
        EntryPurpose::ReplaceKey { key } => {
            let stored = app.store()?.key(*key).await.explain()?.ok_or_else(failure::key_gone)?;
            Some(keys::provider_and_origin(&app, &stored.info.provider)?.0)
        }
        EntryPurpose::SetPassphrase { .. }
        | EntryPurpose::RenewPassphrase { .. }
        | EntryPurpose::Unlock { .. }
        | EntryPurpose::RecoveryCode
        | EntryPurpose::Export { .. }
        | EntryPurpose::Import { .. } => None,
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
    app.idle().note();
    let code = match purpose(&app)? {
        EntryPurpose::AddKey { provider, name } => {
            keys::add_key(&app, &provider, &name, secret).await?;
            None
        }
        EntryPurpose::ReplaceKey { key } => {
            keys::replace_key(&app, key, secret).await?;
            None
        }
        EntryPurpose::SetPassphrase { with } => vault::set_passphrase(&app, with, secret).await?,
        EntryPurpose::RenewPassphrase { with } => {
            vault::set_passphrase(&app, with, secret).await?;
            Some(vault::new_recovery_code(&app).await?)
        }
        EntryPurpose::Unlock { way } => {
            vault::unlock(&app, way, secret).await?;
            None
        }
        EntryPurpose::RecoveryCode => {
            return Err(Failure::new(Code::BadRequest, "There is nothing to type here but a part of the code."));
        }
        EntryPurpose::Export { path } => {
            backups::export(&app, &path, secret).await?;
            None
        }
        EntryPurpose::Import { path } => Some(backups::import(&app, &path, secret).await?),
    };
    match code {
        // The same window goes on with the code that was just made.
        Some(code) => vault::show_recovery(&app, code),
        None => {
            done(&app);
            Ok(())
        }
    }
}

fn done(app: &App) {
    end(app, true);
    app.host().close_entry();
}

/// The code that was just made.
///
/// # Errors
/// When there is none to show.
pub async fn get_recovery_code(app: App, _: GetRecoveryCode) -> Result<RecoveryCodeView, Failure> {
    let code = code(&app)?;
    Ok(RecoveryCodeView {
        groups: code.groups().map(str::to_owned).collect(),
        asked: ASKED.to_vec(),
        suggested_path: paths::documents().join("holdfast-recovery-code.txt").display().to_string(),
    })
}

/// Writes the code into a file of the user's.
///
/// # Errors
/// When there is none, or the file exists or cannot be written.
pub async fn save_recovery_code(app: App, command: SaveRecoveryCode) -> Result<(), Failure> {
    let code = code(&app)?;
    let path = paths::of_user(&command.path)?;
    let mut file = paths::create(&path)?;
    let head = "Holdfast recovery code\nIt opens your keys and your history without any passphrase. Keep it on paper or on a \
                stick, away from this computer, then delete this file.\n\n";
    file.write_all(head.as_bytes())
        .and_then(|()| file.write_all(code.text().expose().as_bytes()))
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(|error| paths::unwritable(&path, &error))
}

/// Whether the typed groups are those of the code. When they are, the window is done.
///
/// # Errors
/// When there is no code to compare with, or the vault cannot note it.
pub async fn confirm_recovery_code(app: App, command: ConfirmRecoveryCode) -> Result<bool, Failure> {
    let code = code(&app)?;
    let right = command.groups.len() == ASKED.len()
        && ASKED
            .iter()
            .zip(command.groups)
            .all(|(&at, typed)| usize::try_from(at).is_ok_and(|at| code.group_matches(at, &Secret::new(typed))));
    if right {
        app.open_vault().await.explain()?.confirm_recovery().await.explain()?;
        done(&app);
    }
    Ok(right)
}

fn code(app: &App) -> Result<Arc<RecoveryCode>, Failure> {
    app.recovery().clone().ok_or_else(|| {
        Failure::new(Code::NotFound, "The recovery code is no longer shown.")
            .hint("Make a new one on the Security page; the old one then opens nothing any more.")
    })
}

/// Closes the entry window.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn cancel_entry(app: App, _: CancelEntry) -> Result<(), Failure> {
    dismiss(&app);
    Ok(())
}

/// Closes the window, and forgets what it was for.
pub(crate) fn dismiss(app: &App) {
    app.host().close_entry();
    end(app, false);
}

/// The entry window of this opening is gone, by whatever way. One that was opened for something else
/// meanwhile stays what it is.
pub fn entry_closed(app: &App, opening: u64) {
    if app.entry().opening == opening {
        end(app, false);
    }
}

fn end(app: &App, done: bool) {
    *app.recovery() = None;
    let was_open = app.entry().purpose.take().is_some();
    if was_open {
        app.events().send(Event::EntryClosed { done });
    }
}

fn purpose(app: &App) -> Result<EntryPurpose, Failure> {
    app.entry().purpose.clone().ok_or_else(|| Failure::new(Code::BadRequest, "Nothing is asked for any more."))
}
