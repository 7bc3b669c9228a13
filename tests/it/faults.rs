//! What servers do wrong, and what a person is told and offered each time.

use std::time::Duration;

use holdfast_contract::{Action, AnswerState, Code, GetCatalogue, MessageView, ProviderId, Reach, StopReason, Waiting};
use holdfast_testkit::{FakeServer, Reply};
use serde_json::json;

use crate::world::{World, failure_of, models, ollama, row, state_of, studio, text_of};

/// A fault of a server and what must come of it.
struct Fault {
    name: &'static str,
    reply: Reply,
    code: Code,
    /// Words that the message holds.
    words: &'static str,
    actions: Vec<Offer>,
    /// How often the question was sent.
    requests: usize,
    /// The part that stays.
    part: &'static str,
}

/// An action, without the ids that differ from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offer {
    AddKey,
    ChooseModel,
    TryAgain(Option<u32>),
    NewConversation,
    Continue,
    StartServer,
    Other,
}

fn offers(failure: &holdfast_contract::Failure) -> Vec<Offer> {
    let offer = |action: &Action| match action {
        Action::AddKey { .. } => Offer::AddKey,
        Action::ChooseModel => Offer::ChooseModel,
        Action::TryAgain { after } => Offer::TryAgain(*after),
        Action::NewConversation => Offer::NewConversation,
        Action::Continue { .. } => Offer::Continue,
        Action::StartServer { .. } => Offer::StartServer,
        Action::TestKey { .. }
        | Action::ReplaceKey { .. }
        | Action::KeySettings { .. }
        | Action::Unlock
        | Action::RestoreBackup
        | Action::Reload { .. } => Offer::Other,
    };
    failure.actions.iter().map(offer).collect()
}

fn error(message: &str, code: &str) -> serde_json::Value {
    json!({ "error": { "message": message, "type": "some_error", "param": null, "code": code } })
}

/// A wait that is short enough for a test and still a wait.
fn soon(status: u16) -> Reply {
    Reply::status(status).header("retry-after", "0.05")
}

async fn meets(fault: Fault) {
    let Fault { name, reply, code, words, actions, requests, part } = fault;
    let server = FakeServer::start().await;
    server.on_chat(reply);
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.ask("Hello").await;
    let failure = failure_of(&answer);
    assert_eq!(failure.code, code, "{name}: {failure:?}");
    assert!(failure.message.contains(words), "{name}: {:?} does not say {words:?}", failure.message);
    assert_eq!(offers(&failure), actions, "{name}: {failure:?}");
    assert_eq!(server.requests().len(), requests, "{name}: so often the question is sent");
    assert_eq!(text_of(&answer), part, "{name}: the part stays");
    assert!(answer.answer.as_ref().is_some_and(|info| info.duration_ms.is_some()), "{name}: how long it took is known");
    world.restart().await;
    assert_eq!(chat.message(answer.id).await, answer, "{name}: the failure stands in the conversation");
    assert_eq!(chat.texts().await[0], "Hello", "{name}: the question stays");
}

use Offer::{AddKey, ChooseModel, Continue, NewConversation, TryAgain};

#[tokio::test]
async fn refusals_that_no_waiting_mends_are_not_sent_again() {
    for (name, reply, code, words, actions) in [
        (
            "401 without a key",
            Reply::status(401).json(&error("No key", "invalid_api_key")),
            Code::KeyMissing,
            "studio wants a key: No key",
            vec![AddKey, ChooseModel],
        ),
        (
            "403",
            Reply::status(403).json(&error("Not in your country", "unsupported_country_region_territory")),
            Code::KeyRefused,
            "Not in your country",
            vec![ChooseModel],
        ),
        (
            "404",
            Reply::status(404).json(&error("The model `m` does not exist", "model_not_found")),
            Code::ModelMissing,
            "studio does not have this model",
            vec![ChooseModel],
        ),
        (
            "402",
            Reply::status(402).json(&error("Insufficient credits", "payment_required")),
            Code::NoCredit,
            "No credit is left at studio; the key itself is valid",
            vec![ChooseModel, TryAgain(None)],
        ),
        (
            "429 that no wait lifts",
            Reply::status(429).json(&error("You exceeded your current quota", "insufficient_quota")),
            Code::NoCredit,
            "exceeded your current quota",
            vec![ChooseModel, TryAgain(None)],
        ),
        (
            "429 with 120 s",
            Reply::status(429).header("retry-after", "120").json(&error("Slow down", "rate_limit_exceeded")),
            Code::RateLimited,
            "studio asks to slow down: Slow down",
            vec![TryAgain(Some(120)), ChooseModel],
        ),
        (
            "400 too long",
            Reply::status(400).json(&error("maximum context length is 10", "context_length_exceeded")),
            Code::TooLong,
            "too long for this model",
            vec![ChooseModel, NewConversation],
        ),
        (
            "400 filtered",
            Reply::status(400).json(&error("No such things", "content_policy_violation")),
            Code::Filtered,
            "studio refused the content",
            vec![],
        ),
        (
            "400",
            Reply::status(400).json(&error("What is `stream`?", "unknown_parameter")),
            Code::BadRequest,
            "studio does not take this request: What is `stream`?",
            vec![ChooseModel, TryAgain(None)],
        ),
        ("web page", Reply::html(200), Code::Malformed, "answers with a web page", vec![TryAgain(None), ChooseModel]),
        (
            "wrong content type",
            Reply::status(200).header("content-type", "image/png").text("x"),
            Code::Malformed,
            "answers with image/png",
            vec![TryAgain(None), ChooseModel],
        ),
        (
            "redirect",
            Reply::status(307).header("location", "https://elsewhere.test/v1"),
            Code::Malformed,
            "points to another address",
            vec![TryAgain(None), ChooseModel],
        ),
        (
            "broken event",
            Reply::sse().data("{\"choices\": oh").stop().done(),
            Code::Malformed,
            "answered something that is not its protocol",
            vec![TryAgain(None), ChooseModel],
        ),
        (
            "200 with an error body",
            Reply::status(200).json(&error("The model `m` does not exist", "model_not_found")),
            Code::ModelMissing,
            "does not exist",
            vec![ChooseModel],
        ),
    ] {
        meets(Fault { name, reply, code, words, actions, requests: 1, part: "" }).await;
    }
}

#[tokio::test]
async fn trouble_that_may_pass_is_tried_three_times() {
    for (name, reply, code, words, actions) in [
        (
            "429",
            soon(429).json(&error("Slow down", "rate_limit_exceeded")),
            Code::RateLimited,
            "Slow down",
            vec![TryAgain(Some(1)), ChooseModel],
        ),
        (
            "500",
            soon(500).json(&error("oops", "server_error")),
            Code::ProviderDown,
            "oops",
            vec![TryAgain(Some(1)), ChooseModel],
        ),
        (
            "503 page",
            soon(503).header("content-type", "text/html").text("<html><title>Busy"),
            Code::ProviderDown,
            "studio has trouble",
            vec![TryAgain(Some(1)), ChooseModel],
        ),
        ("529", soon(529), Code::ProviderDown, "status 529", vec![TryAgain(Some(1)), ChooseModel]),
    ] {
        meets(Fault { name, reply, code, words, actions, requests: 3, part: "" }).await;
    }
}

/// Without a wait of the server's the program chooses one itself, up to seconds long, so that these
/// run side by side.
#[tokio::test]
async fn connections_that_break_before_the_first_word_are_tried_three_times() {
    let fault = |name, reply, code, words, actions| Fault { name, reply, code, words, actions, requests: 3, part: "" };
    let early = "was cut off";
    tokio::join!(
        meets(fault(
            "no answer",
            Reply::refuse(),
            Code::Network,
            "closed the connection",
            vec![TryAgain(None), ChooseModel]
        )),
        meets(fault("empty stream", Reply::sse(), Code::EndedEarly, early, vec![TryAgain(None)])),
        meets(fault("only a comment", Reply::sse().comment("hold on"), Code::EndedEarly, early, vec![TryAgain(None)])),
        meets(fault(
            "cut in the head",
            Reply::raw("HTTP/1.1 200 OK\r\nconte"),
            Code::Network,
            "127.0.0.1",
            vec![TryAgain(None), ChooseModel]
        )),
        meets(fault(
            "garbage for a wait",
            Reply::status(429).header("retry-after", "when pigs fly"),
            Code::RateLimited,
            "studio asks to slow down",
            vec![TryAgain(None), ChooseModel],
        )),
    );
}

#[tokio::test]
async fn after_the_first_word_nothing_is_sent_again_and_the_part_stays() {
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"\u{1F600}\"}}]}\n\n";
    let split = half.find('\u{1F600}').unwrap() + 2;
    for (name, reply, code, words, actions) in [
        (
            "cut between events",
            Reply::sse().delta("A part").cut(),
            Code::EndedEarly,
            "was cut off",
            vec![Continue, TryAgain(None)],
        ),
        (
            "cut in mid-event",
            Reply::sse().delta("A part").bytes("data: {\"choi").cut(),
            Code::EndedEarly,
            "was cut off",
            vec![Continue, TryAgain(None)],
        ),
        (
            "cut in mid-character",
            Reply::sse().delta("A part").bytes(&half.as_bytes()[..split]).cut(),
            Code::EndedEarly,
            "was cut off",
            vec![Continue, TryAgain(None)],
        ),
        (
            "ends without its end",
            Reply::sse().delta("A part"),
            Code::EndedEarly,
            "was cut off",
            vec![Continue, TryAgain(None)],
        ),
        (
            "error event",
            Reply::sse().delta("A part").event(&error("Overloaded", "overloaded_error")),
            Code::ProviderDown,
            "Overloaded",
            vec![Continue, TryAgain(None), ChooseModel],
        ),
        (
            "rate limit in the stream",
            Reply::sse().delta("A part").event(&error("Slow down", "rate_limit_exceeded")),
            Code::RateLimited,
            "Slow down",
            vec![Continue, TryAgain(None), ChooseModel],
        ),
        (
            "garbage",
            Reply::sse().delta("A part").data("}{"),
            Code::Malformed,
            "not its protocol",
            vec![Continue, TryAgain(None), ChooseModel],
        ),
    ] {
        meets(Fault { name, reply, code, words, actions, requests: 1, part: "A part" }).await;
    }
}

#[tokio::test]
async fn a_wait_that_was_asked_for_is_told_and_kept() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::status(429).header("retry-after", "1").json(&error("Slow down", "rate_limit_exceeded")));
    server.on_chat(Reply::answer("Here I am"));
    let world = World::asking(&server).await;
    let start = std::time::Instant::now();
    let answer = world.ask("studio/m", "Hello").await;
    assert!(start.elapsed() >= Duration::from_secs(1), "the second was sent after {:?}", start.elapsed());
    assert_eq!((text_of(&answer).as_str(), server.requests().len()), ("Here I am", 2));
    assert_eq!(state_of(&answer), AnswerState::Complete { reason: StopReason::End });
    let waits: Vec<Waiting> = world.states_of(answer.id).into_iter().filter_map(waiting).collect();
    assert_eq!(waits.len(), 1, "windows were told once that the program waits");
    assert_eq!((waits[0].why.as_str(), waits[0].attempt), ("studio asks to slow down: Slow down", 2));
    let ends_in = waits[0].until - answer.created_at;
    assert!((900..5000).contains(&ends_in), "and until when: {ends_in} ms after the question");
}

fn waiting(info: holdfast_contract::AnswerInfo) -> Option<Waiting> {
    match info.state {
        AnswerState::Streaming { waiting } => waiting,
        _ => None,
    }
}

#[tokio::test]
async fn a_date_is_a_wait_too() {
    let server = FakeServer::start().await;
    // A moment that has passed asks for no wait.
    server.on_chat(Reply::status(503).header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"));
    server.on_chat(Reply::answer("Back"));
    let world = World::asking(&server).await;
    let answer = world.ask("studio/m", "Hello").await;
    assert_eq!((text_of(&answer).as_str(), server.requests().len()), ("Back", 2));

    server.forget("POST", "/v1/chat/completions");
    server.on_chat(Reply::status(503).header("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT"));
    let answer = world.ask("studio/m", "Hello").await;
    let failure = failure_of(&answer);
    assert_eq!(failure.code, Code::ProviderDown);
    assert!(matches!(failure.actions[0], Action::TryAgain { after: Some(after) } if after > 1_000_000), "{failure:?}");
    assert_eq!(server.requests().len(), 3, "a wait of years is left to the user");
}

async fn asked_at(base_url: &str, more: &str) -> MessageView {
    let world = World::with(&models(&[row("studio", "openai_chat", base_url, more)])).await;
    world.ask("studio/m", "Hello").await
}

#[tokio::test]
async fn a_local_server_that_does_not_run_is_named_with_the_way_to_start_it() {
    let nowhere = FakeServer::nowhere().await;
    let yaml = format!(
        "providers:\n  - {{ id: ollama, base_url: \"{nowhere}\" }}\n  - {{ id: lmstudio, base_url: \"{nowhere}/v1\" }}\n"
    );
    let world = World::with(&yaml).await;
    let answer = world.ask("ollama/llama", "Hello").await;
    let failure = failure_of(&answer);
    assert_eq!((failure.code, failure.message), (Code::NotRunning, format!("Ollama does not run at {nowhere}.")));
    assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("ollama serve")), "{:?}", failure.hint);
    let ollama = ProviderId::from("ollama");
    let expected =
        [Action::StartServer { provider: ollama.clone() }, Action::TryAgain { after: None }, Action::ChooseModel];
    assert_eq!(failure.actions, expected);
    let catalogue = world.send(GetCatalogue { refresh: true }).await.unwrap();
    let reach = catalogue.providers.iter().find(|provider| provider.id == ollama).map(|provider| &provider.reach);
    assert_eq!(reach, Some(&Reach::NotRunning), "the picker shows it too");
}

#[tokio::test]
async fn a_server_that_was_started_meanwhile_answers() {
    let server = FakeServer::start().await;
    server.ollama_models(["llama"]);
    server.on("POST", "/api/chat", Reply::ollama_answer("Awake"));
    let nowhere = FakeServer::nowhere().await;
    let world = World::with(&format!("providers:\n  - {{ id: ollama, base_url: \"{nowhere}\" }}\n")).await;
    assert_eq!(failure_of(&world.ask("ollama/llama", "Hello").await).code, Code::NotRunning);
    world.write_models(&models(&[ollama(&server)]));
    world.restart().await;
    assert_eq!(text_of(&world.ask("ollama/llama", "Hello").await), "Awake");
}

#[tokio::test]
async fn names_that_lead_nowhere_and_ports_that_speak_no_tls_say_so() {
    let server = FakeServer::start().await;
    let tls = server.url().replace("http://", "https://");
    let (dns, tls, cloud) = tokio::join!(
        asked_at("https://no-such-host.invalid/v1", "key: none"),
        asked_at(&tls, "key: none"),
        asked_at("https://127.0.0.1:1/v1", "key: none, place: cloud"),
    );
    for (name, answer, words) in [
        ("DNS", dns, "The name no-such-host.invalid could not be found."),
        ("TLS", tls, "The connection to 127.0.0.1 could not be secured"),
        ("refused at a company", cloud, "127.0.0.1 refused the connection."),
    ] {
        let failure = failure_of(&answer);
        assert_eq!(failure.code, Code::Network, "{name}: {failure:?}");
        assert!(failure.message.contains(words), "{name}: {failure:?}");
        assert_eq!(offers(&failure), [TryAgain(None), ChooseModel], "{name}");
    }
}

#[tokio::test]
async fn faults_of_the_other_wire_are_the_same_to_a_person() {
    for (name, reply, code, requests, part) in [
        ("no model", Reply::status(404).json(&json!({ "error": "model 'm' not found" })), Code::ModelMissing, 1, ""),
        ("500", soon(500).json(&json!({ "error": "llama runner process has terminated" })), Code::ProviderDown, 3, ""),
        ("cut in mid-line", Reply::ndjson().delta("A part").bytes("{\"mess").cut(), Code::EndedEarly, 1, "A part"),
        ("no end", Reply::ndjson().delta("A part"), Code::EndedEarly, 1, "A part"),
        (
            "error line",
            Reply::ndjson().delta("A part").event(&json!({ "error": "out of memory" })),
            Code::ProviderDown,
            1,
            "A part",
        ),
        ("web page", Reply::html(200), Code::Malformed, 1, ""),
    ] {
        let server = FakeServer::start().await;
        server.on_ollama_chat(reply);
        let world = World::with(&models(&[ollama(&server), studio(&server)])).await;
        let answer = world.ask("ollama/m", "Hello").await;
        assert_eq!(failure_of(&answer).code, code, "{name}: {answer:?}");
        assert_eq!((server.requests().len(), text_of(&answer).as_str()), (requests, part), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_by_its_length_or_a_filter_is_whole_all_the_same() {
    for (finish, reason) in
        [("length", StopReason::Length), ("content_filter", StopReason::Filtered), ("stop", StopReason::End)]
    {
        let server = FakeServer::start().await;
        server.on_chat(Reply::sse().delta("So far").finish(finish).done());
        let world = World::asking(&server).await;
        let answer = world.ask("studio/m", "Hello").await;
        assert_eq!((text_of(&answer).as_str(), state_of(&answer)), ("So far", AnswerState::Complete { reason }));
    }
}

#[tokio::test]
async fn a_conversation_with_a_failed_answer_goes_on() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::status(404).json(&error("The model `m` does not exist", "model_not_found")));
    server.on_chat(Reply::answer("Better"));
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    failure_of(&chat.ask("First").await);
    assert_eq!(text_of(&chat.ask("Second").await), "Better");
    let messages = server.requests()[1].body["messages"].clone();
    assert_eq!(messages, json!([{ "role": "user", "content": "First\n\nSecond" }]), "empty answers are not sent");
}
