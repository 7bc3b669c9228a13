//! Whether the system keeps keys out of its swap file.

use crate::vault_key::VaultKey;

/// Whether memory could be locked. Asked while guarded memory is in use, because only the amount
/// that is locked tells: the library that locks it does not say when the system refuses.
#[cfg(target_os = "linux")]
pub(crate) fn is_locked() -> bool {
    let Ok(_in_use) = VaultKey::random() else { return false };
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:"));
    locked.and_then(|text| text.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).is_some_and(|kib| kib > 0)
}

/// Elsewhere a program may always lock as little as the vault needs, and the system does not tell
/// how much it did.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_locked() -> bool {
    VaultKey::random().is_ok()
}
