//! The log of what happened: complete, and telling when somebody changed it.

use std::fs;

use holdfast_contract::{AuditFaultKind, AuditFilter, AuditKind, ExportAudit, ListAudit, VerifyAudit};

use super::*;

async fn kinds(world: &World) -> Vec<AuditKind> {
    let list = ListAudit { filter: AuditFilter::default(), before: None, count: 200 };
    let mut kinds: Vec<_> = world.send(list).await.unwrap().into_iter().map(|event| event.kind).collect();
    kinds.reverse();
    kinds
}

#[tokio::test]
async fn it_tells_what_happened_in_order() {
    let server = FakeServer::start().await;
    server.expect_key(SECRET);
    server.on_chat(Reply::answer("Yes"));
    let world = World::with(&models(&[cloud(&server)])).await;
    add_key(&world).await;
    world.ask("cloud/m", "Hello").await;
    world.send(Rotate { what: Rotation::VaultKey }).await.unwrap();
    world.send(LockVault {}).await.unwrap();
    world.send(UnlockWithKeychain {}).await.unwrap();
    assert_eq!(
        kinds(&world).await,
        [
            AuditKind::Unlocked,
            AuditKind::VaultMade,
            AuditKind::KeyAdded,
            AuditKind::KeyUsed,
            AuditKind::BackupMade,
            AuditKind::VaultKeyRotated,
            AuditKind::Locked,
            AuditKind::Unlocked,
        ]
    );
    let report = world.send(VerifyAudit {}).await.unwrap();
    assert_eq!((report.entries, report.faults.as_slice()), (8, [].as_slice()));
    assert_eq!(report.anchored, Some(8), "the vault vouches for its end");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let entries = world.send(ExportAudit { path: path.display().to_string() }).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!((entries, text.lines().count()), (9, 9), "with the verification itself");
    assert!(!text.contains(SECRET), "no entry holds a secret");
}

#[tokio::test]
async fn an_older_copy_in_its_place_is_found() {
    let world = World::new().await;
    world.ask("rehearsal/rehearsal", "First").await;
    world.quit().await;
    let older = fs::read(world.places().store()).unwrap();
    world.start().await;
    for _ in 0..3 {
        world.send(LockVault {}).await.unwrap();
        world.send(UnlockWithKeychain {}).await.unwrap();
    }
    let before = world.send(VerifyAudit {}).await.unwrap();
    assert_eq!(before.faults, []);
    world.quit().await;
    fs::write(world.places().store(), older).unwrap();
    world.start().await;
    let report = world.send(VerifyAudit {}).await.unwrap();
    let [fault] = report.faults.as_slice() else { panic!("one thing is wrong with it: {report:?}") };
    assert!(
        matches!(fault.what, AuditFaultKind::CutOff { .. } | AuditFaultKind::Replaced),
        "the vault remembers more than this copy holds: {fault:?}"
    );
    assert!(fault.at_seq > 1 && fault.at_seq <= before.entries + 1, "and it says from where: {fault:?}");
}
