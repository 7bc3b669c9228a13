//! The slots file: the vault key, wrapped once by each way to open the vault.
//!
//! ```text
//! "HOLDSLOT" | version u16 | stage u8 | vault id 16 | generation u64 | count u8
//!   count times: kind u8 | length u32 | body
//! HMAC-SHA256 under the vault key, over all before it (32)
//! SHA-256 over all before it (32)
//! ```
//! The last checksum finds damage without any key; the HMAC finds what somebody changed on purpose.
//! Slots of a kind this version does not know are kept as they are, so that an older program does
//! not destroy what a newer one wrote.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use holdfast_contract::UnlockWay;
use holdfast_core::Secret;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::bytes::{Malformed, Reader, join};
use crate::cipher::{self, KEY, Key, NONCE, NotAuthentic, TAG};
use crate::passphrase::{self, Cost};

const MAGIC: &[u8; 8] = b"HOLDSLOT";
const VERSION: u16 = 1;
const MAX_SLOTS: usize = 16;
/// No slots file is longer; more is not even read.
pub(crate) const MAX_FILE: u64 = 64 * 1024;

/// What opens a slot.
pub(crate) enum Opener {
    Passphrase(Secret),
    /// The device key as text, because some keychains keep nothing else. It stays text until it is
    /// used: a text moves without leaving copies of itself.
    DeviceKey(Secret),
}

/// A new device key.
pub(crate) fn new_device_key() -> Result<Secret, VaultError> {
    Ok(Secret::new(STANDARD.encode(cipher::random::<KEY>()?.as_ref())))
}

fn decode_device_key(text: &Secret) -> Option<Key> {
    let bytes = Zeroizing::new(STANDARD.decode(text.expose()).ok()?);
    let mut key = Key::default();
    if bytes.len() != KEY {
        return None;
    }
    key.copy_from_slice(&bytes);
    Some(key)
}

impl Opener {
    pub(crate) fn way(&self) -> UnlockWay {
        match self {
            Self::Passphrase(_) => UnlockWay::Passphrase,
            Self::DeviceKey(_) => UnlockWay::Keychain,
        }
    }
}

/// How far the making of a vault came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its Stronghold file may not be there yet; nothing was ever sealed in it.
    BeingMade,
    /// It was acknowledged.
    InUse,
}

/// The vault key, wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    nonce: [u8; NONCE],
    sealed: [u8; KEY + TAG],
}

/// One way to open the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Keychain { salt: [u8; 32], wrapped: Wrapped },
    Passphrase { salt: [u8; 16], cost: Cost, wrapped: Wrapped },
    Unknown { kind: u8, body: Vec<u8> },
}

impl Slot {
    const KEYCHAIN: u8 = 1;
    const PASSPHRASE: u8 = 2;

    /// Wraps the vault key. `cost` counts for a passphrase.
    pub(crate) fn wrap(vault: Uuid, vault_key: &Key, opener: &Opener, cost: Cost) -> Result<Self, VaultError> {
        let nonce = *cipher::random()?;
        let empty = Wrapped { nonce, sealed: [0; KEY + TAG] };
        let mut slot = match opener {
            Opener::DeviceKey(_) => Self::Keychain { salt: *cipher::random()?, wrapped: empty },
            Opener::Passphrase(_) => Self::Passphrase { salt: *cipher::random()?, cost, wrapped: empty },
        };
        let Some(Ok(key)) = slot.key(opener)? else { return Err(VaultError::Crashed) };
        let sealed = cipher::encrypt(&key, &nonce, &slot.beside(vault), vault_key.as_ref());
        let sealed = sealed.ok().and_then(|sealed| sealed.try_into().ok()).ok_or(VaultError::Crashed)?;
        match &mut slot {
            Self::Keychain { wrapped, .. } | Self::Passphrase { wrapped, .. } => wrapped.sealed = sealed,
            Self::Unknown { .. } => {}
        }
        Ok(slot)
    }

    /// The vault key, if `opener` is the right one; `None` when the slot is of another kind.
    pub(crate) fn unwrap(&self, vault: Uuid, opener: &Opener) -> Result<Option<Result<Key, NotAuthentic>>, VaultError> {
        let (Some(key), Self::Keychain { wrapped, .. } | Self::Passphrase { wrapped, .. }) = (self.key(opener)?, self)
        else {
            return Ok(None);
        };
        let opened = key.and_then(|key| cipher::decrypt(&key, &wrapped.nonce, &self.beside(vault), &wrapped.sealed));
        Ok(Some(opened.and_then(|opened| {
            let mut vault_key = Key::default();
            if opened.len() != KEY {
                return Err(NotAuthentic);
            }
            vault_key.copy_from_slice(&opened);
            Ok(vault_key)
        })))
    }

    /// The key of the slot; `None` when `opener` is for another kind of slot.
    fn key(&self, opener: &Opener) -> Result<Option<Result<Key, NotAuthentic>>, VaultError> {
        match (self, opener) {
            (Self::Keychain { salt, .. }, Opener::DeviceKey(text)) => {
                let Some(device) = decode_device_key(text) else { return Ok(Some(Err(NotAuthentic))) };
                let key = cipher::derive(device.as_ref(), salt, b"holdfast/slot/keychain")?;
                Ok(Some(Ok(key)))
            }
            (Self::Passphrase { salt, cost, .. }, Opener::Passphrase(typed)) => {
                let stretched = passphrase::stretch(typed, salt, *cost)?;
                let key = cipher::derive(stretched.as_ref(), salt, b"holdfast/slot/passphrase")?;
                Ok(Some(Ok(key)))
            }
            _ => Ok(None),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Keychain { .. } => Self::KEYCHAIN,
            Self::Passphrase { .. } => Self::PASSPHRASE,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    pub(crate) fn way(&self) -> Option<UnlockWay> {
        match self {
            Self::Keychain { .. } => Some(UnlockWay::Keychain),
            Self::Passphrase { .. } => Some(UnlockWay::Passphrase),
            Self::Unknown { .. } => None,
        }
    }

    /// Kind and parameters, authenticated with the wrapped key.
    fn beside(&self, vault: Uuid) -> Vec<u8> {
        join(&[b"holdfast/slot/1", vault.as_bytes(), &[self.kind()], &self.parameters()])
    }

    fn parameters(&self) -> Vec<u8> {
        match self {
            Self::Keychain { salt, .. } => salt.to_vec(),
            Self::Passphrase { salt, cost, .. } => {
                let mut bytes = salt.to_vec();
                for number in [cost.memory_kib, cost.passes, cost.lanes] {
                    bytes.extend_from_slice(&number.to_be_bytes());
                }
                bytes
            }
            Self::Unknown { .. } => Vec::new(),
        }
    }

    fn body(&self) -> Vec<u8> {
        let mut body = self.parameters();
        match self {
            Self::Keychain { wrapped, .. } | Self::Passphrase { wrapped, .. } => {
                body.extend_from_slice(&wrapped.nonce);
                body.extend_from_slice(&wrapped.sealed);
            }
            Self::Unknown { body: unknown, .. } => body.extend_from_slice(unknown),
        }
        body
    }

    fn decode(kind: u8, body: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(body);
        let slot = match kind {
            Self::KEYCHAIN => Self::Keychain { salt: reader.array()?, wrapped: wrapped(&mut reader)? },
            Self::PASSPHRASE => {
                let salt = reader.array()?;
                let cost = Cost { memory_kib: reader.u32()?, passes: reader.u32()?, lanes: reader.u32()? };
                if !cost.is_sane() {
                    return Err(Unreadable::Cost);
                }
                Self::Passphrase { salt, cost, wrapped: wrapped(&mut reader)? }
            }
            _ => return Ok(Self::Unknown { kind, body: body.to_vec() }),
        };
        reader.end()?;
        Ok(slot)
    }
}

fn wrapped(reader: &mut Reader<'_>) -> Result<Wrapped, Malformed> {
    Ok(Wrapped { nonce: reader.array()?, sealed: reader.array()? })
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

/// The slots file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    pub(crate) vault: Uuid,
    pub(crate) stage: Stage,
    pub(crate) generation: u64,
    pub(crate) slots: Vec<Slot>,
    mac: [u8; 32],
}

impl Slots {
    /// Slots of a vault whose key is at hand, ready to be written.
    pub(crate) fn new(
        vault: Uuid,
        stage: Stage,
        generation: u64,
        slots: Vec<Slot>,
        key: &Key,
    ) -> Result<Self, VaultError> {
        let mut made = Self { vault, stage, generation, slots, mac: [0; 32] };
        made.mac = made.authenticate(key)?.finalize().into_bytes().into();
        Ok(made)
    }

    /// Whether the holder of the vault key wrote all of this.
    pub(crate) fn is_authentic(&self, key: &Key) -> Result<bool, VaultError> {
        Ok(self.authenticate(key)?.verify_slice(&self.mac).is_ok())
    }

    fn authenticate(&self, key: &Key) -> Result<hmac::Hmac<Sha256>, VaultError> {
        let key = cipher::derive(key.as_ref(), self.vault.as_bytes(), b"holdfast/slots/mac")?;
        cipher::authenticate(&key, &self.before_mac())
    }

    /// Ways to open the vault, most convenient first.
    pub(crate) fn ways(&self) -> Vec<UnlockWay> {
        let has = |way: &UnlockWay| self.slots.iter().any(|slot| slot.way().as_ref() == Some(way));
        [UnlockWay::Keychain, UnlockWay::Passphrase].into_iter().filter(has).collect()
    }

    fn before_mac(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.push(match self.stage {
            Stage::BeingMade => 0,
            Stage::InUse => 1,
        });
        bytes.extend_from_slice(self.vault.as_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.push(self.slots.len().min(MAX_SLOTS) as u8);
        for slot in self.slots.iter().take(MAX_SLOTS) {
            let body = slot.body();
            bytes.push(slot.kind());
            bytes.extend_from_slice(&(body.len() as u32).to_be_bytes());
            bytes.extend_from_slice(&body);
        }
        bytes
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.before_mac();
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
        if version != VERSION {
            return Err(Unreadable::Newer);
        }
        let stage = match reader.u8()? {
            0 => Stage::BeingMade,
            1 => Stage::InUse,
            _ => return Err(Unreadable::Malformed),
        };
        let vault = Uuid::from_bytes(reader.array()?);
        let generation = reader.u64()?;
        let count = usize::from(reader.u8()?);
        if count > MAX_SLOTS {
            return Err(Unreadable::Malformed);
        }
        let mut slots = Vec::with_capacity(count);
        for _ in 0..count {
            let kind = reader.u8()?;
            slots.push(Slot::decode(kind, reader.field()?)?);
        }
        let mac = reader.array()?;
        let _sum: [u8; 32] = reader.array()?;
        reader.end()?;
        let read = Self { vault, stage, generation, slots, mac };
        if read.ways().is_empty() { Err(Unreadable::NoWay) } else { Ok(read) }
    }
}

#[cfg(test)]
mod tests;
