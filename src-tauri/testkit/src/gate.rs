use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

/// A place in a reply where the server waits until the test lets it on, so that a test can step a
/// stream without sleeping.
#[derive(Clone, Debug)]
pub struct Gate {
    passes: Arc<Semaphore>,
    arrived: Arc<watch::Sender<usize>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self { passes: Arc::new(Semaphore::new(0)), arrived: Arc::new(watch::Sender::new(0)) }
    }

    /// Lets the server pass once.
    pub fn open(&self) {
        self.passes.add_permits(1);
    }

    /// Waits until the server has come to the gate so many times, counted from the gate's making.
    pub async fn reached(&self, times: usize) {
        let mut arrived = self.arrived.subscribe();
        let wait = arrived.wait_for(|count| *count >= times);
        tokio::time::timeout(Duration::from_secs(10), wait)
            .await
            .unwrap_or_else(|_| panic!("the server did not come to the gate {times} times in 10 s"))
            .expect("the gate lives as long as this");
    }

    pub(crate) async fn pass(&self) {
        self.arrived.send_modify(|count| *count += 1);
        self.passes.acquire().await.expect("a gate is never closed for good").forget();
    }
}
