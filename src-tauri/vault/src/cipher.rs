//! The primitives, each under one name: random bytes, key derivation, XChaCha20-Poly1305.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::VaultError;

pub(crate) const KEY: usize = 32;
pub(crate) const NONCE: usize = 24;
pub(crate) const TAG: usize = 16;

/// A key, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; KEY]>;

/// The key is wrong, or the ciphertext or what is authenticated beside it was changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAuthentic;

/// Overwrites what the calls before it left on the stack of this thread: the ciphers keep key
/// schedules and whole blocks of plaintext there, which no `Zeroizing` reaches.
#[inline(never)]
pub(crate) fn wipe_stack() {
    /// Deeper than any call below the caller goes, debug builds included.
    const WORDS: usize = 16 * 1024;
    std::hint::black_box(&mut [0_u64; WORDS]);
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut()).map_err(VaultError::Random)?;
    Ok(bytes)
}

/// A key for one purpose out of another key (HKDF-SHA256).
pub(crate) fn derive(key: &[u8], salt: &[u8], purpose: &[u8]) -> Result<Key, VaultError> {
    let mut derived = Key::default();
    Hkdf::<Sha256>::new(Some(salt), key).expand(purpose, derived.as_mut()).map_err(|_| VaultError::Crashed)?;
    Ok(derived)
}

/// HMAC-SHA256 over `message`, to finish or to verify in constant time.
pub(crate) fn authenticate(key: &Key, message: &[u8]) -> Result<Hmac<Sha256>, VaultError> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key.as_ref()).map_err(|_| VaultError::Crashed)?;
    mac.update(message);
    Ok(mac)
}

/// Encrypts; the tag is the ciphertext's end.
pub(crate) fn encrypt(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    beside: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, NotAuthentic> {
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: beside }).map_err(|_| NotAuthentic)
}

/// Decrypts what [`encrypt`] made with the same key, nonce and `beside`.
pub(crate) fn decrypt(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    beside: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotAuthentic> {
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: beside })
        .map(Zeroizing::new)
        .map_err(|_| NotAuthentic)
}

#[cfg(test)]
mod tests;
