//! A conversation of a thousand messages.

use holdfast_contract::{
    AnswerInfo, AnswerState, ConversationId, LoadMessages, MessageId, MessageView, ModelRef, Part, Role, StopReason,
    Usage,
};
use holdfast_store::StoredMessage;
use holdfast_testkit::{FakeServer, Reply};
use uuid::Uuid;

use super::sent;
use crate::world::{World, text_of};

/// Writes questions and answers as if they had been asked one by one.
async fn fill(world: &World, conversation: ConversationId, messages: u32) {
    let store = world.store().await;
    let mut writes = store.begin().await.unwrap();
    let mut parent = None;
    for index in 0..messages {
        let id = MessageId(Uuid::now_v7());
        let asks = index % 2 == 0;
        let answer = AnswerInfo {
            model: ModelRef::parse("studio/m").unwrap(),
            model_name: "m".to_owned(),
            local: true,
            key: None,
            state: AnswerState::Complete { reason: StopReason::End },
            first_token_ms: Some(1),
            duration_ms: Some(2),
            usage: Usage::default(),
        };
        let message = StoredMessage {
            id,
            conversation,
            parent,
            depth: 0,
            role: if asks { Role::User } else { Role::Assistant },
            parts: vec![Part::Text { text: format!("message {index}") }],
            created_at: i64::from(index),
            answer: (!asks).then_some(answer),
        };
        writes.add_message(message).await.unwrap();
        parent = Some(id);
    }
    writes.set_leaf(conversation, parent.unwrap(), 1).await.unwrap();
    writes.commit().await.unwrap();
    store.close().await.unwrap();
}

fn texts(messages: &[MessageView]) -> Vec<String> {
    messages.iter().map(text_of).collect()
}

#[tokio::test]
async fn a_thousand_messages_open_at_their_end_and_load_in_windows() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = World::asking(&server).await;
    let chat = world.chat("studio/m").await;
    fill(&world, chat.id, 1000).await;

    let view = chat.open().await;
    assert_eq!((view.lengths.len(), view.summary.messages), (1000, 1000));
    assert_eq!((view.lengths[0], view.lengths[999]), (9, 11), "characters of each message");
    let expected: Vec<String> = (970..1000).map(|index| format!("message {index}")).collect();
    assert_eq!(texts(&view.tail), expected, "the last thirty come along");

    let load = |from, count| world.send(LoadMessages { conversation: chat.id, from, count });
    let mut all = Vec::new();
    for from in (0..1000).step_by(200) {
        all.extend(load(from, 200).await.unwrap());
    }
    let expected: Vec<String> = (0..1000).map(|index| format!("message {index}")).collect();
    assert_eq!(texts(&all), expected, "windows join without a gap");
    assert!((0..).zip(&all).all(|(index, message)| message.index == index), "each knows its place");
    assert_eq!(all[970..], view.tail[..], "both ways give the same");

    for (from, count, expected) in
        [(995, 200, 5), (0, u32::MAX, 200), (1000, 10, 0), (u32::MAX, u32::MAX, 0), (0, 0, 0), (999, 1, 1)]
    {
        assert_eq!(load(from, count).await.unwrap().len(), expected, "{count} from {from}");
    }

    chat.ask("And now?").await;
    let messages = sent(&server.single_request());
    assert_eq!(
        (messages.len(), messages[0].1.as_str()),
        (1001, "message 0"),
        "a model of unknown size sees everything"
    );
}
