//! Closing and opening.

use super::*;

#[tokio::test]
async fn a_locked_program_shows_nothing_and_opens_again() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server)])).await;
    add_key(&world).await;
    let chat = world.chat("cloud/m").await;
    chat.ask("Hello").await;
    world.send(LockVault {}).await.unwrap();
    let ways = vec![UnlockWay::Keychain, UnlockWay::Recovery];
    let locked = VaultState::Locked { ways };
    assert_eq!(state(&world).await, locked);
    assert_eq!(world.send(GetStatus {}).await.unwrap().store, StoreState::Closed);
    let told = Event::Vault { vault: locked.clone() };
    world.hears("that it is locked", |events| events.contains(&told)).await;
    for failure in [
        world.refused(ListConversations {}).await,
        world.refused(ListKeys {}).await,
        world.refused(GetVault {}).await,
        world.refused(Rotate { what: Rotation::VaultKey }).await,
    ] {
        assert_eq!((failure.code, failure.actions.as_slice()), (Code::VaultLocked, [Action::Unlock].as_slice()));
    }
    assert_eq!(state(&world).await, locked, "what a person closed, only a person opens");

    world.send(UnlockWithKeychain {}).await.unwrap();
    assert_eq!(state(&world).await, unlocked(UnlockWay::Keychain));
    assert_eq!(chat.texts().await, ["Hello", "Yes"], "everything is there");
    assert_eq!(state_of(&chat.ask("Again").await), complete(), "and the key works");
}

#[tokio::test]
async fn an_answer_that_is_being_written_stops_and_its_part_is_kept() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("The first part").stall().delta(" and more").stop().done());
    server.on_chat(Reply::answer("Again"));
    let world = World::with(&models(&[studio(&server)])).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("Hello").await;
    world.reads(answer, "The first part").await;
    world.send(LockVault {}).await.unwrap();
    assert!(matches!(state(&world).await, VaultState::Locked { .. }), "it does not wait for the answer's end");
    world.send(UnlockWithKeychain {}).await.unwrap();
    let view = chat.open().await;
    let last = view.tail.last().unwrap();
    assert_eq!((text_of(last), state_of(last)), ("The first part".to_owned(), AnswerState::Interrupted));
    let again = chat.end_after(RetryAnswer { answer }).await;
    assert_eq!(text_of(&again), "Again", "and it can be asked again");
}

#[tokio::test]
async fn wrong_passphrases_wait_longer_and_the_log_tells_of_them() {
    let (world, _) = with_passphrase("", Protection::Passphrase).await;
    world.restart().await;
    let way = EntryPurpose::Unlock { way: UnlockWay::Passphrase };
    world.send(OpenEntry { purpose: way }).await.unwrap();
    let asks_to_wait = |failure: &Failure| {
        failure.actions.iter().find_map(|action| match action {
            Action::TryAgain { after } => *after,
            _ => None,
        })
    };
    // Each try takes its time, so that a short wait may be over before the next one.
    let (mut tried, mut wait) = (0, None);
    while wait.is_none() {
        let failure = world.refused(SubmitEntry { secret: "not the passphrase".to_owned() }).await;
        assert_eq!(failure.code, Code::WrongPassphrase, "{failure:?}");
        wait = asks_to_wait(&failure);
        tried += usize::from(wait.is_none());
        assert!(tried < 12, "after some wrong ones it is not even tried");
    }
    assert!(tried >= 3, "a slip or two costs nothing");
    world.restart().await;
    world.send(OpenEntry { purpose: EntryPurpose::Unlock { way: UnlockWay::Passphrase } }).await.unwrap();
    while let Err(failure) = world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await {
        let seconds = asks_to_wait(&failure).unwrap_or_else(|| panic!("the right one is refused: {failure:?}"));
        assert!(seconds <= 60, "nobody is kept out for long: {seconds} s");
        tokio::time::sleep(std::time::Duration::from_secs(u64::from(seconds))).await;
    }
    let failed = holdfast_contract::AuditFilter {
        kinds: vec![holdfast_contract::AuditKind::UnlockFailed],
        ..Default::default()
    };
    let list = holdfast_contract::ListAudit { filter: failed, before: None, count: 100 };
    assert_eq!(world.send(list).await.unwrap().len(), tried, "each that was tried is in the log, also after a restart");
}

#[tokio::test]
async fn the_recovery_code_opens_what_a_lost_keychain_does_not() {
    let world = World::newcomer().await;
    world.send(Protect { with: Protection::Keychain }).await.unwrap();
    let code = write_down(&world).await;
    world.ask("rehearsal/rehearsal", "Hello").await;
    world.quit().await;
    world.keychain.empty();
    world.start().await;
    assert!(matches!(state(&world).await, VaultState::Locked { .. }));
    let failure = world.refused(UnlockWithKeychain {}).await;
    assert!(failure.message.contains("is gone"), "it says what happened: {failure:?}");

    let way = EntryPurpose::Unlock { way: UnlockWay::Recovery };
    let mistyped = code.replacen(&code[..1], if code.starts_with('A') { "B" } else { "A" }, 1);
    let failure = type_in(&world, way.clone(), &mistyped).await.unwrap_err();
    assert!(failure.message.contains("mistyped"), "a slip is told from a wrong code: {failure:?}");
    type_in(&world, way, &code.to_lowercase().replace('-', " ")).await.unwrap();
    assert_eq!(state(&world).await, unlocked(UnlockWay::Recovery));
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1, "nothing was lost");

    world.send(Protect { with: Protection::Keychain }).await.unwrap();
    world.restart().await;
    assert_eq!(state(&world).await, unlocked(UnlockWay::Keychain), "and the keychain opens it again");
}

#[tokio::test]
async fn a_new_recovery_code_takes_the_place_of_the_old_one() {
    let (world, old) = with_passphrase("", Protection::Passphrase).await;
    world.send(MakeRecoveryCode {}).await.unwrap();
    let new = write_down(&world).await;
    assert_ne!(old, new);
    world.restart().await;
    let way = EntryPurpose::Unlock { way: UnlockWay::Recovery };
    let failure = type_in(&world, way.clone(), &old).await.unwrap_err();
    assert_eq!(failure.code, Code::WrongPassphrase, "{failure:?}");
    type_in(&world, way, &new).await.unwrap();
    assert_eq!(state(&world).await, unlocked(UnlockWay::Recovery));
}

#[tokio::test]
async fn no_window_of_conversations_gets_at_a_code_or_a_passphrase() {
    let world = World::newcomer().await;
    world.send(Protect { with: Protection::Keychain }).await.unwrap();
    let code = world.send(GetRecoveryCode {}).await.unwrap().groups;
    for name in ["GetRecoveryCode", "SaveRecoveryCode", "ConfirmRecoveryCode", "SubmitEntry"] {
        let body = serde_json::json!({ "path": "/tmp/x", "groups": [], "secret": "" });
        let failure = world.send_json("main", name, body).await.unwrap_err();
        assert_eq!(failure.code, Code::Refused, "{name}");
    }
    let failure = world.refused(OpenEntry { purpose: EntryPurpose::RecoveryCode }).await;
    assert_eq!(failure.code, Code::Refused, "nor can it have the code shown again");
    let events = format!("{:?}", world.heard());
    assert!(code.iter().all(|group| !events.contains(group.as_str())), "no event tells of it");
}
