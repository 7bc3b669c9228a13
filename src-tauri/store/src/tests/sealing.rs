use std::fs;
use std::path::{Path, PathBuf};

use holdfast_core::Secret;
use sea_orm::ConnectionTrait;

use super::{Place, conversation, key, talk};
use crate::connect::{Access, DatabaseFile, one};
use crate::{Store, StoreError, seal};

const CANARY: &str = "canary-of-a-private-thought";

fn file(place: &Place) -> DatabaseFile {
    DatabaseFile::new(&place.database(), &key()).unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// No file of this place holds the canary or begins like a database that anyone can read.
fn all_sealed(place: &Place) {
    for path in files(place.folder.path()) {
        let bytes = fs::read(&path).unwrap();
        let canary = String::from_utf8_lossy(&bytes).contains(CANARY);
        assert!(!canary, "{} holds what was said", path.display());
        assert!(!bytes.starts_with(b"SQLite format 3"), "{} is plain", path.display());
    }
}

/// The database of an older program: plain, with a plain backup of each kind, and a log.
async fn plain(place: &Place) -> Vec<u8> {
    let store = place.open().await;
    for number in 0..30 {
        talk(&store, &conversation(CANARY, number), &[&format!("{CANARY} ").repeat(50), "answer"]).await;
    }
    let path = place.folder.path().join("plain.db");
    crate::connect::open_private_file(&path).unwrap();
    let export = format!("ATTACH '{}' AS out KEY ''", path.to_str().unwrap());
    let writer = store.writer().unwrap();
    writer.execute_unprepared(&export).await.unwrap();
    crate::connect::column::<_, Option<String>>(writer, "SELECT sqlcipher_export('out')").await.unwrap();
    let version: u32 = one(writer, "PRAGMA user_version").await.unwrap();
    writer.execute_unprepared(&format!("PRAGMA out.user_version = {version}; DETACH out")).await.unwrap();
    store.close().await.unwrap();
    fs::remove_dir_all(place.folder.path().join("data")).unwrap();
    let backups = place.database().with_file_name("backups");
    fs::create_dir_all(backups.join("20250102T000000.000Z")).unwrap();
    for backup in
        ["holdfast-20250101T000000.000Z.db", "holdfast-20250103T000000.partial", "20250102T000000.000Z/holdfast.db"]
    {
        fs::copy(&path, backups.join(backup)).unwrap();
    }
    fs::rename(&path, place.database()).unwrap();
    fs::read(place.database()).unwrap()
}

/// What must be so after the next opening, wherever the one before it was killed.
async fn opens_sealed(place: &Place, at: &str) {
    let store = place.open().await;
    assert_eq!(store.conversations().await.unwrap().len(), 30, "{at}: everything is there");
    assert_eq!(store.read_only(), None, "{at}: and can be written");
    store.check().await.unwrap();
    talk(&store, &conversation("goes on", 99), &[CANARY]).await;
    all_sealed(place);
    let backups = Store::backups(&place.database(), &key()).await.unwrap();
    assert_eq!(backups.iter().map(|backup| backup.reads).collect::<Vec<_>>(), [true], "{at}: a sealed backup");
    store.close().await.unwrap();
    all_sealed(place);
    assert_eq!(place.files(), ["backups", "holdfast.db", "holdfast.db.writers"], "{at}: nothing else is left");
}

#[tokio::test]
async fn nothing_on_the_disk_can_be_read() {
    let place = Place::new();
    let store = place.open().await;
    let writer = store.writer().unwrap();
    writer.execute_unprepared("CREATE VIRTUAL TABLE search USING fts5(text, tokenize = 'trigram')").await.unwrap();
    for number in 0..200 {
        talk(&store, &conversation(CANARY, number), &[&format!("{CANARY} {number}"), CANARY]).await;
    }
    writer.execute_unprepared("INSERT INTO search SELECT text FROM part").await.unwrap();
    let found: i64 =
        one(store.readers(), "SELECT count(*) FROM search WHERE search MATCH '\"private-thought 17\"'").await.unwrap();
    assert_eq!(found, 11, "search works: 17 and 170 to 179");
    store.backup().await.unwrap();
    // A sort too large for the cache, in the middle of a transaction that has outgrown it as well.
    writer.execute_unprepared("PRAGMA cache_size = 10").await.unwrap();
    let mut writes = store.begin().await.unwrap();
    writes.create_conversation(conversation(&CANARY.repeat(40_000), 0)).await.unwrap();
    let sort =
        "SELECT count(*) FROM (SELECT a.text || b.number AS t FROM part a, part b WHERE b.number < 60 ORDER BY t)";
    let sorted: i64 = one(&writes.transaction, sort).await.unwrap();
    assert!(sorted > 20_000, "it was large");
    let endings: Vec<String> = place.files();
    assert!(endings.contains(&"holdfast.db-wal".to_owned()), "the log is among what is looked at: {endings:?}");
    all_sealed(&place);
    drop(writes);
    all_sealed(&place);
}

#[tokio::test]
async fn another_key_opens_nothing_and_changes_nothing() {
    let place = Place::new();
    let store = place.open().await;
    talk(&store, &conversation("kept", 0), &["q"]).await;
    store.backup().await.unwrap();
    store.close().await.unwrap();
    let bytes = fs::read(place.database()).unwrap();
    let other = Secret::new("1".repeat(64));
    let Err(StoreError::Damaged { detail, backup: None }) = Store::open(&place.database(), &other).await else {
        panic!("it opened with another key");
    };
    assert!(detail.contains("another key") && detail.contains("damaged"), "both that it may be: {detail}");
    assert!(!detail.contains("1111"), "the key is in no error");
    assert_eq!(fs::read(place.database()).unwrap(), bytes, "nothing changed");
    for bad in ["", "0f", &"g".repeat(64), &"'".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
        let bad = Secret::new(bad.to_owned());
        assert!(matches!(Store::open(&place.database(), &bad).await, Err(StoreError::BadKey)), "no key at all");
    }
    let shown = format!("{:?} {:?}", place.open().await, file(&place));
    assert!(!shown.contains(key().expose()), "nor is it in what is shown for debugging");
}

#[tokio::test]
async fn a_plain_database_is_sealed_with_its_backups() {
    let place = Place::new();
    plain(&place).await;
    opens_sealed(&place, "undisturbed").await;
}

#[tokio::test]
async fn a_kill_at_any_step_of_the_sealing_loses_nothing() {
    let steps = [
        "with half a copy",
        "with the log folded in",
        "with a whole copy",
        "with a second name",
        "with the copy in place",
        "with the old file wiped",
        "with a sealed backup",
    ];
    for step in steps {
        let place = Place::new();
        plain(&place).await;
        let file = file(&place);
        let copy = file.at(file.beside(".sealing"));
        if step == "with half a copy" {
            fs::write(copy.path(), [7; 5_000]).unwrap();
            fs::write(copy.beside("-journal"), [7; 600]).unwrap();
        } else if step == "with the log folded in" {
            crate::connect::open_private_file(copy.path()).unwrap();
            let connection = copy.connect(Access::Copy).await.unwrap();
            seal::attach(&connection, &file.plain()).await.unwrap();
            connection.close().await.unwrap();
        } else {
            seal::make_copy(&file.plain(), &copy).await.unwrap();
        }
        if step == "with a second name" {
            fs::hard_link(file.path(), file.beside(".plain")).unwrap();
        } else if steps.iter().position(|other| *other == step) > Some(3) {
            seal::take_place(&file, &copy).unwrap();
        }
        if step == "with the old file wiped" {
            fs::remove_file(file.beside(".plain")).unwrap();
        } else if step == "with a sealed backup" {
            let connection = file.connect(Access::Copy).await.unwrap();
            crate::backup::prepare(&file, &connection).await.unwrap().keep().unwrap();
            connection.close().await.unwrap();
        }
        opens_sealed(&place, step).await;
    }
}

#[tokio::test]
async fn what_is_only_in_the_log_of_a_plain_database_is_sealed_too() {
    let (running, killed) = (Place::new(), Place::new());
    plain(&running).await;
    let connection = file(&running).plain().connect(Access::Write).await.unwrap();
    connection.execute_unprepared("UPDATE conversation SET title = 'in the log'").await.unwrap();
    let (from, to) = (running.database(), killed.database());
    fs::create_dir_all(to.with_file_name("backups")).unwrap();
    for name in ["holdfast.db", "holdfast.db-wal", "holdfast.db-shm"] {
        fs::copy(from.with_file_name(name), to.with_file_name(name)).unwrap();
    }
    let store = killed.open().await;
    assert!(
        store.conversations().await.unwrap().iter().all(|line| line.conversation.title == "in the log"),
        "a killed program had written it"
    );
    all_sealed(&killed);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_plain_database_that_cannot_be_sealed_is_as_it_was() {
    let place = Place::new();
    let bytes = plain(&place).await;
    let file = file(&place);
    let copy = file.at(file.beside(".sealing"));

    // A disk that is full before the copy is whole.
    crate::connect::open_private_file(copy.path()).unwrap();
    let connection = copy.connect(Access::Copy).await.unwrap();
    seal::attach(&connection, &file.plain()).await.unwrap();
    connection.execute_unprepared("PRAGMA max_page_count = 50").await.unwrap();
    let result = seal::fill(&connection).await;
    assert!(matches!(result, Err(StoreError::Full)), "named as what it is: {result:?}");
    connection.close().await.unwrap();
    assert_eq!(fs::read(file.path()).unwrap(), bytes, "no byte of it changed");

    // No place for the copy at all.
    fs::remove_file(copy.path()).unwrap();
    fs::create_dir(copy.path()).unwrap();
    assert!(Store::open(&place.database(), &key()).await.is_err(), "it cannot be sealed");
    assert_eq!(fs::read(file.path()).unwrap(), bytes, "nor then");
    fs::remove_dir(copy.path()).unwrap();

    // An older program that has it open.
    let older = crate::writer::Writers::of(&file).join().unwrap();
    assert!(matches!(Store::open(&place.database(), &key()).await, Err(StoreError::Busy)), "not under its feet");
    assert_eq!(fs::read(file.path()).unwrap(), bytes, "nor then");
    drop(older);
    opens_sealed(&place, "once it can be").await;
}

#[tokio::test]
async fn a_copy_that_differs_takes_no_place() {
    let place = Place::new();
    plain(&place).await;
    let file = file(&place);
    let copy = file.at(file.beside(".sealing"));
    let connection = file.plain().connect(Access::Copy).await.unwrap();
    let expected = seal::contents(&connection, "main").await.unwrap();
    connection.close().await.unwrap();
    for change in ["DELETE FROM part", "PRAGMA user_version = 1", "DROP INDEX message_by_parent"] {
        seal::make_copy(&file.plain(), &copy).await.unwrap();
        seal::compare(&copy, &expected).await.unwrap();
        let changed = copy.connect(Access::Copy).await.unwrap();
        changed.execute_unprepared(change).await.unwrap();
        changed.close().await.unwrap();
        assert!(matches!(seal::compare(&copy, &expected).await, Err(StoreError::Damaged { .. })), "{change}");
    }
}

#[tokio::test]
async fn a_plain_file_of_others_or_of_the_future_stays_plain() {
    for (sql, newer) in [("DROP TABLE seaql_migrations", false), ("PRAGMA user_version = 999", true)] {
        let place = Place::new();
        plain(&place).await;
        let connection = file(&place).plain().connect(Access::Copy).await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
        let (bytes, names) = (fs::read(place.database()).unwrap(), place.files());
        match Store::open(&place.database(), &key()).await {
            Err(StoreError::Newer { .. }) => assert!(newer, "{sql}"),
            Err(StoreError::Damaged { backup, .. }) => {
                assert!(!newer && backup.is_some(), "{sql}: plain backups are offered while nothing is sealed");
            }
            other => panic!("{sql}: {other:?}"),
        }
        assert_eq!((fs::read(place.database()).unwrap(), place.files()), (bytes, names), "{sql}: untouched");
    }
}

#[tokio::test]
async fn a_plain_backup_that_is_restored_is_sealed() {
    let place = Place::new();
    plain(&place).await;
    fs::write(place.database(), b"damaged").unwrap();
    let store = Store::restore_newest(&place.database(), &key()).await.unwrap();
    assert_eq!(store.conversations().await.unwrap().len(), 30, "it is as any other backup");
    store.close().await.unwrap();
    all_sealed(&place);
}

/// The superuser may write anywhere, so this runs again as nobody when it has to.
#[cfg(unix)]
#[tokio::test]
async fn a_plain_database_that_cannot_be_written_is_read() {
    let place = Place::new();
    let bytes = plain(&place).await;
    let folder = place.database().parent().unwrap().to_owned();
    let set = |mode: u32| fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    set(0o500);
    if fs::write(folder.join("superuser"), b"").is_ok() {
        return super::faults::as_nobody("tests::sealing::a_plain_database_that_cannot_be_written_is_read");
    }
    let store = place.open().await;
    assert!(store.read_only().is_some(), "it can be neither written nor sealed");
    assert_eq!(store.conversations().await.unwrap().len(), 30, "its owner is not locked out");
    drop(store);
    assert_eq!(fs::read(place.database()).unwrap(), bytes, "nothing changed");
    set(0o700);
    opens_sealed(&place, "once it can be written").await;
}
