//! A backup is made, looked into and brought back.

use std::fs;
use std::path::Path;

use super::driver::Window;

#[tokio::test]
async fn a_backup_brings_back_what_was_there() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    window.click("[data-action=try-rehearsal]").await;
    window.ask("Before the backup").await;
    window.answer_is("complete").await;
    window.click("[data-page=security]").await;
    window.click("[data-action=make-backup]").await;
    window.until("it is listed", "return document.querySelectorAll('[data-backup]').length === 1").await;
    window.click("[data-action=check-backup]").await;
    let found = window.until("it is looked into", "return document.querySelector('[data-preview]')?.innerText").await;
    let found = found.as_str().unwrap();
    assert!(found.contains("1 chat, 2 messages, 0 keys"), "it says what is in it: {found}");

    window.click("[data-page=chats]").await;
    window.ask("After the backup").await;
    window
        .until(
            "both are answered",
            "return document.querySelectorAll('[data-answer][data-state=complete]').length === 2",
        )
        .await;
    window.click("[data-page=security]").await;
    window.click("[data-backup] [data-action=restore-backup]").await;
    window.click("dialog[open] [data-action=confirm-restore]").await;
    window.shows("Backup restored").await;
    window.click("[data-page=chats]").await;
    window.shows("Before the backup").await;
    let after = window.script("return document.body.innerText.includes('After the backup')", vec![]).await;
    assert_eq!(after, false, "what came after it is gone");
    window.click("[data-page=security]").await;
    window
        .until("what was there is a backup now", "return document.querySelectorAll('[data-backup]').length === 2")
        .await;
    window.close().await;
}

/// Makes every file of the vault unreadable, the copies beside them too.
fn lose_vault(home: &Path) {
    for entry in fs::read_dir(home.join("vault")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ["vault.slots", "vault.hold", "vault.root"].iter().any(|begin| name.starts_with(begin)) {
            fs::write(path, b"lost").unwrap();
        }
    }
}

#[tokio::test]
async fn a_vault_that_does_not_read_comes_back_from_a_backup() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    window.click("[data-action=try-rehearsal]").await;
    window.ask("Before the damage").await;
    window.answer_is("complete").await;
    window.click("[data-page=security]").await;
    window.click("[data-action=make-backup]").await;
    window.until("it is listed", "return document.querySelectorAll('[data-backup]').length === 1").await;
    window.close().await;
    lose_vault(home.path());

    let window = Window::start(home.path()).await;
    window.shows("The vault does not read").await;
    window.shows("The newest backup whose vault reads was made on").await;
    window.click("[data-action=restore-vault]").await;
    window.is_open().await;
    window.shows("Before the damage").await;
    window.close().await;
    let kept = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let kept: Vec<_> = kept.filter(|name| name.to_string_lossy().starts_with("vault.damaged-")).collect();
    assert_eq!(kept.len(), 1, "what was damaged is kept: {kept:?}");
}
