use holdfast_core::Secret;

use crate::KeychainError;

mod patient;
mod system;

pub use system::SystemKeychain;

/// The system's keychain, or what takes its place in tests. Calls may block.
pub trait Keychain: Send + Sync + 'static {
    /// The secret of an entry; `None` when there is no such entry.
    ///
    /// # Errors
    /// Says why the keychain did not answer.
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError>;

    /// Writes an entry, over an older one of that name.
    ///
    /// # Errors
    /// Says why the keychain did not take it.
    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError>;

    /// Deletes an entry; it is no error when there is none.
    ///
    /// # Errors
    /// Says why the keychain did not do it.
    fn delete(&self, account: &str) -> Result<(), KeychainError>;
}

/// No keychain: every call answers that there is none.
pub struct NoKeychain;

impl NoKeychain {
    fn refuse<T>() -> Result<T, KeychainError> {
        Err(KeychainError::Unavailable { detail: "it was turned off".to_owned() })
    }
}

impl Keychain for NoKeychain {
    fn get(&self, _account: &str) -> Result<Option<Secret>, KeychainError> {
        Self::refuse()
    }

    fn set(&self, _account: &str, _secret: &Secret) -> Result<(), KeychainError> {
        Self::refuse()
    }

    fn delete(&self, _account: &str) -> Result<(), KeychainError> {
        Self::refuse()
    }
}

#[cfg(test)]
pub(crate) mod fake;
