//! The program is killed in the middle of an answer, and nothing that was there is lost.

use std::time::{Duration, Instant};

use holdfast_contract::{
    AnswerState, ContinueAnswer, ListConversations, MessageId, MessageView, OpenConversation, RetryAnswer,
};
use holdfast_testkit::{FakeServer, Gate, Reply};

use crate::world::{Chat, PATIENCE, World, models, state_of, studio, text_of};

/// Between two words of a slow stream.
const PACE: Duration = Duration::from_millis(10);
/// The most that a kill may lose.
const LOSS: Duration = Duration::from_millis(500);

/// A stream of numbered words that goes on longer than any test looks.
fn slow() -> Reply {
    (0..3000).fold(Reply::sse(), |reply, word| reply.delta(&format!("w{word} ")).pause(PACE))
}

/// The only conversation there is.
async fn only_chat(world: &World) -> Chat<'_> {
    let listed = world.send(ListConversations {}).await.unwrap();
    assert_eq!(listed.len(), 1, "one conversation was begun: {listed:#?}");
    world.reopen(listed[0].id)
}

/// Waits until another program has stored this much of its newest answer.
async fn stored(world: &World, text: &str) -> MessageId {
    let store = world.store().await;
    let start = Instant::now();
    loop {
        if let Some(newest) = store.conversations().await.unwrap().first()
            && let Some(last) = store.messages(newest.conversation.id, 0, u32::MAX).await.unwrap().last()
            && text_of(last).contains(text)
        {
            store.close().await.unwrap();
            return last.id;
        }
        assert!(start.elapsed() < PATIENCE, "{text:?} was not stored in {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_killed_program_finds_its_part_and_goes_on_from_it() {
    let server = FakeServer::start().await;
    server.on_chat(slow());
    server.on_chat(Reply::answer("and the rest."));
    let world = World::shared(&models(&[studio(&server)])).await;
    world.quit().await;
    let program = world.spawn(&["ask", "--model", "studio/m", "Count"], "");
    program.prints("w120 ").await;
    let printed = program.kill().await;

    world.start().await;
    let chat = only_chat(&world).await;
    let view = chat.open().await;
    let part = view.tail.last().unwrap().clone();
    assert_eq!(state_of(&part), AnswerState::Interrupted, "it is marked for what it is");
    assert_eq!(view.summary.streaming, None, "nobody writes it any more");
    let kept = text_of(&part);
    assert!(printed.starts_with(&kept) || kept.starts_with(&printed), "{kept:?} is the beginning of {printed:?}");
    let lost = printed.split_inclusive(' ').count().saturating_sub(kept.split_inclusive(' ').count());
    let most = usize::try_from(LOSS.as_millis() / PACE.as_millis()).unwrap();
    assert!(lost <= most, "{lost} words were lost, {most} may be; kept: {kept:?}");

    let whole = chat.end_after(ContinueAnswer { answer: part.id }).await;
    assert_eq!(text_of(&whole), format!("{kept}and the rest."), "Continue goes on from the part");
    assert_eq!(chat.open().await.summary.title, "Count");
}

#[tokio::test]
async fn a_killed_answer_can_be_had_again() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("half").stall());
    server.on_chat(Reply::answer("A whole one"));
    let world = World::shared(&models(&[studio(&server)])).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("?").await;
    world.reads(answer, "half").await;
    world.kill().await;
    world.start().await;
    assert_eq!(state_of(&chat.message(answer).await), AnswerState::Interrupted);
    let again = chat.end_after(RetryAnswer { answer }).await;
    assert_eq!((text_of(&again).as_str(), again.siblings), ("A whole one", vec![answer, again.id]));
}

#[tokio::test]
async fn a_kill_before_the_first_word_keeps_the_question() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::silent());
    let world = World::shared(&models(&[studio(&server)])).await;
    let chat = world.chat("studio/m").await;
    let answer = chat.begin("Are you there?").await;
    server.wait_for_requests(1).await;
    world.kill().await;
    world.start().await;
    assert_eq!(chat.texts().await, ["Are you there?", ""]);
    assert_eq!(state_of(&chat.message(answer).await), AnswerState::Interrupted);
}

#[tokio::test]
async fn kill_after_kill_loses_nothing_that_was_stored() {
    let server = FakeServer::start().await;
    let world = World::shared(&models(&[studio(&server)])).await;
    world.quit().await;
    let mut before: Vec<MessageView> = Vec::new();
    for round in 0..5 {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(Reply::sse().delta(&format!("part {round}")).stall());
        let question = format!("question {round}");
        let program = world.spawn(&["ask", "--continue", "--model", "studio/m", &question], "");
        program.prints(&format!("part {round}")).await;
        stored(&world, &format!("part {round}")).await;
        program.kill().await;

        world.start().await;
        let messages = only_chat(&world).await.open().await.tail;
        assert_eq!(messages[..before.len()], before[..], "round {round}: what was there is there, unchanged");
        let new: Vec<_> = messages[before.len()..].iter().map(text_of).collect();
        assert_eq!(new, [question, format!("part {round}")], "round {round}: and the new ones with it");
        assert_eq!(state_of(messages.last().unwrap()), AnswerState::Interrupted, "round {round}");
        before = messages;
        world.quit().await;
    }
}

#[tokio::test]
async fn what_another_program_still_writes_is_left_alone() {
    let server = FakeServer::start().await;
    let gate = Gate::new();
    server.on_chat(Reply::sse().delta("slowly").wait(&gate).delta(" but surely").stop().done());
    let world = World::shared(&models(&[studio(&server)])).await;
    world.quit().await;
    let program = world.spawn(&["ask", "--model", "studio/m", "?"], "");
    program.prints("slowly").await;
    let answer = stored(&world, "slowly").await;
    world.start().await;
    let chat = only_chat(&world).await;
    assert_eq!(state_of(&chat.message(answer).await), AnswerState::Streaming { waiting: None }, "its writer lives");
    assert_eq!(chat.open().await.summary.streaming, Some(answer));
    gate.open();
    let ended = program.end().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "slowly but surely\n"));
    let view = world.send(OpenConversation { id: chat.id }).await.unwrap();
    assert_eq!(text_of(view.tail.last().unwrap()), "slowly but surely", "the window sees what the terminal did");
}
