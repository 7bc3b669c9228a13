use std::num::NonZeroU32;

use holdfast_contract::{KeyInfo, KeyRevisionInfo, KeySettings, KeySpending, RevisionState};

use super::*;

fn key(provider: &str, name: &str, position: u32) -> KeyView {
    let id = format!("\"00000000-0000-7000-8000-{:012}\"", name.len() * 1_000 + position as usize);
    KeyView {
        info: KeyInfo {
            id: serde_json::from_str(&id).unwrap(),
            provider: provider.into(),
            name: name.to_owned(),
            masked: "sk-…x7Qd".to_owned(),
            origin: format!("https://api.{provider}.com"),
            added_at: 0,
            last_used_at: None,
            test: None,
        },
        settings: KeySettings::default(),
        position,
        revision: 1,
        sealed_at: 0,
        pending: None,
        month: KeySpending::default(),
    }
}

fn names(keys: Vec<KeyView>, search: &str, sort: Sort) -> Vec<(String, Vec<String>)> {
    groups(keys, search, sort, |provider| provider.0.to_uppercase())
        .into_iter()
        .map(|group| (group.name, group.keys.into_iter().map(|key| key.info.name).collect()))
        .collect()
}

fn expected(groups: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    groups.iter().map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())).collect()
}

#[test]
fn keys_stand_under_their_providers_in_the_order_they_are_used() {
    let keys = vec![key("openai", "Spare", 1), key("groq", "Fast", 0), key("openai", "Work", 0)];
    assert_eq!(
        names(keys, "", Sort::default()),
        expected(&[("OPENAI", &["Work", "Spare"]), ("GROQ", &["Fast"])]),
        "providers as they come, the default key first"
    );
}

#[test]
fn a_sort_goes_through_providers_too_and_back() {
    let mut cheap = key("openai", "alpha", 0);
    cheap.month.cost_micros = 5;
    let mut dear = key("openai", "Beta", 1);
    dear.month.cost_micros = 900;
    let mut middle = key("groq", "Gamma", 0);
    middle.month.cost_micros = 100;
    middle.info.last_used_at = Some(10);
    let keys = vec![cheap, dear, middle];

    let spent = Sort::default().pressed(SortBy::Spent);
    assert_eq!(
        names(keys.clone(), "", spent),
        expected(&[("OPENAI", &["Beta", "alpha"]), ("GROQ", &["Gamma"])]),
        "the most is first"
    );
    let least = spent.pressed(SortBy::Spent);
    assert_eq!(
        names(keys.clone(), "", least),
        expected(&[("OPENAI", &["alpha", "Beta"]), ("GROQ", &["Gamma"])]),
        "pressed again, the least is first"
    );
    assert_eq!(least.pressed(SortBy::Spent), Sort::default(), "pressed a third time, it is as at first");
    let used = Sort::default().pressed(SortBy::LastUsed);
    assert_eq!(
        names(keys.clone(), "", used),
        expected(&[("GROQ", &["Gamma"]), ("OPENAI", &["alpha", "Beta"])]),
        "what was used comes before what never was"
    );
    let name = Sort::default().pressed(SortBy::Name);
    assert_eq!(
        names(keys, "", name.pressed(SortBy::Name)),
        expected(&[("GROQ", &["Gamma"]), ("OPENAI", &["Beta", "alpha"])]),
        "names go without regard to capitals"
    );
}

#[test]
fn a_search_wants_every_word_somewhere() {
    let keys = vec![key("openai", "Work", 0), key("openai", "Home", 1), key("groq", "Work", 0)];
    assert_eq!(
        names(keys.clone(), "  WORK openai ", Sort::default()),
        expected(&[("OPENAI", &["Work"])]),
        "one by the name, one by the provider"
    );
    assert_eq!(
        names(keys.clone(), "api.groq.com", Sort::default()),
        expected(&[("GROQ", &["Work"])]),
        "where it goes counts too"
    );
    assert_eq!(names(keys, "work nowhere", Sort::default()), expected(&[]), "a word that is nowhere finds nothing");
}

#[test]
fn a_reminder_comes_on_its_day() {
    let mut asked = key("openai", "Work", 0);
    assert_eq!(due(&asked, 1_000 * DAY), None, "nobody asked to be reminded");
    asked.settings.remind_after_days = NonZeroU32::new(90);
    assert_eq!(due(&asked, 90 * DAY - 1), None, "a moment before");
    assert_eq!(due(&asked, 90 * DAY), Some(90), "on the day");
    assert!(needs_attention(&asked, 90 * DAY), "and it counts as something to look at");
    asked.settings.active = false;
    assert!(!needs_attention(&asked, 90 * DAY), "but not when the key is not used at all");
}

#[test]
fn a_test_belongs_to_the_secret_that_was_tested() {
    let test = |at| KeyTest { at, result: KeyTestResult::Refused, detail: None };
    let mut tested = key("openai", "Work", 0);
    tested.info.test = Some(test(50));
    assert_eq!(test_of_current(&tested), Some(&test(50)), "without a new secret it is of the present one");
    assert_eq!(test_of_pending(&tested), None, "and there is no other");
    tested.pending = Some(KeyRevisionInfo {
        revision: 2,
        state: RevisionState::Pending,
        masked: "sk-…new1".to_owned(),
        origin: "https://api.openai.com".to_owned(),
        created_at: 60,
    });
    assert_eq!(test_of_current(&tested), Some(&test(50)), "a test from before the new secret is of the old one");
    assert_eq!(test_of_pending(&tested), None, "so the new one was not tested");
    tested.info.test = Some(test(70));
    assert_eq!(test_of_current(&tested), None, "a later test says nothing of the old one");
    assert_eq!(test_of_pending(&tested), Some(&test(70)), "it is of the new one");
}
