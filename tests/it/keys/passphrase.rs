//! A system without a keychain that works.

use super::*;

const PASSPHRASE: &str = "correct horse battery staple";

async fn type_in(world: &World, purpose: EntryPurpose, secret: &str) -> Result<(), Failure> {
    world.send(OpenEntry { purpose }).await.unwrap();
    world.send(SubmitEntry { secret: secret.to_owned() }).await
}

#[tokio::test]
async fn without_a_keychain_a_passphrase_makes_the_vault_and_opens_it() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    world.keychain.is(Mood::Absent);
    assert!(!world.send(GetStatus {}).await.unwrap().keychain);
    world.desktop.copy(SECRET);
    let failure = world.refused(paste("Work")).await;
    assert_eq!((failure.code, world.desktop.clipboard().as_deref()), (Code::VaultMissing, Some(SECRET)));

    let failure = type_in(&world, EntryPurpose::SetPassphrase, "short").await.unwrap_err();
    assert_eq!((failure.code, vault(&world).await), (Code::BadRequest, VaultState::Missing));
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    assert_eq!(vault(&world).await, VaultState::Unlocked { by: UnlockWay::Passphrase });
    world.send(paste("Work")).await.unwrap();
    assert!(whole(&world.ask("cloud/m", "Hello").await));

    world.restart().await;
    assert_eq!(vault(&world).await, VaultState::Locked { ways: vec![UnlockWay::Passphrase] });
    let chat = world.chat("cloud/m").await;
    let answer = chat.ask("Hello").await;
    let failure = failure_of(&answer);
    assert_eq!(failure.code, Code::VaultLocked);
    assert_eq!(failure.actions, [Action::Unlock, Action::TryAgain { after: None }]);
    assert_eq!(server.requests().len(), 1, "nothing was sent");

    let failure = type_in(&world, EntryPurpose::Unlock, "correct horse battery stable").await.unwrap_err();
    assert_eq!((failure.code, world.desktop.entry_is_open()), (Code::WrongPassphrase, true));
    assert!(matches!(vault(&world).await, VaultState::Locked { .. }));
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    let unlocked = Event::Vault { vault: VaultState::Unlocked { by: UnlockWay::Passphrase } };
    world.hears("the open vault", |events| events.contains(&unlocked)).await;
    let again = chat.end_after(holdfast_contract::RetryAnswer { answer: answer.id }).await;
    assert!(whole(&again), "{again:?}");
}

#[tokio::test]
async fn a_keychain_that_forgets_is_none() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    for mood in [Mood::Forgets, Mood::Locked] {
        world.keychain.is(mood);
        world.desktop.copy(SECRET);
        let failure = world.refused(paste("Work")).await;
        assert_eq!((failure.code, vault(&world).await), (Code::VaultMissing, VaultState::Missing), "{mood:?}");
        assert_eq!(world.keychain.secrets(), Vec::<String>::new(), "{mood:?}: nothing is left behind");
    }
}

#[tokio::test]
async fn a_second_passphrase_does_not_make_a_second_vault() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    let failure = type_in(&world, EntryPurpose::SetPassphrase, PASSPHRASE).await.unwrap_err();
    assert_eq!(failure.code, Code::BadRequest);
    let failure = type_in(&world, EntryPurpose::Unlock, PASSPHRASE).await;
    assert_eq!(vault(&world).await, VaultState::Unlocked { by: UnlockWay::Keychain }, "{failure:?}");
    assert_eq!(keys(&world).await.len(), 1);
}
