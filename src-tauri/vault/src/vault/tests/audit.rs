use super::*;
use crate::Anchor;

const ANCHOR: Anchor = Anchor { count: 42, hash: [7; 32] };

#[tokio::test]
async fn an_anchor_is_kept_and_every_change_of_it_shows() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    assert!(matches!(vault.anchor().await, Err(VaultError::Locked)), "closed, it tells nobody");
    vault.unlock_with_keychain().await.unwrap();
    assert_eq!(vault.anchor().await.unwrap(), None, "none was set");
    vault.set_anchor(ANCHOR).await.unwrap();
    vault.rotate_vault_key().await.unwrap();
    vault.rotate_kek().await.unwrap();
    vault.move_root(RootKind::SealedFile).await.unwrap();
    vault.lock().await;
    vault.unlock_with_keychain().await.unwrap();
    assert_eq!(vault.anchor().await.unwrap(), Some(ANCHOR), "whatever is rotated, it stays");

    let path = home.path().join("vault.anchor");
    let whole = home.read("vault.anchor");
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        for harm in [&changed[..], &whole[..at]] {
            fs::write(&path, harm).unwrap();
            let read = vault.anchor().await;
            let Err(VaultError::Damaged { detail, .. }) = read else { panic!("byte {at}: it was taken: {read:?}") };
            assert_eq!(detail, "vault.anchor was changed by something other than Holdfast", "it is named");
        }
    }
    fs::remove_file(&path).unwrap();
    let read = vault.anchor().await;
    let Err(VaultError::Damaged { detail, .. }) = read else { panic!("it went unnoticed: {read:?}") };
    assert_eq!(detail, "vault.anchor is missing", "taking it away shows");
    vault.set_anchor(Anchor { count: 43, ..ANCHOR }).await.expect("the log goes on from what is there");
    assert_eq!(vault.anchor().await.unwrap().map(|anchor| anchor.count), Some(43), "anchored anew");
}

#[tokio::test]
async fn only_this_vault_makes_its_codes() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    assert!(matches!(vault.audit_mac(b"entry").await, Err(VaultError::Locked)), "closed, it makes none");
    vault.unlock_with_keychain().await.unwrap();
    let mac = vault.audit_mac(b"entry").await.unwrap();
    assert_eq!(vault.audit_mac(b"entry").await.unwrap(), mac, "the same for the same");
    assert_ne!(vault.audit_mac(b"Entry").await.unwrap(), mac, "another for another");
    let (other, ..) = Home::with_vault(UnlockWay::Keychain).await;
    let other = other.open();
    other.unlock_with_keychain().await.unwrap();
    assert_ne!(other.audit_mac(b"entry").await.unwrap(), mac, "another vault has another key");
}
