//! What can be said of the vault's files without any key.

use std::path::Path;

use holdfast_contract::VaultState;

use crate::VaultError;
use crate::files::{Files, HOLD, SLOTS};
use crate::root;
use crate::slots::{self, Slots, Stage};

/// One of the two files a vault consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Slots,
    Hold,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Slots => SLOTS,
            Self::Hold => HOLD,
        }
    }
}

/// A part that does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) part: Part,
    /// What is wrong, after the file's name.
    pub(crate) what: String,
    /// Whether its backup reads.
    pub(crate) backup: bool,
}

/// How the files stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// No vault was ever acknowledged here.
    Missing,
    /// Both files read, as far as can be told.
    Ready(Slots),
    /// At least one does not.
    Faulty(Vec<Fault>),
}

/// Looks at the files. The caller holds a lock.
pub(crate) fn examine(files: &Files) -> Finding {
    let slots = read_slots(files, &files.path(SLOTS));
    let hold = root::check_header(&files.path(HOLD));
    let slots_backup = read_slots(files, &files.backup(SLOTS));
    let hold_backup = root::check_header(&files.backup(HOLD));

    let absent = |part: &Result<(), root::Unreadable>| matches!(part, Err(root::Unreadable::Missing));
    if let Ok(Some(Slots { stage: Stage::BeingMade, .. })) = slots {
        return Finding::Missing;
    }
    if let (Ok(None), true, Ok(None), true) = (&slots, absent(&hold), &slots_backup, absent(&hold_backup)) {
        return Finding::Missing;
    }

    let mut faults = Vec::new();
    let read = match slots {
        Ok(Some(slots)) => Some(slots),
        bad => {
            let what = bad.err().unwrap_or_else(|| "is missing".to_owned());
            faults.push(Fault { part: Part::Slots, what, backup: matches!(slots_backup, Ok(Some(_))) });
            None
        }
    };
    if let Err(error) = hold {
        faults.push(Fault { part: Part::Hold, what: error.to_string(), backup: hold_backup.is_ok() });
    }
    match read {
        Some(slots) if faults.is_empty() => Finding::Ready(slots),
        _ => Finding::Faulty(faults),
    }
}

/// Reads a slots file; `None` when there is none.
pub(crate) fn read_slots(files: &Files, path: &Path) -> Result<Option<Slots>, String> {
    match files.read(path, slots::MAX_FILE) {
        Ok(Some(bytes)) => Slots::decode(&bytes).map(Some).map_err(|error| error.to_string()),
        Ok(None) => Ok(None),
        Err(error) => Err(format!("cannot be read ({})", error.kind())),
    }
}

/// What the faults say to a person.
pub(crate) fn describe(faults: &[Fault]) -> String {
    let each: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.part.name(), fault.what)).collect();
    each.join(" and ")
}

fn has_backup(faults: &[Fault]) -> bool {
    faults.iter().all(|fault| fault.backup)
}

/// The state that faults make.
pub(crate) fn damaged_state(faults: &[Fault]) -> VaultState {
    VaultState::Damaged { detail: describe(faults), backup: has_backup(faults) }
}

/// The error that faults make.
pub(crate) fn damaged_error(faults: &[Fault]) -> VaultError {
    VaultError::Damaged { detail: describe(faults), backup: has_backup(faults) }
}
