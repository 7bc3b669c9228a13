//! A spare stands in for a key where the user allowed it, and the answer says so.

use std::num::NonZeroU32;

use holdfast_contract::{AuditActor, InsteadOf};

use super::*;

const SPARE: &str = "sk-spare-0123456789abcdefghijklmnopq";
const THIRD: &str = "sk-third-0123456789abcdefghijklmnopq";

fn spare() -> KeySettings {
    KeySettings { spare: true, ..KeySettings::default() }
}

fn instead(of: &str, why: &str) -> Option<InsteadOf> {
    Some(InsteadOf { name: of.to_owned(), why: why.to_owned() })
}

#[tokio::test]
async fn a_spare_takes_over_before_the_first_word_and_is_shown() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    let second = add_as(&world, "Spare", SPARE).await;
    set(&world, &second, spare()).await;
    for (reply, why) in [
        (Reply::status(429).header("retry-after", "30"), "was rate limited"),
        (Reply::status(401), "was refused"),
        (Reply::status(402), "had no credit"),
    ] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        server.on_chat(Reply::answer("Yes"));
        let chat = world.chat("cloud/m").await;
        let answer = chat.ask("Hello").await;
        assert!(whole(&answer), "{why}: {answer:?}");
        let used = KeyUsed { id: second.id, name: "Spare".to_owned(), instead_of: instead("Work", why) };
        assert_eq!(answer.answer.as_ref().unwrap().key, Some(used.clone()), "it is shown, and kept");
        let told = world.states_of(answer.id);
        assert!(told.iter().any(|info| info.key == Some(used.clone()) && info.first_token_ms.is_none()), "at once");
        let noted = log(&world, &[AuditKind::SpareUsed]).await.pop().unwrap();
        assert_eq!((noted.key, noted.subject.as_deref()), (Some(second.id), Some("Spare")));
        assert_eq!((noted.detail["instead_of"].as_str(), noted.detail["why"].as_str()), ("Work", why));
        assert_eq!(noted.actor, AuditActor::Conversation { id: chat.id });
    }
    assert_eq!(sent(&server), [SECRET, SPARE, SECRET, SPARE, SECRET, SPARE]);
}

#[tokio::test]
async fn a_key_that_is_no_spare_does_not_stand_in() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::status(401));
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    let second = add_as(&world, "Mine", SPARE).await;
    assert_eq!(failure_of(&world.ask("cloud/m", "Hello").await).code, Code::KeyRefused);
    set(&world, &second, KeySettings { active: false, ..spare() }).await;
    assert_eq!(failure_of(&world.ask("cloud/m", "Hello").await).code, Code::KeyRefused);
    assert_eq!(sent(&server), [SECRET, SECRET], "neither one that was not allowed nor one that is switched off");
}

#[tokio::test]
async fn trouble_that_is_not_the_keys_is_no_reason_for_a_spare() {
    let server = FakeServer::start().await;
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    let second = add_as(&world, "Spare", SPARE).await;
    set(&world, &second, spare()).await;
    for reply in [Reply::status(400), Reply::status(403), Reply::html(200), Reply::sse().delta("half").cut()] {
        server.forget("POST", "/v1/chat/completions");
        server.on_chat(reply);
        let answer = world.ask("cloud/m", "Hello").await;
        failure_of(&answer);
        assert_eq!(answer.answer.unwrap().key.unwrap().name, "Work");
    }
    assert_eq!(sent(&server), [SECRET; 4]);
}

#[tokio::test]
async fn spares_are_tried_in_order_and_each_once() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::status(401));
    let world = world_with(&server).await;
    add(&world, SECRET).await;
    for (name, secret) in [("Spare", SPARE), ("Third", THIRD)] {
        let key = add_as(&world, name, secret).await;
        set(&world, &key, spare()).await;
    }
    let answer = world.ask("cloud/m", "Hello").await;
    let failure = failure_of(&answer);
    assert_eq!(failure.code, Code::KeyRefused);
    assert!(failure.message.contains("“Third”"), "the last one is named: {}", failure.message);
    let used = answer.answer.unwrap().key.unwrap();
    assert_eq!((used.name.as_str(), used.instead_of), ("Third", instead("Work", "was refused")));
    assert_eq!(sent(&server), [SECRET, SPARE, THIRD]);
}

#[tokio::test]
async fn a_spare_stands_in_for_a_key_at_its_limit() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_with(&server).await;
    let first = add(&world, SECRET).await;
    let second = add_as(&world, "Spare", SPARE).await;
    set(&world, &first, KeySettings { per_minute: NonZeroU32::new(1), ..KeySettings::default() }).await;
    set(&world, &second, KeySettings { per_minute: NonZeroU32::new(1), ..spare() }).await;
    world.ask("cloud/m", "1").await;
    let answer = world.ask("cloud/m", "2").await;
    let used = answer.answer.unwrap().key.unwrap();
    let why = "had reached its limit of 1 request a minute";
    assert_eq!((used.name.as_str(), used.instead_of), ("Spare", instead("Work", why)));
    let failure = failure_of(&world.ask("cloud/m", "3").await);
    assert_eq!(failure.code, Code::LimitReached, "the spare has its own limit: {failure:?}");
    assert_eq!(failure.actions[0], Action::KeySettings { key: second.id });
    assert_eq!(sent(&server), [SECRET, SPARE]);
}

#[tokio::test]
async fn a_key_of_another_address_is_no_spare() {
    let (server, elsewhere) = (FakeServer::start().await, FakeServer::start().await);
    server.on_chat(Reply::status(401));
    let world = world_with(&elsewhere).await;
    let old = add(&world, SPARE).await;
    set(&world, &old, spare()).await;
    world.write_models(&models(&[cloud(&server)]));
    world.restart().await;
    let new = add_as(&world, "New", SECRET).await;
    world.send(holdfast_contract::MoveKey { id: new.id, position: 0 }).await.unwrap();
    assert_eq!(failure_of(&world.ask("cloud/m", "Hello").await).code, Code::KeyRefused);
    assert_eq!((sent(&server), elsewhere.requests().len()), (vec![SECRET.to_owned()], 0));
}
