use holdfast_contract::{AuditActor, AuditEvent, AuditFault, AuditFaultKind, AuditKind, AuditReport, ConversationId};

use super::{audit, keys, security};

fn conversation() -> ConversationId {
    serde_json::from_str("\"00000000-0000-7000-8000-000000000000\"").unwrap()
}

#[test]
fn an_entry_of_the_log_is_a_sentence() {
    let cases = [
        (AuditKind::KeyUsed, Some("Work"), "Key “Work” used", "a key stands in quotes"),
        (AuditKind::UnlockFailed, Some("passphrase"), "Failed to unlock by passphrase", "a way to unlock does not"),
        (AuditKind::Locked, None, "Locked", "without a subject nothing is left open"),
        (AuditKind::RecoveryCodeMade, Some("x"), "New recovery code made", "some need no subject"),
        (AuditKind::Other, Some("x"), "Something a newer Holdfast wrote: x", "what is not known is not hidden"),
    ];
    for (kind, subject, expected, why) in cases {
        assert_eq!(audit::sentence(kind, subject), expected, "{why}");
    }
    assert_eq!(audit::tag(AuditKind::KekRotated), "kek_rotated", "tests find an entry by the name it is kept under");
}

#[test]
fn who_did_it_is_told_by_what_is_known_now() {
    let by = AuditActor::Conversation { id: conversation() };
    assert_eq!(audit::actor(&by, |_| Some("Trip".to_owned())), "Chat “Trip”", "by its title");
    assert_eq!(audit::actor(&by, |_| Some(String::new())), "A new chat", "before it has one");
    assert_eq!(audit::actor(&by, |_| None), "A chat that is gone", "after it was deleted");
    assert_eq!(audit::actor(&AuditActor::Program, |_| None), "Holdfast", "by itself");
}

#[test]
fn details_name_the_provider_first() {
    let mut event = AuditEvent {
        seq: 1,
        at: 0,
        kind: AuditKind::KeyUsed,
        subject: None,
        actor: AuditActor::Window,
        key: None,
        provider: None,
        detail: [("instead_of".to_owned(), "Work".to_owned()), ("model".to_owned(), "m-1".to_owned())].into(),
    };
    assert_eq!(
        audit::details(&event, Some("OpenAI")).as_deref(),
        Some("OpenAI · instead of: Work · model: m-1"),
        "names are read as words"
    );
    assert_eq!(audit::headline(&event), "Key used", "the sentence needs no name");
    event.kind = AuditKind::Unlocked;
    event.detail = [("way".to_owned(), "keychain".to_owned())].into();
    assert_eq!(audit::headline(&event), "Unlocked by keychain", "a way to unlock stands in the sentence");
    assert_eq!(audit::details(&event, None), None, "and not a second time below it");
    event.kind = AuditKind::KeyChanged;
    event.detail = [("monthly_micros".to_owned(), "12500000".to_owned())].into();
    assert_eq!(audit::details(&event, None).as_deref(), Some("monthly limit: $12.50"), "money is said as money");
    event.detail.clear();
    assert_eq!(audit::details(&event, None), None, "nothing to say is no empty line");
}

#[test]
fn a_fault_says_where_it_is() {
    let fault = |at_seq, what| audit::fault(&AuditFault { at_seq, what });
    assert_eq!(fault(1_017, AuditFaultKind::Changed), "Entry 1,017 is not what was written.", "an edit");
    assert_eq!(fault(3, AuditFaultKind::Moved { from: 9 }), "Entry 3 was written as entry 9.", "a reorder");
    assert_eq!(fault(3, AuditFaultKind::Missing { until: 3 }), "Entry 3 is missing.", "one deletion");
    assert_eq!(fault(3, AuditFaultKind::Missing { until: 7 }), "Entries 3 to 7 are missing.", "several");
    assert_eq!(fault(90, AuditFaultKind::CutOff { until: 99 }), "Entries 90 to 99 are cut off from the end.", "a cut");
}

#[test]
fn a_verdict_claims_no_more_than_was_proved() {
    let report = |anchored, faults| AuditReport { entries: 1_204, anchored, faults };
    assert_eq!(
        audit::verdict(&report(Some(1_200), Vec::new())),
        "All 1,204 entries hold. The vault vouches that none was cut off up to entry 1,200.",
        "up to the note and no further"
    );
    assert_eq!(
        audit::verdict(&report(None, Vec::new())),
        "All 1,204 entries hold together. The vault has no note of its end yet, so a cut there would not show.",
        "without a note the end is not proved"
    );
    let faults = vec![AuditFault { at_seq: 5, what: AuditFaultKind::Replaced }];
    assert_eq!(
        audit::verdict(&report(Some(1_204), faults)),
        "The log does not hold in 1 place. 1,204 entries were read.",
        "a fault is said first"
    );
}

#[test]
fn money_and_tests_are_said_with_their_doubt() {
    assert_eq!(keys::spent_of(Some("$40.00"), false, false), "spent this month of $40.00 limit", "known");
    assert_eq!(keys::spent_of(None, true, false), "spent this month, in part estimated", "estimated");
    assert_eq!(keys::spent_of(None, true, true), "spent this month, as far as it is known", "in part unknown");
    assert_eq!(keys::cost("$0.10", true), "about $0.10", "an estimate is called one");
    assert_eq!(keys::of_limit("$25.00"), " / $25", "a whole limit is short");
    assert_eq!(security::opened(11, 12), "Only 11 of its 12 keys open.", "a bad backup is not praised");
    assert_eq!(security::opened(12, 12), "It opens, and so does every key in it.", "a good one is");
    let names = ["OpenAI".to_owned(), "Groq".to_owned(), "Studio".to_owned()];
    assert_eq!(
        keys::looks_like(&names),
        "On the clipboard. It looks like a key for OpenAI, Groq or Studio.",
        "all it may be"
    );
}
