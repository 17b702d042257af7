//! A copy that was silent while runs were written is whole again after the next one, and never has a gap in its claims.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

mod story;

use pilotlight_journal::{
    Body, Fault, JournalStores, MemoryStore, Operation, RunJournal, known_runs, latest_run, plan_runs, read_run,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use story::{clock, end, intended, key, start};

fn two() -> (MemoryStore, MemoryStore, JournalStores) {
    let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
    let stores = JournalStores::one(first.clone()).with_copy(copy.clone());
    (first, copy, stores)
}

async fn whole_run(stores: &JournalStores, plan: &str) -> RunJournal {
    let mut journal = RunJournal::start(stores, clock(), start(plan)).await.unwrap();
    journal.append(intended("switch", 1)).await.unwrap();
    journal.append(end()).await.unwrap();
    journal
}

/// From here on the copy gives no answer, until it is told to.
fn silenced(copy: &MemoryStore) -> Arc<AtomicBool> {
    let silent = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&silent);
    copy.set_fault(move |_, _| seen.load(Ordering::Relaxed).then_some(Fault::LoseRequest));
    silent
}

/// What the copy alone tells of the plan, read as whoever names it with `--journal` reads it.
async fn told_by(copy: &MemoryStore) -> Vec<usize> {
    let alone = JournalStores::one(copy.clone());
    let mut told = Vec::new();
    for run in known_runs(&alone, "shop").await.unwrap() {
        told.push(read_run(&alone, &run).await.unwrap().events.len());
    }
    told
}

#[tokio::test]
async fn runs_that_it_did_not_see_come_with_the_next_one() {
    let (first, copy, stores) = two();
    whole_run(&stores, "shop").await;
    let silent = silenced(&copy);
    let missed = whole_run(&stores, "shop").await;
    assert!(!missed.findings().is_empty());
    whole_run(&stores, "shop").await;
    silent.store(false, Ordering::Relaxed);
    assert_eq!(told_by(&copy).await, [3], "reading brings nothing up");
    let last = whole_run(&stores, "shop").await;
    assert_eq!(last.findings(), []);
    assert_eq!(first.objects(), copy.objects());
    assert_eq!(told_by(&copy).await, [3, 3, 3, 3]);
}

#[tokio::test]
async fn a_run_in_whose_midst_it_fell_silent_is_told_to_its_end() {
    let (first, copy, stores) = two();
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    let silent = silenced(&copy);
    journal.append(intended("switch", 1)).await.unwrap();
    journal.append(end()).await.unwrap();
    silent.store(false, Ordering::Relaxed);
    assert_eq!(told_by(&copy).await, [1]);
    whole_run(&stores, "shop").await;
    assert_eq!(first.objects(), copy.objects());
}

/// The first store can be lost at any moment of the next run: what the copy has by then can be gone on with.
#[tokio::test]
async fn it_never_has_a_gap_in_its_claims() {
    let (_, copy, stores) = two();
    let silent = silenced(&copy);
    whole_run(&stores, "shop").await;
    // It answers again in the midst of the run after that.
    let mut journal = RunJournal::start(&stores, clock(), start("shop")).await.unwrap();
    silent.store(false, Ordering::Relaxed);
    assert_eq!(latest_run(&copy, "shop").await.unwrap(), None);
    journal.append(Body::PhaseFinished { phase: "freeze".into() }).await.unwrap();
    assert_eq!(plan_runs(&copy, "shop").await.unwrap().len(), 2);
    let alone = JournalStores::one(copy.clone());
    let resumed = RunJournal::open(&alone, clock(), journal.run(), story::takeover()).await.unwrap();
    assert_eq!(resumed.state().finished, None);
}

#[tokio::test]
async fn no_kill_leaves_a_gap() {
    for creates in 0..12 {
        let (_, copy, stores) = two();
        let silent = silenced(&copy);
        whole_run(&stores, "shop").await;
        whole_run(&stores, "shop").await;
        silent.store(false, Ordering::Relaxed);
        // The executor of the next run is killed after so many objects of the copy.
        let mut left = creates;
        copy.set_fault(move |operation, _| {
            (operation == Operation::Create && {
                left -= 1;
                left < 0
            })
            .then_some(Fault::LoseRequest)
        });
        whole_run(&stores, "shop").await;
        copy.clear_fault();
        assert_eq!(plan_runs(&copy, "shop").await.map(|runs| runs.len()).unwrap(), creates.clamp(0, 3) as usize);
        whole_run(&stores, "shop").await;
        assert_eq!(told_by(&copy).await, [3, 3, 3, 3], "{creates}");
    }
}

/// Plans share a store. What is wrong with one is no trouble of the others.
#[tokio::test]
async fn another_plans_gap_hinders_no_run() {
    let (first, copy, _) = two();
    let alone = JournalStores::one(first.clone());
    for _ in 0..3 {
        whole_run(&alone, "other").await;
    }
    first.tamper("plans/other/0000000001.json", None);
    // Begun in the copy, so that the first store is asked for a claim of it.
    let begun = whole_run(&JournalStores::one(copy.clone()), "shop").await;
    let stores = JournalStores::one(first.clone()).with_copy(copy);
    assert_eq!(read_run(&stores, begun.run()).await.unwrap().events.len(), 3);
    whole_run(&stores, "shop").await;
    assert!(first.objects().contains_key(&key(begun.run(), 2)));
    assert!(known_runs(&alone, "other").await.is_err());
}
