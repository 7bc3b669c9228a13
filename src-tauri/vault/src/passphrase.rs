//! From a passphrase to a key: Argon2id, with a floor and a ceiling for its cost.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use holdfast_core::Secret;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::VaultError;
use crate::cipher::Key;

/// What one guess at the passphrase costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

impl Cost {
    pub(crate) const USUAL: Self = Self { memory_kib: 256 * 1024, passes: 3, lanes: 4 };
    /// The second choice of RFC 9106. A file that asks for less was tampered with.
    pub(crate) const FLOOR: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// A file that asks for more would stop the computer instead of opening the vault.
    pub(crate) const CEILING: Self = Self { memory_kib: 1024 * 1024, passes: 10, lanes: 16 };

    /// Lets tests set hundreds of passphrases. No program takes it.
    #[cfg(test)]
    pub(crate) const TINY: Self = Self { memory_kib: 64, passes: 1, lanes: 1 };

    /// Whether it lies within floor and ceiling. Asked before anything is allocated.
    pub(crate) fn is_sane(self) -> bool {
        #[cfg(test)]
        if self == Self::TINY {
            return true;
        }
        (Self::FLOOR.memory_kib..=Self::CEILING.memory_kib).contains(&self.memory_kib)
            && (Self::FLOOR.passes..=Self::CEILING.passes).contains(&self.passes)
            && (Self::FLOOR.lanes..=Self::CEILING.lanes).contains(&self.lanes)
    }
}

/// Derives the key of a passphrase. `cost` must be sane.
pub(crate) fn stretch(passphrase: &Secret, salt: &[u8; 16], cost: Cost) -> Result<Key, VaultError> {
    let typed = passphrase.expose();
    // One keyboard sends é as one character and another as two: both are the same passphrase. The
    // capacity is the most that NFC can need, so that no half-filled copy is left behind.
    let mut text = Zeroizing::new(String::with_capacity(typed.len() * 3));
    text.extend(typed.nfc());

    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|_| VaultError::Crashed)?;
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| VaultError::Memory { mebibytes: cost.memory_kib / 1024 })?;
    memory.resize(params.block_count(), Block::new());

    let mut key = Key::default();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let derived = argon.hash_password_into_with_memory(text.as_bytes(), salt, key.as_mut(), &mut memory);
    memory.zeroize();
    derived.map_err(|_| VaultError::Crashed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_outside_floor_and_ceiling_is_not_sane() {
        let usual = Cost::USUAL;
        for (cost, sane) in [
            (usual, true),
            (Cost::FLOOR, true),
            (Cost::CEILING, true),
            (Cost { memory_kib: 64 * 1024 - 1, ..usual }, false),
            (Cost { memory_kib: 1024 * 1024 + 1, ..usual }, false),
            (Cost { passes: 2, ..usual }, false),
            (Cost { passes: 11, ..usual }, false),
            (Cost { lanes: 0, ..usual }, false),
            (Cost { lanes: 17, ..usual }, false),
            (Cost { memory_kib: u32::MAX, ..usual }, false),
        ] {
            assert_eq!(cost.is_sane(), sane, "{cost:?}");
        }
    }

    #[test]
    fn the_same_passphrase_from_another_keyboard_gives_the_same_key() {
        let stretch = |text: &str| stretch(&Secret::new(text.into()), &[7; 16], Cost::FLOOR).unwrap();
        let key = stretch("caf\u{e9}");
        assert_eq!(key, stretch("cafe\u{301}"), "composed and decomposed letters are one");
        assert_ne!(key, stretch("cafe"), "an accent counts");
    }
}
