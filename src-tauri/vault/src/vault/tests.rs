use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::Origin;
use tempfile::TempDir;

use holdfast_contract::UnlockWay;

use super::*;
use crate::files::SLOTS;
use crate::keychain::fake::FakeKeychain;
use crate::slots::{Entry, Opener, Slot, Slots, Stage};
use crate::{NoKeychain, Protection, RecordKind, RootKind};

mod audit;
mod backup;
mod damage;
mod golden;
#[cfg(target_os = "linux")]
mod memory;
mod opening;
mod rotation;
mod scenarios;

const SECRET: &str = "sk-canary-0123456789abcdef";
const PASSPHRASE: &str = "canary battery staple";
const HOLD: &str = "vault.hold";

/// A folder for a vault, and the keychain, clock and disk of its user.
struct Home {
    dir: TempDir,
    keychain: Arc<FakeKeychain>,
    /// Milliseconds that the clock is ahead.
    ahead: Arc<AtomicI64>,
    /// Writes until the disk is full.
    writes: Arc<AtomicI64>,
    cost: Cost,
    answer_after: Duration,
}

impl Home {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            keychain: Arc::default(),
            ahead: Arc::default(),
            writes: Arc::new(AtomicI64::new(i64::MAX)),
            cost: Cost::FLOOR,
            answer_after: Duration::ZERO,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("vault")
    }

    /// A program that starts here.
    fn open(&self) -> Vault {
        self.open_with(Arc::<FakeKeychain>::clone(&self.keychain))
    }

    fn open_with(&self, keychain: Arc<dyn Keychain>) -> Vault {
        let (ahead, writes, cost) = (Arc::clone(&self.ahead), Arc::clone(&self.writes), self.cost);
        let surroundings = Surroundings {
            cost: Arc::new(move || Ok(cost)),
            answer_after: self.answer_after,
            now: Box::new(move || now() + ahead.load(Ordering::SeqCst)),
            free_space: Box::new(move |_| Ok(if writes.fetch_sub(1, Ordering::SeqCst) > 0 { u64::MAX } else { 0 })),
        };
        Vault::open_in(self.path(), keychain, surroundings)
    }

    /// A vault with both files, closed, and a record that was sealed in it.
    async fn with_vault(by: UnlockWay) -> (Self, RecordHeader, SealedRecord) {
        let home = Self::new();
        let vault = home.open();
        vault.create(protection(by)).await.unwrap();
        let header = header();
        let sealed = vault.seal(&header, credential()).await.unwrap();
        vault.lock().await;
        (home, header, sealed)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// Name and bytes of every file.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.path()) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    }
}

fn protection(by: UnlockWay) -> Protection {
    match by {
        UnlockWay::Keychain => Protection::Keychain,
        UnlockWay::Passphrase => Protection::Passphrase(passphrase()),
        UnlockWay::Both => Protection::Both(passphrase()),
        UnlockWay::Recovery => panic!("a recovery code is no main way"),
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

fn passphrase() -> Secret {
    Secret::new(PASSPHRASE.into())
}

fn origin() -> Origin {
    Origin::parse("https://api.openai.com").unwrap()
}

fn credential() -> Credential {
    Credential::new(Secret::new(SECRET.into()), origin())
}

fn header() -> RecordHeader {
    RecordHeader { id: Uuid::new_v4(), kind: RecordKind::ApiKey, owner: "openai".into(), revision: 1 }
}

async fn unsealed(vault: &Vault, header: &RecordHeader, sealed: &SealedRecord) -> Option<String> {
    let credential = vault.unseal(header, sealed).await.ok()?;
    credential.for_origin(&origin()).map(|secret| secret.expose().to_owned())
}

fn locked(way: UnlockWay) -> VaultState {
    VaultState::Locked { ways: vec![way, UnlockWay::Recovery] }
}

#[tokio::test]
async fn a_vault_of_the_keychain_locks_and_opens() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    assert_eq!(vault.ready().await, locked(UnlockWay::Keychain), "a later start finds it closed");
    assert!(matches!(vault.unseal(&header, &sealed).await, Err(VaultError::Locked)), "closed, it gives nothing");
    assert!(matches!(vault.seal(&header, credential()).await, Err(VaultError::Locked)), "closed, it takes nothing");

    vault.unlock_with_keychain().await.unwrap();
    assert_eq!(vault.state(), VaultState::Unlocked { by: UnlockWay::Keychain }, "and says what opened it");
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "what was sealed is there");

    vault.lock().await;
    assert_eq!(vault.state(), locked(UnlockWay::Keychain), "closed again");
    assert!(matches!(vault.unseal(&header, &sealed).await, Err(VaultError::Locked)), "the keys are gone");
}

#[tokio::test]
async fn a_vault_of_a_passphrase_opens_by_it_alone() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Passphrase).await;
    let vault = home.open();
    assert_eq!(vault.ready().await, locked(UnlockWay::Passphrase), "a later start finds it closed");
    for wrong in ["", "Canary battery staple", "canary battery staple "] {
        let opened = vault.unlock_with_passphrase(Secret::new(wrong.into())).await;
        assert!(matches!(opened, Err(VaultError::WrongPassphrase)), "{wrong:?} is another: {opened:?}");
    }
    let opened = vault.unlock_with_keychain().await;
    assert!(matches!(opened, Err(VaultError::NoSuchWay(UnlockWay::Keychain))), "it has no such slot: {opened:?}");
    assert_eq!(vault.state(), locked(UnlockWay::Passphrase), "nothing of this opened it");

    vault.unlock_with_passphrase(passphrase()).await.unwrap();
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "what was sealed is there");
    assert!(home.keychain.calls.lock().unwrap().is_empty(), "the keychain was never touched");
}

#[tokio::test]
async fn without_a_vault_every_call_says_so() {
    let home = Home::new();
    let vault = home.open();
    assert_eq!(vault.ready().await, VaultState::Missing, "nothing is there yet");
    assert!(!home.path().exists(), "a look makes no folder");
    for result in [
        vault.unlock_with_keychain().await,
        vault.unlock_with_passphrase(passphrase()).await,
        vault.seal(&header(), credential()).await.map(drop),
    ] {
        assert!(matches!(result, Err(VaultError::Missing)), "{result:?}");
    }
    let made = vault.create(Protection::Passphrase(secret(""))).await;
    assert!(matches!(made, Err(VaultError::EmptyPassphrase)), "an empty passphrase protects nothing: {made:?}");
    vault.restore_backup().await.expect("nothing is damaged, nothing is to do");
    assert_eq!(vault.ready().await, VaultState::Missing, "still nothing");
}

#[tokio::test]
async fn there_is_one_vault_for_all_programs() {
    let (home, header, sealed) = (Home::new(), header(), credential());
    let (first, second) = (home.open(), home.open());
    assert_eq!((first.ready().await, second.ready().await), (VaultState::Missing, VaultState::Missing), "none yet");
    let mut watch = second.watch();
    first.create(Protection::Keychain).await.unwrap();
    let sealed = first.seal(&header, sealed).await.unwrap();

    let entries = home.keychain.entries.lock().unwrap().clone();
    for by in [protection(UnlockWay::Keychain), protection(UnlockWay::Passphrase)] {
        let made = second.create(by).await;
        assert!(matches!(made, Err(VaultError::Exists)), "a second vault would hide the first: {made:?}");
    }
    assert_eq!(*home.keychain.entries.lock().unwrap(), entries, "its entry in the keychain stays as it was");
    assert!(watch.has_changed().unwrap(), "who watches is told");
    assert_eq!(*watch.borrow_and_update(), locked(UnlockWay::Keychain), "the other program's vault is found");

    second.unlock_with_keychain().await.unwrap();
    assert_eq!(unsealed(&second, &header, &sealed).await.as_deref(), Some(SECRET), "one seals, the other opens");
    assert_eq!(first.state(), VaultState::Unlocked { by: UnlockWay::Keychain }, "both may have it open");
}

#[tokio::test]
async fn a_keychain_that_lost_the_entry_is_named() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    let entries = home.keychain.entries.lock().unwrap().clone();
    let Some(account) = entries.keys().next().cloned() else { panic!("the vault made an entry") };
    assert!(account.starts_with("vault key "), "a person can tell what the entry is: {account}");

    let other = STANDARD.encode([7; 32]);
    for changed in [other.as_str(), "", "not base64!", "c2hvcnQ="] {
        home.keychain.entries.lock().unwrap().insert(account.clone(), changed.to_owned());
        let Err(VaultError::Keychain(error)) = vault.unlock_with_keychain().await else {
            panic!("{changed:?} opened it")
        };
        assert_eq!(
            error,
            KeychainError::EntryChanged { account: account.clone() },
            "{changed:?} is not what was stored"
        );
    }
    home.keychain.entries.lock().unwrap().clear();
    let Err(VaultError::Keychain(error)) = vault.unlock_with_keychain().await else { panic!("nothing opened it") };
    assert_eq!(error, KeychainError::EntryMissing { account: account.clone() }, "the entry is gone");
    assert!(error.to_string().contains(&account), "the words name it: {error}");

    for fails in [KeychainError::Locked, KeychainError::Dismissed, KeychainError::Timeout { seconds: 10 }] {
        *home.keychain.fails.lock().unwrap() = Some(fails.clone());
        let Err(VaultError::Keychain(error)) = vault.unlock_with_keychain().await else {
            panic!("{fails:?} opened it")
        };
        assert_eq!(error, fails, "the keychain's own trouble comes through");
    }
    *home.keychain.fails.lock().unwrap() = None;
    *home.keychain.entries.lock().unwrap() = entries;
    vault.unlock_with_keychain().await.expect("with the old entry back, nothing was lost");
}

#[tokio::test]
async fn a_keychain_that_fails_makes_no_vault() {
    let home = Home::new();
    let vault = home.open_with(Arc::new(NoKeychain));
    let made = vault.create(Protection::Keychain).await;
    assert!(matches!(made, Err(VaultError::Keychain(KeychainError::Unavailable { .. }))), "there is none: {made:?}");
    assert!(!vault.keychain_works().await, "none does not work");
    assert_eq!((vault.ready().await, home.files()), (VaultState::Missing, Vec::new()), "nothing was written");
    vault.create(protection(UnlockWay::Passphrase)).await.expect("a passphrase does without");
}

#[tokio::test]
async fn a_disk_that_fails_makes_no_vault() {
    let home = Home::new();
    fs::write(home.path(), b"a file in the folder's place").unwrap();
    let vault = home.open();
    let made = vault.create(Protection::Keychain).await;
    assert!(matches!(made, Err(VaultError::Disk { .. })), "the system's error comes through: {made:?}");
    assert!(home.keychain.entries.lock().unwrap().is_empty(), "the keychain keeps no entry without a vault");
    fs::remove_file(home.path()).unwrap();
    vault.create(Protection::Keychain).await.expect("it can be tried again");
}

#[tokio::test]
async fn the_keychain_is_tried_once_and_left_clean() {
    let home = Home::new();
    let vault = home.open();
    assert!(vault.keychain_works().await, "it keeps what it is given");
    assert!(vault.keychain_works().await, "and is said to, again");
    assert_eq!(*home.keychain.calls.lock().unwrap(), ["set", "get", "delete"], "one trial, not one at each question");
    assert!(home.keychain.entries.lock().unwrap().is_empty(), "the trial's entry is gone");
}

#[tokio::test]
async fn many_calls_at_once_ask_the_keychain_once() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    home.keychain.calls.lock().unwrap().clear();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let vault = vault.clone();
                async move { vault.unlock_with_keychain().await }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(*home.keychain.calls.lock().unwrap(), ["get"], "the user is asked once, not eight times");
}

#[tokio::test]
async fn a_panic_in_the_thread_is_survived() {
    let (home, header, sealed) = Home::with_vault(UnlockWay::Keychain).await;
    let vault = home.open();
    let crashed = vault.call::<()>(|_| panic!("a fault while it is closed")).await;
    assert!(matches!(crashed, Err(VaultError::Crashed)), "the caller is told: {crashed:?}");
    assert_eq!(vault.ready().await, locked(UnlockWay::Keychain), "closed before, closed after");

    vault.unlock_with_keychain().await.unwrap();
    let crashed = vault.call::<()>(|_| panic!("a fault while it is open")).await;
    assert!(matches!(crashed, Err(VaultError::Crashed)), "the caller is told: {crashed:?}");
    assert_eq!(unsealed(&vault, &header, &sealed).await.as_deref(), Some(SECRET), "it was opened anew, as it was");
    assert_eq!(vault.state(), VaultState::Unlocked { by: UnlockWay::Keychain }, "the state is true");

    vault.call::<()>(|_| panic!("a fault, and then the file is gone")).await.unwrap_err();
    vault.lock().await;
    vault.unlock_with_keychain().await.expect("nothing on the disk was touched");
}

#[tokio::test]
async fn a_making_that_was_killed_is_no_vault_and_can_be_made_again() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    // As the disk stands after a kill between the first write and the acknowledgement.
    let (id, key) = (Uuid::new_v4(), cipher::random().unwrap());
    let opener = Opener::Keychain(Entry::FIRST, new_device_key().unwrap());
    let slot = Slot::wrap(id, &key, &opener, &|| Ok(Cost::FLOOR)).unwrap();
    let mut body = Slots::decode(&home.read(SLOTS)).unwrap().body;
    (body.vault, body.stage, body.slots) = (id, Stage::BeingMade, vec![slot]);
    let begun = Slots::sign(body, &key).unwrap().encode();
    for hold in [None, Some(home.read(HOLD))] {
        let killed = Home::new();
        fs::create_dir_all(killed.path()).unwrap();
        fs::write(killed.path().join(SLOTS), &begun).unwrap();
        fs::write(killed.path().join("vault.hold.0123456789ab"), b"half").unwrap();
        if let Some(hold) = &hold {
            fs::write(killed.path().join(HOLD), hold).unwrap();
        }
        let vault = killed.open();
        assert_eq!(vault.ready().await, VaultState::Missing, "nobody was told that there is a vault");
        vault.create(protection(UnlockWay::Passphrase)).await.expect("so it can be made");
        vault.lock().await;
        vault.unlock_with_passphrase(passphrase()).await.expect("and is whole");
        let names: Vec<_> = killed.files().into_iter().map(|(name, _)| name).collect();
        let whole = ["vault.hold", "vault.hold.bak", "vault.lock", "vault.slots", "vault.slots.bak"];
        assert_eq!(names, whole, "no rest of the killed one is left");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (home, ..) = Home::with_vault(UnlockWay::Passphrase).await;
    assert_eq!(mode(&home.path()), 0o700, "the folder");
    for (name, _) in home.files() {
        assert_eq!(mode(&home.path().join(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn no_file_and_no_debug_text_holds_a_secret() {
    for by in [UnlockWay::Keychain, UnlockWay::Passphrase, UnlockWay::Both] {
        let (home, _, sealed) = Home::with_vault(by).await;
        let mut canaries = vec![SECRET.to_owned(), PASSPHRASE.to_owned(), "canary".to_owned()];
        for stored in home.keychain.entries.lock().unwrap().values() {
            canaries.push(String::from_utf8_lossy(&STANDARD.decode(stored).unwrap()).into_owned());
            canaries.push(stored.clone());
        }
        let mut places = home.files();
        places.push(("the record".into(), sealed.0));
        assert!(places.len() > 4, "there is something to search");
        for (name, bytes) in &places {
            for canary in &canaries {
                let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                assert!(!found, "{name} holds a secret in clear");
            }
        }
    }
}
