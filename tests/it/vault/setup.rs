//! The first start, by each way.

use super::*;

#[tokio::test]
async fn nothing_works_before_it_is_set_up_and_says_so() {
    let world = World::newcomer().await;
    let status = world.send(GetStatus {}).await.unwrap();
    assert_eq!((status.vault, status.store, status.keychain), (VaultState::Missing, StoreState::Closed, true));
    for failure in [
        world.refused(ListConversations {}).await,
        world.refused(ListKeys {}).await,
        world.refused(GetVault {}).await,
        world.refused(MakeRecoveryCode {}).await,
    ] {
        assert_eq!(failure.code, Code::VaultMissing, "{failure:?}");
    }
    assert!(!world.places().store().exists(), "no database lies there without a seal");
}

#[tokio::test]
async fn the_keychain_protects_and_the_code_is_shown_once() {
    let world = World::newcomer().await;
    world.send(Protect { with: Protection::Keychain }).await.unwrap();
    assert!(world.desktop.entry_is_open(), "its window shows the recovery code");
    assert_eq!(state(&world).await, unlocked(UnlockWay::Keychain));
    assert_eq!(about(&world).await.recovery, RecoveryState::Unconfirmed);
    let shown = world.send(GetRecoveryCode {}).await.unwrap();
    assert_eq!((shown.groups.len(), shown.asked.len()), (9, 2), "160 bits and their check");
    let wrong = ConfirmRecoveryCode { groups: vec!["0000".to_owned(), "0000".to_owned()] };
    assert!(!world.send(wrong).await.unwrap(), "what was not written down is not confirmed");
    assert_eq!(about(&world).await.recovery, RecoveryState::Unconfirmed);
    write_down(&world).await;
    assert_eq!(about(&world).await.recovery, RecoveryState::Confirmed);
    assert!(!world.desktop.entry_is_open(), "the window is done");
    assert_eq!(world.refused(GetRecoveryCode {}).await.code, Code::NotFound, "and never shows it again");

    world.ask("rehearsal/rehearsal", "Hello").await;
    world.restart().await;
    assert_eq!(state(&world).await, unlocked(UnlockWay::Keychain), "it opens without a word");
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_passphrase_protects() {
    let world = World::newcomer().await;
    world.send(Protect { with: Protection::Passphrase }).await.unwrap();
    let failure = world.refused(SubmitEntry { secret: "short".to_owned() }).await;
    assert_eq!((failure.code, state(&world).await), (Code::BadRequest, VaultState::Missing));
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    assert_eq!(state(&world).await, unlocked(UnlockWay::Passphrase));
    write_down(&world).await;
    assert_eq!(world.keychain.secrets(), Vec::<String>::new(), "the keychain was not asked to keep anything");

    world.restart().await;
    let ways = vec![UnlockWay::Passphrase, UnlockWay::Recovery];
    assert_eq!(state(&world).await, VaultState::Locked { ways });
    let failure =
        type_in(&world, EntryPurpose::Unlock { way: UnlockWay::Passphrase }, "correct horse").await.unwrap_err();
    assert_eq!((failure.code, world.desktop.entry_is_open()), (Code::WrongPassphrase, true), "{failure:?}");
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    assert_eq!((state(&world).await, world.desktop.entry_is_open()), (unlocked(UnlockWay::Passphrase), false));
}

#[tokio::test]
async fn both_together_are_both_needed() {
    let (world, _) = with_passphrase("", Protection::Both).await;
    assert_eq!(state(&world).await, unlocked(UnlockWay::Both));
    world.restart().await;
    let ways = vec![UnlockWay::Both, UnlockWay::Recovery];
    assert_eq!(state(&world).await, VaultState::Locked { ways }, "the keychain alone does not open it");
    let way = EntryPurpose::Unlock { way: UnlockWay::Both };
    world.keychain.is(Mood::Locked);
    let failure = type_in(&world, way.clone(), PASSPHRASE).await.unwrap_err();
    assert_eq!(failure.code, Code::VaultLocked, "nor the passphrase alone: {failure:?}");
    world.keychain.is(Mood::Works);
    type_in(&world, way, PASSPHRASE).await.unwrap();
    assert_eq!(state(&world).await, unlocked(UnlockWay::Both));
}

#[tokio::test]
async fn a_keychain_that_keeps_nothing_makes_no_vault() {
    let world = World::newcomer().await;
    for mood in [Mood::Forgets, Mood::Locked, Mood::Absent] {
        world.keychain.is(mood);
        let failure = world.refused(Protect { with: Protection::Keychain }).await;
        assert_eq!((failure.code, state(&world).await), (Code::VaultLocked, VaultState::Missing), "{mood:?}");
        assert_eq!(world.keychain.secrets(), Vec::<String>::new(), "{mood:?}: nothing is left behind");
        assert!(!world.places().store().exists(), "{mood:?}: and nothing is stored without a seal");
    }
}

#[tokio::test]
async fn what_protects_can_be_changed_in_one_step() {
    let world = World::new().await;
    world.ask("rehearsal/rehearsal", "Hello").await;
    world.send(Protect { with: Protection::Passphrase }).await.unwrap();
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    assert!(!world.desktop.entry_is_open(), "the recovery code stays, so none is shown");
    assert_eq!(about(&world).await.protection, Some(Protection::Passphrase));
    assert_eq!(world.keychain.secrets(), Vec::<String>::new(), "the keychain's entry is gone");
    world.restart().await;
    type_in(&world, EntryPurpose::Unlock { way: UnlockWay::Passphrase }, PASSPHRASE).await.unwrap();
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1, "everything is there");
}
