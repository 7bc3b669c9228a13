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

#[tokio::test]
async fn no_key_stays_in_memory_once_it_is_locked() {
    for kind in [RootKind::Stronghold, RootKind::SealedFile] {
        let home = Home::new();
        let vault = home.open();
        let code = vault.create(Protection::Both(passphrase())).await.unwrap();
        vault.move_root(kind).await.unwrap();
        vault.rotate_vault_key().await.unwrap();
        vault.rotate_kek().await.unwrap();
        let digits = vault.database_key().await.unwrap();
        let digit = |at: usize| char::from(digits.expose().as_bytes()[at]).to_digit(16).unwrap() as u8;
        // Its bytes are never put together here, so that the search does not find itself.
        let veiled: Vec<u8> = (0..32).map(|at| (digit(2 * at) << 4 | digit(2 * at + 1)) ^ VEIL).collect();
        let veiled_code: Vec<u8> = code.text().expose().bytes().map(|byte| byte ^ VEIL).collect();
        // The newest key-encryption key, which lies at the end, is held for its next use.
        let exported = vault.export_root().await.unwrap();
        let veiled_kek: Vec<u8> = exported[exported.len() - 32..].iter().map(|byte| byte ^ VEIL).collect();
        drop(exported);
        let header = header();
        let sealed = vault.seal(&header, credential()).await.unwrap();
        drop(vault.unseal(&header, &sealed).await.unwrap());
        drop((digits, code));
        vault.lock().await;
        vault.ready().await;
        assert!(!is_in_memory(&veiled), "{kind:?}: the key of the database");
        assert!(!is_in_memory(&veiled_code), "{kind:?}: the recovery code");
        assert!(!is_in_memory(&veiled_kek), "{kind:?}: the key that wraps new records");
    }
}

#[tokio::test]
async fn it_says_whether_memory_is_locked() {
    let (home, ..) = Home::with_vault(UnlockWay::Keychain).await;
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max locked memory")).unwrap();
    if limit.contains("unlimited") {
        assert!(home.open().about().await.unwrap().memory_locked, "nothing keeps the system from it: {limit}");
    }
}
