//! Nobody is there.

use std::time::{Duration, Instant};

use super::driver::Window;

#[tokio::test]
async fn it_locks_itself_when_it_is_not_used() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    window.click("[data-page=security]").await;
    window.select("#lock-after", "1").await;
    let left = Instant::now();
    let locked = "return document.querySelector('[data-lock]') !== null";
    window.until_within(Duration::from_secs(90), "it is locked after a minute", locked).await;
    let waited = left.elapsed();
    assert!(waited > Duration::from_secs(55), "not before the minute is over: {waited:?}");
    window.click("[data-action=unlock-keychain]").await;
    window.is_open().await;
    window.close().await;
}
