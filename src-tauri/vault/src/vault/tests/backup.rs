use sha2::{Digest, Sha256};

use super::*;
use crate::Anchor;

#[tokio::test]
async fn a_backup_is_the_vault_as_it_was() {
    for kind in [RootKind::Stronghold, RootKind::SealedFile] {
        let home = Home::new();
        let vault = home.open();
        let code = vault.create(protection(UnlockWay::Passphrase)).await.unwrap();
        vault.move_root(kind).await.unwrap();
        vault.set_anchor(Anchor { count: 3, hash: [3; 32] }).await.unwrap();
        let (header, key) = (header(), vault.database_key().await.unwrap());
        let sealed = vault.seal(&header, credential()).await.unwrap();
        let dir = home.dir.path().join("backup");
        let copied = vault.backup_to(dir.clone()).await.unwrap();
        assert_eq!(copied.len(), 3, "slots, root and anchor");
        for file in &copied {
            let bytes = fs::read(dir.join(&file.name)).unwrap();
            assert_eq!(
                (bytes.len() as u64, Sha256::digest(&bytes).as_slice()),
                (file.bytes, &file.sha256[..]),
                "{file:?}"
            );
        }
        vault.check_backup(dir.clone()).await.expect("its keys open it");

        // All changes, and then the backup comes back.
        vault.protect(Protection::Keychain).await.unwrap();
        vault.new_recovery_code().await.unwrap();
        vault.rotate_vault_key().await.unwrap();
        vault.rotate_kek().await.unwrap();
        let old = vault.check_backup(dir.clone()).await;
        assert!(matches!(old, Err(VaultError::BadBackup { .. })), "it is of another vault key: {old:?}");
        vault.restore_from(dir.clone()).await.unwrap();
        assert_eq!(vault.state(), locked(UnlockWay::Passphrase), "it is closed, and opens as it did then");
        vault.unlock_with_passphrase(passphrase()).await.unwrap();
        vault.unlock_with_recovery(secret(code.text().expose())).await.expect("the code of then opens it");
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "with what it kept");
        assert_eq!(vault.database_key().await.unwrap().expose(), key.expose(), "and the key of the database");
        assert_eq!(vault.anchor().await.unwrap(), Some(Anchor { count: 3, hash: [3; 32] }), "and the anchor");
        let replaced = home.files().iter().filter(|(name, _)| name.contains(".replaced-")).count();
        assert!(replaced >= 2, "what it replaced is kept beside it");

        let elsewhere = Home::new();
        let other = elsewhere.open();
        other.restore_from(dir).await.expect("an empty place takes it too");
        other.unlock_with_passphrase(passphrase()).await.unwrap();
        assert_eq!(unsealed(&other, &header, &sealed).await.as_deref(), Some(SECRET), "the vault is there");
    }
}

#[tokio::test]
async fn a_backup_that_does_not_read_changes_nothing() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    let dir = home.dir.path().join("backup");
    let none = vault.restore_from(dir.clone()).await;
    assert!(matches!(none, Err(VaultError::BadBackup { .. })), "there is none: {none:?}");
    vault.unlock_with_keychain().await.unwrap();
    let copied = vault.backup_to(dir.clone()).await.unwrap();
    let before = home.files();
    for file in copied {
        let path = dir.join(&file.name);
        let whole = fs::read(&path).unwrap();
        for harm in [Some(&whole[..60]), Some(&b"garbage"[..]), None] {
            match harm {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let bad = vault.restore_from(dir.clone()).await;
            let Err(VaultError::BadBackup { detail }) = bad else { panic!("it was taken: {bad:?}") };
            assert!(detail.contains(&file.name), "it is named: {detail}");
            assert!(vault.check_backup(dir.clone()).await.is_err(), "a check says so too");
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(home.files(), before, "nothing was changed");
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "and it is still open");
}

#[tokio::test]
async fn a_restore_that_was_killed_is_finished_or_was_never_begun() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    vault.unlock_with_keychain().await.unwrap();
    let dir = home.dir.path().join("backup");
    vault.backup_to(dir.clone()).await.unwrap();
    vault.rotate_vault_key().await.unwrap();
    vault.lock().await;
    drop(vault);
    let (now, then) = (home.read(SLOTS), fs::read(dir.join(SLOTS)).unwrap());
    let stage = |name: &str| fs::copy(dir.join(name), home.path().join(format!("{name}.restore"))).unwrap();

    stage(HOLD);
    assert_eq!(home.open().ready().await, locked(UnlockWay::Keychain), "killed while it was prepared");
    assert_eq!(home.read(SLOTS), now, "nothing was begun");
    assert!(!home.path().join("vault.hold.restore").exists(), "and no rest stays");

    for killed_after in 0..3 {
        stage(HOLD);
        stage(SLOTS);
        fs::write(home.path().join("vault.restore"), b"").unwrap();
        for name in [HOLD, SLOTS].into_iter().take(killed_after) {
            fs::rename(home.path().join(format!("{name}.restore")), home.path().join(name)).unwrap();
        }
        let vault = home.open();
        assert_eq!(vault.ready().await, locked(UnlockWay::Keychain), "killed after {killed_after} files");
        assert_eq!(home.read(SLOTS), then, "it is finished");
        vault.unlock_with_keychain().await.unwrap();
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "and the vault is whole");
        assert!(!home.files().iter().any(|(name, _)| name.contains("restore")), "no rest stays");
    }
}

#[tokio::test]
async fn exported_keys_make_the_same_vault_on_another_computer() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    assert!(matches!(vault.export_root().await, Err(VaultError::Locked)), "closed, it exports nothing");
    vault.unlock_with_keychain().await.unwrap();
    vault.rotate_kek().await.unwrap();
    let (exported, mac) = (vault.export_root().await.unwrap(), vault.audit_mac(b"entry").await.unwrap());

    let elsewhere = Home::new();
    let other = elsewhere.open();
    for at in 0..exported.len() {
        let cut = zeroize::Zeroizing::new(exported[..at].to_vec());
        let made = other.import_root(cut, Protection::Passphrase(passphrase())).await;
        assert!(matches!(made, Err(VaultError::BadExport)), "cut after {at} bytes: {made:?}");
    }
    let code = other.import_root(exported.clone(), Protection::Both(passphrase())).await.unwrap();
    assert_eq!(other.about().await.unwrap().id, vault.about().await.unwrap().id, "it is the same vault");
    assert_eq!(unsealed(&other, &header, &sealed).await.as_deref(), Some(SECRET), "what was sealed there opens here");
    let keys = (other.database_key().await.unwrap(), vault.database_key().await.unwrap());
    assert_eq!(keys.0.expose(), keys.1.expose(), "and the database too");
    assert_eq!(other.audit_mac(b"entry").await.unwrap(), mac, "and the audit log verifies");
    other.lock().await;
    other.unlock_with_recovery(secret(code.text().expose())).await.expect("with a recovery code of its own");
    let twice = other.import_root(exported, Protection::Keychain).await;
    assert!(matches!(twice, Err(VaultError::Exists)), "a vault is never overwritten: {twice:?}");
}
