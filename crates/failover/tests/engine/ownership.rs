//! Two executors and one run.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{JournalError, JournalStores, MemoryStore, Ownership};
use std::sync::Arc;
use tokio::sync::Notify;

#[tokio::test]
async fn an_executor_whose_run_was_taken_over_stops_at_its_next_event() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut old = start(&world, &store, Direction::Failover).await.expect("a start");
    let run = old.journal().run().to_owned();
    let ownership = Ownership::takeover("grace@ops");
    let stores = JournalStores::one(store.clone());
    let mut new = Engine::resume(&run, ownership, &stores, world.ports()).await.expect("a takeover");
    let error = old.drive().await.expect_err("lost");
    assert!(error.lost_ownership(), "{error}");
    assert_eq!(world.with(|state| (state.commands.len(), state.changes.len())), (0, 0), "it did nothing");
    assert_eq!(new.drive().await.expect("an end").end, End::Succeeded);
    let report = report_of(&new);
    let takeover = report.interventions.iter().find(|one| one.what == "takeover").expect("the takeover");
    assert_eq!(takeover.by, "grace@ops");
    let told = &takeover.detail;
    assert!(told.starts_with("taken from ada@ops; whoever had it was last heard of at "), "{told}");
}

#[tokio::test]
async fn of_two_executors_at_work_one_loses_and_each_record_moves_once() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut old = start(&world, &store, Direction::Failover).await.expect("a start");
    let run = old.journal().run().to_owned();
    let paused = Arc::new(Notify::new());
    let at_work = Arc::clone(&paused);
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(move |_| at_work.notify_one()));
    });
    let taking = async {
        paused.notified().await;
        let ownership = Ownership::takeover("grace@ops");
        let stores = JournalStores::one(store.clone());
        let mut new = Engine::resume(&run, ownership, &stores, world.ports()).await.expect("a takeover");
        let conclusion = new.drive().await.expect("an end");
        (conclusion, new)
    };
    let (lost, (conclusion, new)) = tokio::join!(old.drive(), taking);
    assert!(lost.expect_err("lost").lost_ownership());
    assert_eq!(conclusion.end, End::Succeeded);
    assert_eq!(world.with(|state| state.changes.len()), 2, "one change a traffic set");
    assert_eq!(report_of(&new).outcome, "succeeded");
}

#[tokio::test]
async fn a_plan_has_one_active_run() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("a start");
    let second = start(&world, &store, Direction::Failover).await.err().expect("refused");
    assert!(matches!(second, EngineError::Journal(JournalError::ActiveRun { .. })), "{second}");
    first.drive().await.expect("an end");
    let mut back = start(&world, &store, Direction::Failback).await.expect("a start");
    assert_eq!(back.drive().await.expect("an end").end, End::Succeeded);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert!(matches!(
        resume(&world, &store).await.err().expect("finished"),
        EngineError::Journal(JournalError::Finished { .. })
    ));
}
