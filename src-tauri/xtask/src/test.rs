//! Everything that must hold before a change lands, in one command.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::workspace::Workspace;
use crate::{files, page, process, setup, tidy, tools};

/// What was done, how long it took, and what came of it.
struct Steps {
    done: Vec<(&'static str, Duration, Outcome)>,
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl Steps {
    /// Does one thing and keeps what came of it; tells whether it worked.
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Outcome>) -> bool {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let outcome = work().unwrap_or_else(|error| Outcome::Failed(error.to_string()));
        let took = start.elapsed();
        match &outcome {
            Outcome::Passed => eprintln!("== {name}: ok, {:.1} s", took.as_secs_f32()),
            Outcome::Failed(why) => eprintln!("== {name}: FAILED after {:.1} s: {why}", took.as_secs_f32()),
            Outcome::Skipped(why) => eprintln!("SKIPPED: {name}: {why}"),
        }
        let worked = !matches!(outcome, Outcome::Failed(_));
        self.done.push((name, took, outcome));
        worked
    }

    fn run(&mut self, name: &'static str, command: &mut Command) -> bool {
        self.step(name, || process::run(command).map(|()| Outcome::Passed))
    }
}

pub(crate) fn test(workspace: &Workspace) -> Result<ExitCode> {
    let start = Instant::now();
    setup::for_testing(workspace)?;
    tools::install(workspace)?;
    // Nextest keeps its reports in the checkout, wherever the target folder is.
    let counts_path = workspace.root.join("target/nextest/default/junit.xml");
    // One that is left over would be taken for this run's.
    if counts_path.exists() {
        std::fs::remove_file(&counts_path)
            .map_err(|error| format!("{} could not be removed: {error}", counts_path.display()))?;
    }
    let mut steps = Steps { done: Vec::new() };
    all(workspace, &mut steps);
    report(&steps, &counts_path, start.elapsed())
}

fn all(workspace: &Workspace, steps: &mut Steps) {
    steps.run("formatting", workspace.cargo().args(["fmt", "--all", "--check"]));
    steps.step("tidiness", || {
        let found = tidy::check(workspace)?;
        found.print();
        Ok(match found.problems.len() {
            0 => Outcome::Passed,
            count => Outcome::Failed(format!("{count} problems, named above")),
        })
    });
    if !steps.step("page", || page::build(workspace, false).map(|()| Outcome::Passed)) {
        return;
    }
    let lint = |arguments: &[&str]| {
        let mut command = workspace.cargo();
        command.arg("clippy").args(arguments).args(["--", "-D", "warnings"]);
        command
    };
    steps.run("lints", &mut lint(&["--workspace", "--all-targets"]));
    steps.run("lints of the page", &mut lint(&["--package", "holdfast-ui", "--target", "wasm32-unknown-unknown"]));
    if steps.run("build", workspace.cargo().args(["nextest", "run", "--workspace", "--no-run"])) {
        steps.step("tests", || run_tests(workspace).map(|()| Outcome::Passed));
        steps.run("examples in the documentation", workspace.cargo().args(["test", "--quiet", "--workspace", "--doc"]));
    }
    steps.run(
        "documentation",
        workspace.cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    );
    steps.run("licences, bans and sources", workspace.cargo().args(["deny", "check", "bans", "licenses", "sources"]));
    steps.step("advisories", || {
        if !process::succeeds(workspace.cargo().args(["deny", "fetch", "db"])) {
            return Ok(Outcome::Skipped("the database of RustSec could not be fetched from here".to_owned()));
        }
        process::run(workspace.cargo().args(["deny", "check", "--disable-fetch", "advisories"]))?;
        Ok(Outcome::Passed)
    });
}

/// Unit, integration and window tests, each in a process of its own.
fn run_tests(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["nextest", "run", "--workspace"]).env("HOLDFAST_BIN", workspace.program(false));
    #[cfg(target_os = "linux")]
    return crate::session::Session::start()?.run(&command);
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("There is no private display and keychain on this system; the tests use yours.");
        process::run(&mut command)
    }
}

fn report(steps: &Steps, counts_path: &Path, took: Duration) -> Result<ExitCode> {
    println!("\nIn {} s:", took.as_secs());
    for (name, took, outcome) in &steps.done {
        let seconds = took.as_secs_f32();
        match outcome {
            Outcome::Passed => println!("  ok      {seconds:7.1} s  {name}"),
            Outcome::Failed(why) => println!("  FAILED  {seconds:7.1} s  {name}: {why}"),
            Outcome::Skipped(why) => println!("  SKIPPED {seconds:7.1} s  {name}: {why}"),
        }
    }
    let failed = steps.done.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)));
    if !counts_path.exists() {
        println!("No test was run.");
        return Ok(ExitCode::FAILURE);
    }
    let counts = Counts::read(&files::read_text(counts_path)?)
        .ok_or_else(|| format!("{} does not hold the counts of the tests", counts_path.display()))?;
    println!("{} passed, {} failed", counts.tests - counts.failed, counts.failed);
    Ok(if failed || counts.failed > 0 || counts.tests == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the test runner counted.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    tests: u32,
    failed: u32,
}

impl Counts {
    /// From the head of a JUnit report.
    fn read(report: &str) -> Option<Self> {
        let head = report.split_once("<testsuites ")?.1.split_once('>')?.0;
        let number = |name: &str| head.split_once(&format!("{name}=\""))?.1.split_once('"')?.0.parse::<u32>().ok();
        Some(Self { tests: number("tests")?, failed: number("failures")? + number("errors")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_stand_in_the_head_of_the_report() {
        let report = "<?xml version=\"1.0\"?>\n<testsuites name=\"nextest-run\" tests=\"12\" failures=\"2\" errors=\"1\" \
                      uuid=\"x\">\n<testsuite name=\"a\" tests=\"5\" failures=\"0\" errors=\"0\">";
        assert_eq!(Counts::read(report), Some(Counts { tests: 12, failed: 3 }), "a test that broke off failed too");
        assert_eq!(Counts::read("<html>"), None, "another file tells nothing");
    }
}
