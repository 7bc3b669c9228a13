//! The real program in a terminal: the same use cases, plain text, exit codes.

use holdfast_contract::{AnswerState, ListConversations, ModelRef, SetModel};
use holdfast_testkit::{FakeServer, Reply};
use serde_json::json;

use crate::world::{Ended, Program, World, cloud, models, ollama, row, state_of, studio};

mod keys;

fn printed(stdout: &str) -> Ended {
    Ended { code: Some(0), stdout: stdout.to_owned(), stderr: String::new() }
}

/// A world whose program does not run, so that the terminal has its files to itself.
async fn quiet(models: &str) -> World {
    let world = World::shared(models).await;
    world.quit().await;
    world
}

/// It failed with this code, said why on standard error, and kept standard output clean.
fn assert_failed(name: &str, ended: &Ended, code: i32, words: &str) {
    assert_eq!(ended.code, Some(code), "{name}: {ended:?}");
    assert_eq!(ended.stdout, "", "{name}: errors are no output: {ended:?}");
    assert!(ended.stderr.contains(words), "{name}: {:?} does not say {words:?}", ended.stderr);
}

#[tokio::test]
async fn ask_prints_the_answer_and_nothing_else() {
    let (server, local) = (FakeServer::start().await, FakeServer::start().await);
    server.on_chat(Reply::sse().reasoning("Hm.").delta("# Hello\n\n").delta("wörld **👋**").usage(3, 2).stop().done());
    local.on_ollama_chat(Reply::ollama_answer("Hello from here\n"));
    let world = quiet(&models(&[studio(&server), ollama(&local)])).await;
    let ended = world.run(&["ask", "--model", "studio/m", "Say hello"]).await;
    assert_eq!(ended, printed("# Hello\n\nwörld **👋**\n"), "Markdown as it is, with one line end");
    let ended = world.run(&["ask", "--model", "ollama/m", "Say hello"]).await;
    assert_eq!(ended, printed("Hello from here\n"), "a line end that is there is not doubled");
    assert_eq!((server.requests().len(), local.requests().len()), (1, 1));
    world.start().await;
    let titles = world.send(ListConversations {}).await.unwrap();
    let titles: Vec<_> = titles.into_iter().map(|summary| summary.title).collect();
    assert_eq!(titles, ["Say hello", "Say hello"], "both are in the window's list");
}

#[tokio::test]
async fn the_answer_streams() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("first ").stall().delta("last").stop().done());
    let world = quiet(&models(&[studio(&server)])).await;
    let program = world.spawn(&["ask", "--model", "studio/m", "?"], "");
    program.prints("first ").await;
    assert_eq!(program.printed(), "first ", "it is there before the rest has come");
    server.release();
    assert_eq!(program.end().await, printed("first last\n"));
}

#[tokio::test]
async fn rehearsal_answers_and_asks_nobody() {
    let everyone = FakeServer::start().await;
    let url = everyone.openai_url();
    let all: Vec<String> = ["openai", "groq", "openrouter", "lmstudio"]
        .iter()
        .map(|id| format!("  - {{ id: {id}, base_url: \"{url}\" }}\n"))
        .chain([ollama(&everyone)])
        .collect();
    let world = World::newcomer().await;
    world.quit().await;
    world.write_models(&models(&all));
    let passphrase = world.file("passphrase");
    std::fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let opener = ["--passphrase-file", passphrase.to_str().unwrap()];
    let ask = ["ask", "--model", "rehearsal/rehearsal", "Is anybody there?"];
    let made = world.run(&[&["vault", "create", "--with", "passphrase"][..], &opener].concat()).await;
    assert_eq!((made.code, made.stdout.trim().len()), (Some(0), 44), "it prints the recovery code: {made:?}");
    let mut command = world.command(&[&opener[..], &ask].concat());
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env("HTTPS_PROXY", &url).env("HTTP_PROXY", &url);
    let ended = Program::start(&mut command, "").end().await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        ended.stdout.contains("This is Rehearsal") && ended.stdout.contains("Is anybody there?"),
        "{}",
        ended.stdout
    );
    assert_eq!(everyone.requests(), [], "no server and no proxy heard of it");
}

#[tokio::test]
async fn a_question_can_come_by_a_pipe() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = quiet(&models(&[studio(&server)])).await;
    let text = "A question\nof two lines, ü\n";
    for arguments in [&["ask", "--model", "studio/m"][..], &["ask", "--model", "studio/m", "-"]] {
        assert_eq!(world.spawn(arguments, text).end().await, printed("Yes\n"), "{arguments:?}");
    }
    for request in server.requests() {
        assert_eq!(request.body["messages"][0]["content"], json!(text));
    }
}

#[tokio::test]
async fn continue_asks_at_the_end_of_the_newest_conversation() {
    let (server, other) = (FakeServer::start().await, FakeServer::start().await);
    server.on_chat(Reply::answer("One"));
    other.on_chat(Reply::answer("Two"));
    let rows = [studio(&server), row("other", "openai_chat", &other.openai_url(), "key: none")];
    let world = quiet(&models(&rows)).await;
    assert_eq!(world.run(&["ask", "--continue", "--model", "studio/m", "1"]).await, printed("One\n"), "or begins one");
    assert_eq!(world.run(&["ask", "--continue", "2"]).await, printed("One\n"));
    assert_eq!(world.run(&["ask", "--continue", "--model", "other/m", "3"]).await, printed("Two\n"));
    let expected = json!([
        { "role": "user", "content": "1" }, { "role": "assistant", "content": "One" },
        { "role": "user", "content": "2" }, { "role": "assistant", "content": "One" },
        { "role": "user", "content": "3" },
    ]);
    assert_eq!(other.single_request().body["messages"], expected, "another model gets the whole of it");
    world.start().await;
    assert_eq!(world.send(ListConversations {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_model_chosen_answers_when_none_is_named() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = quiet(&models(&[studio(&server)])).await;
    assert_failed("no choice yet", &world.run(&["ask", "Who?"]).await, 1, "No model was chosen yet");
    world.start().await;
    let chat = world.chat("rehearsal/rehearsal").await;
    world.send(SetModel { conversation: chat.id, model: ModelRef::parse("studio/m").unwrap() }).await.unwrap();
    world.quit().await;
    assert_eq!(world.run(&["ask", "Who?"]).await, printed("Yes\n"));
}

#[tokio::test]
async fn every_kind_of_failure_has_its_exit_code() {
    let server = FakeServer::start().await;
    let error = |words: &str, code: &str| json!({ "error": { "message": words, "code": code } });
    let nowhere = FakeServer::nowhere().await;
    let rows = [studio(&server), cloud(&server), row("gone", "openai_chat", &nowhere, "key: none")];
    let world = quiet(&models(&rows)).await;
    for (name, arguments, code, words) in [
        ("unknown flag", &["ask", "--nonsense"][..], 2, "--nonsense"),
        ("unknown command", &["dance"], 2, "dance"),
        ("no model name", &["ask", "--model", "studio", "?"], 2, "names no model"),
        ("empty question", &["ask", "--model", "studio/m", " \n "], 2, "nothing to send"),
        ("empty pipe", &["ask", "--model", "studio/m"], 2, "nothing to send"),
        ("unknown provider", &["ask", "--model", "nobody/m", "?"], 1, "no provider called “nobody”"),
        ("no key", &["ask", "--model", "cloud/m", "?"], 3, "cloud needs a key"),
        ("not running", &["ask", "--model", "gone/m", "?"], 4, "gone does not run at"),
    ] {
        assert_failed(name, &world.run(arguments).await, code, words);
    }
    assert_eq!(server.requests().len(), 0, "none of these was sent");
    for (name, reply, code, words) in [
        ("404", Reply::status(404).json(&error("No such model", "model_not_found")), 1, "No such model"),
        ("401", Reply::status(401).json(&error("Who are you?", "invalid_api_key")), 3, "Who are you?"),
        ("402", Reply::status(402).json(&error("Pay first", "payment_required")), 3, "Pay first"),
        ("429", Reply::status(429).header("retry-after", "120").json(&error("Slow down", "")), 4, "Slow down"),
        ("web page", Reply::html(200), 1, "web page"),
    ] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        let ended = world.run(&["ask", "--model", "studio/m", "?"]).await;
        assert_failed(name, &ended, code, words);
        assert!(ended.stderr.starts_with("holdfast: "), "{name}: it says who speaks: {}", ended.stderr);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_printed_as_far_as_it_came() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("The first half").cut());
    let world = quiet(&models(&[studio(&server)])).await;
    let ended = world.run(&["ask", "--model", "studio/m", "?"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(4), "The first half\n"));
    assert!(ended.stderr.contains("was cut off"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_wait_is_told_beside_the_answer() {
    let server = FakeServer::start().await;
    server
        .on_chat(Reply::status(429).header("retry-after", "0.2").json(&json!({ "error": { "message": "Slow down" } })));
    server.on_chat(Reply::answer("Here"));
    let world = quiet(&models(&[studio(&server)])).await;
    let ended = world.run(&["ask", "--model", "studio/m", "?"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "Here\n"));
    assert_eq!(ended.stderr, "holdfast: studio asks to slow down: Slow down Trying again (2 of 3).\n");
}

/// Where the only answer of the world stands, after the program ended.
async fn only_answer(world: &World) -> (String, AnswerState) {
    world.start().await;
    let listed = world.send(ListConversations {}).await.unwrap();
    let last = world.reopen(listed[0].id).open().await.tail.pop().unwrap();
    (crate::world::text_of(&last), state_of(&last))
}

#[tokio::test]
async fn ctrl_c_stops_the_answer_and_keeps_the_part() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("So far").stall());
    let world = quiet(&models(&[studio(&server)])).await;
    let program = world.spawn(&["ask", "--model", "studio/m", "?"], "");
    program.prints("So far").await;
    program.interrupt();
    let ended = program.end().await;
    assert_eq!(ended, Ended { code: Some(130), stdout: "So far\n".to_owned(), stderr: String::new() });
    server.wait_for_disconnect().await;
    assert_eq!(only_answer(&world).await, ("So far".to_owned(), AnswerState::Stopped));
}

#[tokio::test]
async fn a_reader_that_goes_away_stops_the_answer() {
    let server = FakeServer::start().await;
    server.on_chat(
        (0..200).fold(Reply::sse(), |reply, _| reply.delta("words ").pause(std::time::Duration::from_millis(20))),
    );
    let world = quiet(&models(&[studio(&server)])).await;
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "\"$0\" ask --model studio/m '?' | head -c 5", env!("CARGO_BIN_EXE_holdfast")]);
    command.env("HOLDFAST_HOME", world.home());
    let ended = Program::start(&mut command, "").end().await;
    assert_eq!(ended, printed("words"), "no panic and no complaint");
    server.wait_for_disconnect().await;
    assert_eq!(only_answer(&world).await.1, AnswerState::Stopped);
}

#[tokio::test]
async fn models_lists_what_can_be_asked() {
    let (server, local) = (FakeServer::start().await, FakeServer::start().await);
    server.models(["m-large", "m-small"]);
    local.ollama_models([holdfast_testkit::FakeModel::named("llama:8b").context(4096)]);
    let nowhere = FakeServer::nowhere().await;
    let away = format!("  - {{ id: lmstudio, base_url: \"{nowhere}/v1\" }}\n");
    let world = quiet(&models(&[studio(&server), cloud(&server), ollama(&local), away])).await;
    let ended = world.run(&["models"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let mut lines: Vec<&str> = ended.stdout.lines().collect();
    lines.sort_unstable();
    let expected = [
        "ollama/llama:8b\tllama:8b\t4096",
        "rehearsal/rehearsal\tRehearsal\t16384",
        "studio/m-large\tm-large\t8192",
        "studio/m-small\tm-small\t8192",
    ];
    assert_eq!(lines, expected, "one a line; none of those that want a key or do not run");
}

#[tokio::test]
async fn a_broken_models_file_is_told_and_does_not_stand_in_the_way() {
    let world = quiet("providers:\n  - id: ollama\n    base_ulr: x\n").await;
    let ended = world.run(&["models"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("line 3"), "{}", ended.stderr);
    assert!(ended.stdout.contains("rehearsal/rehearsal"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_damaged_database_is_said_and_left_alone() {
    let world = quiet("").await;
    let path = world.places().store();
    let damaged = b"no database ".repeat(1000);
    std::fs::write(&path, &damaged).unwrap();
    for arguments in [&["ask", "--model", "rehearsal/rehearsal", "?"][..], &["models"], &["keys", "list"]] {
        let ended = world.run(arguments).await;
        assert_failed(arguments[0], &ended, 1, "holdfast.db");
    }
    assert!(std::fs::read(&path).unwrap() == damaged, "nothing was overwritten");
}

#[tokio::test]
async fn help_and_version_are_output() {
    let world = quiet("").await;
    let ended = world.run(&["--version"]).await;
    assert_eq!((ended.code, ended.stdout.starts_with("holdfast ")), (Some(0), true), "{ended:?}");
    let help = world.run(&["ask", "--help"]).await;
    assert!(help.code == Some(0) && help.stdout.contains("--continue"), "{help:?}");
}
