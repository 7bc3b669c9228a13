use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::memmem;

/// A secret that no program makes by itself, so that it can be looked for in everything the program
/// leaves behind.
#[derive(Clone, Debug)]
pub struct Canary {
    secret: String,
}

impl Default for Canary {
    fn default() -> Self {
        Self::new()
    }
}

/// How much of a file is looked at in one go.
const WINDOW: usize = 4 << 20;

impl Canary {
    /// A new one: `sk-canary-` and 32 random hexadecimal digits.
    pub fn new() -> Self {
        // Two states with random keys give 128 random bits.
        let half = || RandomState::new().hash_one("canary");
        Self { secret: format!("sk-canary-{:016x}{:016x}", half(), half()) }
    }

    /// The secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether it stands in these bytes, in any form in which a program may write it.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms().iter().any(|form| memmem::find(bytes, form).is_some())
    }

    /// The files below a folder in which it stands. Files that vanish meanwhile are passed over.
    pub fn find_in_dir(&self, path: &Path) -> Vec<PathBuf> {
        let forms = self.forms();
        let (mut found, mut folders) = (Vec::new(), vec![path.to_owned()]);
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => panic!("{} cannot be searched: {error}", folder.display()),
            };
            for entry in entries {
                let entry = entry.unwrap_or_else(|error| panic!("{} cannot be searched: {error}", folder.display()));
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() => match is_in_file(&path, &forms) {
                        Ok(true) => found.push(path),
                        Ok(false) => {}
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => panic!("{} cannot be searched: {error}", path.display()),
                    },
                    // Links lead to what is searched by itself, and sockets hold nothing.
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => panic!("{} cannot be searched: {error}", path.display()),
                }
            }
        }
        found.sort();
        found
    }

    fn forms(&self) -> Vec<Vec<u8>> {
        let plain = self.secret.as_bytes();
        let hex: String = plain.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![
            plain.to_vec(),
            plain.iter().rev().copied().collect(),
            hex.to_ascii_uppercase().into_bytes(),
            hex.into_bytes(),
            self.secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            self.secret.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ];
        for offset in 0..3 {
            let encoded = base64_inside(plain, offset);
            forms.push(encoded.replace('+', "-").replace('/', "_").into_bytes());
            forms.push(encoded.into_bytes());
        }
        forms
    }
}

fn is_in_file(path: &Path, forms: &[Vec<u8>]) -> io::Result<bool> {
    let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
    let mut file = File::open(path)?;
    let mut window: Vec<u8> = Vec::new();
    loop {
        // What may be the beginning of a form stays for the next round.
        window.drain(..window.len().saturating_sub(longest));
        let kept = window.len();
        let read = file.by_ref().take(WINDOW as u64).read_to_end(&mut window)?;
        if forms.iter().any(|form| memmem::find(&window, form).is_some()) {
            return Ok(true);
        }
        if read == 0 || window.len() == kept {
            return Ok(false);
        }
    }
}

/// The part of a base64 text that these bytes alone decide, when they stand at this offset in what
/// is encoded.
fn base64_inside(bytes: &[u8], offset: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let skipped = (3 - offset) % 3;
    bytes[skipped..]
        .chunks_exact(3)
        .flat_map(|three| {
            let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift) as usize & 63]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_in_every_form() {
        let canary = Canary { secret: "sk-canary-0123456789abcdef0123456789abcdef".to_owned() };
        for (form, text) in [
            ("plain", "key=sk-canary-0123456789abcdef0123456789abcdef;".as_bytes().to_vec()),
            ("hex", b"736b2d63616e6172792d3031323334353637383961626364656630313233343536373839616263646566".to_vec()),
            ("base64", b"c2stY2FuYXJ5LTAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm".to_vec()),
            ("base64 one on", b"IHNrLWNhbmFyeS0wMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==".to_vec()),
            ("base64 two on", b"ICBzay1jYW5hcnktMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_vec()),
            ("UTF-16", canary.secret.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ] {
            assert!(canary.is_in(&text), "{form}");
        }
        assert!(!canary.is_in(b"sk-canary-0123456789abcdef0123456789abcdeX"), "another secret is not it");
        assert_ne!(Canary::new().secret(), Canary::new().secret(), "each is its own");
    }

    #[test]
    fn a_canary_is_found_across_the_windows_of_a_large_file() {
        let folder = std::env::temp_dir().join(format!("holdfast-{}", Canary::new().secret()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        let canary = Canary::new();
        let mut large = vec![b'x'; WINDOW - 7];
        large.extend_from_slice(canary.secret().as_bytes());
        large.extend_from_slice(&vec![b'y'; WINDOW]);
        fs::write(folder.join("inner/large"), &large).unwrap();
        fs::write(folder.join("clean"), "nothing").unwrap();
        let found = canary.find_in_dir(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, [folder.join("inner/large")]);
    }
}
