use std::sync::Arc;

use holdfast_contract::{Protection, RevisionState};
use holdfast_vault::NoKeychain;

use super::*;
use crate::{NoDesktop, Places, vault};

const SECRET: &str = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz";

#[tokio::test]
async fn what_was_deleted_or_replaced_goes_for_good_after_its_time() {
    let home = tempfile::tempdir().unwrap();
    let places = Places { data: home.path().to_owned() };
    let app = App::open(places, Arc::new(NoKeychain), Arc::new(NoDesktop)).await.unwrap();
    let passphrase = Secret::new("correct horse battery staple".to_owned());
    vault::set_passphrase(&app, Protection::Passphrase, passphrase).await.unwrap();
    let mut ids = Vec::new();
    for name in ["long gone", "just gone", "replaced long ago", "just replaced"] {
        let view = add_key(&app, &"openai".into(), name, Secret::new(SECRET.to_owned())).await.unwrap();
        ids.push(view.info.id);
    }
    let (now, store) = (app::now(), app.store().unwrap());
    let mut writes = store.begin().await.unwrap();
    for (id, ago) in [(ids[0], DELETED_FOR + 1000), (ids[1], DELETED_FOR - 60_000)] {
        writes.delete_key(id, now - ago).await.unwrap();
    }
    for (id, ago) in [(ids[2], OLD_FOR + 1000), (ids[3], OLD_FOR - 60_000)] {
        writes.add_revision(id, 2, "sk-…", "https://api.openai.com", vec![2], now).await.unwrap();
        writes.promote_revision(id, now - ago).await.unwrap();
    }
    writes.commit().await.unwrap();

    purge(&app).await.unwrap();
    assert_eq!(store.key(ids[0]).await.unwrap(), None, "an hour is over");
    assert!(store.key(ids[1]).await.unwrap().is_some_and(|key| key.deleted_at.is_some()), "it can be taken back");
    for (id, first) in [(ids[2], RevisionState::Revoked), (ids[3], RevisionState::Old)] {
        let states: Vec<_> =
            store.key_revisions(id).await.unwrap().into_iter().map(|revision| revision.state).collect();
        assert_eq!(states, [first, RevisionState::Current], "a secret that was replaced is kept for a day");
        let left = store.sealed_revision(id, 1).await.unwrap().is_some();
        assert_eq!(left, first == RevisionState::Old, "and then nothing of it is left");
    }
    app.finish().await;
}
