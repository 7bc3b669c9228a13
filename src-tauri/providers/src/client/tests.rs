use std::time::Duration;

use futures::TryStreamExt;
use holdfast_contract::{KeyNeed, KeyTestResult, Part, Role, StopReason, Usage, WireName};
use holdfast_core::exchange::{ErrorKind, Message};
use holdfast_core::{Origin, Secret};
use holdfast_testkit::{Canary, FakeModel, FakeServer, Gate, Reply};
use serde_json::json;

use super::*;

mod faults;
mod keys;
mod lists;

/// Waits that a test can sit through. Only tests of a wait depend on their length.
const SHORT: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(1),
    first_byte_local: Duration::from_secs(1),
    idle: Duration::from_secs(1),
    payload_idle: Duration::from_secs(2),
    probe: Duration::from_secs(1),
};

fn client() -> Client {
    Client::new(Timeouts::default()).unwrap().rehearsal_pace(Duration::ZERO)
}

fn impatient() -> Client {
    Client::new(SHORT).unwrap()
}

fn row(base_url: &str, wire: WireName, key: KeyNeed) -> ProviderRow {
    ProviderRow::custom("fake".into(), "Fake".into(), base_url, wire, key).unwrap()
}

fn chat(server: &FakeServer) -> ProviderRow {
    row(&server.openai_url(), WireName::OpenaiChat, KeyNeed::Optional)
}

fn ollama(server: &FakeServer) -> ProviderRow {
    row(&server.url(), WireName::Ollama, KeyNeed::None)
}

fn question(text: &str) -> Request {
    Request {
        model: "m".into(),
        instructions: None,
        messages: vec![Message { role: Role::User, parts: vec![Part::Text { text: text.to_owned() }] }],
        max_output: None,
        context_window: None,
        package: None,
    }
}

fn credential(secret: &str, origin: &Origin) -> Credential {
    Credential::new(Secret::new(secret.to_owned()), origin.clone())
}

/// Everything a stream gave, and its error.
async fn collect(mut stream: EventStream) -> (Vec<Event>, Option<ProviderError>) {
    let mut events = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error is the end");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

async fn ask(client: &Client, provider: &ProviderRow) -> (Vec<Event>, Option<ProviderError>) {
    match client.stream(provider, &question("Hi"), None).await {
        Ok(stream) => collect(stream).await,
        Err(error) => (Vec::new(), Some(error)),
    }
}

fn text(text: &str) -> Event {
    Event::Text(text.to_owned())
}

fn usage(input: u64, output: u64) -> Event {
    Event::Usage(Usage { input: Some(input), output: Some(output), ..Usage::default() })
}

const END: Event = Event::Stop(StopReason::End);

#[tokio::test]
async fn chat_completions_answer() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().comment("soon").reasoning("hm").delta("Hel").delta("lo").usage(5, 2).stop().done());
    let (events, error) = ask(&client(), &chat(&server)).await;
    assert_eq!(error, None, "the answer is whole");
    assert_eq!(events, [Event::Reasoning("hm".into()), text("Hel"), text("lo"), END, usage(5, 2)]);
    let request = server.single_request();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(request.header("authorization"), None, "without a key there is no header for it");
    assert_eq!(request.header("user-agent"), Some("Holdfast"));
}

#[tokio::test]
async fn ollama_answers() {
    let server = FakeServer::start().await;
    server.expect_no_key();
    server.on_ollama_chat(Reply::ndjson().reasoning("hm").delta("Hel").delta("lo").usage(5, 2).done());
    let request = Request { context_window: Some(4096), ..question("Hi") };
    let key = credential("unused", &server.origin());
    let stream = client().stream(&ollama(&server), &request, Some(key)).await.unwrap();
    let (events, error) = collect(stream).await;
    assert_eq!(error, None, "the answer is whole");
    assert_eq!(events, [Event::Reasoning("hm".into()), text("Hel"), text("lo"), usage(5, 2), END]);
    assert_eq!(server.single_request().body["options"], json!({ "num_ctx": 4096 }));
}

#[tokio::test]
async fn events_come_when_they_are_sent() {
    let server = FakeServer::start().await;
    let gate = Gate::new();
    server.on_chat(Reply::sse().delta("a").wait(&gate).delta("b").stop().done());
    let mut stream = client().stream(&chat(&server), &question("Hi"), None).await.unwrap();
    assert_eq!(stream.try_next().await, Ok(Some(text("a"))), "before the server goes on");
    gate.open();
    assert_eq!(stream.try_collect::<Vec<_>>().await, Ok(vec![text("b"), END]));
}

#[tokio::test]
async fn rehearsal_answers_without_a_network() {
    let (catalogue, _) = crate::Catalogue::load(None);
    let provider = catalogue.provider(&"rehearsal".into()).unwrap();
    let (events, error) = ask(&client(), provider).await;
    assert_eq!(error, None);
    assert_eq!(events.last(), Some(&END));
    assert!(client().probe(provider).await, "it is always there");
    let models = client().models(provider, None).await.unwrap();
    assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["rehearsal"]);
}

#[tokio::test]
async fn rehearsal_keeps_its_pace() {
    let (catalogue, _) = crate::Catalogue::load(None);
    let provider = catalogue.provider(&"rehearsal".into()).unwrap();
    let client = Client::new(Timeouts::default()).unwrap().rehearsal_pace(Duration::from_millis(2));
    let started = tokio::time::Instant::now();
    let (events, _) = ask(&client, provider).await;
    let words = events.iter().filter(|event| matches!(event, Event::Text(_))).count();
    assert!(started.elapsed() >= Duration::from_millis(2) * u32::try_from(words).unwrap(), "a pause before each word");
}

#[tokio::test]
async fn dropping_a_stream_cancels_the_request() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("a").stall());
    let mut stream = client().stream(&chat(&server), &question("Hi"), None).await.unwrap();
    assert_eq!(stream.try_next().await, Ok(Some(text("a"))));
    drop(stream);
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn dropping_the_wait_for_an_answer_cancels_it_too() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::silent());
    let (client, provider, request) = (client(), chat(&server), question("Hi"));
    let waiting = tokio::spawn(async move { client.stream(&provider, &request, None).await.is_ok() });
    server.wait_for_requests(1).await;
    waiting.abort();
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn any_split_of_a_recorded_answer_reads_the_same() {
    let server = FakeServer::start().await;
    let recorded = "\u{feff}: x\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"h\u{e9}\u{1F600}\"}}]}\r\n\r\n\
                    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]";
    let client = client();
    for size in [1, 2, 3, 5, 7, 1000] {
        let reply = recorded.as_bytes().chunks(size).fold(Reply::sse(), Reply::bytes);
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        let (events, error) = ask(&client, &chat(&server)).await;
        assert_eq!((events, error), (vec![text("h\u{e9}\u{1F600}"), END], None), "{size} bytes at a time");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    // gzip of `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}`, stored without compression.
    let body = br#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#;
    let length = u16::try_from(body.len()).unwrap();
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    gzip.extend(length.to_le_bytes());
    gzip.extend((!length).to_le_bytes());
    gzip.extend(body);
    let mut crc = u32::MAX;
    for byte in body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    gzip.extend((!crc).to_le_bytes());
    gzip.extend(u32::from(length).to_le_bytes());
    let server = FakeServer::start().await;
    server.on_chat(Reply::status(200).header("content-encoding", "gzip").bytes(gzip));
    assert_eq!(ask(&client(), &chat(&server)).await, (vec![text("a"), END], None));
}

#[tokio::test]
async fn a_base_address_may_have_a_query() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("a"));
    let mut provider = chat(&server);
    provider.base_url = format!("{}/v1/?api-version=7", server.url());
    ask(&client(), &provider).await;
    assert_eq!(server.single_request().path, "/v1/chat/completions?api-version=7");
}

#[tokio::test]
async fn a_row_s_headers_are_sent() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("a"));
    let mut provider = chat(&server);
    provider.headers.insert("X-Team".into(), "blue".into());
    ask(&client(), &provider).await;
    assert_eq!(server.single_request().header("x-team"), Some("blue"));
}

#[tokio::test]
async fn a_connection_serves_the_next_question() {
    // Two whole answers on one connection: the second is read from the same socket.
    let answer = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let serve = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut socket, _) = listener.accept().await.unwrap();
        for _ in 0..2 {
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0, "the connection stays open");
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            socket.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
        }
    });
    let (client, provider) = (client(), row(&url, WireName::OpenaiChat, KeyNeed::None));
    for _ in 0..2 {
        assert_eq!(ask(&client, &provider).await, (vec![text("a"), END], None));
    }
    serve.await.unwrap();
}

#[tokio::test]
async fn a_probe_sees_whether_anything_answers() {
    let server = FakeServer::start().await;
    server.expect_no_key();
    assert!(client().probe(&ollama(&server)).await, "even a 404 is a sign of life");
    let nowhere = row(&FakeServer::nowhere().await, WireName::Ollama, KeyNeed::None);
    assert!(!client().probe(&nowhere).await, "nothing listens");
    server.on("GET", "/v1/models", Reply::silent());
    let quick = Client::new(Timeouts { probe: Duration::from_millis(50), ..SHORT }).unwrap();
    assert!(!quick.probe(&chat(&server)).await, "silence is no sign of life");
}
