//! Lists of models.

use super::*;
use crate::ModelRow;

fn listed(id: &str, window: Option<u32>) -> ListedModel {
    ListedModel { id: id.to_owned(), name: id.to_owned(), context_window: window, detail: None }
}

#[tokio::test]
async fn every_shape_of_a_list_is_read() {
    for (name, list, expected) in [
        (
            "openai",
            json!({ "object": "list", "data": [{ "id": "a" }, { "id": "b" }] }),
            vec![listed("a", None), listed("b", None)],
        ),
        (
            "groq",
            json!({ "data": [{ "id": "a", "context_window": 131_072, "active": true }, { "id": "b", "active": false }] }),
            vec![listed("a", Some(131_072))],
        ),
        ("vllm", json!({ "data": [{ "id": "a", "max_model_len": "4096" }] }), vec![listed("a", Some(4096))]),
        ("llama.cpp", json!({ "data": [{ "id": "a", "meta": { "n_ctx": 2048 } }] }), vec![listed("a", Some(2048))]),
        ("bare", json!([{ "id": "a" }, "b", { "id": "" }, 7]), vec![listed("a", None), listed("b", None)]),
        ("models", json!({ "models": [{ "name": "a" }] }), vec![listed("a", None)]),
        ("none", json!({ "data": [] }), vec![]),
        ("null", json!({ "data": null }), vec![]),
    ] {
        let server = FakeServer::start().await;
        server.on("GET", "/v1/models", Reply::status(200).json(&list));
        assert_eq!(client().models(&chat(&server), None).await, Ok(expected), "{name}");
    }
}

#[tokio::test]
async fn a_row_fills_and_hides() {
    let server = FakeServer::start().await;
    server.on(
        "GET",
        "/v1/models",
        Reply::status(200).json(&json!({ "data": [{ "id": "a" }, { "id": "Text-Embedding-3" }] })),
    );
    let mut provider = chat(&server);
    provider.hide = vec!["embedding".into()];
    provider.models =
        vec![ModelRow { id: "a".into(), name: "Model A".into(), context_window: Some(9), ..ModelRow::default() }];
    let expected = ListedModel { name: "Model A".into(), ..listed("a", Some(9)) };
    assert_eq!(client().models(&provider, None).await, Ok(vec![expected.clone()]));
    server.forget("GET", "/v1/models");
    assert_eq!(
        client().models(&provider, None).await,
        Ok(vec![expected]),
        "without a list, what the row knows is left"
    );
}

#[tokio::test]
async fn ollama_lists_what_is_installed_with_its_window() {
    let server = FakeServer::start().await;
    server.ollama_models([
        FakeModel::named("small:latest").context(4096).size(50_000_000),
        FakeModel::named("big:70b").context(131_072),
    ]);
    let provider = ProviderRow { max_context: Some(16_384), ..ollama(&server) };
    let model = |id: &str, name: &str, window: u32, size: &str| ListedModel {
        id: id.to_owned(),
        name: name.to_owned(),
        context_window: Some(window),
        detail: Some(format!("8B · {size} · fake · Q4_K_M")),
    };
    assert_eq!(
        client().models(&provider, None).await,
        Ok(vec![model("small:latest", "small", 4096, "50 MB"), model("big:70b", "big:70b", 16_384, "4.7 GB")]),
        "no more than the row allows"
    );
}

#[tokio::test]
async fn ollama_lists_models_without_a_window_and_none_that_cannot_chat() {
    let server = FakeServer::start().await;
    let tags = json!({ "models": [
        { "name": "a", "capabilities": ["completion", "tools"] },
        { "name": "embed", "capabilities": ["embedding"] },
        { "name": "cloud", "remote_host": "https://ollama.com" },
    ] });
    server.on("GET", "/api/tags", Reply::status(200).json(&tags));
    let cloud = ListedModel { detail: Some("runs at ollama.com".into()), ..listed("cloud", None) };
    assert_eq!(client().models(&ollama(&server), None).await, Ok(vec![listed("a", None), cloud]));
}

#[tokio::test]
async fn a_list_that_is_none_says_what_it_is() {
    use ErrorKind::*;
    for (name, reply, kind, words) in [
        ("a web page", Reply::html(200), Malformed, "web page"),
        ("something else", Reply::status(200).json(&json!({ "hello": 1 })), Malformed, "not a list of models"),
        ("not JSON", Reply::status(200).text("hello"), Malformed, "not a list of models"),
        (
            "an error under 200",
            Reply::status(200).json(&json!({ "error": { "message": "no", "code": 401 } })),
            Auth,
            "no",
        ),
        ("401", Reply::status(401).json(&json!({ "error": { "message": "no" } })), Auth, "no"),
        ("cut", Reply::status(200).text("{\"data\":[").cut(), EndedEarly, "before"),
    ] {
        let server = FakeServer::start().await;
        server.on("GET", "/v1/models", reply);
        let error = client().models(&chat(&server), None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{name}: {error:?}");
        assert!(error.message.contains(words), "{name}: {error:?}");
    }
    let nowhere = row(&FakeServer::nowhere().await, WireName::Ollama, KeyNeed::None);
    assert_eq!(client().models(&nowhere, None).await.unwrap_err().kind, NotRunning);
}

#[tokio::test]
async fn a_list_is_asked_for_with_the_key() {
    let server = FakeServer::start().await;
    server.models(["a"]);
    server.require_key("sk-right");
    server.expect_key("sk-right");
    let models = client().models(&chat(&server), Some(credential("sk-right", &server.origin()))).await;
    assert_eq!(models, Ok(vec![listed("a", Some(8192))]));
}
