//! The project's own chores, in Rust so that they run wherever the program builds: setting a machine
//! up, building the page, running, testing, tidying and measuring.
//!
//! Compiled before anything else, so it stays small. Deliberately not here: anything the program
//! itself needs, a command line parser, an async runtime.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "telling how far it is and what it found is its purpose"
)]

mod arguments;
mod bench;
mod error;
mod files;
mod page;
mod process;
mod run;
mod setup;
mod test;
mod tidy;
mod tools;
mod workspace;

#[cfg(target_os = "linux")]
mod session;

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::error::Result;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask COMMAND

  run [--release] [-- ARGUMENT...]   set this machine up, build everything, start the program
  ui [--release]                     build the page into ui/dist
  test                               everything that must hold: formatting, lints, tests, tidiness,
                                     documentation, licences
  tidy [--bless-migrations]          the rules that no other tool knows
  bench [--floor PROGRAM] [--history FOLDER]
                                     benches in release, then start, memory and rest of the window,
                                     beside a bare window and with a long history if they are given
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    match dispatch(&command, Arguments::new(words)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, mut arguments: Arguments) -> Result<ExitCode> {
    match command {
        "run" => {
            let release = arguments.flag("--release");
            let rest = arguments.rest()?;
            run::run(&Workspace::find()?, release, &rest)
        }
        "ui" => {
            let release = arguments.flag("--release");
            arguments.end()?;
            let workspace = Workspace::find()?;
            setup::wasm_target(&workspace)?;
            page::build(&workspace, release)?;
            Ok(ExitCode::SUCCESS)
        }
        "test" => {
            arguments.end()?;
            test::test(&Workspace::find()?)
        }
        "tidy" => {
            let bless = arguments.flag("--bless-migrations");
            arguments.end()?;
            tidy::tidy(&Workspace::find()?, bless)
        }
        "bench" => {
            let floor = arguments.value("--floor")?;
            let history = arguments.value("--history")?;
            arguments.end()?;
            bench::bench(&Workspace::find()?, floor.as_deref(), history.as_deref())?;
            Ok(ExitCode::SUCCESS)
        }
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => {
            eprint!("There is no command `{unknown}`.\n\n{USAGE}");
            Ok(ExitCode::FAILURE)
        }
    }
}
