//! Keys in the terminal, with the keychain of the session.

use std::process::Command;

use holdfast_testkit::Canary;

use super::*;

/// A command that finds no keychain, wherever the test runs.
fn without_keychain(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    command
}

/// Tests of the real keychain need one, and it must not be the user's own.
fn needs_the_keychain_of_the_session() {
    assert!(
        std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some(),
        "NO KEYCHAIN: this test needs the private session with a keychain that `cargo xtask test` starts; \
         DBUS_SESSION_BUS_ADDRESS is not set"
    );
}

#[tokio::test]
async fn a_key_is_added_used_listed_and_removed_with_the_real_keychain() {
    needs_the_keychain_of_the_session();
    let canary = Canary::new();
    let server = FakeServer::start().await;
    server.expect_key(canary.secret());
    server.models(["m"]);
    server.on_chat(Reply::answer("Yes"));
    let world = quiet(&models(&[cloud(&server)])).await;
    assert_eq!(world.run(&["keys", "list"]).await, printed(""), "none yet");

    let added = world.spawn(&["keys", "add", "cloud", "--name", "Work"], &format!("{}\n", canary.secret())).end().await;
    assert_eq!((added.code, added.stderr.as_str()), (Some(0), ""), "{added:?}");
    let line = added.stdout.trim_end().to_owned();
    let fields: Vec<&str> = line.split('\t').collect();
    let masked = format!("sk-…{}", &canary.secret()[canary.secret().len() - 4..]);
    assert_eq!(fields[1..], ["cloud", "Work", &masked, &server.url()], "masked, with where it may go");
    assert_eq!(world.run(&["keys", "list"]).await, printed(&format!("{line}\n")));

    let asked = world.run(&["ask", "--model", "cloud/m", "Hello"]).await;
    assert_eq!(asked, printed("Yes\n"), "another start of the program has it from the keychain");
    let listed = world.run(&["models"]).await;
    assert!(listed.stdout.contains("cloud/m\t"), "{listed:?}");

    let mut traced = world.command(&["ask", "--continue", "Again"]);
    let traced = Program::start(traced.env("HOLDFAST_LOG", "trace"), "").end().await;
    assert_eq!((traced.code, traced.stdout.as_str()), (Some(0), "Yes\n"));
    assert!(traced.stderr.contains("TRACE"), "the log is on");
    for ended in [&added, &asked, &listed, &traced] {
        assert!(!canary.is_in(ended.stdout.as_bytes()) && !canary.is_in(ended.stderr.as_bytes()), "no output holds it");
    }
    assert_eq!(canary.find_in_dir(world.home()), Vec::<std::path::PathBuf>::new(), "no file holds it");

    assert_eq!(world.run(&["keys", "remove", fields[0]]).await, printed(""));
    assert_eq!(world.run(&["keys", "list"]).await, printed(""));
    assert_failed("removed", &world.run(&["ask", "--model", "cloud/m", "?"]).await, 3, "cloud needs a key");
    assert_failed("twice", &world.run(&["keys", "remove", fields[0]]).await, 2, "no key with the id");
}

#[tokio::test]
async fn what_can_be_no_key_is_refused_with_the_real_keychain() {
    needs_the_keychain_of_the_session();
    let server = FakeServer::start().await;
    let world = quiet(&models(&[cloud(&server)])).await;
    for (provider, input, words) in [
        ("cloud", "", "the text is empty"),
        ("cloud", "two words", "spaces"),
        ("cloud", "two\nlines", "more than one line"),
        ("nobody", "sk-0123456789", "no provider called “nobody”"),
        ("ollama", "sk-0123456789", "takes no key"),
    ] {
        let ended = world.spawn(&["keys", "add", provider], input).end().await;
        assert_failed(words, &ended, 2, words);
        assert!(input.is_empty() || !ended.stderr.contains(input), "{}", ended.stderr);
    }
    assert_eq!(world.run(&["keys", "list"]).await, printed(""));
}

#[tokio::test]
async fn without_a_keychain_and_without_a_terminal_nothing_is_made() {
    let server = FakeServer::start().await;
    let world = World::newcomer().await;
    world.quit().await;
    world.write_models(&models(&[cloud(&server)]));
    let canary = Canary::new();
    let mut command = without_keychain(&world, &["keys", "add", "cloud"]);
    let ended = Program::start(&mut command, canary.secret()).end().await;
    assert_failed("no keychain", &ended, 3, "no keychain that works");
    assert!(ended.stderr.contains("passphrase"), "it says what to do: {}", ended.stderr);
    assert!(!canary.is_in(ended.stderr.as_bytes()));
    assert!(!world.places().vault().exists(), "no half a vault is left");
    assert_eq!(canary.find_in_dir(world.home()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_key_is_never_an_argument() {
    let world = quiet("").await;
    for arguments in
        [&["keys", "add", "openai", "sk-0123456789"][..], &["keys", "add", "openai", "--key", "sk-0123456789"]]
    {
        let ended = world.run(arguments).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(!ended.stderr.contains("sk-0123456789"), "what was mistyped is not repeated: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_mistyped_provider_gets_no_key() {
    let world = quiet("").await;
    let ended = world.spawn(&["keys", "add", "opnai"], "sk-0123456789abcdef").end().await;
    assert_failed("no such provider", &ended, 2, "opnai");
    assert_eq!(world.run(&["keys", "list"]).await, super::printed(""), "nothing was added");
}
