/// More of them say nothing new.
const SHOWN: usize = 20;

/// What was tried and what went wrong.
#[derive(Default)]
pub(crate) struct Tally {
    faults: usize,
    violations: usize,
}

impl Tally {
    /// Counts a fault. It must have gone as it shall.
    pub(crate) fn count(&mut self, what: impl FnOnce() -> String, outcome: Result<(), String>) {
        self.faults += 1;
        if let Err(violation) = outcome {
            self.violations += 1;
            if self.violations <= SHOWN {
                println!("VIOLATION {}: {violation}", what());
            }
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.faults += other.faults;
        self.violations += other.violations;
    }

    pub(crate) fn faults(&self) -> usize {
        self.faults
    }

    pub(crate) fn violations(&self) -> usize {
        self.violations
    }
}
