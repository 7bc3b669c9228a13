use holdfast_contract::AnswerState;

use super::{Place, conversation, info, question, streaming, talk, text};
use crate::{Store, StoreError, StoredMessage};

async fn stream(store: &Store, title: &str) -> StoredMessage {
    let messages = talk(store, &conversation(title, 0), &["question", "half an ans"]).await;
    let mut writes = store.begin().await.unwrap();
    writes.set_answer(messages[1].id, &info(streaming())).await.unwrap();
    writes.commit().await.unwrap();
    messages[1].clone()
}

#[tokio::test]
async fn two_programs_write_to_one_file() {
    let place = Place::new();
    let (window, command_line) = (place.open().await, place.open().await);
    let write = async |store: Store, name: &'static str| {
        for number in 0..20 {
            talk(&store, &conversation(&format!("{name} {number}"), number), &["q", "a"]).await;
        }
    };
    tokio::join!(write(window.clone(), "window"), write(command_line.clone(), "command line"));
    assert_eq!(window.conversations().await.unwrap().len(), 40, "nothing of either is lost");
    assert_eq!(
        window.conversations().await.unwrap(),
        command_line.conversations().await.unwrap(),
        "and both see the same"
    );
    window.check().await.unwrap();
}

#[tokio::test]
async fn many_tasks_write_through_one_store() {
    let place = Place::new();
    let store = place.open().await;
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { talk(&store, &conversation("task", number), &["q", "a"]).await.len() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 2, "a task writes like any other");
    }
    assert_eq!(store.conversations().await.unwrap().len(), 16, "they wait for each other");
}

#[tokio::test]
async fn a_writer_that_holds_on_too_long_makes_others_say_so() {
    let place = Place::new();
    let (slow, other) = (place.open().await, place.open().await);
    let held = slow.begin().await.unwrap();
    assert!(matches!(other.begin().await, Err(StoreError::Busy)), "not an error of the database, but of its use");
    drop(held);
    talk(&other, &conversation("later", 0), &["q"]).await;
    assert_eq!(slow.conversations().await.unwrap().len(), 1, "afterwards it works");
}

#[tokio::test]
async fn an_answer_whose_program_ended_is_interrupted_at_once() {
    let place = Place::new();
    let crashed = place.open().await;
    let answer = stream(&crashed, "crash").await;
    drop(crashed);

    let store = place.open().await;
    let mut writes = store.begin().await.unwrap();
    assert_eq!(writes.interrupt_streaming().await.unwrap(), [answer.id], "its writer is gone");
    assert_eq!(writes.interrupt_streaming().await.unwrap(), [], "and that is said once");
    writes.commit().await.unwrap();
    let found = store.message(answer.id).await.unwrap().unwrap();
    let expected = StoredMessage { answer: Some(info(AnswerState::Interrupted)), ..answer };
    assert_eq!(found, expected, "the part that came is there, with who wrote it");
    assert_eq!(store.conversations().await.unwrap()[0].streaming, None, "nothing is being written");
}

#[tokio::test]
async fn an_answer_that_another_program_writes_is_left_alone() {
    let place = Place::new();
    let window = place.open().await;
    let answer = stream(&window, "slow").await;

    let command_line = place.open().await;
    let mut writes = command_line.begin().await.unwrap();
    assert_eq!(writes.interrupt_streaming().await.unwrap(), [], "its writer lives, however long it is silent");
    writes.commit().await.unwrap();
    assert_eq!(command_line.conversations().await.unwrap()[0].streaming, Some(answer.id), "it is still being written");

    window.close().await.unwrap();
    let mut writes = command_line.begin().await.unwrap();
    assert_eq!(writes.interrupt_streaming().await.unwrap(), [answer.id], "closing is the end of a writer");
    writes.commit().await.unwrap();
}

#[tokio::test]
async fn answers_of_this_program_are_interrupted_too() {
    let place = Place::new();
    let store = place.open().await;
    let answer = stream(&store, "own").await;
    let mut writes = store.begin().await.unwrap();
    assert_eq!(writes.interrupt_streaming().await.unwrap(), [answer.id], "a start comes before any answer of its own");
    writes.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("kept", 0);
    let messages = talk(&store, &about, &["question", "answer"]).await;

    let mut writes = store.begin().await.unwrap();
    writes.rename(about.id, "lost", true).await.unwrap();
    writes.checkpoint(messages[1].id, &[text("lost")]).await.unwrap();
    writes.add_message(question(about.id, Some(messages[1].id), "lost", 3)).await.unwrap();
    drop(writes);

    // A task that is cancelled in the middle of a write, like a program that is killed there.
    let (cancelled, conversation_id) = (store.clone(), about.id);
    let (began, begun) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let mut writes = cancelled.begin().await.unwrap();
        writes.add_message(question(conversation_id, None, "lost", 4)).await.unwrap();
        began.send(()).unwrap();
        loop {
            writes.add_message(question(conversation_id, None, "lost", 4)).await.unwrap();
        }
    });
    begun.await.unwrap();
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled(), "the task was in the middle of its write");

    assert_eq!(store.path_to(messages[1].id).await.unwrap(), messages, "nothing of it stays");
    assert_eq!(store.conversation(about.id).await.unwrap().unwrap().conversation.title, "kept", "nor of the title");
    assert_eq!(store.recent_questions(9).await.unwrap(), ["question"], "nor of the cancelled task");
    talk(&store, &conversation("next", 9), &["q"]).await;
}

#[tokio::test]
async fn a_commit_happens_even_if_nobody_waits_for_it() {
    let place = Place::new();
    let store = place.open().await;
    let about = conversation("asked for", 0);
    let mut writes = store.begin().await.unwrap();
    writes.create_conversation(about.clone()).await.unwrap();
    let mut commit = Box::pin(writes.commit());
    let begun = std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context).is_pending()));
    assert!(begun.await, "it is on its way");
    drop(commit);
    // The turn is given back only after the commit, so the next writer finds it done.
    let mut writes = store.begin().await.unwrap();
    writes.rename(about.id, "found", true).await.unwrap();
    writes.commit().await.unwrap();
}

#[tokio::test]
async fn only_who_has_the_turn_writes() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let turns = crate::writer::Writers::of(one.file()).turns().unwrap();
    let turn = turns.take().await.unwrap();
    for store in [&one, &two] {
        let waited = tokio::time::timeout(std::time::Duration::from_millis(60), store.begin()).await;
        assert!(waited.is_err(), "no write begins while another program has the turn");
    }
    drop(turn);
    let writes = one.begin().await.unwrap();
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(60), turns.take()).await.is_err(),
        "a transaction has it from its beginning"
    );
    writes.commit().await.unwrap();
    drop(turns.take().await.unwrap());
    drop(two.begin().await.unwrap());
    drop(turns.take().await.unwrap());
}

#[tokio::test]
async fn who_closes_beside_another_program_folds_nothing_in() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    talk(&one, &conversation("in the log", 0), &["q"]).await;
    two.conversations().await.unwrap();
    let state = || {
        let log = std::fs::read(place.database().with_file_name("holdfast.db-wal")).unwrap();
        (std::fs::read(place.database()).unwrap(), log)
    };
    let before = state();
    one.backup().await.unwrap();
    one.close().await.unwrap();
    assert_eq!(state(), before, "a checkpoint without the turn could meet a write of the other program");
    two.close().await.unwrap();
    assert_eq!(place.files(), ["backups", "holdfast.db", "holdfast.db.writers"], "the last one folds the log in");
}
