use super::*;

/// What may happen to a file, and what is said of it.
fn harms(bytes: &[u8]) -> Vec<(Option<Vec<u8>>, &'static str)> {
    let mut flipped = bytes.to_vec();
    flipped[3] ^= 0x20;
    vec![
        (None, "is missing"),
        (Some(Vec::new()), "is damaged or cut off"),
        (Some(bytes[..60].to_vec()), "is damaged or cut off"),
        (Some(b"garbage ".repeat(100)), "is damaged or cut off"),
        (Some(flipped), "is damaged or cut off"),
        (Some(vec![0; 100 * 1024]), ""),
    ]
}

fn put(path: &Path, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => fs::write(path, bytes).unwrap(),
        None => fs::remove_file(path).unwrap(),
    }
}

#[tokio::test]
async fn damage_is_named_and_the_backup_restores_it() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    damage_is_repaired(&home, &header, &sealed, [SLOTS, HOLD]).await;
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    vault.unlock_with_keychain().await.unwrap();
    vault.move_root(RootKind::SealedFile).await.unwrap();
    drop(vault);
    damage_is_repaired(&home, &header, &sealed, [SLOTS, "vault.root"]).await;
}

async fn damage_is_repaired(home: &Home, header: &RecordHeader, sealed: &SealedRecord, names: [&str; 2]) {
    for name in names {
        let whole = home.read(name);
        for (harm, what) in harms(&whole) {
            put(&home.path().join(name), harm.as_deref());
            let before = home.files();
            let vault = home.open();
            let VaultState::Damaged { detail, backup: true } = vault.ready().await else {
                panic!("{name} {what}: {:?}", vault.state())
            };
            assert!(detail.starts_with(&format!("{name} {what}")), "it is named: {detail}");
            for result in [
                vault.unlock_with_keychain().await,
                vault.unlock_with_passphrase(passphrase()).await,
                vault.create(protection(UnlockWay::Passphrase)).await.map(drop),
                vault.create(Protection::Keychain).await.map(drop),
                vault.unseal(header, sealed).await.map(drop),
            ] {
                let named =
                    matches!(&result, Err(VaultError::Damaged { detail: said, backup: true }) if *said == detail);
                assert!(named, "every call says the same: {result:?}");
            }
            vault.lock().await;
            assert_eq!(home.files(), before, "nothing was overwritten");

            vault.restore_backup().await.unwrap();
            assert_eq!(vault.state(), locked(UnlockWay::Keychain), "the backup reads");
            vault.unlock_with_keychain().await.unwrap();
            assert_eq!(unsealed(&vault, header, sealed).await.as_deref(), Some(SECRET), "nothing was lost");
            let aside = format!("{name}.damaged-");
            let files = home.files().into_iter();
            let mut kept = files.filter(|(file, _)| file.starts_with(&aside)).map(|(_, bytes)| bytes);
            match harm {
                Some(harm) => assert!(kept.any(|bytes| bytes == harm), "the damaged file is kept beside"),
                None => assert_eq!(kept.count(), 0, "there was nothing to keep"),
            }
        }
    }
}

#[tokio::test]
async fn damage_that_only_the_key_shows_is_found_when_unlocking() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Passphrase).await;
    let mut hold = home.read(HOLD);
    let middle = hold.len() / 2;
    hold[middle] ^= 1;
    put(&home.path().join(HOLD), Some(&hold));

    let vault = home.open();
    assert_eq!(vault.ready().await, locked(UnlockWay::Passphrase), "without a key it looks whole");
    let wrong = vault.unlock_with_passphrase(Secret::new("wrong".into())).await;
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)), "a wrong passphrase is still that: {wrong:?}");
    let damaged = VaultState::Damaged { detail: "vault.hold is damaged or cut off".into(), backup: true };
    for _ in 0..2 {
        let opened = vault.unlock_with_passphrase(passphrase()).await;
        assert!(matches!(opened, Err(VaultError::Damaged { backup: true, .. })), "the right one shows it: {opened:?}");
        assert_eq!(vault.ready().await, damaged, "and a later look does not forget it");
    }
    assert_eq!(home.read(HOLD), hold, "nothing was overwritten");

    vault.restore_backup().await.unwrap();
    vault.unlock_with_passphrase(passphrase()).await.unwrap();
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "nothing was lost");
}

#[tokio::test]
async fn slots_that_somebody_else_wrote_are_found_when_unlocking() {
    let (home, ..) = Home::with_vault(UnlockWay::Passphrase).await;
    let mut forged = Slots::decode(&home.read(SLOTS)).unwrap();
    forged.body.generation += 1;
    put(&home.path().join(SLOTS), Some(&forged.encode()));
    let vault = home.open();
    assert_eq!(vault.ready().await, locked(UnlockWay::Passphrase), "the checksum fits");
    let opened = vault.unlock_with_passphrase(passphrase()).await;
    let Err(VaultError::Damaged { detail, backup: true }) = opened else { panic!("it was taken: {opened:?}") };
    assert_eq!(detail, "vault.slots was changed by something other than Holdfast", "it is said what is wrong");
    vault.restore_backup().await.unwrap();
    vault.unlock_with_passphrase(passphrase()).await.expect("the backup is Holdfast's own");
}

#[tokio::test]
async fn without_a_backup_nothing_is_touched() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    for (name, backup) in [(SLOTS, "vault.slots.bak"), (HOLD, "vault.hold.bak")] {
        let (whole, copy) = (home.read(name), home.read(backup));
        put(&home.path().join(name), Some(b"garbage"));
        for bad in [None, Some(&b"garbage too"[..])] {
            put(&home.path().join(backup), bad);
            let before = home.files();
            let vault = home.open();
            assert!(matches!(vault.ready().await, VaultState::Damaged { backup: false, .. }), "no backup is offered");
            let restored = vault.restore_backup().await;
            let Err(VaultError::NoBackup { detail }) = restored else { panic!("{restored:?}") };
            assert!(detail.starts_with(name), "it is named: {detail}");
            assert_eq!(home.files(), before, "nothing was touched");
            put(&home.path().join(backup), Some(&copy));
        }
        put(&home.path().join(name), Some(&whole));
    }
    home.open().unlock_with_keychain().await.expect("with its files back it opens");
}

#[tokio::test]
async fn a_backup_that_is_lost_or_bad_is_made_again_when_unlocking() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    for name in ["vault.slots.bak", "vault.hold.bak"] {
        let whole = home.read(name);
        for bad in [None, Some(&whole[..whole.len() - 1])] {
            put(&home.path().join(name), bad);
            home.open().unlock_with_keychain().await.unwrap();
            assert_eq!(home.read(name), whole, "{name} is there again");
        }
    }
}

#[tokio::test]
async fn an_open_vault_stays_open_when_its_files_are_damaged() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Passphrase).await;
    let vault = home.open();
    vault.unlock_with_passphrase(passphrase()).await.unwrap();
    put(&home.path().join(HOLD), Some(b"garbage"));
    let again = vault.unlock_with_passphrase(passphrase()).await;
    assert!(matches!(again, Err(VaultError::Damaged { .. })), "the damage is said: {again:?}");
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "its keys are still in memory");
    vault.lock().await;
    assert!(matches!(vault.state(), VaultState::Damaged { backup: true, .. }), "once closed, it cannot be opened");
}

#[tokio::test]
async fn every_flipped_byte_of_any_file_is_refused_or_harmless() {
    for kind in [RootKind::Stronghold, RootKind::SealedFile] {
        let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
        let vault = home.open();
        vault.unlock_with_keychain().await.unwrap();
        vault.move_root(kind).await.unwrap();
        drop(vault);
        let root = if kind == RootKind::Stronghold { HOLD } else { "vault.root" };
        for name in [SLOTS, root] {
            let whole = home.read(name);
            // The rooms below hold each byte; here it is how the vault as a whole takes it.
            for at in (0..whole.len()).step_by(23) {
                let mut flipped = whole.clone();
                flipped[at] ^= 0x10;
                for harm in [&flipped[..], &whole[..at]] {
                    put(&home.path().join(name), Some(harm));
                    let vault = home.open();
                    let opened = vault.unlock_with_keychain().await;
                    let offered = matches!(opened, Err(VaultError::Damaged { backup: true, .. }));
                    assert!(offered, "{name}, byte {at}: the backup is offered: {opened:?}");
                    assert_eq!(home.read(name), harm, "{name}, byte {at}: nothing was overwritten");
                }
            }
            put(&home.path().join(name), Some(&whole));
        }
        let vault = home.open();
        vault.unlock_with_keychain().await.unwrap();
        assert_eq!(
            unsealed(&vault, &header, &sealed).await.as_deref(),
            Some(SECRET),
            "{kind:?}: whole again, it opens"
        );
    }
}
