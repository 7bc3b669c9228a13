use holdfast_contract::{MessageId, MessageView};
use uuid::Uuid;

use super::{Place, answer, conversation, question, talk};
use crate::{Store, StoreError, StoredMessage};

fn view(message: &StoredMessage, siblings: &[MessageId]) -> MessageView {
    MessageView {
        id: message.id,
        index: message.depth,
        role: message.role,
        parts: message.parts.clone(),
        created_at: message.created_at,
        siblings: siblings.to_vec(),
        answer: message.answer.clone(),
    }
}

async fn add(store: &Store, mut message: StoredMessage) -> StoredMessage {
    let mut writes = store.begin().await.unwrap();
    message.depth = writes.add_message(message.clone()).await.unwrap();
    writes.set_leaf(message.conversation, message.id, message.created_at).await.unwrap();
    writes.commit().await.unwrap();
    message
}

#[tokio::test]
async fn only_the_active_branch_is_read_with_the_siblings_of_each_message() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("tree", 0);
    let first = talk(&store, &about, &["one", "two", "three", "four!"]).await;
    let again = add(&store, answer(about.id, first[2].id, "four, again", 50)).await;
    let edited = add(&store, question(about.id, Some(first[1].id), "three, edited", 60)).await;
    let reply = add(&store, answer(about.id, edited.id, "héllo", 70)).await;

    assert_eq!(
        store.messages(about.id, 0, 100).await.unwrap(),
        [
            view(&first[0], &[first[0].id]),
            view(&first[1], &[first[1].id]),
            view(&edited, &[first[2].id, edited.id]),
            view(&reply, &[reply.id]),
        ],
        "the branch that ends with the leaf, siblings oldest first"
    );
    assert_eq!(store.lengths(about.id).await.unwrap(), [3, 3, 13, 5], "characters, not bytes, of that branch");
    assert_eq!(store.conversation(about.id).await.unwrap().unwrap().messages, 4, "and so many messages");

    let mut writes = store.begin().await.unwrap();
    writes.set_leaf(about.id, first[3].id, 80).await.unwrap();
    writes.commit().await.unwrap();
    assert_eq!(
        store.messages(about.id, 2, 100).await.unwrap(),
        [view(&first[2], &[first[2].id, edited.id]), view(&first[3], &[first[3].id, again.id])],
        "another leaf, another branch, from the index that was asked for"
    );
    assert_eq!(
        store.messages(about.id, 1, 2).await.unwrap(),
        [view(&first[1], &[first[1].id]), view(&first[2], &[first[2].id, edited.id])],
        "and no more than were asked for"
    );
    assert_eq!(store.messages(about.id, 4, 10).await.unwrap(), [], "nothing lies behind the end");
    assert_eq!(store.messages(about.id, u32::MAX, u32::MAX).await.unwrap(), [], "nor far behind it");
}

#[tokio::test]
async fn versions_of_the_first_question_are_siblings() {
    let place = Place::new();
    let store = place.open().await;
    let (about, other) = (conversation("here", 0), conversation("there", 0));
    let first = talk(&store, &about, &["one"]).await;
    talk(&store, &other, &["elsewhere"]).await;
    let second = add(&store, question(about.id, None, "one, edited", 9)).await;
    assert_eq!(
        store.messages(about.id, 0, 10).await.unwrap(),
        [view(&second, &[first[0].id, second.id])],
        "first messages of one conversation, and of no other"
    );
}

#[tokio::test]
async fn the_newest_leaf_follows_the_newest_child_at_every_turn() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("tree", 0);
    let first = talk(&store, &about, &["one", "two", "three", "four"]).await;
    let newer = add(&store, answer(about.id, first[2].id, "four, again", 50)).await;
    let deeper = add(&store, question(about.id, Some(newer.id), "five", 60)).await;

    assert_eq!(store.newest_leaf_below(first[0].id).await.unwrap(), deeper.id, "down the newest children");
    assert_eq!(store.newest_leaf_below(first[3].id).await.unwrap(), first[3].id, "a leaf is its own");
    assert!(
        matches!(store.newest_leaf_below(MessageId(Uuid::new_v4())).await, Err(StoreError::NotFound { .. })),
        "a message that is not there has none"
    );
}

#[tokio::test]
async fn the_path_to_a_message_is_what_was_said_before_it() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("tree", 0);
    let first = talk(&store, &about, &["one", "two", "three", "four"]).await;
    add(&store, answer(about.id, first[0].id, "two, again", 50)).await;
    assert_eq!(store.path_to(first[2].id).await.unwrap(), first[..3], "whatever branch is active, root first");
    assert!(
        matches!(store.path_to(MessageId(Uuid::new_v4())).await, Err(StoreError::NotFound { .. })),
        "no path leads to a message that is not there"
    );
}

#[tokio::test]
async fn a_parent_must_be_in_the_same_conversation() {
    let place = Place::new();
    let store = place.open().await;
    let (about, other) = (conversation("here", 0), conversation("there", 0));
    let elsewhere = talk(&store, &other, &["elsewhere"]).await;
    talk(&store, &about, &["here"]).await;
    let mut writes = store.begin().await.unwrap();
    let stray = answer(about.id, elsewhere[0].id, "stray", 5);
    assert!(matches!(writes.add_message(stray).await, Err(StoreError::NotFound { .. })), "trees do not grow together");
    assert!(
        matches!(writes.set_leaf(about.id, elsewhere[0].id, 5).await, Err(StoreError::NotFound { .. })),
        "nor is a branch of another conversation shown"
    );
}

#[tokio::test]
async fn a_conversation_of_ten_thousand_messages_reads_at_every_place() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("long", 0);
    let words: Vec<String> = (0..10_000).map(|number| "x".repeat(number % 7)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let messages = talk(&store, &about, &words).await;

    let expected: Vec<u32> = (0..10_000).map(|number| number % 7).collect();
    assert_eq!(store.lengths(about.id).await.unwrap(), expected, "every message has its length");
    for from in [0, 5_000, 9_950] {
        let ids: Vec<MessageId> =
            store.messages(about.id, from, 50).await.unwrap().iter().map(|message| message.id).collect();
        let start = usize::try_from(from).unwrap();
        let expected: Vec<MessageId> = messages[start..start + 50].iter().map(|message| message.id).collect();
        assert_eq!(ids, expected, "fifty messages from {from}");
    }
    assert_eq!(store.conversations().await.unwrap()[0].messages, 10_000, "and the list counts them");
    assert_eq!(store.path_to(messages[9_999].id).await.unwrap(), messages, "the whole path has every part");
}
