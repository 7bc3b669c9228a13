//! The anchor file: how far the audit log came, kept outside the database.
//!
//! ```text
//! "HOLDANCH" | version u16 | vault id 16 | count u64 | hash 32
//! HMAC-SHA256 under a key derived from the audit key, over all before it (32)
//! ```

use uuid::Uuid;

use crate::bytes::{Malformed, Reader};
use crate::root::Root;
use crate::{Anchor, VaultError};

const MAGIC: &[u8; 8] = b"HOLDANCH";
const VERSION: u16 = 1;
/// No such file is longer.
pub(crate) const MAX_FILE: u64 = 1024;
const PURPOSE: &[u8] = b"holdfast/audit/anchor";

pub(crate) fn encode(root: &Root, anchor: Anchor) -> Result<Vec<u8>, VaultError> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(root.vault().as_bytes());
    bytes.extend_from_slice(&anchor.count.to_be_bytes());
    bytes.extend_from_slice(&anchor.hash);
    let mac = root.audit_mac(PURPOSE, &bytes)?;
    bytes.extend_from_slice(&mac);
    Ok(bytes)
}

/// `None` when the holder of the audit key did not write this.
pub(crate) fn decode(root: &Root, bytes: &[u8]) -> Result<Option<Anchor>, VaultError> {
    let Ok((vault, anchor)) = parse(bytes) else { return Ok(None) };
    let is_ours = vault == root.vault() && encode(root, anchor)? == bytes;
    Ok(is_ours.then_some(anchor))
}

fn parse(bytes: &[u8]) -> Result<(Uuid, Anchor), Malformed> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != *MAGIC || reader.u16()? != VERSION {
        return Err(Malformed);
    }
    let vault = Uuid::from_bytes(reader.array()?);
    let anchor = Anchor { count: reader.u64()?, hash: reader.array()? };
    let _mac: [u8; 32] = reader.array()?;
    reader.end()?;
    Ok((vault, anchor))
}
