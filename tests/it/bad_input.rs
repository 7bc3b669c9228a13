//! Input that nobody should give, and somebody will.

use holdfast_contract::{
    Action, Code, Command, ContinueAnswer, ConversationId, CreateConversation, DeleteConversation, DeleteKey,
    DeleteProvider, EntryPurpose, GetCatalogue, GetStatus, Highlight, KeyId, KeyNeed, LoadMessages, MessageId,
    ModelRef, OpenConversation, OpenEntry, OpenLink, Place, Reach, RenameConversation, RestoreConversation,
    RetryAnswer, SaveDraft, SaveProvider, SelectSibling, SendMessage, SetModel, StopAnswer, StoreState, TestKey,
    UnlockWithKeychain, WireName, commands,
};
use holdfast_testkit::{FakeServer, Reply};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, text_of};

#[tokio::test]
async fn a_message_that_says_nothing_is_not_sent() {
    let server = FakeServer::start().await;
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    for text in ["", " ", "\n\t \r\n", "\u{a0}\u{2003}\u{3000}"] {
        let failure = world.refused(SendMessage { conversation: chat.id, text: text.to_owned(), edits: None }).await;
        assert_eq!(failure.code, Code::BadRequest, "{text:?}");
    }
    assert_eq!((chat.texts().await, server.requests().len()), (Vec::<String>::new(), 0), "nothing was stored or sent");
}

#[tokio::test]
async fn a_message_of_a_megabyte_goes_there_and_back() {
    let server = FakeServer::start().await;
    let question: String = (0..70_000).map(|line| format!("line {line} ünï\n")).collect();
    assert!(question.len() > 1_000_000, "{}", question.len());
    let answer: String = question.chars().rev().collect();
    let characters: Vec<char> = answer.chars().collect();
    let pieces = characters.chunks(20_000).map(|piece| piece.iter().collect::<String>());
    server.on_chat(pieces.fold(Reply::sse(), |reply, piece| reply.delta(&piece)).stop().done());
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let stored = chat.ask(&question).await;
    assert!(text_of(&stored) == answer, "an answer of a megabyte is kept whole");
    assert!(
        server.single_request().body["messages"][0]["content"] == json!(question),
        "and the question is sent whole"
    );
    world.restart().await;
    assert!(chat.texts().await == [question, answer], "and both are there after a restart");
}

#[tokio::test]
async fn a_message_that_can_only_be_a_mistake_is_refused_and_the_draft_stays() {
    let world = World::new().await;
    let chat = world.chat("rehearsal/rehearsal").await;
    world.send(SaveDraft { conversation: chat.id, text: "mine".to_owned() }).await.unwrap();
    let text = "x".repeat(17 * 1024 * 1024);
    let failure = world.refused(SendMessage { conversation: chat.id, text, edits: None }).await;
    assert_eq!((failure.code, chat.open().await.draft.as_str()), (Code::TooLong, "mine"));
}

#[tokio::test]
async fn a_question_longer_than_the_window_stands_in_the_conversation_with_a_way_out() {
    let world = World::new().await;
    let chat = world.chat("rehearsal/rehearsal").await;
    let answer = chat.ask(&"word ".repeat(40_000)).await;
    let failure = crate::world::failure_of(&answer);
    assert_eq!((failure.code, failure.actions), (Code::TooLong, vec![Action::ChooseModel]));
    assert_eq!(chat.open().await.lengths, [200_000, 0], "the question is kept");
}

#[tokio::test]
async fn every_character_is_kept_and_sent_as_it_is() {
    for (name, text) in [
        ("emoji", "👩‍👩‍👧‍👦 🏳️‍🌈 👋🏽 🇩🇪"),
        ("right to left", "שלום \u{202e}abc\u{202c} مرحبا"),
        ("NUL", "before\0after"),
        ("control characters", "\u{1}\u{7}\u{8}\u{1b}[31mred\u{1b}[0m\u{7f}\u{85}"),
        ("line ends", "a\r\nb\rc\nd\u{2028}e\u{2029}f"),
        ("combining", "e\u{301} Z\u{335}\u{33f}\u{489}algo"),
        ("non-characters", "\u{fffe}\u{ffff}\u{fffd}\u{feff}x"),
        ("quotes", "'; DROP TABLE message; -- \" \\ \\u0000 </script> {{x}}"),
        ("last plane", "\u{10ffff}\u{1f9d1}"),
        ("spaces at the ends", "  padded\t\n"),
    ] {
        let server = FakeServer::start().await;
        server.on_chat(Reply::sse().delta(text).stop().done());
        let world = World::asking(&server).await;
        let chat = world.chat("studio/m").await;
        chat.ask(text).await;
        assert_eq!(server.single_request().body["messages"][0]["content"], json!(text), "{name}: sent as it is");
        world.restart().await;
        assert_eq!(chat.texts().await, [text, text], "{name}: both are kept as they were");
        let title = chat.open().await.summary.title;
        assert!(!title.chars().any(char::is_control), "{name}: a title holds no control characters: {title:?}");
    }
}

#[tokio::test]
async fn a_model_that_nobody_has_says_so() {
    let server = FakeServer::start().await;
    server.on_chat(
        Reply::status(404).json(&json!({ "error": { "message": "no such model", "code": "model_not_found" } })),
    );
    let world = World::asking(&server).await;
    let chat = world.chat("nobody/anything").await;
    let send = SendMessage { conversation: chat.id, text: "Hello".to_owned(), edits: None };
    let failure = world.refused(send.clone()).await;
    assert_eq!((failure.code, failure.actions), (Code::ModelMissing, vec![Action::ChooseModel]));
    assert!(failure.message.contains("nobody"), "it names who is missing: {}", failure.message);
    assert_eq!(chat.texts().await, Vec::<String>::new(), "the question stays in the composer");
    world.send(SetModel { conversation: chat.id, model: ModelRef::parse("studio/unheard-of").unwrap() }).await.unwrap();
    let answer = chat.end_after(send).await;
    assert_eq!(crate::world::failure_of(&answer).code, Code::ModelMissing);
}

#[tokio::test]
async fn ids_that_are_not_there_are_named_and_nothing_is_made() {
    async fn missing<C: Command>(world: &World, command: C) {
        let failure = world.refused(command).await;
        assert_eq!(failure.code, Code::NotFound, "{}: {failure:?}", C::NAME);
    }
    let world = World::new().await;
    let (conversation, message, key) = (ConversationId(Uuid::now_v7()), MessageId(Uuid::nil()), KeyId(Uuid::max()));
    let text = || "text".to_owned();
    missing(&world, OpenConversation { id: conversation }).await;
    missing(&world, RenameConversation { id: conversation, title: text() }).await;
    missing(&world, RenameConversation { id: conversation, title: String::new() }).await;
    missing(&world, DeleteConversation { id: conversation }).await;
    missing(&world, RestoreConversation { id: conversation }).await;
    missing(&world, SetModel { conversation, model: ModelRef::parse("rehearsal/rehearsal").unwrap() }).await;
    missing(&world, SaveDraft { conversation, text: text() }).await;
    missing(&world, SendMessage { conversation, text: text(), edits: None }).await;
    missing(&world, RetryAnswer { answer: message }).await;
    missing(&world, ContinueAnswer { answer: message }).await;
    missing(&world, SelectSibling { message }).await;
    missing(&world, OpenLink { message, url: "https://example.com".to_owned() }).await;
    missing(&world, TestKey { id: key }).await;
    missing(&world, DeleteKey { id: key }).await;
    missing(&world, OpenEntry { purpose: EntryPurpose::ReplaceKey { key } }).await;
    missing(&world, OpenEntry { purpose: EntryPurpose::AddKey { provider: "nobody".into(), name: text() } }).await;
    missing(&world, DeleteProvider { id: "custom-nobody".into() }).await;
    missing(&world, LoadMessages { conversation, from: 0, count: 10 }).await;
    assert!(world.send(StopAnswer { answer: message }).await.is_ok(), "an answer that has ended may be stopped");
    let chat = world.chat("rehearsal/rehearsal").await;
    missing(&world, SendMessage { conversation: chat.id, text: text(), edits: Some(message) }).await;
    assert!(!world.desktop.entry_is_open(), "no window was opened for what is not there");
    assert_eq!(chat.texts().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_question_is_no_answer() {
    let world = World::new().await;
    let chat = world.chat("rehearsal/rehearsal").await;
    chat.ask("Hello").await;
    let question = chat.open().await.tail[0].id;
    assert_eq!(world.refused(RetryAnswer { answer: question }).await.code, Code::NotFound);
    assert_eq!(world.refused(ContinueAnswer { answer: question }).await.code, Code::NotFound);
    assert_eq!(chat.open().await.lengths.len(), 2, "nothing was added");
}

#[tokio::test]
async fn a_title_is_cut_and_cleaned() {
    let world = World::new().await;
    let chat = world.chat("rehearsal/rehearsal").await;
    for (given, expected) in [
        ("ä".repeat(100_000), "ä".repeat(200)),
        ("a\0b\u{1b}[1mc\nd".to_owned(), "ab[1mcd".to_owned()),
        ("\u{7}\u{7}".to_owned(), String::new()),
    ] {
        let summary = world.send(RenameConversation { id: chat.id, title: given }).await.unwrap();
        assert_eq!(summary.title, expected);
    }
}

#[tokio::test]
async fn bodies_of_another_form_are_refused_and_not_repeated() {
    let world = World::new().await;
    let secret = "sk-in-a-wrong-place-123456";
    let deep = (0..100).fold(json!(secret), |inner, _| json!([inner]));
    let bodies = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(secret),
        json!([]),
        json!([secret, secret]),
        deep,
        json!({ "id": { "id": secret }, "conversation": 7, "text": [secret], "answer": "x", "secret": { "x": secret } }),
        json!({ "id": "not-a-uuid", "conversation": secret, "from": -1, "count": 1e30, "purpose": secret }),
        json!({ "id": null, "conversation": null, "model": { "provider": secret }, "settings": { "theme": secret } }),
    ];
    for command in commands() {
        for body in &bodies {
            let window = command.windows[0].label();
            match world.send_json(window, command.name, body.clone()).await {
                Ok(_) => {}
                Err(failure) => {
                    let said = serde_json::to_string(&failure).unwrap();
                    assert!(!said.contains(secret), "{} repeats what it was sent: {said}", command.name);
                    assert_ne!(failure.code, Code::Internal, "{}: {said} for {body}", command.name);
                }
            }
        }
    }
    // A request to lock needs no body, so it was heard.
    world.send(UnlockWithKeychain {}).await.unwrap();
    assert_eq!(world.send(GetStatus {}).await.unwrap().store, StoreState::Open, "the program goes on");
}

#[tokio::test]
async fn a_body_must_name_what_it_is_about() {
    let world = World::new().await;
    for name in ["OpenConversation", "SendMessage", "LoadMessages", "PasteKey", "SaveProvider", "Highlight"] {
        let failure = world.send_json("main", name, json!({})).await.unwrap_err();
        assert_eq!((failure.code, failure.message), (Code::BadRequest, format!("{name} has another form.")));
    }
}

#[tokio::test]
async fn a_broken_models_file_is_named_by_its_line_and_the_defaults_are_used() {
    for (name, yaml, line) in [
        ("not YAML", "providers:\n  - id: ollama\n    base_url: [", "line"),
        ("unknown field", "providers:\n  - id: ollama\n    base_ulr: http://127.0.0.1:1\n", "line 3"),
        (
            "bad address",
            "providers:\n  - id: openai\n  - id: evil\n    wire: openai_chat\n    base_url: http://example.com\n",
            "line 3",
        ),
        ("no wire", "providers:\n  - id: mine\n    base_url: http://127.0.0.1:1\n", "line 2"),
        ("a key in it", "providers:\n  - id: openai\n    headers: { Authorization: Bearer sk-123 }\n", "line 2"),
        ("another type", "providers: 7\n", "line 1"),
        ("slash in an id", "providers:\n  - { id: a/b, wire: ollama, base_url: \"http://127.0.0.1:1\" }\n", "line 2"),
    ] {
        let world = World::with(yaml).await;
        let catalogue = world.send(GetCatalogue { refresh: false }).await.unwrap();
        let warning = catalogue.warning.unwrap_or_else(|| panic!("{name}: nothing is said about it"));
        assert!(warning.contains(line), "{name}: {warning:?} does not name {line}");
        let ids: Vec<&str> = catalogue.providers.iter().map(|provider| provider.id.0.as_str()).collect();
        assert_eq!(ids, ["openai", "groq", "openrouter", "ollama", "lmstudio", "rehearsal"], "{name}");
        let ollama = catalogue.providers.iter().find(|provider| provider.id.0 == "ollama").unwrap();
        assert_eq!(ollama.base_url, "http://127.0.0.1:11434", "{name}: half a file changes nothing");
        assert_eq!(std::fs::read_to_string(world.file("models.yaml")).unwrap(), yaml, "{name}: the file is left alone");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_and_folders_in_the_place_of_the_file_are_named_too() {
    let world = World::new().await;
    world.quit().await;
    std::fs::write(world.file("models.yaml"), b"providers:\n  - id: \xff\xfe").unwrap();
    world.start().await;
    let warning = world.send(GetCatalogue { refresh: false }).await.unwrap().warning;
    assert!(warning.as_ref().is_some_and(|warning| warning.contains("models.yaml")), "{warning:?}");
    world.quit().await;
    std::fs::remove_file(world.file("models.yaml")).unwrap();
    std::fs::create_dir(world.file("models.yaml")).unwrap();
    world.start().await;
    let catalogue = world.send(GetCatalogue { refresh: false }).await.unwrap();
    assert_eq!((catalogue.warning.is_some(), catalogue.providers.len()), (true, 6));
}

#[tokio::test]
async fn an_address_that_must_not_be_asked_makes_no_provider() {
    let world = World::new().await;
    let save = |base_url: &str| SaveProvider {
        id: None,
        name: "Mine".to_owned(),
        base_url: base_url.to_owned(),
        wire: WireName::OpenaiChat,
        key: KeyNeed::None,
    };
    for url in [
        "",
        "example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://example.com/v1",
        "http://8.8.8.8/v1",
        "https://user:secret@example.com",
        "http://169.254.169.254/latest",
        "http://2852039166/",
        "http://[fe80::1]/",
        "https://",
        "http://127.0.0.1:99999",
        "javascript:alert(1)",
        "https://exa mple.com",
    ] {
        let failure = world.refused(save(url)).await;
        assert_eq!(failure.code, Code::BadRequest, "{url:?}: {failure:?}");
        assert!(!failure.message.contains("secret"), "{url}: {}", failure.message);
    }
    let nameless = SaveProvider { name: " \0".to_owned(), ..save("http://127.0.0.1:1/v1") };
    assert_eq!(world.refused(nameless).await.code, Code::BadRequest);
    let built_in = SaveProvider { id: Some("openai".into()), ..save("http://127.0.0.1:1/v1") };
    assert_eq!(world.refused(built_in).await.code, Code::BadRequest, "a built-in provider stays where it is");
    assert_eq!(world.refused(DeleteProvider { id: "openai".into() }).await.code, Code::BadRequest);
    assert_eq!(world.send(GetCatalogue { refresh: false }).await.unwrap().providers.len(), 6, "none was made");
}

#[tokio::test]
async fn a_provider_of_the_users_is_made_asked_changed_and_removed() {
    let (server, other) = (FakeServer::start().await, FakeServer::start().await);
    server.models(["one", "two"]);
    server.on_chat(Reply::answer("From one"));
    other.on_ollama_chat(Reply::ollama_answer("From the other"));
    let world = World::new().await;
    let save = |id, base_url: String, wire| SaveProvider {
        id,
        name: " Work\u{1b}shop ".to_owned(),
        base_url,
        wire,
        key: KeyNeed::None,
    };
    let made = world.send(save(None, server.openai_url(), WireName::OpenaiChat)).await.unwrap();
    assert_eq!((made.name.as_str(), made.place, &made.reach), ("Workshop", Place::Local, &Reach::Ready { models: 2 }));
    world.restart().await;
    let catalogue = world.send(GetCatalogue { refresh: false }).await.unwrap();
    let models: Vec<_> = catalogue.models.into_iter().filter(|model| model.model.provider == made.id).collect();
    assert_eq!(models.len(), 2, "its list is kept over a restart");
    let model = format!("{}/one", made.id);
    assert_eq!(text_of(&world.ask(&model, "Hello").await), "From one");
    world.send(save(Some(made.id.clone()), other.url(), WireName::Ollama)).await.unwrap();
    assert_eq!(text_of(&world.ask(&model, "Hello").await), "From the other", "a change counts at once");
    world.send(DeleteProvider { id: made.id.clone() }).await.unwrap();
    let chat = world.chat(&model).await;
    let send = SendMessage { conversation: chat.id, text: "Hello".to_owned(), edits: None };
    assert_eq!(world.refused(send).await.code, Code::ModelMissing);
}

#[tokio::test]
async fn code_of_any_size_and_language_is_coloured_or_left_plain() {
    let world = World::new().await;
    for (language, code) in [
        ("rust", "fn main() {}\n".to_owned()),
        ("no-such-language\0", "text".to_owned()),
        ("", String::new()),
        ("rust", "\0\u{1b}\u{10ffff}\r\n".to_owned()),
        ("json", "[".repeat(10_000)),
        ("python", "x = 1\n".repeat(40_000)),
    ] {
        let command = Highlight { language: language.to_owned(), code: code.clone() };
        let lines = world.send(command).await.unwrap();
        let back: Vec<String> =
            lines.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect::<String>()).collect();
        let expected: Vec<&str> = code.lines().collect();
        assert!(
            back.iter().map(|line| line.trim_end_matches('\r')).eq(expected),
            "{language:?}: the code itself stays as it is"
        );
    }
}

#[tokio::test]
async fn a_conversation_with_an_absurd_model_name_is_still_listed() {
    let server = FakeServer::start().await;
    let world = World::asking(&server).await;
    let name = "m/".repeat(5000) + "\0\u{202e}";
    let model = Some(ModelRef { provider: "studio".into(), model: name.clone() });
    let summary = world.send(CreateConversation { model }).await.unwrap();
    assert_eq!(summary.model_name, Some(name));
}
