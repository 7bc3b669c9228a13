//! From the first start to a conversation that survives a power cut.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arboard::Clipboard;
use holdfast_app::Places;
use holdfast_store::Store;
use holdfast_testkit::{Canary, FakeServer, Gate, Reply};
use holdfast_vault::{SystemKeychain, Vault};

use super::driver::Window;
use super::{choose, memory, point_to};
use crate::world::text_of;

#[tokio::test]
async fn a_key_a_conversation_and_a_power_cut() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    let canary = Canary::new();
    server.models(["studio-large"]);
    server.require_key(canary.secret());
    point_to(&server, home.path());
    let window = Window::open(home.path()).await;

    // The first start says what can be done.
    window.shows("Rehearsal").await;

    // A key goes from the clipboard into the vault.
    let mut clipboard = Clipboard::new().expect("there is a display, so there is a clipboard");
    clipboard.set_text(canary.secret()).unwrap();
    window.click("[data-page=keys]").await;
    window.click("[data-action=add-key]").await;
    window.click("label.choice:has(input[value=studio])").await;
    window.click("[data-action=paste-key]").await;
    window.until("the key is listed", "return document.querySelector('[data-key]') !== null").await;
    let tail = &canary.secret()[canary.secret().len() - 4..];
    window.shows(&format!("…{tail}")).await;
    assert!(clipboard.get_text().map_or(true, |text| !canary.is_in(text.as_bytes())), "the clipboard is emptied");

    // A question is asked, its answer seen while it comes, and stopped.
    let gate = Gate::new();
    let never = Gate::new();
    server.on_chat(Reply::sse().delta("The first ").delta("half").wait(&gate).delta(" and the rest").stop().done());
    server.on_chat(Reply::answer("A **whole** answer"));
    server.on_chat(Reply::sse().delta("Words before the cut").wait(&never).stop().done());
    server.on_chat(Reply::answer(", and those after it"));
    window.click("[data-page=chats]").await;
    choose(&window, "studio", "Studio Large").await;
    window.ask("What does the window show?").await;
    let begun = window.answer_is("streaming").await;
    window.shows("The first half").await;
    assert!(!begun.contains("and the rest"), "the rest has not been sent: {begun}");
    window.click("#stop").await;
    let stopped = window.answer_is("stopped").await;
    assert!(stopped.contains("The first half"), "what came stays: {stopped}");
    server.wait_for_disconnect().await;

    // It is asked again, and comes whole.
    window.click("[data-action=retry]").await;
    let whole = window.answer_is("complete").await;
    assert!(whole.contains("A whole answer"), "Markdown is drawn, not shown: {whole}");
    window.shows("Personal").await;

    // The program dies in mid-answer …
    window.ask("And now?").await;
    window.shows("Words before the cut").await;
    let in_pages: Vec<String> =
        window.renderers().into_iter().flat_map(|pid| memory::mappings_with(&canary, pid)).collect();
    assert_eq!(in_pages, Vec::<String>::new(), "the key was never in a page's memory");
    assert!(!window.renderers().is_empty(), "there is a process that draws pages");
    wait_for_checkpoint(home.path(), "Words before the cut").await;
    window.kill();

    // … and everything is there when it starts again.
    let window = Window::open(home.path()).await;
    window.click("[data-conversation]").await;
    let partial = window.answer_is("interrupted").await;
    assert!(partial.contains("Words before the cut"), "the part survived: {partial}");
    window.shows("A whole answer").await;
    window.click("[data-action=continue]").await;
    let continued = window.answer_is("complete").await;
    assert!(continued.contains("Words before the cut, and those after it"), "it goes on from the part: {continued}");
    window.click("[data-page=keys]").await;
    window.shows(&format!("…{tail}")).await;
    window.close().await;

    assert_eq!(
        canary.find_in_dir(home.path()),
        Vec::<std::path::PathBuf>::new(),
        "the key is in no file of the program"
    );
    if let Some(config) = std::env::var_os("HOME") {
        let found = canary.find_in_dir(Path::new(&config));
        assert_eq!(found, Vec::<std::path::PathBuf>::new(), "nor in what the system keeps for it");
    }
    server.assert_clean();
}

#[tokio::test]
async fn a_key_is_typed_in_a_window_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    let canary = Canary::new();
    server.models(["studio-large"]);
    server.require_key(canary.secret());
    point_to(&server, home.path());
    let window = Window::open(home.path()).await;
    window.click("[data-page=keys]").await;
    window.click("[data-action=add-key]").await;
    window.click("label.choice:has(input[value=studio])").await;
    window.click("[data-action=type-key]").await;

    window.to_entry().await;
    window.shows(&server.origin().to_string()).await;
    window.type_into("#secret", canary.secret()).await;
    let drawn = window.script("return document.body.innerText", vec![]).await;
    assert!(!canary.is_in(drawn.as_str().unwrap().as_bytes()), "what is typed is not drawn");
    let asked = window.invoke("rpc", serde_json::json!({ "name": "ListConversations", "body": {} })).await;
    assert_eq!(asked.unwrap_err()["code"], "refused", "the window for secrets sees no conversation");
    window.click("#submit").await;

    window.to_main().await;
    window.until("the key is listed", "return document.querySelector('[data-key]') !== null").await;
    window.shows("Works").await;
    let page = window.script("return document.documentElement.outerHTML", vec![]).await;
    assert!(!canary.is_in(page.as_str().unwrap().as_bytes()), "the main window never had it");
    window.close().await;
    assert_eq!(canary.find_in_dir(home.path()), Vec::<std::path::PathBuf>::new(), "it is in no file of the program");
    server.assert_clean();
}

/// The database has a text: what is killed then must have it too. It is sealed, so it is read as
/// another program of the same user's would.
async fn wait_for_checkpoint(home: &Path, text: &str) {
    let places = Places { data: home.to_owned() };
    let vault = Vault::open(places.vault(), Arc::new(SystemKeychain));
    vault.unlock_with_keychain().await.unwrap();
    let store = Store::open(&places.store(), &vault.database_key().await.unwrap()).await.unwrap();
    let begun = Instant::now();
    loop {
        let newest = store.conversations().await.unwrap().remove(0).conversation.id;
        if store.messages(newest, 0, u32::MAX).await.unwrap().iter().any(|message| text_of(message).contains(text)) {
            return store.close().await.unwrap();
        }
        assert!(begun.elapsed().as_secs() < 10, "the part is stored while the answer comes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_newcomer_without_key_and_network_tries_rehearsal() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    window.click("[data-action=try-rehearsal]").await;
    window
        .until("Rehearsal is chosen", "return document.querySelector('#model').innerText.includes('Rehearsal')")
        .await;
    window.ask("Hello there").await;
    let answer = window.answer_is("complete").await;
    assert!(answer.contains("Hello there"), "it reports what a model would have seen: {answer}");
    window.close().await;
}

#[tokio::test]
async fn what_goes_wrong_stands_in_the_conversation_with_a_button_that_helps() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    server.ollama_models(["llama3.1:8b"]);
    point_to(&server, home.path());
    let window = Window::open(home.path()).await;
    choose(&window, "llama", "llama3.1:8b").await;
    server.on_ollama_chat(Reply::status(500).json(&serde_json::json!({ "error": "llama runner has stopped" })));
    server.on_ollama_chat(Reply::status(400).json(&serde_json::json!({ "error": "no room in memory" })));
    server.on_ollama_chat(Reply::ollama_answer("Better now"));
    window.ask("Are you there?").await;
    let failed = window.answer_is("failed").await;
    assert!(failed.contains("no room in memory"), "the server's own words are shown after a retry: {failed}");
    window.click("[data-answer][data-state=failed] .failure [data-action=retry]").await;
    let answered = window.answer_is("complete").await;
    assert!(answered.contains("Better now"), "the button does what it says: {answered}");
    window.close().await;
}
