//! The first start, by each way, and the way back in after it.

use super::driver::Window;

const PASSPHRASE: &str = "correct horse battery staple";

/// Whether the page has any part of the code, drawn or not.
fn is_in(code: &[String], page: &str) -> bool {
    code.iter().any(|group| page.contains(group.as_str()))
}

#[tokio::test]
async fn the_keychain_protects_and_the_recovery_code_is_shown_once() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::start(home.path()).await;
    window.shows("What shall open them?").await;
    let there = window.script("return document.querySelector('.rail, #composer') !== null", vec![]).await;
    assert_eq!(there, false, "there is nothing else before it is set up");
    window.protect_with("keychain").await;

    window.to_entry().await;
    let code = window.read_code().await;
    assert_eq!(code.len(), 9, "160 bits and their check: {} groups", code.len());
    window.click("[data-action=recovery-written]").await;
    let hidden = window.until("groups are asked for", "return document.querySelector('.asked') !== null").await;
    assert_eq!(hidden, true);
    assert!(!is_in(&code, &window.document().await), "the code is out of sight while a part of it is asked for");
    window.type_groups(&vec!["0000".to_owned(); 9]).await;
    window.click("#submit").await;
    window.until("a wrong group is told", "return document.querySelector('.refusal').innerText").await;
    window.click("[data-action=recovery-show]").await;
    assert_eq!(window.write_code_down().await, code, "it is the same when it is looked at again");

    window.is_open().await;
    assert!(!is_in(&code, &window.document().await), "the main window never had it");
    window.click("[data-page=security]").await;
    window.until("it is confirmed", "return document.querySelector('[data-recovery=confirmed]') !== null").await;
    window.close().await;

    let window = Window::start(home.path()).await;
    window.is_open().await;
    window.close().await;
}

#[tokio::test]
async fn a_passphrase_protects_and_the_recovery_code_is_the_other_way_in() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::start(home.path()).await;
    window.protect_with("passphrase").await;
    window.to_entry().await;
    let blocked = || window.script("return document.querySelector('#submit').disabled", vec![]);
    window.type_into("#secret", "short").await;
    window.type_into("#secret-again", "short").await;
    assert_eq!(blocked().await, true, "a short one is not taken");
    window.type_into("#secret", " but then longer").await;
    assert_eq!(blocked().await, true, "nor one that was typed in two ways");
    window.script("document.querySelectorAll('input').forEach(field => field.value = '')", vec![]).await;
    window.choose_passphrase(PASSPHRASE).await;
    let code = window.write_code_down().await;
    window.is_open().await;
    window.close().await;

    let window = Window::start(home.path()).await;
    window.is_locked().await;
    assert_eq!(window.ways().await, ["unlock-passphrase", "unlock-recovery"]);
    window.click("[data-action=unlock-passphrase]").await;
    window.to_entry().await;
    window.type_into("#secret", "correct horse battery stable").await;
    window.click("#submit").await;
    window.until("it says that it is wrong", "return document.querySelector('.refusal') !== null").await;
    let page = window.document().await;
    assert!(!page.contains("stable"), "it does not repeat what was typed");
    window.script("document.querySelector('#secret').value = ''", vec![]).await;
    window.type_into("#secret", PASSPHRASE).await;
    window.click("#submit").await;
    window.to_main().await;
    window.is_open().await;

    window.click("[data-action=lock]").await;
    window.is_locked().await;
    window.click("[data-action=unlock-recovery]").await;
    window.to_entry().await;
    window.type_into("#secret", &code.join(" ").to_lowercase()).await;
    window.click("#submit").await;
    window.to_main().await;
    window.is_open().await;
    window.click("[data-page=keys]").await;
    window.shows("by your recovery code").await;
    window.close().await;
}

#[tokio::test]
async fn keychain_and_passphrase_together_ask_for_the_passphrase() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::start(home.path()).await;
    window.protect_with("both").await;
    window.to_entry().await;
    window.choose_passphrase(PASSPHRASE).await;
    window.write_code_down().await;
    window.is_open().await;

    window.click("[data-action=lock]").await;
    window.is_locked().await;
    assert_eq!(window.ways().await, ["unlock-both", "unlock-recovery"], "the keychain alone is no way in");
    window.click("[data-action=unlock-both]").await;
    window.to_entry().await;
    window.type_into("#secret", PASSPHRASE).await;
    window.click("#submit").await;
    window.to_main().await;
    window.is_open().await;
    window.click("[data-page=keys]").await;
    window.shows("by passphrase and keychain").await;
    window.close().await;
}
