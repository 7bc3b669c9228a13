//! What fills the window, by how the program stands. Pure.

use holdfast_contract::{BackupInfo, Status, StoreState, Timestamp, UnlockWay, VaultState};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is no vault yet.
    SetUp,
    /// The vault is closed; nothing of what it protects is drawn.
    Locked { ways: Vec<UnlockWay> },
    /// The vault is open, its history not yet.
    Opening,
    /// A file of the vault does not read.
    VaultDamaged { detail: String, copy: VaultCopy },
    /// The database does not read.
    StoreDamaged { detail: String, backup: Option<Timestamp> },
    /// Everything is there.
    Open,
}

/// What can take the place of a vault that does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VaultCopy {
    /// The copy beside it, as new as it was itself.
    Beside,
    /// The one in a backup that was made then.
    InBackup(Timestamp),
    Nowhere,
}

impl VaultCopy {
    fn of(beside: bool, backup: Option<&BackupInfo>) -> Self {
        match backup {
            _ if beside => Self::Beside,
            Some(backup) => Self::InBackup(backup.made_at),
            None => Self::Nowhere,
        }
    }
}

impl Stage {
    pub(crate) fn of(status: &Status) -> Self {
        match (&status.vault, &status.store) {
            (VaultState::Missing, _) => Self::SetUp,
            (VaultState::Damaged { detail, backup }, _) => {
                let copy = VaultCopy::of(*backup, status.vault_backup.as_ref());
                Self::VaultDamaged { detail: detail.clone(), copy }
            }
            (VaultState::Locked { ways }, _) => Self::Locked { ways: ways.clone() },
            (VaultState::Unlocked { .. }, StoreState::Closed) => Self::Opening,
            (VaultState::Unlocked { .. }, StoreState::Damaged { detail, backup }) => {
                Self::StoreDamaged { detail: detail.clone(), backup: *backup }
            }
            (VaultState::Unlocked { .. }, StoreState::Open | StoreState::ReadOnly { .. }) => Self::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(vault: VaultState, store: StoreState) -> Status {
        Status {
            version: String::new(),
            data_dir: String::new(),
            vault,
            keychain: true,
            store,
            vault_backup: None,
            vault_gap: None,
        }
    }

    fn stage(vault: VaultState, store: StoreState) -> Stage {
        Stage::of(&status(vault, store))
    }

    #[test]
    fn only_an_open_vault_shows_anything_of_what_it_protects() {
        let ways = vec![UnlockWay::Keychain, UnlockWay::Recovery];
        let locked = VaultState::Locked { ways: ways.clone() };
        let unlocked = VaultState::Unlocked { by: UnlockWay::Keychain };
        assert_eq!(stage(VaultState::Missing, StoreState::Closed), Stage::SetUp, "a first start");
        for store in [StoreState::Closed, StoreState::Open, StoreState::ReadOnly { detail: String::new() }] {
            assert_eq!(
                stage(locked.clone(), store),
                Stage::Locked { ways: ways.clone() },
                "a locked vault hides all, whatever is said of the database"
            );
        }
        assert_eq!(stage(unlocked.clone(), StoreState::Closed), Stage::Opening, "the database follows the vault");
        assert_eq!(stage(unlocked.clone(), StoreState::Open), Stage::Open, "the usual state");
        let damaged = StoreState::Damaged { detail: "no header".to_owned(), backup: Some(7) };
        assert_eq!(
            stage(unlocked, damaged),
            Stage::StoreDamaged { detail: "no header".to_owned(), backup: Some(7) },
            "a database that does not read has a screen of its own"
        );
        let damaged = |backup| VaultState::Damaged { detail: "cut off".to_owned(), backup };
        let shown = |copy| Stage::VaultDamaged { detail: "cut off".to_owned(), copy };
        assert_eq!(stage(damaged(true), StoreState::Closed), shown(VaultCopy::Beside), "and so has a vault");
        assert_eq!(stage(damaged(false), StoreState::Closed), shown(VaultCopy::Nowhere), "with nothing to offer");
        let in_backup = Status {
            vault_backup: Some(BackupInfo { name: String::new(), made_at: 7, bytes: 0, whole: true }),
            ..status(damaged(false), StoreState::Closed)
        };
        assert_eq!(Stage::of(&in_backup), shown(VaultCopy::InBackup(7)), "or with the copy in a backup");
    }
}
