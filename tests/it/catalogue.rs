//! Finding out who can be asked.

use holdfast_contract::{GetCatalogue, PasteKey, ProviderId, Reach};
use holdfast_testkit::{FakeServer, Reply};
use serde_json::json;

use crate::world::{World, models, row};

/// The state of the providers that a test made.
async fn reaches(world: &World) -> Vec<(String, Reach)> {
    let catalogue = world.send(GetCatalogue { refresh: true }).await.unwrap();
    let mine = catalogue.providers.into_iter().filter(|provider| provider.id.0.starts_with("p-"));
    mine.map(|provider| (provider.id.0, provider.reach)).collect()
}

#[tokio::test]
async fn many_providers_are_asked_side_by_side_and_all_are_heard() {
    let server = FakeServer::start().await;
    server.models(["a", "b"]);
    let nowhere = FakeServer::nowhere().await;
    let mut rows: Vec<String> = (0..6)
        .flat_map(|number| {
            [
                row(&format!("p-keyed-{number}"), "openai_chat", &server.openai_url(), "key: required, place: cloud"),
                row(&format!("p-open-{number}"), "openai_chat", &server.openai_url(), "key: none"),
            ]
        })
        .collect();
    rows.push(row("p-gone", "openai_chat", &nowhere, "key: none"));
    let world = World::with(&models(&rows)).await;
    for number in 0..6 {
        world.desktop.copy(&format!("sk-number-{number}-0123456789"));
        let provider = ProviderId(format!("p-keyed-{number}"));
        world.send(PasteKey { provider, name: "Work".to_owned(), replace: None }).await.unwrap();
    }
    for round in 0..8 {
        // Every list differs from the last one, so that each is written.
        server.models([format!("model {round}").as_str(), "b"]);
        for (name, reach) in reaches(&world).await {
            let expected = if name == "p-gone" { Reach::NotRunning } else { Reach::Ready { models: 2 } };
            assert_eq!(reach, expected, "{name} in round {round}");
        }
    }
}

#[tokio::test]
async fn one_that_answers_nonsense_does_not_hide_the_others() {
    let (good, bad) = (FakeServer::start().await, FakeServer::start().await);
    good.models(["a"]);
    bad.on("GET", "/v1/models", Reply::status(500).json(&json!({ "error": { "message": "oops" } })));
    let rows = [
        row("p-bad", "openai_chat", &bad.openai_url(), "key: none"),
        row("p-good", "openai_chat", &good.openai_url(), "key: none"),
        row("p-keyless", "openai_chat", &good.openai_url(), "key: required, place: cloud"),
    ];
    let world = World::with(&models(&rows)).await;
    let reaches = reaches(&world).await;
    let Reach::Failed { failure } = &reaches[0].1 else { panic!("{reaches:?}") };
    assert!(failure.message.contains("oops"), "{failure:?}");
    assert_eq!(
        reaches[1..],
        [("p-good".to_owned(), Reach::Ready { models: 1 }), ("p-keyless".to_owned(), Reach::NoKey),]
    );
    let known = world.send(GetCatalogue { refresh: false }).await.unwrap();
    let usable: Vec<_> = known.models.iter().map(|model| (model.model.to_string(), model.usable)).collect();
    assert!(usable.contains(&("p-good/a".to_owned(), true)), "{usable:?}");
    assert!(usable.is_sorted_by_key(|(_, usable)| !usable), "what can be asked comes first: {usable:?}");
    world.restart().await;
    let kept = world.send(GetCatalogue { refresh: false }).await.unwrap();
    assert!(kept.models.iter().any(|model| model.model.to_string() == "p-good/a"), "a list is kept over a restart");
}
