//! The vault key is replaced, and what is older than it is made anew.

use super::driver::Window;

#[tokio::test]
async fn what_is_older_than_the_vault_key_is_said_and_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    window.click("[data-page=security]").await;
    window.click("[data-rotation=vault-key] [data-action=rotate]").await;
    window.until("it is said", "return document.querySelector('[data-testid=old-slots]')?.innerText").await;
    window.click("[data-action=renew-protection]").await;
    window.to_entry().await;
    window.write_code_down().await;
    window.is_open().await;
    window.until("it is over", "return document.querySelector('[data-testid=old-slots]') === null").await;
    window.click("[data-action=lock]").await;
    window.is_locked().await;
    window.click("[data-action=unlock-keychain]").await;
    window.is_open().await;
    window.close().await;
}
