use holdfast_contract::{ConversationId, MessageId, ModelRef};
use uuid::Uuid;

use super::{Place, conversation, info, streaming, talk};
use crate::{Conversation, ConversationLine, StoreError};

#[tokio::test]
async fn the_list_is_newest_first_with_counts_and_what_is_being_written() {
    let place = Place::new();
    let store = place.open().await;
    let (old, new, empty) = (conversation("old", 100), conversation("new", 200), conversation("empty", 50));
    let in_old = talk(&store, &old, &["q", "a", "q", "a"]).await;
    let in_new = talk(&store, &new, &["q", "a"]).await;
    talk(&store, &empty, &[]).await;
    let mut writes = store.begin().await.unwrap();
    writes.set_answer(in_old[3].id, &info(streaming())).await.unwrap();
    writes.commit().await.unwrap();

    let line = |conversation: Conversation, leaf: Option<MessageId>, messages, streaming| ConversationLine {
        conversation: Conversation {
            leaf,
            updated_at: conversation.created_at + i64::from(u32::saturating_sub(messages, 1)),
            ..conversation
        },
        messages,
        streaming,
        key: None,
    };
    assert_eq!(
        store.conversations().await.unwrap(),
        [
            line(new, Some(in_new[1].id), 2, None),
            line(old, Some(in_old[3].id), 4, Some(in_old[3].id)),
            line(empty, None, 0, None),
        ],
        "newest first, messages by the depth of the leaf, the answer being written"
    );
}

#[tokio::test]
async fn a_conversation_changes_field_by_field() {
    let place = Place::new();
    let store = place.open().await;
    let made = conversation("first", 1);
    talk(&store, &made, &[]).await;
    let other = ModelRef { provider: "openrouter".into(), model: "anthropic/claude-opus-5.5".to_owned() };

    let mut writes = store.begin().await.unwrap();
    writes.rename(made.id, "Given \u{0} by hand \u{1f980}", true).await.unwrap();
    writes.set_model(made.id, &other, "Claude Opus", false).await.unwrap();
    writes.save_draft(made.id, "typed\0 and not sent\u{202e}").await.unwrap();
    writes.commit().await.unwrap();

    let changed = Conversation {
        title: "Given \u{0} by hand \u{1f980}".to_owned(),
        title_by_user: true,
        model: Some(other),
        model_name: Some("Claude Opus".to_owned()),
        local: false,
        draft: "typed\0 and not sent\u{202e}".to_owned(),
        ..made.clone()
    };
    assert_eq!(
        store.conversation(made.id).await.unwrap(),
        Some(ConversationLine { conversation: changed, messages: 0, streaming: None, key: None }),
        "every field comes back as it was given, and none moves the conversation in the list"
    );
}

#[tokio::test]
async fn a_deleted_conversation_leaves_the_list_and_can_come_back_whole() {
    let place = Place::new();
    let store = place.open().await;
    let made = conversation("soon gone", 1);
    talk(&store, &made, &["question", "answer"]).await;

    let mut writes = store.begin().await.unwrap();
    writes.delete_conversation(made.id, 99).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.conversations().await.unwrap(), [], "a deleted conversation is in no list");
    assert_eq!(store.recent_questions(5).await.unwrap(), [""; 0], "nor are its questions offered again");
    let line = store.conversation(made.id).await.unwrap().unwrap();
    assert_eq!((line.conversation.deleted_at, line.messages), (Some(99), 2), "it is only marked");

    let mut writes = store.begin().await.unwrap();
    writes.restore_conversation(made.id).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(store.conversations().await.unwrap().len(), 1, "undo brings it back");
    assert_eq!(store.messages(made.id, 0, 10).await.unwrap().len(), 2, "with its messages");
}

#[tokio::test]
async fn what_is_gone_is_named() {
    let place = Place::new();
    let store = place.open().await;
    let nobody = ConversationId(Uuid::new_v4());
    let mut writes = store.begin().await.unwrap();
    assert!(
        matches!(writes.rename(nobody, "x", true).await, Err(StoreError::NotFound { what: "conversation" })),
        "a title needs a conversation"
    );
    let made = conversation("here", 1);
    writes.create_conversation(made.clone()).await.unwrap();
    assert!(
        matches!(writes.set_leaf(made.id, MessageId(Uuid::new_v4()), 2).await, Err(StoreError::NotFound { .. })),
        "a branch cannot end with a message that is not there"
    );
    assert_eq!(store.conversation(nobody).await.unwrap(), None, "reading says so by nothing");
}
