//! The vault's own keys are replaced, and everything opens as before.

use holdfast_contract::{OldSlots, RenewProtection};

use super::*;

#[tokio::test]
async fn every_rotation_leaves_everything_as_it_was() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server)])).await;
    add_key(&world).await;
    let before = about(&world).await;
    assert_eq!(before.root, RootKind::Stronghold);
    let vault_key = world.send(Rotate { what: Rotation::VaultKey }).await.unwrap();
    assert!(vault_key.vault_key_changed_at > before.vault_key_changed_at, "it says when");
    let record_key = world.send(Rotate { what: Rotation::RecordKey }).await.unwrap();
    assert!(record_key.record_key_changed_at > before.record_key_changed_at);
    let moved = world.send(holdfast_contract::MoveRoot { to: RootKind::SealedFile }).await.unwrap();
    assert_eq!(moved.root, RootKind::SealedFile);
    let progress = |event: &Event| matches!(event, Event::Progress { work: holdfast_contract::Work::Rotate, .. });
    assert!(world.heard().iter().any(progress), "windows were told how far it came");
    for restarted in [false, true] {
        if restarted {
            world.restart().await;
        }
        let answer = world.ask("cloud/m", "Hello").await;
        assert_eq!(state_of(&answer), complete(), "the key opens (restarted: {restarted}): {answer:?}");
    }
    let back = world.send(holdfast_contract::MoveRoot { to: RootKind::Stronghold }).await.unwrap();
    assert_eq!(back.root, RootKind::Stronghold);
    assert_eq!(state_of(&world.ask("cloud/m", "Still?").await), complete());
}

#[tokio::test]
async fn a_new_vault_key_says_what_is_older_until_that_is_made_anew() {
    let world = World::new().await;
    assert_eq!(about(&world).await.old_slots, None, "nothing was replaced yet");
    world.send(Rotate { what: Rotation::RecordKey }).await.unwrap();
    assert_eq!(about(&world).await.old_slots, None, "the record key has no part in what opens the vault");
    let rotated = world.send(Rotate { what: Rotation::VaultKey }).await.unwrap();
    assert_eq!(rotated.old_slots, Some(OldSlots { protection: true, recovery: true }), "both lead to it still");
    world.send(MakeRecoveryCode {}).await.unwrap();
    write_down(&world).await;
    assert_eq!(about(&world).await.old_slots, Some(OldSlots { protection: true, recovery: false }));
    world.restart().await;
    assert_eq!(about(&world).await.old_slots, Some(OldSlots { protection: true, recovery: false }), "it is remembered");

    world.send(RenewProtection {}).await.unwrap();
    write_down(&world).await;
    assert_eq!(about(&world).await.old_slots, None, "both are new now");
    world.restart().await;
    assert_eq!(state(&world).await, unlocked(UnlockWay::Keychain), "and open it as before");
}

#[tokio::test]
async fn passphrase_and_recovery_code_are_made_anew_in_one_go() {
    let (world, old_code) = with_passphrase("", Protection::Passphrase).await;
    world.send(Rotate { what: Rotation::VaultKey }).await.unwrap();
    world.send(RenewProtection {}).await.unwrap();
    let asked = world.send(holdfast_contract::GetEntry {}).await.unwrap().purpose;
    assert_eq!(asked, EntryPurpose::RenewPassphrase { with: Protection::Passphrase });
    world.send(SubmitEntry { secret: "a passphrase made anew".to_owned() }).await.unwrap();
    let code = write_down(&world).await;
    assert_eq!(about(&world).await.old_slots, None);
    world.send(LockVault {}).await.unwrap();
    let by = |way| EntryPurpose::Unlock { way };
    for (way, old) in [(UnlockWay::Passphrase, PASSPHRASE), (UnlockWay::Recovery, old_code.as_str())] {
        let failure = type_in(&world, by(way), old).await.unwrap_err();
        assert_eq!(failure.code, Code::WrongPassphrase, "{way:?}: {failure:?}");
    }
    type_in(&world, by(UnlockWay::Recovery), &code).await.unwrap();
    world.send(LockVault {}).await.unwrap();
    type_in(&world, by(UnlockWay::Passphrase), "a passphrase made anew").await.unwrap();
}
