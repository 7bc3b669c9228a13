//! One slot: the vault key, wrapped for one way to open the vault.
//!
//! A slot has a random key of its own, the slot key. It is wrapped by what opens the slot, and again
//! by the vault key; and it wraps the vault key. So the vault key can be made anew without asking the
//! user for anything: the old one opens each slot key, and that wraps the new one. It follows that
//! who kept both the old vault key and an old slots file can open a new slots file, until each slot
//! was made anew too: by choosing the protection again, and by a new recovery code.
//!
//! Slots of the first version had no such key: what opens them wraps the vault key itself. They are
//! made anew when they open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_contract::UnlockWay;
use holdfast_core::Secret;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Unreadable;
use crate::VaultError;
use crate::bytes::{Malformed, Reader, join};
use crate::cipher::{self, KEY, Key, NONCE, NotAuthentic, TAG};
use crate::passphrase::{self, Cost};
use crate::recovery::RecoveryKey;

/// Which entry of the keychain belongs to a slot. A new device key goes into a new entry, so that the
/// old slot opens until the new one is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry([u8; 8]);

impl Entry {
    /// The one entry that vaults of the first version have.
    pub(crate) const FIRST: Self = Self([0; 8]);

    pub(crate) fn random() -> Result<Self, VaultError> {
        Ok(Self(*cipher::random()?))
    }

    /// Its name in the keychain.
    pub(crate) fn account(self, vault: Uuid) -> String {
        match self {
            Self::FIRST => format!("vault key {vault}"),
            Self(tag) => format!("vault key {vault} {:016x}", u64::from_be_bytes(tag)),
        }
    }
}

/// What opens a slot.
pub(crate) enum Opener {
    Passphrase(Secret),
    /// The device key as text, because some keychains keep nothing else. It stays text until it is
    /// used: a text moves without leaving copies of itself.
    Keychain(Entry, Secret),
    Both(Entry, Secret, Secret),
    Recovery(Box<RecoveryKey>),
}

impl Opener {
    pub(crate) fn way(&self) -> UnlockWay {
        match self {
            Self::Passphrase(_) => UnlockWay::Passphrase,
            Self::Keychain(..) => UnlockWay::Keychain,
            Self::Both(..) => UnlockWay::Both,
            Self::Recovery(_) => UnlockWay::Recovery,
        }
    }
}

/// A new device key.
pub(crate) fn new_device_key() -> Result<Secret, VaultError> {
    Ok(Secret::new(STANDARD.encode(cipher::random::<KEY>()?.as_slice())))
}

fn decode_device_key(text: &Secret) -> Option<Key> {
    let bytes = Zeroizing::new(STANDARD.decode(text.expose()).ok()?);
    key_of(&bytes).ok()
}

fn key_of(bytes: &[u8]) -> Result<Key, NotAuthentic> {
    let mut key = Key::default();
    if bytes.len() != KEY {
        return Err(NotAuthentic);
    }
    key.copy_from_slice(bytes);
    Ok(key)
}

/// Why an opener does not open a slot of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// What the user typed is another.
    Typed,
    /// What the keychain gave is another.
    Device,
}

/// A key, wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    nonce: [u8; NONCE],
    sealed: [u8; KEY + TAG],
}

impl Wrapped {
    fn seal(by: &Key, beside: &[u8], key: &Key) -> Result<Self, VaultError> {
        let nonce = *cipher::random()?;
        let sealed = cipher::encrypt(by, &nonce, beside, key.as_ref());
        let sealed = sealed.ok().and_then(|sealed| sealed.try_into().ok()).ok_or(VaultError::Crashed)?;
        Ok(Self { nonce, sealed })
    }

    fn open(&self, by: &Key, beside: &[u8]) -> Result<Key, NotAuthentic> {
        cipher::decrypt(by, &self.nonce, beside, &self.sealed).and_then(|opened| key_of(&opened))
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { nonce: reader.array()?, sealed: reader.array()? })
    }
}

/// What a guess at a passphrase shall cost from now on; to find it out may take a while.
pub(crate) type CostOfGuess = dyn Fn() -> Result<Cost, VaultError> + Send + Sync;

/// What it takes to open a slot, without the secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    Keychain {
        entry: Entry,
        salt: [u8; 32],
    },
    Passphrase {
        salt: [u8; 16],
        cost: Cost,
    },
    Both {
        entry: Entry,
        salt: [u8; 16],
        cost: Cost,
        /// Derived from the device key, so that a changed entry is told apart from a wrong passphrase.
        device: [u8; 16],
    },
    Recovery {
        salt: [u8; 32],
    },
}

impl Lock {
    fn new(opener: &Opener, cost: &CostOfGuess) -> Result<Self, VaultError> {
        Ok(match opener {
            Opener::Keychain(entry, _) => Self::Keychain { entry: *entry, salt: *cipher::random()? },
            Opener::Passphrase(_) => Self::Passphrase { salt: *cipher::random()?, cost: cost()? },
            Opener::Both(entry, device, _) => {
                let salt = *cipher::random()?;
                let device = decode_device_key(device).ok_or(VaultError::Crashed)?;
                Self::Both { entry: *entry, salt, cost: cost()?, device: device_check(&device, &salt)? }
            }
            Opener::Recovery(_) => Self::Recovery { salt: *cipher::random()? },
        })
    }

    fn way(&self) -> UnlockWay {
        match self {
            Self::Keychain { .. } => UnlockWay::Keychain,
            Self::Passphrase { .. } => UnlockWay::Passphrase,
            Self::Both { .. } => UnlockWay::Both,
            Self::Recovery { .. } => UnlockWay::Recovery,
        }
    }

    /// The key that `opener` makes; `None` when it is for another kind of slot.
    fn key(&self, opener: &Opener) -> Result<Option<Result<Key, Wrong>>, VaultError> {
        Ok(Some(match (self, opener) {
            (Self::Keychain { salt, .. }, Opener::Keychain(_, text)) => match decode_device_key(text) {
                Some(device) => Ok(cipher::derive(device.as_ref(), salt, b"holdfast/slot/keychain")?),
                None => Err(Wrong::Device),
            },
            (Self::Passphrase { salt, cost }, Opener::Passphrase(typed)) => {
                let stretched = passphrase::stretch(typed, salt, *cost)?;
                Ok(cipher::derive(stretched.as_ref(), salt, b"holdfast/slot/passphrase")?)
            }
            (Self::Both { salt, cost, device: check, .. }, Opener::Both(_, text, typed)) => {
                match decode_device_key(text) {
                    Some(device) if device_check(&device, salt)? == *check => {
                        let stretched = passphrase::stretch(typed, salt, *cost)?;
                        let mut both = Zeroizing::new([0; 2 * KEY]);
                        both[..KEY].copy_from_slice(device.as_ref());
                        both[KEY..].copy_from_slice(stretched.as_ref());
                        Ok(cipher::derive(both.as_ref(), salt, b"holdfast/slot/both")?)
                    }
                    _ => Err(Wrong::Device),
                }
            }
            (Self::Recovery { salt }, Opener::Recovery(code)) => {
                Ok(cipher::derive(code.as_slice(), salt, b"holdfast/slot/recovery")?)
            }
            _ => return Ok(None),
        }))
    }

    fn encode(&self, with_entry: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Keychain { entry, salt } => {
                if with_entry {
                    bytes.extend_from_slice(&entry.0);
                }
                bytes.extend_from_slice(salt);
            }
            Self::Passphrase { salt, cost } => {
                bytes.extend_from_slice(salt);
                encode_cost(*cost, &mut bytes);
            }
            Self::Both { entry, salt, cost, device } => {
                bytes.extend_from_slice(&entry.0);
                bytes.extend_from_slice(salt);
                encode_cost(*cost, &mut bytes);
                bytes.extend_from_slice(device);
            }
            Self::Recovery { salt } => bytes.extend_from_slice(salt),
        }
        bytes
    }
}

fn device_check(device: &Key, salt: &[u8; 16]) -> Result<[u8; 16], VaultError> {
    let derived = cipher::derive(device.as_ref(), salt, b"holdfast/slot/both/device")?;
    let mut check = [0; 16];
    check.copy_from_slice(&derived[..16]);
    Ok(check)
}

fn encode_cost(cost: Cost, bytes: &mut Vec<u8>) {
    for number in [cost.memory_kib, cost.passes, cost.lanes] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
}

fn decode_cost(reader: &mut Reader<'_>) -> Result<Cost, Unreadable> {
    let cost = Cost { memory_kib: reader.u32()?, passes: reader.u32()?, lanes: reader.u32()? };
    if cost.is_sane() { Ok(cost) } else { Err(Unreadable::Cost) }
}

/// What a slot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// The vault key, wrapped by the opener: the first version.
    Direct(Wrapped),
    /// The slot key wrapped by the opener, the slot key wrapped by the vault key, and the vault key
    /// wrapped by the slot key.
    Keyed { by_opener: Wrapped, by_vault_key: Wrapped, vault_key: Wrapped },
}

/// One way to open the vault.
#[expect(clippy::large_enum_variant, reason = "a vault has two of them")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Known { lock: Lock, content: Content },
    Unknown { kind: u8, body: Vec<u8> },
}

/// What came out of a slot.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) vault_key: Key,
    /// The key that the opener made, to make a slot of the first version anew.
    opener_key: Key,
}

const DIRECT_KEYCHAIN: u8 = 1;
const DIRECT_PASSPHRASE: u8 = 2;
const KEYCHAIN: u8 = 11;
const PASSPHRASE: u8 = 12;
const BOTH: u8 = 13;
const RECOVERY: u8 = 14;

impl Slot {
    /// Wraps the vault key for `opener`. `cost` is asked where there is a passphrase.
    pub(crate) fn wrap(vault: Uuid, vault_key: &Key, opener: &Opener, cost: &CostOfGuess) -> Result<Self, VaultError> {
        let lock = Lock::new(opener, cost)?;
        let Some(Ok(opener_key)) = lock.key(opener)? else { return Err(VaultError::Crashed) };
        Self::keyed(vault, vault_key, lock, &opener_key)
    }

    fn keyed(vault: Uuid, vault_key: &Key, lock: Lock, opener_key: &Key) -> Result<Self, VaultError> {
        let slot_key = cipher::random()?;
        let beside = |part| beside(part, vault, &lock);
        let by_opener = Wrapped::seal(opener_key, &beside(b"opener"), &slot_key)?;
        let by_vault_key = Wrapped::seal(&keeper(vault_key, vault)?, &beside(b"kept"), &slot_key)?;
        let wrapped = Wrapped::seal(&slot_key, &beside(b"vault key"), vault_key)?;
        Ok(Self::Known { content: Content::Keyed { by_opener, by_vault_key, vault_key: wrapped }, lock })
    }

    /// The vault key, if `opener` is the right one; `None` when the slot is of another kind.
    pub(crate) fn unwrap(&self, vault: Uuid, opener: &Opener) -> Result<Option<Result<Opened, Wrong>>, VaultError> {
        let Self::Known { lock, content } = self else { return Ok(None) };
        let opener_key = match lock.key(opener)? {
            Some(Ok(key)) => key,
            Some(Err(wrong)) => return Ok(Some(Err(wrong))),
            None => return Ok(None),
        };
        let vault_key = match content {
            Content::Direct(wrapped) => wrapped.open(&opener_key, &direct_beside(vault, lock)),
            Content::Keyed { by_opener, vault_key, .. } => by_opener
                .open(&opener_key, &beside(b"opener", vault, lock))
                .and_then(|slot_key| vault_key.open(&slot_key, &beside(b"vault key", vault, lock))),
        };
        let wrong = if matches!(opener, Opener::Keychain(..)) { Wrong::Device } else { Wrong::Typed };
        Ok(Some(match vault_key {
            Ok(vault_key) => Ok(Opened { vault_key, opener_key }),
            Err(NotAuthentic) => Err(wrong),
        }))
    }

    /// The same way to open the vault with a slot key, if it has none yet.
    pub(crate) fn upgraded(&self, vault: Uuid, opened: &Opened) -> Result<Option<Self>, VaultError> {
        match self {
            Self::Known { lock, content: Content::Direct(_) } => {
                Self::keyed(vault, &opened.vault_key, lock.clone(), &opened.opener_key).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The same way to open the vault, for another vault key. `None` when the slot keeps no slot key
    /// that the old one opens.
    pub(crate) fn rewrapped(&self, vault: Uuid, old: &Key, new: &Key) -> Result<Option<Self>, VaultError> {
        let Self::Known { lock, content: Content::Keyed { by_opener, by_vault_key, .. } } = self else {
            return Ok(None);
        };
        let beside = |part| beside(part, vault, lock);
        let Ok(slot_key) = by_vault_key.open(&keeper(old, vault)?, &beside(b"kept")) else { return Ok(None) };
        let content = Content::Keyed {
            by_opener: by_opener.clone(),
            by_vault_key: Wrapped::seal(&keeper(new, vault)?, &beside(b"kept"), &slot_key)?,
            vault_key: Wrapped::seal(&slot_key, &beside(b"vault key"), new)?,
        };
        Ok(Some(Self::Known { lock: lock.clone(), content }))
    }

    pub(crate) fn way(&self) -> Option<UnlockWay> {
        match self {
            Self::Known { lock, .. } => Some(lock.way()),
            Self::Unknown { .. } => None,
        }
    }

    /// The entry of the keychain that it needs.
    pub(crate) fn entry(&self) -> Option<Entry> {
        match self {
            Self::Known { lock: Lock::Keychain { entry, .. } | Lock::Both { entry, .. }, .. } => Some(*entry),
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Known { lock, content: Content::Direct(_) } => direct_kind(lock),
            Self::Known { lock, content: Content::Keyed { .. } } => keyed_kind(lock),
            Self::Unknown { kind, .. } => *kind,
        }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        match self {
            Self::Known { lock, content: Content::Direct(wrapped) } => {
                let mut body = lock.encode(false);
                wrapped.encode(&mut body);
                body
            }
            Self::Known { lock, content: Content::Keyed { by_opener, by_vault_key, vault_key } } => {
                let mut body = lock.encode(true);
                for wrapped in [by_opener, by_vault_key, vault_key] {
                    wrapped.encode(&mut body);
                }
                body
            }
            Self::Unknown { body, .. } => body.clone(),
        }
    }

    pub(super) fn decode(kind: u8, body: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(body);
        let lock = match kind {
            DIRECT_KEYCHAIN => Lock::Keychain { entry: Entry::FIRST, salt: reader.array()? },
            KEYCHAIN => Lock::Keychain { entry: Entry(reader.array()?), salt: reader.array()? },
            DIRECT_PASSPHRASE | PASSPHRASE => {
                Lock::Passphrase { salt: reader.array()?, cost: decode_cost(&mut reader)? }
            }
            BOTH => Lock::Both {
                entry: Entry(reader.array()?),
                salt: reader.array()?,
                cost: decode_cost(&mut reader)?,
                device: reader.array()?,
            },
            RECOVERY => Lock::Recovery { salt: reader.array()? },
            _ => return Ok(Self::Unknown { kind, body: body.to_vec() }),
        };
        let content = match kind {
            DIRECT_KEYCHAIN | DIRECT_PASSPHRASE => Content::Direct(Wrapped::decode(&mut reader)?),
            _ => Content::Keyed {
                by_opener: Wrapped::decode(&mut reader)?,
                by_vault_key: Wrapped::decode(&mut reader)?,
                vault_key: Wrapped::decode(&mut reader)?,
            },
        };
        reader.end()?;
        Ok(Self::Known { lock, content })
    }
}

/// What keeps the slot keys for a later vault key.
fn keeper(vault_key: &Key, vault: Uuid) -> Result<Key, VaultError> {
    cipher::derive(vault_key.as_ref(), vault.as_bytes(), b"holdfast/slot/keeper")
}

fn direct_kind(lock: &Lock) -> u8 {
    match lock {
        Lock::Keychain { .. } => DIRECT_KEYCHAIN,
        _ => DIRECT_PASSPHRASE,
    }
}

fn keyed_kind(lock: &Lock) -> u8 {
    match lock {
        Lock::Keychain { .. } => KEYCHAIN,
        Lock::Passphrase { .. } => PASSPHRASE,
        Lock::Both { .. } => BOTH,
        Lock::Recovery { .. } => RECOVERY,
    }
}

/// Kind and parameters, authenticated with what is wrapped.
fn direct_beside(vault: Uuid, lock: &Lock) -> Vec<u8> {
    join(&[b"holdfast/slot/1", vault.as_bytes(), &[direct_kind(lock)], &lock.encode(false)])
}

/// The same, and which of the three keys it is.
fn beside(part: &[u8], vault: Uuid, lock: &Lock) -> Vec<u8> {
    join(&[b"holdfast/slot/2", part, vault.as_bytes(), &[keyed_kind(lock)], &lock.encode(true)])
}
