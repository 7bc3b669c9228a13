//! What can be said of the vault's files without any key.

use std::path::Path;

use holdfast_contract::VaultState;

use crate::VaultError;
use crate::files::{Files, RootFile, SLOTS};
use crate::root::{Root, Unreadable};
use crate::slots::{self, Slots, Stage};

/// One of the two files a vault consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Slots,
    Root(RootFile),
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Slots => SLOTS,
            Self::Root(file) => file.name(),
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
    let slots_backup = read_slots(files, &files.backup(SLOTS));
    if let Ok(Some(slots)) = &slots
        && slots.body.stage == Stage::BeingMade
    {
        return Finding::Missing;
    }
    if let (Ok(None), Ok(None)) = (&slots, &slots_backup)
        && RootFile::ALL.iter().all(|file| !files.exists(file.name()) && !files.backup(file.name()).exists())
    {
        return Finding::Missing;
    }

    let mut faults = Vec::new();
    // Without slots, their backup tells which root file would count.
    let named = slots.as_ref().ok().and_then(Option::as_ref);
    let named = named.or_else(|| slots_backup.as_ref().ok().and_then(Option::as_ref));
    let file = named.map_or(RootFile::FIRST, |slots| slots.body.root);
    let read = match slots {
        Ok(Some(slots)) => Some(slots),
        bad => {
            let what = bad.err().unwrap_or_else(|| Unreadable::Missing.to_string());
            faults.push(Fault { part: Part::Slots, what, backup: matches!(slots_backup, Ok(Some(_))) });
            None
        }
    };
    if let Err(error) = Root::check(files, &files.path(file.name()), file.kind) {
        let backup = Root::check(files, &files.backup(file.name()), file.kind).is_ok();
        faults.push(Fault { part: Part::Root(file), what: error.to_string(), backup });
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
