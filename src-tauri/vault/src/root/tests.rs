use std::fs;

use iota_stronghold::procedures::{AeadCipher, AeadDecrypt};
use tempfile::TempDir;

use super::stronghold::{StrongholdFile, check_header, location};
use super::*;

const KINDS: [RootKind; 2] = [RootKind::Stronghold, RootKind::SealedFile];

struct Made {
    _dir: TempDir,
    files: Files,
    file: RootFile,
    key: VaultKey,
    root: Root,
}

impl Made {
    fn path(&self) -> std::path::PathBuf {
        self.files.path(self.file.name())
    }

    fn open_with(&self, key: &VaultKey, vault: Uuid) -> Result<Root, Unreadable> {
        Root::open(&self.files, &self.path(), self.file.kind, key, vault)
    }

    fn open(&self) -> Result<Root, Unreadable> {
        self.open_with(&self.key, self.root.vault())
    }
}

fn root(kind: RootKind) -> Root {
    Root::new(kind, Contents::random(Uuid::new_v4()).unwrap()).unwrap()
}

fn made(kind: RootKind) -> Made {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(dir.path().to_owned(), Box::new(|dir| fs4::available_space(dir)));
    let (file, key, root) = (RootFile::of(kind), VaultKey::random().unwrap(), root(kind));
    root.commit(&files, file, &key).unwrap();
    Made { _dir: dir, files, file, key, root }
}

#[test]
fn what_was_committed_opens_to_the_same_keys() {
    for kind in KINDS {
        let made = made(kind);
        let again = made.open().unwrap();
        assert!(made.root.is_same_as(&again).unwrap(), "{kind:?}: the file holds the keys that are in memory");
        assert!(!made.root.is_same_as(&root(kind)).unwrap(), "{kind:?}: a new one has new keys");

        // Opening and committing again must not destroy what is in the file.
        again.commit(&made.files, made.file, &made.key).unwrap();
        assert!(made.root.is_same_as(&made.open().unwrap()).unwrap(), "{kind:?}: a commit after a load keeps the keys");
    }
}

#[test]
fn another_key_or_another_vault_does_not_open_it() {
    for kind in KINDS {
        let made = made(kind);
        let vault = made.root.vault();
        let other = made.open_with(&VaultKey::random().unwrap(), vault).err();
        assert_eq!(other, Some(Unreadable::Malformed), "{kind:?}: the key is another");
        let other = made.open_with(&made.key, Uuid::new_v4()).err();
        assert_eq!(other, Some(Unreadable::Foreign), "{kind:?}: the vault is another");
        fs::remove_file(made.path()).unwrap();
        assert_eq!(made.open().err(), Some(Unreadable::Missing), "{kind:?}: no file");
    }
}

#[test]
fn one_kind_opens_what_the_other_wrapped() {
    let from = root(RootKind::Stronghold);
    let to = Root::new(RootKind::SealedFile, from.contents().unwrap()).unwrap();
    let back = Root::new(RootKind::Stronghold, to.contents().unwrap()).unwrap();
    assert!(from.is_same_as(&to).unwrap() && to.is_same_as(&back).unwrap(), "a move changes no key");
    let roots = [&from, &to, &back];
    for wrapping in roots {
        let (record, content_key) = (Uuid::new_v4(), cipher::random().unwrap());
        let (kek, wrapped) = wrapping.wrap(record, &content_key).unwrap();
        for unwrapping in roots {
            let unwrapped = unwrapping.unwrap(record, kek, &wrapped).unwrap();
            assert_eq!(*unwrapped, *content_key, "what one wraps, each unwraps");
        }
    }
    for say in [
        |root: &Root| root.audit_mac(b"p", b"m").unwrap().to_vec(),
        |root: &Root| root.database_key().unwrap().unwrap().expose().as_bytes().to_vec(),
    ] {
        assert!(say(&from) == say(&to) && say(&to) == say(&back), "audit key and database key are the same");
    }
}

#[test]
fn a_content_key_unwraps_for_its_record_alone() {
    for kind in KINDS {
        let root = root(kind);
        let (record, content_key) = (Uuid::new_v4(), cipher::random().unwrap());
        let (kek, wrapped) = root.wrap(record, &content_key).unwrap();
        assert_eq!(*root.unwrap(record, kek, &wrapped).unwrap(), *content_key, "{kind:?}: it comes back whole");
        let refused = |record, kek, wrapped| matches!(root.unwrap(record, kek, wrapped), Err(VaultError::Refused));
        assert!(refused(Uuid::new_v4(), kek, &wrapped), "{kind:?}: another record's key");
        assert!(refused(record, Uuid::new_v4(), &wrapped), "{kind:?}: a key-encryption key that is not there");
        let mut changed = wrapped;
        changed.sealed[0] ^= 1;
        assert!(refused(record, kek, &changed), "{kind:?}: a changed key");
    }
}

#[test]
fn a_retired_kek_opens_nothing_and_the_others_stay() {
    let mut contents = Contents::random(Uuid::new_v4()).unwrap();
    let first = contents.index.current;
    let second = contents.add_kek().unwrap();
    let third = contents.add_kek().unwrap();
    let keys = |contents: &Contents| {
        [KeyName::Kek(second), KeyName::Kek(third), KeyName::Database, KeyName::Audit]
            .map(|name| contents.key(name).cloned())
    };
    let before = keys(&contents);
    contents.retain_keks(|kek| kek == second);
    assert_eq!(contents.index.keks().collect::<Vec<_>>(), [second, third], "{first} is gone, the current one never");
    assert_eq!(keys(&contents), before, "each name still has its own key");
    let again = Contents::decode(&contents.encode()).unwrap();
    assert!(again == contents, "and the form reads as it was written");
}

#[test]
fn strongholds_own_procedure_opens_what_was_wrapped() {
    let contents = Contents::random(Uuid::new_v4()).unwrap();
    let stronghold = StrongholdFile::new(&contents).unwrap();
    let root = Root::new(RootKind::SealedFile, contents).unwrap();
    for _ in 0..100 {
        let (record, content_key) = (Uuid::new_v4(), cipher::random().unwrap());
        let (kek, wrapped) = root.wrap(record, &content_key).unwrap();
        let (ciphertext, tag) = wrapped.sealed.split_at(KEY);
        let opened = stronghold.client.execute_procedure(AeadDecrypt {
            cipher: AeadCipher::XChaCha20Poly1305,
            associated_data: root.beside(record, kek),
            ciphertext: ciphertext.to_vec(),
            tag: tag.to_vec(),
            nonce: wrapped.nonce.to_vec(),
            key: location(KeyName::Kek(kek)),
        });
        assert_eq!(opened.unwrap(), content_key.to_vec(), "both are the same XChaCha20-Poly1305");
    }
}

#[test]
fn damage_anywhere_in_the_file_is_found_and_changes_nothing() {
    for kind in KINDS {
        let made = made(kind);
        let path = made.path();
        let bytes = fs::read(&path).unwrap();
        let opens = |changed: &[u8]| {
            fs::write(&path, changed).unwrap();
            let opens = made.open().is_ok();
            assert_eq!(fs::read(&path).unwrap(), changed, "a file that does not read stays as it is");
            opens
        };
        assert!(opens(&bytes), "{kind:?}: undamaged, it opens");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x01;
            assert!(!opens(&changed), "{kind:?}: byte {at} changed");
            assert!(!opens(&bytes[..at]), "{kind:?}: cut after {at} bytes");
        }
        assert!(!opens(&[&bytes[..], &[0]].concat()), "{kind:?}: one byte too many");
        assert!(!opens(&vec![0x5a; bytes.len()]), "{kind:?}: garbage");
    }
}

#[test]
fn a_stronghold_file_that_asks_for_work_is_not_even_tried() {
    let made = made(RootKind::Stronghold);
    let path = made.path();
    let bytes = fs::read(&path).unwrap();
    let factor = bytes.windows(3).position(|window| window == b" 0\n").unwrap();
    for asked in [" 1\n", " 22\n", " 63\n"] {
        let changed = [&bytes[..factor], asked.as_bytes(), &bytes[factor + 3..]].concat();
        fs::write(&path, changed).unwrap();
        assert_eq!(check_header(&path), Err(Unreadable::Malformed), "{asked:?} would cost time and gigabytes");
    }
    fs::write(&path, vec![0; 10]).unwrap();
    assert_eq!(check_header(&path), Err(Unreadable::Malformed), "too short to be one");
    fs::remove_file(&path).unwrap();
    assert_eq!(check_header(&path), Err(Unreadable::Missing), "not there");
}
