//! What can be said of a backup's copy of the vault without any key.

use std::path::Path;

use holdfast_contract::UnlockWay;

use crate::VaultError;
use crate::examine::{Finding, describe, examine};
use crate::files::{Files, SLOTS};
use crate::slots::Stage;

/// What opens the vault of a backup, as it was then; its files read as far as can be told without a key.
/// A Stronghold file shows little of its damage so: compare the sums of the files first.
///
/// # Errors
/// [`VaultError::BadBackup`] says what is wrong with it.
pub fn ways_of_backup(dir: &Path) -> Result<Vec<UnlockWay>, VaultError> {
    let files = Files::new(dir.to_owned(), Box::new(|dir| fs4::available_space(dir)));
    match examine(&files) {
        Finding::Ready(slots) if slots.body.stage == Stage::InUse => Ok(slots.body.ways()),
        Finding::Faulty(faults) => Err(VaultError::BadBackup { detail: describe(&faults) }),
        Finding::Ready(_) | Finding::Missing => Err(VaultError::BadBackup { detail: format!("{SLOTS} is not in it") }),
    }
}
