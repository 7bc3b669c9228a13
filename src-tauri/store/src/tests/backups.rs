use std::fs;

use holdfast_core::Secret;

use super::keys::{add, api_key};
use super::{Place, conversation, key, talk};
use crate::{Backup, BackupContents, Store, StoreError};

#[tokio::test]
async fn five_backups_are_kept() {
    let place = Place::new();
    let store = place.open().await;
    let folder = place.database().with_file_name("backups");
    fs::create_dir_all(&folder).unwrap();
    // As older programs made them.
    let single = folder.join("holdfast-20250101T000000.000Z.db");
    let mut made = Vec::new();
    for number in 0..7 {
        talk(&store, &conversation("more", number), &["q"]).await;
        made.push(store.backup().await.unwrap());
        if number == 0 {
            fs::copy(&made[0], &single).unwrap();
        }
    }
    let kept: Vec<_> = crate::backup::list(store.file()).unwrap().into_iter().map(|backup| backup.path).collect();
    made.reverse();
    assert_eq!(kept, made[..5], "the newest five");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 5, "and nothing else lies beside them");
}

#[tokio::test]
async fn backups_are_listed_with_what_they_are_worth() {
    let place = Place::new();
    let store = place.open().await;
    let first = store.backup().await.unwrap();
    let second = store.backup().await.unwrap();
    let single = place.database().with_file_name("backups").join("holdfast-20250101T000000.000Z.db");
    fs::copy(&first, &single).unwrap();
    fs::write(&second, b"damaged").unwrap();
    let backups = Store::backups(&place.database(), &key()).await.unwrap();
    let bytes = fs::metadata(&first).unwrap().len();
    let listed: Vec<_> = backups.iter().map(|backup| (backup.path.clone(), backup.bytes, backup.reads)).collect();
    assert_eq!(
        listed,
        [(second, 7, false), (first, bytes, true), (single, bytes, true)],
        "newest first, those of older programs too, and one that does not read is said to be so"
    );
    assert_eq!(backups[2].made_at, 1_735_689_600_000, "the time is in the name");
    let other = Store::backups(&place.database(), &Secret::new("a".repeat(64))).await.unwrap();
    assert!(other.iter().all(|Backup { reads, .. }| !reads), "none reads with another key");
}

#[tokio::test]
async fn a_backup_is_whole_or_absent() {
    let place = Place::new();
    let store = place.open().await;
    let prepared = store.prepare_backup().await.unwrap();
    assert_eq!(Store::backups(&place.database(), &key()).await.unwrap(), [], "it is none yet");
    fs::write(prepared.folder().join("vault.slots"), b"slots").unwrap();
    let kept = prepared.keep().unwrap();
    assert_eq!(fs::read(kept.with_file_name("vault.slots")).unwrap(), b"slots", "what was put beside it counts");

    let dropped = store.prepare_backup().await.unwrap();
    let folder = dropped.folder().to_owned();
    drop(dropped);
    assert!(!folder.exists(), "one that is not kept is removed");

    let backups = place.database().with_file_name("backups");
    let (left, check) = ("20250101T000000.000Z.partial", "20250101T000000.000Z.checking-1");
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ.partial").to_string();
    for name in [left, check, now.as_str(), "mine"] {
        fs::create_dir(backups.join(name)).unwrap();
    }
    store.backup().await.unwrap();
    let there = [left, check, now.as_str(), "mine"].map(|name| backups.join(name).exists());
    assert_eq!(there, [false, false, true, true], "what a killed program left goes, what another one does stays");
}

#[tokio::test]
async fn a_check_restores_for_real_and_touches_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let (kept, gone) = (conversation("kept", 100), conversation("gone", 50));
    talk(&store, &kept, &["question", "answer"]).await;
    talk(&store, &gone, &["question"]).await;
    add(&store, &[&api_key("openai", "one"), &api_key("openai", "two")]).await;
    let mut writes = store.begin().await.unwrap();
    writes.delete_conversation(gone.id, 1).await.unwrap();
    writes.commit().await.unwrap();
    let backup = store.backup().await.unwrap();
    let before = (fs::read(&backup).unwrap(), place.files(), backup.parent().unwrap().read_dir().unwrap().count());
    assert_eq!(
        Store::check_backup(&backup, &key()).await.unwrap(),
        BackupContents { conversations: 1, messages: 3, keys: 2, newest_message_at: Some(101) },
        "what a restore would bring"
    );
    let after = (fs::read(&backup).unwrap(), place.files(), backup.parent().unwrap().read_dir().unwrap().count());
    assert_eq!(after, before, "the scratch place is gone, and nothing changed");

    let moved = backup.clone();
    let checked = tokio::spawn(async move { Store::check_backup(&moved, &key()).await });
    assert_eq!(checked.await.unwrap().unwrap().keys, 2, "on any thread");

    let mut bytes = before.0;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&backup, bytes).unwrap();
    assert!(matches!(Store::check_backup(&backup, &key()).await, Err(StoreError::Damaged { .. })), "one flipped bit");
}

#[tokio::test]
async fn any_backup_can_be_restored() {
    let place = Place::new();
    let store = place.open().await;
    talk(&store, &conversation("first", 0), &["q"]).await;
    let first = store.backup().await.unwrap();
    talk(&store, &conversation("second", 0), &["q"]).await;
    store.backup().await.unwrap();
    assert!(
        matches!(Store::restore(&place.database(), &key(), &first).await, Err(StoreError::Busy)),
        "never under the feet of a program"
    );
    store.close().await.unwrap();
    let store = Store::restore(&place.database(), &key(), &first).await.unwrap();
    assert_eq!(store.conversations().await.unwrap().len(), 1, "the one that was asked for, not the newest");
    store.close().await.unwrap();
    fs::write(&first, b"damaged").unwrap();
    let bytes = fs::read(place.database()).unwrap();
    assert!(
        matches!(Store::restore(&place.database(), &key(), &first).await, Err(StoreError::Damaged { .. })),
        "one that does not read takes no place"
    );
    assert_eq!(fs::read(place.database()).unwrap(), bytes, "the database is as it was");
}
