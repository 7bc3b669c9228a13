use std::collections::BTreeMap;
use std::convert::Infallible;

use holdfast_contract::{
    AuditActor, AuditEvent, AuditFault, AuditFaultKind, AuditFilter, AuditKind, AuditReport, KeyId, ProviderId,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{Place, conversation};
use crate::{AuditAnchor, NewAuditEvent, Store};

/// Stands for the vault's HMAC: any function that spreads every change of its input will do here.
fn seal(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0xcbf2_9ce4_8422_2325_u64, 1, 2, 3];
    for byte in bytes {
        for (number, word) in (0_u32..).zip(state.iter_mut()) {
            *word =
                (*word ^ u64::from(*byte) ^ u64::from(number)).wrapping_mul(0x0100_0000_01b3).rotate_left(number + 7);
        }
    }
    let mut seal = [0; 32];
    for (place, word) in seal.chunks_mut(8).zip(state) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    seal
}

fn event(at: i64, kind: AuditKind, key: Option<KeyId>, provider: Option<&str>) -> NewAuditEvent {
    NewAuditEvent {
        at,
        kind,
        subject: Some(format!("work {at}")),
        actor: AuditActor::Window,
        key,
        provider: provider.map(ProviderId::from),
        detail: BTreeMap::from([("how".to_owned(), "by hand\0".to_owned())]),
    }
}

async fn append(store: &Store, event: NewAuditEvent) -> AuditAnchor {
    let mut writes = store.begin().await.unwrap();
    let draft = writes.audit_next(event).await.unwrap();
    let mac = seal(draft.bytes());
    let end = writes.audit_append(draft, mac).await.unwrap();
    writes.commit().await.unwrap();
    end
}

/// A log of so many entries, and its end.
async fn log(store: &Store, entries: i64) -> AuditAnchor {
    let mut end = None;
    for at in 1..=entries {
        end = Some(append(store, event(at, AuditKind::KeyUsed, None, None)).await);
    }
    end.expect("a log of at least one entry")
}

/// As somebody does who has the key of the database, and not the one that seals the log.
async fn tamper(store: &Store, sql: &str) {
    let disarmed = format!(
        "DROP TRIGGER audit_event_no_edit; DROP TRIGGER audit_event_no_deletion; DROP TRIGGER audit_event_no_gap; {sql}"
    );
    store.writer().unwrap().execute_unprepared(&disarmed).await.unwrap();
}

async fn verify(store: &Store, anchor: Option<AuditAnchor>) -> AuditReport {
    store.verify_audit(anchor, async |bytes| Ok::<_, Infallible>(seal(&bytes))).await.unwrap()
}

async fn faults(store: &Store, anchor: Option<AuditAnchor>) -> Vec<(u64, AuditFaultKind)> {
    verify(store, anchor).await.faults.into_iter().map(|AuditFault { at_seq, what }| (at_seq, what)).collect()
}

#[tokio::test]
async fn entries_are_read_by_what_is_wanted_newest_first() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.audit_end().await.unwrap(), None, "nothing happened yet");
    let key = KeyId(Uuid::from_u128(7));
    for (at, kind, key, provider) in [
        (10, AuditKind::Unlocked, None, None),
        (20, AuditKind::KeyAdded, Some(key), Some("openai")),
        (30, AuditKind::KeyUsed, Some(key), Some("openai")),
        (40, AuditKind::KeyUsed, Some(KeyId(Uuid::from_u128(8))), Some("groq")),
        (50, AuditKind::Locked, None, None),
    ] {
        append(&store, event(at, kind, key, provider)).await;
    }
    let all = store.audit(&AuditFilter::default(), None, 100).await.unwrap();
    assert_eq!(
        all[3],
        AuditEvent {
            seq: 2,
            at: 20,
            kind: AuditKind::KeyAdded,
            subject: Some("work 20".to_owned()),
            actor: AuditActor::Window,
            key: Some(key),
            provider: Some("openai".into()),
            detail: BTreeMap::from([("how".to_owned(), "by hand\0".to_owned())]),
        },
        "an entry comes back as it was written"
    );
    let wanted = async |filter: AuditFilter, before, count| -> Vec<u64> {
        store.audit(&filter, before, count).await.unwrap().into_iter().map(|event| event.seq).collect()
    };
    assert_eq!(wanted(AuditFilter::default(), None, 3).await, [5, 4, 3], "a page");
    assert_eq!(wanted(AuditFilter::default(), Some(3), 3).await, [2, 1], "and the next");
    let kinds = vec![AuditKind::Locked, AuditKind::Unlocked];
    assert_eq!(wanted(AuditFilter { kinds, ..Default::default() }, None, 9).await, [5, 1], "by kind");
    assert_eq!(wanted(AuditFilter { key: Some(key), ..Default::default() }, None, 9).await, [3, 2], "by key");
    let groq = AuditFilter { provider: Some("groq".into()), ..Default::default() };
    assert_eq!(wanted(groq, None, 9).await, [4], "by provider");
    let time = AuditFilter { from: Some(20), until: Some(40), ..Default::default() };
    assert_eq!(wanted(time, None, 9).await, [3, 2], "by time, without its end");

    let records = store.audit_records(3, 100).await.unwrap();
    assert_eq!(records.iter().map(|record| record.event.seq).collect::<Vec<_>>(), [4, 5], "an export goes forward");
    let end = store.audit_end().await.unwrap().unwrap();
    assert_eq!((end.count, end.hash.to_vec()), (5, records[1].mac.clone()), "the end is the last seal");
}

#[tokio::test]
async fn an_entry_is_there_exactly_when_what_it_tells_of_is() {
    let place = Place::new();
    let store = place.open().await;
    let mut writes = store.begin().await.unwrap();
    writes.create_conversation(conversation("undone", 0)).await.unwrap();
    let draft = writes.audit_next(event(1, AuditKind::KeyAdded, None, None)).await.unwrap();
    let mac = seal(draft.bytes());
    writes.audit_append(draft, mac).await.unwrap();
    drop(writes);
    assert_eq!(store.audit_end().await.unwrap(), None, "undone with it");

    let mut writes = store.begin().await.unwrap();
    let first = writes.audit_next(event(1, AuditKind::KeyAdded, None, None)).await.unwrap();
    let second = writes.audit_next(event(2, AuditKind::KeyAdded, None, None)).await.unwrap();
    writes.audit_append(first, [0; 32]).await.unwrap();
    assert!(writes.audit_append(second, [0; 32]).await.is_err(), "no two entries have one number");
}

#[tokio::test]
async fn no_program_edits_or_deletes_an_entry_by_mistake() {
    let place = Place::new();
    let store = place.open().await;
    let end = log(&store, 3).await;
    for sql in [
        "DELETE FROM audit_event",
        "DELETE FROM audit_event WHERE seq = 3",
        "UPDATE audit_event SET at = 0",
        "INSERT OR REPLACE INTO audit_event VALUES (3, 0, 'x', NULL, '{}', NULL, NULL, '{}', x'00')",
        "INSERT INTO audit_event VALUES (5, 0, 'x', NULL, '{}', NULL, NULL, '{}', x'00')",
    ] {
        assert!(store.writer().unwrap().execute_unprepared(sql).await.is_err(), "refused: {sql}");
    }
    assert_eq!(
        verify(&store, Some(end)).await,
        AuditReport { entries: 3, anchored: Some(3), faults: vec![] },
        "and the log is whole"
    );
}

#[tokio::test]
async fn an_edit_is_found_where_it_is() {
    for column in [
        "at = at + 1",
        "kind = 'locked'",
        "subject = NULL",
        "actor = '{}'",
        "key = x'00112233445566778899aabbccddeeff'",
        "provider = ''",
        "detail = '{}'",
        "mac = zeroblob(32)",
    ] {
        let place = Place::new();
        let store = place.open().await;
        let end = log(&store, 6).await;
        tamper(&store, &format!("UPDATE audit_event SET {column} WHERE seq = 3")).await;
        let found = faults(&store, Some(end)).await;
        let mut expected = vec![(3, AuditFaultKind::Changed)];
        if column.starts_with("mac") {
            // The next one was sealed over a seal that is gone.
            expected.push((4, AuditFaultKind::Unproven));
        }
        assert_eq!(found, expected, "{column}");
    }
}

#[tokio::test]
async fn a_deletion_is_found_where_it_was() {
    let place = Place::new();
    let store = place.open().await;
    let end = log(&store, 8).await;
    tamper(&store, "DELETE FROM audit_event WHERE seq IN (3, 4, 7)").await;
    assert_eq!(
        faults(&store, Some(end)).await,
        [
            (3, AuditFaultKind::Missing { until: 4 }),
            (5, AuditFaultKind::Unproven),
            (7, AuditFaultKind::Missing { until: 7 }),
            (8, AuditFaultKind::Unproven),
        ],
        "each gap, and what cannot be proved after it"
    );
    store.writer().unwrap().execute_unprepared("DELETE FROM audit_event WHERE seq < 3").await.unwrap();
    assert_eq!(faults(&store, None).await[0], (1, AuditFaultKind::Missing { until: 4 }), "at the beginning too");
}

#[tokio::test]
async fn entries_that_were_exchanged_are_found() {
    for (one, two) in [(2, 5), (3, 4), (1, 6)] {
        let place = Place::new();
        let store = place.open().await;
        let end = log(&store, 6).await;
        tamper(
            &store,
            &format!(
                "UPDATE audit_event SET seq = -1 WHERE seq = {one}; UPDATE audit_event SET seq = {one} WHERE seq = {two}; \
                UPDATE audit_event SET seq = {two} WHERE seq = -1;"
            ),
        )
        .await;
        assert_eq!(
            faults(&store, Some(end)).await,
            [(one, AuditFaultKind::Moved { from: two }), (two, AuditFaultKind::Moved { from: one })],
            "{one} and {two}, and no entry beside them is accused"
        );
    }
}

#[tokio::test]
async fn a_log_that_was_cut_off_shows_by_the_vaults_note() {
    let place = Place::new();
    let store = place.open().await;
    let end = log(&store, 6).await;
    tamper(&store, "DELETE FROM audit_event WHERE seq > 4").await;
    assert_eq!(faults(&store, None).await, [], "without a note it looks whole: that is the limit of what is claimed");
    assert_eq!(faults(&store, Some(end)).await, [(5, AuditFaultKind::CutOff { until: 6 })], "with it, it does not");
    for at in [50, 60, 70] {
        append(&store, event(at, AuditKind::Unlocked, None, None)).await;
    }
    assert_eq!(faults(&store, Some(end)).await, [(6, AuditFaultKind::Replaced)], "nor does one that went on since");
    store.writer().unwrap().execute_unprepared("DELETE FROM audit_event").await.unwrap();
    assert_eq!(faults(&store, Some(end)).await, [(1, AuditFaultKind::CutOff { until: 6 })], "or is empty");
}

#[tokio::test]
async fn entries_that_were_slipped_in_are_found() {
    let place = Place::new();
    let store = place.open().await;
    let end = log(&store, 3).await;
    let forged = "INSERT INTO audit_event SELECT seq - 3, at, kind, subject, actor, key, provider, detail, mac \
        FROM audit_event WHERE seq = 1; INSERT INTO audit_event SELECT 4, at, kind, subject, actor, key, provider, \
        detail, mac FROM audit_event WHERE seq = 3;";
    tamper(&store, forged).await;
    assert_eq!(
        faults(&store, Some(end)).await,
        [(0, AuditFaultKind::Changed), (4, AuditFaultKind::Changed)],
        "before the first one and after the last"
    );
}

#[tokio::test]
async fn a_vault_that_cannot_seal_is_no_fault_of_the_log() {
    let place = Place::new();
    let store = place.open().await;
    log(&store, 1).await;
    let locked = store.verify_audit(None, async |_| Err::<[u8; 32], _>(std::fmt::Error)).await;
    assert!(matches!(locked, Err(crate::AuditVerifyError::Seal(std::fmt::Error))), "it is said as what it is");
}

#[tokio::test]
async fn a_verification_runs_on_any_thread() {
    let place = Place::new();
    let store = place.open().await;
    let end = log(&store, 2).await;
    let mac = |bytes: Vec<u8>| async move { Ok::<_, Infallible>(seal(&bytes)) };
    let verified = tokio::spawn(async move { store.verify_audit(Some(end), mac).await });
    assert_eq!(verified.await.unwrap().unwrap().faults, [], "a command may be moved between threads meanwhile");
}
