//! Whatever locks it: nothing of a conversation stays in the page, and it opens again.

use std::process::Command;

use holdfast_testkit::{FakeServer, Gate, Reply};

use super::driver::{CONTROL_L, Window};
use super::{choose, point_to};

/// Words that stand in the conversation and nowhere else.
const QUESTION: &str = "Where does the heron sleep";
const ANSWER: &str = "In the reeds of Vallisaari";

/// The page is the lock screen, and has nothing of the conversation, drawn or not.
async fn shows_nothing(window: &Window) {
    window.is_locked().await;
    let left = window
        .until(
            "the page is purged",
            "const all = document.documentElement.outerHTML
               + [...document.querySelectorAll('input, textarea')].map(field => field.value).join();
             const words = ['heron', 'Vallisaari', 'half a thought', 'Studio', '.rail'];
             return document.querySelector('[data-lock]') && {left: words.filter(word => all.includes(word))}",
        )
        .await;
    assert_eq!(left["left"], serde_json::json!([]), "what was shown is gone");
}

async fn unlock(window: &Window) {
    window.click("[data-action=unlock-keychain]").await;
    window.is_open().await;
    window.shows(QUESTION).await;
    window.shows(ANSWER).await;
}

#[tokio::test]
async fn a_locked_program_shows_the_lock_screen_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    server.ollama_models(["llama3.1:8b"]);
    point_to(&server, home.path());
    let never = Gate::new();
    server.on_ollama_chat(Reply::ollama_answer(ANSWER));
    server.on_ollama_chat(Reply::ndjson().delta("The first words").wait(&never).stop().done());
    let window = Window::open(home.path()).await;
    choose(&window, "llama", "llama3.1:8b").await;
    window.ask(QUESTION).await;
    window.answer_is("complete").await;
    window.type_into("#composer", "half a thought").await;

    window.click("[data-action=lock]").await;
    shows_nothing(&window).await;
    unlock(&window).await;
    window
        .until("what was typed is kept", "return document.querySelector('#composer').value === 'half a thought'")
        .await;

    // By the keyboard, wherever the focus is.
    window.press(CONTROL_L).await;
    shows_nothing(&window).await;
    unlock(&window).await;

    // From a terminal, while an answer is being written.
    window.ask(", and when?").await;
    window.answer_is("streaming").await;
    let told = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["vault", "lock"])
        .env("HOLDFAST_HOME", home.path())
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    shows_nothing(&window).await;
    server.wait_for_disconnect().await;
    unlock(&window).await;
    window.answer_is("interrupted").await;

    // With the screen of the system; when that is unlocked, the program stays locked.
    for active in [true, false] {
        let told = Command::new("dbus-send")
            .args(["--session", "--type=signal", "/org/freedesktop/ScreenSaver"])
            .args(["org.freedesktop.ScreenSaver.ActiveChanged", &format!("boolean:{active}")])
            .status()
            .unwrap();
        assert!(told.success());
        shows_nothing(&window).await;
    }
    unlock(&window).await;
    window.close().await;
}
