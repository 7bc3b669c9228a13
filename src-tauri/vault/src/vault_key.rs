//! The vault key: the one random key that opens everything.

use holdfast_core::Secret;
use iota_stronghold::KeyProvider;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::cipher::{self, KEY, Key};

/// The vault key in Stronghold's guarded memory.
pub(crate) struct VaultKey(KeyProvider);

impl VaultKey {
    pub(crate) fn random() -> Result<Self, VaultError> {
        Self::new(&cipher::random()?)
    }

    pub(crate) fn new(key: &Key) -> Result<Self, VaultError> {
        KeyProvider::try_from(Zeroizing::new(key.to_vec())).map(Self).map_err(|_| VaultError::Crashed)
    }

    /// A copy outside the guarded memory, for one use.
    pub(crate) fn expose(&self) -> Result<Key, VaultError> {
        let buffer = self.0.try_unlock().map_err(|_| VaultError::Crashed)?;
        let mut key = Key::default();
        let bytes = buffer.borrow();
        if bytes.len() != KEY {
            return Err(VaultError::Crashed);
        }
        key.copy_from_slice(&bytes);
        Ok(key)
    }

    /// As Stronghold takes it.
    pub(crate) fn provider(&self) -> &KeyProvider {
        &self.0
    }
}

/// A key as 64 hexadecimal digits.
pub(crate) fn hex(key: &[u8; KEY]) -> Secret {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Sized at once: growing would leave copies behind.
    let mut text = String::with_capacity(KEY * 2);
    for byte in key {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    Secret::new(text)
}
