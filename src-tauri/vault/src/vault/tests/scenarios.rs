//! Whatever happens in whatever order: what was acknowledged opens the vault.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

/// How many scenarios are tried; `HOLDFAST_SCENARIOS` raises it.
const SCENARIOS: u32 = 100;

#[derive(Clone, Copy, Debug)]
enum Step {
    Protect(UnlockWay),
    NewRecoveryCode,
    RotateVaultKey,
    RotateKek,
    MoveRoot,
    Lock,
    Restart,
    Crash,
    Keychain(Trouble),
    /// The disk takes so many writes before it is full, or is emptied.
    Disk(Option<i64>),
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Nothing,
    Unavailable,
    Locked,
    Dismissed,
    Slow,
    Garbles,
    Deleted,
    Changed,
}

fn step() -> impl Strategy<Value = Step> {
    let way = prop_oneof![Just(UnlockWay::Keychain), Just(UnlockWay::Passphrase), Just(UnlockWay::Both)];
    let trouble = prop_oneof![
        4 => Just(Trouble::Nothing),
        1 => Just(Trouble::Unavailable),
        1 => Just(Trouble::Locked),
        1 => Just(Trouble::Dismissed),
        1 => Just(Trouble::Slow),
        1 => Just(Trouble::Garbles),
        1 => Just(Trouble::Deleted),
        1 => Just(Trouble::Changed),
    ];
    prop_oneof![
        4 => way.prop_map(Step::Protect),
        2 => Just(Step::NewRecoveryCode),
        2 => Just(Step::RotateVaultKey),
        1 => Just(Step::RotateKek),
        1 => Just(Step::MoveRoot),
        1 => Just(Step::Lock),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
        4 => trouble.prop_map(Step::Keychain),
        2 => prop::option::weighted(0.7, 0..8_i64).prop_map(Step::Disk),
    ]
}

/// A user, and what the vault acknowledged to them.
struct User {
    home: Home,
    vault: Vault,
    way: UnlockWay,
    passphrase: String,
    code: String,
    records: Vec<(RecordHeader, SealedRecord)>,
    /// The entry of the keychain was deleted or changed since it was acknowledged.
    entry_is_lost: bool,
    passphrases: usize,
}

impl User {
    async fn new(way: UnlockWay) -> Self {
        let home = Home { cost: Cost::TINY, ..Home::new() };
        let vault = home.open();
        let code = vault.create(protection(way)).await.unwrap().text().expose().to_owned();
        let passphrase = PASSPHRASE.to_owned();
        let mut user =
            Self { home, vault, way, passphrase, code, records: Vec::new(), entry_is_lost: false, passphrases: 0 };
        user.seal().await;
        user
    }

    async fn seal(&mut self) {
        let header = header();
        if let Ok(sealed) = self.vault.seal(&header, credential()).await {
            self.records.push((header, sealed));
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Protect(way) => {
                self.passphrases += 1;
                let typed = format!("{PASSPHRASE} {}", self.passphrases);
                let done = match way {
                    UnlockWay::Keychain => self.vault.protect(Protection::Keychain).await,
                    UnlockWay::Both => self.vault.protect(Protection::Both(secret(&typed))).await,
                    _ => self.vault.protect(Protection::Passphrase(secret(&typed))).await,
                };
                if done.is_ok() {
                    (self.way, self.passphrase, self.entry_is_lost) = (way, typed, false);
                }
            }
            Step::NewRecoveryCode => {
                if let Ok(code) = self.vault.new_recovery_code().await {
                    self.code = code.text().expose().to_owned();
                }
            }
            Step::RotateVaultKey => drop(self.vault.rotate_vault_key().await),
            Step::RotateKek => {
                drop(self.vault.rotate_kek().await);
                self.seal().await;
            }
            Step::MoveRoot => {
                let stands = self.vault.root_kind().await.unwrap();
                let to = if stands == RootKind::Stronghold { RootKind::SealedFile } else { RootKind::Stronghold };
                drop(self.vault.move_root(to).await);
            }
            Step::Lock => self.vault.lock().await,
            Step::Restart => self.vault = self.home.open(),
            Step::Crash => {
                self.vault.call::<()>(|_| panic!("a fault of the vault")).await.unwrap_err();
            }
            Step::Keychain(trouble) => self.trouble(trouble),
            Step::Disk(writes) => self.home.writes.store(writes.unwrap_or(i64::MAX), Ordering::SeqCst),
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        let keychain = &self.home.keychain;
        *keychain.garbles.lock().unwrap() = matches!(trouble, Trouble::Garbles);
        *keychain.fails.lock().unwrap() = match trouble {
            Trouble::Unavailable => Some(KeychainError::Unavailable { detail: "gone".into() }),
            Trouble::Locked => Some(KeychainError::Locked),
            Trouble::Dismissed => Some(KeychainError::Dismissed),
            Trouble::Slow => Some(KeychainError::Timeout { seconds: 10 }),
            _ => None,
        };
        let mut entries = keychain.entries.lock().unwrap();
        match trouble {
            Trouble::Deleted => entries.clear(),
            Trouble::Changed => entries.values_mut().for_each(|stored| *stored = STANDARD.encode([1; 32])),
            _ => return,
        }
        self.entry_is_lost = true;
    }

    async fn unlock(&self, vault: &Vault) -> Result<(), VaultError> {
        match self.way {
            UnlockWay::Keychain => vault.unlock_with_keychain().await,
            UnlockWay::Both => vault.unlock_with_both(secret(&self.passphrase)).await,
            _ => vault.unlock_with_passphrase(secret(&self.passphrase)).await,
        }
    }

    /// A program that starts now, with disk and keychain at peace, opens the vault by what was
    /// acknowledged.
    async fn check(&self, after: Step) {
        let writes = self.home.writes.swap(i64::MAX, Ordering::SeqCst);
        let fails = self.home.keychain.fails.lock().unwrap().take();
        let vault = self.home.open();
        let by_way = self.unlock(&vault).await;
        if self.way == UnlockWay::Passphrase || !self.entry_is_lost {
            assert!(by_way.is_ok(), "after {after:?}, by {:?}: {by_way:?}", self.way);
        } else {
            assert!(matches!(by_way, Err(VaultError::Keychain(_))), "a lost entry is said: {by_way:?}");
        }
        let by_code = vault.unlock_with_recovery(secret(&self.code)).await;
        assert!(by_code.is_ok(), "after {after:?}, by the recovery code: {by_code:?}");
        for (header, sealed) in &self.records {
            assert_eq!(unsealed(&vault, header, sealed).await.as_deref(), Some(SECRET), "after {after:?}: a record");
        }
        self.home.writes.store(writes, Ordering::SeqCst);
        *self.home.keychain.fails.lock().unwrap() = fails;
    }

    fn is_sealed(&self) {
        for (name, bytes) in self.home.files() {
            for text in [SECRET, PASSPHRASE, &self.code] {
                assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{name} holds {text}");
            }
        }
    }
}

#[test]
fn there_is_always_a_way_that_was_acknowledged() {
    let cases = std::env::var("HOLDFAST_SCENARIOS").ok().and_then(|text| text.parse().ok()).unwrap_or(SCENARIOS);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() };
    let ways = prop_oneof![Just(UnlockWay::Keychain), Just(UnlockWay::Passphrase), Just(UnlockWay::Both)];
    let scenario = (ways, prop::collection::vec(step(), 1..10));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let tried = TestRunner::new(config).run(&scenario, |(way, steps)| {
        runtime.block_on(async {
            let mut user = User::new(way).await;
            for step in steps {
                user.take(step).await;
                user.check(step).await;
                if !matches!(user.vault.state(), VaultState::Unlocked { .. }) {
                    // As a user does: the code is the way that always works.
                    drop(user.vault.unlock_with_recovery(secret(&user.code)).await);
                }
            }
            user.is_sealed();
        });
        Ok(())
    });
    tried.unwrap();
}
