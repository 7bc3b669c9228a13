//! What a page may not do, tried from inside the real page.

use serde_json::json;

use super::driver::Window;

#[tokio::test]
async fn a_page_reaches_no_stronghold_and_no_window_but_its_own() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;

    for command in ["initialize", "get_store_record", "save_secret", "execute_procedure", "destroy"] {
        let refused = window
            .invoke(&format!("plugin:stronghold|{command}"), json!({ "snapshotPath": "/tmp/x.hold", "password": "x" }))
            .await;
        let error = refused.expect_err("the plugin is registered and granted to nobody");
        assert!(error.to_string().contains("not allowed"), "it is refused by its permissions, not by chance: {error}");
    }
    let entry = window.invoke("rpc", json!({ "name": "SubmitEntry", "body": { "secret": "x" } })).await;
    assert_eq!(entry.unwrap_err()["code"], "refused", "only the entry window may send a secret");
    let unknown = window.invoke("rpc", json!({ "name": "RevealKey", "body": {} })).await;
    assert_eq!(unknown.unwrap_err()["code"], "refused", "there is no command that shows one");

    let fetched = window
        .promise(
            "Promise.allSettled([
               fetch('https://example.com/x'), fetch('http://127.0.0.1:9/x'),
               new Promise((ok, no) => { const i = new Image(); i.onload = ok; i.onerror = no; i.src = 'https://example.com/x.png' }),
             ]).then(all => all.map(one => one.status))",
        )
        .await;
    assert_eq!(fetched, json!(["rejected", "rejected", "rejected"]), "the page has no network");
    let escaped = window
        .script(
            "window.open('https://example.com'); location.href = 'https://example.com'; return location.href",
            vec![],
        )
        .await;
    assert!(escaped.as_str().unwrap().contains("localhost"), "the page goes nowhere: {escaped}");
    window.shows("New chat").await;

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", window.program().unwrap())).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(cores.split_whitespace().any(|word| word == "0"), "a crash writes no core dump: {cores}");
    window.close().await;
}

#[tokio::test]
async fn a_second_start_brings_the_first_forward() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(home.path()).await;
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .env("HOLDFAST_HOME", home.path())
        .output()
        .expect("the program starts");
    assert!(second.status.success(), "the second start ends by itself: {second:?}");
    assert!(window.program().is_some(), "the first goes on");
    window.shows("New chat").await;
    window.close().await;
}
