//! Adding, using and losing keys.

use holdfast_contract::{
    Action, AnswerState, AuditEvent, AuditFilter, AuditKind, Code, DeleteKey, EntryPurpose, Event, Failure, GetStatus,
    KeyId, KeyInfo, KeySettings, KeyUsed, KeyView, ListAudit, ListKeys, LockVault, MessageView, OpenEntry, PasteKey,
    SaveKey, SendMessage, StopReason, SubmitEntry, UnlockWay, UnlockWithKeychain, VaultState,
};
use holdfast_testkit::{FakeServer, Reply};

use crate::world::{Mood, World, cloud, failure_of, models, state_of};

mod canary;
mod choosing;
mod entry;
mod finding;
mod limits;
mod origin;
mod replacing;
mod spares;
mod testing;

const SECRET: &str = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz";

/// A world with the provider `cloud`, which wants a key.
async fn world_with(server: &FakeServer) -> World {
    World::with(&models(&[cloud(server)])).await
}

/// A paste of a new key for `cloud`.
fn paste(name: &str) -> PasteKey {
    PasteKey { provider: "cloud".into(), name: name.to_owned(), replace: None }
}

/// Copies a key and adds it.
async fn add(world: &World, secret: &str) -> KeyInfo {
    world.desktop.copy(secret);
    world.send(paste("Work")).await.unwrap().info
}

/// Copies a key and adds it under a name.
async fn add_as(world: &World, name: &str, secret: &str) -> KeyInfo {
    world.desktop.copy(secret);
    world.send(paste(name)).await.unwrap().info
}

async fn views(world: &World) -> Vec<KeyView> {
    world.send(ListKeys {}).await.unwrap()
}

async fn keys(world: &World) -> Vec<KeyInfo> {
    views(world).await.into_iter().map(|view| view.info).collect()
}

/// Keeps settings of a key under its name.
async fn set(world: &World, key: &KeyInfo, settings: KeySettings) -> KeyView {
    world.send(SaveKey { id: key.id, name: key.name.clone(), settings }).await.unwrap()
}

/// What the log says of these kinds, oldest first.
async fn log(world: &World, kinds: &[AuditKind]) -> Vec<AuditEvent> {
    let filter = AuditFilter { kinds: kinds.to_vec(), ..AuditFilter::default() };
    let mut entries = world.send(ListAudit { filter, before: None, count: 200 }).await.unwrap();
    entries.reverse();
    entries
}

/// The keys that reached a server's chat, in order.
fn sent(server: &FakeServer) -> Vec<String> {
    let bearer = |request: &holdfast_testkit::RecordedRequest| {
        request.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned()
    };
    server.requests().iter().filter(|request| request.method == "POST").map(bearer).collect()
}

async fn vault(world: &World) -> VaultState {
    world.send(GetStatus {}).await.unwrap().vault
}

fn whole(answer: &MessageView) -> bool {
    state_of(answer) == AnswerState::Complete { reason: StopReason::End }
}

#[tokio::test]
async fn a_pasted_key_is_sealed_used_and_gone_from_the_clipboard() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let key = add(&world, &format!("  {SECRET}\n")).await;
    assert_eq!(world.desktop.clipboard(), None, "with the white space around it");
    assert_eq!((key.name.as_str(), key.masked.as_str()), ("Work", "sk-test-…wxyz"));
    assert_eq!((key.origin.clone(), key.last_used_at, key.test.clone()), (server.url(), None, None));
    assert_eq!(keys(&world).await, std::slice::from_ref(&key));
    assert!(world.heard().contains(&Event::Keys), "windows draw the list again");

    let answer = world.ask("cloud/m", "Hello").await;
    assert!(whole(&answer), "{answer:?}");
    assert_eq!(answer.answer.unwrap().key, Some(KeyUsed { id: key.id, name: "Work".to_owned(), instead_of: None }));
    assert!(keys(&world).await[0].last_used_at.is_some_and(|at| at >= key.added_at), "its use is noted");

    world.restart().await;
    let opened = VaultState::Unlocked { by: UnlockWay::Keychain };
    assert_eq!(vault(&world).await, opened, "the keychain opens it without a word");
    assert!(whole(&world.ask("cloud/m", "Again").await));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_was_copied_meanwhile_stays_on_the_clipboard() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    world.desktop.copy(SECRET);
    world.desktop.copy_after_next_read("something of the user's");
    world.send(paste("Work")).await.unwrap();
    assert_eq!(world.desktop.clipboard().as_deref(), Some("something of the user's"));
    assert_eq!(keys(&world).await.len(), 1);
}

#[tokio::test]
async fn what_can_be_no_key_is_not_taken_and_not_repeated() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let failure = world.refused(paste("Work")).await;
    assert_eq!((failure.code, failure.hint.is_some()), (Code::Clipboard, true), "there is nothing on it");
    for text in
        ["", "  \n ", "two words", "two\nlines", "schlüssel-mit-ü", "a\0b", "sk-\u{200b}hidden", &"k".repeat(5000)]
    {
        world.desktop.copy(text);
        let failure = world.refused(paste("Work")).await;
        assert_eq!(failure.code, Code::Clipboard, "{text:?}: {failure:?}");
        assert_eq!(world.desktop.clipboard().as_deref(), Some(text), "what is not taken stays");
        let said = format!("{failure:?}");
        assert!(text.trim().is_empty() || !said.contains(text), "{said}");
    }
    assert_eq!(keys(&world).await, []);
}

#[tokio::test]
async fn a_provider_that_takes_no_key_gets_none() {
    let world = World::new().await;
    for provider in ["ollama", "rehearsal"] {
        world.desktop.copy(SECRET);
        let command = PasteKey { provider: provider.into(), name: "Work".to_owned(), replace: None };
        assert_eq!(world.refused(command).await.code, Code::BadRequest, "{provider}");
    }
    let nobody = PasteKey { provider: "nobody".into(), name: "Work".to_owned(), replace: None };
    assert_eq!(world.refused(nobody).await.code, Code::NotFound);
    assert_eq!(world.desktop.clipboard().as_deref(), Some(SECRET), "the key is not lost");
}

#[tokio::test]
async fn without_a_key_the_answer_says_what_is_missing() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let answer = world.ask("cloud/m", "Hello").await;
    let failure = failure_of(&answer);
    assert_eq!(failure.code, Code::KeyMissing);
    assert_eq!(failure.actions, [Action::AddKey { provider: "cloud".into() }, Action::ChooseModel]);
    assert_eq!(server.requests().len(), 0, "nothing is sent without it");
}

#[tokio::test]
async fn a_refused_key_is_named_with_what_to_do() {
    let server = FakeServer::start().await;
    server.require_key("another-key");
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    let failure = failure_of(&world.ask("cloud/m", "Hello").await);
    assert_eq!(failure.code, Code::KeyRefused);
    assert!(failure.message.starts_with("cloud refused the key “Work”"), "{}", failure.message);
    let expected = [Action::ReplaceKey { key: key.id }, Action::TestKey { key: key.id }, Action::ChooseModel];
    assert_eq!(failure.actions, expected);
    assert_eq!(server.requests().len(), 1, "it is not sent again");
}

#[tokio::test]
async fn a_key_is_replaced_only_by_one_of_its_own_provider() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    world.desktop.copy("sk-other");
    let stranger = PasteKey { provider: "openai".into(), name: String::new(), replace: Some(key.id) };
    assert_eq!(world.refused(stranger).await.code, Code::BadRequest);
    let nothing = PasteKey { replace: Some(KeyId(uuid::Uuid::nil())), ..paste("x") };
    assert_eq!(world.refused(nothing).await.code, Code::NotFound);
    assert_eq!(keys(&world).await, [key]);
}

#[tokio::test]
async fn a_vault_that_the_user_closed_stays_closed_until_the_user_opens_it() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    let chat = world.chat("cloud/m").await;
    world.send(LockVault {}).await.unwrap();
    assert!(matches!(vault(&world).await, VaultState::Locked { .. }));
    let question = SendMessage { conversation: chat.id, text: "Hello".to_owned(), edits: None };
    let failure = world.refused(question).await;
    assert_eq!((failure.code, failure.actions.as_slice()), (Code::VaultLocked, &[Action::Unlock][..]), "{failure:?}");
    world.desktop.copy("sk-another-0123456789");
    for failure in [world.refused(ListKeys {}).await, world.refused(paste("Another")).await] {
        assert_eq!(failure.code, Code::VaultLocked, "no key is shown and none is taken: {failure:?}");
    }
    assert_eq!(server.requests().len(), 0, "nothing was sent");
    world.send(UnlockWithKeychain {}).await.unwrap();
    assert_eq!(keys(&world).await, [key], "and all is well again");
    assert!(whole(&chat.ask("Hello").await));
}

#[tokio::test]
async fn a_keychain_that_is_locked_at_the_start_opens_nothing_until_it_is_asked_again() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    world.quit().await;
    world.keychain.is(Mood::Locked);
    world.start().await;
    assert_eq!(world.refused(ListKeys {}).await.code, Code::VaultLocked);
    let failure = world.refused(UnlockWithKeychain {}).await;
    assert_eq!((failure.code, failure.actions.first()), (Code::VaultLocked, Some(&Action::Unlock)), "{failure:?}");
    assert!(failure.message.contains("keychain is locked"), "{}", failure.message);
    world.keychain.is(Mood::Works);
    world.send(UnlockWithKeychain {}).await.unwrap();
    assert!(whole(&world.ask("cloud/m", "Hello").await));
}

#[tokio::test]
async fn a_keychain_entry_that_was_deleted_is_named_and_nothing_is_made_anew() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    let kept = world.keychain.secrets();
    assert_eq!(kept.len(), 1, "the keychain holds one entry");
    assert!(!kept[0].contains(SECRET), "and it is not the key");
    world.quit().await;
    world.keychain.empty();
    world.start().await;
    let failure = world.refused(UnlockWithKeychain {}).await;
    assert_eq!(failure.code, Code::VaultLocked);
    assert!(failure.message.contains("is gone"), "{}", failure.message);
    world.desktop.copy("sk-another-0123456789");
    assert_eq!(world.refused(paste("Another")).await.code, Code::VaultLocked, "no second vault over the first");
    assert_eq!(world.keychain.secrets(), Vec::<String>::new(), "and nothing new in the keychain");
    assert_eq!(world.desktop.clipboard().as_deref(), Some("sk-another-0123456789"), "the key is not lost");
}

#[tokio::test]
async fn a_key_that_does_not_open_is_refused_and_said_to_be_so() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    world.quit().await;
    // The secret of one key in the place of another's: the seal holds whose it is.
    let store = world.store().await;
    let mut stranger = store.key(key.id).await.unwrap().unwrap();
    stranger.info.id = KeyId(uuid::Uuid::now_v7());
    let mut writes = store.begin().await.unwrap();
    writes.add_key(&stranger.info, &stranger.settings, 1, stranger.sealed).await.unwrap();
    writes.delete_key(key.id, 1).await.unwrap();
    writes.commit().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    world.start().await;
    let failure = failure_of(&world.ask("cloud/m", "Hello").await);
    assert_eq!(failure.code, Code::VaultDamaged, "{failure:?}");
    assert!(failure.message.contains("does not belong"), "{}", failure.message);
    let actions = [Action::ReplaceKey { key: stranger.info.id }, Action::TryAgain { after: None }];
    assert_eq!((failure.actions.as_slice(), views(&world).await[0].month.uses), (&actions[..], 0));
    assert_eq!(server.requests().len(), 0, "nothing was sent");
}
