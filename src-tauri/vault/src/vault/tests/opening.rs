use std::time::Instant;

use super::*;
use crate::FailedAttempt;

async fn recover(vault: &Vault, code: &str) -> Result<(), VaultError> {
    vault.unlock_with_recovery(secret(code)).await
}

#[tokio::test]
async fn a_vault_of_both_opens_by_both_together_alone() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Both).await;
    let vault = home.open();
    assert_eq!(vault.ready().await, locked(UnlockWay::Both), "a later start finds it closed");
    let alone = vault.unlock_with_passphrase(passphrase()).await;
    assert!(matches!(alone, Err(VaultError::NoSuchWay(UnlockWay::Passphrase))), "the passphrase alone: {alone:?}");
    let alone = vault.unlock_with_keychain().await;
    assert!(matches!(alone, Err(VaultError::NoSuchWay(UnlockWay::Keychain))), "the keychain alone: {alone:?}");
    let wrong = vault.unlock_with_both(secret("wrong")).await;
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)), "a wrong passphrase is told: {wrong:?}");
    vault.unlock_with_both(passphrase()).await.unwrap();
    assert_eq!(vault.state(), VaultState::Unlocked { by: UnlockWay::Both }, "both together");
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "what was sealed is there");
    vault.lock().await;

    let entries = std::mem::take(&mut *home.keychain.entries.lock().unwrap());
    let gone = vault.unlock_with_both(passphrase()).await;
    assert!(matches!(gone, Err(VaultError::Keychain(KeychainError::EntryMissing { .. }))), "it is said: {gone:?}");
    for (account, _) in entries {
        home.keychain.entries.lock().unwrap().insert(account, STANDARD.encode([7; 32]));
    }
    let changed = vault.unlock_with_both(passphrase()).await;
    assert!(matches!(changed, Err(VaultError::Keychain(KeychainError::EntryChanged { .. }))), "and this: {changed:?}");
}

#[tokio::test]
async fn a_recovery_code_opens_whatever_became_of_the_rest() {
    for by in [UnlockWay::Keychain, UnlockWay::Passphrase, UnlockWay::Both] {
        let home = Home::new();
        let vault = home.open();
        let code = vault.create(protection(by)).await.unwrap();
        let about = vault.about().await.unwrap();
        assert!(about.has_recovery && !about.recovery_confirmed, "nobody wrote it down yet");
        let header = header();
        let sealed = vault.seal(&header, credential()).await.unwrap();
        vault.lock().await;
        home.keychain.entries.lock().unwrap().clear();
        *home.keychain.fails.lock().unwrap() = Some(KeychainError::Locked);

        let typed = code.text().expose().to_lowercase().replace('-', " ");
        recover(&vault, &typed).await.unwrap();
        assert_eq!(vault.state(), VaultState::Unlocked { by: UnlockWay::Recovery }, "and says what opened it");
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "nothing was lost");

        let kept = home.read(SLOTS);
        let failed = vault.protect(Protection::Keychain).await;
        assert!(matches!(failed, Err(VaultError::Keychain(KeychainError::Locked))), "never plain text: {failed:?}");
        assert_eq!(home.read(SLOTS), kept, "what opened it before opens it still");
        *home.keychain.fails.lock().unwrap() = None;
        vault.protect(Protection::Keychain).await.expect("repaired");
        vault.lock().await;
        vault.unlock_with_keychain().await.expect("the keychain opens it again");
        recover(&vault, &typed).await.expect("and so does the same code");
    }
}

#[tokio::test]
async fn a_recovery_code_is_checked_replaced_and_confirmed() {
    let home = Home::new();
    let vault = home.open();
    let first = vault.create(Protection::Keychain).await.unwrap();
    let second = vault.new_recovery_code().await.unwrap();
    let check = async |code: &str| vault.check_recovery_code(secret(code)).await;
    assert!(check(second.text().expose()).await.unwrap(), "the new one opens it");
    assert!(!check(first.text().expose()).await.unwrap(), "the old one does not any more");
    assert!(matches!(check("0000").await, Err(VaultError::MistypedRecoveryCode)), "a slip is told apart");
    vault.confirm_recovery().await.unwrap();
    assert!(vault.about().await.unwrap().recovery_confirmed, "the user showed it");
    vault.lock().await;
    assert!(check(second.text().expose()).await.unwrap(), "it can be checked while it is closed");
    assert!(home.open().about().await.unwrap().recovery_confirmed, "and stays shown");
    assert!(matches!(recover(&vault, first.text().expose()).await, Err(VaultError::WrongRecoveryCode)), "replaced");
    recover(&vault, second.text().expose()).await.unwrap();
    vault.new_recovery_code().await.unwrap();
    assert!(!vault.about().await.unwrap().recovery_confirmed, "a new one must be written down again");
}

#[tokio::test]
async fn the_protection_changes_in_one_step() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    let closed = vault.protect(protection(UnlockWay::Passphrase)).await;
    assert!(matches!(closed, Err(VaultError::Locked)), "who does not have it open changes nothing: {closed:?}");
    vault.unlock_with_keychain().await.unwrap();
    let empty = vault.protect(Protection::Both(secret(""))).await;
    assert!(matches!(empty, Err(VaultError::EmptyPassphrase)), "an empty passphrase protects nothing: {empty:?}");

    for (by, entries) in [
        (UnlockWay::Both, 1),
        (UnlockWay::Passphrase, 0),
        (UnlockWay::Passphrase, 0),
        (UnlockWay::Keychain, 1),
        (UnlockWay::Keychain, 1),
    ] {
        vault.protect(protection(by)).await.unwrap();
        assert_eq!(home.keychain.entries.lock().unwrap().len(), entries, "{by:?}: no entry stays that nothing needs");
        let about = vault.about().await.unwrap();
        assert_eq!(about.passphrase_changed_at.is_some(), by != UnlockWay::Keychain, "{by:?}: the date is noted");
        vault.lock().await;
        assert_eq!(vault.state(), locked(by), "this way and the recovery code alone");
        match by {
            UnlockWay::Both => vault.unlock_with_both(passphrase()).await.unwrap(),
            UnlockWay::Passphrase => vault.unlock_with_passphrase(passphrase()).await.unwrap(),
            _ => vault.unlock_with_keychain().await.unwrap(),
        }
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "{by:?}: nothing was lost");
    }
}

#[tokio::test]
async fn a_protection_that_keychain_or_disk_do_not_keep_changes_nothing() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    vault.unlock_with_keychain().await.unwrap();
    let (files, entries) = (home.files(), home.keychain.entries.lock().unwrap().clone());
    *home.keychain.garbles.lock().unwrap() = true;
    let failed = vault.protect(Protection::Keychain).await;
    assert!(matches!(failed, Err(VaultError::Keychain(KeychainError::Failed { .. }))), "it is read back: {failed:?}");
    *home.keychain.garbles.lock().unwrap() = false;
    home.writes.store(0, Ordering::SeqCst);
    let failed = vault.protect(Protection::Keychain).await;
    assert!(matches!(failed, Err(VaultError::Disk { .. })), "a full disk is said: {failed:?}");
    home.writes.store(i64::MAX, Ordering::SeqCst);
    assert_eq!(home.files(), files, "the files stay as they were");
    assert_eq!(*home.keychain.entries.lock().unwrap(), entries, "and so does the keychain");
    vault.lock().await;
    vault.unlock_with_keychain().await.unwrap();
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "nothing was lost");
}

#[tokio::test]
async fn guessing_takes_longer_and_longer() {
    let (home, ..) = Home::with_vault(UnlockWay::Passphrase).await;
    let mut vault = home.open();
    for _ in 0..4 {
        let wrong = vault.unlock_with_passphrase(secret("wrong")).await;
        assert!(matches!(wrong, Err(VaultError::WrongPassphrase)), "four are tried: {wrong:?}");
    }
    for _ in 0..2 {
        let early = vault.unlock_with_passphrase(passphrase()).await;
        assert!(matches!(early, Err(VaultError::Wait { seconds: 1 })), "even the right one must wait: {early:?}");
        let code = "0".repeat(32);
        let mistyped = recover(&vault, &code).await;
        assert!(matches!(mistyped, Err(VaultError::MistypedRecoveryCode)), "a slip is no guess: {mistyped:?}");
        // A later start does not make it forget.
        vault = home.open();
    }
    home.ahead.store(1000, Ordering::SeqCst);
    let wrong = vault.unlock_with_passphrase(secret("wrong")).await;
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)), "after a second one more is tried: {wrong:?}");
    let early = vault.unlock_with_passphrase(passphrase()).await;
    assert!(matches!(early, Err(VaultError::Wait { seconds: 2 })), "and then it takes twice as long: {early:?}");
    fs::remove_file(home.path().join("vault.attempts")).unwrap();
    let early = vault.unlock_with_passphrase(passphrase()).await;
    assert!(matches!(early, Err(VaultError::Wait { .. })), "the running program knows it too: {early:?}");

    home.ahead.store(3000, Ordering::SeqCst);
    vault.unlock_with_passphrase(passphrase()).await.expect("the right one after the wait");
    let failed = vault.take_failed_attempts().await.unwrap();
    assert_eq!(failed.len(), 5, "each is told");
    let by_passphrase = |attempt: &FailedAttempt| attempt.way == UnlockWay::Passphrase;
    assert!(failed.iter().all(by_passphrase) && failed.is_sorted_by_key(|attempt| attempt.at), "in order: {failed:?}");
    assert_eq!(vault.take_failed_attempts().await.unwrap(), [], "once");
    assert!(!home.path().join("vault.attempts").exists(), "nothing is kept of them");
    vault.lock().await;
    assert!(matches!(vault.take_failed_attempts().await, Err(VaultError::Locked)), "closed, it tells nobody");
    for _ in 0..3 {
        vault.unlock_with_passphrase(secret("wrong")).await.unwrap_err();
    }
    vault.unlock_with_passphrase(passphrase()).await.expect("the count began anew");
    drop(vault);
    assert_eq!(home.open().ready().await, locked(UnlockWay::Passphrase), "a start that was killed before it told");
    let vault = home.open();
    vault.unlock_with_passphrase(passphrase()).await.unwrap();
    assert_eq!(vault.take_failed_attempts().await.unwrap().len(), 3, "does not lose them");
}

#[tokio::test]
async fn a_wrong_guess_is_answered_no_sooner_than_a_right_one() {
    let answer_after = Duration::from_millis(300);
    let home = Home { answer_after, cost: Cost::TINY, ..Home::new() };
    let vault = home.open();
    let code = vault.create(protection(UnlockWay::Passphrase)).await.unwrap();
    let elsewhere = Home { cost: Cost::TINY, ..Home::new() };
    let other = elsewhere.open().create(protection(UnlockWay::Passphrase)).await.unwrap();
    for (right, typed, code) in [(true, PASSPHRASE, &code), (false, "wrong", &other)] {
        let begun = Instant::now();
        assert_eq!(vault.unlock_with_passphrase(secret(typed)).await.is_ok(), right, "{typed}");
        assert!(begun.elapsed() >= answer_after, "the passphrase, right: {right}");
        let begun = Instant::now();
        assert_eq!(recover(&vault, code.text().expose()).await.is_ok(), right, "the code");
        assert!(begun.elapsed() >= answer_after, "the recovery code, right: {right}");
    }
}

#[tokio::test]
async fn a_changed_keychain_entry_is_noted_and_slows_nobody_down() {
    let home = Home::new();
    let vault = home.open();
    let code = vault.create(Protection::Keychain).await.unwrap();
    vault.lock().await;
    for stored in home.keychain.entries.lock().unwrap().values_mut() {
        *stored = STANDARD.encode([9; 32]);
    }
    for _ in 0..6 {
        vault.unlock_with_keychain().await.unwrap_err();
    }
    recover(&vault, code.text().expose()).await.expect("the user need not wait");
    let ways: Vec<_> = vault.take_failed_attempts().await.unwrap().iter().map(|attempt| attempt.way).collect();
    assert_eq!(ways, [UnlockWay::Keychain; 6], "the audit log can tell");
}

#[tokio::test]
async fn it_says_when_things_were_done() {
    let home = Home::new();
    let vault = home.open();
    assert!(matches!(vault.about().await, Err(VaultError::Missing)), "there is none to tell of");
    vault.create(protection(UnlockWay::Passphrase)).await.unwrap();
    let first = vault.about().await.unwrap();
    assert_eq!(
        (first.made_at, first.passphrase_changed_at, first.vault_key_changed_at, first.kek_changed_at),
        (first.made_at, first.made_at, first.made_at, first.made_at),
        "all was made at once"
    );
    assert!(first.made_at.is_some(), "and the time is known");
    assert_eq!(first.ways, [UnlockWay::Passphrase, UnlockWay::Recovery], "what opens it");
    assert_eq!(first.root, RootKind::Stronghold, "what keeps the root keys");
    home.ahead.store(60_000, Ordering::SeqCst);
    vault.rotate_kek().await.unwrap();
    vault.rotate_vault_key().await.unwrap();
    let second = vault.about().await.unwrap();
    assert_eq!(second.passphrase_changed_at, first.made_at, "the passphrase is as old as before");
    assert!(second.vault_key_changed_at > first.made_at && second.kek_changed_at > first.made_at, "the keys are new");
    vault.lock().await;
    assert_eq!(vault.about().await.unwrap(), second, "closed, it says the same");
}
