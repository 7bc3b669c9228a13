//! Going on with another model.

use holdfast_contract::{GetCatalogue, GetSettings, ModelRef, RetryAnswer, SetModel};
use holdfast_testkit::{FakeModel, FakeServer, Reply};
use serde_json::json;

use super::{said, sent};
use crate::world::{World, models, ollama, studio, text_of};

#[tokio::test]
async fn the_whole_history_goes_along_to_another_wire() {
    let (server, local) = (FakeServer::start().await, FakeServer::start().await);
    server.on_chat(Reply::answer("It is 4."));
    local.on_ollama_chat(Reply::ollama_answer("Still 4."));
    let world = World::with(&models(&[studio(&server), ollama(&local)])).await;
    let chat = world.chat("studio/m").await;
    chat.ask("2 + 2?").await;
    let model = ModelRef::parse("ollama/fake:8b").unwrap();
    let summary = world.send(SetModel { conversation: chat.id, model: model.clone() }).await.unwrap();
    assert_eq!((summary.model, summary.local), (Some(model.clone()), true));
    let answer = chat.ask("Are you sure?").await;
    assert_eq!((text_of(&answer).as_str(), answer.answer.unwrap().model), ("Still 4.", model.clone()));

    let request = local.single_request();
    assert_eq!(request.path, "/api/chat");
    let expected = said(&[("user", "2 + 2?"), ("assistant", "It is 4."), ("user", "Are you sure?")]);
    assert_eq!(sent(&request), expected);
    assert_eq!(request.body["options"], json!({ "num_ctx": 8192 }), "the server is told how much room the chat needs");
    assert_eq!((&request.body["truncate"], &request.body["shift"]), (&json!(false), &json!(false)));
    assert_eq!(server.requests().len(), 1, "the first server hears nothing more");
    assert_eq!(
        world.send(GetSettings {}).await.unwrap().model,
        Some(model),
        "the next new conversation begins with it"
    );
}

#[tokio::test]
async fn a_local_model_is_never_told_of_more_room_than_it_has() {
    let local = FakeServer::start().await;
    local.ollama_models([FakeModel::named("small").context(4096), FakeModel::named("large").context(131_072)]);
    local.on_ollama_chat(Reply::ollama_answer("Yes"));
    let world = World::with(&models(&[ollama(&local)])).await;
    let catalogue = world.send(GetCatalogue { refresh: true }).await.unwrap();
    let windows: Vec<_> = catalogue
        .models
        .iter()
        .filter(|model| model.model.provider.0 == "ollama")
        .map(|model| (model.model.model.as_str(), model.context_window, model.usable))
        .collect();
    assert_eq!(
        windows,
        [("small", Some(4096), true), ("large", Some(16_384), true)],
        "models.yaml caps what a model claims"
    );
    let long = "word ".repeat(6000);
    for (model, question, window) in
        [("ollama/small", "Hello", 4096), ("ollama/large", "Hello", 8192), ("ollama/large", long.as_str(), 16_384)]
    {
        let before = local.requests().len();
        world.ask(model, question).await;
        assert_eq!(local.requests()[before].body["options"]["num_ctx"], json!(window), "{model}");
    }
}

#[tokio::test]
async fn trying_again_after_a_change_asks_the_new_model() {
    let (server, local) = (FakeServer::start().await, FakeServer::start().await);
    server.on_chat(Reply::answer("Cloudy"));
    local.on_ollama_chat(Reply::ollama_answer("Sunny"));
    let world = World::with(&models(&[studio(&server), ollama(&local)])).await;
    let chat = world.chat("studio/m").await;
    let first = chat.ask("Weather?").await;
    world.send(SetModel { conversation: chat.id, model: ModelRef::parse("ollama/x").unwrap() }).await.unwrap();
    let second = chat.end_after(RetryAnswer { answer: first.id }).await;
    assert_eq!((text_of(&second).as_str(), second.siblings.len()), ("Sunny", 2));
    assert_eq!(sent(&local.single_request()), said(&[("user", "Weather?")]));
}
