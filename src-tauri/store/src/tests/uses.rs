use std::num::NonZeroU32;

use holdfast_contract::{
    ConversationId, KeyId, KeyLimit, KeySettings, KeySpending, KeyUse, KeyUseId, KeyUseOutcome, MessageId, Timestamp,
};
use uuid::Uuid;

use super::keys::{add, api_key};
use super::{Place, model};
use crate::{Admission, KeyUseEnd, Store, StoreError};

const MONTH: std::ops::Range<Timestamp> = 1_000_000..3_000_000;

fn planned(key: KeyId, at: Timestamp, cost_micros: Option<i64>) -> KeyUse {
    KeyUse {
        id: KeyUseId(Uuid::new_v4()),
        key,
        at,
        model: model(),
        conversation: Some(ConversationId(Uuid::from_u128(1))),
        answer: Some(MessageId(Uuid::from_u128(2))),
        outcome: KeyUseOutcome::UnderWay,
        input_tokens: None,
        output_tokens: None,
        cost_micros,
        estimated: cost_micros.is_some(),
    }
}

async fn limited(store: &Store, per_minute: Option<u32>, monthly_micros: Option<i64>) -> KeyId {
    let key = api_key("openai", "limited");
    add(store, &[&key]).await;
    let settings =
        KeySettings { per_minute: per_minute.and_then(NonZeroU32::new), monthly_micros, ..KeySettings::default() };
    let mut writes = store.begin().await.unwrap();
    writes.set_key_settings(key.id, &settings).await.unwrap();
    writes.commit().await.unwrap();
    key.id
}

async fn begin(store: &Store, planned: &KeyUse) -> Admission {
    let mut writes = store.begin().await.unwrap();
    let admission = writes.begin_use(planned, MONTH).await.unwrap();
    writes.commit().await.unwrap();
    admission
}

async fn end(store: &Store, planned: &KeyUse, outcome: KeyUseOutcome, cost_micros: Option<i64>) {
    let ended =
        KeyUseEnd { outcome, input_tokens: Some(100), output_tokens: Some(u64::MAX), cost_micros, estimated: false };
    let mut writes = store.begin().await.unwrap();
    writes.end_use(planned.id, &ended).await.unwrap();
    writes.commit().await.unwrap();
}

#[tokio::test]
async fn a_use_is_on_record_before_it_begins_and_after_it_ends() {
    let place = Place::new();
    let store = place.open().await;
    let key = limited(&store, None, None).await;
    let (first, second) = (planned(key, 1_000_000, Some(50)), planned(key, 1_000_100, None));
    for planned in [&first, &second] {
        assert_eq!(begin(&store, planned).await, Admission::Admitted, "nothing is limited");
    }
    let listed = store.key_uses(Some(key), MONTH, 0, 10).await.unwrap();
    assert_eq!(listed, [second.clone(), first.clone()], "newest first, under way");
    assert_eq!(store.key(key).await.unwrap().unwrap().info.last_used_at, Some(1_000_100), "the key says so too");

    end(&store, &first, KeyUseOutcome::Answered, Some(40)).await;
    end(&store, &second, KeyUseOutcome::Failed, None).await;
    let most = Some(u64::try_from(i64::MAX).unwrap());
    let first = KeyUse {
        outcome: KeyUseOutcome::Answered,
        input_tokens: Some(100),
        output_tokens: most,
        cost_micros: Some(40),
        estimated: false,
        ..first
    };
    let second = KeyUse { outcome: KeyUseOutcome::Failed, input_tokens: Some(100), output_tokens: most, ..second };
    assert_eq!(store.key_uses(None, MONTH, 1, 10).await.unwrap(), [first], "what came of it");
    assert_eq!(store.key_uses(None, MONTH, 0, 1).await.unwrap(), [second], "an unknown cost stays unknown");
    assert_eq!(store.key_uses(Some(KeyId(Uuid::new_v4())), MONTH, 0, 9).await.unwrap(), [], "of no other key");

    let sum = KeySpending {
        uses: 2,
        input_tokens: 200,
        output_tokens: 9_000_000_000_000_000_000,
        cost_micros: 40,
        estimated: false,
    };
    assert_eq!(store.keys(MONTH).await.unwrap()[0].month, sum, "numbers beyond all reason only reach a ceiling");
    assert_eq!(store.keys(0..1_000_000).await.unwrap()[0].month, KeySpending::default(), "another month");
    let mut writes = store.begin().await.unwrap();
    let nothing = KeyUseEnd {
        outcome: KeyUseOutcome::Failed,
        input_tokens: None,
        output_tokens: None,
        cost_micros: None,
        estimated: false,
    };
    assert!(
        matches!(writes.end_use(KeyUseId(Uuid::new_v4()), &nothing).await, Err(StoreError::NotFound { .. })),
        "what never began does not end"
    );
    assert!(
        matches!(
            writes.begin_use(&planned(KeyId(Uuid::new_v4()), 1, None), MONTH).await,
            Err(StoreError::NotFound { .. })
        ),
        "nor does a key that is gone begin"
    );
}

#[tokio::test]
async fn requests_per_minute_are_limited_and_the_time_is_said() {
    let place = Place::new();
    let store = place.open().await;
    let key = limited(&store, Some(2), None).await;
    let most = NonZeroU32::new(2).unwrap();
    assert_eq!(begin(&store, &planned(key, 1_000_000, None)).await, Admission::Admitted, "one");
    assert_eq!(begin(&store, &planned(key, 1_010_000, None)).await, Admission::Admitted, "two");
    assert_eq!(
        begin(&store, &planned(key, 1_059_999, None)).await,
        Admission::Refused(KeyLimit::PerMinute { most, until: 1_060_000 }),
        "no third before the first is a minute old"
    );
    assert_eq!(store.recent_uses(key, 1_059_999).await.unwrap(), 2, "the refused one is not on record");
    assert_eq!(begin(&store, &planned(key, 1_060_000, None)).await, Admission::Admitted, "then the next");
    assert_eq!(
        begin(&store, &planned(key, 1_059_990, None)).await,
        Admission::Refused(KeyLimit::PerMinute { most, until: 1_070_000 }),
        "one that took its time before it queued does not slip through"
    );
}

#[tokio::test]
async fn a_months_money_is_limited_with_what_is_under_way() {
    let place = Place::new();
    let store = place.open().await;
    let key = limited(&store, None, Some(100)).await;
    let (first, second) = (planned(key, 1_000_000, Some(60)), planned(key, 1_000_001, Some(60)));
    assert_eq!(begin(&store, &planned(key, 999_999, Some(90))).await, Admission::Admitted, "in the month before");
    assert_eq!(begin(&store, &first).await, Admission::Admitted, "there is enough");
    let refused =
        |spent_micros| Admission::Refused(KeyLimit::Monthly { most_micros: 100, spent_micros, until: MONTH.end });
    assert_eq!(begin(&store, &second).await, refused(60), "the first one's part is set aside");
    end(&store, &first, KeyUseOutcome::Answered, Some(40)).await;
    assert_eq!(begin(&store, &second).await, Admission::Admitted, "it cost less");
    assert_eq!(begin(&store, &planned(key, 1_000_002, None)).await, refused(100), "an unknown cost is a cost");
    assert_eq!(begin(&store, &planned(key, 1_000_003, Some(0))).await, Admission::Admitted, "nothing costs nothing");
    end(&store, &second, KeyUseOutcome::Stopped, None).await;
    let month = store.keys(MONTH).await.unwrap()[0].month;
    assert_eq!((month.cost_micros, month.estimated), (100, true), "what cannot be told counts as set aside");
}

#[tokio::test]
async fn limits_hold_when_many_ask_at_once() {
    let place = Place::new();
    let (one, two) = (place.open().await, place.open().await);
    let key = limited(&one, Some(5), None).await;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let store = if number % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move { begin(&store, &planned(key, 1_000_000 + number % 3, None)).await })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += u32::from(task.await.unwrap() == Admission::Admitted);
    }
    assert_eq!(admitted, 5, "whatever the order, and from two programs");
}

#[tokio::test]
async fn a_use_whose_program_ended_is_interrupted() {
    let place = Place::new();
    let (ended, lives) = (place.open().await, place.open().await);
    let key = limited(&ended, None, None).await;
    let (lost, kept) = (planned(key, 1_000_000, Some(7)), planned(key, 1_000_001, None));
    begin(&ended, &lost).await;
    begin(&lives, &kept).await;
    ended.close().await.unwrap();

    let store = place.open().await;
    let mut writes = store.begin().await.unwrap();
    assert_eq!(writes.interrupt_uses().await.unwrap(), 1, "the other program still lives");
    writes.commit().await.unwrap();
    let lost = KeyUse { outcome: KeyUseOutcome::Interrupted, ..lost };
    assert_eq!(store.key_uses(None, MONTH, 0, 9).await.unwrap(), [kept, lost], "what was set aside stays counted");
}
