use super::*;

fn id(n: u128) -> MessageId {
    serde_json::from_value(serde_json::json!(format!("00000000-0000-0000-0000-{n:012}")))
        .unwrap_or_else(|e| panic!("{e}"))
}

fn said(n: u128, role: Role, text: &str) -> Candidate {
    Candidate { id: id(n), role, parts: vec![Part::Text { text: text.to_owned() }] }
}

fn inputs(messages: Vec<Candidate>, context_window: Option<u32>) -> Inputs {
    Inputs { instructions: None, messages, context_window, reserve: 20 }
}

fn build(inputs: Inputs) -> Package {
    Package::build(inputs).unwrap_or_else(|error| panic!("the package can be built: {error}"))
}

#[test]
fn everything_is_sent_when_it_fits() {
    let package = build(inputs(
        vec![said(1, Role::User, "one"), said(2, Role::Assistant, "two"), said(3, Role::User, "three")],
        None,
    ));
    let kinds: Vec<_> = package.sections.iter().map(|section| (section.kind, section.items.len())).collect();
    assert_eq!(kinds, [(SectionKind::Recent, 2), (SectionKind::Question, 1)], "history, then the question");
    assert_eq!(package.left_out, [], "an unknown window leaves nothing out");
    assert_eq!(package.tokens, 16, "four for the frame each, and 1, 1 and 2 for the words");
}

#[test]
fn the_newest_turns_are_kept_and_turns_are_not_parted() {
    let long = "x".repeat(160);
    let package = build(inputs(
        vec![
            said(1, Role::User, "old"),
            said(2, Role::Assistant, &long),
            said(3, Role::User, "newer"),
            said(4, Role::Assistant, "short"),
            said(5, Role::User, "now"),
        ],
        Some(60),
    ));
    let sent: Vec<_> = package.sections[0].items.iter().filter_map(|item| item.source).collect();
    assert_eq!(sent, [id(3), id(4)], "the newest whole turn fits in 40 tokens");
    let out: Vec<_> = package.left_out.iter().map(|out| (out.source, out.reason)).collect();
    assert_eq!(
        out,
        [(id(1), LeftOutReason::NoRoom), (id(2), LeftOutReason::NoRoom)],
        "the small question goes with the answer that does not fit"
    );
}

#[test]
fn an_empty_answer_is_left_out_and_its_neighbours_are_joined() {
    let package = build(inputs(
        vec![said(1, Role::User, "first"), said(2, Role::Assistant, " "), said(3, Role::User, "again")],
        None,
    ));
    assert_eq!(package.left_out.first().map(|out| out.reason), Some(LeftOutReason::Empty), "it says nothing");
    let request = package.request("m".into(), None, None);
    let sent: Vec<_> = request.messages.iter().map(|message| (message.role, message.text())).collect();
    assert_eq!(sent, [(Role::User, "first\n\nagain".to_owned())], "two questions in a row are refused by some");
}

#[test]
fn a_question_that_cannot_fit_is_said_before_it_is_sent() {
    let error = Package::build(inputs(vec![said(1, Role::User, &"x".repeat(4000))], Some(100)));
    assert_eq!(error, Err(PackageError::QuestionTooLong { tokens: 1004, budget: 80 }), "it names both sizes");
    assert_eq!(Package::build(inputs(vec![], None)), Err(PackageError::NoQuestion), "nothing to ask");
    let blank = Package::build(inputs(vec![said(1, Role::User, " \n")], None));
    assert_eq!(blank, Err(PackageError::NoQuestion), "white space asks nothing");
}

#[test]
fn reasoning_is_not_sent_back() {
    let mut answer = said(2, Role::Assistant, "answer");
    answer.parts.insert(0, Part::Reasoning { text: "thought".repeat(100) });
    let package = build(inputs(vec![said(1, Role::User, "q"), answer, said(3, Role::User, "next")], None));
    let request = package.request("m".into(), None, None);
    assert_eq!(
        request.messages[1],
        Message { role: Role::Assistant, parts: vec![Part::Text { text: "answer".into() }] },
        "only the text goes back"
    );
    assert_eq!(package.sections[0].items[1].tokens, 6, "and only the text is counted");
}
