//! The vault's own keys are replaced, and everything opens as before.

use super::*;

#[tokio::test]
async fn every_rotation_leaves_everything_as_it_was() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server)])).await;
    add_key(&world).await;
    let before = about(&world).await;
    assert_eq!(before.root, RootKind::Stronghold);
    let vault_key = world.send(Rotate { what: Rotation::VaultKey }).await.unwrap();
    assert!(vault_key.vault_key_changed_at > before.vault_key_changed_at, "it says when");
    let record_key = world.send(Rotate { what: Rotation::RecordKey }).await.unwrap();
    assert!(record_key.record_key_changed_at > before.record_key_changed_at);
    let moved = world.send(holdfast_contract::MoveRoot { to: RootKind::SealedFile }).await.unwrap();
    assert_eq!(moved.root, RootKind::SealedFile);
    let progress = |event: &Event| matches!(event, Event::Progress { work: holdfast_contract::Work::Rotate, .. });
    assert!(world.heard().iter().any(progress), "windows were told how far it came");
    for restarted in [false, true] {
        if restarted {
            world.restart().await;
        }
        let answer = world.ask("cloud/m", "Hello").await;
        assert_eq!(state_of(&answer), complete(), "the key opens (restarted: {restarted}): {answer:?}");
    }
    let back = world.send(holdfast_contract::MoveRoot { to: RootKind::Stronghold }).await.unwrap();
    assert_eq!(back.root, RootKind::Stronghold);
    assert_eq!(state_of(&world.ask("cloud/m", "Still?").await), complete());
}
