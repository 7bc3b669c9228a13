//! The log: what happened is listed, filtered, verified and written to a file.

use std::fs;

use super::driver::Window;

/// The kinds of the entries that are listed, newest first.
async fn kinds(window: &Window) -> Vec<String> {
    let kinds = window
        .script(
            "return [...document.querySelectorAll('[data-section=log] [data-seq]')].map(line => line.dataset.kind)",
            vec![],
        )
        .await;
    kinds.as_array().into_iter().flatten().filter_map(|kind| kind.as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn what_happened_is_listed_and_proved() {
    let home = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    window.click("[data-action=lock]").await;
    window.is_locked().await;
    window.click("[data-action=unlock-keychain]").await;
    window.is_open().await;
    window.click("[data-page=security]").await;
    window.until("the log is listed", "return document.querySelectorAll('[data-seq]').length === 4").await;
    assert_eq!(kinds(&window).await, ["unlocked", "locked", "vault_made", "unlocked"]);
    window.select("#log-kinds", "5").await;
    window.until("one kind is left", "return document.querySelectorAll('[data-seq]').length === 1").await;
    assert_eq!(kinds(&window).await, ["vault_made"]);
    window.select("#log-provider", "openai").await;
    window.shows("No entry fits.").await;
    window.select("#log-provider", "").await;
    window.until("it is listed again", "return document.querySelectorAll('[data-seq]').length === 1").await;

    window.click("[data-action=verify-log]").await;
    let whole =
        window.until("it is verified", "return document.querySelector('[data-testid=log-report]')?.dataset.whole");
    assert_eq!(whole.await, "true");

    let file = out.path().join("log.jsonl");
    window.click("[data-action=export-log]").await;
    window.script("document.querySelector('#log-path').value = ''", vec![]).await;
    window.type_into("#log-path", &file.display().to_string()).await;
    window.click("[data-action=confirm-export-log]").await;
    window.shows("entries written to").await;
    let lines = fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 5, "with the verification itself: {lines}");
    window.close().await;
}
