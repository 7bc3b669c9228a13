//! A backup is made, looked into and brought back.

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
