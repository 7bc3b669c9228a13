//! Wrong attempts to open the vault: how many, and how long the next one has to wait.
//!
//! ```text
//! "HOLDTRYS" | version u16 | failures u32 | last i64 | count u16
//!   count times: at i64 | way u8
//! SHA-256 over all before it (32)
//! ```
//! The file outlives a restart. It is not authenticated, since it must be written while the vault is
//! closed: it slows down who types at this computer, not who has the files.

use holdfast_contract::{Timestamp, UnlockWay};
use sha2::{Digest, Sha256};

use crate::bytes::{Malformed, Reader};
use crate::{FailedAttempt, VaultError};

const MAGIC: &[u8; 8] = b"HOLDTRYS";
const VERSION: u16 = 1;
/// The newest are kept.
const MOST: usize = 100;
/// No such file is longer.
pub(crate) const MAX_FILE: u64 = 4 * 1024;
/// So many failures cost nothing: people mistype.
const FREE: u32 = 3;
const LONGEST_WAIT: i64 = 60_000;

/// Wrong attempts since the vault was last opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    failures: u32,
    /// When the last one was.
    last: Timestamp,
    /// Those nobody was told of yet.
    failed: Vec<FailedAttempt>,
}

impl Attempts {
    /// Whether the next one may be made now.
    pub(crate) fn admit(&mut self, now: Timestamp) -> Result<(), VaultError> {
        if now < self.last {
            // The clock was turned back; the wait begins again, and ends.
            self.last = now;
        }
        let left = self.wait() - (now - self.last);
        if left > 0 { Err(VaultError::Wait { seconds: left.unsigned_abs().div_ceil(1000) }) } else { Ok(()) }
    }

    /// How long the next one has to wait after the last, in milliseconds.
    fn wait(&self) -> i64 {
        match self.failures.checked_sub(FREE + 1) {
            None => 0,
            Some(doublings) => (1000_i64 << doublings.min(6)).min(LONGEST_WAIT),
        }
    }

    /// Counts one. It counts before it is made, so that ending the program does not help.
    pub(crate) fn count(&mut self, attempt: FailedAttempt) {
        self.failures = self.failures.saturating_add(1);
        self.last = attempt.at;
        self.note(attempt);
    }

    /// Takes back the one that was counted last: it was right, or could not be made.
    pub(crate) fn discount(&mut self) {
        self.failures = self.failures.saturating_sub(1);
        self.failed.pop();
    }

    /// Notes one for the audit log that need not slow down the next.
    pub(crate) fn note(&mut self, attempt: FailedAttempt) {
        if self.failed.len() >= MOST {
            self.failed.remove(0);
        }
        self.failed.push(attempt);
    }

    /// The vault was opened: nothing is counted any more.
    pub(crate) fn forgive(&mut self) {
        self.failures = 0;
    }

    /// Those nobody was told of yet.
    pub(crate) fn take(&mut self) -> Vec<FailedAttempt> {
        std::mem::take(&mut self.failed)
    }

    /// What both know together: a file that was taken away does not make the program forget.
    pub(crate) fn merged(self, other: Self) -> Self {
        if (other.failures, other.last) > (self.failures, self.last) { other } else { self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.failures == 0 && self.failed.is_empty()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&self.failures.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(&(self.failed.len() as u16).to_be_bytes());
        for FailedAttempt { at, way } in &self.failed {
            bytes.extend_from_slice(&at.to_be_bytes());
            bytes.push(match way {
                UnlockWay::Keychain => 1,
                UnlockWay::Passphrase => 2,
                UnlockWay::Both => 3,
                UnlockWay::Recovery => 4,
            });
        }
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (summed, sum) = bytes.split_last_chunk::<32>().ok_or(Malformed)?;
        let mut reader = Reader::new(summed);
        if Sha256::digest(summed).as_slice() != sum || reader.array()? != *MAGIC || reader.u16()? != VERSION {
            return Err(Malformed);
        }
        let failures = reader.u32()?;
        let last = reader.array().map(i64::from_be_bytes)?;
        let count = usize::from(reader.u16()?);
        if count > MOST {
            return Err(Malformed);
        }
        let mut failed = Vec::with_capacity(count);
        for _ in 0..count {
            let at = reader.array().map(i64::from_be_bytes)?;
            let way = match reader.u8()? {
                1 => UnlockWay::Keychain,
                2 => UnlockWay::Passphrase,
                3 => UnlockWay::Both,
                4 => UnlockWay::Recovery,
                _ => return Err(Malformed),
            };
            failed.push(FailedAttempt { at, way });
        }
        reader.end()?;
        Ok(Self { failures, last, failed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(at: Timestamp) -> FailedAttempt {
        FailedAttempt { at, way: UnlockWay::Passphrase }
    }

    #[test]
    fn the_wait_grows_to_a_minute() {
        let mut attempts = Attempts::default();
        let waits: Vec<_> = (0..12)
            .map(|_| {
                attempts.count(failed(0));
                attempts.wait() / 1000
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60], "three are free, then it doubles");
        assert!(matches!(attempts.admit(0), Err(VaultError::Wait { seconds: 60 })), "at once is too early");
        assert!(matches!(attempts.admit(59_001), Err(VaultError::Wait { seconds: 1 })), "a second is left");
        attempts.admit(60_000).expect("a minute later it may be tried");
        attempts.forgive();
        attempts.admit(0).expect("once opened, nothing is counted");
    }

    #[test]
    fn a_clock_that_is_turned_back_locks_nobody_out() {
        let mut attempts = Attempts::default();
        (0..5).for_each(|_| attempts.count(failed(86_400_000)));
        assert!(matches!(attempts.admit(1000), Err(VaultError::Wait { seconds: 2 })), "the wait begins again");
        attempts.admit(3000).expect("and ends");
    }

    #[test]
    fn the_file_reads_as_it_was_written_or_not_at_all() {
        let mut attempts = Attempts::default();
        (0..150).for_each(|at| attempts.count(failed(at)));
        assert_eq!(attempts.failed.len(), MOST, "the list is bounded");
        assert_eq!(attempts.failed.last(), Some(&failed(149)), "the newest are kept");
        let bytes = attempts.encode();
        assert!(bytes.len() as u64 <= MAX_FILE, "it stays small");
        assert_eq!(Attempts::decode(&bytes), Ok(attempts), "nothing is lost on the way");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(Attempts::decode(&changed), Err(Malformed), "byte {at} changed");
            assert_eq!(Attempts::decode(&bytes[..at]), Err(Malformed), "cut after {at} bytes");
        }
    }
}
