use holdfast_contract::MessageId;
use holdfast_core::exchange::Message;
use holdfast_core::package::{Item, LeftOut, Section};

use super::*;

fn id() -> MessageId {
    serde_json::from_str("\"00000000-0000-7000-8000-000000000001\"").unwrap()
}

fn item(role: Role, text: &str, tokens: u32) -> Item {
    Item { source: Some(id()), role, parts: vec![Part::Text { text: text.to_owned() }], tokens }
}

fn request(package: Option<Package>) -> Request {
    Request {
        model: "rehearsal".into(),
        instructions: None,
        messages: vec![Message { role: Role::User, parts: vec![Part::Text { text: "Hello there".into() }] }],
        max_output: None,
        context_window: None,
        package: package.map(Box::new),
    }
}

fn text_of(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| match event {
            Event::Text(text) => text.as_str(),
            _ => "",
        })
        .collect()
}

#[test]
fn the_answer_reports_the_package() {
    let question = "one two three four five six seven eight nine ten eleven twelve thirteen `code` **bold**";
    let package = Package {
        sections: vec![
            Section { kind: SectionKind::Instruction, items: vec![item(Role::User, "Be brief.", 7)] },
            Section {
                kind: SectionKind::Recent,
                items: vec![item(Role::User, "First question", 8), item(Role::Assistant, "First answer", 9)],
            },
            Section { kind: SectionKind::Question, items: vec![item(Role::User, question, 20)] },
        ],
        left_out: vec![
            LeftOut { source: id(), tokens: 30, reason: LeftOutReason::NoRoom },
            LeftOut { source: id(), tokens: 31, reason: LeftOutReason::NoRoom },
            LeftOut { source: id(), tokens: 4, reason: LeftOutReason::Empty },
        ],
        tokens: 44,
        budget: Some(100),
    };
    let events = events(&request(Some(package)));
    let expected = "\
**This is Rehearsal.** It is part of Holdfast and works without a network. \
No model reads your question; this answer shows what a model would have been sent.

### What would be sent

| Section | Messages | Tokens, about |
|---|---:|---:|
| Instructions | 1 | 7 |
| Earlier turns | 2 | 17 |
| Your question | 1 | 20 |
| **Together** | **4** | **44** |

There is room for 100 tokens.

### Each message

- **Instructions**, about 7 tokens: `Be brief.`
- **You**, about 8 tokens: `First question`
- **Model**, about 9 tokens: `First answer`
- **You**, about 20 tokens: `one two three four five six` … `ten eleven twelve thirteen 'code' **bold**`

### What would be left out

- 2 messages (about 61 tokens) because newer turns took the room
- 1 message (about 4 tokens) because they say nothing

Nothing left this computer. For a real answer, choose another model.
";
    assert_eq!(text_of(&events), expected);
    let usage = Usage { input: Some(44), output: Some(u64::from(tokens::estimate(expected))), ..Usage::default() };
    assert_eq!(
        events[events.len() - 2..],
        [Event::Usage(usage), Event::Stop(StopReason::End)],
        "tokens as the package counts them, and an end"
    );
    assert!(events.len() > 100, "it comes a word at a time");
}

#[test]
fn a_request_without_a_package_is_reported_too() {
    let answer = text_of(&events(&request(None)));
    assert!(answer.contains("- **You**, about 7 tokens: `Hello there`"), "{answer}");
}

#[test]
fn a_long_conversation_is_listed_from_both_ends() {
    let items: Vec<Item> = (0..10_000).map(|n| item(Role::User, &format!("message {n}"), 5)).collect();
    let package = Package {
        sections: vec![Section { kind: SectionKind::Recent, items }],
        left_out: vec![],
        tokens: 1,
        budget: None,
    };
    let answer = text_of(&events(&request(Some(package))));
    let listed: Vec<&str> = answer.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(listed.len(), LISTED_FIRST + 1 + LISTED_LAST, "{answer}");
    assert_eq!(listed[3], "- … 9985 more between");
    assert!(listed[15].contains("message 9999"), "{answer}");
}

#[test]
fn nothing_of_a_message_is_read_as_markdown_or_runs_on() {
    let word = "x".repeat(1_000_000);
    let answer = text_of(&events(&Request {
        messages: vec![Message { role: Role::User, parts: vec![Part::Text { text: format!("``` \0 {word}") }] }],
        ..request(None)
    }));
    assert!(answer.contains(&format!("`''' \u{FFFD} {}…`", "x".repeat(QUOTED_CHARS))), "{answer}");
}
