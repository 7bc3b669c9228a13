use super::*;
use crate::RootKind;
use crate::root::Contents;

const SECRET: &str = "sk-canary-0123456789abcdef";
const ORIGIN: &str = "https://api.openai.com";

fn root() -> Root {
    Root::new(RootKind::SealedFile, Contents::random(Uuid::new_v4()).unwrap()).unwrap()
}

fn header() -> RecordHeader {
    RecordHeader { id: Uuid::new_v4(), kind: RecordKind::ApiKey, owner: "openai".into(), revision: 1 }
}

fn credential_of(secret: &str) -> Credential {
    Credential::new(Secret::new(secret.into()), Origin::parse(ORIGIN).unwrap())
}

fn refused(root: &Root, header: &RecordHeader, sealed: &SealedRecord) -> bool {
    matches!(unseal(root, header, sealed), Err(VaultError::Refused))
}

#[test]
fn what_was_sealed_opens_for_its_origin_alone() {
    let (root, header) = (root(), header());
    for secret in ["", "a", SECRET, "ключ\0\n🔑", &"x".repeat(MAX_SECRET)] {
        let sealed = seal(&root, &header, &credential_of(secret)).unwrap();
        let opened = unseal(&root, &header, &sealed).unwrap();
        let home = Origin::parse(ORIGIN).unwrap();
        assert_eq!(opened.for_origin(&home).map(Secret::expose), Some(secret), "the secret comes back whole");
        let other = Origin::parse("https://api.openai.com.evil.test").unwrap();
        assert!(opened.for_origin(&other).is_none(), "the origin was sealed with the secret");
    }
}

#[test]
fn a_record_does_not_open_in_the_place_of_another() {
    let (root, header) = (root(), header());
    let sealed = seal(&root, &header, &credential_of(SECRET)).unwrap();
    for (what, moved) in [
        ("id", RecordHeader { id: Uuid::new_v4(), ..header.clone() }),
        ("owner", RecordHeader { owner: "groq".into(), ..header.clone() }),
        ("kind", RecordHeader { kind: RecordKind::Other, ..header.clone() }),
        ("revision", RecordHeader { revision: 2, ..header.clone() }),
    ] {
        assert!(refused(&root, &moved, &sealed), "a record must not open under another {what}");
    }
    let other = Root::new(RootKind::SealedFile, Contents::random(root.vault()).unwrap()).unwrap();
    assert!(refused(&other, &header, &sealed), "another vault has another key, even under the same id");
}

#[test]
fn parts_of_two_records_do_not_fit_together() {
    let (root, header) = (root(), header());
    let [one, two] = ["sk-one", "sk-two"].map(|secret| seal(&root, &header, &credential_of(secret)).unwrap().0);
    let length = one.len();
    assert_eq!(length, two.len(), "padding hides the length of short secrets");
    for cut in [4, 20, 52, 76, 124, 148] {
        let spliced = [&one[..cut], &two[cut..]].concat();
        let same_kek = cut == 4 || cut == 20;
        assert_eq!(
            refused(&root, &header, &SealedRecord(spliced)),
            !same_kek,
            "cut at {cut}: only what both share (form and id of the key) may be exchanged"
        );
    }
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let (root, header) = (root(), header());
    let sealed = seal(&root, &header, &credential_of(SECRET)).unwrap().0;
    for at in 0..sealed.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = sealed.clone();
            changed[at] ^= flip;
            assert!(refused(&root, &header, &SealedRecord(changed)), "byte {at} changed by {flip:#x}");
        }
        assert!(refused(&root, &header, &SealedRecord(sealed[..at].to_vec())), "cut after {at} bytes");
    }
    for more in [1, BLOCK, MAX_RECORD] {
        let longer = [sealed.clone(), vec![0; more]].concat();
        assert!(refused(&root, &header, &SealedRecord(longer)), "{more} bytes too many");
    }
}

#[test]
fn no_two_records_are_alike_and_none_shows_its_secret() {
    let (root, header) = (root(), header());
    let [one, two] = [(); 2].map(|()| seal(&root, &header, &credential_of(SECRET)).unwrap());
    assert_ne!(one, two, "content key and nonces are fresh each time");
    assert!(!one.0.windows(9).any(|window| window == b"sk-canary"), "the secret is encrypted");
    assert_eq!(format!("{one:?}"), format!("SealedRecord({} bytes)", one.0.len()), "Debug shows no bytes");
}

#[test]
fn more_than_any_key_is_not_sealed() {
    let sealed = seal(&root(), &header(), &credential_of(&"x".repeat(MAX_SECRET + 1)));
    assert!(matches!(sealed, Err(VaultError::TooLong)), "a megabyte pasted by accident is no key");
}

#[test]
fn a_plaintext_of_another_form_is_malformed() {
    let good = plaintext(&credential_of(SECRET)).unwrap();
    assert!(credential(&good).is_ok(), "the form as it is made reads");
    let change = |at: usize, to: u8| {
        let mut changed = good.to_vec();
        changed[at] = to;
        changed
    };
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("two origins", change(0, 2)),
        ("no origin", change(0, 0)),
        ("a length past the end", change(1, 0xff)),
        ("an origin that is none", change(5, b'x')),
        ("text that is not UTF-8", change(40, 0xff)),
        ("padding that is not zero", change(good.len() - 1, 1)),
        ("more padding than needed", [good.to_vec(), vec![0; BLOCK]].concat()),
    ] {
        assert_eq!(credential(&bytes).err(), Some(Malformed), "{what}");
    }
}

#[test]
fn a_rewrapped_record_is_the_same_under_another_kek() {
    let (header, mut contents) = (header(), Contents::random(Uuid::new_v4()).unwrap());
    let old = Root::new(RootKind::SealedFile, contents.clone()).unwrap();
    let sealed = seal(&old, &header, &credential_of(SECRET)).unwrap();
    assert_eq!(rewrap(&old, &header, &sealed).unwrap(), None, "it is under the current one");
    let first = contents.index.current;
    let second = contents.add_kek().unwrap();
    let new = Root::new(RootKind::SealedFile, contents.clone()).unwrap();
    let again = rewrap(&new, &header, &sealed).unwrap().unwrap();
    assert_eq!((kek_of(&sealed), kek_of(&again)), (Some(first), Some(second)), "the record says which key it needs");
    assert_eq!((sealed.0.len(), &sealed.0[148..]), (again.0.len(), &again.0[148..]), "what is sealed was not touched");
    contents.retain_keks(|_| false);
    let last = Root::new(RootKind::SealedFile, contents).unwrap();
    assert!(unseal(&last, &header, &again).is_ok(), "the old key is not needed any more");
    assert!(refused(&last, &header, &sealed), "and what was not rewrapped is lost with it");

    for at in 0..sealed.0.len() {
        let mut changed = sealed.clone();
        changed.0[at] ^= 1;
        let rewrapped = rewrap(&new, &header, &changed);
        assert!(matches!(rewrapped, Err(VaultError::Refused)), "byte {at} changed: it must not look whole again");
    }
    assert_eq!(kek_of(&SealedRecord(b"no record".to_vec())), None, "garbage needs no key");
}
