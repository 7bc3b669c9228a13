//! Where a window stood when it was closed.

use super::driver::Window;

#[tokio::test]
async fn a_window_opens_as_large_as_it_was_left() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    let before = window.size().await;
    window.resize(1010, 690).await;
    window.until("it is as large as it was made", "return innerWidth === 1010 && innerHeight === 690").await;
    assert_ne!(before, window.size().await, "it was not so before");
    window.close().await;

    let window = Window::open(home.path()).await;
    window.until("it is as large as it was left", "return innerWidth === 1010 && innerHeight === 690").await;
    window.close().await;
}
