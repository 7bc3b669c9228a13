use std::fs;

use holdfast_contract::Timestamp;
use sea_orm::ConnectionTrait;

use super::{Place, conversation, key, model, question, talk};
use crate::{KnownModel, Store, StoreError};

const PAGE: usize = 4_096;

fn damaged(result: Result<Store, StoreError>) -> (String, Option<Timestamp>) {
    match result {
        Err(StoreError::Damaged { detail, backup }) => (detail, backup),
        other => panic!("it opened or failed otherwise: {other:?}"),
    }
}

/// A closed database with enough in it to have many pages.
async fn filled(place: &Place) -> Vec<u8> {
    let store = place.open().await;
    for number in 0..40 {
        talk(&store, &conversation("filled", number), &["question ".repeat(300).as_str(), "answer"]).await;
    }
    store.close().await.unwrap();
    fs::read(place.database()).unwrap()
}

/// What a damaged file must survive: being opened, and nothing changing.
async fn is_named_and_untouched(place: &Place, bytes: &[u8]) -> String {
    fs::write(place.database(), bytes).unwrap();
    let files = place.files();
    let (detail, backup) = damaged(Store::open(&place.database(), &key()).await);
    assert_eq!(backup, None, "there was no backup");
    assert!(detail.contains("holdfast.db"), "the file is named: {detail}");
    assert_eq!(fs::read(place.database()).unwrap(), bytes, "no byte of it changed");
    assert_eq!(place.files(), files, "and nothing was made beside it");
    detail
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_untouched() {
    let place = Place::new();
    let good = filled(&place).await;
    let mut garbage_header = good.clone();
    garbage_header[..16].copy_from_slice(b"this is garbage!");
    is_named_and_untouched(&place, &garbage_header).await;
    is_named_and_untouched(&place, b"x").await;
    is_named_and_untouched(&place, &[0; PAGE]).await;
    let mut bad_fields = good;
    bad_fields[16..100].fill(0xff);
    is_named_and_untouched(&place, &bad_fields).await;
}

#[tokio::test]
async fn a_file_that_lost_its_end_is_named_and_untouched() {
    let place = Place::new();
    let good = filled(&place).await;
    is_named_and_untouched(&place, &good[..good.len() / 2]).await;
    is_named_and_untouched(&place, &good[..good.len() - PAGE]).await;
    is_named_and_untouched(&place, &good[..PAGE + 1]).await;
    is_named_and_untouched(&place, &good[..20]).await;
}

#[tokio::test]
async fn a_damaged_file_keeps_the_log_that_a_crash_left() {
    let (place, crashed) = (Place::new(), Place::new());
    filled(&place).await;
    let store = place.open().await;
    talk(&store, &conversation("only in the log", 0), &["q"]).await;
    let (from, to) = (place.database(), crashed.database());
    fs::create_dir(to.parent().unwrap()).unwrap();
    for name in ["holdfast.db-wal", "holdfast.db-shm"] {
        fs::copy(from.with_file_name(name), to.with_file_name(name)).unwrap();
    }
    let mut bytes = fs::read(&from).unwrap();
    let middle = bytes.len() / PAGE / 2 * PAGE;
    bytes[middle..middle + PAGE].fill(0xa5);
    is_named_and_untouched(&crashed, &bytes).await;
    assert_eq!(
        fs::read(to.with_file_name("holdfast.db-wal")).unwrap(),
        fs::read(from.with_file_name("holdfast.db-wal")).unwrap(),
        "the log may hold what the file does not"
    );
}

#[tokio::test]
async fn a_log_without_its_file_is_named_and_untouched() {
    let place = Place::new();
    filled(&place).await;
    fs::remove_file(place.database()).unwrap();
    let log = place.database().with_file_name("holdfast.db-wal");
    fs::write(&log, b"what is left of a conversation").unwrap();
    let (detail, _) = damaged(Store::open(&place.database(), &key()).await);
    assert!(detail.contains("-wal"), "what is there is named: {detail}");
    assert_eq!(fs::read(&log).unwrap(), b"what is left of a conversation", "and kept");
    assert!(!place.database().exists(), "no empty database hides it");
}

#[tokio::test]
async fn a_page_of_garbage_is_found_and_a_backup_takes_its_place() {
    let place = Place::new();
    let good = filled(&place).await;
    let store = place.open().await;
    store.backup().await.unwrap();
    store.close().await.unwrap();
    let made_at = Store::newest_backup(&place.database(), &key()).await.unwrap();

    let mut bad = good.clone();
    let middle = good.len() / PAGE / 2 * PAGE;
    bad[middle..middle + PAGE].fill(0);
    fs::write(place.database(), &bad).unwrap();
    let (detail, backup) = damaged(Store::open(&place.database(), &key()).await);
    assert_eq!(backup, Some(made_at), "the backup is offered: {detail}");
    assert_eq!(fs::read(place.database()).unwrap(), bad, "nothing was put in its place unasked");

    let store = Store::restore_newest(&place.database(), &key()).await.unwrap();
    assert_eq!(store.conversations().await.unwrap().len(), 40, "everything of the backup is there");
    store.check().await.unwrap();
    let aside: Vec<String> =
        place.files().into_iter().filter(|name| name.starts_with("holdfast.db.damaged-")).collect();
    assert_eq!(aside.len(), 1, "the damaged file is kept beside it");
    assert_eq!(fs::read(place.database().with_file_name(&aside[0])).unwrap(), bad, "as it was");
}

#[tokio::test]
async fn damage_met_while_reading_is_named() {
    let place = Place::new();
    filled(&place).await;
    let store = place.open().await;
    let root: u32 =
        crate::connect::one(store.readers(), "SELECT rootpage FROM sqlite_schema WHERE name = 'known_model'")
            .await
            .unwrap();
    let start = (usize::try_from(root).unwrap() - 1) * PAGE;
    let mut bytes = fs::read(place.database()).unwrap();
    bytes[start..start + PAGE].fill(0xa5);
    fs::write(place.database(), bytes).unwrap();
    assert!(
        matches!(store.all_known_models().await, Err(StoreError::Damaged { .. })),
        "by its code, not as some error"
    );
    assert!(matches!(store.check().await, Err(StoreError::Damaged { .. })), "a check finds it too");
    for _ in 0..20 {
        assert_eq!(store.conversations().await.unwrap().len(), 40, "what is whole still reads");
        let damaged = store.all_known_models().await;
        assert!(matches!(damaged, Err(StoreError::Damaged { .. })), "and what is not never does: {damaged:?}");
    }
    let mut writes = store.begin().await.unwrap();
    let model = KnownModel { model: model(), name: "x".to_owned(), context_window: None, detail: None };
    let refused = writes.put_known_models(&model.model.provider.clone(), &[model]).await;
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "nor is it written: {refused:?}");
    drop(writes);
    talk(&store, &conversation("goes on", 0), &["q"]).await;
}

#[tokio::test]
async fn the_newest_backup_that_reads_is_taken() {
    let place = Place::new();
    let store = place.open().await;
    talk(&store, &conversation("in both", 0), &["q"]).await;
    store.backup().await.unwrap();
    let good = Store::newest_backup(&place.database(), &key()).await;
    talk(&store, &conversation("in the second", 0), &["q"]).await;
    let second = store.backup().await.unwrap();
    assert!(
        matches!(Store::restore_newest(&place.database(), &key()).await, Err(StoreError::Busy)),
        "never under the feet of a program that has the database open"
    );
    store.close().await.unwrap();
    fs::write(&second, b"SQLite format 3\0 and then nothing").unwrap();
    fs::write(place.database(), b"damaged").unwrap();

    assert_eq!(
        damaged(Store::open(&place.database(), &key()).await).1,
        good,
        "a backup that does not read is not offered"
    );
    let store = Store::restore_newest(&place.database(), &key()).await.unwrap();
    let titles: Vec<String> =
        store.conversations().await.unwrap().into_iter().map(|line| line.conversation.title).collect();
    assert_eq!(titles, ["in both"], "the older one is taken");
}

#[tokio::test]
async fn without_a_backup_nothing_is_moved() {
    let place = Place::new();
    filled(&place).await;
    fs::write(place.database(), b"damaged").unwrap();
    let files = place.files();
    assert!(
        matches!(Store::restore_newest(&place.database(), &key()).await, Err(StoreError::NoBackup { .. })),
        "there is nothing to restore"
    );
    assert_eq!(place.files(), files, "so everything stays");
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("kept", 0);
    let messages = talk(&store, &about, &["question", "answer"]).await;
    let writer = store.writer().unwrap();
    let pages: u32 = crate::connect::one(writer, "PRAGMA page_count").await.unwrap();
    writer.execute_unprepared(&format!("PRAGMA max_page_count = {}", pages + 3)).await.unwrap();

    let mut writes = store.begin().await.unwrap();
    let large = question(about.id, Some(messages[1].id), &"x".repeat(200_000), 5);
    let result = writes.add_message(large).await;
    assert!(matches!(result, Err(StoreError::Full)), "by its code: {result:?}");
    drop(writes);
    assert_eq!(store.path_to(messages[1].id).await.unwrap(), messages, "what was stored is there");

    store.writer().unwrap().execute_unprepared("PRAGMA max_page_count = 1000000").await.unwrap();
    talk(&store, &conversation("space again", 0), &["q"]).await;
    assert_eq!(store.conversations().await.unwrap().len(), 2, "and once there is space, it works again");
}

/// The superuser may write anywhere, so this runs again as nobody when it has to.
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_written_opens_for_reading() {
    let place = Place::new();
    let bytes = filled(&place).await;
    let folder = place.database().parent().unwrap().to_owned();
    let read_only = |path: &std::path::Path, yes: bool| {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        permissions.set_readonly(yes);
        fs::set_permissions(path, permissions).unwrap();
    };
    fs::remove_dir_all(folder.join("holdfast.db.writers")).unwrap();
    read_only(&folder, true);
    if fs::write(folder.join("superuser"), b"").is_ok() {
        return as_nobody("tests::faults::what_cannot_be_written_opens_for_reading");
    }

    let store = place.open().await;
    let reason = store.read_only().expect("the folder takes no files").to_owned();
    assert!(reason.contains("holdfast.db"), "the reason names a file: {reason}");
    assert_eq!(store.conversations().await.unwrap().len(), 40, "everything can be read");
    assert!(matches!(store.begin().await, Err(StoreError::ReadOnly { .. })), "and nothing written");
    assert!(matches!(store.backup().await, Err(StoreError::ReadOnly { .. })), "nor backed up");
    drop(store);

    read_only(&folder, false);
    read_only(&place.database(), true);
    let store = place.open().await;
    assert!(store.read_only().is_some(), "a file that takes no writes");
    assert_eq!(store.conversations().await.unwrap().len(), 40, "can be read");
    drop(store);
    read_only(&place.database(), false);
    assert_eq!(fs::read(place.database()).unwrap(), bytes, "nothing was changed");

    // A program that was killed leaves its log behind.
    let store = place.open().await;
    talk(&store, &conversation("only in the log", 0), &["q"]).await;
    let left = Place::new();
    let left_folder = left.database().parent().unwrap().to_owned();
    fs::create_dir(&left_folder).unwrap();
    let names = ["holdfast.db", "holdfast.db-shm", "holdfast.db-wal"];
    for name in names {
        fs::copy(folder.join(name), left_folder.join(name)).unwrap();
        read_only(&left_folder.join(name), true);
    }
    read_only(&left_folder, true);
    let second = left.open().await;
    assert!(second.read_only().is_some(), "nothing there can be written");
    assert_eq!(second.conversations().await.unwrap().len(), 41, "what is only in the log is read with it");
    second.close().await.unwrap();
    read_only(&left_folder, false);
    assert_eq!(left.files(), names, "nothing was made or removed");
    store.close().await.unwrap();

    let missing = place.folder.path().join("data/deeper/holdfast.db");
    read_only(&folder, true);
    assert!(
        matches!(Store::open(&missing, &key()).await, Err(StoreError::ReadOnly { .. })),
        "where nothing can be made, nothing is opened"
    );
    read_only(&folder, false);
}

/// Runs one test of this program again without the superuser's rights.
#[cfg(unix)]
pub(super) fn as_nobody(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    for path in [folder.path(), &program] {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let output = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args(["--exact", test])
        .current_dir("/")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "as nobody: {said}");
}
