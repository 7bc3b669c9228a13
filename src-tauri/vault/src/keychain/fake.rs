use std::collections::HashMap;
use std::sync::Mutex;

use holdfast_core::Secret;

use crate::{Keychain, KeychainError};

/// A keychain in memory.
#[derive(Default)]
pub(crate) struct FakeKeychain {
    pub(crate) entries: Mutex<HashMap<String, String>>,
    /// What every call answers with instead.
    pub(crate) fails: Mutex<Option<KeychainError>>,
    /// Whether it keeps something else than what it was given.
    pub(crate) garbles: Mutex<bool>,
    /// Every call, in order.
    pub(crate) calls: Mutex<Vec<String>>,
}

impl FakeKeychain {
    fn called(&self, what: &str) -> Result<(), KeychainError> {
        self.calls.lock().unwrap().push(what.to_owned());
        self.fails.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

impl Keychain for FakeKeychain {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        self.called("get")?;
        Ok(self.entries.lock().unwrap().get(account).cloned().map(Secret::new))
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.called("set")?;
        let garbles = *self.garbles.lock().unwrap();
        let kept = if garbles { "something else".to_owned() } else { secret.expose().to_owned() };
        self.entries.lock().unwrap().insert(account.to_owned(), kept);
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        self.called("delete")?;
        self.entries.lock().unwrap().remove(account);
        Ok(())
    }
}
