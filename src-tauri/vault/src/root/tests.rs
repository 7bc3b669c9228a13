use std::fs;
use std::path::PathBuf;

use iota_stronghold::procedures::{AeadCipher, AeadDecrypt};
use tempfile::TempDir;

use super::*;

struct Made {
    _dir: TempDir,
    path: PathBuf,
    key: KeyProvider,
    root: Root,
}

fn made() -> Made {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.hold");
    let key = key_provider(&cipher::random().unwrap()).unwrap();
    let root = Root::create(Uuid::new_v4()).unwrap();
    root.commit(&path, &key).unwrap();
    Made { _dir: dir, path, key, root }
}

#[test]
fn what_was_committed_opens_to_the_same_keys() {
    let Made { path, key, root, .. } = &made();
    let again = Root::open(path, key, root.vault()).unwrap();
    assert!(root.is_same_as(&again).unwrap(), "the file holds the key that is in memory");
    let other = Root::create(root.vault()).unwrap();
    assert!(!root.is_same_as(&other).unwrap(), "a new one has new keys");

    // Opening and committing again must not destroy what is in the file.
    again.commit(path, key).unwrap();
    let third = Root::open(path, key, root.vault()).unwrap();
    assert!(root.is_same_as(&third).unwrap(), "a commit after a load keeps the keys");
}

#[test]
fn another_key_or_another_vault_does_not_open_it() {
    let Made { path, key, root, .. } = &made();
    let other = key_provider(&cipher::random().unwrap()).unwrap();
    assert_eq!(Root::open(path, &other, root.vault()).err(), Some(Unreadable::Malformed), "the key is another");
    assert_eq!(Root::open(path, key, Uuid::new_v4()).err(), Some(Unreadable::Foreign), "the vault is another");
    assert_eq!(
        Root::open(&path.join("no"), key, root.vault()).err().map(|error| error.to_string().is_empty()),
        Some(false),
        "no such file is said"
    );
}

#[test]
fn a_content_key_unwraps_for_its_record_alone() {
    let root = Root::create(Uuid::new_v4()).unwrap();
    let (record, content_key) = (Uuid::new_v4(), cipher::random().unwrap());
    let (kek, wrapped) = root.wrap(record, &content_key).unwrap();
    assert_eq!(*root.unwrap(record, kek, &wrapped).unwrap(), *content_key, "it comes back whole");
    let refused = |record, kek, wrapped| matches!(root.unwrap(record, kek, wrapped), Err(VaultError::Refused));
    assert!(refused(Uuid::new_v4(), kek, &wrapped), "another record's key");
    assert!(refused(record, Uuid::new_v4(), &wrapped), "a key-encryption key that is not there");
    let mut changed = wrapped;
    changed.sealed[0] ^= 1;
    assert!(refused(record, kek, &changed), "a changed key");
}

#[test]
fn strongholds_own_procedure_opens_what_was_wrapped() {
    let root = Root::create(Uuid::new_v4()).unwrap();
    let (record, content_key) = (Uuid::new_v4(), cipher::random().unwrap());
    let (kek, wrapped) = root.wrap(record, &content_key).unwrap();
    let (ciphertext, tag) = wrapped.sealed.split_at(KEY);
    let opened = root.client.execute_procedure(AeadDecrypt {
        cipher: AeadCipher::XChaCha20Poly1305,
        associated_data: root.beside(record, kek),
        ciphertext: ciphertext.to_vec(),
        tag: tag.to_vec(),
        nonce: wrapped.nonce.to_vec(),
        key: location(kek),
    });
    assert_eq!(opened.unwrap(), content_key.to_vec(), "both are the same XChaCha20-Poly1305");
}

#[test]
fn damage_anywhere_in_the_file_is_found_and_changes_nothing() {
    let Made { path, key, root, .. } = &made();
    let bytes = fs::read(path).unwrap();
    let opens = |changed: &[u8]| {
        fs::write(path, changed).unwrap();
        let opens = Root::open(path, key, root.vault()).is_ok();
        assert_eq!(fs::read(path).unwrap(), changed, "a file that does not read stays as it is");
        opens
    };
    assert!(opens(&bytes), "undamaged, it opens");
    for at in (0..200).chain((200..bytes.len()).step_by(17)) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x01;
        assert!(!opens(&changed), "byte {at} changed");
    }
    for length in (0..bytes.len()).step_by(13) {
        assert!(!opens(&bytes[..length]), "cut after {length} bytes");
    }
    assert!(!opens(&vec![0x5a; bytes.len()]), "garbage");
}

#[test]
fn a_file_that_asks_for_work_is_not_even_tried() {
    let Made { path, .. } = &made();
    let bytes = fs::read(path).unwrap();
    let factor = bytes.windows(3).position(|window| window == b" 0\n").unwrap();
    for asked in [" 1\n", " 22\n", " 63\n"] {
        let changed = [&bytes[..factor], asked.as_bytes(), &bytes[factor + 3..]].concat();
        fs::write(path, changed).unwrap();
        assert_eq!(check_header(path), Err(Unreadable::Malformed), "{asked:?} would cost time and gigabytes");
    }
    fs::write(path, vec![0; 10]).unwrap();
    assert_eq!(check_header(path), Err(Unreadable::Malformed), "too short to be one");
    fs::remove_file(path).unwrap();
    assert_eq!(check_header(path), Err(Unreadable::Missing), "not there");
}
