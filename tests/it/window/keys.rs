//! The Keys page: test, replace, limits, a spare, and a deletion that is taken back.

use arboard::Clipboard;
use holdfast_testkit::{Canary, FakeServer, Reply};

use super::driver::Window;
use super::{choose, point_to};

/// Puts a key on the clipboard and presses the button that has the program take it.
async fn paste(window: &Window, clipboard: &mut Clipboard, key: &Canary) {
    clipboard.set_text(key.secret()).unwrap();
    window.until("the dialog is there", "return document.querySelector('dialog[open]') !== null").await;
    // The dialog looks at the clipboard when the user comes back from elsewhere.
    window.script("window.dispatchEvent(new Event('focus'))", vec![]).await;
    window.click("[data-action=paste-key]").await;
    window.until("the dialog is gone", "return document.querySelector('dialog[open]') === null").await;
}

/// Waits for the result of the test of the key with this name.
async fn test_says(window: &Window, row: &str, result: &str) {
    let script = format!("return document.querySelector({:?}) !== null", format!("{row} [data-test={result}]"));
    window.until(&format!("the test says {result}"), &script).await;
}

fn tail(key: &Canary) -> String {
    let secret = key.secret();
    format!("…{}", &secret[secret.len() - 4..])
}

#[tokio::test]
async fn a_key_is_tested_replaced_and_stood_in_for() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    let (old, new, spare) = (Canary::new(), Canary::new(), Canary::new());
    server.models(["studio-large"]);
    server.require_key(old.secret());
    point_to(&server, home.path());
    let mut clipboard = Clipboard::new().expect("there is a display, so there is a clipboard");
    let window = Window::open(home.path()).await;
    window.click("[data-page=keys]").await;
    window.click("[data-action=add-key]").await;
    window.click("label.choice:has(input[value=studio])").await;
    paste(&window, &mut clipboard, &old).await;
    window.shows(&tail(&old)).await;
    window.click("[data-key] [data-action=test-key]").await;
    test_says(&window, "[data-key]", "works").await;

    // A new secret that is refused waits, while the old one stays in use …
    window.click("[data-key] [data-action=replace-key]").await;
    paste(&window, &mut clipboard, &new).await;
    test_says(&window, "[data-pending]", "refused").await;
    window.shows(&tail(&old)).await;
    window.shows(&tail(&new)).await;
    // … and takes over when its test works.
    server.require_key(new.secret());
    window.click("[data-pending] [data-action=test-key]").await;
    window.until("it took over", "return document.querySelector('[data-pending]') === null").await;
    test_says(&window, "[data-key]", "works").await;
    window.shows(&tail(&new)).await;
    let page = window.script("return document.body.innerText", vec![]).await;
    assert!(!page.as_str().unwrap().contains(&tail(&old)), "the old one is gone");

    // A second key may stand in, and the answer says that it did.
    window.click("[data-action=add-key]").await;
    window.click("label.choice:has(input[value=studio])").await;
    paste(&window, &mut clipboard, &spare).await;
    window.until("there are two", "return document.querySelectorAll('[data-key]').length === 2").await;
    window.click("[data-key]:nth-of-type(3) [data-action=key-menu]").await;
    window.click("[data-action=key-settings]").await;
    window.click("[data-action=key-spare]").await;
    window.type_into("#key-monthly", "12.50").await;
    window.click("[data-action=save-key]").await;
    window.shows("/ $12.50").await;
    server.on_chat(Reply::answer("By the spare"));
    server.require_key(spare.secret());
    window.click("[data-page=chats]").await;
    choose(&window, "studio", "Studio Large").await;
    window.ask("Who answers?").await;
    let answer = window.answer_is("complete").await;
    assert!(answer.contains("“Personal” was refused, used “Work”"), "it is said: {answer}");

    // A deletion is taken back.
    window.click("[data-page=keys]").await;
    window.click("[data-key]:nth-of-type(3) [data-action=key-menu]").await;
    window.click("[data-action=delete-key]").await;
    window.until("one is left", "return document.querySelectorAll('[data-key]').length === 1").await;
    window.click("[data-action=undo]").await;
    window.until("it is back", "return document.querySelectorAll('[data-key]').length === 2").await;
    for key in [&old, &new, &spare] {
        assert!(!key.is_in(window.document().await.as_bytes()), "no window ever has a key");
    }
    window.close().await;
    for key in [&old, &new, &spare] {
        assert_eq!(key.find_in_dir(home.path()), Vec::<std::path::PathBuf>::new(), "nor has a file");
    }
}
