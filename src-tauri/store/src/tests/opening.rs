use holdfast_contract::{KeyId, KeyInfo, KeySettings, KeyTest, KeyTestResult};
use holdfast_migrations::local;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{Place, conversation, key, talk};
use crate::connect::{Access, DatabaseFile, column, one};
use crate::{Store, StoreError, StoredKey};

/// Runs SQL on a file as another program would.
async fn run(place: &Place, sql: &str) {
    let path = place.database();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    crate::connect::open_private_file(&path).unwrap();
    let connection = DatabaseFile::new(&path, &key()).unwrap().connect(Access::Copy).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

async fn tables(place: &Place) -> Vec<String> {
    let connection = DatabaseFile::new(&place.database(), &key()).unwrap().connect(Access::Frozen).await.unwrap();
    let names = column(&connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").await.unwrap();
    connection.close().await.unwrap();
    names
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

#[tokio::test]
async fn a_new_database_opens_again() {
    let place = Place::new();
    let store = place.open().await;
    talk(&store, &conversation("kept", 0), &["q", "a"]).await;
    assert_eq!(store.read_only(), None, "it is open for writing");
    let before = store.conversations().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(place.files(), ["holdfast.db", "holdfast.db.writers"], "closing folds the log into the file");

    let store = place.open().await;
    assert_eq!(store.conversations().await.unwrap(), before, "everything is there again");
    assert_eq!(crate::backup::list(store.file()).unwrap(), [], "nothing was pending, so nothing was backed up");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_database() {
    let place = Place::new();
    let store = place.open().await;
    talk(&store, &conversation("private", 0), &["q"]).await;
    let backup = store.backup().await.unwrap();
    let database = place.database();
    for folder in [database.parent().unwrap(), backup.parent().unwrap()] {
        assert_eq!(mode(folder), 0o700, "nobody else enters {}", folder.display());
    }
    let beside = |name: &str| database.with_file_name(name);
    for file in [database.clone(), beside("holdfast.db-wal"), beside("holdfast.db-shm"), backup] {
        assert_eq!(mode(&file), 0o600, "nobody else reads {}", file.display());
    }
    store.close().await.unwrap();

    std::fs::set_permissions(&database, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    place.open().await;
    assert_eq!(mode(&database), 0o600, "a file that others could read is theirs no more");
}

#[tokio::test]
async fn a_path_with_odd_characters_is_only_a_path() {
    let place = Place::new();
    let path = place.folder.path().join("a b?c=d#e%20f'é").join("file:x.db");
    let store = Store::open(&path, &key()).await.unwrap();
    talk(&store, &conversation("kept", 0), &["q"]).await;
    store.close().await.unwrap();
    let store = Store::open(&path, &key()).await.unwrap();
    assert_eq!(store.conversations().await.unwrap().len(), 1, "the second opening finds the first one's file");
    store.backup().await.unwrap();
    assert!(Store::newest_backup(&path, &key()).await.is_some(), "and its backups");
}

#[tokio::test]
async fn connections_are_set_up_as_promised() {
    let place = Place::new();
    let store = place.open().await;
    let (writer, reader) = (store.writer().unwrap(), store.readers());
    for connection in [writer, reader] {
        let mode: String = one(connection, "PRAGMA journal_mode").await.unwrap();
        assert_eq!(mode, "wal", "readers do not wait for the writer");
        for (pragma, value) in [
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("secure_delete", 1),
            ("trusted_schema", 0),
            ("busy_timeout", 5_000),
        ] {
            let found: i64 = one(connection, &format!("PRAGMA {pragma}")).await.unwrap();
            assert_eq!(found, value, "{pragma}");
        }
    }
    let limit: i64 = one(writer, "PRAGMA journal_size_limit").await.unwrap();
    assert_eq!(limit, 64 * 1024 * 1024, "the log does not stay large");
    let folded: (i64, i64) = (
        one(writer, "PRAGMA wal_autocheckpoint").await.unwrap(),
        one(reader, "PRAGMA wal_autocheckpoint").await.unwrap(),
    );
    assert_eq!(folded, (1_000, 0), "the writer alone folds the log into the file");
    assert!(
        matches!(
            reader.execute_unprepared("DELETE FROM conversation").await.map_err(StoreError::from),
            Err(StoreError::ReadOnly { .. })
        ),
        "readers cannot write"
    );
}

#[tokio::test]
async fn two_programs_may_make_the_database_at_once() {
    let place = Place::new();
    let path = place.database();
    let key = key();
    let (one, two, three) = tokio::join!(Store::open(&path, &key), Store::open(&path, &key), Store::open(&path, &key));
    for store in [one, two, three] {
        let store = store.unwrap();
        talk(&store, &conversation("each", 0), &["q"]).await;
    }
    assert_eq!(place.open().await.conversations().await.unwrap().len(), 3, "all of them work");
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let place = Place::new();
    place.open().await.close().await.unwrap();
    run(&place, &format!("PRAGMA user_version = {}", local::known() + 1)).await;
    let (files, bytes) = (place.files(), std::fs::read(place.database()).unwrap());
    assert!(
        matches!(Store::open(&place.database(), &key()).await, Err(StoreError::Newer { .. })),
        "its rows may mean other things"
    );
    assert_eq!(
        (place.files(), std::fs::read(place.database()).unwrap()),
        (files, bytes),
        "nothing was changed or made"
    );
}

#[tokio::test]
async fn a_newer_database_that_allows_it_is_opened() {
    let place = Place::new();
    place.open().await.close().await.unwrap();
    run(
        &place,
        "INSERT INTO seaql_migrations VALUES ('m29991231_000099_harmless', 1); CREATE TABLE more (x TEXT) STRICT;",
    )
    .await;
    let store = place.open().await;
    talk(&store, &conversation("works", 0), &["q"]).await;
    assert_eq!(
        store.conversations().await.unwrap().len(),
        1,
        "a step that did not raise user_version locks nobody out"
    );
}

const OLD: &str = "CREATE TABLE seaql_migrations (version TEXT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL);";

#[tokio::test]
async fn an_older_database_is_backed_up_and_brought_up_to_date() {
    let place = Place::new();
    run(&place, &format!("{OLD} CREATE TABLE precious (x TEXT) STRICT; INSERT INTO precious VALUES ('kept');")).await;
    let store = place.open().await;
    talk(&store, &conversation("new", 0), &["q"]).await;
    let version: u32 = one(store.readers(), "PRAGMA user_version").await.unwrap();
    assert_eq!(version, local::must_know(), "the file says what a program must know");

    let backups = crate::backup::list(store.file()).unwrap();
    assert_eq!(backups.len(), 1, "it was copied first");
    let copy = store.file().at(backups[0].path.clone()).connect(Access::Frozen).await.unwrap();
    let kept: Vec<String> = column(&copy, "SELECT x FROM precious").await.unwrap();
    assert_eq!(kept, ["kept"], "as it was");
}

#[tokio::test]
async fn keys_of_the_first_version_stay_keys() {
    let place = Place::new();
    place.open().await.close().await.unwrap();
    let back = "
        DROP TABLE audit_event; DROP TABLE key_use; DROP TABLE conversation_key; DROP TABLE key_chain;
        DROP TABLE key_revision; DROP TABLE sealed_key;
        CREATE TABLE sealed_key (
            id BLOB NOT NULL PRIMARY KEY, provider TEXT NOT NULL, name TEXT NOT NULL, masked TEXT NOT NULL,
            origin TEXT NOT NULL, added_at INTEGER NOT NULL, last_used_at INTEGER, tested_at INTEGER,
            test_result TEXT, test_detail TEXT, revision INTEGER NOT NULL, sealed BLOB NOT NULL
        ) STRICT;
        CREATE INDEX sealed_key_by_provider ON sealed_key (provider);
        INSERT INTO sealed_key VALUES
            (x'00000000000000000000000000000000', 'openai', 'work', 'sk-…x7Qd', 'https://one:443', 5, 6, 7, 'no_credit', 'Empty.', 3, x'01'),
            (x'01000000000000000000000000000000', 'openai', 'home', '…', 'https://two:443', 8, NULL, NULL, NULL, NULL, 1, x'02');
        ALTER TABLE message DROP COLUMN key_instead_of;
        DELETE FROM seaql_migrations WHERE version > 'm20261120_000001_first'; PRAGMA user_version = 1;";
    run(&place, back).await;
    let store = place.open().await;
    let key = store.key(KeyId(Uuid::nil())).await.unwrap();
    let expected = StoredKey {
        info: KeyInfo {
            id: KeyId(Uuid::nil()),
            provider: "openai".into(),
            name: "work".to_owned(),
            masked: "sk-…x7Qd".to_owned(),
            origin: "https://one:443".to_owned(),
            added_at: 5,
            last_used_at: Some(6),
            test: Some(KeyTest { at: 7, result: KeyTestResult::NoCredit, detail: Some("Empty.".to_owned()) }),
        },
        settings: KeySettings::default(),
        revision: 3,
        sealed_at: 5,
        sealed: vec![1],
        deleted_at: None,
    };
    assert_eq!(key, Some(expected), "with its secret, its test and its revision, which the seal holds");
    let names: Vec<String> = store.keys(0..1).await.unwrap().into_iter().map(|key| key.info.name).collect();
    assert_eq!(names, ["home", "work"], "in the order in which they were listed");
    let kept = crate::backup::list(store.file()).unwrap().len();
    assert_eq!(kept, 1, "and a backup was made first");
}

#[tokio::test]
async fn an_update_that_fails_changes_nothing() {
    let place = Place::new();
    run(&place, &format!("{OLD} CREATE TABLE provider (id TEXT) STRICT;")).await;
    assert!(
        matches!(Store::open(&place.database(), &key()).await, Err(StoreError::Database { .. })),
        "a table is in the way"
    );
    assert_eq!(tables(&place).await, ["provider", "seaql_migrations"], "no table of the half update stays");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let place = Place::new();
    run(&place, "CREATE TABLE bookmarks (url TEXT) STRICT;").await;
    let Err(StoreError::Damaged { detail, backup: None }) = Store::open(&place.database(), &key()).await else {
        panic!("it is not ours");
    };
    assert!(detail.contains("another program") && detail.contains("holdfast.db"), "named: {detail}");
    assert_eq!(tables(&place).await, ["bookmarks"], "no table of ours was added");
}
