use super::*;

fn device() -> Opener {
    Opener::DeviceKey(new_device_key().unwrap())
}

fn typed(text: &str) -> Opener {
    Opener::Passphrase(Secret::new(text.into()))
}

fn made(vault: Uuid, openers: &[Opener]) -> (Slots, Key) {
    let key = cipher::random().unwrap();
    let slots = openers.iter().map(|opener| Slot::wrap(vault, &key, opener, Cost::FLOOR).unwrap()).collect();
    (Slots::new(vault, Stage::InUse, 7, slots, &key).unwrap(), key)
}

fn opened(slot: &Slot, vault: Uuid, opener: &Opener) -> Option<Result<Key, NotAuthentic>> {
    slot.unwrap(vault, opener).unwrap()
}

#[test]
fn each_way_opens_its_own_slot() {
    let (vault, keychain, passphrase) = (Uuid::new_v4(), device(), typed("correct horse"));
    let (slots, key) = made(vault, &[keychain, passphrase]);
    assert_eq!(slots.ways(), [UnlockWay::Keychain, UnlockWay::Passphrase], "the most convenient way is first");

    let [by_keychain, by_passphrase] = &slots.slots[..] else { panic!("two ways make two slots") };
    assert_eq!(opened(by_passphrase, vault, &typed("correct horse")), Some(Ok(key)), "the passphrase opens its slot");
    assert_eq!(opened(by_passphrase, vault, &typed("Correct horse")), Some(Err(NotAuthentic)), "case counts");
    assert_eq!(
        opened(by_keychain, vault, &typed("correct horse")),
        None,
        "a passphrase is not for the keychain's slot"
    );
    assert_eq!(opened(by_keychain, vault, &device()), Some(Err(NotAuthentic)), "another device key does not open it");
    let elsewhere = opened(by_passphrase, Uuid::new_v4(), &typed("correct horse"));
    assert_eq!(elsewhere, Some(Err(NotAuthentic)), "a slot moved to another vault does not open");
}

#[test]
fn a_file_reads_as_it_was_written() {
    let (mut slots, key) = made(Uuid::new_v4(), &[device(), typed("p")]);
    assert_eq!(Slots::decode(&slots.encode()), Ok(slots.clone()), "nothing is lost on the way");
    assert!(slots.is_authentic(&key).unwrap(), "who made it had the vault key");

    slots.slots.push(Slot::Unknown { kind: 200, body: vec![1, 2, 3] });
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
        let Some(Slot::Passphrase { cost, .. }) = forged.slots.first_mut() else { panic!("it has one such slot") };
        *cost = Cost { memory_kib, passes, lanes };
        assert_eq!(Slots::decode(&forged.encode()), Err(Unreadable::Cost), "{memory_kib} KiB, {passes}, {lanes}");
    }
}

#[test]
fn what_this_version_cannot_use_is_said() {
    let (mut slots, _) = made(Uuid::new_v4(), &[device()]);
    let mut newer = slots.encode();
    newer[9] = 2;
    assert_eq!(Slots::decode(&summed(newer)), Err(Unreadable::Newer), "a later format");
    slots.slots = vec![Slot::Unknown { kind: 200, body: Vec::new() }];
    assert_eq!(Slots::decode(&slots.encode()), Err(Unreadable::NoWay), "only ways of a later version");
}
