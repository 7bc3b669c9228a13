use holdfast_contract::{Action, AnswerState, Code, Failure, MessageId, Part, StopReason, Usage, Waiting};
use uuid::Uuid;

use super::{Place, conversation, info, question, streaming, talk, text};
use crate::{StoreError, StoredMessage};

#[tokio::test]
async fn any_text_comes_back_as_it_was() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("texts", 0);
    talk(&store, &about, &[]).await;
    let every_control: String = (0_u8..32).map(char::from).collect();
    let long = "Ω\0\u{1f9d1}\u{200d}\u{1f680}".repeat(100_000);
    let texts = [
        "",
        " ",
        "a\0b",
        "\0",
        every_control.as_str(),
        "\u{202e}rtl \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "👩‍👩‍👧‍👦",
        "'; DROP TABLE message; --",
        long.as_str(),
    ];
    assert!(long.len() > 1_000_000, "one of them is larger than a megabyte");
    let parts: Vec<Part> = texts.into_iter().map(text).collect();
    let message = StoredMessage { parts, ..question(about.id, None, "", 1) };
    let mut writes = store.begin().await.unwrap();
    writes.add_message(message.clone()).await.unwrap();
    writes.set_leaf(about.id, message.id, 1).await.unwrap();
    writes.commit().await.unwrap();

    let chars: usize = texts.iter().map(|text| text.chars().count()).sum();
    assert_eq!(store.lengths(about.id).await.unwrap(), [u32::try_from(chars).unwrap()], "NUL ends no count");
    assert_eq!(store.message(message.id).await.unwrap(), Some(message), "nothing is cut, changed or lost");
}

#[tokio::test]
async fn an_answer_grows_by_checkpoints_and_ends() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("growing", 0);
    let messages = talk(&store, &about, &["question", ""]).await;
    let id = messages[1].id;
    let thought = Part::Reasoning { text: "hm".to_owned() };

    let mut writes = store.begin().await.unwrap();
    writes.set_answer(id, &info(streaming())).await.unwrap();
    writes.checkpoint(id, &[thought.clone(), text("Hel")]).await.unwrap();
    writes.commit().await.unwrap();
    let growing = StoredMessage {
        parts: vec![thought.clone(), text("Hel")],
        answer: Some(info(streaming())),
        ..messages[1].clone()
    };
    assert_eq!(store.message(id).await.unwrap(), Some(growing), "what has come so far");
    assert_eq!(store.lengths(about.id).await.unwrap(), [8, 3], "reasoning is folded away and takes no height");

    let mut writes = store.begin().await.unwrap();
    writes.checkpoint(id, &[text("Hello")]).await.unwrap();
    writes.set_answer(id, &info(AnswerState::Stopped)).await.unwrap();
    writes.commit().await.unwrap();
    let ended =
        StoredMessage { parts: vec![text("Hello")], answer: Some(info(AnswerState::Stopped)), ..messages[1].clone() };
    assert_eq!(store.message(id).await.unwrap(), Some(ended), "the last checkpoint is the answer");
}

#[tokio::test]
async fn a_question_is_never_changed() {
    let place = Place::new();
    let store = place.open().await;
    let messages = talk(&store, &conversation("fixed", 0), &["question"]).await;
    let mut writes = store.begin().await.unwrap();
    assert!(
        matches!(
            writes.checkpoint(messages[0].id, &[text("forged")]).await,
            Err(StoreError::NotFound { what: "answer" })
        ),
        "an edit is a sibling, not a change"
    );
    assert!(
        matches!(writes.set_answer(messages[0].id, &info(streaming())).await, Err(StoreError::NotFound { .. })),
        "and a question has no state"
    );
    assert!(
        matches!(writes.checkpoint(MessageId(Uuid::new_v4()), &[]).await, Err(StoreError::NotFound { .. })),
        "nor has a message that is not there"
    );
    writes.commit().await.unwrap();
    assert_eq!(store.message(messages[0].id).await.unwrap(), Some(messages[0].clone()), "it stands as it was asked");
}

#[tokio::test]
async fn every_state_of_an_answer_is_kept_whole() {
    let place = Place::new();
    let store = place.open().await;
    let messages = talk(&store, &conversation("states", 0), &["question", "answer"]).await;
    let failure = Failure::new(Code::RateLimited, "Too many requests.\0")
        .hint("Wait.")
        .action(Action::TryAgain { after: Some(20) })
        .action(Action::Continue { answer: messages[1].id });
    let waiting = Waiting { why: "overloaded".to_owned(), until: 5_000, attempt: 2 };
    for state in [
        streaming(),
        AnswerState::Streaming { waiting: Some(waiting) },
        AnswerState::Complete { reason: StopReason::Length },
        AnswerState::Stopped,
        AnswerState::Interrupted,
        AnswerState::Failed { failure },
    ] {
        let mut info = info(state);
        info.key = None;
        info.usage = Usage::default();
        info.first_token_ms = None;
        let mut writes = store.begin().await.unwrap();
        writes.set_answer(messages[1].id, &info).await.unwrap();
        writes.commit().await.unwrap();
        let stored = store.message(messages[1].id).await.unwrap().unwrap();
        assert_eq!(stored.answer, Some(info), "nothing about an answer is lost");
    }
}

#[tokio::test]
async fn recent_questions_come_newest_first_and_once() {
    let place = Place::new();
    let store = place.open().await;
    talk(&store, &conversation("one", 0), &["first", "a", "again", "a", "again"]).await;
    talk(&store, &conversation("two", 100), &["again", "a", "last"]).await;
    assert_eq!(
        store.recent_questions(10).await.unwrap(),
        ["last", "again", "first"],
        "each question once, its last time"
    );
    assert_eq!(store.recent_questions(2).await.unwrap(), ["last", "again"], "and no more than asked for");
    assert_eq!(store.recent_questions(0).await.unwrap(), [""; 0], "none, when none is asked for");
}
