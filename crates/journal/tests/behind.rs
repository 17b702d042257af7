//! A first store that is behind a copy, since somebody went on in the copy while the first could not be reached.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod story;

use pilotlight_findings::{Severity, codes};
use pilotlight_journal::{
    Body, Fault, JournalError, JournalStores, MemoryStore, Operation, Outcome, RunJournal, known_runs, plan_runs,
    read_run, unfinished_run,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use story::{clock, end, events_of, finished, intended, key, resume, start, takeover, tell};

fn two() -> (MemoryStore, MemoryStore, JournalStores) {
    let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
    let stores = JournalStores::one(first.clone()).with_copy(copy.clone());
    (first, copy, stores)
}

fn stopped() -> Body {
    Body::Stopped { step: None, reason: "the first store gave no answer".into() }
}

/// A run of which the first store has two events, and that another machine has gone on with in the copy.
async fn gone_on_in_the_copy(stores: &JournalStores, copy: &MemoryStore) -> (String, RunJournal) {
    let mut journal = RunJournal::start(stores, clock(), start("shop")).await.unwrap();
    journal.append(intended("switch", 1)).await.unwrap();
    let run = journal.run().to_owned();
    let alone = JournalStores::one(copy.clone());
    let mut other = RunJournal::open(&alone, clock(), &run, takeover()).await.unwrap();
    other.append(finished("switch", Outcome::Done)).await.unwrap();
    (run, other)
}

#[tokio::test]
async fn it_is_read_to_the_copys_end_and_nothing_is_written() {
    let (first, copy, stores) = two();
    let (run, _other) = gone_on_in_the_copy(&stores, &copy).await;
    let before = first.objects();
    let log = read_run(&stores, &run).await.unwrap();
    assert_eq!(log.events.len(), 4);
    let [behind] = &log.findings[..] else { panic!("{:?}", log.findings) };
    assert_eq!(
        (behind.code, behind.severity, behind.message.as_str(), behind.subject.to_string().as_str()),
        (codes::J_LAG, Severity::Warning, "is behind its copy by 2 events", "memory:first")
    );
    assert_eq!(first.objects(), before);
    // The first store alone has only what it has.
    assert_eq!(read_run(&JournalStores::one(first), &run).await.unwrap().events.len(), 2);
}

#[tokio::test]
async fn whoever_takes_the_run_on_brings_it_up_and_ends_the_executor_of_the_copy() {
    let (first, copy, stores) = two();
    let (run, mut other) = gone_on_in_the_copy(&stores, &copy).await;
    let mut journal = RunJournal::open(&stores, clock(), &run, takeover()).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
    assert_eq!((journal.events().len(), journal.state().owner.as_str()), (5, "ben@laptop"));
    assert_eq!(journal.findings()[0].message, "was behind its copy by 2 events, and was brought up");
    // The one on the other machine learns of it before it acts.
    match other.append(intended("notify", 1)).await {
        Err(JournalError::LostOwnership { sequence: 4, to, .. }) => assert_eq!(to.executor, journal.executor()),
        other => panic!("{other:?}"),
    }
    journal.append(end()).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
}

/// The executor that has the copy and the one that takes the run on write at the same time: one of both can.
#[tokio::test]
async fn of_two_machines_one_goes_on() {
    let mut won = [0, 0];
    for turn in 0..40 {
        let (first, copy, stores) = two();
        let (run, mut other) = gone_on_in_the_copy(&stores, &copy).await;
        let third = JournalStores::one(first.clone()).with_copy(copy.clone());
        let ahead = async {
            for _ in 0..turn {
                tokio::task::yield_now().await;
            }
            other.append(intended("notify", 1)).await.map(drop)
        };
        let (by_copy, one, two) = tokio::join!(
            ahead,
            RunJournal::open(&stores, clock(), &run, resume()),
            RunJournal::open(&third, clock(), &run, resume())
        );
        let lost = |error: &JournalError| matches!(error, JournalError::LostOwnership { .. });
        let owners = usize::from(by_copy.is_ok()) + usize::from(one.is_ok()) + usize::from(two.is_ok());
        for error in [by_copy.as_ref().err(), one.as_ref().err(), two.as_ref().err()].into_iter().flatten() {
            assert!(lost(error), "turn {turn}: {error}");
        }
        // Where it wrote before it was looked at, it was taken over after that.
        let taken = by_copy.is_ok() && (one.is_ok() || two.is_ok());
        assert_eq!(owners, if taken { 2 } else { 1 }, "turn {turn}");
        won[usize::from(by_copy.is_ok())] += 1;
        let log = read_run(&stores, &run).await.unwrap();
        assert!(log.findings.iter().all(|finding| finding.code == codes::J_LAG), "turn {turn}: {:?}", log.findings);
        if taken {
            assert!(matches!(other.append(end()).await, Err(JournalError::LostOwnership { .. })), "turn {turn}");
        }
    }
    assert!(won.iter().all(|times| *times > 0), "{won:?}");
}

#[tokio::test]
async fn a_kill_at_any_write_leaves_a_run_that_the_next_one_brings_up() {
    for written in [false, true] {
        for at in 0.. {
            let (first, copy, stores) = two();
            let (run, mut other) = gone_on_in_the_copy(&stores, &copy).await;
            let creates = Arc::new(AtomicUsize::new(0));
            for store in [&first, &copy] {
                let counter = Arc::clone(&creates);
                store.set_fault(move |operation, _| {
                    if operation != Operation::Create {
                        return None;
                    }
                    let number = counter.fetch_add(1, Ordering::SeqCst);
                    (number > at || (number == at && !written)).then_some(Fault::Deny)
                });
            }
            let killed = RunJournal::open(&stores, clock(), &run, resume()).await.is_err();
            first.clear_fault();
            copy.clear_fault();
            let mut journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
            assert!(other.append(end()).await.unwrap_err().to_string().contains("has taken it over"), "write {at}");
            journal.append(end()).await.unwrap();
            assert_eq!(first.objects(), copy.objects(), "write {at}");
            if !killed {
                assert!(at >= 4, "only {at} writes");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_run_that_ended_in_the_copy_is_brought_up_by_the_next_one() {
    let (first, copy, stores) = two();
    let (run, mut other) = gone_on_in_the_copy(&stores, &copy).await;
    other.append(end()).await.unwrap();
    assert!(unfinished_run(&stores, "shop").await.unwrap().is_none());
    assert!(matches!(RunJournal::open(&stores, clock(), &run, resume()).await, Err(JournalError::Finished { .. })));
    assert_eq!(events_of(&first, &run), events_of(&copy, &run), "and to ask for it was enough");
    first.tamper(&key(&run, 4), None);
    let journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    assert_eq!(journal.findings()[0].message, "was behind its copy by 1 event, and was brought up");
    assert_eq!(first.objects(), copy.objects());
}

#[tokio::test]
async fn runs_that_were_begun_in_the_copy_come_with_their_claims() {
    let (first, copy, stores) = two();
    let mut before = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    before.append(end()).await.unwrap();
    let alone = JournalStores::one(copy.clone());
    let mut glass = RunJournal::start(&alone, clock(), start("shop")).await.unwrap();
    glass.append(stopped()).await.unwrap();
    let run = glass.run().to_owned();
    // While it is not finished nobody begins another one, and it is found.
    assert_eq!(plan_runs(&first, "shop").await.unwrap().len(), 1);
    assert_eq!(known_runs(&stores, "shop").await.unwrap().last(), Some(&run));
    assert_eq!(unfinished_run(&stores, "shop").await.unwrap().unwrap().state.run, run);
    match RunJournal::start(&stores, clock(), start("shop")).await {
        Err(JournalError::ActiveRun { run: active, .. }) => assert_eq!(active, run),
        other => panic!("{:?}", other.err()),
    }
    let mut journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
    journal.append(end()).await.unwrap();
    // Two more, to their ends.
    for _ in 0..2 {
        let mut glass = RunJournal::start(&alone, clock(), start("shop")).await.unwrap();
        glass.append(end()).await.unwrap();
    }
    let next = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    assert_eq!(next.findings().len(), 2);
    assert_eq!(plan_runs(&first, "shop").await.unwrap().len(), 5);
    assert_eq!(first.objects(), copy.objects());
}

/// Each has what the other has not.
#[tokio::test]
async fn two_stories_are_refused_with_where_each_ends() {
    let (first, copy, stores) = two();
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    journal.append(intended("switch", 1)).await.unwrap();
    let run = journal.run().to_owned();
    let alone = JournalStores::one(copy.clone());
    let mut other = RunJournal::open(&alone, clock(), &run, takeover()).await.unwrap();
    other.append(finished("switch", Outcome::Done)).await.unwrap();
    // The old executor, which still holds the first store, and the new one part at the same event.
    journal.append(finished("switch", Outcome::Failed)).await.unwrap();
    assert_eq!(journal.findings()[0].code, codes::J_CONTRADICTION, "that is seen at once");
    let (before, copied) = (first.objects(), copy.objects());
    let error = RunJournal::open(&stores, clock(), &run, resume()).await.err().expect("refused");
    let JournalError::Diverged { sequence: 2, copy: url, tips, .. } = &error else { panic!("{error:?}") };
    assert_eq!(url, "memory:copy");
    assert!(tips.starts_with("the first store has event 2 of 2026-09-21T14:13:2"), "{tips}");
    assert!(tips.contains(", the copy event 3 of 2026-09-21T14:13:2"), "{tips}");
    assert!(tips.contains(journal.executor()) && tips.contains(other.executor()), "{tips}");
    let next = RunJournal::start(&stores, clock(), start("shop")).await.err().expect("refused");
    assert!(matches!(next, JournalError::ActiveRun { .. }), "{next}");
    assert_eq!((first.objects(), copy.objects()), (before, copied), "nothing is lost");
}

/// The last events of a journal can be removed without a trace in the chain: a copy shows it, and has them.
#[tokio::test]
async fn removed_last_events_are_seen_and_brought_back_by_a_copy() {
    let (first, copy, stores) = two();
    let run = tell(&first).await.run().to_owned();
    for (key, bytes) in first.objects() {
        copy.tamper(&key, Some(bytes));
    }
    assert!(read_run(&stores, &run).await.unwrap().findings.is_empty());
    let last = events_of(&first, &run).len() - 1;
    first.tamper(&key(&run, last), None);
    let log = read_run(&stores, &run).await.unwrap();
    assert_eq!(log.findings[0].message, "is behind its copy by 1 event");
    assert!(log.state.finished.is_some());
    RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    assert_eq!(first.objects(), copy.objects());
}
