//! Reading and writing of the vault's own binary forms: numbers big-endian, texts with their length
//! before them.

/// The bytes end too early, or say something that cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Takes values off the front of a slice. Never reads past its end.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// A field with its length before it.
    pub(crate) fn field(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.u32()?).map_err(|_| Malformed)?;
        self.take(length)
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// Joins fields so that no two lists of fields give the same bytes: each has its length before it.
/// What is authenticated beside a ciphertext is always written so.
pub(crate) fn join(fields: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(fields.iter().map(|field| field.len() + 8).sum());
    for field in fields {
        joined.extend_from_slice(&(field.len() as u64).to_be_bytes());
        joined.extend_from_slice(field);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_never_passes_the_end() {
        let mut reader = Reader::new(&[0, 0, 0, 9, 1]);
        assert_eq!(reader.field(), Err(Malformed), "the length says more than there is");
        assert_eq!(Reader::new(&[1]).u16(), Err(Malformed), "half a number is none");
        assert_eq!(Reader::new(&[1]).end(), Err(Malformed), "left-over bytes are an error");
    }

    #[test]
    fn joined_fields_cannot_be_parted_otherwise() {
        assert_ne!(join(&[b"ab", b"c"]), join(&[b"a", b"bc"]), "the border between fields counts");
        assert_ne!(join(&[b"a"]), join(&[b"a", b""]), "an empty field counts");
    }
}
