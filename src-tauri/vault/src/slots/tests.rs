use holdfast_core::Secret;

use super::slot::Lock;
use super::*;
use crate::passphrase::Cost;

fn device() -> Opener {
    Opener::Keychain(Entry::random().unwrap(), new_device_key().unwrap())
}

fn typed(text: &str) -> Opener {
    Opener::Passphrase(Secret::new(text.into()))
}

fn made(vault: Uuid, openers: &[Opener]) -> (Slots, Key) {
    let key = cipher::random().unwrap();
    let slots = openers.iter().map(|opener| Slot::wrap(vault, &key, opener, &|| Ok(Cost::FLOOR)).unwrap()).collect();
    let body = Body {
        vault,
        stage: Stage::InUse,
        generation: 7,
        root: RootFile::FIRST.other(),
        dates: Dates { made: Some(1), passphrase: None, vault_key: Some(-2), kek: Some(i64::MAX) },
        recovery_confirmed: true,
        anchored: false,
        slots,
    };
    (Slots::sign(body, &key).unwrap(), key)
}

fn opened(slot: &Slot, vault: Uuid, opener: &Opener) -> Option<Result<Key, Wrong>> {
    slot.unwrap(vault, opener).unwrap().map(|opened| opened.map(|opened| opened.vault_key))
}

#[test]
fn each_way_opens_its_own_slot() {
    let (vault, keychain, passphrase) = (Uuid::new_v4(), device(), typed("correct horse"));
    let (slots, key) = made(vault, &[keychain, passphrase]);
    assert_eq!(slots.body.ways(), [UnlockWay::Keychain, UnlockWay::Passphrase], "the most convenient way is first");

    let [by_keychain, by_passphrase] = &slots.body.slots[..] else { panic!("two ways make two slots") };
    assert_eq!(opened(by_passphrase, vault, &typed("correct horse")), Some(Ok(key)), "the passphrase opens its slot");
    assert_eq!(opened(by_passphrase, vault, &typed("Correct horse")), Some(Err(Wrong::Typed)), "case counts");
    assert_eq!(
        opened(by_keychain, vault, &typed("correct horse")),
        None,
        "a passphrase is not for the keychain's slot"
    );
    assert_eq!(opened(by_keychain, vault, &device()), Some(Err(Wrong::Device)), "another device key does not open it");
    let elsewhere = opened(by_passphrase, Uuid::new_v4(), &typed("correct horse"));
    assert_eq!(elsewhere, Some(Err(Wrong::Typed)), "a slot moved to another vault does not open");
}

#[test]
fn a_file_reads_as_it_was_written() {
    let (mut slots, key) = made(Uuid::new_v4(), &[device(), typed("p")]);
    assert_eq!(Slots::decode(&slots.encode()), Ok(slots.clone()), "nothing is lost on the way");
    assert!(slots.is_authentic(&key).unwrap(), "who made it had the vault key");

    slots.body.slots.push(Slot::Unknown { kind: 200, body: vec![1, 2, 3] });
    let read = Slots::decode(&slots.encode()).unwrap();
    assert_eq!(read, slots, "a slot of a newer version is kept as it is");
    assert!(!read.is_authentic(&key).unwrap(), "a slot that was put in without the vault key shows");
}

#[test]
fn every_flipped_byte_and_every_cut_is_an_error() {
    let (slots, _) = made(Uuid::new_v4(), &[device(), typed("p")]);
    let bytes = slots.encode();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            assert_eq!(Slots::decode(&changed), Err(Unreadable::Malformed), "byte {at} changed by {flip:#x}");
        }
        assert_eq!(Slots::decode(&bytes[..at]), Err(Unreadable::Malformed), "cut after {at} bytes");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(Slots::decode(&longer), Err(Unreadable::Malformed), "one byte too many");
}

/// With a checksum that fits, as one who changes the file on purpose would write it.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 32);
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

#[test]
fn a_forged_checksum_leads_to_an_error_or_to_slots_that_are_not_authentic() {
    let (slots, key) = made(Uuid::new_v4(), &[device()]);
    let bytes = slots.encode();
    for at in 0..bytes.len() - 32 {
        let mut changed = bytes.clone();
        changed[at] ^= 0x01;
        if let Ok(read) = Slots::decode(&summed(changed)) {
            assert!(!read.is_authentic(&key).unwrap(), "byte {at} was changed, and nobody noticed");
        }
    }
}

#[test]
fn a_cost_out_of_bounds_is_refused_when_read() {
    let (slots, _) = made(Uuid::new_v4(), &[typed("p")]);
    for (memory_kib, passes, lanes) in
        [(64 * 1024 - 1, 3, 1), (64 * 1024, 2, 1), (u32::MAX, 3, 4), (256 * 1024, u32::MAX, 4), (256 * 1024, 3, 17)]
    {
        let mut forged = slots.clone();
        let Some(Slot::Known { lock: Lock::Passphrase { cost, .. }, .. }) = forged.body.slots.first_mut() else {
            panic!("it has one such slot")
        };
        *cost = Cost { memory_kib, passes, lanes };
        assert_eq!(Slots::decode(&forged.encode()), Err(Unreadable::Cost), "{memory_kib} KiB, {passes}, {lanes}");
    }
}

#[test]
fn what_this_version_cannot_use_is_said() {
    let (mut slots, _) = made(Uuid::new_v4(), &[device()]);
    let mut newer = slots.encode();
    newer[9] = 3;
    assert_eq!(Slots::decode(&summed(newer)), Err(Unreadable::Newer), "a later format");
    slots.body.slots = vec![Slot::Unknown { kind: 200, body: Vec::new() }];
    assert_eq!(Slots::decode(&slots.encode()), Err(Unreadable::NoWay), "only ways of a later version");
}

#[test]
fn both_means_both() {
    let (vault, entry, device_key) = (Uuid::new_v4(), Entry::random().unwrap(), new_device_key().unwrap());
    let both = |device: &Secret, typed: &str| {
        Opener::Both(entry, Secret::new(device.expose().into()), Secret::new(typed.into()))
    };
    let (slots, key) = made(vault, &[both(&device_key, "correct horse")]);
    let [slot] = &slots.body.slots[..] else { panic!("one way makes one slot") };
    assert_eq!(opened(slot, vault, &both(&device_key, "correct horse")), Some(Ok(key)), "both together open it");
    let wrong = opened(slot, vault, &both(&device_key, "correct horses"));
    assert_eq!(wrong, Some(Err(Wrong::Typed)), "a wrong passphrase is that");
    for changed in [new_device_key().unwrap(), Secret::new("not base64!".into())] {
        let wrong = opened(slot, vault, &both(&changed, "correct horse"));
        assert_eq!(wrong, Some(Err(Wrong::Device)), "a changed entry is told apart from a wrong passphrase");
    }
    assert_eq!(opened(slot, vault, &typed("correct horse")), None, "the passphrase alone is not for it");
    assert_eq!(opened(slot, vault, &Opener::Keychain(entry, device_key)), None, "nor is the keychain alone");
}

#[test]
fn a_new_vault_key_needs_nobody() {
    let vault = Uuid::new_v4();
    let recovery = || Opener::Recovery(Box::new(cipher::random().unwrap()));
    let (code, keychain) = (cipher::random().unwrap(), device());
    let (slots, old) = made(vault, &[typed("p"), keychain, Opener::Recovery(Box::new(code.clone()))]);
    let new = cipher::random().unwrap();
    let rewrapped = |slot: &Slot| slot.rewrapped(vault, &old, &new).unwrap();
    let moved: Vec<_> = slots.body.slots.iter().map(|slot| rewrapped(slot).unwrap()).collect();
    assert_eq!(opened(&moved[0], vault, &typed("p")), Some(Ok(new.clone())), "the passphrase opens to the new key");
    assert_eq!(opened(&moved[0], vault, &typed("q")), Some(Err(Wrong::Typed)), "and no other does");
    assert_eq!(
        opened(&moved[2], vault, &Opener::Recovery(Box::new(code))),
        Some(Ok(new.clone())),
        "so does the recovery code, which nobody typed"
    );
    assert_eq!(opened(&moved[2], vault, &recovery()), Some(Err(Wrong::Typed)), "and no other does");

    let stranger = cipher::random().unwrap();
    let foreign = slots.body.slots[0].rewrapped(vault, &stranger, &new).unwrap();
    assert_eq!(foreign, None, "without the old vault key nothing is wrapped anew");
    let unknown = Slot::Unknown { kind: 200, body: Vec::new() };
    assert_eq!(rewrapped(&unknown), None, "nor is a slot that this version does not know");
}
