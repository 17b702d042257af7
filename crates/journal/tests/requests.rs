//! Requests to an executor: how long each stands, with no clock asked.
#![allow(clippy::unwrap_used, reason = "this is a test program")]

mod story;

use jiff::Timestamp;
use pilotlight_journal::{
    Body, JournalError, JournalStores, MemoryStore, REQUEST_VERSION, Request, RunJournal, Wish, leave_request, requests,
};
use story::{blocking, clock, intended, resume, start, takeover};

fn request(journal: &RunJournal, what: Wish) -> Request {
    let seen = journal.events().len() as u64 - 1;
    let (run, by, reason) = (journal.run().to_owned(), "ann@ops".to_owned(), "the bank called".to_owned());
    Request { version: REQUEST_VERSION, run, by, at: Timestamp::UNIX_EPOCH, seen, reason, what }
}

#[test]
fn one_that_was_honoured_is_void_for_whoever_goes_on() {
    blocking(async {
        let store = MemoryStore::new("journal");
        let stores = JournalStores::one(store.clone());
        let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
        let run = journal.run().to_owned();
        assert_eq!(requests(&store, &run, 0).await.unwrap(), []);
        let asked = request(&journal, Wish::Pause);
        leave_request(&store, &asked).await.unwrap();
        assert_eq!(journal.requests(0).await.unwrap(), [(0, asked.clone())]);
        assert_eq!(journal.requests(1).await.unwrap(), []);
        journal.append(intended("a", 1)).await.unwrap();
        assert!(asked.stands(journal.events()), "a step that goes on is no answer");
        journal.append(Body::Stopped { step: None, reason: "paused".into() }).await.unwrap();
        assert!(!asked.stands(journal.events()));
        let mut journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
        assert!(!asked.stands(journal.events()), "the resumed run is not stopped by it");
        let again = request(&journal, Wish::Pause);
        leave_request(&store, &again).await.unwrap();
        assert_eq!(journal.requests(1).await.unwrap(), [(1, again.clone())]);
        assert!(again.stands(journal.events()));
        // Its executor dies; the next one was told to go on by somebody who knew better.
        journal.append(intended("b", 1)).await.unwrap();
        let journal = RunJournal::open(&stores, clock(), &run, takeover()).await.unwrap();
        assert!(!again.stands(journal.events()));
    });
}

#[test]
fn a_yes_stands_until_it_is_in_the_journal() {
    blocking(async {
        let store = MemoryStore::new("journal");
        let mut journal = RunJournal::start(&JournalStores::one(store), clock(), start("shop")).await.unwrap();
        let yes = request(&journal, Wish::Approve { step: "a".into() });
        let approved = |step: &str| Body::Approved { step: step.into(), by: "ann@ops".into(), reason: String::new() };
        journal.append(approved("b")).await.unwrap();
        assert!(yes.stands(journal.events()));
        journal.append(approved("a")).await.unwrap();
        assert!(!yes.stands(journal.events()));
    });
}

#[test]
fn an_altered_request_is_no_request() {
    blocking(async {
        let store = MemoryStore::new("journal");
        let journal = RunJournal::start(&JournalStores::one(store.clone()), clock(), start("shop")).await.unwrap();
        leave_request(&store, &request(&journal, Wish::Pause)).await.unwrap();
        let key = format!("requests/{}/0000000000.json", journal.run());
        let altered = String::from_utf8(store.objects()[&key].clone()).unwrap().replace("ann@", "bob@");
        store.tamper(&key, Some(altered.into_bytes()));
        let error = requests(&store, journal.run(), 0).await.unwrap_err();
        assert!(error.to_string().contains(&format!("{key} is damaged")), "{error}");
    });
}

#[test]
fn who_has_the_run_is_known_from_its_events_and_a_loss_without_an_append() {
    blocking(async {
        let store = MemoryStore::new("journal");
        let stores = JournalStores::one(store.clone());
        let journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
        assert_eq!(
            (journal.state().owner.as_str(), journal.state().owned_since),
            ("anna@console", journal.state().started_at)
        );
        journal.check_ownership().await.unwrap();
        let taken = RunJournal::open(&stores, clock(), journal.run(), takeover()).await.unwrap();
        assert_eq!((taken.state().owner.as_str(), taken.state().operator.as_str()), ("ben@laptop", "anna@console"));
        let lost = journal.check_ownership().await.unwrap_err();
        assert!(
            matches!(&lost, JournalError::LostOwnership { to, sequence: 1, .. } if to.executor == taken.executor()),
            "{lost}"
        );
    });
}
