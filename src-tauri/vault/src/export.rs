//! A portable export: an age file under a passphrase, which the age program opens too.

use std::io::{self, Read, Write};
use std::iter;

use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use holdfast_core::Secret;

/// About a second and a quarter of a gigabyte to guess once.
const WORK_FACTOR: u8 = 18;
/// A file that asks for more would stop the computer instead of opening.
const MAX_WORK_FACTOR: u8 = 20;

/// Why an export was not written or not read. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A passphrase of nothing protects nothing.
    #[error("the passphrase of an export must not be empty; choose one")]
    EmptyPassphrase,
    /// The passphrase is another, or the head of the file was changed just so that it looks like it.
    #[error("the passphrase does not open this export; check caps lock and the keyboard layout, then try again")]
    WrongPassphrase,
    /// It is an age file, but not one under a passphrase.
    #[error("this file is sealed for a key and not under a passphrase; choose an export of Holdfast")]
    NoPassphrase,
    /// It is no age file, or damaged.
    #[error("this file is no export of Holdfast, or it is damaged; choose another copy")]
    Damaged,
    /// Opening it would take more memory than an export of Holdfast ever does.
    #[error("this file asks for an amount of work that Holdfast never sets; choose an export of Holdfast")]
    Work,
    /// The file cannot be read or written.
    #[error("the export could not be read or written: {0}")]
    Io(#[from] io::Error),
}

/// Seals what is written to it. Without [`ExportWriter::finish`] the file stays without its end, and
/// does not open.
pub struct ExportWriter<W: Write>(age::stream::StreamWriter<W>);

impl<W: Write> ExportWriter<W> {
    /// Writes the end of the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> io::Result<W> {
        let mut out = self.0.finish()?;
        out.flush()?;
        Ok(out)
    }
}

impl<W: Write> Write for ExportWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Begins an export under a passphrase. Takes about a second.
///
/// # Errors
/// When the passphrase is empty, and when the file cannot be written.
pub fn export_writer<W: Write>(passphrase: &Secret, out: W) -> Result<ExportWriter<W>, ExportError> {
    export_writer_with(passphrase, out, WORK_FACTOR)
}

fn export_writer_with<W: Write>(passphrase: &Secret, out: W, work_factor: u8) -> Result<ExportWriter<W>, ExportError> {
    if passphrase.expose().is_empty() {
        return Err(ExportError::EmptyPassphrase);
    }
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.expose()));
    recipient.set_work_factor(work_factor);
    let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
        .map_err(|error| ExportError::Io(io::Error::other(error)))?;
    Ok(ExportWriter(encryptor.wrap_output(out)?))
}

/// Opens an export. Takes about a second. What is read from it is authentic; an error while reading
/// means that the file is damaged or cut off.
///
/// # Errors
/// Tells a wrong passphrase from a damaged file, as far as the format allows.
pub fn export_reader<R: Read>(passphrase: &Secret, input: R) -> Result<impl Read + use<R>, ExportError> {
    let decryptor = Decryptor::new(input).map_err(explain)?;
    if !decryptor.is_scrypt() {
        return Err(ExportError::NoPassphrase);
    }
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.expose()));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    decryptor.decrypt(iter::once(&identity as &dyn age::Identity)).map_err(explain)
}

fn explain(error: DecryptError) -> ExportError {
    match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
            ExportError::WrongPassphrase
        }
        DecryptError::ExcessiveWork { .. } => ExportError::Work,
        DecryptError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => ExportError::Io(error),
        _ => ExportError::Damaged,
    }
}

#[cfg(test)]
mod tests;
