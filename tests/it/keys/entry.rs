//! The small window in which secrets are typed.

use holdfast_contract::{CancelEntry, EntryContext, GetEntry};

use super::*;

fn entry_closed(world: &World) -> Vec<bool> {
    let done = |event| match event {
        Event::EntryClosed { done } => Some(done),
        _ => None,
    };
    world.heard().into_iter().filter_map(done).collect()
}

async fn submit(world: &World, secret: &str) -> Result<(), Failure> {
    world.send(SubmitEntry { secret: secret.to_owned() }).await
}

#[tokio::test]
async fn a_key_is_added_through_the_entry_window() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let purpose = EntryPurpose::AddKey { provider: "cloud".into(), name: "Typed".to_owned() };
    world.send(OpenEntry { purpose: purpose.clone() }).await.unwrap();
    assert!(world.desktop.entry_is_open());
    let context = world.send(GetEntry {}).await.unwrap();
    let expected =
        EntryContext { purpose, provider_name: Some("cloud".to_owned()), origin: Some(server.url()), key_prefix: None };
    assert_eq!(context, expected, "it shows for whom and for where the key is");

    assert_eq!(submit(&world, "not a key").await.unwrap_err().code, Code::Clipboard);
    assert!(world.desktop.entry_is_open(), "a slip of the fingers does not close the window");
    submit(&world, SECRET).await.unwrap();
    world.hears("the end of the entry", |events| events.contains(&Event::EntryClosed { done: true })).await;
    assert!(!world.desktop.entry_is_open());
    assert_eq!(keys(&world).await[0].name, "Typed");
    assert!(whole(&world.ask("cloud/m", "Hello").await));
}

#[tokio::test]
async fn a_secret_that_nobody_asked_for_is_not_taken() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    assert_eq!(submit(&world, SECRET).await.unwrap_err().code, Code::BadRequest);
    assert_eq!(world.refused(GetEntry {}).await.code, Code::BadRequest);
    let purpose = EntryPurpose::AddKey { provider: "cloud".into(), name: "x".to_owned() };
    world.send(OpenEntry { purpose }).await.unwrap();
    world.send(CancelEntry {}).await.unwrap();
    world.hears("the end of the entry", |events| events.contains(&Event::EntryClosed { done: false })).await;
    assert!(!world.desktop.entry_is_open());
    assert_eq!(submit(&world, SECRET).await.unwrap_err().code, Code::BadRequest, "the window is closed");
    world.send(CancelEntry {}).await.unwrap();
    assert_eq!(entry_closed(&world), [false], "a second close says nothing");
    assert_eq!(keys(&world).await, []);
}

#[tokio::test]
async fn a_key_is_replaced_through_the_entry_window() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    server.require_key(SECRET);
    server.models(["m"]);
    let world = world_with(&server).await;
    let key = add(&world, "sk-old-0123456789abcdef").await;
    world.send(OpenEntry { purpose: EntryPurpose::ReplaceKey { key: key.id } }).await.unwrap();
    let context = world.send(GetEntry {}).await.unwrap();
    assert_eq!((context.provider_name.as_deref(), context.origin), (Some("cloud"), Some(server.url())));
    submit(&world, SECRET).await.unwrap();
    let replaced = keys(&world).await;
    assert_eq!((replaced.len(), replaced[0].id, replaced[0].masked.as_str()), (1, key.id, "sk-test-…wxyz"));
    assert!(whole(&world.ask("cloud/m", "Hello").await));
}

#[tokio::test]
async fn a_key_that_was_deleted_while_its_window_was_open_is_not_brought_back() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    world.send(OpenEntry { purpose: EntryPurpose::ReplaceKey { key: key.id } }).await.unwrap();
    world.send(DeleteKey { id: key.id }).await.unwrap();
    assert_eq!(submit(&world, SECRET).await.unwrap_err().code, Code::NotFound);
    assert_eq!(keys(&world).await, []);
}
