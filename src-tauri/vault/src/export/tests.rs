use super::*;

/// Quick to make; a reader takes it as it takes any other.
const QUICK: u8 = 4;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn exported(plain: &[u8]) -> Vec<u8> {
    let mut writer = export_writer_with(&secret("open sesame"), Vec::new(), QUICK).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn read(passphrase: &str, file: &[u8]) -> Result<Vec<u8>, ExportError> {
    let mut plain = Vec::new();
    export_reader(&secret(passphrase), file)?.read_to_end(&mut plain)?;
    Ok(plain)
}

#[test]
fn what_was_exported_is_read_again() {
    for plain in [Vec::new(), b"keys".to_vec(), vec![7; 200_000]] {
        let file = exported(&plain);
        assert!(file.starts_with(b"age-encryption.org/v1\n-> scrypt "), "the age program knows it");
        assert_eq!(read("open sesame", &file).unwrap(), plain, "{} bytes come back", plain.len());
    }
    let empty = export_writer(&secret(""), Vec::new());
    assert!(matches!(empty, Err(ExportError::EmptyPassphrase)), "an empty passphrase protects nothing");
}

#[test]
fn a_wrong_passphrase_and_damage_are_told_apart() {
    let file = exported(&[1; 500]);
    assert!(matches!(read("Open sesame", &file), Err(ExportError::WrongPassphrase)), "the passphrase is another");
    assert!(matches!(read("open sesame", b"no age file at all"), Err(ExportError::Damaged)), "it is no export");
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(read("open sesame", &changed).is_err(), "byte {at} changed");
        assert!(read("open sesame", &file[..at]).is_err(), "cut after {at} bytes");
    }
    let mut changed = file.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let damaged = read("open sesame", &changed);
    assert!(matches!(damaged, Err(ExportError::Io(_))), "damage after the head shows while reading: {damaged:?}");
}

#[test]
fn an_export_that_asks_for_too_much_work_is_refused() {
    let file = exported(b"keys");
    let line = file.windows(3).position(|window| window == b" 4\n").unwrap();
    let greedy = [&file[..line], b" 21\n", &file[line + 3..]].concat();
    assert!(matches!(read("open sesame", &greedy), Err(ExportError::Work)), "it is not even tried");
}
