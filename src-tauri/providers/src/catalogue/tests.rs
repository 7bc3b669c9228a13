use holdfast_contract::{KeyNeed, Place, WireName};

use super::*;

fn ids(catalogue: &Catalogue) -> Vec<&str> {
    catalogue.providers().iter().map(|row| row.id.0.as_str()).collect()
}

fn built_in() -> Catalogue {
    let (catalogue, warning) = Catalogue::load(None);
    assert_eq!(warning, None, "the list that is part of the program reads");
    catalogue
}

#[test]
fn the_built_in_list_reads_and_ends_with_rehearsal() {
    let catalogue = built_in();
    assert_eq!(
        ids(&catalogue),
        ["openai", "groq", "openrouter", "ollama", "lmstudio", "rehearsal"],
        "the order of the file is the order of display"
    );
    for row in catalogue.providers() {
        assert_eq!(row.origin().is_none(), row.wire == WireName::Rehearsal, "{}: all but Rehearsal have one", row.id);
        assert_eq!(row.place == Place::Cloud, row.key == KeyNeed::Required, "{}: clouds need keys", row.id);
        assert_eq!(row.place == Place::Local, row.start_hint.is_some(), "{}: local servers can be started", row.id);
        for model in &row.models {
            assert!(!model.name.is_empty(), "{}: {} has a name", row.id, model.id);
            assert!(!row.hide.iter().any(|part| model.id.contains(part)), "{}: {} is not hidden", row.id, model.id);
        }
    }
}

#[test]
fn a_users_file_changes_one_thing_and_keeps_the_rest() {
    let user = "providers:\n  - id: ollama\n    base_url: http://192.168.1.100:11434/\n    max_context: 65536\n";
    let (catalogue, warning) = Catalogue::load(Some(user));
    assert_eq!(warning, None, "the file is right");
    let mut expected = built_in().provider(&"ollama".into()).cloned().unwrap();
    expected.base_url = "http://192.168.1.100:11434".to_owned();
    expected.max_context = Some(65536);
    assert_eq!(catalogue.provider(&"ollama".into()), Some(&expected), "only what the file names is different");
    assert_eq!(ids(&catalogue), ids(&built_in()), "the order stays");
}

#[test]
fn a_users_file_adds_providers_and_models() {
    let user = "
providers:
  - id: groq
    models:
      - id: openai/gpt-oss-120b
        context_window: 1000
      - id: new/model
  - id: workshop
    wire: openai_chat
    base_url: http://10.0.0.5:8000/v1/chat/completions
    flags: { include_usage: false }
    patch: { options: { a: 1 } }
    headers: { X-Team: blue }
";
    let (catalogue, warning) = Catalogue::load(Some(user));
    assert_eq!(warning, None, "the file is right");
    assert_eq!(
        ids(&catalogue),
        ["openai", "groq", "openrouter", "ollama", "lmstudio", "workshop", "rehearsal"],
        "a new provider stands before the built-in one"
    );
    let groq = catalogue.provider(&"groq".into()).unwrap();
    let windows: Vec<_> = groq.models.iter().map(|model| (model.name.as_str(), model.context_window)).collect();
    assert_eq!(
        windows,
        [
            ("GPT-OSS 120B", Some(1000)),
            ("GPT-OSS 20B", Some(131_072)),
            ("Qwen 3.8 27B", Some(131_072)),
            ("new/model", None)
        ],
        "models are laid over by id"
    );
    let mut expected = ProviderRow::custom(
        "workshop".into(),
        "workshop".into(),
        "http://10.0.0.5:8000/v1",
        WireName::OpenaiChat,
        KeyNeed::Optional,
    )
    .unwrap();
    expected.flags.include_usage = false;
    expected.patch.insert("options".into(), serde_json::json!({"a": 1}));
    expected.headers.insert("X-Team".into(), "blue".into());
    assert_eq!(catalogue.provider(&"workshop".into()), Some(&expected), "a new one is a custom one with its data");
}

#[test]
fn a_broken_file_names_its_line_and_changes_nothing() {
    for (user, line, word) in [
        ("providers:\n  - id: groq\n    naem: x\n", 3, "naem"),
        ("providers:\n  - id: groq\n   name: [x\n", 3, ""),
        ("providers:\n  - id: groq\n    wire: gopher\n", 3, "gopher"),
        ("providers:\n\n  - id: mine\n", 3, "wire"),
        ("providers:\n\n  - id: mine\n    wire: ollama\n", 3, "base_url"),
        ("providers:\n  - id: a/b\n", 2, "a/b"),
        ("providers:\n  - id: openai\n    base_url: http://api.openai.com/v1\n", 2, "https://"),
        ("providers:\n  - id: openai\n    base_url: http://169.254.169.254/v1\n", 2, "nothing is sent"),
        ("providers:\n  - id: openai\n    headers: { Authorization: Bearer x }\n", 2, "add the key in the program"),
        ("providers:\n  - id: openai\n    headers: { \"a b\": x }\n", 2, "cannot be a header"),
        ("providers:\n  - id: groq\n    max_context: many\n", 3, ""),
    ] {
        let (catalogue, warning) = Catalogue::load(Some(user));
        let warning = warning.unwrap_or_else(|| panic!("{user} is wrong and must be said to be"));
        assert_eq!(warning.line, Some(line), "{user}: {warning}");
        assert!(warning.message.contains(word), "{user}: {warning} names what is wrong");
        assert!(!warning.message.contains('\n'), "{user}: {warning:?} is one line");
        assert_eq!(catalogue, built_in(), "{user}: the built-in list is used as it is");
    }
}

#[test]
fn an_empty_file_changes_nothing() {
    for user in ["", "  \n", "# only a comment\n", "providers:\n", "providers: []\n"] {
        assert_eq!(Catalogue::load(Some(user)), (built_in(), None), "{user:?}");
    }
}

#[test]
fn any_text_is_read_without_a_panic() {
    for user in ["\0", "\u{feff}providers: []", "- - - {", "providers: 1", "&a [*a]", "\"", "? ", "!!binary x"] {
        let (catalogue, _) = Catalogue::load(Some(user));
        assert_eq!(catalogue, built_in(), "{user:?} leaves the built-in list");
    }
}

#[test]
fn a_custom_provider_is_put_and_removed() {
    let mut catalogue = built_in();
    let row = |name: &str| {
        ProviderRow::custom(
            "custom-1".into(),
            name.into(),
            "http://127.0.0.1:8080/v1/",
            WireName::OpenaiChat,
            KeyNeed::None,
        )
        .unwrap()
    };
    catalogue.put(row("One"));
    catalogue.put(row("Two"));
    assert_eq!(catalogue.provider(&"custom-1".into()).map(|row| row.name.as_str()), Some("Two"), "the last one holds");
    assert_eq!(
        catalogue.provider(&"custom-1".into()).map(|row| row.base_url.as_str()),
        Some("http://127.0.0.1:8080/v1")
    );
    catalogue.remove(&"custom-1".into());
    assert_eq!(catalogue, built_in(), "and is gone without a trace");
}

#[test]
fn an_endpoint_that_was_copied_whole_becomes_its_base() {
    for (wire, given, base) in [
        (WireName::OpenaiChat, " http://127.0.0.1:1/v1/ ", "http://127.0.0.1:1/v1"),
        (WireName::OpenaiChat, "http://127.0.0.1:1/v1/chat/completions", "http://127.0.0.1:1/v1"),
        (WireName::OpenaiChat, "http://127.0.0.1:1/v1/models/", "http://127.0.0.1:1/v1"),
        (WireName::Ollama, "http://127.0.0.1:1/api/chat", "http://127.0.0.1:1"),
        (WireName::Ollama, "http://127.0.0.1:1/api", "http://127.0.0.1:1"),
        (WireName::Ollama, "http://127.0.0.1:1/v1", "http://127.0.0.1:1"),
        (WireName::Ollama, "http://127.0.0.1:1/behind/a/proxy", "http://127.0.0.1:1/behind/a/proxy"),
    ] {
        let row = ProviderRow::custom("x".into(), "X".into(), given, wire, KeyNeed::None);
        assert_eq!(row.map(|row| row.base_url), Ok(base.to_owned()), "{given}");
    }
}

#[test]
fn a_key_is_recognised_by_how_it_begins() {
    let form = |text: &str| built_in().form_of(&Secret::new(text.to_owned()));
    let known = |providers: &[&str]| KeyForm {
        providers: providers.iter().map(|id| ProviderId::from(*id)).collect(),
        other: None,
    };
    assert_eq!(form("sk-proj-0123456789"), known(&["openai"]));
    assert_eq!(form("gsk_0123456789"), known(&["groq"]));
    assert_eq!(form("sk-or-v1-0123456789"), known(&["openrouter", "openai"]), "the longest beginning says most");
    assert_eq!(form("0123456789abcdef"), KeyForm::default(), "most keys say nothing");
    let anthropic = KeyForm { providers: vec!["openai".into()], other: Some("a key of Anthropic".to_owned()) };
    assert_eq!(form("sk-ant-api03-0123456789"), anthropic, "a longer beginning of somebody else's is named");
}

#[test]
fn a_users_file_may_name_variables_and_other_forms() {
    let user = "
providers:
  - { id: openai, key_env: [WORK_OPENAI_KEY] }
other_keys:
  - { prefix: acme-, what: a key of Acme }
";
    let (catalogue, warning) = Catalogue::load(Some(user));
    assert_eq!(warning, None, "the file is right");
    let variables = |id: &str| catalogue.provider(&id.into()).unwrap().key_env.clone();
    assert_eq!(variables("openai"), ["WORK_OPENAI_KEY"], "the user's variables take the place of the usual ones");
    assert_eq!(variables("groq"), ["GROQ_API_KEY"], "the others stay");
    let form = catalogue.form_of(&Secret::new("acme-0123456789".to_owned()));
    assert_eq!(form.other.as_deref(), Some("a key of Acme"));
}

#[test]
fn a_price_is_counted_in_millionths_of_a_dollar() {
    let price = Price { input: 2.0, output: 10.0, cached: Some(0.1) };
    let usage = |input, output, cached| holdfast_contract::Usage { input, output, cached, reasoning: None };
    assert_eq!(price.micros(&usage(Some(1000), Some(100), None)), Some(3000));
    assert_eq!(price.micros(&usage(Some(1000), Some(100), Some(500))), Some(2050), "what was cached costs less");
    assert_eq!(price.micros(&usage(Some(1), Some(0), Some(1))), Some(1), "a part of a millionth is rounded up");
    assert_eq!(price.micros(&usage(None, Some(100), None)), None, "unknown is not nothing");
    let odd = Price { input: -1.0, output: f64::NAN, cached: None };
    assert_eq!(odd.micros(&usage(Some(1000), Some(1), None)), Some(0), "no price gives money back");
}
