//! Which key is used: the conversation's own, else the first of its provider that is in use.

use holdfast_contract::{MoveKey, RestoreKey, SetConversationKey, SetModel};

use super::*;
use crate::world::row;

const SECOND: &str = "sk-second-0123456789abcdefghijklmnop";

fn names(views: &[KeyView]) -> Vec<(&str, u32)> {
    views.iter().map(|view| (view.info.name.as_str(), view.position)).collect()
}

#[tokio::test]
async fn the_first_key_in_use_is_the_default() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let first = add(&world, SECRET).await;
    let second = add_as(&world, "Second", SECOND).await;
    world.ask("cloud/m", "1").await;
    let moved = world.send(MoveKey { id: second.id, position: 0 }).await.unwrap();
    assert_eq!(names(&moved), [("Second", 0), ("Work", 1)]);
    world.ask("cloud/m", "2").await;
    set(&world, &second, KeySettings { active: false, ..KeySettings::default() }).await;
    world.ask("cloud/m", "3").await;
    assert_eq!(sent(&server), [SECRET, SECOND, SECRET]);
    set(&world, &first, KeySettings { active: false, ..KeySettings::default() }).await;
    let failure = failure_of(&world.ask("cloud/m", "4").await);
    assert_eq!(failure.code, Code::KeyMissing);
    assert!(failure.message.contains("switched off"), "{}", failure.message);
    assert_eq!(failure.actions[0], Action::KeySettings { key: second.id });
    let last = world.send(MoveKey { id: second.id, position: 99 }).await.unwrap();
    assert_eq!(names(&last), [("Work", 0), ("Second", 1)], "further than the end is the end");
}

#[tokio::test]
async fn a_conversation_keeps_its_own_key() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    let second = add_as(&world, "Second", SECOND).await;
    let chat = world.chat("cloud/m").await;
    let choose = |key| SetConversationKey { conversation: chat.id, key };
    assert_eq!(world.send(choose(Some(second.id))).await.unwrap().key, Some(second.id));
    let answer = chat.ask("With its own").await;
    assert_eq!(answer.answer.unwrap().key.unwrap().name, "Second");
    world.restart().await;
    let chat = world.reopen(chat.id);
    assert_eq!(chat.open().await.summary.key, Some(second.id));
    chat.ask("Still").await;

    // Switched off, it is not passed over in silence.
    set(&world, &second, KeySettings { active: false, ..KeySettings::default() }).await;
    let failure = failure_of(&chat.ask("And now?").await);
    assert_eq!((failure.code, failure.actions[0].clone()), (Code::KeyMissing, Action::KeySettings { key: second.id }));
    assert_eq!(world.send(choose(None)).await.unwrap().key, None);
    chat.ask("With the default").await;
    assert_eq!(sent(&server), [SECOND, SECOND, SECRET]);
    let nothing = Some(KeyId(uuid::Uuid::nil()));
    assert_eq!(world.refused(choose(nothing)).await.code, Code::NotFound);
}

#[tokio::test]
async fn a_key_of_another_provider_is_not_taken_for_a_conversation() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let other = row("other", "openai_chat", &server.openai_url(), "key: required, place: cloud");
    let world = World::with(&models(&[cloud(&server), other])).await;
    let key = add(&world, SECRET).await;
    world.desktop.copy(SECOND);
    let paste = PasteKey { provider: "other".into(), name: "Other".to_owned(), replace: None };
    let strange = world.send(paste).await.unwrap().info;
    let chat = world.chat("cloud/m").await;
    chat.ask("1").await;
    let failure = world.refused(SetConversationKey { conversation: chat.id, key: Some(strange.id) }).await;
    assert_eq!(failure.code, Code::BadRequest, "{failure:?}");
    world.send(SetConversationKey { conversation: chat.id, key: Some(key.id) }).await.unwrap();
    let model = holdfast_contract::ModelRef::parse("other/m").unwrap();
    world.send(SetModel { conversation: chat.id, model }).await.unwrap();
    chat.ask("2").await;
    assert_eq!(sent(&server), [SECRET, SECOND], "each provider gets its own key, whatever the conversation had");
}

#[tokio::test]
async fn a_new_conversation_begins_with_the_model_of_its_key() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    set(&world, &key, KeySettings { default_model: Some("mine".to_owned()), ..KeySettings::default() }).await;
    let chat = world.chat("rehearsal/rehearsal").await;
    let summary = world.send(SetConversationKey { conversation: chat.id, key: Some(key.id) }).await.unwrap();
    assert_eq!(summary.model.map(|model| model.to_string()).as_deref(), Some("cloud/mine"));
}

#[tokio::test]
async fn a_deleted_key_comes_back_with_all_that_belongs_to_it() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    let answer = world.ask("cloud/m", "Hello").await;
    let before = views(&world).await;
    world.send(DeleteKey { id: key.id }).await.unwrap();
    assert_eq!(keys(&world).await, []);
    assert_eq!(failure_of(&world.ask("cloud/m", "And now?").await).code, Code::KeyMissing);
    assert_eq!(world.refused(DeleteKey { id: key.id }).await.code, Code::NotFound, "it is deleted once");
    assert_eq!(answer.answer.unwrap().key.unwrap().name, "Work", "old answers still say which key they used");
    let back = world.send(RestoreKey { id: key.id }).await.unwrap();
    assert_eq!(std::slice::from_ref(&back), before, "as it was");
    assert!(whole(&world.ask("cloud/m", "Again").await));
    assert_eq!(server.requests().len(), 2);
    assert_eq!(world.refused(RestoreKey { id: key.id }).await.code, Code::NotFound, "it is not deleted");
    let kinds: Vec<AuditKind> = log(&world, &[AuditKind::KeyAdded, AuditKind::KeyDeleted, AuditKind::KeyRestored])
        .await
        .iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(kinds, [AuditKind::KeyAdded, AuditKind::KeyDeleted, AuditKind::KeyRestored]);
}

#[tokio::test]
async fn a_rename_and_a_change_are_in_the_log_with_what_was_changed() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    let settings = KeySettings { spare: true, monthly_micros: Some(5), ..KeySettings::default() };
    let view = world.send(SaveKey { id: key.id, name: " Home ".to_owned(), settings: settings.clone() }).await.unwrap();
    assert_eq!((view.info.name.as_str(), view.settings), ("Home", settings));
    let noted = log(&world, &[AuditKind::KeyRenamed, AuditKind::KeyChanged]).await;
    let details: Vec<Vec<(&str, &str)>> = noted
        .iter()
        .map(|entry| entry.detail.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
        .collect();
    assert_eq!(details, [vec![("to", "Home")], vec![("monthly_micros", "5"), ("spare", "true")]]);
}
