//! What the vault does when disk, files or records fail it: `cargo bench -p holdfast-vault --bench
//! faults`.
//!
//! Three runs, each by its name, or all of them: `disk` fills a real disk, `files` damages every byte of
//! every file, `records` damages and exchanges sealed records. `seed=N` repeats a run. It prints counts,
//! and ends with an error when anything opened that must not, was lost, or panicked.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program reports and stops")]

use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::dice::Dice;
use crate::tally::Tally;

mod dice;
mod disk;
mod files;
mod records;
mod tally;
mod world;

/// Panics in any thread, also those that the vault survives.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        usual(panic);
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some((mount, seed)) = disk::inside() {
        return ended(&runtime.block_on(disk::run(&mount, Dice::new(seed))));
    }

    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let seed = words.iter().find_map(|word| word.strip_prefix("seed=")).map(|seed| seed.parse().unwrap());
    let dice = Dice::new(seed.unwrap_or_else(Dice::seed));
    println!("seed={}", dice.begun_with());
    let named: Vec<&String> = words.iter().filter(|word| !word.starts_with("seed=")).collect();
    let wants = |name: &str| named.is_empty() || named.iter().any(|word| *word == name);
    let mut all = Tally::default();
    if wants("records") {
        all.add(&runtime.block_on(records::run(dice.clone())));
    }
    if wants("files") {
        all.add(&runtime.block_on(files::run(dice.clone())));
    }
    let disk = !wants("disk") || disk::run_apart(dice.begun_with());
    match (ended(&all), disk) {
        (ExitCode::SUCCESS, true) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn ended(tally: &Tally) -> ExitCode {
    let panics = PANICS.load(Ordering::SeqCst);
    println!("{} faults, {} violations, {panics} panics", tally.faults(), tally.violations());
    if tally.violations() == 0 && panics == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
