use std::io::{Read, Seek, SeekFrom};

use zeroize::Zeroize;

use super::*;

/// What makes a canary unlike itself while it is looked for, so that the search does not find itself.
const VEIL: u8 = 0x55;

/// Whether the canary lies anywhere in the memory of this process.
fn is_in_memory(veiled: &[u8]) -> bool {
    const CHUNK: u64 = 1024 * 1024;
    let is_canary = |at: &[u8]| at.iter().zip(veiled).all(|(byte, veiled)| *byte == *veiled ^ VEIL);
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = fs::File::open("/proc/self/mem").unwrap();
    // One buffer, wiped after each reading: a copy in it must not be found by the next.
    let mut buffer = vec![0; CHUNK as usize + veiled.len()];
    let mut found = false;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let Some((from, to)) = line.split(' ').next().and_then(|range| range.split_once('-')) else { continue };
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        for start in (from..to).step_by(CHUNK as usize) {
            let length = buffer.len().min((to - start) as usize);
            let bytes = &mut buffer[..length];
            // Other tests free memory meanwhile; what is gone holds no canary.
            if memory.seek(SeekFrom::Start(start)).is_ok() && memory.read_exact(bytes).is_ok() {
                found |= bytes.windows(veiled.len()).any(is_canary);
            }
            bytes.zeroize();
        }
    }
    found
}

#[tokio::test]
async fn nothing_of_a_secret_stays_in_memory() {
    let home = Home::new();
    let vault = home.open();
    vault.create(Protection::Keychain).await.unwrap();
    let veiled: Vec<u8> = (0..32).map(|at| (b'A' + (at * 7 + at / 5) % 26) ^ VEIL).collect();
    let unveil = || {
        let mut text = String::with_capacity(veiled.len());
        text.extend(veiled.iter().map(|byte| char::from(byte ^ VEIL)));
        Secret::new(text)
    };
    let held = unveil();
    assert!(is_in_memory(&veiled), "the search finds what is there");
    drop(held);
    assert!(!is_in_memory(&veiled), "dropped, it is gone");

    let header = header();
    let sealed = vault.seal(&header, Credential::new(unveil(), origin())).await.unwrap();
    for _ in 0..3 {
        drop(vault.unseal(&header, &sealed).await.unwrap());
    }
    // One more message: what the thread did before it is cleaned up.
    vault.ready().await;
    assert!(!is_in_memory(&veiled), "used and dropped, it leaves no copy, not even on the thread's stack");
}
