//! The recovery code: 160 random bits as text that can be written down and typed again.
//!
//! Crockford's alphabet, which has no I, L, O or U: 32 symbols for the bits and 4 more that check
//! them, in nine groups of four. A slip of the pen is told apart from the code of another vault.

use holdfast_core::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{VaultError, cipher};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BYTES: usize = 20;
const SYMBOLS: usize = 32;
const CHECK_SYMBOLS: usize = 4;
const GROUP: usize = 4;
/// Groups of four symbols in a recovery code.
const GROUPS: usize = (SYMBOLS + CHECK_SYMBOLS) / GROUP;

/// The bits of a recovery code.
pub(crate) type RecoveryKey = Zeroizing<[u8; BYTES]>;

/// A recovery code, to be shown once.
#[derive(Debug)]
pub struct RecoveryCode {
    text: Secret,
}

impl RecoveryCode {
    /// How many groups a code has.
    pub const GROUPS: usize = GROUPS;

    /// The code as it is shown, with dashes between the groups: for the one place that shows it.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    /// The groups of the code, in order.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.text.expose().split('-')
    }

    /// Whether `typed` is the group at this index, typed as freely as the whole code may be.
    pub fn group_matches(&self, index: usize, typed: &Secret) -> bool {
        let Some(group) = self.groups().nth(index) else { return false };
        let mut values = typed.expose().chars().filter(|symbol| !is_separator(*symbol)).map(value);
        group.chars().all(|symbol| values.next() == Some(value(symbol))) && values.next().is_none()
    }

    pub(crate) fn random() -> Result<(Self, RecoveryKey), VaultError> {
        let key = cipher::random::<BYTES>()?;
        Ok((Self::of(&key), key))
    }

    fn of(key: &RecoveryKey) -> Self {
        // Sized at once: growing would leave copies behind.
        let mut text = String::with_capacity(SYMBOLS + CHECK_SYMBOLS + GROUPS - 1);
        for (at, symbol) in symbols(key.as_slice()).chain(check(key)).enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(symbol)]));
        }
        Self { text: Secret::new(text) }
    }
}

/// The bits of a code that was typed, if its check symbols fit.
pub(crate) fn parse(typed: &Secret) -> Result<RecoveryKey, VaultError> {
    let mut values = Zeroizing::new([0_u8; SYMBOLS + CHECK_SYMBOLS]);
    let mut count = 0;
    for symbol in typed.expose().chars().filter(|symbol| !is_separator(*symbol)) {
        let place = values.get_mut(count).ok_or(VaultError::MistypedRecoveryCode)?;
        *place = value(symbol).ok_or(VaultError::MistypedRecoveryCode)?;
        count += 1;
    }
    let mut key = RecoveryKey::default();
    for (at, value) in values.iter().take(SYMBOLS).enumerate() {
        for bit in 0..5 {
            let position = at * 5 + bit;
            key[position / 8] |= ((value >> (4 - bit)) & 1) << (7 - position % 8);
        }
    }
    if count == values.len() && values[SYMBOLS..].iter().copied().eq(check(&key)) {
        Ok(key)
    } else {
        Err(VaultError::MistypedRecoveryCode)
    }
}

fn is_separator(symbol: char) -> bool {
    symbol.is_whitespace() || matches!(symbol, '-' | '_' | '.' | '\u{2010}'..='\u{2015}')
}

fn value(symbol: char) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|letter| char::from(*letter) == symbol).and_then(|at| u8::try_from(at).ok())
}

/// Five bits for each symbol, the highest first.
fn symbols(bytes: &[u8]) -> impl Iterator<Item = u8> {
    (0..bytes.len() * 8 / 5).map(|at| {
        (0..5).fold(0, |symbol, bit| {
            let position = at * 5 + bit;
            symbol << 1 | (bytes[position / 8] >> (7 - position % 8)) & 1
        })
    })
}

fn check(key: &RecoveryKey) -> impl Iterator<Item = u8> + use<> {
    let digest = Sha256::new().chain_update(b"holdfast/recovery/check").chain_update(key.as_slice()).finalize();
    let mut first = [0; 3];
    first.copy_from_slice(&digest[..3]);
    // Twenty bits of twenty-four.
    (0..CHECK_SYMBOLS).map(move |at| symbols(&first).nth(at).unwrap_or_default())
}

#[cfg(test)]
mod tests;
