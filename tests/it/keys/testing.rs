//! Asking a provider whether it takes a key.

use holdfast_contract::{KeyTestResult, TestKey};
use serde_json::json;

use super::*;
use crate::world::row;

async fn tested(server: &FakeServer, way: &str) -> KeyInfo {
    let more = format!("key: required, place: cloud, key_test: {way}");
    let world = World::with(&models(&[row("cloud", "openai_chat", &server.openai_url(), &more)])).await;
    let key = add(&world, SECRET).await;
    let info = world.send(TestKey { id: key.id }).await.unwrap().info;
    assert_eq!(keys(&world).await[0].test, info.test, "what it found is kept");
    info
}

#[tokio::test]
async fn every_reply_has_its_meaning() {
    let error = |words: &str| json!({ "error": { "message": words } });
    for (name, reply, result, words) in [
        ("200", Reply::status(200).json(&json!({ "data": [] })), KeyTestResult::Works, "accepted"),
        ("401", Reply::status(401).json(&error("Incorrect key")), KeyTestResult::Refused, "Incorrect key"),
        ("403", Reply::status(403).json(&error("Not for you")), KeyTestResult::NoPermission, "Not for you"),
        ("402", Reply::status(402).json(&error("Pay first")), KeyTestResult::NoCredit, "Pay first"),
        ("429", Reply::status(429).json(&error("Slow down")), KeyTestResult::RateLimited, "Slow down"),
        ("500", Reply::status(500).json(&error("oops")), KeyTestResult::Unknown, "oops"),
        ("a page", Reply::html(200), KeyTestResult::WrongHost, "a web page"),
        ("no answer", Reply::refuse(), KeyTestResult::Unreachable, "closed the connection"),
    ] {
        let server = FakeServer::start().await;
        server.on("GET", "/v1/models", reply);
        let test = tested(&server, "{ path: models, proves: key }").await.test.unwrap();
        assert_eq!(test.result, result, "{name}: {test:?}");
        assert!(test.detail.as_ref().is_some_and(|detail| detail.contains(words)), "{name}: {test:?}");
        assert_eq!(server.requests().len(), 1, "{name}: one request, which costs nothing");
    }
}

#[tokio::test]
async fn a_server_that_answers_everyone_proves_nothing() {
    let server = FakeServer::start().await;
    server.models(["m"]);
    let test = tested(&server, "{ path: models, proves: compare }").await.test.unwrap();
    assert_eq!(test.result, KeyTestResult::Unknown, "{test:?}");
    let server = FakeServer::start().await;
    server.models(["m"]);
    server.require_key(SECRET);
    let test = tested(&server, "{ path: models, proves: compare }").await.test.unwrap();
    assert_eq!(test.result, KeyTestResult::Works, "one that refuses others does");
}

#[tokio::test]
async fn a_closed_vault_is_no_result() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    world.send(LockVault {}).await.unwrap();
    assert_eq!(world.refused(TestKey { id: key.id }).await.code, Code::VaultLocked);
    world.send(UnlockWithKeychain {}).await.unwrap();
    assert_eq!((keys(&world).await[0].test.clone(), server.requests().len()), (None, 0));
}
