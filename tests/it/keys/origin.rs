//! A key goes to the address it was given for, and nowhere else.

use holdfast_contract::{GetCatalogue, KeyNeed, KeyTestResult, SaveProvider, TestKey, WireName};

use super::*;

#[tokio::test]
async fn a_provider_that_moved_does_not_get_the_key() {
    let (home, elsewhere) = (FakeServer::start().await, FakeServer::start().await);
    elsewhere.models(["m"]);
    elsewhere.on_chat(Reply::answer("Thank you for the key"));
    let world = world_with(&home).await;
    let key = add(&world, SECRET).await;
    world.write_models(&models(&[cloud(&elsewhere)]));
    world.restart().await;

    let failure = failure_of(&world.ask("cloud/m", "Hello").await);
    assert_eq!(failure.code, Code::KeyRefused);
    assert!(failure.message.contains("sealed for another address"), "{}", failure.message);
    assert_eq!(failure.actions, [Action::AddKey { provider: "cloud".into() }]);
    world.send(GetCatalogue { refresh: true }).await.unwrap();
    let tested = world.send(TestKey { id: key.id }).await.unwrap().info.test.unwrap();
    assert_eq!(tested.result, KeyTestResult::WrongHost, "{tested:?}");
    assert_eq!(elsewhere.requests(), [], "nothing at all reached the new address");
    assert_eq!(keys(&world).await[0].origin, home.url(), "the list shows where the key belongs");
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_along() {
    let (server, elsewhere) = (FakeServer::start().await, FakeServer::start().await);
    elsewhere.on_chat(Reply::answer("Thank you for the key"));
    let to = format!("{}/chat/completions", elsewhere.openai_url());
    server.on_chat(Reply::status(307).header("location", &to));
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    assert_eq!(failure_of(&world.ask("cloud/m", "Hello").await).code, Code::Malformed);
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test]
async fn a_provider_with_a_key_cannot_be_pointed_elsewhere() {
    let (server, elsewhere) = (FakeServer::start().await, FakeServer::start().await);
    let world = World::new().await;
    let save = |id, base_url: String| SaveProvider {
        id,
        name: "Mine".to_owned(),
        base_url,
        wire: WireName::OpenaiChat,
        key: KeyNeed::Optional,
    };
    server.models(["m"]);
    let made = world.send(save(None, server.openai_url())).await.unwrap();
    world.desktop.copy(SECRET);
    let command = PasteKey { provider: made.id.clone(), name: "Work".to_owned(), replace: None };
    world.send(command).await.unwrap();
    let failure = world.refused(save(Some(made.id.clone()), elsewhere.openai_url())).await;
    assert_eq!(failure.code, Code::BadRequest);
    assert!(failure.message.contains(&server.url()), "it says what the key is sealed for: {}", failure.message);
    assert_eq!(elsewhere.requests(), []);
    world.send(save(Some(made.id.clone()), format!("{}/v1/", server.url()))).await.unwrap();
    world.send(holdfast_contract::DeleteProvider { id: made.id }).await.unwrap();
    assert_eq!(keys(&world).await, [], "its keys go with it");
}

#[tokio::test]
async fn a_keyless_provider_is_never_sent_a_key() {
    let (server, keyless) = (FakeServer::start().await, FakeServer::start().await);
    keyless.expect_no_key();
    keyless.models(["m"]);
    keyless.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server), crate::world::studio(&keyless)])).await;
    add(&world, SECRET).await;
    world.send(GetCatalogue { refresh: true }).await.unwrap();
    assert!(whole(&world.ask("studio/m", "Hello").await));
}
