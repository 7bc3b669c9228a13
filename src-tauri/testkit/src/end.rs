//! The end of a test's process.

use std::time::{Duration, Instant};

/// How long it is waited when every test has a process of its own, as under nextest. Only a test
/// that lost a thread waits so long.
const ALONE: Duration = Duration::from_secs(30);

/// How long when other tests share the process, whose threads stay.
const SHARED: Duration = Duration::from_secs(2);

/// What threads that hold a database, or may still open one, are called. A thread that just began
/// carries the name of the one that began it, here one of tokio's.
const THREADS: [&str; 2] = ["sqlx-sqlite-wor", "tokio-rt-worker"];

thread_local! {
    /// Dropped with the thread of a test, after its runtime and all that is in it.
    static END: End = const { End };
}

/// Makes the thread of this test wait at its end until no database is open in the process. The
/// process must not end before: then SQLCipher gives up the memory that these threads still use.
pub fn databases_close_first() {
    END.with(|_| ());
}

struct End;

impl Drop for End {
    fn drop(&mut self) {
        let patience = if std::env::var_os("NEXTEST").is_some() { ALONE } else { SHARED };
        let start = Instant::now();
        while some_still_run() && start.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn some_still_run() -> bool {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.any(|name| THREADS.contains(&name.trim_end()))
}
