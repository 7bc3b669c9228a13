//! Holding a conversation: asking, stopping, trying again, editing, and finding everything again.

use holdfast_contract::{
    Action, AnswerState, Code, ContinueAnswer, CreateConversation, DeleteConversation, Event, GetSettings,
    ListConversations, MessageView, ModelRef, OpenConversation, OpenLink, Part, RecentQuestions, RenameConversation,
    RestoreConversation, RetryAnswer, Role, SaveDraft, SelectSibling, SendMessage, StopAnswer, StopReason, Usage,
};
use holdfast_testkit::{FakeServer, Gate, RecordedRequest, Reply};
use serde_json::{Value, json};

use crate::world::{World, failure_of, state_of, text_of};

mod long;
mod models;

/// The messages of a chat request: who speaks, and what.
fn sent(request: &RecordedRequest) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let messages = request.body["messages"].as_array().unwrap();
    messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

fn said(messages: &[(&str, &str)]) -> Vec<(String, String)> {
    messages.iter().map(|(role, text)| ((*role).to_owned(), (*text).to_owned())).collect()
}

fn part(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

#[tokio::test]
async fn an_answer_streams_and_is_kept_with_its_figures() {
    let server = FakeServer::start().await;
    let gate = Gate::new();
    server.on_chat(
        Reply::sse()
            .reasoning("A greeting.")
            .delta("Hel")
            .wait(&gate)
            .delta("lo, wörld")
            .wait(&gate)
            .delta(" 👋🏽!")
            .usage(12, 7)
            .stop()
            .done(),
    );
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("Say **hello**, please").await;
    world.reads(answer, "Hel").await;
    gate.open();
    world.reads(answer, "Hello, wörld").await;
    gate.open();
    let message = chat.end_of(answer).await;

    let parts = [Part::Reasoning { text: "A greeting.".to_owned() }, part("Hello, wörld 👋🏽!")];
    assert_eq!(message.parts, parts, "the whole answer is stored");
    assert_eq!(world.put_together(answer, &[]), parts, "windows were told the same, piece by piece");
    let info = message.answer.clone().unwrap();
    assert_eq!(info.state, AnswerState::Complete { reason: StopReason::End });
    assert_eq!(info.usage, Usage { input: Some(12), output: Some(7), ..Usage::default() });
    assert_eq!((info.model, info.key), (ModelRef::parse("studio/m").unwrap(), None), "who answered is kept");
    let (first, all) = (info.first_token_ms.unwrap(), info.duration_ms.unwrap());
    assert!(first <= all, "the first token came after {first} ms, the last after {all} ms");

    let view = chat.open().await;
    assert_eq!(view.summary.title, "Say **hello**, please", "the first question is the title");
    assert_eq!((view.summary.messages, view.summary.streaming), (2, None));
    assert_eq!(view.lengths, [21, 16], "characters of each message, folded reasoning aside, for the page's heights");
    world.restart().await;
    assert_eq!(chat.open().await, view, "everything is there after a restart");
    assert_eq!(sent(&server.single_request()), said(&[("user", "Say **hello**, please")]));
}

#[tokio::test]
async fn stop_keeps_the_part_and_lets_go_of_the_server() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("The first half").stall());
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("Tell me all").await;
    world.reads(answer, "The first half").await;
    world.send(StopAnswer { answer }).await.unwrap();
    server.wait_for_disconnect().await;
    let message = chat.end_of(answer).await;
    assert_eq!((text_of(&message).as_str(), state_of(&message)), ("The first half", AnswerState::Stopped));
    world.send(StopAnswer { answer }).await.unwrap();
    world.restart().await;
    assert_eq!(chat.message(answer).await, message, "a second stop and a restart change nothing");
    assert_eq!(server.requests().len(), 1, "what the user stopped is not sent again");
}

#[tokio::test]
async fn stop_ends_a_wait_for_the_first_word_and_a_wait_before_a_retry() {
    let server = FakeServer::start().await;
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    for reply in [Reply::silent(), Reply::status(429).header("retry-after", "50")] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        let before = server.requests().len();
        let answer = chat.begin("Anything").await;
        server.wait_for_requests(before + 1).await;
        world.send(StopAnswer { answer }).await.unwrap();
        let message = chat.end_of(answer).await;
        assert_eq!((message.parts, state_of(&chat.message(answer).await)), (vec![], AnswerState::Stopped));
    }
    assert_eq!(server.requests().len(), 2, "neither was sent again");
}

#[tokio::test]
async fn trying_again_makes_a_sibling_and_the_old_answer_stays() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("One way"));
    server.on_chat(Reply::answer("Another way"));
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let first = chat.ask("How?").await;
    let second = chat.end_after(RetryAnswer { answer: first.id }).await;
    assert_eq!(second.siblings, [first.id, second.id], "both answers stand side by side");
    assert_eq!(chat.texts().await, ["How?", "Another way"], "the newer one is shown");
    let requests = server.requests();
    assert_eq!(sent(&requests[0]), sent(&requests[1]), "the same was asked");
    let view = world.send(SelectSibling { message: first.id }).await.unwrap();
    assert_eq!(view.tail.iter().map(text_of).collect::<Vec<_>>(), ["How?", "One way"], "the old one can be had back");
    world.restart().await;
    assert_eq!(chat.texts().await, ["How?", "One way"], "the choice is kept");
}

#[tokio::test]
async fn an_edited_question_is_a_sibling_and_its_old_branch_comes_back_whole() {
    let server = FakeServer::start().await;
    for answer in ["A1", "A2", "B2"] {
        server.on_chat(Reply::answer(answer));
    }
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    chat.ask("Q1").await;
    chat.ask("Q2").await;
    let old = chat.open().await.tail[2].clone();
    let edit = SendMessage { conversation: chat.id, text: "Q2, better".to_owned(), edits: Some(old.id) };
    chat.end_after(edit).await;
    assert_eq!(chat.texts().await, ["Q1", "A1", "Q2, better", "B2"]);
    let expected = said(&[("user", "Q1"), ("assistant", "A1"), ("user", "Q2, better")]);
    assert_eq!(sent(&server.requests()[2]), expected, "the model sees the edited branch alone");
    let new = chat.open().await.tail[2].clone();
    assert_eq!((new.role, new.siblings), (Role::User, vec![old.id, new.id]));
    world.send(SelectSibling { message: old.id }).await.unwrap();
    assert_eq!(chat.texts().await, ["Q1", "A1", "Q2", "A2"], "with the answer it had");
}

#[tokio::test]
async fn only_a_question_of_the_same_conversation_is_edited() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::asking(&server).await;
    let (here, there) = (world.chat("studio/m").await, world.chat("studio/m").await);
    let answer = here.ask("Here").await;
    there.ask("There").await;
    let other = there.open().await.tail[0].id;
    for (edits, why) in [(answer.id, "an answer"), (other, "a question of another conversation")] {
        let failure =
            world.refused(SendMessage { conversation: here.id, text: "x".to_owned(), edits: Some(edits) }).await;
        assert_eq!(failure.code, Code::BadRequest, "{why} cannot be edited here: {failure:?}");
    }
    assert_eq!(here.texts().await, ["Here", "Yes"], "nothing was added");
}

#[tokio::test]
async fn continue_begins_with_the_part_that_is_there() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("The capital is").cut());
    server.on_chat(Reply::answer(" Paris."));
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let part_of_it = chat.ask("Capital of France?").await;
    let failure = failure_of(&part_of_it);
    assert_eq!(failure.actions.first(), Some(&Action::Continue { answer: part_of_it.id }), "the way on comes first");
    let whole = chat.end_after(ContinueAnswer { answer: part_of_it.id }).await;
    assert_eq!(text_of(&whole), "The capital is Paris.");
    assert_eq!(world.put_together(whole.id, &part_of_it.parts), whole.parts, "deltas go on behind the part");
    assert_eq!(whole.siblings, [part_of_it.id, whole.id], "the part itself stays");
    let messages = sent(&server.requests()[1]);
    assert_eq!(messages[..2], said(&[("user", "Capital of France?"), ("assistant", "The capital is")]));
    assert_eq!((messages.len(), messages[2].0.as_str()), (3, "user"), "and is asked to go on: {messages:?}");
    assert_eq!(
        chat.texts().await,
        ["Capital of France?", "The capital is Paris."],
        "which the conversation does not hold"
    );
}

#[tokio::test]
async fn one_answer_at_a_time_in_a_conversation_and_any_number_beside() {
    let server = FakeServer::start().await;
    let gate = Gate::new();
    server.on_chat(Reply::sse().delta("one").wait(&gate).stop().done());
    let world = World::asking(&server).await;
    let (one, two) = (world.chat("studio/m").await, world.chat("studio/m").await);
    let first = one.begin("1").await;
    let second = two.begin("2").await;
    world.reads(first, "one").await;
    world.reads(second, "one").await;
    let again = SendMessage { conversation: one.id, text: "again".to_owned(), edits: None };
    assert_eq!(world.refused(again).await.code, Code::BadRequest);
    assert_eq!(world.refused(RetryAnswer { answer: first }).await.code, Code::BadRequest);
    gate.open();
    gate.open();
    assert_eq!((text_of(&one.end_of(first).await), text_of(&two.end_of(second).await)), ("one".into(), "one".into()));
    assert_eq!(one.texts().await, ["1", "one"], "what was refused left nothing behind");
}

#[tokio::test]
async fn two_sends_at_the_same_moment_ask_once() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let send = || world.send(SendMessage { conversation: chat.id, text: "Twice?".to_owned(), edits: None });
    let (a, b, c) = tokio::join!(send(), send(), send());
    let answers: Vec<_> = [a, b, c].into_iter().flatten().map(|sent| sent.answer).collect();
    assert_eq!(answers.len(), 1, "a double click is one question");
    chat.end_of(answers[0]).await;
    assert_eq!(chat.texts().await, ["Twice?", "Yes"]);
}

#[tokio::test]
async fn a_conversation_is_renamed_deleted_and_brought_back() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::asking(&server).await;
    let (chat, other) = (world.chat("studio/m").await, world.chat("studio/m").await);
    chat.ask("First question").await;
    let titles = async || -> Vec<String> {
        world.send(ListConversations {}).await.unwrap().into_iter().map(|summary| summary.title).collect()
    };
    let rename = |title: &str| world.send(RenameConversation { id: chat.id, title: title.to_owned() });
    assert_eq!(rename("  Plans\n ").await.unwrap().title, "Plans", "white space around it is no title");
    chat.ask("Second question").await;
    assert_eq!(titles().await, ["Plans", ""], "a title of the user's is not replaced; the newest comes first");
    assert_eq!(rename(" ").await.unwrap().title, "First question", "an empty one lets the program choose");

    let before = chat.open().await;
    world.send(DeleteConversation { id: chat.id }).await.unwrap();
    assert_eq!(titles().await, [""], "it is gone from the list");
    let questions = world.send(RecentQuestions { count: 10 }).await.unwrap();
    assert_eq!(questions, Vec::<String>::new(), "and from the history");
    world.restart().await;
    world.send(RestoreConversation { id: chat.id }).await.unwrap();
    assert_eq!(titles().await, ["First question", ""], "undo works even after a restart");
    assert_eq!(chat.open().await, before, "with everything in it");
    assert_eq!(other.texts().await, Vec::<String>::new(), "the other one was not touched");
}

#[tokio::test]
async fn deleting_stops_what_is_being_written_and_keeps_the_part() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("a part").stall());
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("Go on").await;
    world.reads(answer, "a part").await;
    world.send(DeleteConversation { id: chat.id }).await.unwrap();
    server.wait_for_disconnect().await;
    world.send(RestoreConversation { id: chat.id }).await.unwrap();
    let message = chat.end_of(answer).await;
    assert_eq!((text_of(&message).as_str(), state_of(&message)), ("a part", AnswerState::Stopped));
}

#[tokio::test]
async fn a_draft_is_kept_for_each_conversation_until_it_is_sent() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::asking(&server).await;
    let (one, two) = (world.chat("studio/m").await, world.chat("studio/m").await);
    for (chat, text) in [(one, "half a thought …\n"), (two, "another")] {
        world.send(SaveDraft { conversation: chat.id, text: text.to_owned() }).await.unwrap();
    }
    world.restart().await;
    assert_eq!((one.open().await.draft, two.open().await.draft), ("half a thought …\n".into(), "another".into()));
    one.ask("half a thought …").await;
    assert_eq!((one.open().await.draft, two.open().await.draft), (String::new(), "another".into()));
}

#[tokio::test]
async fn questions_of_all_conversations_come_back_newest_first() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::asking(&server).await;
    let (one, two) = (world.chat("studio/m").await, world.chat("studio/m").await);
    for (chat, text) in [(one, "a"), (two, "b"), (one, "c"), (two, "a")] {
        chat.ask(text).await;
    }
    let recent = async |count| world.send(RecentQuestions { count }).await.unwrap();
    assert_eq!(recent(10).await, ["a", "c", "b"], "each once");
    assert_eq!(recent(2).await, ["a", "c"]);
    assert_eq!(recent(0).await, Vec::<String>::new());
    assert_eq!(recent(u32::MAX).await.len(), 3);
}

#[tokio::test]
async fn whoever_opens_a_conversation_in_mid_stream_reads_on_without_a_gap() {
    let server = FakeServer::start().await;
    let gate = Gate::new();
    let reply = Reply::sse().reasoning("Hm.").delta("So far ").wait(&gate).delta("and on").stop().done();
    server.on_chat(reply);
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("?").await;
    world.reads(answer, "So far ").await;
    let told = world.put_together(answer, &[]);
    let view = chat.open().await;
    let late = view.tail.last().unwrap().clone();
    assert_eq!(late.parts, told, "a late window gets exactly what the others were told");
    assert_eq!((view.summary.streaming, state_of(&late)), (Some(answer), AnswerState::Streaming { waiting: None }));
    let listed = world.send(ListConversations {}).await.unwrap();
    assert_eq!(listed[0].streaming, Some(answer), "the list shows that it writes");
    let seen = world.heard().len();
    gate.open();
    let whole = chat.end_of(answer).await;
    let after: Vec<Event> = world.heard().split_off(seen);
    assert_eq!(put_together_after(&after, &late), whole.parts, "later deltas fit behind what it was given");
}

/// What a window has that opened late and then heard these events.
fn put_together_after(events: &[Event], late: &MessageView) -> Vec<Part> {
    let mut parts = late.parts.clone();
    for event in events {
        if let Event::Delta(delta) = event {
            let Some(Part::Text { text }) = parts.get_mut(usize::try_from(delta.part).unwrap()) else {
                panic!("only text was still to come: {delta:?}")
            };
            assert_eq!(text.len(), usize::try_from(delta.at).unwrap(), "no gap and no overlap: {delta:?}");
            text.push_str(&delta.text);
        }
    }
    parts
}

#[tokio::test]
async fn quitting_in_mid_stream_keeps_all_of_the_part() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("Everything that came").stall());
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("?").await;
    world.reads(answer, "Everything that came").await;
    world.restart().await;
    let message = chat.message(answer).await;
    assert_eq!((text_of(&message).as_str(), state_of(&message)), ("Everything that came", AnswerState::Interrupted));
    assert_eq!(chat.open().await.summary.streaming, None);
}

#[tokio::test]
async fn a_link_is_opened_only_if_the_message_holds_it() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("See https://example.com/a?b=1&c=2 or [mail](mailto:me@example.com)."));
    let world = World::asking(&server).await;
    let message = world.ask("studio/m", "Where?").await.id;
    let open = |url: &str| world.send(OpenLink { message, url: url.to_owned() });
    open("https://example.com/a?b=1&c=2").await.unwrap();
    open("mailto:me@example.com").await.unwrap();
    for url in ["https://evil.example.com", "file:///etc/passwd", "javascript:alert(1)", ""] {
        assert_eq!(open(url).await.unwrap_err().code, Code::BadRequest, "{url}");
    }
    assert_eq!(world.desktop.opened(), ["https://example.com/a?b=1&c=2", "mailto:me@example.com"]);
}

#[tokio::test]
async fn a_new_conversation_without_a_model_says_so_when_asked() {
    let world = World::new().await;
    let summary = world.send(CreateConversation { model: None }).await.unwrap();
    let send = SendMessage { conversation: summary.id, text: "Hello".to_owned(), edits: None };
    let failure = world.refused(send).await;
    assert_eq!((failure.code, failure.actions), (Code::ModelMissing, vec![Action::ChooseModel]));
    let view = world.send(OpenConversation { id: summary.id }).await.unwrap();
    assert_eq!((view.tail, view.summary.title), (vec![], String::new()), "nothing was stored");
    assert_eq!(world.send(GetSettings {}).await.unwrap().model, None);
}

#[tokio::test]
async fn rehearsal_answers_without_any_server_and_says_what_it_is() {
    let world = World::new().await;
    let answer = world.ask("rehearsal/rehearsal", "Does this reach anyone?").await;
    let text = text_of(&answer);
    assert_eq!(state_of(&answer), AnswerState::Complete { reason: StopReason::End });
    for words in ["This is Rehearsal", "Does this reach anyone?", "Nothing left this computer"] {
        assert!(text.contains(words), "{words:?} is missing in {text}");
    }
    assert_eq!(world.put_together(answer.id, &[]), answer.parts);
    let usage = answer.answer.unwrap().usage;
    assert!(usage.input.is_some_and(|tokens| tokens > 0) && usage.output.is_some_and(|tokens| tokens > 0), "{usage:?}");
}

#[tokio::test]
async fn the_request_carries_nothing_but_the_conversation() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    server.expect_no_key();
    let world = World::asking(&server).await;
    world.ask("studio/m", "Hello").await;
    let request = server.single_request();
    assert_eq!(request.path, "/v1/chat/completions");
    let expected = json!({
        "model": "m", "stream": true, "stream_options": { "include_usage": true },
        "messages": [{ "role": "user", "content": "Hello" }],
    });
    assert_eq!(request.body, expected);
}
