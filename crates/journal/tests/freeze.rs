//! A freeze in several stores: the last word counts, and what a store does not say is not taken for "go on".
#![allow(clippy::unwrap_used, reason = "this is a test program")]

mod story;

use jiff::{SignedDuration, Timestamp};
use pilotlight_journal::{
    EventStore, FREEZE_VERSION, Fault, Freeze, JournalStores, MemoryStore, Operation, keep_freeze, read_freeze,
};
use story::blocking;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn word(on: bool, second: i64) -> Freeze {
    let (by, reason) = ("ann@ops".to_owned(), format!("word of second {second}"));
    Freeze { version: FREEZE_VERSION, plan: "shop".into(), on, by, at: at(second), reason, until: None }
}

#[test]
fn every_store_gets_it_and_the_last_word_counts() {
    blocking(async {
        let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
        let stores = JournalStores::one(first.clone()).with_copy(copy.clone());
        assert_eq!(read_freeze(&stores, "shop").await.newest, None);
        let kept = keep_freeze(&stores, &word(true, 0)).await;
        assert_eq!(kept.stores, ["memory:first", "memory:copy"]);
        assert!(first.objects().contains_key("freezes/shop/0000000000.json"));
        assert_eq!(first.objects(), copy.objects());
        // The word to end it reaches one of them alone.
        copy.set_fault(|operation, _| (operation == Operation::Create).then_some(Fault::Deny));
        let kept = keep_freeze(&stores, &word(false, 60)).await;
        assert_eq!((kept.stores.len(), kept.failed.len()), (1, 1));
        let read = read_freeze(&stores, "shop").await;
        assert_eq!(read.newest, Some(word(false, 60)), "the copy's older word does not count");
        assert!(read.unread.is_empty() && read.holding(at(61)).is_none());
        // And the other way round: a first store that missed the newest word does not hide it.
        copy.clear_fault();
        let behind = JournalStores::one(copy.clone()).with_copy(first.clone());
        assert_eq!(read_freeze(&behind, "shop").await.newest, Some(word(false, 60)));
        assert_eq!(read_freeze(&stores, "another plan").await.newest, None);
    });
}

#[test]
fn a_store_without_an_answer_and_a_damaged_word_are_told() {
    blocking(async {
        let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
        let stores = JournalStores::one(first.clone()).with_copy(copy.clone());
        keep_freeze(&stores, &word(true, 0)).await;
        first.set_fault(|_, _| Some(Fault::LoseRequest));
        let read = read_freeze(&stores, "shop").await;
        assert_eq!(read.holding(at(1)), Some(&word(true, 0)));
        assert!(read.unread[0].told().starts_with("memory:first: "), "{}", read.unread[0].told());
        first.clear_fault();
        let key = "freezes/shop/0000000000.json";
        let altered = String::from_utf8(copy.objects()[key].clone()).unwrap().replace("\"on\":true", "\"on\":false");
        copy.tamper(key, Some(altered.into_bytes()));
        let read = read_freeze(&stores, "shop").await;
        assert_eq!(read.newest, Some(word(true, 0)));
        assert!(read.unread[0].told().contains("freezes/shop/0000000000.json is damaged"), "{}", read.unread[0].told());
        assert_eq!(EventStore::url(&first), "memory:first");
    });
}

#[test]
fn it_ends_by_itself_and_a_clock_that_is_behind_does_not_lose_a_word() {
    let two_hours = Freeze { until: Some(at(7_200)), ..word(true, 0) };
    assert!(two_hours.holds(at(7_199)) && !two_hours.holds(at(7_200)));
    assert!(!word(false, 0).holds(at(0)));
    // Ben's clock is five minutes behind Ann's: he has read her word, so his is the later one.
    let his = word(false, -300).after(Some(&word(true, 0)));
    assert_eq!(his.at, at(0) + SignedDuration::from_millis(1));
    let his = Freeze { until: Some(at(-240)), ..word(true, -300) }.after(Some(&word(false, 0)));
    assert_eq!(his.until, Some(at(60) + SignedDuration::from_millis(1)), "a minute is a minute");
    assert_eq!(word(true, 1).after(Some(&word(false, 0))).at, at(1));
}

#[test]
fn of_two_words_at_one_moment_the_freeze_counts() {
    blocking(async {
        let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
        keep_freeze(&JournalStores::one(first.clone()), &word(true, 0)).await;
        keep_freeze(&JournalStores::one(copy.clone()), &word(false, 0)).await;
        for stores in [
            JournalStores::one(first.clone()).with_copy(copy.clone()),
            JournalStores::one(copy.clone()).with_copy(first.clone()),
        ] {
            assert!(read_freeze(&stores, "shop").await.newest.unwrap().on);
        }
    });
}
