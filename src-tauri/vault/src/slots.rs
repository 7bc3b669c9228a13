//! The slots file: the vault key, wrapped once by each way to open the vault, and what else counts
//! before the vault is open.
//!
//! ```text
//! "HOLDSLOT" | version u16 | stage u8 | vault id 16 | generation u64
//!   since version 2: root kind u8 | root second u8 | four times i64 | recovery confirmed u8 | anchored u8
//! count u8
//!   count times: kind u8 | length u32 | body
//! HMAC-SHA256 under the vault key, over all before it (32)
//! SHA-256 over all before it (32)
//! ```
//! The last checksum finds damage without any key; the HMAC finds what somebody changed on purpose.
//! Slots of a kind this version does not know are kept as they are, so that an older program does
//! not destroy what a newer one wrote. This file names the root file that counts, so that replacing
//! it is the one moment at which a vault goes from one root file to another.

use hmac::Mac;
use holdfast_contract::{Timestamp, UnlockWay};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::VaultError;
use crate::bytes::{Malformed, Reader};
use crate::cipher::{self, Key};
use crate::files::RootFile;

mod slot;

pub(crate) use slot::{CostOfGuess, Entry, Opened, Opener, Slot, Wrong, new_device_key};

const MAGIC: &[u8; 8] = b"HOLDSLOT";
const FIRST_VERSION: u16 = 1;
const VERSION: u16 = 2;
const MAX_SLOTS: usize = 16;
/// No slots file is longer; more is not even read.
pub(crate) const MAX_FILE: u64 = 64 * 1024;

/// How far the making of a vault came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its root file may not be there yet; nothing was ever sealed in it.
    BeingMade,
    /// It was acknowledged.
    InUse,
}

/// Why a slots file does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("is damaged or cut off")]
    Malformed,
    #[error("was written by a newer version of Holdfast")]
    Newer,
    #[error("asks for an amount of work that Holdfast never sets")]
    Cost,
    #[error("holds no way to open the vault that this version knows")]
    NoWay,
}

impl From<Malformed> for Unreadable {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

/// When things were last done, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dates {
    pub(crate) made: Option<Timestamp>,
    pub(crate) passphrase: Option<Timestamp>,
    pub(crate) vault_key: Option<Timestamp>,
    pub(crate) kek: Option<Timestamp>,
}

/// What the slots file says; the holder of the vault key signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) vault: Uuid,
    pub(crate) stage: Stage,
    /// Counts up with every change of the vault's files.
    pub(crate) generation: u64,
    pub(crate) root: RootFile,
    pub(crate) dates: Dates,
    pub(crate) recovery_confirmed: bool,
    /// Whether an anchor was ever set, so that taking it away shows.
    pub(crate) anchored: bool,
    pub(crate) slots: Vec<Slot>,
}

impl Body {
    /// Ways to open the vault, most convenient first.
    pub(crate) fn ways(&self) -> Vec<UnlockWay> {
        let has = |way: &UnlockWay| self.slots.iter().any(|slot| slot.way().as_ref() == Some(way));
        let all = [UnlockWay::Keychain, UnlockWay::Passphrase, UnlockWay::Both, UnlockWay::Recovery];
        all.into_iter().filter(has).collect()
    }

    /// The keychain entry of the slot that this way opens.
    pub(crate) fn entry(&self, way: UnlockWay) -> Option<Entry> {
        self.slots.iter().find(|slot| slot.way() == Some(way)).and_then(Slot::entry)
    }

    /// The entries of the keychain that it needs.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.slots.iter().filter_map(Slot::entry).collect()
    }

    fn encode(&self, version: u16) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.push(match self.stage {
            Stage::BeingMade => 0,
            Stage::InUse => 1,
        });
        bytes.extend_from_slice(self.vault.as_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        if version > FIRST_VERSION {
            bytes.extend_from_slice(&self.root.encode());
            let Dates { made, passphrase, vault_key, kek } = self.dates;
            for date in [made, passphrase, vault_key, kek] {
                bytes.extend_from_slice(&date.unwrap_or_default().to_be_bytes());
            }
            bytes.extend_from_slice(&[u8::from(self.recovery_confirmed), u8::from(self.anchored)]);
        }
        bytes.push(self.slots.len().min(MAX_SLOTS) as u8);
        for slot in self.slots.iter().take(MAX_SLOTS) {
            let body = slot.body();
            bytes.push(slot.kind());
            bytes.extend_from_slice(&(body.len() as u32).to_be_bytes());
            bytes.extend_from_slice(&body);
        }
        bytes
    }

    fn decode(reader: &mut Reader<'_>, version: u16) -> Result<Self, Unreadable> {
        let stage = match reader.u8()? {
            0 => Stage::BeingMade,
            1 => Stage::InUse,
            _ => return Err(Unreadable::Malformed),
        };
        let vault = Uuid::from_bytes(reader.array()?);
        let generation = reader.u64()?;
        let mut body = Self {
            vault,
            stage,
            generation,
            root: RootFile::FIRST,
            dates: Dates::default(),
            recovery_confirmed: false,
            anchored: false,
            slots: Vec::new(),
        };
        if version > FIRST_VERSION {
            body.root = RootFile::decode(reader.array()?)?;
            let mut date = || reader.array().map(i64::from_be_bytes).map(|date| (date != 0).then_some(date));
            body.dates = Dates { made: date()?, passphrase: date()?, vault_key: date()?, kek: date()? };
            body.recovery_confirmed = flag(reader)?;
            body.anchored = flag(reader)?;
        }
        let count = usize::from(reader.u8()?);
        if count > MAX_SLOTS {
            return Err(Unreadable::Malformed);
        }
        for _ in 0..count {
            let kind = reader.u8()?;
            body.slots.push(Slot::decode(kind, reader.field()?)?);
        }
        Ok(body)
    }
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Malformed),
    }
}

/// The slots file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    pub(crate) body: Body,
    version: u16,
    mac: [u8; 32],
}

impl Slots {
    /// A slots file of the holder of the vault key, ready to be written.
    pub(crate) fn sign(body: Body, key: &Key) -> Result<Self, VaultError> {
        let mut made = Self { body, version: VERSION, mac: [0; 32] };
        made.mac = made.authenticate(key)?.finalize().into_bytes().into();
        Ok(made)
    }

    /// Whether the holder of the vault key wrote all of this.
    pub(crate) fn is_authentic(&self, key: &Key) -> Result<bool, VaultError> {
        Ok(self.authenticate(key)?.verify_slice(&self.mac).is_ok())
    }

    fn authenticate(&self, key: &Key) -> Result<hmac::Hmac<Sha256>, VaultError> {
        let key = cipher::derive(key.as_ref(), self.body.vault.as_bytes(), b"holdfast/slots/mac")?;
        cipher::authenticate(&key, &self.body.encode(self.version))
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.body.encode(self.version);
        bytes.extend_from_slice(&self.mac);
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(bytes);
        if reader.array()? != *MAGIC {
            return Err(Unreadable::Malformed);
        }
        let version = reader.u16()?;
        let (summed, sum) = bytes.split_last_chunk::<32>().ok_or(Malformed)?;
        if Sha256::digest(summed).as_slice() != sum {
            return Err(Unreadable::Malformed);
        }
        // Only now is the version to be believed: before, it may have been the damage.
        if !(FIRST_VERSION..=VERSION).contains(&version) {
            return Err(Unreadable::Newer);
        }
        let body = Body::decode(&mut reader, version)?;
        let mac = reader.array()?;
        let _sum: [u8; 32] = reader.array()?;
        reader.end()?;
        if body.ways().is_empty() { Err(Unreadable::NoWay) } else { Ok(Self { body, version, mac }) }
    }
}

#[cfg(test)]
mod tests;
