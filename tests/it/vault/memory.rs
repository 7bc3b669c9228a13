//! A key that was typed, pasted and used is in no memory of the process once it is locked.
//!
//! The process is this test program itself, started again with nothing but the use cases in it, so that
//! neither the page nor the server that answers has a part in what is found. Everything that the process
//! can write to is searched: heap, stacks, buffers of libraries.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use holdfast_testkit::Canary;
use serde_json::{Value, json};

use super::*;
use crate::window::memory::mappings_with;

/// What the program started again finds in its environment: the providers it has.
const MODELS: &str = "HOLDFAST_TEST_MEMORY_MODELS";
const NAME: &str = "vault::memory::no_key_stays_in_memory_once_it_is_locked";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_stays_in_memory_once_it_is_locked() {
    if let Ok(models) = std::env::var(MODELS) {
        return keep_keys(&models).await;
    }
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let (typed, pasted) = (Canary::new(), Canary::new());
    let mut process = Process::start(&models(&[cloud(&server)]));
    process.says("ready");
    process.give(&typed);
    process.give(&pasted);
    process.says("holds");
    for canary in [&typed, &pasted] {
        assert!(!mappings_with(canary, process.id()).is_empty(), "a search that finds nothing proves nothing");
    }
    process.go_on();
    process.says("locked");
    let sent: Vec<_> =
        server.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect();
    for canary in [&typed, &pasted] {
        assert!(sent.contains(&format!("Bearer {}", canary.secret())), "each was used: {} requests", sent.len());
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    for (canary, what) in [(&typed, "typed"), (&pasted, "pasted")] {
        assert_eq!(mappings_with(canary, process.id()), Vec::<String>::new(), "the {what} key");
    }
    process.go_on();
    process.ends();
}

/// What the process does: it takes two keys, asks a question with each, and locks itself.
async fn keep_keys(models: &str) {
    let world = World::with(models).await;
    // Unbuffered, because what was read stays in a buffer.
    let mut input = File::open("/dev/stdin").unwrap();
    say("ready");
    let (typed, pasted) = (secret_from(&mut input), secret_from(&mut input));
    say("holds");
    wait(&mut input);
    let purpose = EntryPurpose::AddKey { provider: "cloud".into(), name: "Typed".to_owned() };
    world.send(OpenEntry { purpose }).await.unwrap();
    let mut body = json!({});
    body["secret"] = Value::String(typed);
    world.send_json("entry", "SubmitEntry", body).await.unwrap();
    assert_eq!(state_of(&world.ask("cloud/m", "One").await), complete());
    let first = world.send(ListKeys {}).await.unwrap().remove(0);
    world.desktop.copy(&pasted);
    drop(pasted);
    let paste = PasteKey { provider: "cloud".into(), name: "Pasted".to_owned(), replace: None };
    world.send(paste).await.unwrap();
    world.send(holdfast_contract::DeleteKey { id: first.info.id }).await.unwrap();
    assert_eq!(state_of(&world.ask("cloud/m", "Two").await), complete());
    world.send(LockVault {}).await.unwrap();
    say("locked");
    wait(&mut input);
}

/// A secret is as long as every other one, so that its buffer never grows and leaves copies behind.
fn secret_from(input: &mut File) -> String {
    let mut bytes = vec![0; Canary::new().secret().len()];
    input.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn wait(input: &mut File) {
    input.read_exact(&mut [0]).unwrap();
}

fn say(words: &str) {
    let mut out = std::io::stdout();
    out.write_all(format!("\n{words}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
}

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(models: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(MODELS, models)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    fn says(&mut self, words: &str) {
        let mut line = String::new();
        while line.trim() != words {
            line.clear();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before it was {words}");
        }
    }

    fn give(&mut self, canary: &Canary) {
        self.child.stdin.as_mut().unwrap().write_all(canary.secret().as_bytes()).unwrap();
    }

    fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn ends(mut self) {
        assert!(self.child.wait().unwrap().success(), "it did what it should");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
