//! Looking for a secret in the memory of a process.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use arboard::Clipboard;
use holdfast_testkit::{Canary, FakeServer, Reply};

use super::driver::Window;
use super::{choose, point_to};

const PAGE: u64 = 4096;
/// Entries of the page map that are read at once.
const AT_ONCE: u64 = 64 * 1024;
/// In `/proc/<pid>/pagemap`: the page is in memory, or in swap.
const USED: u64 = 0b11 << 62;

/// The mappings of a process that hold a canary. Of what was reserved only what is used is read.
pub(crate) fn mappings_with(canary: &Canary, pid: u32) -> Vec<String> {
    let open = |name: &str| File::open(format!("/proc/{pid}/{name}")).expect("a process of the test's own can be read");
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("a process of the test's own can be looked at");
    let (memory, pages) = (open("mem"), open("pagemap"));
    let mut found = Vec::new();
    let mut read = 0_u64;
    for line in maps.lines() {
        // What nobody can write to is code and fonts, read from files.
        let Some((start, end)) = range_of(line).filter(|_| line.contains(" rw")) else { continue };
        let in_use = runs_in_use(&pages, start / PAGE, end / PAGE);
        let holds = in_use.into_iter().any(|(first, count)| {
            let mut run = vec![0; usize::try_from(count * PAGE).unwrap()];
            // A mapping may go while it is read.
            let complete = memory.read_exact_at(&mut run, first * PAGE).is_ok();
            read += u64::from(complete);
            complete && canary.is_in(&run)
        });
        if holds {
            found.push(line.to_owned());
        }
    }
    assert!(read > 0, "memory that cannot be read proves nothing");
    found
}

/// Runs of used pages, as first page and count.
fn runs_in_use(pages: &File, start: u64, end: u64) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    let mut at = start;
    while at < end {
        let mut entries = vec![0; usize::try_from(AT_ONCE.min(end - at) * 8).unwrap()];
        if pages.read_exact_at(&mut entries, at * 8).is_err() {
            break;
        }
        for (page, entry) in (at..).zip(entries.chunks_exact(8)) {
            if u64::from_ne_bytes(entry.try_into().unwrap()) & USED == 0 {
                continue;
            }
            match runs.last_mut() {
                Some((first, count)) if *first + *count == page => *count += 1,
                _ => runs.push((page, 1)),
            }
        }
        at += AT_ONCE;
    }
    runs
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

/// What the real program does with a key that it pasted: no process of it holds the key once it is
/// locked, neither the program itself nor those that draw its pages.
#[tokio::test]
async fn a_pasted_and_used_key_is_in_no_process_after_a_lock() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    let canary = Canary::new();
    server.models(["studio-large"]);
    server.require_key(canary.secret());
    server.on_chat(Reply::answer("Yes"));
    point_to(&server, home.path());
    let window = Window::open(home.path()).await;
    let mut clipboard = Clipboard::new().expect("there is a display, so there is a clipboard");
    clipboard.set_text(canary.secret()).unwrap();
    window.click("[data-page=keys]").await;
    window.click("[data-action=add-key]").await;
    window.click("label.choice:has(input[value=studio])").await;
    window.click("[data-action=paste-key]").await;
    window.until("the key is listed", "return document.querySelector('[data-key]') !== null").await;
    window.click("[data-page=chats]").await;
    choose(&window, "studio", "Studio Large").await;
    window.ask("Use the key").await;
    window.answer_is("complete").await;
    window.click("[data-action=lock]").await;
    window.is_locked().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let program = window.program().expect("it runs on");
    assert_eq!(mappings_with(&canary, program), Vec::<String>::new(), "the program");
    let pages: Vec<String> = window.renderers().into_iter().flat_map(|pid| mappings_with(&canary, pid)).collect();
    assert_eq!(pages, Vec::<String>::new(), "its pages");
    let bearer = format!("Bearer {}", canary.secret());
    let used = server.requests().iter().any(|request| request.header("authorization") == Some(bearer.as_str()));
    assert!(used, "it was used");
    window.close().await;
}
