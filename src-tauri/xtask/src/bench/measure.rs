//! Starts a window and looks at it from outside: how long it takes, what it holds, what it does at
//! rest. The same for every program, so that the figures can be compared.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::process;
use crate::session::{Session, end};

const START: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_secs(5);

/// What one start of a program came to.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// From start to the line on standard error.
    pub(crate) start_ms: f64,
    /// Proportional set size of the process tree.
    pub(crate) memory_mib: f64,
    /// Of one processor, at rest.
    pub(crate) rest_percent: f64,
}

/// Starts the command in the session and measures it; it is usable once a line on standard error
/// has the mark in it.
pub(crate) fn sample(session: &Session, command: &Command, mark: &'static str) -> Result<Sample> {
    let mut inner = session.inside(command);
    inner.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child =
        inner.spawn().map_err(|error| format!("`{}` could not be started: {error}", process::line(command)))?;
    let (seen, see) = mpsc::channel();
    let stderr = child.stderr.take();
    let listener = std::thread::spawn(move || {
        let lines =
            stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines()).map_while(std::result::Result::ok);
        let mut kept = Vec::new();
        for line in lines {
            if line.contains(mark) {
                // Only the first one is waited for.
                let _ = seen.send(start.elapsed());
            }
            kept.push(line);
        }
        kept
    });
    let measured = see.recv_timeout(START).map(|took| {
        std::thread::sleep(SETTLE);
        let memory_mib = memory_mib(&tree(child.id()));
        let before = processor_seconds(&tree(child.id()));
        std::thread::sleep(REST);
        let after = processor_seconds(&tree(child.id()));
        Sample {
            start_ms: took.as_secs_f64() * 1000.0,
            memory_mib,
            rest_percent: (after - before) / REST.as_secs_f64() * 100.0,
        }
    });
    end("the measured program", &mut child);
    let said = listener.join().unwrap_or_default();
    measured.map_err(|_| {
        format!(
            "`{}` did not say `{mark}` within {} s. It said:\n{}",
            process::line(command),
            START.as_secs(),
            said.join("\n")
        )
        .into()
    })
}

/// A process and all that came from it.
fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = stat(id).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while let Some(id) = found.get(at) {
        found.extend(children.remove(id).unwrap_or_default());
        at += 1;
    }
    found
}

/// The fields of `/proc/ID/stat` after the name, which may hold anything. None if it has ended.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn memory_mib(ids: &[u32]) -> f64 {
    let kib = |id: &u32| {
        let rollup = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("smaps_rollup")).ok()?;
        rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?.split_whitespace().next()?.parse::<f64>().ok()
    };
    ids.iter().filter_map(kib).sum::<f64>() / 1024.0
}

fn processor_seconds(ids: &[u32]) -> f64 {
    // The kernel gives these to user space in hundredths on every architecture Linux runs on here.
    const TICKS_PER_SECOND: f64 = 100.0;
    let ticks = |id: &u32| {
        let fields = stat(*id)?;
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    };
    ids.iter().filter_map(ticks).sum::<f64>() / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_a_process_holds_its_children() {
        let mut child = Command::new("sleep").arg("30").spawn().unwrap();
        let found = tree(std::process::id());
        assert!(found.contains(&child.id()), "its memory counts too: {found:?}");
        assert!(memory_mib(&found) > 0.5, "this very program takes more than that");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
