use std::num::NonZeroU32;

use holdfast_contract::{
    ConversationId, KeyId, KeyInfo, KeyRevisionInfo, KeySettings, KeySpending, KeyTest, KeyTestResult, KeyView,
    ProviderId, RevisionState,
};
use uuid::Uuid;

use super::{Place, conversation, talk};
use crate::{SealedRevision, Store, StoreError, StoredKey, Writes};

pub(super) fn api_key(provider: &str, name: &str) -> KeyInfo {
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

pub(super) async fn add(store: &Store, keys: &[&KeyInfo]) {
    let mut writes = store.begin().await.unwrap();
    for key in keys {
        writes.add_key(key, &KeySettings::default(), 1, vec![0, 1, 255]).await.unwrap();
    }
    writes.commit().await.unwrap();
}

fn view(info: &KeyInfo, position: u32) -> KeyView {
    KeyView {
        info: info.clone(),
        settings: KeySettings::default(),
        position,
        revision: 1,
        sealed_at: info.added_at,
        pending: None,
        month: KeySpending::default(),
    }
}

async fn names(store: &Store) -> Vec<(u32, String)> {
    store.keys(0..1).await.unwrap().into_iter().map(|key| (key.position, key.info.name)).collect()
}

async fn own_key(store: &Store, id: ConversationId) -> Option<KeyId> {
    store.conversation(id).await.unwrap().unwrap().key
}

/// One transaction that holds.
async fn write(store: &Store, change: impl AsyncFnOnce(&mut Writes)) {
    let mut writes = store.begin().await.unwrap();
    change(&mut writes).await;
    writes.commit().await.unwrap();
}

#[tokio::test]
async fn keys_are_added_tested_renamed_and_set() {
    let place = Place::new();
    let store = place.open().await;
    let (work, home, groq) = (api_key("openai", "work"), api_key("openai", "home"), api_key("groq", "zzz"));
    add(&store, &[&work, &home, &groq]).await;
    assert_eq!(
        store.keys(0..1).await.unwrap(),
        [view(&groq, 0), view(&work, 0), view(&home, 1)],
        "by provider, in the order in which they were added"
    );

    let test = KeyTest { at: 9, result: KeyTestResult::NoCredit, detail: Some("No credit left.".to_owned()) };
    let settings = KeySettings {
        active: false,
        default_model: Some("gpt-6".to_owned()),
        per_minute: NonZeroU32::new(20),
        monthly_micros: Some(5_000_000),
        spare: true,
        remind_after_days: NonZeroU32::new(90),
    };
    write(&store, async |writes| {
        writes.key_tested(work.id, &test).await.unwrap();
        writes.rename_key(work.id, "office").await.unwrap();
        writes.set_key_settings(work.id, &settings).await.unwrap();
    })
    .await;
    let office = KeyInfo { name: "office".to_owned(), test: Some(test), ..work.clone() };
    assert_eq!(
        store.key(work.id).await.unwrap(),
        Some(StoredKey {
            info: office.clone(),
            settings: settings.clone(),
            revision: 1,
            sealed_at: 5,
            sealed: vec![0, 1, 255],
            deleted_at: None
        }),
        "each change is kept"
    );
    let expected = KeyView { settings, ..view(&office, 0) };
    assert_eq!(store.keys(0..1).await.unwrap()[1], expected, "in the list too");
    let mut writes = store.begin().await.unwrap();
    let nobody = KeyId(Uuid::new_v4());
    assert!(
        matches!(writes.rename_key(nobody, "x").await, Err(StoreError::NotFound { what: "key" })),
        "what is not there is named"
    );
}

#[tokio::test]
async fn a_new_secret_is_tested_before_it_takes_over() {
    let place = Place::new();
    let store = place.open().await;
    let key = api_key("openai", "work");
    add(&store, &[&key]).await;
    let test = KeyTest { at: 9, result: KeyTestResult::Works, detail: None };
    let mut writes = store.begin().await.unwrap();
    writes.key_tested(key.id, &test).await.unwrap();
    assert_eq!(writes.next_revision(key.id).await.unwrap(), 2, "the number its seal must hold");
    writes.add_revision(key.id, 2, "sk-…2222", "https://two:443", vec![2], 10).await.unwrap();
    writes.commit().await.unwrap();
    let pending = KeyRevisionInfo {
        revision: 2,
        state: RevisionState::Pending,
        masked: "sk-…2222".to_owned(),
        origin: "https://two:443".to_owned(),
        created_at: 10,
    };
    assert_eq!(store.keys(0..1).await.unwrap()[0].pending, Some(pending), "it waits");
    assert_eq!(store.key(key.id).await.unwrap().unwrap().sealed, [0, 1, 255], "the old one is sent meanwhile");
    let waiting = SealedRevision { key: key.id, provider: "openai".into(), revision: 2, sealed: vec![2] };
    assert_eq!(store.sealed_revision(key.id, 2).await.unwrap(), Some(waiting), "and can be opened for its test");

    // The second one was refused, a third takes its place and then the key's.
    write(&store, async |writes| {
        assert_eq!(writes.next_revision(key.id).await.unwrap(), 3);
        writes.add_revision(key.id, 3, "sk-…3333", "https://three:443", vec![3], 20).await.unwrap();
    })
    .await;
    assert_eq!(store.sealed_revision(key.id, 2).await.unwrap(), None, "nothing of the discarded one is left");
    write(&store, async |writes| writes.promote_revision(key.id, 30).await.unwrap()).await;
    let now = store.key(key.id).await.unwrap().unwrap();
    assert_eq!(
        (now.revision, now.sealed, now.sealed_at, now.info.masked.as_str(), now.info.origin.as_str(), now.info.test),
        (3, vec![3], 20, "sk-…3333", "https://three:443", None),
        "the new secret with all that belongs to it; it was never tested as the key's own"
    );
    let states = |revisions: Vec<KeyRevisionInfo>| -> Vec<(u32, RevisionState)> {
        revisions.into_iter().map(|revision| (revision.revision, revision.state)).collect()
    };
    use RevisionState::{Current, Old, Revoked};
    assert_eq!(
        states(store.key_revisions(key.id).await.unwrap()),
        [(1, Old), (2, Revoked), (3, Current)],
        "the first is kept for a while"
    );
    write(&store, async |writes| {
        assert_eq!(writes.revoke_revisions(30).await.unwrap(), 0, "it was replaced at that very time");
        assert_eq!(writes.revoke_revisions(31).await.unwrap(), 1, "then its time is over");
    })
    .await;
    assert_eq!(
        states(store.key_revisions(key.id).await.unwrap()),
        [(1, Revoked), (2, Revoked), (3, Current)],
        "and it is revoked"
    );
    assert_eq!(store.sealed_revision(key.id, 1).await.unwrap(), None, "nothing of it is left");
    let mut writes = store.begin().await.unwrap();
    for result in [writes.promote_revision(key.id, 40).await, writes.discard_revision(key.id).await] {
        assert!(matches!(result, Err(StoreError::NotFound { .. })), "nothing waits now");
    }
    drop(writes);
    assert_eq!(store.key(key.id).await.unwrap().unwrap().revision, 3, "and nothing changed");
}

#[tokio::test]
async fn a_discarded_secret_leaves_the_old_one() {
    let place = Place::new();
    let store = place.open().await;
    let key = api_key("openai", "work");
    add(&store, &[&key]).await;
    write(&store, async |writes| writes.add_revision(key.id, 2, "x", "y", vec![2], 10).await.unwrap()).await;
    write(&store, async |writes| writes.discard_revision(key.id).await.unwrap()).await;
    assert_eq!(store.keys(0..1).await.unwrap(), [view(&key, 0)], "as before");
    assert_eq!(store.sealed_revision(key.id, 2).await.unwrap(), None, "nothing of it is left");
}

#[tokio::test]
async fn a_deleted_key_comes_back_until_it_is_purged() {
    let place = Place::new();
    let store = place.open().await;
    let (work, home) = (api_key("openai", "work"), api_key("openai", "home"));
    add(&store, &[&work, &home]).await;
    let about = conversation("own key", 0);
    talk(&store, &about, &["q"]).await;
    write(&store, async |writes| {
        writes.set_conversation_key(about.id, Some(work.id)).await.unwrap();
        writes.delete_key(work.id, 100).await.unwrap();
    })
    .await;
    assert_eq!(store.keys(0..1).await.unwrap(), [view(&home, 0)], "it is in no list, and the next one is the default");
    assert_eq!(store.key_chain(&"openai".into()).await.unwrap(), [home.id], "nor used");
    assert_eq!(own_key(&store, about.id).await, None, "not even by its own conversation");
    assert_eq!(store.key(work.id).await.unwrap().unwrap().deleted_at, Some(100), "but it is there");

    write(&store, async |writes| {
        assert_eq!(writes.purge_keys(100).await.unwrap(), [], "its time to come back is not over");
        writes.restore_key(work.id).await.unwrap();
        assert!(matches!(writes.restore_key(work.id).await, Err(StoreError::NotFound { .. })), "it comes back once");
    })
    .await;
    assert_eq!(store.keys(0..1).await.unwrap(), [view(&work, 0), view(&home, 1)], "in its old place");
    assert_eq!(own_key(&store, about.id).await, Some(work.id), "with its conversation");

    write(&store, async |writes| {
        writes.set_conversation_key(about.id, Some(home.id)).await.unwrap();
        writes.set_conversation_key(about.id, None).await.unwrap();
    })
    .await;
    assert_eq!(own_key(&store, about.id).await, None, "the order of the provider decides again");
    write(&store, async |writes| {
        writes.set_conversation_key(about.id, Some(work.id)).await.unwrap();
        writes.delete_key(work.id, 200).await.unwrap();
        assert_eq!(writes.purge_keys(201).await.unwrap(), [work.id], "gone for good");
        assert!(matches!(writes.restore_key(work.id).await, Err(StoreError::NotFound { .. })), "now it cannot");
    })
    .await;
    assert_eq!(store.key(work.id).await.unwrap(), None, "gone");
    assert_eq!(store.key_revisions(work.id).await.unwrap(), [], "with its secrets");
}

#[tokio::test]
async fn the_order_of_a_providers_keys_is_the_users() {
    let place = Place::new();
    let store = place.open().await;
    let keys = ["a", "b", "c", "d"].map(|name| api_key("openai", name));
    let stranger = api_key("groq", "z");
    add(&store, &keys.iter().chain([&stranger]).collect::<Vec<_>>()).await;
    let provider = ProviderId::from("openai");
    write(&store, async |writes| {
        writes.set_key_chain(&provider, &[keys[2].id, keys[0].id, keys[2].id]).await.unwrap();
    })
    .await;
    let order = [keys[2].id, keys[0].id, keys[1].id, keys[3].id];
    assert_eq!(store.key_chain(&provider).await.unwrap(), order, "the named first, each once, the others after them");
    let listed = [(0, "z"), (0, "c"), (1, "a"), (2, "b"), (3, "d")].map(|(place, name)| (place, name.to_owned()));
    assert_eq!(names(&store).await, listed, "the list shows it");
    let mut writes = store.begin().await.unwrap();
    assert!(
        matches!(writes.set_key_chain(&provider, &[stranger.id]).await, Err(StoreError::NotFound { .. })),
        "a key of another provider is no spare: no silent change of account"
    );
}

#[tokio::test]
async fn secrets_are_sealed_anew_in_batches() {
    let place = Place::new();
    let store = place.open().await;
    let keys: Vec<KeyInfo> = (0..7).map(|number| api_key("openai", &number.to_string())).collect();
    add(&store, &keys.iter().collect::<Vec<_>>()).await;
    write(&store, async |writes| {
        writes.add_revision(keys[0].id, 2, "x", "y", vec![2], 1).await.unwrap();
        writes.delete_key(keys[1].id, 1).await.unwrap();
    })
    .await;

    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let batch = store.sealed_revisions(after, 3).await.unwrap();
        let Some(last) = batch.last() else { break };
        after = Some((last.key, last.revision));
        write(&store, async |writes| {
            for was in &batch {
                assert!(writes.reseal(was, [was.sealed.as_slice(), &[77]].concat()).await.unwrap(), "it is still so");
            }
        })
        .await;
        seen.extend(batch);
    }
    assert_eq!(seen.len(), 8, "every secret once: waiting ones and those of deleted keys too");
    for was in &seen {
        let now = store.sealed_revision(was.key, was.revision).await.unwrap().unwrap();
        assert_eq!(now, SealedRevision { sealed: [was.sealed.as_slice(), &[77]].concat(), ..was.clone() }, "in place");
    }
    let mut writes = store.begin().await.unwrap();
    assert!(!writes.reseal(&seen[0], vec![1]).await.unwrap(), "what changed meanwhile is not overwritten");
}
