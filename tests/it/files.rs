//! Files that do not read, or that cannot be written: named, left as they are, and mended from a backup.

use std::fs;
use std::path::PathBuf;

use holdfast_contract::{
    Action, AnswerState, AuditFilter, AuditKind, Code, Command, ConversationSummary, CreateConversation, GetCatalogue,
    GetSettings, GetStatus, ListAudit, ListBackups, ListConversations, ListKeys, MakeBackup, ModelRef,
    OpenConversation, PasteKey, Protect, Protection, RecentQuestions, RestoreBackup, RestoreStore, RestoreVault,
    Rotate, Rotation, SaveSettings, SendMessage, Settings, StopReason, StoreState, UnlockWay, VaultState, VerifyAudit,
};
use holdfast_testkit::{FakeServer, Reply};

use crate::world::{World, cloud, models, state_of, studio, text_of};

const KEY: &str = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz";

async fn store_state(world: &World) -> StoreState {
    world.send(GetStatus {}).await.unwrap().store
}

async fn vault_state(world: &World) -> VaultState {
    world.send(GetStatus {}).await.unwrap().vault
}

async fn list(world: &World) -> Vec<ConversationSummary> {
    world.send(ListConversations {}).await.unwrap()
}

/// A world with a conversation, backed up if so wished; its program does not run.
async fn quiet_world(backed_up: bool) -> World {
    let world = World::new().await;
    world.ask("rehearsal/rehearsal", "Before the damage").await;
    if backed_up {
        world.send(MakeBackup {}).await.unwrap();
    }
    world.quit().await;
    world
}

fn garbage(_: &[u8]) -> Vec<u8> {
    b"This is no database, and it is long enough to be taken for one. ".repeat(100)
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

fn torn(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 4;
    bytes[middle..middle * 3].fill(0xa5);
    bytes
}

async fn fails_as_damaged<C: Command>(world: &World, command: C, restorable: bool) {
    let failure = world.refused(command).await;
    assert_eq!(failure.code, Code::StoreDamaged, "{}: {failure:?}", C::NAME);
    assert_eq!(failure.actions.contains(&Action::RestoreBackup), restorable, "{}: {failure:?}", C::NAME);
}

#[tokio::test]
async fn a_database_that_does_not_read_is_named_and_left_alone() {
    for (name, damage) in [("garbage", garbage as fn(&[u8]) -> Vec<u8>), ("half", half), ("torn", torn)] {
        let world = quiet_world(false).await;
        let path = world.places().store();
        let damaged = damage(&fs::read(&path).unwrap());
        fs::write(&path, &damaged).unwrap();
        world.start().await;
        let StoreState::Damaged { detail, backup } = store_state(&world).await else {
            panic!("{name}: the damage was not seen")
        };
        assert!(detail.contains("holdfast.db"), "{name}: the file is named: {detail}");
        assert_eq!(backup, None, "{name}");
        fails_as_damaged(&world, ListConversations {}, false).await;
        fails_as_damaged(&world, CreateConversation { model: None }, false).await;
        fails_as_damaged(&world, GetCatalogue { refresh: false }, false).await;
        fails_as_damaged(&world, ListKeys {}, false).await;
        fails_as_damaged(&world, RecentQuestions { count: 1 }, false).await;
        fails_as_damaged(&world, SaveSettings { settings: Settings::default() }, false).await;
        fails_as_damaged(&world, RestoreStore {}, false).await;
        assert_eq!(world.send(GetSettings {}).await, Ok(Settings::default()), "{name}: the window can still be drawn");
        world.quit().await;
        assert!(fs::read(&path).unwrap() == damaged, "{name}: nothing was overwritten");
        assert!(!world.file("holdfast.db-wal").exists(), "{name}: nothing was written beside it");
    }
}

#[tokio::test]
async fn the_newest_backup_is_offered_and_brings_everything_back() {
    for (name, damage) in [("garbage", garbage as fn(&[u8]) -> Vec<u8>), ("half", half)] {
        let world = quiet_world(true).await;
        let path = world.places().store();
        let damaged = damage(&fs::read(&path).unwrap());
        fs::write(&path, &damaged).unwrap();
        world.start().await;
        let state = store_state(&world).await;
        assert!(matches!(state, StoreState::Damaged { backup: Some(_), .. }), "{name}: {state:?}");
        fails_as_damaged(&world, ListConversations {}, true).await;
        let status = world.send(RestoreStore {}).await.unwrap();
        assert_eq!(status.store, StoreState::Open, "{name}");
        let listed = list(&world).await;
        assert_eq!(listed[0].title, "Before the damage", "{name}: at once, without a restart");
        world.ask("rehearsal/rehearsal", "After it").await;
        let kept: Vec<PathBuf> = fs::read_dir(world.home())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains(".damaged-"))
            .collect();
        assert_eq!(kept.len(), 1, "{name}: the damaged file is kept: {kept:?}");
        assert!(fs::read(&kept[0]).unwrap() == damaged, "{name}: as it was");
        assert_eq!(world.refused(RestoreStore {}).await.code, Code::BadRequest, "{name}: a good one is not replaced");
        world.restart().await;
        assert_eq!(list(&world).await.len(), 2, "{name}");
    }
}

/// The superuser may write anywhere, so this runs again as nobody when it has to.
#[cfg(unix)]
#[tokio::test]
async fn files_that_cannot_be_written_can_be_read() {
    let world = quiet_world(false).await;
    let read_only = |yes: bool| {
        let mut permissions = fs::metadata(world.home()).unwrap().permissions();
        permissions.set_readonly(yes);
        fs::set_permissions(world.home(), permissions).unwrap();
    };
    let marks = world.file("holdfast.db.writers");
    if marks.exists() {
        fs::remove_dir_all(marks).unwrap();
    }
    read_only(true);
    if fs::write(world.file("superuser"), b"").is_ok() {
        return as_nobody("files::files_that_cannot_be_written_can_be_read");
    }
    world.start().await;
    let state = store_state(&world).await;
    assert!(matches!(&state, StoreState::ReadOnly { detail } if detail.contains("holdfast.db")), "{state:?}");
    let listed = list(&world).await;
    let view = world.send(OpenConversation { id: listed[0].id }).await.unwrap();
    assert_eq!(text_of(&view.tail[0]), "Before the damage", "everything can be read");
    world.send(GetCatalogue { refresh: true }).await.unwrap();
    let send = SendMessage { conversation: listed[0].id, text: "More".to_owned(), edits: None };
    assert_eq!(world.refused(send).await.code, Code::Disk, "a question that cannot be kept is not asked");
    assert_eq!(world.refused(CreateConversation { model: None }).await.code, Code::Disk);
    let paste = PasteKey { provider: "openai".into(), name: "Work".to_owned(), replace: None };
    world.desktop.copy(KEY);
    assert_eq!(world.refused(paste).await.code, Code::Disk);
    assert_eq!(world.desktop.clipboard().as_deref(), Some(KEY), "a key that cannot be kept stays on the clipboard");
    world.quit().await;
    read_only(false);
    world.start().await;
    assert_eq!(store_state(&world).await, StoreState::Open, "and when it can be written again, it is");
}

/// Runs one test of this program again without the superuser's rights.
#[cfg(unix)]
fn as_nobody(test: &str) {
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
        .env_remove("TMPDIR")
        .current_dir("/")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "as nobody: {said}");
}

/// A world with a key in its vault; its program does not run.
async fn world_with_a_key(server: &FakeServer) -> World {
    let world = World::with(&models(&[cloud(server)])).await;
    world.desktop.copy(KEY);
    let paste = PasteKey { provider: "cloud".into(), name: "Work".to_owned(), replace: None };
    world.send(paste).await.unwrap();
    world.quit().await;
    world
}

/// The file with the root keys. Each change of keys writes another one beside the last.
fn root_file(world: &World) -> String {
    let names = fs::read_dir(world.places().vault()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files = names.map(|name| name.into_string().unwrap()).filter(|name| {
        (name.starts_with("vault.hold") || name.starts_with("vault.root")) && name.matches('.').count() == 1
    });
    let file = files.next().unwrap();
    assert_eq!(files.next(), None, "one of them counts");
    file
}

#[tokio::test]
async fn a_vault_that_does_not_read_is_named_left_alone_and_restored() {
    for (slots, damage) in [(true, garbage as fn(&[u8]) -> Vec<u8>), (true, half), (false, garbage), (false, torn)] {
        let server = FakeServer::start().await;
        server.expect_key(KEY);
        server.on_chat(Reply::answer("Yes"));
        let world = world_with_a_key(&server).await;
        let file = &if slots { "vault.slots".to_owned() } else { root_file(&world) };
        let path = world.places().vault().join(file);
        let damaged = damage(&fs::read(&path).unwrap());
        fs::write(&path, &damaged).unwrap();
        world.start().await;
        let failure = world.refused(ListConversations {}).await;
        assert_eq!(failure.code, Code::VaultDamaged, "{file}: {failure:?}");
        assert!(failure.message.contains(file), "{file}: it is named: {}", failure.message);
        assert_eq!(failure.actions, [Action::RestoreBackup], "{file}");
        let state = vault_state(&world).await;
        assert!(matches!(&state, VaultState::Damaged { detail, backup: true } if detail.contains(file)), "{state:?}");
        assert_eq!(store_state(&world).await, StoreState::Closed, "{file}: its key is in the vault");
        let again = Protect { with: Protection::Keychain };
        assert_eq!(world.refused(again).await.code, Code::VaultDamaged, "{file}: no second vault over the first");
        assert!(fs::read(&path).unwrap() == damaged, "{file}: nothing was overwritten");

        let status = world.send(RestoreVault {}).await.unwrap();
        assert_eq!(status.vault, VaultState::Unlocked { by: UnlockWay::Keychain }, "{file}: it opens at once");
        let answer = world.ask("cloud/m", "And now?").await;
        assert_eq!(state_of(&answer), AnswerState::Complete { reason: StopReason::End }, "{file}: the key works again");
        let kept = fs::read_dir(world.places().vault()).unwrap().map(|entry| entry.unwrap().path());
        let kept: Vec<PathBuf> = kept.filter(|path| path.to_string_lossy().contains(".damaged-")).collect();
        assert!(kept.len() == 1 && fs::read(&kept[0]).unwrap() == damaged, "{file}: the damaged one is kept: {kept:?}");
    }
}

#[tokio::test]
async fn a_vault_without_a_backup_says_so_and_stays() {
    let server = FakeServer::start().await;
    let world = world_with_a_key(&server).await;
    let vault = world.places().vault();
    for file in ["vault.slots".to_owned(), "vault.slots.bak".to_owned(), format!("{}.bak", root_file(&world))] {
        fs::write(vault.join(file), b"lost").unwrap();
    }
    world.start().await;
    let status = world.send(GetStatus {}).await.unwrap();
    assert!(matches!(&status.vault, VaultState::Damaged { backup: false, .. }), "{status:?}");
    assert_eq!(status.vault_backup, None, "nor is one in the backups");
    assert_eq!(world.refused(RestoreVault {}).await.code, Code::VaultDamaged);
    assert_eq!(fs::read(vault.join("vault.slots")).unwrap(), b"lost");
    assert_eq!(world.refused(ListKeys {}).await.code, Code::VaultDamaged, "without it nothing opens");
}

/// Makes the vault's files and the copies beside them unreadable, and gives what they hold then.
fn lose_vault(world: &World) -> Vec<(String, Vec<u8>)> {
    let vault = world.places().vault();
    let root = root_file(world);
    let mut lost = Vec::new();
    for file in ["vault.slots".to_owned(), "vault.slots.bak".to_owned(), format!("{root}.bak"), root] {
        let bytes = format!("{file} is lost").into_bytes();
        fs::write(vault.join(&file), &bytes).unwrap();
        lost.push((file, bytes));
    }
    lost
}

#[tokio::test]
async fn a_vault_without_a_copy_beside_it_comes_back_from_the_newest_backup_that_reads() {
    let server = FakeServer::start().await;
    server.expect_key(KEY);
    server.on_chat(Reply::answer("Yes"));
    let world = world_with_a_key(&server).await;
    world.start().await;
    world.ask("cloud/m", "Before").await;
    let good = world.send(MakeBackup {}).await.unwrap();
    world.ask("cloud/m", "After").await;
    // The newest ones are damaged in ways of their own.
    for file in ["vault.slots", "holdfast.db", "manifest.json"] {
        let made = world.send(MakeBackup {}).await.unwrap();
        let path = world.places().backups().join(made.name).join(file);
        fs::write(&path, garbage(&fs::read(&path).unwrap())).unwrap();
    }
    world.quit().await;
    let lost = lose_vault(&world);
    world.start().await;
    let status = world.send(GetStatus {}).await.unwrap();
    assert!(matches!(&status.vault, VaultState::Damaged { backup: false, .. }), "{status:?}");
    assert_eq!(status.vault_backup.as_ref(), Some(&good), "it says of when it is before it is restored");

    let status = world.send(RestoreVault {}).await.unwrap();
    assert_eq!(status.vault, VaultState::Unlocked { by: UnlockWay::Keychain });
    assert_eq!((status.store, status.vault_gap), (StoreState::Open, None), "it opens all that is there");
    assert_eq!(list(&world).await.len(), 2, "chats are as they were at last");
    let answer = world.ask("cloud/m", "And now?").await;
    assert_eq!(state_of(&answer), AnswerState::Complete { reason: StopReason::End }, "the key works");
    let report = world.send(VerifyAudit {}).await.unwrap();
    assert_eq!(report.faults, [], "the log holds");
    let filter = AuditFilter { kinds: vec![AuditKind::BackupRestored], ..AuditFilter::default() };
    let noted = world.send(ListAudit { filter, before: None, count: 9 }).await.unwrap();
    assert_eq!(noted[0].subject.as_ref(), Some(&good.name), "and tells of it: {noted:?}");

    let kept = fs::read_dir(world.home()).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<PathBuf> = kept.filter(|path| path.to_string_lossy().contains("vault.damaged-")).collect();
    let [kept] = kept.as_slice() else { panic!("what was damaged is kept in one folder: {kept:?}") };
    for (file, bytes) in lost {
        assert_eq!(fs::read(kept.join(&file)).unwrap(), bytes, "{file} is kept as it was");
    }
    world.restart().await;
    assert_eq!(vault_state(&world).await, VaultState::Unlocked { by: UnlockWay::Keychain }, "it stays");
}

#[tokio::test]
async fn a_vault_that_is_older_than_its_database_says_what_it_does_not_open() {
    let server = FakeServer::start().await;
    server.expect_key(KEY);
    server.on_chat(Reply::answer("Yes"));
    let world = world_with_a_key(&server).await;
    world.start().await;
    world.ask("cloud/m", "Before").await;
    // A backup is made before the keys that wrap records are replaced, and none after.
    world.send(Rotate { what: Rotation::RecordKey }).await.unwrap();
    world.ask("cloud/m", "After").await;
    world.quit().await;
    lose_vault(&world);
    world.start().await;
    let status = world.send(RestoreVault {}).await.unwrap();
    let gap = status.vault_gap.expect("the key was sealed by a newer one");
    assert_eq!((gap.keys, gap.opened_keys), (1, 0));
    assert_eq!(Some(&gap.backup), world.send(ListBackups {}).await.unwrap().last(), "it names the backup that fits");
    assert_eq!(list(&world).await.len(), 2, "chats are all there");

    let status = world.send(RestoreBackup { name: gap.backup.name, with_vault: false }).await.unwrap();
    assert_eq!((status.store, status.vault_gap), (StoreState::Open, None), "its database closes the gap");
    assert_eq!(list(&world).await.len(), 1);
    let answer = world.ask("cloud/m", "And now?").await;
    assert_eq!(state_of(&answer), AnswerState::Complete { reason: StopReason::End }, "the key works");
}

#[tokio::test]
async fn a_window_and_a_command_line_work_on_the_same_files() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::shared(&models(&[studio(&server)])).await;
    let chat = world.chat("studio/m").await;
    chat.ask("From the window").await;
    let ended = world.run(&["ask", "--continue", "From the terminal"]).await;
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "Yes\n", ""));
    let expected = ["From the window", "Yes", "From the terminal", "Yes"];
    assert_eq!(chat.texts().await, expected, "the window sees what the terminal did");
    chat.ask("From the window again").await;
    assert_eq!(chat.open().await.lengths.len(), 6);
    let both = tokio::join!(async { text_of(&world.ask("studio/m", "At the same moment").await) }, async {
        world.run(&["ask", "--model", "studio/m", "In another one"]).await.code
    },);
    assert_eq!(both, ("Yes".to_owned(), Some(0)));
    assert_eq!(list(&world).await.len(), 3);
    let model = ModelRef::parse("studio/m");
    assert!(list(&world).await.iter().all(|summary| summary.model == model && summary.streaming.is_none()));
}
