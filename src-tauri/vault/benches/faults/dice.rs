use std::ops::Range;

use uuid::Uuid;

/// Numbers that look random and can be had again (SplitMix64).
#[derive(Clone)]
pub(crate) struct Dice {
    begun_with: u64,
    state: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { begun_with: seed, state: seed }
    }

    pub(crate) fn seed() -> u64 {
        Uuid::new_v4().as_u64_pair().0
    }

    pub(crate) fn begun_with(&self) -> u64 {
        self.begun_with
    }

    pub(crate) fn number(&mut self, range: Range<usize>) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        range.start + (mixed % (range.len() as u64)) as usize
    }

    /// One bit of a byte.
    pub(crate) fn bit(&mut self) -> u8 {
        1 << self.number(0..8)
    }
}
