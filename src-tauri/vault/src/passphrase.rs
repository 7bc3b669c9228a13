//! From a passphrase to a key: Argon2id, with a floor and a ceiling for its cost.

use std::time::{Duration, Instant};

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

/// How long a guess shall take, on the computer where the passphrase is set.
const GUESS: Duration = Duration::from_millis(600);
/// What any computer with a window can spare for a moment.
const MEMORY_KIB: u32 = 256 * 1024;
/// The shortest of so many probes counts: whatever else happens only makes one longer.
const PROBES: usize = 3;

impl Cost {
    /// The second choice of RFC 9106, in one lane. A file that asks for less was tampered with.
    pub(crate) const FLOOR: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// A file that asks for more would stop the computer instead of opening the vault.
    pub(crate) const CEILING: Self = Self { memory_kib: 1024 * 1024, passes: 10, lanes: 16 };

    /// Lets tests set hundreds of passphrases. No program takes it.
    #[cfg(test)]
    pub(crate) const TINY: Self = Self { memory_kib: 64, passes: 1, lanes: 1 };

    /// What a guess shall cost on this computer, found out by a few at the least cost.
    ///
    /// By RFC 9106 (section 4): first all the memory that can be spared, then as many passes over it as
    /// there is time for. A computer with no time for three passes takes less memory, never fewer passes.
    /// One lane, because lanes are computed here one after the other: more of them would save time for
    /// nobody but a guesser who computes them side by side.
    pub(crate) fn measured() -> Result<Self, VaultError> {
        let nothing = Secret::new(String::new());
        let mut least = Duration::MAX;
        for _ in 0..PROBES {
            let begun = Instant::now();
            stretch(&nothing, &[0; 16], Self::FLOOR)?;
            least = least.min(begun.elapsed());
        }
        Ok(Self::after_probe(least))
    }

    /// The cost that takes as long as it shall, where the least takes so long.
    fn after_probe(probe: Duration) -> Self {
        let Self { memory_kib: least_kib, passes: least_passes, lanes } = Self::FLOOR;
        // Time grows with the memory that is passed over.
        let probed_kib = u128::from(least_kib * least_passes);
        let kib = u32::try_from(probed_kib * GUESS.as_micros() / probe.as_micros().max(1)).unwrap_or(u32::MAX);
        let passes = (kib / MEMORY_KIB).clamp(least_passes, Self::CEILING.passes);
        let memory_kib = (kib / passes).clamp(least_kib, MEMORY_KIB);
        Self { memory_kib, passes, lanes }
    }

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
        let usual = Cost { memory_kib: MEMORY_KIB, ..Cost::FLOOR };
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
    fn the_cost_fits_the_computer_where_the_passphrase_is_set() {
        let mebibytes = |memory_mib: u32, passes| Cost { memory_kib: memory_mib * 1024, passes, lanes: 1 };
        for (probe_ms, cost) in [
            (150, mebibytes(256, 3)),
            (120, mebibytes(256, 3)),
            (112, mebibytes(256, 4)),
            (75, mebibytes(256, 6)),
            (45, mebibytes(256, 10)),
            // The ceiling holds on whatever computer.
            (0, mebibytes(256, 10)),
            // Less memory, but as many passes.
            (300, mebibytes(128, 3)),
            (600, Cost::FLOOR),
            (60_000, Cost::FLOOR),
        ] {
            let found = Cost::after_probe(Duration::from_millis(probe_ms));
            assert_eq!(found, cost, "where a guess at the least cost takes {probe_ms} ms");
            assert!(found.is_sane(), "and it is one that is taken when it is read: {found:?}");
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
