use std::path::Path;
use std::process::Command;

use super::measure::{Sample, sample};
use crate::error::Result;
use crate::session::Session;

const STARTS: usize = 5;

/// Starts each program a few times and prints what it came to.
pub(crate) fn window(program: &Path, floor: Option<&Path>, history: Option<&Path>) -> Result<()> {
    let session = Session::start()?;
    let (mut ours, mut bare, mut long) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that whatever else the machine does falls on all alike.
    for round in 1..=STARTS {
        eprintln!("Window: start {round} of {STARTS}");
        if let Some(floor) = floor {
            bare.push(sample(&session, &Command::new(floor), "Finished")?);
        }
        let home = session.folder().join(format!("bench-{round}"));
        ours.push(sample(&session, &timed(program, &home), "usable")?);
        if let Some(history) = history {
            long.push(sample(&session, &timed(program, history), "usable")?);
        }
    }
    println!("{:18} {:>22} {:>22} {:>22}", "", "start ms", "memory MiB", "at rest %");
    println!("{:18} {:>22} {:>22} {:>22}", "", "min / median / max", "min / median / max", "min / median / max");
    let base = Figures::of(&bare);
    for (name, samples) in [("bare window", &bare), ("holdfast", &ours), ("with its history", &long)] {
        let Some(figures) = Figures::of(samples) else { continue };
        println!("{name:18} {:>22} {:>22} {:>22}", figures.start.line(0), figures.memory.line(0), figures.rest.line(1));
        if let Some(base) = base.as_ref().filter(|_| name != "bare window") {
            println!(
                "{:18} {:>21.2}x {:>21.2}x",
                "  to bare window",
                figures.start.median / base.start.median,
                figures.memory.median / base.memory.median
            );
        }
    }
    Ok(())
}

fn timed(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("HOLDFAST_HOME", home).env("HOLDFAST_TIMING", "1");
    command
}

struct Figures {
    start: Spread,
    memory: Spread,
    rest: Spread,
}

impl Figures {
    fn of(samples: &[Sample]) -> Option<Self> {
        Some(Self {
            start: Spread::of(samples.iter().map(|sample| sample.start_ms))?,
            memory: Spread::of(samples.iter().map(|sample| sample.memory_mib))?,
            rest: Spread::of(samples.iter().map(|sample| sample.rest_percent))?,
        })
    }
}

#[derive(Debug, PartialEq)]
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Some(Self { least: *values.first()?, median: *values.get(values.len() / 2)?, most: *values.last()? })
    }

    fn line(&self, digits: usize) -> String {
        format!("{:.digits$} / {:.digits$} / {:.digits$}", self.least, self.median, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_least_median_and_most() {
        assert_eq!(
            Spread::of([9.0, 1.0, 5.0, 7.0, 3.0].into_iter()),
            Some(Spread { least: 1.0, median: 5.0, most: 9.0 }),
            "in whatever order the starts came"
        );
        assert_eq!(Spread::of(std::iter::empty()), None, "nothing was measured");
    }
}
