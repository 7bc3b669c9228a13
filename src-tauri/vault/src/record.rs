use uuid::Uuid;

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
}

/// A sealed record: opaque bytes for the database.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRecord(pub Vec<u8>);

impl std::fmt::Debug for SealedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedRecord({} bytes)", self.0.len())
    }
}

pub(crate) const MAX_SECRET: usize = 64 * 1024;
