use super::*;
use crate::kek_of;

const KINDS: [RootKind; 2] = [RootKind::SealedFile, RootKind::Stronghold];

fn names(home: &Home) -> Vec<String> {
    home.files().into_iter().map(|(name, _)| name).filter(|name| name != "vault.lock").collect()
}

async fn database_key(vault: &Vault) -> String {
    vault.database_key().await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn a_new_vault_key_changes_nothing_for_the_user() {
    let home = Home::new();
    let vault = home.open();
    let code = vault.create(Protection::Both(passphrase())).await.unwrap();
    let (header, key) = (header(), database_key(&vault).await);
    let sealed = vault.seal(&header, credential()).await.unwrap();
    home.keychain.calls.lock().unwrap().clear();
    for round in 0..3 {
        let before = home.files();
        vault.rotate_vault_key().await.unwrap();
        let (old, new): (Vec<_>, Vec<_>) = (before.iter().map(|(_, bytes)| bytes).collect(), home.files());
        let changed = new.iter().filter(|(name, _)| name != "vault.lock");
        assert!(
            changed.into_iter().all(|(_, bytes)| !old.contains(&bytes)),
            "round {round}: no file stays under the old key"
        );
        assert_eq!(names(&home).len(), 4, "round {round}: slots, root and their copies: {:?}", names(&home));
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "open, it goes on");
        vault.lock().await;
        vault.unlock_with_both(passphrase()).await.expect("both open it as before");
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "what was sealed opens");
        vault.unlock_with_recovery(secret(code.text().expose())).await.expect("and the code that nobody typed");
        assert_eq!(database_key(&vault).await, key, "the key of the database stays");
    }
    assert!(!home.keychain.calls.lock().unwrap().contains(&"set".to_owned()), "the keychain was not written");
}

#[tokio::test]
async fn a_new_kek_is_used_and_old_ones_go_when_nobody_needs_them() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    vault.unlock_with_keychain().await.unwrap();
    let (first, key) = (kek_of(&sealed).unwrap(), database_key(&vault).await);
    assert_eq!(vault.rewrap(&header, &sealed).await.unwrap(), None, "nothing is old yet");
    let second = vault.rotate_kek().await.unwrap();
    assert_ne!(first, second, "it is another");
    let fresh = vault.seal(&header, credential()).await.unwrap();
    assert_eq!(kek_of(&fresh), Some(second), "what is sealed from now on uses it");
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "the old one still opens");
    assert_eq!(vault.retire_keks(&[first]).await.unwrap(), 0, "a key in use stays");

    let rewrapped = vault.rewrap(&header, &sealed).await.unwrap().unwrap();
    assert_eq!(kek_of(&rewrapped), Some(second), "the record moved");
    assert_eq!(vault.retire_keks(&[second]).await.unwrap(), 1, "now nobody needs the old one");
    vault.lock().await;
    vault.unlock_with_keychain().await.unwrap();
    assert_eq!(unsealed(&vault, &header, &rewrapped).await.as_deref(), Some(SECRET), "the moved record opens");
    assert_eq!(unsealed(&vault, &header, &sealed).await, None, "the old one does not any more");
    assert_eq!(database_key(&vault).await, key, "the key of the database stays");
}

#[tokio::test]
async fn the_root_keys_move_both_ways_and_every_record_opens() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    vault.unlock_with_keychain().await.unwrap();
    let (key, mac) = (database_key(&vault).await, vault.audit_mac(b"entry").await.unwrap());
    let mut records = vec![sealed];
    for kind in [KINDS, KINDS].concat() {
        vault.move_root(kind).await.unwrap();
        assert_eq!(vault.root_kind().await.unwrap(), kind, "it moved");
        vault.move_root(kind).await.expect("moving where it is does nothing");
        let file = if kind == RootKind::Stronghold { "vault.hold" } else { "vault.root" };
        let whole = [file.to_owned(), format!("{file}.bak"), SLOTS.to_owned(), format!("{SLOTS}.bak")];
        let mut names = names(&home);
        names.retain(|name| !whole.contains(name));
        assert_eq!(names, Vec::<String>::new(), "nothing of the other kind is left");
        records.push(vault.seal(&header, credential()).await.unwrap());
        vault.rotate_kek().await.unwrap();
        vault.rotate_vault_key().await.unwrap();
        // Back in the first place of its kind, as the names above are.
        vault.rotate_kek().await.unwrap();
        vault.call::<()>(|_| panic!("a fault while it is open")).await.unwrap_err();
        assert_eq!(vault.state(), VaultState::Unlocked { by: UnlockWay::Keychain }, "a fault is survived");
        for record in &records {
            assert_eq!(unsealed(&vault, &header, record).await.as_deref(), Some(SECRET), "{kind:?}: it opens");
        }
        vault.lock().await;
        vault.unlock_with_keychain().await.unwrap();
        for record in &records {
            assert_eq!(unsealed(&vault, &header, record).await.as_deref(), Some(SECRET), "{kind:?}: after a start too");
        }
        assert_eq!(
            (database_key(&vault).await, vault.audit_mac(b"entry").await.unwrap()),
            (key.clone(), mac),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_change_of_another_program_is_taken_up_or_said() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let (first, second) = (home.open(), home.open());
    first.unlock_with_keychain().await.unwrap();
    second.unlock_with_keychain().await.unwrap();
    let kek = first.rotate_kek().await.unwrap();
    let fresh = first.seal(&header, credential()).await.unwrap();
    assert_eq!(unsealed(&second, &header, &fresh).await.as_deref(), Some(SECRET), "the new key is found");
    let moved = second.rotate_kek().await.unwrap();
    let by_first = first.seal(&header, credential()).await.unwrap();
    assert_eq!(kek_of(&by_first), Some(moved), "neither seals with a key that may be retired");
    assert_ne!(kek, moved, "and no key was lost");
    for record in [&sealed, &fresh, &by_first] {
        assert_eq!(unsealed(&second, &header, record).await.as_deref(), Some(SECRET), "all open");
    }
    first.rotate_vault_key().await.unwrap();
    let stale = second.rotate_kek().await;
    assert!(matches!(stale, Err(VaultError::Changed)), "the key it has is not the vault's any more: {stale:?}");
    second.lock().await;
    second.unlock_with_keychain().await.unwrap();
    second.rotate_kek().await.expect("opened anew, it works");
}

/// Stops each change after each number of writes, and looks whether the vault still opens.
#[tokio::test]
async fn a_disk_that_fills_up_at_any_write_loses_nothing() {
    for kind in KINDS {
        for change in 0..5 {
            let home = Home::new();
            let vault = home.open();
            let code = vault.create(Protection::Keychain).await.unwrap();
            vault.move_root(kind).await.unwrap();
            let (header, key) = (header(), database_key(&vault).await);
            let sealed = vault.seal(&header, credential()).await.unwrap();
            for writes in 0.. {
                home.writes.store(writes, Ordering::SeqCst);
                let done = match change {
                    0 => vault.rotate_vault_key().await,
                    1 => vault.rotate_kek().await.map(drop),
                    2 => vault.move_root(KINDS[usize::from(vault.root_kind().await.unwrap() == KINDS[0])]).await,
                    3 => vault.protect(Protection::Keychain).await,
                    _ => vault.set_anchor(crate::Anchor { count: writes as u64, hash: [1; 32] }).await,
                };
                let left = home.writes.swap(i64::MAX, Ordering::SeqCst);
                if let Err(error) = &done {
                    assert!(
                        matches!(error, VaultError::Disk { .. }),
                        "{kind:?} {change}: a full disk is said: {error:?}"
                    );
                }
                let again = home.open();
                again
                    .unlock_with_keychain()
                    .await
                    .unwrap_or_else(|error| panic!("{kind:?} {change} {writes}: {error}"));
                assert_eq!(
                    unsealed(&again, &header, &sealed).await.as_deref(),
                    Some(SECRET),
                    "{kind:?} {change} {writes}"
                );
                assert_eq!(database_key(&again).await, key, "{kind:?} {change} {writes}: the database opens");
                again.unlock_with_recovery(secret(code.text().expose())).await.expect("and so does the code");
                assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "open, it stays open");
                if left > 0 {
                    assert!(done.is_ok(), "with room for all it is done");
                    break;
                }
            }
        }
    }
}
