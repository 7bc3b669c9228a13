//! Vaults of every released format, which open for ever.

use super::*;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-data");

/// A copy of a vault that was kept, with its keychain and its record.
fn kept(name: &str) -> (Home, RecordHeader, SealedRecord) {
    let from = Path::new(DATA).join(name);
    let home = Home::new();
    fs::create_dir_all(home.path()).unwrap();
    for entry in fs::read_dir(&from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("vault.") {
            fs::copy(entry.path(), home.path().join(entry.file_name())).unwrap();
        }
    }
    if let Ok(text) = fs::read_to_string(from.join("keychain.txt")) {
        let (account, stored) = text.trim().split_once('\n').unwrap();
        home.keychain.entries.lock().unwrap().insert(account.to_owned(), stored.to_owned());
    }
    let id = fs::read_to_string(from.join("record-id.txt")).unwrap().parse().unwrap();
    let sealed = SealedRecord(fs::read(from.join("record.bin")).unwrap());
    (home, RecordHeader { id, ..header() }, sealed)
}

async fn unlock(vault: &Vault, by: UnlockWay) {
    match by {
        UnlockWay::Keychain => vault.unlock_with_keychain().await.unwrap(),
        UnlockWay::Passphrase => vault.unlock_with_passphrase(passphrase()).await.unwrap(),
        UnlockWay::Both => vault.unlock_with_both(passphrase()).await.unwrap(),
        UnlockWay::Recovery => panic!("not by a code"),
    }
}

#[tokio::test]
async fn a_vault_of_the_first_version_opens_and_gets_all_that_is_new() {
    for (name, by) in [("v1-keychain", UnlockWay::Keychain), ("v1-passphrase", UnlockWay::Passphrase)] {
        let (home, header, sealed) = kept(name);
        let vault = home.open();
        assert_eq!(vault.ready().await, VaultState::Locked { ways: vec![by] }, "{name}: it has no recovery code");
        unlock(&vault, by).await;
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "{name}: its record opens");
        let about = vault.about().await.unwrap();
        let new = (about.has_recovery, about.made_at, about.root);
        assert_eq!(new, (false, None, RootKind::Stronghold), "{name}: what it does not have is said");

        let key = vault.database_key().await.unwrap();
        vault.set_anchor(crate::Anchor { count: 1, hash: [1; 32] }).await.unwrap();
        let code = vault.new_recovery_code().await.unwrap();
        vault.rotate_vault_key().await.unwrap();
        vault.move_root(RootKind::SealedFile).await.unwrap();
        vault.lock().await;
        unlock(&vault, by).await;
        vault.unlock_with_recovery(secret(code.text().expose())).await.unwrap();
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "{name}: and still opens");
        assert_eq!(vault.database_key().await.unwrap().expose(), key.expose(), "{name}: the new keys were kept");
    }
}

#[tokio::test]
async fn a_vault_of_the_first_version_opens_on_a_full_disk() {
    let (home, header, sealed) = kept("v1-keychain");
    let before = home.files();
    home.writes.store(0, Ordering::SeqCst);
    let vault = home.open();
    vault.unlock_with_keychain().await.unwrap();
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "reading needs no room");
    let after: Vec<_> = home.files().into_iter().filter(|(name, _)| name != "vault.lock").collect();
    assert_eq!(after, before, "and it stays as it was");
}

#[tokio::test]
async fn a_vault_of_the_second_version_opens() {
    let kinds = [RootKind::Stronghold, RootKind::SealedFile];
    let names = ["v2-both-stronghold", "v2-both-sealed"];
    for (name, kind) in names.into_iter().zip(kinds) {
        let (home, header, sealed) = kept(name);
        let read = |file: &str| fs::read_to_string(Path::new(DATA).join(name).join(file)).unwrap();
        let vault = home.open();
        assert_eq!(vault.ready().await, locked(UnlockWay::Both), "{name}: as it was made");
        vault.unlock_with_recovery(secret(read("recovery.txt").trim())).await.unwrap();
        unlock(&vault, UnlockWay::Both).await;
        assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "{name}: its record opens");
        assert_eq!(vault.database_key().await.unwrap().expose(), read("database-key.txt").trim(), "{name}: its key");
        assert_eq!(vault.anchor().await.unwrap().map(|anchor| anchor.count), Some(7), "{name}: its anchor");
        assert_eq!(vault.about().await.unwrap().root, kind, "{name}: its kind");
    }
}
