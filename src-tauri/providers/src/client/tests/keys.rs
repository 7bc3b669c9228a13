//! Where a key goes, and where it does not.

use super::*;
use crate::KeyProof;

#[tokio::test]
async fn a_key_goes_to_its_own_origin_alone() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("a"));
    let canary = Canary::new();
    server.expect_key(canary.secret());
    let provider = chat(&server);
    let stream = client().stream(&provider, &question("Hi"), Some(credential(canary.secret(), &server.origin()))).await;
    assert_eq!(collect(stream.unwrap()).await.1, None, "its own origin gets it");

    for other in ["https://api.openai.com", "http://127.0.0.1:1", "http://localhost"] {
        let elsewhere = credential(canary.secret(), &Origin::parse(other).unwrap());
        let Err(error) = client().stream(&provider, &question("Hi"), Some(elsewhere)).await else {
            panic!("a key of {other} must not be sent")
        };
        assert_eq!(error.kind, ErrorKind::WrongOrigin, "{other}");
        assert!(error.message.contains(other) && error.message.contains(&server.url()), "{}", error.message);
    }
    assert_eq!(server.requests().len(), 1, "nothing was sent for the others");
}

#[tokio::test]
async fn a_provider_that_needs_a_key_is_not_asked_without() {
    let server = FakeServer::start().await;
    let provider = ProviderRow { key: KeyNeed::Required, ..chat(&server) };
    let error = ask(&client(), &provider).await.1.unwrap();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Auth, "Fake needs a key."));
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_key_does_not_follow_a_redirect() {
    let elsewhere = FakeServer::start().await;
    let server = FakeServer::start().await;
    let canary = Canary::new();
    for status in [301, 302, 303, 307, 308] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(Reply::status(status).header("location", &format!("{}/v1/x?token=1", elsewhere.url())));
        let key = credential(canary.secret(), &server.origin());
        let Err(error) = client().stream(&chat(&server), &question("Hi"), Some(key)).await else {
            panic!("{status} is no answer")
        };
        assert_eq!((error.kind, error.status), (ErrorKind::Malformed, Some(status)));
        let expected = format!("Fake points to another address: {}/v1/x Nothing was sent there.", elsewhere.url());
        assert_eq!(error.message, expected, "{status}: it says where, without the query");
    }
    assert_eq!(elsewhere.requests(), [], "no one was asked there");
}

#[tokio::test]
async fn a_key_that_a_server_repeats_is_in_no_error() {
    let canary = Canary::new();
    let said = format!("Incorrect API key provided: {}.", canary.secret());
    let quoted = json!({ "error": { "message": said, "code": canary.secret() } });
    for (name, reply) in [
        ("body", Reply::status(401).json(&quoted)),
        ("text", Reply::status(500).text(&said)),
        ("page", Reply::status(502).header("content-type", "text/html").text(&format!("<html><title>{said}</title>"))),
        ("event", Reply::sse().delta("a").event(&quoted)),
        ("not JSON", Reply::sse().data(&format!("{{{said}"))),
        ("error under 200", Reply::status(200).json(&quoted)),
        ("redirect", Reply::status(302).header("location", &format!("/{}", canary.secret()))),
    ] {
        let server = FakeServer::start().await;
        server.on_chat(reply);
        let key = credential(canary.secret(), &server.origin());
        let error = match client().stream(&chat(&server), &question("Hi"), Some(key)).await {
            Ok(stream) => collect(stream).await.1.unwrap(),
            Err(error) => error,
        };
        let told = format!("{error} {error:?}");
        assert!(!canary.is_in(told.as_bytes()), "{name}: {told}");
        assert!(told.contains("[key]"), "{name}: the gap is marked: {told}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_a_header_is_not_sent() {
    let server = FakeServer::start().await;
    let key = credential("line\nend", &server.origin());
    let Err(error) = client().stream(&chat(&server), &question("Hi"), Some(key)).await else {
        panic!("a line end cannot be sent")
    };
    assert_eq!(error.kind, ErrorKind::Auth);
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_key_test_says_what_the_answer_shows() {
    use KeyTestResult::*;
    let list = json!({ "data": [] });
    for (name, reply, expected) in [
        ("accepted", Reply::status(200).json(&list), Works),
        (
            "refused",
            Reply::status(401).json(&json!({ "error": { "message": "no", "code": "invalid_api_key" } })),
            Refused,
        ),
        (
            "may not list",
            Reply::status(403).json(&json!({ "error": { "message": "Missing scopes: api.model.read" } })),
            NoPermission,
        ),
        ("no money", Reply::status(402), NoCredit),
        (
            "no quota",
            Reply::status(429).json(&json!({ "error": { "message": "q", "code": "insufficient_quota" } })),
            NoCredit,
        ),
        ("limit used up", Reply::status(200).json(&json!({ "data": { "limit_remaining": 0 } })), NoCredit),
        ("limit left", Reply::status(200).json(&json!({ "data": { "limit_remaining": 4.5 } })), Works),
        ("too fast", Reply::status(429), RateLimited),
        ("trouble", Reply::status(503), Unknown),
        ("no such path", Reply::status(404), Unknown),
        ("moved", Reply::status(302).header("location", "https://x.test/"), WrongHost),
        ("a hotel's page", Reply::html(200), WrongHost),
        ("a proxy's page", Reply::html(403), WrongHost),
        ("a gateway's page", Reply::html(502), Unknown),
        ("no JSON", Reply::status(200).text("hello"), WrongHost),
        ("no object", Reply::status(200).text("[1]"), WrongHost),
        (
            "a refusal under 200",
            Reply::status(200).json(&json!({ "error": { "message": "no", "code": "invalid_api_key" } })),
            Refused,
        ),
        ("no reply", Reply::refuse(), Unreachable),
    ] {
        let server = FakeServer::start().await;
        server.expect_key("sk-test-0123456789");
        server.on("GET", "/v1/key", reply);
        let mut provider = chat(&server);
        provider.key_test = crate::KeyTestWay { path: "key".into(), proves: KeyProof::Key };
        let check = client().test_key(&provider, &credential("sk-test-0123456789", &server.origin()), None).await;
        assert_eq!(check.result, expected, "{name}: {check:?}");
        assert!(check.detail.is_some_and(|detail| !detail.is_empty()), "{name}: it is explained");
        assert_eq!(server.single_request().path, "/v1/key", "{name}: one free request");
    }
}

#[tokio::test]
async fn a_public_list_shows_nothing_about_a_key() {
    let server = FakeServer::start().await;
    server.models(["m"]);
    let check = client().test_key(&chat(&server), &credential("sk-any", &server.origin()), None).await;
    assert_eq!(check.result, KeyTestResult::Unknown, "it answers without a key too: {check:?}");
    server.require_key("sk-right");
    let check = client().test_key(&chat(&server), &credential("sk-right", &server.origin()), None).await;
    assert_eq!(check.result, KeyTestResult::Works, "it refuses who has no key: {check:?}");
    let check = client().test_key(&chat(&server), &credential("sk-wrong", &server.origin()), None).await;
    assert_eq!(check.result, KeyTestResult::Refused, "{check:?}");
}

#[tokio::test]
async fn a_key_of_another_origin_is_not_tested() {
    let server = FakeServer::start().await;
    let elsewhere = credential("sk", &Origin::parse("https://x.test").unwrap());
    let check = client().test_key(&chat(&server), &elsewhere, None).await;
    assert_eq!(check.result, KeyTestResult::WrongHost, "{check:?}");
    assert_eq!(server.requests(), [], "nothing was sent");
}

#[tokio::test]
async fn a_list_of_something_else_is_not_the_providers() {
    let server = FakeServer::start().await;
    server.on("GET", "/v1/models", Reply::status(200).json(&json!({ "hello": "world" })));
    let check = client().test_key(&chat(&server), &credential("sk-any", &server.origin()), None).await;
    assert_eq!(check.result, KeyTestResult::WrongHost, "{check:?}");
    let detail = check.detail.unwrap();
    assert!(detail.contains(&server.openai_url()) && detail.contains("not its API"), "{detail}");
}

#[tokio::test]
async fn a_test_says_when_the_model_of_the_key_is_not_there() {
    let server = FakeServer::start().await;
    server.models(["here"]);
    server.require_key("sk-right");
    let key = credential("sk-right", &server.origin());
    for (model, expected) in [("here", KeyTestResult::Works), ("gone", KeyTestResult::ModelMissing)] {
        let check = client().test_key(&chat(&server), &key, Some(model)).await;
        assert_eq!(check.result, expected, "{model}: {check:?}");
        assert_eq!(check.detail.unwrap().contains("“gone”"), model == "gone", "it is named");
    }
    // A test that asks for something else than the list looks the list up besides.
    server.on("GET", "/v1/key", Reply::status(200).json(&json!({ "data": {} })));
    let mut provider = chat(&server);
    provider.key_test = crate::KeyTestWay { path: "key".into(), proves: KeyProof::Key };
    let check = client().test_key(&provider, &key, Some("gone")).await;
    assert_eq!(check.result, KeyTestResult::ModelMissing, "{check:?}");
    let check = client().test_key(&provider, &credential("sk-wrong", &server.origin()), Some("gone")).await;
    assert_eq!(check.result, KeyTestResult::Refused, "a key that is refused is not asked for its models: {check:?}");
}
