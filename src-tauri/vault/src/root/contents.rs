//! What a root file holds, whatever its form: the names of its keys, and the keys.
//!
//! ```text
//! version u8 | vault id 16 | current key-encryption key 16 | count u16
//!   count times: kind u8 | id 16 | key 32
//! ```

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::bytes::{Malformed, Reader};
use crate::cipher::{self, KEY, Key};

const VERSION: u8 = 1;
/// More key-encryption keys than anybody makes.
const MAX_KEYS: usize = 1024;
const ENTRY: usize = 1 + 16 + KEY;

/// The name of a root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// A key-encryption key, which wraps the content keys of records.
    Kek(Uuid),
    /// The key of the database.
    Database,
    /// The key that authenticates the audit log.
    Audit,
}

impl KeyName {
    fn encode(self) -> [u8; 17] {
        let (kind, id) = match self {
            Self::Kek(id) => (1, id),
            Self::Database => (2, Uuid::nil()),
            Self::Audit => (3, Uuid::nil()),
        };
        let mut bytes = [kind; 17];
        bytes[1..].copy_from_slice(id.as_bytes());
        bytes
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = reader.u8()?;
        let id = Uuid::from_bytes(reader.array()?);
        match kind {
            1 => Ok(Self::Kek(id)),
            2 if id.is_nil() => Ok(Self::Database),
            3 if id.is_nil() => Ok(Self::Audit),
            _ => Err(Malformed),
        }
    }
}

/// What a root file holds, without the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) vault: Uuid,
    /// The key-encryption key that new records use.
    pub(crate) current: Uuid,
    pub(crate) names: Vec<KeyName>,
}

impl Index {
    pub(crate) fn has(&self, name: KeyName) -> bool {
        self.names.contains(&name)
    }

    pub(crate) fn keks(&self) -> impl Iterator<Item = Uuid> {
        self.names.iter().filter_map(|name| if let KeyName::Kek(id) = name { Some(*id) } else { None })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.vault.as_bytes());
        bytes.extend_from_slice(self.current.as_bytes());
        bytes.extend_from_slice(&(self.names.len() as u16).to_be_bytes());
        for name in &self.names {
            bytes.extend_from_slice(&name.encode());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (mut index, count) = Self::decode_head(&mut reader)?;
        for _ in 0..count {
            index.names.push(KeyName::decode(&mut reader)?);
        }
        reader.end()?;
        index.checked()
    }

    fn decode_head(reader: &mut Reader<'_>) -> Result<(Self, usize), Malformed> {
        if reader.u8()? != VERSION {
            return Err(Malformed);
        }
        let vault = Uuid::from_bytes(reader.array()?);
        let current = Uuid::from_bytes(reader.array()?);
        let count = usize::from(reader.u16()?);
        if count > MAX_KEYS {
            return Err(Malformed);
        }
        Ok((Self { vault, current, names: Vec::with_capacity(count) }, count))
    }

    fn checked(self) -> Result<Self, Malformed> {
        if self.has(KeyName::Kek(self.current)) { Ok(self) } else { Err(Malformed) }
    }
}

/// What a root file holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) index: Index,
    #[expect(clippy::vec_box, reason = "a list that grows leaves copies of what lies in it behind")]
    keys: Vec<Box<Key>>,
}

impl Contents {
    /// Of a new vault.
    pub(crate) fn random(vault: Uuid) -> Result<Self, VaultError> {
        let current = Uuid::from_bytes(*cipher::random()?);
        let mut made = Self { index: Index { vault, current, names: Vec::new() }, keys: Vec::new() };
        for name in [KeyName::Kek(current), KeyName::Database, KeyName::Audit] {
            made.add_random(name)?;
        }
        Ok(made)
    }

    /// Of a root whose keys are asked for one by one.
    pub(crate) fn collect(
        index: Index,
        mut key: impl FnMut(KeyName) -> Result<Box<Key>, VaultError>,
    ) -> Result<Self, VaultError> {
        let keys = index.names.iter().map(|name| key(*name)).collect::<Result<_, _>>()?;
        Ok(Self { index, keys })
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = (KeyName, &Key)> {
        self.index.names.iter().copied().zip(self.keys.iter().map(|key| &**key))
    }

    pub(crate) fn key(&self, name: KeyName) -> Option<&Key> {
        self.keys().find(|(each, _)| *each == name).map(|(_, key)| key)
    }

    /// A new key of this name.
    pub(crate) fn add_random(&mut self, name: KeyName) -> Result<(), VaultError> {
        self.keys.push(Box::new(cipher::random()?));
        self.index.names.push(name);
        Ok(())
    }

    /// A new key-encryption key, which is the current one from now on.
    pub(crate) fn add_kek(&mut self) -> Result<Uuid, VaultError> {
        if self.index.names.len() >= MAX_KEYS {
            return Err(VaultError::TooManyKeks);
        }
        let id = Uuid::from_bytes(*cipher::random()?);
        self.add_random(KeyName::Kek(id))?;
        self.index.current = id;
        Ok(id)
    }

    /// Deletes key-encryption keys other than the current one.
    pub(crate) fn retain_keks(&mut self, keep: impl Fn(Uuid) -> bool) {
        let current = self.index.current;
        let keeps = |name: &KeyName| !matches!(name, KeyName::Kek(id) if *id != current && !keep(*id));
        let mut kept = self.index.names.iter().map(keeps);
        self.keys.retain(|_| kept.next().unwrap_or(true));
        self.index.names.retain(keeps);
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let head = self.index.encode();
        // Sized at once: growing would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + self.keys.len() * ENTRY));
        bytes.extend_from_slice(&head[..head.len() - self.index.names.len() * 17]);
        for (name, key) in self.keys() {
            bytes.extend_from_slice(&name.encode());
            bytes.extend_from_slice(key.as_ref());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (mut index, count) = Index::decode_head(&mut reader)?;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            index.names.push(KeyName::decode(&mut reader)?);
            let mut key = Box::new(Key::default());
            key.copy_from_slice(reader.take(KEY)?);
            keys.push(key);
        }
        reader.end()?;
        Ok(Self { index: index.checked()?, keys })
    }
}
