//! Backups that the vault as it is does not open: of an earlier state of it, or of another one.

use std::fs;
use std::path::{Path, PathBuf};

use holdfast_contract::{BackupVault, CheckBackup, ListBackups, MakeBackup, RestoreBackup};

use super::*;

const ANOTHER: &str = "another horse and its battery";

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Folders and files beside the database, by how their names begin.
fn beside(world: &World, begin: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(world.home()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(begin)).collect()
}

async fn conversations(world: &World) -> usize {
    world.send(ListConversations {}).await.unwrap().len()
}

#[tokio::test]
async fn a_backup_from_before_a_new_vault_key_needs_no_older_vault() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server)])).await;
    add_key(&world).await;
    world.ask("cloud/m", "Before").await;
    let made = world.send(MakeBackup {}).await.unwrap();
    world.send(Rotate { what: Rotation::VaultKey }).await.unwrap();
    world.ask("cloud/m", "After").await;
    let preview = world.send(CheckBackup { name: made.name.clone() }).await.unwrap();
    assert_eq!(preview.vault, BackupVault::Stays, "the vault opens all of it: {preview:?}");
    world.send(RestoreBackup { name: made.name, with_vault: false }).await.unwrap();
    assert_eq!(conversations(&world).await, 1);
    assert_eq!(state_of(&world.ask("cloud/m", "And now?").await), complete());
}

/// A vault by a passphrase with a key, whose backup it does not open any more: the passphrase and the
/// keys that wrap records were replaced since. Gives the name of the backup too.
async fn outgrown(server: &FakeServer) -> (World, String) {
    let (world, _) = with_passphrase(&models(&[cloud(server)]), Protection::Passphrase).await;
    add_key(&world).await;
    world.ask("cloud/m", "Before").await;
    let made = world.send(MakeBackup {}).await.unwrap();
    let (folder, elsewhere) = (world.places().backups().join(&made.name), world.file("elsewhere"));
    fs::rename(&folder, &elsewhere).unwrap();
    world.send(Rotate { what: Rotation::RecordKey }).await.unwrap();
    // What a backup needs is kept, so the one that was made before the replacement must go.
    fs::remove_dir_all(world.places().backups()).unwrap();
    world.send(Rotate { what: Rotation::RecordKey }).await.unwrap();
    type_in(&world, EntryPurpose::SetPassphrase { with: Protection::Passphrase }, ANOTHER).await.unwrap();
    world.ask("cloud/m", "After").await;
    fs::rename(&elsewhere, &folder).unwrap();
    (world, made.name)
}

#[tokio::test]
async fn a_backup_of_an_earlier_state_brings_its_vault_back() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let (world, name) = outgrown(&server).await;
    let preview = world.send(CheckBackup { name: name.clone() }).await.unwrap();
    let ways = vec![UnlockWay::Passphrase, UnlockWay::Recovery];
    assert_eq!(preview.vault, BackupVault::GoesBack { ways }, "it says what will be needed: {preview:?}");
    let contents = preview.contents.expect("the key of the database is still the same");
    assert_eq!((contents.keys, contents.opened_keys), (1, 0));
    let failure = world.refused(RestoreBackup { name: name.clone(), with_vault: false }).await;
    assert_eq!(
        (failure.code, conversations(&world).await),
        (Code::VaultDamaged, 2),
        "nothing was changed: {failure:?}"
    );

    let status = world.send(RestoreBackup { name: name.clone(), with_vault: true }).await.unwrap();
    assert!(matches!(status.vault, VaultState::Locked { .. }), "what opened it then is asked for: {status:?}");
    let unlock = EntryPurpose::Unlock { way: UnlockWay::Passphrase };
    assert_eq!(type_in(&world, unlock.clone(), ANOTHER).await.unwrap_err().code, Code::WrongPassphrase);
    type_in(&world, unlock.clone(), PASSPHRASE).await.unwrap();
    assert_eq!(conversations(&world).await, 1, "keys and chats are as they were then");
    assert_eq!(state_of(&world.ask("cloud/m", "And now?").await), complete(), "and the key opens");
    let report = world.send(holdfast_contract::VerifyAudit {}).await.unwrap();
    assert_eq!(report.faults, [], "the log of then goes on, whole");
    assert_eq!(beside(&world, "restoring"), Vec::<PathBuf>::new(), "nothing is left to be done");

    // What was there is a backup, with the vault that opens it.
    let listed = world.send(ListBackups {}).await.unwrap();
    let newest = &listed[0];
    assert!(newest.whole && newest.name != name, "{listed:?}");
    world.send(RestoreBackup { name: newest.name.clone(), with_vault: true }).await.unwrap();
    type_in(&world, unlock, ANOTHER).await.unwrap();
    assert_eq!(conversations(&world).await, 2, "all came back again");
}

#[tokio::test]
async fn a_backup_of_another_vault_takes_the_place_of_everything() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let (other, code) = with_passphrase(&models(&[cloud(&server)]), Protection::Passphrase).await;
    add_key(&other).await;
    other.ask("cloud/m", "Elsewhere").await;
    let made = other.send(MakeBackup {}).await.unwrap();

    let world = World::with(&models(&[cloud(&server)])).await;
    for text in ["One", "Two"] {
        world.ask("rehearsal/rehearsal", text).await;
    }
    copy_folder(&other.places().backups().join(&made.name), &world.places().backups().join(&made.name));
    let preview = world.send(CheckBackup { name: made.name.clone() }).await.unwrap();
    let ways = vec![UnlockWay::Passphrase, UnlockWay::Recovery];
    assert_eq!((preview.contents, preview.vault), (None, BackupVault::GoesBack { ways }), "its contents are sealed");
    world.send(RestoreBackup { name: made.name, with_vault: true }).await.unwrap();
    type_in(&world, EntryPurpose::Unlock { way: UnlockWay::Recovery }, &code).await.unwrap();
    assert_eq!(conversations(&world).await, 1, "it is the other one's history");
    assert_eq!(state_of(&world.ask("cloud/m", "And here?").await), complete(), "and key");
}

#[tokio::test]
async fn a_restore_that_a_kill_interrupts_is_finished_at_the_next_start() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let (world, name) = outgrown(&server).await;
    world.quit().await;
    // As it lies there when the program dies right after it began.
    copy_folder(&world.places().backups().join(&name), &world.file("restoring"));
    world.start().await;
    type_in(&world, EntryPurpose::Unlock { way: UnlockWay::Passphrase }, PASSPHRASE).await.unwrap();
    assert_eq!(conversations(&world).await, 1);
    assert_eq!(state_of(&world.ask("cloud/m", "And now?").await), complete());
    assert_eq!(beside(&world, "restoring"), Vec::<PathBuf>::new());
    world.restart().await;
    type_in(&world, EntryPurpose::Unlock { way: UnlockWay::Passphrase }, PASSPHRASE).await.unwrap();
    assert_eq!(conversations(&world).await, 2, "it is done once");
}

#[tokio::test]
async fn a_backup_whose_vault_was_changed_is_refused_whole() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let (world, name) = outgrown(&server).await;
    let slots = world.places().backups().join(&name).join("vault.slots");
    let mut bytes = fs::read(&slots).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&slots, bytes).unwrap();
    for with_vault in [false, true] {
        let failure = world.refused(RestoreBackup { name: name.clone(), with_vault }).await;
        assert_eq!(failure.code, Code::VaultDamaged, "{with_vault}: {failure:?}");
    }
    assert_eq!(conversations(&world).await, 2, "nothing was changed");
    assert_eq!(state(&world).await, unlocked(UnlockWay::Passphrase));
}
