//! Limits of a key are kept before anything leaves, whoever asks at the same moment.

use std::num::NonZeroU32;

use futures::future::join_all;

use super::*;
use crate::world::row;

/// A dollar for a thousand tokens, so that an answer of five and two costs 0.7 cents.
const PRICED: &str = "key: required, place: cloud, models: [{ id: m, price: { input: 1000, output: 1000 } }]";
const ANSWER_MICROS: i64 = 7_000;

async fn priced(server: &FakeServer) -> World {
    World::with(&models(&[row("cloud", "openai_chat", &server.openai_url(), PRICED)])).await
}

fn most(per_minute: u32) -> KeySettings {
    KeySettings { per_minute: NonZeroU32::new(per_minute), ..KeySettings::default() }
}

#[tokio::test]
async fn no_more_requests_leave_than_a_minute_may_have() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    set(&world, &key, most(3)).await;
    let answers = join_all((0..8).map(|_| world.ask("cloud/m", "All at once"))).await;
    let (came, kept): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| whole(answer));
    assert_eq!((came.len(), kept.len(), server.requests().len()), (3, 5, 3), "what is kept back is not sent");
    for answer in kept {
        let failure = failure_of(answer);
        assert_eq!(failure.code, Code::LimitReached, "{failure:?}");
        assert_eq!(failure.message, "The key “Work” has reached your limit of 3 requests a minute.");
        assert!(failure.hint.is_some_and(|hint| hint.contains("Nothing was sent")), "it says until when");
        assert_eq!(failure.actions[0], Action::KeySettings { key: key.id });
        let again = failure.actions.iter().find_map(|action| match action {
            Action::TryAgain { after } => *after,
            _ => None,
        });
        assert!(again.is_some_and(|seconds| (1..=60).contains(&seconds)), "{:?}", failure.actions);
    }
    assert_eq!(views(&world).await[0].month.uses, 3);
    let noted = log(&world, &[AuditKind::KeyUsed, AuditKind::LimitHit]).await;
    let hits = noted.iter().filter(|entry| entry.kind == AuditKind::LimitHit).count();
    assert_eq!((noted.len(), hits), (8, 5), "each is in the log");
    set(&world, &key, KeySettings::default()).await;
    assert!(whole(&world.ask("cloud/m", "Without the limit").await));
}

#[tokio::test]
async fn what_is_under_way_counts_as_spent_until_it_is_known() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("slow").stall().usage(5, 2).stop().done());
    server.on_chat(Reply::answer("Yes"));
    let world = priced(&server).await;
    let key = add(&world, SECRET).await;
    set(&world, &key, KeySettings { monthly_micros: Some(5_000_000), ..KeySettings::default() }).await;
    let chat = world.chat("cloud/m").await;
    let slow = chat.begin("First").await;
    world.reads(slow, "slow").await;

    // More than four dollars are set aside for the first, so a second might be more than five.
    let failure = failure_of(&world.ask("cloud/m", "Second").await);
    assert_eq!(failure.code, Code::LimitReached, "{failure:?}");
    assert_eq!(failure.message, "The key “Work” has reached your limit of $5.00 a month.");
    assert_eq!(
        failure.actions,
        [Action::KeySettings { key: key.id }, Action::ChooseModel],
        "waiting a little is no help"
    );
    assert_eq!(server.requests().len(), 1);

    server.release();
    assert!(whole(&chat.end_of(slow).await));
    let month = views(&world).await[0].month;
    assert_eq!((month.cost_micros, month.estimated), (ANSWER_MICROS, false), "now it is known: {month:?}");
    assert_eq!((month.uses, month.input_tokens, month.output_tokens), (1, 5, 2));
    assert!(whole(&world.ask("cloud/m", "Second").await), "and there is room again");
}

#[tokio::test]
async fn a_refused_request_costs_nothing_and_a_stopped_one_is_estimated() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::status(401));
    server.on_chat(Reply::sse().delta("four words or so").stall());
    let world = priced(&server).await;
    add(&world, SECRET).await;
    world.ask("cloud/m", "Refused").await;
    let month = views(&world).await[0].month;
    assert_eq!((month.uses, month.cost_micros, month.estimated), (1, 0, false), "{month:?}");
    let chat = world.chat("cloud/m").await;
    let answer = chat.begin("Stopped").await;
    world.reads(answer, "four words or so").await;
    world.send(holdfast_contract::StopAnswer { answer }).await.unwrap();
    chat.end_of(answer).await;
    let month = views(&world).await[0].month;
    assert!(month.estimated && month.cost_micros > 0 && month.cost_micros < 100_000, "{month:?}");
}

#[tokio::test]
async fn an_unknown_price_is_not_nothing() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    set(&world, &key, KeySettings { monthly_micros: Some(0), ..KeySettings::default() }).await;
    let failure = failure_of(&world.ask("cloud/m", "May I?").await);
    assert_eq!((failure.code, server.requests().len()), (Code::LimitReached, 0), "nothing may be spent at all");
    set(&world, &key, KeySettings { monthly_micros: Some(1), ..KeySettings::default() }).await;
    assert!(whole(&world.ask("cloud/m", "And now?").await));
    let month = views(&world).await[0].month;
    assert_eq!((month.uses, month.cost_micros, month.input_tokens), (1, 0, 5), "tokens are known, the cost is not");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_not_kept() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    let key = add(&world, SECRET).await;
    let before = views(&world).await;
    let less = KeySettings { monthly_micros: Some(-1), ..KeySettings::default() };
    for (name, settings) in [("Work", less), ("  ", KeySettings::default())] {
        let failure = world.refused(SaveKey { id: key.id, name: name.to_owned(), settings }).await;
        assert_eq!(failure.code, Code::BadRequest, "{failure:?}");
    }
    assert_eq!(views(&world).await, before);
}

#[tokio::test]
async fn a_lock_ends_a_use_and_the_answer_keeps_its_part() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::sse().delta("half").stall());
    let world = priced(&server).await;
    add(&world, SECRET).await;
    let chat = world.chat("cloud/m").await;
    let answer = chat.begin("Go on").await;
    world.reads(answer, "half").await;
    world.send(LockVault {}).await.unwrap();
    server.wait_for_disconnect().await;
    assert_eq!(world.refused(ListKeys {}).await.code, Code::VaultLocked, "nothing is shown while it is locked");
    world.send(UnlockWithKeychain {}).await.unwrap();
    let message = chat.message(answer).await;
    assert_eq!((crate::world::text_of(&message).as_str(), state_of(&message)), ("half", AnswerState::Interrupted));
    let month = views(&world).await[0].month;
    assert!(month.uses == 1 && month.estimated && month.cost_micros < 100_000, "what was set aside is free: {month:?}");
}
