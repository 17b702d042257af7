//! What is damaged, missing or reordered is detected, and named.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod story;

use pilotlight_journal::{ChainError, EventStore, MemoryStore, canonical_json, digest, replay, verify};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use story::{blocking, events_of, key, tell};

type Objects = BTreeMap<String, Vec<u8>>;
type Forgery = (usize, fn(&mut Value), &'static str);

fn story() -> (String, Objects) {
    blocking(async {
        let store = MemoryStore::new("a");
        let journal = tell(&store).await;
        (journal.run().to_owned(), events_of(&store, journal.run()))
    })
}

fn error(run: &str, objects: &Objects) -> ChainError {
    verify(run, objects).expect_err("it was altered")
}

#[test]
fn what_was_written_verifies() {
    let (run, objects) = story();
    let events = verify(&run, &objects).unwrap();
    assert_eq!(events.len(), objects.len());
    assert!(events.iter().zip(0..).all(|(event, sequence)| event.sequence == sequence && event.run == run));
    assert_eq!(verify("none", &Objects::new()).unwrap(), []);
}

#[test]
fn any_flipped_byte_is_detected_and_its_object_named() {
    let (run, objects) = story();
    for (key, bytes) in &objects {
        for index in 0..bytes.len() {
            let mut altered = objects.clone();
            altered.get_mut(key).unwrap()[index] ^= 1 << (index % 8);
            let error = error(&run, &altered);
            assert!(matches!(error, ChainError::Damaged { .. }), "{key} byte {index}: {error}");
            assert_eq!(error.object(), key);
        }
    }
}

#[test]
fn any_removed_event_but_the_last_is_detected_and_named() {
    let (run, objects) = story();
    for removed in 0..objects.len() - 1 {
        let mut altered = objects.clone();
        altered.remove(&key(&run, removed)).unwrap();
        let error = error(&run, &altered);
        assert_eq!(error, ChainError::Missing { object: key(&run, removed), next: key(&run, removed + 1) });
    }
}

#[test]
fn any_two_swapped_events_are_detected_and_the_first_named() {
    let (run, objects) = story();
    for left in 0..objects.len() {
        for right in left + 1..objects.len() {
            let mut altered = objects.clone();
            altered.insert(key(&run, left), objects[&key(&run, right)].clone());
            altered.insert(key(&run, right), objects[&key(&run, left)].clone());
            let error = error(&run, &altered);
            assert_eq!(error, ChainError::Reordered { object: key(&run, left), sequence: right as u64 });
        }
    }
}

/// An intruder who keeps the envelope whole: each field is changed and the hash made anew.
#[test]
fn a_forged_event_does_not_fit_the_next_one() {
    let (run, objects) = story();
    for sequence in 0..objects.len() - 1 {
        let mut altered = objects.clone();
        forge(&mut altered, &key(&run, sequence), |event| event["at"] = json!("2030-01-01T00:00:00Z"));
        let expected = ChainError::Unlinked { object: key(&run, sequence + 1), before: key(&run, sequence) };
        assert_eq!(error(&run, &altered), expected);
    }
}

#[test]
fn what_no_run_writes_is_named() {
    let (run, objects) = story();
    let last = objects.len() - 1;
    let cases: [Forgery; 5] = [
        (3, |event| event["run"] = json!("another"), "belongs to run another"),
        (3, |event| event["executor"] = json!("another"), "cannot stand here: another executor owned the run"),
        (3, |event| event["version"] = json!(2), "has version 2, and this program reads version 1"),
        (3, |event| event["what"] = json!({"kind": "danced", "body": {}}), "unknown variant `danced`"),
        (0, |event| event["what"] = json!({"kind": "resumed", "body": {"by": "x"}}), "a run begins with run_started"),
    ];
    for (sequence, change, message) in cases {
        let mut altered = objects.clone();
        forge(&mut altered, &key(&run, sequence), change);
        let error = error(&run, &altered);
        assert_eq!(error.object(), key(&run, sequence));
        assert!(error.to_string().contains(message), "{error}");
    }
    let mut stranger = objects.clone();
    stranger.insert(format!("runs/{run}/notes.txt"), b"hello".to_vec());
    assert_eq!(error(&run, &stranger), ChainError::Stranger { object: format!("runs/{run}/notes.txt") });

    let mut after = objects.clone();
    let mut event: Value = serde_json::from_slice(&objects[&key(&run, last)]).unwrap();
    event["event"]["previous"] = event["sha256"].clone();
    event["event"]["sequence"] = json!(last + 1);
    after.insert(key(&run, last + 1), sealed(&event["event"]));
    assert!(error(&run, &after).to_string().contains("the run was finished by the event before"));
}

fn forge(objects: &mut Objects, key: &str, change: impl FnOnce(&mut Value)) {
    let mut object: Value = serde_json::from_slice(&objects[key]).unwrap();
    change(&mut object["event"]);
    objects.insert(key.to_owned(), sealed(&object["event"]));
}

fn sealed(event: &Value) -> Vec<u8> {
    let content = canonical_json(event).unwrap();
    format!("{{\"event\":{content},\"sha256\":\"{}\"}}\n", digest(&content)).into_bytes()
}

proptest! {
    /// Any run of bytes replaced, cut out or put in.
    #[test]
    fn any_edit_is_detected(which in 0usize..9, at in 0usize..400, cut in 0usize..8, put in proptest::collection::vec(any::<u8>(), 0..8)) {
        let (run, objects) = story();
        let key = key(&run, which);
        let mut altered = objects.clone();
        let bytes = altered.get_mut(&key).unwrap();
        let at = at.min(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        prop_assume!(altered != objects);
        let error = verify(&run, &altered).unwrap_err();
        prop_assert_eq!(error.object(), key);
    }

    /// Canonical JSON names the value: it survives a round trip, and the order of keys does not matter.
    #[test]
    fn canonical_json_is_stable(map in proptest::collection::btree_map(".{0,8}", (any::<i64>(), ".{0,8}"), 0..8)) {
        let forward: serde_json::Map<String, Value> = map.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let backward: serde_json::Map<String, Value> = map.iter().rev().map(|(key, value)| (key.clone(), json!(value))).collect();
        let text = canonical_json(&forward).unwrap();
        prop_assert_eq!(&text, &canonical_json(&backward).unwrap());
        prop_assert_eq!(&text, &canonical_json(&serde_json::from_str::<Value>(&text).unwrap()).unwrap());
        prop_assert!(!text.contains('\n'));
    }
}

/// A journal that version 0.1.0 wrote. It must be read for as long as anybody has one.
#[test]
fn an_old_journal_is_still_read() {
    let run = "01a0c450-6c00-7b06-97dc-0afaa221d4aa";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-v1");
    let store = blocking(async {
        let disk = pilotlight_store::Store::open("journal-v1", folder.parent().unwrap(), None).unwrap();
        let memory = MemoryStore::new("fixture");
        for key in EventStore::list(&disk, "").await.unwrap() {
            memory.tamper(&key, EventStore::read(&disk, &key).await.unwrap());
        }
        memory
    });
    let events = verify(run, &events_of(&store, run)).unwrap();
    let state = replay(&events).unwrap();
    assert_eq!((state.plan.as_str(), state.job.as_str(), events.len()), ("shop", "failover", 15));
    assert_eq!(state.digest, digest(canonical_json(&state.compiled).unwrap()));
    assert_eq!(state.finished.unwrap().detail, "traffic is in eu-central-1");
    assert_eq!(blocking(pilotlight_journal::plan_runs(&store, "shop")).unwrap(), [run]);
    assert_eq!(blocking(pilotlight_journal::active_run(&store, "shop")).unwrap(), None);
}
