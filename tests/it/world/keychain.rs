use std::collections::HashMap;
use std::sync::Mutex;

use holdfast_core::Secret;
use holdfast_vault::{Keychain, KeychainError, NoKeychain};

/// A keychain in memory, which can also behave as badly as real ones do.
#[derive(Default)]
pub(crate) struct MemoryKeychain {
    entries: Mutex<HashMap<String, String>>,
    mood: Mutex<Mood>,
}

/// How a keychain behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    #[default]
    Works,
    /// There is none.
    Absent,
    /// It is locked and does not ask.
    Locked,
    /// It takes everything and keeps nothing.
    Forgets,
}

impl MemoryKeychain {
    /// From now on it behaves so.
    pub(crate) fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The user deletes all entries.
    pub(crate) fn empty(&self) {
        self.entries.lock().unwrap().clear();
    }

    /// What it keeps.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.entries.lock().unwrap().values().cloned().collect()
    }

    fn mood(&self) -> Result<Mood, KeychainError> {
        match *self.mood.lock().unwrap() {
            Mood::Locked => Err(KeychainError::Locked),
            mood => Ok(mood),
        }
    }
}

impl Keychain for MemoryKeychain {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        match self.mood()? {
            Mood::Absent => NoKeychain.get(account),
            _ => Ok(self.entries.lock().unwrap().get(account).cloned().map(Secret::new)),
        }
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        match self.mood()? {
            Mood::Absent => return NoKeychain.set(account, secret),
            Mood::Forgets => {}
            Mood::Works | Mood::Locked => {
                self.entries.lock().unwrap().insert(account.to_owned(), secret.expose().to_owned());
            }
        }
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        if self.mood()? == Mood::Absent {
            return NoKeychain.delete(account);
        }
        self.entries.lock().unwrap().remove(account);
        Ok(())
    }
}
