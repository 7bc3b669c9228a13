//! A planted key is found nowhere but on its way to its provider.

use std::io;
use std::sync::Mutex;

use holdfast_contract::{
    CheckBackup, CopyText, GetCatalogue, GetEntry, GetSettings, ListConversations, MakeBackup, RecentQuestions,
    SaveDraft, SettlePending, TestKey,
};
use holdfast_testkit::Canary;
use serde_json::json;

use super::*;
use crate::world::text_of;

/// Everything that was logged, at the level that hides nothing.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen_to_the_log() {
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(|| Log);
    tracing::subscriber::set_global_default(log.finish()).expect("no other test of this binary keeps a log");
}

/// Looks everywhere for a secret.
fn assert_nowhere(world: &World, canary: &Canary, what: &str) {
    assert_eq!(canary.find_in_dir(world.home()), Vec::<std::path::PathBuf>::new(), "{what} is in no file");
    assert!(!canary.is_in(world.told_to_windows().as_bytes()), "{what} is in no event and no reply");
    assert!(!canary.is_in(&LOG.lock().unwrap()), "{what} is in no line of the log");
    let kept = world.keychain.secrets().join("\n");
    assert!(!canary.is_in(kept.as_bytes()), "{what} is not in the keychain, which holds what opens the vault");
}

#[tokio::test]
async fn a_planted_key_leaves_no_trace() {
    listen_to_the_log();
    let (canary, replaced, typed, passphrase, seen) =
        (Canary::new(), Canary::new(), Canary::new(), Canary::new(), Canary::new());
    let echo = |status: u16| {
        let words = format!("The key {0} is bad, and so is Bearer {0}; did you mean {0}?", canary.secret());
        Reply::status(status).json(&json!({ "error": { "message": words, "code": canary.secret() } }))
    };
    let server = FakeServer::start().await;
    let world = world_with(&server).await;

    // Added, used, replaced, and used again.
    add(&world, replaced.secret()).await;
    server.on_chat(Reply::answer("Yes"));
    let chat = world.chat("cloud/m").await;
    assert!(whole(&chat.ask(&format!("I see {}", seen.secret())).await));
    world.desktop.copy(canary.secret());
    let key = keys(&world).await.remove(0);
    let replace = PasteKey { provider: "cloud".into(), name: String::new(), replace: Some(key.id) };
    server.on("GET", "/v1/models", echo(401));
    world.send(replace).await.unwrap();
    world.send(SettlePending { id: key.id, keep: true }).await.unwrap();
    assert!(whole(&chat.ask("Again").await));
    let bearer = format!("Bearer {}", canary.secret());
    let last = server.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), Some(bearer.as_str()), "the server did get it");

    // Refused with the key in the words of the refusal, in every way a server can.
    for reply in [
        echo(401),
        echo(403),
        echo(400),
        echo(404),
        Reply::status(401).header("content-type", "text/plain").text(canary.secret()),
        Reply::html(200).text(canary.secret()),
        Reply::status(302).header("location", &format!("https://elsewhere.test/?key={}", canary.secret())),
        Reply::sse().delta("A part").event(&json!({ "error": { "message": canary.secret() } })),
        Reply::sse().delta("A part").data(&format!("{{{}", canary.secret())),
        Reply::status(429).header("retry-after", "0.01").text(canary.secret()),
    ] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        let failure = failure_of(&chat.ask("Once more").await);
        assert!(!failure.message.is_empty());
    }
    world.send(TestKey { id: key.id }).await.unwrap();
    world.send(GetCatalogue { refresh: true }).await.unwrap();

    // Typed in the window for secrets, rightly and wrongly.
    let purpose = EntryPurpose::AddKey { provider: "cloud".into(), name: "Typed".to_owned() };
    world.send(OpenEntry { purpose }).await.unwrap();
    world.send(GetEntry {}).await.unwrap();
    let wrong = format!("{} {}", typed.secret(), typed.secret());
    assert_eq!(world.refused(SubmitEntry { secret: wrong }).await.code, Code::Clipboard);
    let misplaced = world.send_json("entry", "SubmitEntry", json!({ "secrets": typed.secret() })).await;
    assert_eq!(misplaced.unwrap_err().code, Code::BadRequest);
    let stranger = world.send_json("main", "SubmitEntry", json!({ "secret": typed.secret() })).await;
    assert_eq!(stranger.unwrap_err().code, Code::Refused);
    world.send(SubmitEntry { secret: typed.secret().to_owned() }).await.unwrap();
    world.send(OpenEntry { purpose: EntryPurpose::Unlock { way: UnlockWay::Passphrase } }).await.unwrap();
    let unlocked = world.send(SubmitEntry { secret: passphrase.secret().to_owned() }).await;
    assert!(unlocked.is_err(), "a vault of the keychain has no passphrase");

    // Backed up, killed, started again, listed, locked, opened, deleted.
    let backup = world.send(MakeBackup {}).await.unwrap();
    world.send(CheckBackup { name: backup.name }).await.unwrap();
    assert_nowhere(&world, &canary, "the key in use");
    server.forget("POST", "/v1/chat/completions");
    server.on_chat(Reply::sse().delta("half").stall());
    let answer = chat.begin("Go on").await;
    world.reads(answer, "half").await;
    world.kill().await;
    world.start().await;
    world.send(ListConversations {}).await.unwrap();
    world.send(RecentQuestions { count: 100 }).await.unwrap();
    world.send(GetSettings {}).await.unwrap();
    world.send(CopyText { text: text_of(&chat.message(answer).await) }).await.unwrap();
    world.send(SaveDraft { conversation: chat.id, text: "draft".to_owned() }).await.unwrap();
    world.send(LockVault {}).await.unwrap();
    world.send(UnlockWithKeychain {}).await.unwrap();
    server.forget("POST", "/v1/chat/completions");
    server.on_chat(Reply::answer("Yes"));
    assert!(whole(&chat.ask("Still there?").await));
    for key in keys(&world).await {
        assert!(!key.masked.contains("canary-"), "a mask shows the end alone: {}", key.masked);
        world.send(DeleteKey { id: key.id }).await.unwrap();
    }

    for (canary, what) in [
        (&canary, "the key"),
        (&replaced, "the replaced key"),
        (&typed, "the typed key"),
        (&passphrase, "the passphrase"),
    ] {
        assert_nowhere(&world, canary, what);
    }
    assert_eq!(seen.find_in_dir(world.home()), Vec::<std::path::PathBuf>::new(), "what was said is sealed on the disk");
    assert!(seen.is_in(world.told_to_windows().as_bytes()), "and windows show it");
    let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
    assert!(
        log.contains("TRACE") && log.contains("an answer failed"),
        "and the log was listened to: {} bytes",
        log.len()
    );
}
