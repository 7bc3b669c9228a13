use holdfast_contract::{KeyNeed, KeySettings, ModelRef, ProviderId, Settings, Theme, WireName};
use sea_orm::ConnectionTrait;

use super::keys::api_key;
use super::{Place, model};
use crate::{CustomProvider, KnownModel, StoreError};

#[tokio::test]
async fn settings_survive_what_does_not_read() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.settings().await.unwrap(), Settings::default(), "nothing set");
    let settings = Settings { theme: Theme::Dark, model: Some(model()), lock_after_minutes: 3, ..Settings::default() };
    let mut writes = store.begin().await.unwrap();
    writes.save_settings(&settings).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.settings().await.unwrap(), settings, "what was set");

    let raw = "INSERT INTO setting VALUES ('from_the_future', '[1]'); \
        UPDATE setting SET value = '\"neon\"' WHERE name = 'theme';";
    store.writer().unwrap().execute_unprepared(raw).await.unwrap();
    assert_eq!(
        store.settings().await.unwrap(),
        Settings { theme: Theme::System, ..settings.clone() },
        "one value that does not read costs only itself"
    );
    store.writer().unwrap().execute_unprepared("UPDATE setting SET value = '{' WHERE name = 'theme'").await.unwrap();
    let mut writes = store.begin().await.unwrap();
    writes.save_settings(&settings).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.settings().await.unwrap(), settings, "and saving heals it");
    let names: Vec<String> =
        crate::connect::column(store.readers(), "SELECT name FROM setting ORDER BY name").await.unwrap();
    assert!(names.contains(&"from_the_future".to_owned()), "a setting of a newer program stays: {names:?}");
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
    writes.add_key(&api_key("custom-1", "mine"), &KeySettings::default(), 1, vec![1]).await.unwrap();
    writes.add_key(&api_key("openai", "other"), &KeySettings::default(), 1, vec![1]).await.unwrap();
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
    let left: Vec<ProviderId> = store.keys(0..1).await.unwrap().into_iter().map(|key| key.info.provider).collect();
    assert_eq!(left, [ProviderId("openai".to_owned())], "and its keys, and no others");
}
