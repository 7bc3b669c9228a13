//! The vault as a person sees it: set up, opened, closed, and its own keys replaced.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use holdfast_contract::{
    AuditFilter, AuditKind, Code, EntryPurpose, Event, Failure, GetVault, LockVault, MakeRecoveryCode, MoveRoot,
    NoteActivity, OldSlots, Protect, Protection, RecoveryState, RenewProtection, RootKind, Rotate, Rotation, UnlockWay,
    UnlockWithKeychain, VaultInfo, VaultState, Work,
};
use holdfast_core::Secret;
use holdfast_store::Store;
use holdfast_vault::{RecordHeader, RecoveryCode, SealedRecord, VaultAbout, kek_of};
use uuid::Uuid;

use crate::audit::Noted;
use crate::failure::Explain as _;
use crate::lifecycle::Lock;
use crate::{App, backups, entry, paths};

/// Shorter passphrases are guessed too easily, whatever they are.
const FEWEST_PASSPHRASE_CHARS: usize = 10;

/// Records that are wrapped anew in one transaction.
const AT_ONCE: u32 = 200;

/// All about the open vault.
///
/// # Errors
/// When it is closed, or its files do not read.
pub async fn get_vault(app: App, _: GetVault) -> Result<VaultInfo, Failure> {
    let vault = app.open_vault().await.explain()?;
    let about = vault.about().await.explain()?;
    Ok(VaultInfo {
        protection: protection_of(&about),
        recovery: match (about.has_recovery, about.recovery_confirmed) {
            (false, _) => RecoveryState::Absent,
            (true, false) => RecoveryState::Unconfirmed,
            (true, true) => RecoveryState::Confirmed,
        },
        made_at: about.made_at,
        passphrase_changed_at: about.passphrase_changed_at,
        vault_key_changed_at: about.vault_key_changed_at,
        record_key_changed_at: about.kek_changed_at,
        root: kind_of(about.root),
        memory_locked: about.memory_locked,
        keychain: vault.keychain_works().await,
        documents: paths::documents().display().to_string(),
        old_slots: old_slots(&app, &about).await?,
    })
}

/// What was not made anew since the vault key was last replaced, by the log.
async fn old_slots(app: &App, about: &VaultAbout) -> Result<Option<OldSlots>, Failure> {
    let Ok(store) = app.store() else { return Ok(None) };
    let last = async |kind: AuditKind| -> Result<Option<u64>, Failure> {
        let filter = AuditFilter { kinds: vec![kind], ..AuditFilter::default() };
        Ok(store.audit(&filter, None, 1).await.explain()?.first().map(|event| event.seq))
    };
    let rotated = last(AuditKind::VaultKeyRotated).await?;
    let old = OldSlots {
        protection: protection_of(about).is_some() && last(AuditKind::ProtectionChanged).await? < rotated,
        recovery: about.has_recovery && last(AuditKind::RecoveryCodeMade).await? < rotated,
    };
    Ok((old.protection || old.recovery).then_some(old))
}

fn protection_of(about: &VaultAbout) -> Option<Protection> {
    about.ways.iter().find_map(|way| match way {
        UnlockWay::Keychain => Some(Protection::Keychain),
        UnlockWay::Passphrase => Some(Protection::Passphrase),
        UnlockWay::Both => Some(Protection::Both),
        UnlockWay::Recovery => None,
    })
}

const fn kind_of(root: holdfast_vault::RootKind) -> RootKind {
    match root {
        holdfast_vault::RootKind::Stronghold => RootKind::Stronghold,
        holdfast_vault::RootKind::SealedFile => RootKind::SealedFile,
    }
}

/// Makes the vault, or changes what protects it.
///
/// # Errors
/// When keychain or disk do not keep what they are given, the vault is closed, or there is no window
/// to type in.
pub async fn protect(app: App, command: Protect) -> Result<(), Failure> {
    if command.with.needs_passphrase() {
        if app.vault().ready().await != VaultState::Missing {
            app.open_vault().await.explain()?;
        }
        return entry::open(&app, EntryPurpose::SetPassphrase { with: command.with });
    }
    if let Some(code) = protect_with(&app, holdfast_vault::Protection::Keychain).await? {
        show_recovery(&app, code)?;
    }
    Ok(())
}

/// Makes the vault with a passphrase, or puts it in the place of what protects the vault now. A new
/// vault has a recovery code to show.
///
/// # Errors
/// As for [`protect`], and when the passphrase is too short.
pub async fn set_passphrase(app: &App, with: Protection, passphrase: Secret) -> Result<Option<RecoveryCode>, Failure> {
    check_passphrase(&passphrase)?;
    let protection = match with {
        Protection::Keychain => holdfast_vault::Protection::Keychain,
        Protection::Passphrase => holdfast_vault::Protection::Passphrase(passphrase),
        Protection::Both => holdfast_vault::Protection::Both(passphrase),
    };
    protect_with(app, protection).await
}

/// Makes the vault, protected by the keychain, and gives its recovery code to be shown.
///
/// # Errors
/// As for [`protect`].
pub async fn set_up_with_keychain(app: &App) -> Result<Option<RecoveryCode>, Failure> {
    protect_with(app, holdfast_vault::Protection::Keychain).await
}

pub(crate) fn check_passphrase(passphrase: &Secret) -> Result<(), Failure> {
    if passphrase.expose().chars().count() < FEWEST_PASSPHRASE_CHARS {
        return Err(Failure::new(Code::BadRequest, "The passphrase is shorter than 10 characters.")
            .hint("Use a few words that nobody would put together."));
    }
    Ok(())
}

async fn protect_with(app: &App, protection: holdfast_vault::Protection) -> Result<Option<RecoveryCode>, Failure> {
    let way = crate::lifecycle::word(protection.way());
    if app.vault().ready().await == VaultState::Missing {
        let code = app.vault().create(protection).await.explain()?;
        app.inner().closed_by_user.store(false, Ordering::Relaxed);
        app.settle().await;
        app.note_alone(Noted::new(AuditKind::VaultMade, app.actor()).detail("way", way)).await?;
        return Ok(Some(code));
    }
    app.open_vault().await.explain()?.protect(protection).await.explain()?;
    app.note_alone(Noted::new(AuditKind::ProtectionChanged, app.actor()).detail("way", way)).await?;
    Ok(None)
}

/// Makes a new recovery code and shows it.
///
/// # Errors
/// When the vault is closed, the disk does not keep it, or there is no window to show it in.
pub async fn make_recovery_code(app: App, _: MakeRecoveryCode) -> Result<(), Failure> {
    let code = new_recovery_code(&app).await?;
    show_recovery(&app, code)
}

/// Makes a new recovery code. The old one opens nothing any more.
///
/// # Errors
/// When the vault is closed, or the disk does not keep it.
pub async fn new_recovery_code(app: &App) -> Result<RecoveryCode, Failure> {
    let code = app.open_vault().await.explain()?.new_recovery_code().await.explain()?;
    app.note_alone(Noted::new(AuditKind::RecoveryCodeMade, app.actor())).await?;
    Ok(code)
}

/// Makes anew all that opens the vault, so that nothing from before leads to it any more.
///
/// # Errors
/// When the vault is closed, keychain or disk do not keep what they are given, or there is no window to
/// type in.
pub async fn renew_protection(app: App, _: RenewProtection) -> Result<(), Failure> {
    let about = app.open_vault().await.explain()?.about().await.explain()?;
    match protection_of(&about) {
        Some(with) if with.needs_passphrase() => entry::open(&app, EntryPurpose::RenewPassphrase { with }),
        Some(Protection::Keychain) => {
            protect_with(&app, holdfast_vault::Protection::Keychain).await?;
            make_recovery_code(app, MakeRecoveryCode {}).await
        }
        _ => make_recovery_code(app, MakeRecoveryCode {}).await,
    }
}

/// Hands the code to the entry window, which shows it once.
pub(crate) fn show_recovery(app: &App, code: RecoveryCode) -> Result<(), Failure> {
    *app.recovery() = Some(Arc::new(code));
    entry::open(app, EntryPurpose::RecoveryCode)
}

/// Opens the vault by the keychain.
///
/// # Errors
/// When the keychain does not have its part.
pub async fn unlock_with_keychain(app: App, _: UnlockWithKeychain) -> Result<(), Failure> {
    app.vault().unlock_with_keychain().await.explain()?;
    opened(&app).await
}

/// Opens the vault by something typed.
///
/// # Errors
/// When it is wrong, comes too soon after wrong ones, or the vault does not read.
pub async fn unlock(app: &App, way: UnlockWay, typed: Secret) -> Result<(), Failure> {
    let vault = app.vault();
    match way {
        UnlockWay::Keychain => vault.unlock_with_keychain().await,
        UnlockWay::Passphrase => vault.unlock_with_passphrase(typed).await,
        UnlockWay::Both => vault.unlock_with_both(typed).await,
        UnlockWay::Recovery => vault.unlock_with_recovery(typed).await,
    }
    .explain()?;
    opened(app).await
}

async fn opened(app: &App) -> Result<(), Failure> {
    app.inner().closed_by_user.store(false, Ordering::Relaxed);
    app.idle().note();
    app.settle().await;
    Ok(())
}

/// Closes vault and history.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn lock_vault(app: App, _: LockVault) -> Result<(), Failure> {
    app.lock(Lock::ByUser).await;
    Ok(())
}

/// Somebody uses the program.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn note_activity(app: App, _: NoteActivity) -> Result<(), Failure> {
    app.idle().note();
    Ok(())
}

/// Replaces a key of the vault itself.
///
/// # Errors
/// When the vault is closed or a disk is full. A rotation of the record key that stops half-way goes on
/// when it is asked for again: both keys open until every record is wrapped by the new one.
pub async fn rotate(app: App, command: Rotate) -> Result<VaultInfo, Failure> {
    let vault = app.open_vault().await.explain()?;
    backups::make(&app).await?;
    let kind = match command.what {
        Rotation::VaultKey => {
            vault.rotate_vault_key().await.explain()?;
            AuditKind::VaultKeyRotated
        }
        Rotation::RecordKey => {
            vault.rotate_kek().await.explain()?;
            rewrap_all(&app).await?;
            let retired = retire(&app).await?;
            tracing::info!(retired, "old keys that wrapped records are gone");
            AuditKind::KekRotated
        }
    };
    app.note_alone(Noted::new(kind, app.actor())).await?;
    get_vault(app, GetVault {}).await
}

/// Wraps the content key of every record by the current key; the records themselves stay.
async fn rewrap_all(app: &App) -> Result<(), Failure> {
    let store = app.store()?;
    let mut total = 0_u32;
    let mut after = None;
    loop {
        let batch = store.sealed_revisions(after, AT_ONCE).await.explain()?;
        let Some(last) = batch.last() else { break };
        after = Some((last.key, last.revision));
        total += u32::try_from(batch.len()).unwrap_or(u32::MAX);
    }
    let mut done = 0;
    after = None;
    loop {
        app.events().send(Event::Progress { work: Work::Rotate, done, total });
        let batch = store.sealed_revisions(after, AT_ONCE).await.explain()?;
        let Some(last) = batch.last() else { break };
        after = Some((last.key, last.revision));
        // Wrapped before the transaction: a vault that asks for its time must not hold other writers up.
        let mut wrapped = Vec::with_capacity(batch.len());
        for was in batch {
            let header = header_of(&was);
            if let Some(sealed) = app.vault().rewrap(&header, &SealedRecord(was.sealed.clone())).await.explain()? {
                wrapped.push((was, sealed));
            } else {
                done += 1;
            }
        }
        let mut writes = store.begin().await.explain()?;
        for (was, sealed) in wrapped {
            // One that was replaced meanwhile was sealed by the current key already.
            writes.reseal(&was, sealed.0).await.explain()?;
            done += 1;
        }
        writes.commit().await.explain()?;
    }
    Ok(())
}

pub(crate) fn header_of(revision: &holdfast_store::SealedRevision) -> RecordHeader {
    crate::app::header(revision.key, &revision.provider, revision.revision)
}

/// Deletes the keys that wrap no record any more, neither in the database nor in a backup.
async fn retire(app: &App) -> Result<usize, Failure> {
    let mut in_use = keks(&app.store()?).await?;
    in_use.extend(backups::keks(app).await?);
    in_use.sort_unstable();
    in_use.dedup();
    app.vault().retire_keks(&in_use).await.explain()
}

/// The keys that wrap the records of a database.
pub(crate) async fn keks(store: &Store) -> Result<Vec<Uuid>, Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let batch = store.sealed_revisions(after, AT_ONCE).await.explain()?;
        let Some(last) = batch.last() else { return Ok(found) };
        after = Some((last.key, last.revision));
        found.extend(batch.into_iter().filter_map(|revision| kek_of(&SealedRecord(revision.sealed))));
        found.sort_unstable();
        found.dedup();
    }
}

/// Moves the root keys to another kind of file.
///
/// # Errors
/// When the vault is closed, or the disk does not keep it. Then the old file counts.
pub async fn move_root(app: App, command: MoveRoot) -> Result<VaultInfo, Failure> {
    let vault = app.open_vault().await.explain()?;
    backups::make(&app).await?;
    let (to, name) = match command.to {
        RootKind::Stronghold => (holdfast_vault::RootKind::Stronghold, "stronghold"),
        RootKind::SealedFile => (holdfast_vault::RootKind::SealedFile, "sealed file"),
    };
    vault.move_root(to).await.explain()?;
    app.note_alone(Noted::new(AuditKind::RootMoved, app.actor()).detail("to", name)).await?;
    get_vault(app, GetVault {}).await
}
