//! Sealed records.
//!
//! ```text
//! "HV1" | algorithm u8 | kek id 16 | commitment 32 | nonce 24, wrapped content key 48 | nonce 24 | ciphertext
//! ```
//! The plaintext is the origins the secret may be sent to, and the secret, filled up to a multiple of
//! 64 bytes so that its length says little. Poly1305 does not commit to its key, so the commitment
//! does: no second content key opens the same record to something else.

use holdfast_core::{Credential, Origin, Secret};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::bytes::{Malformed, Reader, join};
use crate::cipher::{self, KEY, Key, NONCE, NotAuthentic, TAG};
use crate::root::{Root, WrappedKey};

/// No secret is longer.
pub(crate) const MAX_SECRET: usize = 64 * 1024;
const MAX_RECORD: usize = MAX_SECRET + 4 * 1024;
const MAGIC: &[u8; 3] = b"HV1";
/// XChaCha20-Poly1305, the content key wrapped by the same, keys by HKDF-SHA256.
const ALGORITHM: u8 = 1;
const SCHEMA: u16 = 1;
const BLOCK: usize = 64;

/// What a sealed record is for, where it belongs and which revision it is. It is authenticated with
/// the record, which opens under no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The record's own id.
    pub id: Uuid,
    /// What kind of secret it is.
    pub kind: RecordKind,
    /// Whose it is: a provider's id.
    pub owner: String,
    /// Counts up whenever the secret is replaced.
    pub revision: u32,
}

/// Kinds of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A key to a provider's API.
    ApiKey,
    /// Shows in tests that a record of one kind does not open as another.
    #[cfg(test)]
    Other,
}

impl RecordKind {
    /// The name that is authenticated; it never changes.
    fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            #[cfg(test)]
            Self::Other => "other",
        }
    }
}

/// A sealed record: opaque bytes for the database.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRecord(pub Vec<u8>);

impl std::fmt::Debug for SealedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedRecord({} bytes)", self.0.len())
    }
}

struct Envelope<'a> {
    kek: Uuid,
    commitment: [u8; 32],
    wrapped: WrappedKey,
    nonce: [u8; NONCE],
    ciphertext: &'a [u8],
}

impl Envelope<'_> {
    fn encode(&self) -> SealedRecord {
        let mut sealed = Vec::with_capacity(256 + self.ciphertext.len());
        sealed.extend_from_slice(MAGIC);
        sealed.push(ALGORITHM);
        sealed.extend_from_slice(self.kek.as_bytes());
        sealed.extend_from_slice(&self.commitment);
        sealed.extend_from_slice(&self.wrapped.nonce);
        sealed.extend_from_slice(&self.wrapped.sealed);
        sealed.extend_from_slice(&self.nonce);
        sealed.extend_from_slice(self.ciphertext);
        SealedRecord(sealed)
    }
}

/// Seals a credential under its header, with a content key of its own.
pub(crate) fn seal(root: &Root, header: &RecordHeader, credential: &Credential) -> Result<SealedRecord, VaultError> {
    let content_key = cipher::random()?;
    let (kek, wrapped) = root.wrap(header.id, &content_key)?;
    let keys = Keys::derive(root.vault(), &content_key)?;
    let nonce = *cipher::random()?;
    let plain = plaintext(credential)?;
    let ciphertext = cipher::encrypt(&keys.content, &nonce, &beside(root.vault(), header), &plain)
        .map_err(|NotAuthentic| VaultError::Crashed)?;

    Ok(Envelope { kek, commitment: *keys.commitment, wrapped, nonce, ciphertext: &ciphertext }.encode())
}

/// Opens a record. Whatever does not fit is refused alike: a person cannot act on the difference,
/// and an attacker shall not learn it.
pub(crate) fn unseal(root: &Root, header: &RecordHeader, sealed: &SealedRecord) -> Result<Credential, VaultError> {
    let envelope = decode(&sealed.0).map_err(|Malformed| VaultError::Refused)?;
    let content_key = root.unwrap(header.id, envelope.kek, &envelope.wrapped)?;
    let plain = open_with(root, header, &envelope, &content_key)?;
    credential(&plain).map_err(|Malformed| VaultError::Refused)
}

fn open_with(
    root: &Root,
    header: &RecordHeader,
    envelope: &Envelope<'_>,
    content_key: &Key,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let keys = Keys::derive(root.vault(), content_key)?;
    if *keys.commitment != envelope.commitment {
        return Err(VaultError::Refused);
    }
    let beside = beside(root.vault(), header);
    cipher::decrypt(&keys.content, &envelope.nonce, &beside, envelope.ciphertext)
        .map_err(|NotAuthentic| VaultError::Refused)
}

/// The key-encryption key that a record needs; `None` when it is no sealed record.
pub fn kek_of(sealed: &SealedRecord) -> Option<Uuid> {
    decode(&sealed.0).ok().map(|envelope| envelope.kek)
}

/// The same record with its content key wrapped by the current key-encryption key; `None` when it is
/// already.
pub(crate) fn rewrap(
    root: &Root,
    header: &RecordHeader,
    sealed: &SealedRecord,
) -> Result<Option<SealedRecord>, VaultError> {
    let envelope = decode(&sealed.0).map_err(|Malformed| VaultError::Refused)?;
    if envelope.kek == root.index().current {
        return Ok(None);
    }
    let content_key = root.unwrap(header.id, envelope.kek, &envelope.wrapped)?;
    // The record must be the whole one before its old key may go.
    open_with(root, header, &envelope, &content_key)?;
    let (kek, wrapped) = root.wrap(header.id, &content_key)?;
    Ok(Some(Envelope { kek, wrapped, ..envelope }.encode()))
}

struct Keys {
    content: Key,
    commitment: Key,
}

impl Keys {
    fn derive(vault: Uuid, content_key: &Key) -> Result<Self, VaultError> {
        let derive = |purpose| cipher::derive(content_key.as_ref(), vault.as_bytes(), purpose);
        Ok(Self { content: derive(b"hv1/content")?, commitment: derive(b"hv1/commit")? })
    }
}

fn decode(bytes: &[u8]) -> Result<Envelope<'_>, Malformed> {
    if bytes.len() > MAX_RECORD {
        return Err(Malformed);
    }
    let mut reader = Reader::new(bytes);
    if reader.array()? != *MAGIC || reader.u8()? != ALGORITHM {
        return Err(Malformed);
    }
    let envelope = Envelope {
        kek: Uuid::from_bytes(reader.array()?),
        commitment: reader.array()?,
        wrapped: WrappedKey { nonce: reader.array()?, sealed: reader.array::<{ KEY + TAG }>()? },
        nonce: reader.array()?,
        ciphertext: reader.rest(),
    };
    match envelope.ciphertext.len().checked_sub(TAG) {
        Some(length) if length > 0 && length % BLOCK == 0 => Ok(envelope),
        _ => Err(Malformed),
    }
}

/// What is authenticated beside the ciphertext.
fn beside(vault: Uuid, header: &RecordHeader) -> Vec<u8> {
    join(&[
        b"holdfast/record",
        vault.as_bytes(),
        header.owner.as_bytes(),
        header.kind.name().as_bytes(),
        header.id.as_bytes(),
        &header.revision.to_be_bytes(),
        &SCHEMA.to_be_bytes(),
        &[ALGORITHM],
    ])
}

fn plaintext(credential: &Credential) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let origin = credential.origin().to_string();
    let secret = credential.for_origin(credential.origin()).ok_or(VaultError::Crashed)?.expose();
    if secret.len() > MAX_SECRET || origin.len() > BLOCK * BLOCK / 2 {
        return Err(VaultError::TooLong);
    }
    let length = (1 + 4 + origin.len() + 4 + secret.len()).next_multiple_of(BLOCK);
    // Sized at once: growing would leave copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(length));
    plain.push(1);
    for field in [origin.as_bytes(), secret.as_bytes()] {
        let length = u32::try_from(field.len()).map_err(|_| VaultError::TooLong)?;
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(field);
    }
    plain.resize(length, 0);
    Ok(plain)
}

fn credential(plain: &[u8]) -> Result<Credential, Malformed> {
    let mut reader = Reader::new(plain);
    // The form has room for several origins; a credential has one.
    if reader.u8()? != 1 {
        return Err(Malformed);
    }
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Malformed);
    let origin = Origin::parse(text(reader.field()?)?).map_err(|_| Malformed)?;
    let secret = text(reader.field()?)?;
    let padding = reader.rest();
    if padding.len() >= BLOCK || padding.iter().any(|&byte| byte != 0) {
        return Err(Malformed);
    }
    Ok(Credential::new(Secret::new(secret.to_owned()), origin))
}

#[cfg(test)]
mod tests;
