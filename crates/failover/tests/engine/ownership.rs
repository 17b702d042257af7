//! Two executors and one run.

use crate::estate::*;
use crate::{scaling, signal};
use async_trait::async_trait;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{EventStore, JournalError, JournalStores, MemoryStore, Ownership};
use pilotlight_store::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

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

/// A process or a machine that stands still, for an hour, the moment that an intent is written; somebody takes its run over
/// and undoes it.
struct StandsStill {
    written: &'static str,
    store: MemoryStore,
    world: World,
    /// How the other's run ended, once it stood still.
    other: Mutex<Option<End>>,
    /// How often something was asked for since.
    asked: AtomicU32,
}

#[async_trait]
impl EventStore for StandsStill {
    fn url(&self) -> String {
        self.store.url()
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.create(key, bytes).await?;
        let text = String::from_utf8_lossy(bytes);
        let mut other = self.other.lock().await;
        if other.is_none() && text.contains("step_intended") && text.contains(self.written) {
            let run = pilotlight_journal::latest_run(&self.store, "shop").await.expect("claims").expect("a run");
            let stores = JournalStores::one(self.store.clone());
            let ownership = Ownership::takeover("grace@ops");
            let mut engine = Engine::resume(&run, ownership, &stores, self.world.ports()).await.expect("taken over");
            engine.abort("grace@ops", "no").await.expect("aborted");
            *other = Some(engine.drive().await.expect("driven").end);
            Clock::sleep(&self.world, Duration::from_secs(3600)).await;
            self.asked.store(0, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.list(prefix).await
    }

    async fn folders(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.folders(prefix).await
    }
}

/// Nothing that was intended before is asked for an hour later, by when nobody waits for it any more.
#[tokio::test]
async fn who_stood_still_at_its_intent_asks_for_nothing_that_was_undone_meanwhile() {
    let (record, signal, scale) =
        (world(Side::Primary), signal::following_world(Side::Primary), scaling::estate(Side::Primary));
    let runs = [
        (compiled(&record, Direction::Failover).await, "switch/storefront", "ChangeResourceRecordSets"),
        (compiled(&signal, Direction::Failover).await, "switch/storefront/signal", "PutObject"),
        (scaling::compiled(&scale, Direction::Failover).await, "scale/", "SetDesiredCapacity"),
    ];
    for (world, (run, written, operation)) in [record, signal, scale].into_iter().zip(runs) {
        let store = Arc::new(StandsStill {
            written,
            store: MemoryStore::new("journal"),
            world: world.clone(),
            other: Mutex::new(None),
            asked: AtomicU32::new(0),
        });
        let stores = JournalStores { first: Arc::clone(&store) as Arc<dyn EventStore>, copies: Vec::new() };
        let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("a start");
        let counted = Arc::clone(&store);
        world.with(|state| {
            state.trouble = Some(Box::new(move |asked, _| {
                counted.asked.fetch_add(u32::from(asked.operation == operation), Ordering::SeqCst);
                None
            }));
        });
        let error = engine.drive().await.expect_err("taken over");
        assert!(error.lost_ownership(), "{error}");
        assert_eq!(*store.other.lock().await, Some(End::Aborted), "{operation}");
        assert_eq!(store.asked.load(Ordering::SeqCst), 0, "{operation} was asked for");
    }
}
