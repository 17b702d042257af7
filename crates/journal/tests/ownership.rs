//! One active run a plan, one executor a run.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod story;

use pilotlight_findings::{Explain, codes};
use pilotlight_journal::{
    Body, Fault, JournalError, JournalStores, MemoryStore, Operation, Outcome, RunJournal, active_run, latest_run,
    plan_runs, read_run,
};
use pilotlight_store::Store;
use std::collections::BTreeSet;
use std::sync::Arc;
use story::{clock, count, end, finished, intended, resume, start, takeover};

/// Starts `racers` runs of one plan at once; the ids of those that began, and the ids that the others name.
async fn race(stores: &JournalStores, racers: usize) -> (Vec<String>, BTreeSet<String>) {
    let gate = Arc::new(tokio::sync::Barrier::new(racers));
    let tasks: Vec<_> = (0..racers)
        .map(|_| {
            let (stores, gate) = (stores.clone(), Arc::clone(&gate));
            tokio::spawn(async move {
                gate.wait().await;
                RunJournal::start(&stores, clock(), start("shop")).await
            })
        })
        .collect();
    let (mut began, mut named) = (Vec::new(), BTreeSet::new());
    for task in tasks {
        match task.await.unwrap() {
            Ok(journal) => began.push(journal.run().to_owned()),
            Err(JournalError::ActiveRun { run, .. }) => {
                named.insert(run);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    (began, named)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_runs_that_start_at_once_exactly_one_begins_in_a_thousand_races() {
    for round in 0..1000 {
        let store = MemoryStore::new("race");
        let stores = JournalStores::one(store.clone());
        // Every other race is for the place after a finished run.
        if round % 2 == 1 {
            let mut before = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
            before.append(end()).await.unwrap();
        }
        // In every third race, answers get lost at random.
        if round % 3 == 0 {
            let mut calls = round;
            store.set_fault(move |operation, _| {
                calls = calls * 1_103_515_245 % 65_537 + 12_345;
                (operation == Operation::Create && calls % 4 == 0).then_some(Fault::LoseAnswer)
            });
        }
        let (began, named) = race(&stores, 2 + round % 4).await;
        store.clear_fault();
        assert_eq!(began.len(), 1, "round {round}: {began:?}");
        assert_eq!(named, BTreeSet::from([began[0].clone()]), "round {round}");
        assert_eq!(active_run(&store, "shop").await.unwrap().as_ref(), Some(&began[0]));
        assert_eq!(plan_runs(&store, "shop").await.unwrap().len(), 1 + round % 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn and_on_a_disk() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let store = Store::open(&format!("file:{round}"), dir.path(), None).unwrap();
        let stores = JournalStores::one(store.clone());
        let (began, named) = race(&stores, 6).await;
        assert_eq!(began.len(), 1, "round {round}");
        assert_eq!(named, BTreeSet::from([began[0].clone()]));
        let mut journal = RunJournal::open(&stores, clock(), &began[0], resume()).await.unwrap();
        journal.append(end()).await.unwrap();
        assert_eq!(active_run(&store, "shop").await.unwrap(), None);
        assert_eq!(count(&store, &began[0]).await, 3);
    }
}

#[tokio::test]
async fn a_plan_is_free_again_when_its_run_is_finished_and_other_plans_always() {
    let store = MemoryStore::new("a");
    let stores = JournalStores::one(store.clone());
    let mut first = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let other = RunJournal::start(&stores, clock(), start("Other / plan")).await.unwrap();
    let refused = RunJournal::start(&stores, clock(), start("shop")).await.err().unwrap();
    assert_eq!(refused.to_string(), format!("start a run of plan shop: its run {} is not finished", first.run()));
    assert_eq!(refused.code(), codes::J_ACTIVE);
    first.append(end()).await.unwrap();
    assert!(matches!(first.append(end()).await, Err(JournalError::Finished { .. })));
    let second = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    assert_eq!(plan_runs(&store, "shop").await.unwrap(), [first.run(), second.run()]);
    assert_eq!(latest_run(&store, "Other / plan").await.unwrap().as_deref(), Some(other.run()));
    assert_eq!(pilotlight_journal::runs(&store).await.unwrap().len(), 3);
    let again = RunJournal::open(&stores, clock(), first.run(), resume()).await.err().unwrap();
    assert!(matches!(again, JournalError::Finished { .. }), "{again:?}");
    let none = RunJournal::open(&stores, clock(), "none", resume()).await.err().unwrap();
    assert_eq!(none.to_string(), "find run none in the journal at memory:a");
}

#[tokio::test]
async fn after_a_takeover_the_old_executor_cannot_append() {
    let store = MemoryStore::new("a");
    let stores = JournalStores::one(store.clone());
    let mut old = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    old.append(intended("switch", 1)).await.unwrap();
    let mut new = RunJournal::open(&stores, clock(), old.run(), takeover()).await.unwrap();
    assert_eq!(
        new.events().last().unwrap().what,
        Body::Takeover { by: "ben@laptop".into(), from: old.executor().to_owned(), journal_override: None }
    );
    assert_eq!(new.state().in_doubt().collect::<Vec<_>>(), ["switch"]);
    let before = store.objects();
    match old.append(finished("switch", Outcome::Done)).await {
        Err(error @ JournalError::LostOwnership { sequence: 2, .. }) => {
            // A person is told of a person, not of an id that they meet nowhere else.
            let (run, at) = (old.run(), new.state().owned_since);
            let told = format!("go on with run {run}: ben@laptop has taken it over at {at:.0}, with event 2");
            assert_eq!(error.to_string(), told);
        }
        other => panic!("{other:?}"),
    }
    // It stays so, also at the number that it believes to be next.
    assert!(matches!(old.append(end()).await, Err(JournalError::Broken { .. })));
    assert_eq!(store.objects(), before);
    new.append(finished("switch", Outcome::Done)).await.unwrap();
}

/// Two people type `run resume` at once: one owns the run, the other is told who.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_resumes_at_once_at_most_one_goes_on() {
    for _ in 0..200 {
        let stores = JournalStores::one(MemoryStore::new("a"));
        let run = RunJournal::start(&stores, clock(), start("shop")).await.unwrap().run().to_owned();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (stores, run) = (stores.clone(), run.clone());
                tokio::spawn(async move {
                    let mut journal = RunJournal::open(&stores, clock(), &run, resume()).await?;
                    tokio::task::yield_now().await;
                    for attempt in 1..5 {
                        journal.append(intended("switch", attempt)).await?;
                    }
                    Ok::<_, JournalError>(())
                })
            })
            .collect();
        let mut finished = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => finished += 1,
                Err(error @ JournalError::LostOwnership { .. }) => {
                    assert!(error.to_string().contains("@"), "it names a person: {error}");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(finished >= 1, "somebody gets through");
        let log = read_run(&stores, &run).await.expect("whatever happened, the journal is whole");
        assert!(matches!(log.events.last().unwrap().what, Body::StepIntended { attempt: 4, .. }));
    }
}

/// A takeover from an executor that is at work gets through in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_takeover_succeeds_against_a_busy_executor() {
    let stores = JournalStores::one(MemoryStore::new("a"));
    let mut old = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let run = old.run().to_owned();
    let busy = tokio::spawn(async move {
        for attempt in 1.. {
            if let Err(error) = old.append(intended("switch", attempt)).await {
                return error;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        unreachable!("it appends until it loses")
    });
    let new = RunJournal::open(&stores, clock(), &run, takeover()).await.unwrap();
    let lost = busy.await.unwrap();
    assert!(matches!(&lost, JournalError::LostOwnership { to, .. } if to.executor == new.executor()), "{lost:?}");
    assert_eq!(lost.code(), codes::J_OWNERSHIP);
}

/// Killed between the claim and the first event: the run is there all the same, and can be resumed.
#[tokio::test]
async fn a_claim_alone_is_a_run() {
    let store = MemoryStore::new("a");
    let stores = JournalStores::one(store.clone());
    let mut creates = 0;
    store.set_fault(move |operation, _| {
        creates += u32::from(operation == Operation::Create);
        (creates > 1).then_some(Fault::Deny)
    });
    assert!(matches!(RunJournal::start(&stores, clock(), start("shop")).await, Err(JournalError::Store { .. })));
    let store = store.fork();
    let stores = JournalStores::one(store.clone());
    assert!(store.objects().keys().all(|key| key.starts_with("plans/")));
    let run = active_run(&store, "shop").await.unwrap().expect("it is active");
    assert_eq!(read_run(&stores, &run).await.unwrap().events.len(), 1);
    assert!(matches!(
        RunJournal::start(&stores, clock(), start("shop")).await,
        Err(JournalError::ActiveRun { run: other, .. }) if other == run
    ));
    let journal = RunJournal::open(&stores, clock(), &run, resume()).await.unwrap();
    assert_eq!((journal.events().len(), journal.state().plan.as_str()), (2, "shop"));
    assert_eq!(count(&store, &run).await, 2);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_and_a_dead_store_stops_the_run() {
    let store = MemoryStore::new("a");
    let stores = JournalStores::one(store.clone());
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    // Each create takes effect and its answer is lost.
    store.set_fault(|operation, _| (operation == Operation::Create).then_some(Fault::LoseAnswer));
    journal.append(intended("switch", 1)).await.unwrap();
    // One request is lost, the next gets through.
    let mut calls = 0;
    store.set_fault(move |_, _| {
        calls += 1;
        (calls == 1).then_some(Fault::LoseRequest)
    });
    journal.append(finished("switch", Outcome::Done)).await.unwrap();
    // Nothing gets through any more.
    store.set_fault(|_, _| Some(Fault::LoseRequest));
    let error = journal.append(end()).await.unwrap_err();
    assert_eq!(error.to_string(), "use the journal at memory:a");
    assert_eq!(error.code(), codes::J_UNREACHABLE);
    assert!(error.remedy().unwrap().contains("--journal"));
    store.clear_fault();
    assert!(matches!(journal.append(end()).await, Err(JournalError::Broken { .. })));
    let journal = RunJournal::open(&stores, clock(), journal.run(), resume()).await.unwrap();
    assert_eq!(journal.events().len(), 4);
}
