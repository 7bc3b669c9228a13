//! A new secret in the place of a key: tested before it takes over.

use holdfast_contract::{KeyTestResult, RevisionState, SettlePending, TestKey};
use serde_json::json;

use super::*;
use crate::world::row;

const NEW: &str = "sk-new-9876543210zyxwvutsrqponmlkjihgfedcba";

/// A world whose provider `cloud` says by its list of models whether it takes a key.
async fn proving(server: &FakeServer) -> World {
    let more = "key: required, place: cloud, key_test: { path: models, proves: key }";
    World::with(&models(&[row("cloud", "openai_chat", &server.openai_url(), more)])).await
}

async fn replace(world: &World, key: KeyId, secret: &str) -> KeyView {
    world.desktop.copy(secret);
    let command = PasteKey { provider: "cloud".into(), name: "ignored".to_owned(), replace: Some(key) };
    world.send(command).await.unwrap()
}

#[tokio::test]
async fn a_new_secret_that_works_takes_over_and_the_old_one_is_never_sent_again() {
    let server = FakeServer::start().await;
    server.models(["m"]);
    server.on_chat(Reply::answer("Yes"));
    let world = proving(&server).await;
    let old = add(&world, SECRET).await;
    world.ask("cloud/m", "With the old").await;
    let new = replace(&world, old.id, NEW).await;
    assert_eq!((new.info.id, new.info.name.as_str(), new.info.masked.as_str()), (old.id, "Work", "sk-new-…dcba"));
    assert_eq!((new.revision, new.pending.clone(), new.info.added_at), (2, None, old.added_at));
    assert_eq!(new.info.test.as_ref().map(|test| test.result), Some(KeyTestResult::Works), "it was tested at once");
    assert_eq!(world.desktop.clipboard(), None, "and is gone from the clipboard");
    assert_eq!(views(&world).await, [new], "it stands in the place of the old one");
    world.ask("cloud/m", "With the new").await;
    world.restart().await;
    world.ask("cloud/m", "After a restart").await;
    assert_eq!(sent(&server), [SECRET, NEW, NEW]);
    let noted = log(&world, &[AuditKind::KeyReplaced, AuditKind::KeyTested]).await;
    assert_eq!(
        noted.iter().map(|entry| entry.kind).collect::<Vec<_>>(),
        [AuditKind::KeyTested, AuditKind::KeyReplaced]
    );
    assert_eq!(noted[0].detail["result"], "works");
}

#[tokio::test]
async fn a_new_secret_that_is_refused_waits_while_the_old_one_is_used() {
    let server = FakeServer::start().await;
    server.require_key(SECRET);
    server.models(["m"]);
    server.on_chat(Reply::answer("Yes"));
    let world = proving(&server).await;
    let key = add(&world, SECRET).await;
    let waiting = replace(&world, key.id, NEW).await;
    assert_eq!(waiting.info.masked, key.masked, "the old one is the one in use");
    let pending = waiting.pending.clone().unwrap();
    assert_eq!(
        (pending.revision, pending.state, pending.masked.as_str(), pending.origin),
        (2, RevisionState::Pending, "sk-new-…dcba", server.url())
    );
    assert_eq!(waiting.info.test.as_ref().map(|test| test.result), Some(KeyTestResult::Refused));
    assert!(whole(&world.ask("cloud/m", "Still?").await), "nothing was lost");

    // Thrown away: the old one goes on, as one that was not tested.
    let settled = world.send(SettlePending { id: key.id, keep: false }).await.unwrap();
    assert_eq!((settled.pending, settled.info.test, settled.revision), (None, None, 1));
    assert_eq!(world.refused(SettlePending { id: key.id, keep: true }).await.code, Code::NotFound, "nothing waits now");

    // Another one is kept though its test failed.
    let waiting = replace(&world, key.id, NEW).await;
    assert_eq!(waiting.pending.map(|pending| pending.revision), Some(3), "no number is used twice");
    let settled = world.send(SettlePending { id: key.id, keep: true }).await.unwrap();
    assert_eq!((settled.pending, settled.revision, settled.info.masked.as_str()), (None, 3, "sk-new-…dcba"));
    assert_eq!(settled.info.test.map(|test| test.result), Some(KeyTestResult::Refused), "what its test said stays");
    assert_eq!(failure_of(&world.ask("cloud/m", "Now?").await).code, Code::KeyRefused, "as the user wanted");
    assert_eq!(sent(&server), [SECRET, NEW]);
}

#[tokio::test]
async fn a_new_secret_that_could_not_be_tested_is_tested_again() {
    let server = FakeServer::start().await;
    server.on("GET", "/v1/models", Reply::status(503));
    let world = proving(&server).await;
    let key = add(&world, SECRET).await;
    let waiting = replace(&world, key.id, NEW).await;
    assert_eq!(waiting.info.test.map(|test| test.result), Some(KeyTestResult::Unknown));
    assert!(waiting.pending.is_some());
    server.forget("GET", "/v1/models");
    server.on("GET", "/v1/models", Reply::status(200).json(&json!({ "data": [] })));
    server.expect_key(NEW);
    let tested = world.send(TestKey { id: key.id }).await.unwrap();
    assert_eq!((tested.revision, tested.pending, tested.info.masked.as_str()), (2, None, "sk-new-…dcba"));
}

#[tokio::test]
async fn a_test_looks_for_the_model_of_the_key() {
    let server = FakeServer::start().await;
    server.models(["m"]);
    let world = proving(&server).await;
    let key = add(&world, SECRET).await;
    for (model, expected) in [("m", KeyTestResult::Works), ("gone", KeyTestResult::ModelMissing)] {
        set(&world, &key, KeySettings { default_model: Some(model.to_owned()), ..KeySettings::default() }).await;
        let test = world.send(TestKey { id: key.id }).await.unwrap().info.test.unwrap();
        assert_eq!(test.result, expected, "{model}: {test:?}");
    }
}
