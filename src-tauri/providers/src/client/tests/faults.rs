//! Bad input and faults.

use super::*;

/// What is expected of a failure: how much came before it, its kind, its status, words of its message.
struct Expected<'a> {
    before: &'a [&'a str],
    kind: ErrorKind,
    status: Option<u16>,
    words: &'a str,
}

fn fails(kind: ErrorKind, status: u16, words: &str) -> Expected<'_> {
    Expected { before: &[], kind, status: Some(status), words }
}

fn breaks<'a>(before: &'a [&'a str], kind: ErrorKind, words: &'a str) -> Expected<'a> {
    Expected { before, kind, status: None, words }
}

fn check(name: &str, got: (Vec<Event>, Option<ProviderError>), expected: &Expected<'_>) -> ProviderError {
    let (events, error) = got;
    let said: Vec<Event> = expected.before.iter().map(|said| text(said)).collect();
    assert_eq!(events, said, "{name}: what came before the failure stays");
    let error = error.unwrap_or_else(|| panic!("{name}: it is no whole answer"));
    assert_eq!((error.kind, error.status), (expected.kind, expected.status), "{name}: {error:?}");
    assert!(error.message.contains(expected.words), "{name}: {:?} does not say {:?}", error.message, expected.words);
    assert_eq!(error.provider.0, "fake", "{name}");
    error
}

fn openai_error(message: &str, code: &str) -> serde_json::Value {
    json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": code } })
}

#[tokio::test]
async fn statuses_say_what_they_mean() {
    use ErrorKind::*;
    for (name, reply, expected) in [
        (
            "401",
            Reply::status(401).json(&openai_error("Incorrect API key", "invalid_api_key")),
            fails(Auth, 401, "Incorrect API key"),
        ),
        ("403", Reply::status(403).json(&json!({ "error": "not for you" })), fails(Permission, 403, "not for you")),
        (
            "404 model",
            Reply::status(404).json(&openai_error("The model `m` does not exist", "model_not_found")),
            fails(ModelMissing, 404, "does not exist"),
        ),
        (
            "404 page",
            Reply::status(404).header("content-type", "text/plain").text("404 page not found"),
            fails(BadRequest, 404, "There is nothing at /v1/chat/completions on 127.0.0.1. Check the base URL"),
        ),
        (
            "404 path",
            Reply::status(404).json(&json!({ "detail": "Not Found" })),
            fails(BadRequest, 404, "Check the base URL"),
        ),
        ("408", Reply::status(408), fails(Overloaded, 408, "Fake answered with status 408 and no words.")),
        (
            "402",
            Reply::status(402).json(&json!({ "error": { "message": "Insufficient credits", "code": 402 } })),
            fails(Quota, 402, "Insufficient credits"),
        ),
        (
            "429 quota",
            Reply::status(429).json(&openai_error("You exceeded your current quota", "insufficient_quota")),
            fails(Quota, 429, "quota"),
        ),
        ("500", Reply::status(500).json(&openai_error("oops", "server_error")), fails(Overloaded, 500, "oops")),
        ("502 page", Reply::html(502), fails(Overloaded, 502, "502 from a proxy")),
        ("503", Reply::status(503).text("upstream\n\ngone"), fails(Overloaded, 503, "upstream gone")),
        (
            "529",
            Reply::status(529)
                .json(&json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } })),
            fails(Overloaded, 529, "Overloaded"),
        ),
        ("498", Reply::status(498), fails(Overloaded, 498, "498")),
        (
            "400 too long",
            Reply::status(400)
                .json(&openai_error("This model's maximum context length is 10", "context_length_exceeded")),
            fails(ContextTooLong, 400, "maximum"),
        ),
        (
            "422",
            Reply::status(422).json(&json!({ "detail": [{ "loc": ["body", "x"], "msg": "bad" }] })),
            fails(BadRequest, 422, "body.x: bad"),
        ),
        ("huge body", Reply::status(500).text(&"x".repeat(200_000)), fails(Overloaded, 500, "status 500 and no words")),
        ("status cut", Reply::status(500).text("{\"error\":").cut(), fails(Overloaded, 500, "status 500")),
    ] {
        let server = FakeServer::start().await;
        server.on_chat(reply);
        check(name, ask(&client(), &chat(&server)).await, &expected);
    }
}

#[tokio::test]
async fn a_wait_is_read_from_every_form_and_garbage_is_not() {
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(30);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
    for (name, value, least, most) in [
        ("retry-after", "2", Some(2000), 2000),
        ("retry-after", "1.5", Some(1500), 1500),
        ("retry-after-ms", "250", Some(250), 250),
        ("retry-after", date.as_str(), Some(20_000), 30_000),
        ("retry-after", "when pigs fly", None, 0),
        ("retry-after", "", None, 0),
    ] {
        let server = FakeServer::start().await;
        server.on_chat(Reply::status(429).header(name, value).json(&openai_error("slow", "rate_limit_exceeded")));
        let error = check(value, ask(&client(), &chat(&server)).await, &fails(ErrorKind::Rate, 429, "slow"));
        let asked = error.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap());
        assert_eq!(asked.is_some(), least.is_some(), "{name}: {value}");
        assert!(
            asked.is_none_or(|asked| (least.unwrap_or(0)..=most).contains(&asked)),
            "{name}: {value}: {asked:?} ms"
        );
    }
}

#[tokio::test]
async fn streams_that_break_are_not_answers() {
    use ErrorKind::*;
    let early = "before the answer was complete";
    let event = |content: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n");
    let half = event("\u{1F600}");
    for (name, reply, expected) in [
        ("empty", Reply::sse(), breaks(&[], EndedEarly, early)),
        ("only comments", Reply::sse().comment("x"), breaks(&[], EndedEarly, early)),
        ("ends without its end", Reply::sse().delta("a"), breaks(&["a"], EndedEarly, early)),
        ("cut between events", Reply::sse().delta("a").cut(), breaks(&["a"], EndedEarly, early)),
        (
            "cut in mid-event",
            Reply::sse().delta("a").bytes("data: {\"choices\":[{\"del").cut(),
            breaks(&["a"], EndedEarly, early),
        ),
        (
            "ends in mid-event",
            Reply::sse().delta("a").bytes("data: {\"choices\":[{\"del"),
            breaks(&["a"], EndedEarly, early),
        ),
        (
            "cut in mid-character",
            Reply::sse().delta("a").bytes(&half.as_bytes()[..half.find('\u{1F600}').unwrap() + 2]).cut(),
            breaks(&["a"], EndedEarly, early),
        ),
        (
            "ends in mid-character",
            Reply::sse().delta("a").bytes(&half.as_bytes()[..half.find('\u{1F600}').unwrap() + 2]),
            breaks(&["a"], EndedEarly, early),
        ),
        ("an empty JSON body", Reply::status(200), breaks(&[], EndedEarly, early)),
        ("half a JSON body", Reply::status(200).text("{\"choices\":[{\"mess"), breaks(&[], EndedEarly, early)),
        ("no reply", Reply::refuse(), breaks(&[], Network, "closed the connection without an answer")),
        ("not HTTP", Reply::raw("SSH-2.0-OpenSSH\r\n\r\n"), breaks(&[], Network, "without an answer")),
    ] {
        let server = FakeServer::start().await;
        server.on_chat(reply);
        check(name, ask(&client(), &chat(&server)).await, &expected);
    }
}

#[tokio::test]
async fn replies_that_are_not_the_wires_say_so() {
    use ErrorKind::*;
    for (name, reply, expected) in [
        ("a web page", Reply::html(200), fails(Malformed, 200, "answers with a web page. Check the base URL")),
        (
            "an image",
            Reply::status(200).header("content-type", "image/png").text("x"),
            fails(Malformed, 200, "image/png"),
        ),
        (
            "not JSON",
            Reply::sse().delta("a").data("nonsense").delta("b").stop().done(),
            Expected { before: &["a"], ..fails(Malformed, 200, "not JSON: nonsense") },
        ),
        (
            "error event",
            Reply::sse().delta("a").event(&json!({ "error": { "message": "boom", "type": "server_error" } })).done(),
            Expected { before: &["a"], ..fails(Overloaded, 200, "boom") },
        ),
        (
            "named error event",
            Reply::sse().named("error", &json!({ "message": "boom" })),
            fails(Overloaded, 200, "boom"),
        ),
        (
            "error with a status",
            Reply::sse().event(&json!({ "error": { "code": 429, "message": "slow" }, "choices": [] })),
            fails(Rate, 429, "slow"),
        ),
        (
            "error body under 200",
            Reply::status(200).json(&json!({ "error": { "code": 401, "message": "no" } })),
            fails(Auth, 401, "no"),
        ),
        (
            "endless line",
            (0..20).fold(Reply::sse().delta("a"), |reply, _| reply.bytes(vec![b'x'; 100_000])),
            Expected { status: None, before: &["a"], ..fails(Malformed, 200, "longer than 1 MiB") },
        ),
    ] {
        let server = FakeServer::start().await;
        server.on_chat(reply);
        check(name, ask(&client(), &chat(&server)).await, &expected);
    }
}

#[tokio::test]
async fn answers_under_another_name_are_read_as_what_they_are() {
    let whole = json!({ "choices": [{ "message": { "content": "a" }, "finish_reason": "stop" }] });
    let lines = "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true}\n";
    let server = FakeServer::start().await;
    for (name, reply) in [
        ("a whole answer", Reply::status(200).json(&whole)),
        ("blank lines before it", Reply::status(200).text(&format!("\n\n  {whole}"))),
        ("no content type", Reply::sse().header("content-type", "").delta("a").stop().done()),
        ("nothing after the finish", Reply::sse().delta("a").stop()),
        ("a cut after the finish", Reply::sse().delta("a").stop().cut()),
        ("no blank line at the end", Reply::sse().delta("a").bytes("data: [DONE]")),
    ] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        assert_eq!(ask(&client(), &chat(&server)).await, (vec![text("a"), END], None), "{name}");
    }
    server.on_ollama_chat(Reply::status(200).text(lines));
    assert_eq!(ask(&client(), &ollama(&server)).await, (vec![text("a"), END], None), "lines called JSON");
}

#[tokio::test]
async fn a_connection_that_stays_open_does_not_hold_the_answer() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("a").stop().done().stall());
    assert_eq!(ask(&client(), &chat(&server)).await, (vec![text("a"), END], None), "the end of the answer is enough");
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn ollama_breaks_in_its_own_ways() {
    use ErrorKind::*;
    let early = "before the answer was complete";
    for (name, reply, expected) in [
        (
            "model missing",
            Reply::status(404).json(&json!({ "error": "model 'm' not found" })),
            fails(ModelMissing, 404, "not found"),
        ),
        (
            "busy",
            Reply::status(503)
                .json(&json!({ "error": "server busy, please try again.  maximum pending requests exceeded" })),
            fails(Overloaded, 503, "busy"),
        ),
        (
            "too long",
            Reply::status(400).json(&json!({ "error": "the prompt exceeds the available context size" })),
            fails(ContextTooLong, 400, "exceeds"),
        ),
        (
            "error line",
            Reply::ndjson().delta("a").event(&json!({ "error": "out of memory" })),
            Expected { before: &["a"], ..fails(Overloaded, 200, "out of memory") },
        ),
        ("half a line", Reply::ndjson().delta("a").bytes("{\"message\":{\"con"), breaks(&["a"], EndedEarly, early)),
        (
            "half a character",
            Reply::ndjson().delta("a").bytes(b"{\"message\":{\"content\":\"\xF0\x9F".to_vec()).cut(),
            breaks(&["a"], EndedEarly, early),
        ),
        ("empty", Reply::ndjson(), breaks(&[], EndedEarly, early)),
        ("a web page", Reply::html(200), fails(Malformed, 200, "web page")),
    ] {
        let server = FakeServer::start().await;
        server.on_ollama_chat(reply);
        check(name, ask(&client(), &ollama(&server)).await, &expected);
    }
}

#[tokio::test]
async fn silence_ends_after_its_time() {
    let alive = Duration::from_millis(100);
    let comments = (0..40).fold(Reply::sse().delta("a"), |reply, _| reply.comment("alive").pause(alive));
    let keepalives =
        (0..40).fold(Reply::sse().delta("a"), |reply, _| reply.event(&json!({ "type": "keepalive" })).pause(alive));
    let cases = [
        ("before the first byte", Reply::silent(), &[][..]),
        ("after the headers", Reply::sse().stall(), &[]),
        ("after the first word", Reply::sse().delta("a").stall(), &["a"]),
        ("in mid-event", Reply::sse().delta("a").bytes("data: {").stall(), &["a"]),
        ("behind comments", comments, &["a"]),
        ("behind keep-alive events", keepalives, &["a"]),
        ("in an error body", Reply::status(200).text("{").stall(), &[]),
    ];
    let waits = cases.into_iter().map(|(name, reply, before)| async move {
        let server = FakeServer::start().await;
        server.on_chat(reply);
        let got = ask(&impatient(), &chat(&server)).await;
        check(name, got, &breaks(before, ErrorKind::Timeout, "Fake sent nothing for"));
        server.wait_for_disconnect().await;
    });
    futures::future::join_all(waits).await;
}

#[tokio::test]
async fn a_local_model_may_take_longer_to_begin() {
    let server = FakeServer::start().await;
    server.on_ollama_chat(Reply::silent());
    let patient = Timeouts { first_byte_local: Duration::from_secs(300), ..SHORT };
    let client = Client::new(patient).unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(1500), ask(&client, &ollama(&server))).await;
    assert!(waited.is_err(), "the wait for a company has passed, and it still waits");
}

#[tokio::test]
async fn addresses_that_cannot_be_reached_are_named() {
    use ErrorKind::*;
    let nowhere = FakeServer::nowhere().await;
    let server = FakeServer::start().await;
    let secured = server.url().replace("http://", "https://");
    for (base_url, place, kind, words) in [
        (nowhere.clone(), Place::Local, NotRunning, format!("Nothing answers at {nowhere}.")),
        (nowhere, Place::Cloud, Network, "127.0.0.1 refused the connection.".to_owned()),
        (
            "https://no-such-name.invalid/v1".to_owned(),
            Place::Cloud,
            Network,
            "The name no-such-name.invalid could not be found.".to_owned(),
        ),
        (
            secured,
            Place::Local,
            Network,
            "The connection to 127.0.0.1 could not be secured: the server does not speak TLS at this port.".to_owned(),
        ),
    ] {
        let provider = ProviderRow { place, ..row(&base_url, WireName::OpenaiChat, KeyNeed::None) };
        // A proxy of the machine must not answer for a name that does not exist.
        let client = Client { outside: client().direct, ..client() };
        let error = check(&base_url, ask(&client, &provider).await, &breaks(&[], kind, &words));
        assert_eq!(error.message, words, "{base_url}");
    }
}

#[tokio::test]
async fn metadata_addresses_are_not_asked() {
    let mut provider = row("http://127.0.0.1:1/v1", WireName::OpenaiChat, KeyNeed::None);
    for base_url in ["http://169.254.169.254/v1", "http://2852039166/v1", "http://[fe80::1]/v1"] {
        provider.base_url = base_url.to_owned();
        let got = ask(&client(), &provider).await;
        check(base_url, got, &breaks(&[], ErrorKind::BadRequest, "nothing is sent there"));
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_refused_after_it_was_found() {
    use reqwest::dns::Resolve;
    let name = "169.254.169.254".parse().unwrap();
    let refused = crate::address::GuardedResolver.resolve(name).await.err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("the name leads to a link-local or metadata address"));
    let name = "127.0.0.1".parse().unwrap();
    assert_eq!(
        crate::address::GuardedResolver.resolve(name).await.map(Iterator::count).ok(),
        Some(1),
        "others are found"
    );
}
