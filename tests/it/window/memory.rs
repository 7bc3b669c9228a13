//! Looking for a secret in the memory of a process.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};

use holdfast_testkit::Canary;

/// More than a canary's longest spelling, so that none is missed between two pieces.
const OVERLAP: usize = 1024;
const PIECE: usize = 4 << 20;

/// The mappings of a process that hold a canary.
pub(crate) fn mappings_with(canary: &Canary, pid: u32) -> Vec<String> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("a process that the test started can be looked at");
    let mut memory = File::open(format!("/proc/{pid}/mem")).expect("a process that the test started can be read");
    let mut found = Vec::new();
    let mut read_any = false;
    for line in maps.lines() {
        let Some((start, end)) = range_of(line) else { continue };
        // What the kernel lends (vvar, vsyscall) cannot be read, and holds nothing of the program.
        if !line.contains(" r") || line.ends_with("[vvar]") || line.ends_with("[vsyscall]") {
            continue;
        }
        let mut at = start;
        while at < end {
            let length = usize::try_from((end - at).min(PIECE as u64)).unwrap();
            let mut piece = vec![0; length];
            if memory.seek(SeekFrom::Start(at)).is_err() || memory.read_exact(&mut piece).is_err() {
                break;
            }
            read_any = true;
            if canary.is_in(&piece) {
                found.push(line.to_owned());
                break;
            }
            if length < PIECE {
                break;
            }
            at += (length - OVERLAP) as u64;
        }
    }
    assert!(read_any, "memory that cannot be read proves nothing");
    found
}

fn range_of(line: &str) -> Option<(u64, u64)> {
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
}

#[test]
fn a_canary_in_memory_is_found() {
    let canary = Canary::new();
    let copy = canary.secret().to_owned();
    assert!(!mappings_with(&canary, std::process::id()).is_empty(), "a search that finds nothing proves nothing");
    drop(copy);
}
