use holdfast_contract::{
    KeyId, KeyInfo, KeyNeed, KeyTest, KeyTestResult, ModelRef, ProviderId, Settings, Theme, WireName,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{Place, model};
use crate::{CustomProvider, KnownModel, StoreError, StoredKey};

fn key(provider: &str, name: &str) -> KeyInfo {
    KeyInfo {
        id: KeyId(Uuid::new_v4()),
        provider: provider.into(),
        name: name.to_owned(),
        masked: "sk-…x7Qd".to_owned(),
        origin: "https://api.openai.com:443".to_owned(),
        added_at: 5,
        last_used_at: None,
        test: None,
    }
}

#[tokio::test]
async fn keys_are_added_used_tested_replaced_and_deleted() {
    let place = Place::new();
    let store = place.open().await;
    let (work, home, groq) = (key("openai", "work"), key("openai", "home"), key("groq", "zzz"));
    let mut writes = store.begin().await.unwrap();
    for info in [&work, &home, &groq] {
        writes.put_key(info, 1, vec![0, 1, 255]).await.unwrap();
    }
    writes.commit().await.unwrap();
    assert_eq!(store.keys().await.unwrap(), [groq.clone(), home.clone(), work.clone()], "by provider and name");

    let test = KeyTest { at: 9, result: KeyTestResult::NoCredit, detail: Some("No credit left.".to_owned()) };
    let mut writes = store.begin().await.unwrap();
    writes.key_used(work.id, 8).await.unwrap();
    writes.key_tested(work.id, &test).await.unwrap();
    writes.rename_key(work.id, "office").await.unwrap();
    writes.delete_key(groq.id).await.unwrap();
    writes.commit().await.unwrap();
    let office = KeyInfo { name: "office".to_owned(), last_used_at: Some(8), test: Some(test), ..work.clone() };
    assert_eq!(store.keys().await.unwrap(), [home, office.clone()], "each change is kept, and the deleted one is gone");
    assert_eq!(store.key(groq.id).await.unwrap(), None, "with its secret");

    let replaced = KeyInfo { masked: "sk-…9999".to_owned(), test: None, ..office };
    let mut writes = store.begin().await.unwrap();
    writes.put_key(&replaced, 2, vec![9]).await.unwrap();
    assert!(matches!(writes.key_used(groq.id, 1).await, Err(StoreError::NotFound { what: "key" })), "gone is gone");
    writes.commit().await.unwrap();
    assert_eq!(
        store.key(work.id).await.unwrap(),
        Some(StoredKey { info: replaced, revision: 2, sealed: vec![9] }),
        "a new secret takes the place of the old one"
    );
}

#[tokio::test]
async fn settings_survive_what_does_not_read() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.settings().await.unwrap(), Settings::default(), "nothing set");
    let settings = Settings { theme: Theme::Dark, model: Some(model()) };
    let mut writes = store.begin().await.unwrap();
    writes.save_settings(&settings).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.settings().await.unwrap(), settings, "what was set");

    let raw = "INSERT INTO setting VALUES ('from_the_future', '[1]'); \
        UPDATE setting SET value = '\"neon\"' WHERE name = 'theme';";
    store.writer().unwrap().execute_unprepared(raw).await.unwrap();
    assert_eq!(
        store.settings().await.unwrap(),
        Settings { theme: Theme::System, model: Some(model()) },
        "one value that does not read costs only itself"
    );
    store.writer().unwrap().execute_unprepared("UPDATE setting SET value = '{' WHERE name = 'theme'").await.unwrap();
    let mut writes = store.begin().await.unwrap();
    writes.save_settings(&settings).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.settings().await.unwrap(), settings, "and saving heals it");
    let names: Vec<String> =
        crate::connect::column(store.readers(), "SELECT name FROM setting ORDER BY name").await.unwrap();
    assert_eq!(names, ["from_the_future", "model", "theme"], "a setting of a newer program stays");
}

#[tokio::test]
async fn a_provider_goes_with_its_keys_and_models() {
    let place = Place::new();
    let store = place.open().await;
    let mut mine = CustomProvider {
        id: ProviderId("custom-1".to_owned()),
        name: "Attic".to_owned(),
        base_url: "http://192.168.1.100:11434".to_owned(),
        wire: WireName::Ollama,
        key: KeyNeed::Optional,
    };
    let of_mine = KnownModel {
        model: ModelRef { provider: mine.id.clone(), model: "llama4:8b".to_owned() },
        name: "Llama 4 8B".to_owned(),
        context_window: Some(131_072),
        detail: Some("8B, Q4_K_M".to_owned()),
    };
    let another = KnownModel { model: model(), name: "x".to_owned(), context_window: None, detail: None };
    let last = KnownModel { name: "after".to_owned(), ..of_mine.clone() };
    let mut writes = store.begin().await.unwrap();
    writes.put_provider(mine.clone()).await.unwrap();
    writes.put_key(&key("custom-1", "mine"), 1, vec![1]).await.unwrap();
    writes.put_key(&key("openai", "other"), 1, vec![1]).await.unwrap();
    writes.put_known_models(&mine.id, std::slice::from_ref(&another)).await.unwrap();
    writes.put_known_models(&mine.id, &[of_mine.clone(), last.clone()]).await.unwrap();
    writes.put_known_models(&another.model.provider, std::slice::from_ref(&another)).await.unwrap();
    mine.name = "Cellar".to_owned();
    writes.put_provider(mine.clone()).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.custom_providers().await.unwrap(), [mine.clone()], "changed, not added twice");
    assert_eq!(store.known_models(&mine.id).await.unwrap(), [of_mine.clone(), last.clone()], "in the provider's order");
    assert_eq!(store.all_known_models().await.unwrap(), [of_mine, last, another.clone()], "by provider");

    let mut writes = store.begin().await.unwrap();
    writes.delete_provider(&mine.id).await.unwrap();
    assert!(
        matches!(writes.delete_provider(&mine.id).await, Err(StoreError::NotFound { what: "provider" })),
        "it goes once"
    );
    writes.commit().await.unwrap();
    assert_eq!(store.custom_providers().await.unwrap(), [], "the provider is gone");
    assert_eq!(store.all_known_models().await.unwrap(), [another], "its models too");
    let left: Vec<ProviderId> = store.keys().await.unwrap().into_iter().map(|key| key.provider).collect();
    assert_eq!(left, [ProviderId("openai".to_owned())], "and its keys, and no others");
}
