//! Backups, and the one file with everything.

use std::fs;

use holdfast_contract::{BackupVault, CheckBackup, ListBackups, MakeBackup, RestoreBackup};

use super::*;

#[tokio::test]
async fn a_backup_is_listed_checked_and_brought_back() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server)])).await;
    add_key(&world).await;
    world.ask("cloud/m", "Before").await;
    let made = world.send(MakeBackup {}).await.unwrap();
    assert!(made.whole && made.bytes > 0, "{made:?}");
    world.ask("cloud/m", "After").await;
    assert_eq!(world.send(ListBackups {}).await.unwrap().len(), 1);

    let preview = world.send(CheckBackup { name: made.name.clone() }).await.unwrap();
    let contents = preview.contents.expect("it opens");
    assert_eq!(
        (contents.conversations, contents.messages, contents.keys, contents.opened_keys),
        (1, 2, 1, 1),
        "a trial restore tells what is in it: {contents:?}"
    );
    assert_eq!((preview.vault, preview.backup), (BackupVault::Stays, made.clone()), "and what becomes of the vault");
    let left: Vec<_> = fs::read_dir(world.home())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".trial-"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "and leaves nothing behind");

    let status = world.send(RestoreBackup { name: made.name.clone(), with_vault: false }).await.unwrap();
    assert_eq!(status.store, StoreState::Open);
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1, "what came after it is gone");
    assert_eq!(state_of(&world.ask("cloud/m", "And now?").await), complete(), "the key still opens");
    assert_eq!(world.send(ListBackups {}).await.unwrap().len(), 2, "what was there was backed up first");
    let report = world.send(holdfast_contract::VerifyAudit {}).await.unwrap();
    assert_eq!(report.faults, [], "the log of the backup goes on, whole");
}

#[tokio::test]
async fn a_backup_that_was_changed_shows_and_is_not_restored() {
    let world = World::new().await;
    world.ask("rehearsal/rehearsal", "Hello").await;
    let made = world.send(MakeBackup {}).await.unwrap();
    let database = world.places().backups().join(&made.name).join("holdfast.db");
    let mut bytes = fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0x5a);
    fs::write(&database, bytes).unwrap();
    let listed = world.send(ListBackups {}).await.unwrap();
    assert_eq!(listed.iter().map(|backup| backup.whole).collect::<Vec<_>>(), [false], "{listed:?}");
    assert_eq!(world.refused(CheckBackup { name: made.name.clone() }).await.code, Code::StoreDamaged);
    assert_eq!(world.refused(RestoreBackup { name: made.name, with_vault: false }).await.code, Code::StoreDamaged);
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1, "what is there stays");
    for name in ["", "..", "../holdfast.db", "a/b", "nothing"] {
        let failure = world.refused(CheckBackup { name: name.to_owned() }).await;
        assert_eq!(failure.code, Code::NotFound, "{name:?} names no backup");
    }
}

#[tokio::test]
async fn the_oldest_backup_is_restored_though_the_one_made_first_pushes_it_out() {
    let world = World::new().await;
    world.ask("rehearsal/rehearsal", "First").await;
    let oldest = world.send(MakeBackup {}).await.unwrap();
    for _ in 0..4 {
        world.send(MakeBackup {}).await.unwrap();
    }
    world.ask("rehearsal/rehearsal", "Second").await;
    let status = world.send(RestoreBackup { name: oldest.name.clone(), with_vault: false }).await.unwrap();
    assert_eq!(status.store, StoreState::Open);
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1, "it is as the oldest one has it");
    let listed = world.send(ListBackups {}).await.unwrap();
    assert!(listed.len() == 5 && listed.iter().all(|backup| *backup != oldest), "five are kept: {listed:?}");
}

#[tokio::test]
async fn everything_moves_to_another_computer_in_one_file() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let models = models(&[cloud(&server)]);
    let world = World::with(&models).await;
    add_key(&world).await;
    world.ask("cloud/m", "Hello").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("everything.age").display().to_string();
    let purpose = EntryPurpose::Export { path: path.clone() };
    assert_eq!(type_in(&world, purpose, "short").await.unwrap_err().code, Code::BadRequest);
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"), "the age program opens it too");
    let again = OpenEntry { purpose: EntryPurpose::Export { path: path.clone() } };
    assert_eq!(world.refused(again).await.code, Code::BadRequest, "what is there is not overwritten");
    let here = OpenEntry { purpose: EntryPurpose::Import { path: path.clone() } };
    assert_eq!(world.refused(here).await.code, Code::BadRequest, "nor is a vault that is there");

    let other = World::newcomer().await;
    other.quit().await;
    other.write_models(&models);
    other.start().await;
    let purpose = EntryPurpose::Import { path };
    let failure = type_in(&other, purpose.clone(), "another passphrase").await.unwrap_err();
    assert_eq!((failure.code, state(&other).await), (Code::WrongPassphrase, VaultState::Missing), "{failure:?}");
    assert!(!other.places().store().exists(), "a wrong passphrase leaves nothing behind");
    type_in(&other, purpose, PASSPHRASE).await.unwrap();
    write_down(&other).await;
    assert_eq!(state(&other).await, unlocked(UnlockWay::Keychain));
    assert_eq!(other.send(ListConversations {}).await.unwrap().len(), 1);
    assert_eq!(state_of(&other.ask("cloud/m", "From here?").await), complete(), "the key opens there");
    other.restart().await;
    assert_eq!(other.send(ListConversations {}).await.unwrap().len(), 2);
}
