//! What RDS was asked for and does not show yet, when the executor dies and somebody else goes back.

use crate::estate::*;
use crate::managed::{CENTRAL, WEST, accepted, aurora, rds_with_urls};
use pilotlight_failover::simulation::{PROMOTES, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Finding, Region, Side, codes};
use pilotlight_journal::{JournalStores, MemoryStore, Ownership, latest_run};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// What RDS shows of a request comes so much later.
const UNNOTICED: Duration = Duration::from_secs(20);

/// Kills the executor once RDS has accepted this, at its next call to RDS.
fn kill_once_accepted(world: &World, operation: &'static str) {
    let there = world.clone();
    world.with(|state| {
        state.managed.unnoticed = UNNOTICED;
        let mut killed = false;
        state.trouble = Some(Box::new(move |_, state| {
            if !killed && state.managed.accepted.iter().any(|accepted| accepted.starts_with(operation)) {
                killed = true;
                there.kill();
            }
            None
        }));
    });
}

/// Begins a failover that is killed so; who takes it on.
async fn taken_on_after(world: &World, operation: &'static str) -> Engine {
    kill_once_accepted(world, operation);
    let store = MemoryStore::new("journal");
    let mut first = start(world, &store, Direction::Failover).await.expect("started");
    dies(world, &mut first).await;
    resume(world, &store).await.expect("taken on")
}

/// Begins a failover that is killed so, and aborts it at once.
async fn aborted(world: &World, operation: &'static str) -> (Engine, Conclusion) {
    let mut engine = taken_on_after(world, operation).await;
    engine.abort("grace@ops", "the region is back").await.expect("aborted");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

/// Whatever AWS has still to do is done.
async fn much_later(world: &World) {
    world.with(|state| state.elapsed += Duration::from_secs(3_600));
    let region = Region::new(CENTRAL).expect("a region");
    world.global_database(&region, "orders").await.expect("an answer");
}

#[tokio::test]
async fn a_switchover_that_is_not_seen_yet_is_waited_for_and_then_taken_back() {
    let world = world(Side::Primary);
    aurora(&world);
    let (engine, conclusion) = aborted(&world, "SwitchoverGlobalCluster").await;
    assert_eq!(conclusion.end, End::Aborted);
    assert_eq!(report_of(&engine).databases[0].fence, "released");
    much_later(&world).await;
    let writer = world.with(|state| state.managed.globals["orders"].writer.clone());
    assert_eq!(writer, WEST, "the run says that it was undone");
}

#[tokio::test]
async fn a_promotion_that_is_not_seen_yet_leaves_one_server_that_takes_writes() {
    let world = world(Side::Primary);
    rds_with_urls(&world);
    let (engine, conclusion) = aborted(&world, "PromoteReadReplica").await;
    assert_eq!(conclusion.end, End::Aborted);
    much_later(&world).await;
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
    let undone = &engine.journal().state().steps["fence/database/orders"];
    assert_eq!(
        undone.detail,
        "it takes writes again, and nothing follows it: orders-replica in eu-central-1 is available, and no replica"
    );
    let report = report_of(&engine);
    // "Keep applications from that instance" would be said of the one that serves them again.
    assert!(report.findings.iter().all(|one| one.code != codes::F_NOT_FENCED), "{:#?}", report.findings);
    assert!(report.databases[0].promoted && report.databases[0].fence == "released", "{:?}", report.databases[0]);
    let told: Vec<&Finding> = report.findings.iter().filter(|one| one.code == codes::F_UNPROTECTED).collect();
    let [told] = told[..] else { panic!("{told:#?}") };
    assert_eq!(
        told.message,
        "orders-replica in eu-central-1 was promoted before the run went back: it is no replica any more, and nothing \
         follows the primary's"
    );
}

#[tokio::test]
async fn a_promotion_that_was_left_out_and_came_all_the_same_is_told_as_one() {
    let world = world(Side::Primary);
    rds_with_urls(&world);
    let mut engine = taken_on_after(&world, "PromoteReadReplica").await;
    much_later(&world).await;
    engine.skip("promote/rds/orders", "grace@ops", "the console says that it is done").await.expect("left out");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let report = report_of(&engine);
    assert!(report.databases[0].promoted, "{:?}", report.databases[0]);
    assert_eq!(report.databases[0].lost_writes, "none");
}

/// The request for a promotion is lost, and its executor with it.
async fn killed_over_a_lost_request() -> (World, MemoryStore) {
    let world = world(Side::Primary);
    rds_with_urls(&world);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    dies_over(&world, &mut first, "PromoteReadReplica", Some(Trouble::LoseRequest)).await;
    (world, store)
}

async fn taken_over(world: &World, store: &MemoryStore) -> Engine {
    let run = latest_run(store, "shop").await.expect("claims").expect("a run");
    let ownership = Ownership::takeover("grace@ops");
    let stores = JournalStores::one(store.clone());
    Engine::resume(&run, ownership, &stores, world.ports()).await.expect("a takeover")
}

#[tokio::test]
async fn who_took_a_request_in_doubt_on_and_was_taken_over_asks_for_nothing() {
    let (world, store) = killed_over_a_lost_request().await;
    let mut old = resume(&world, &store).await.expect("taken on");
    let _new = taken_over(&world, &store).await;
    let error = old.drive().await.expect_err("lost");
    assert!(error.lost_ownership(), "{error}");
    assert_eq!(accepted(&world), [""; 0]);
}

#[tokio::test]
async fn who_waits_for_aws_and_was_taken_over_ends_within_seconds() {
    let world = world(Side::Primary);
    rds_with_urls(&world);
    let store = MemoryStore::new("journal");
    let promotes = Arc::new(Notify::new());
    let asked = Arc::clone(&promotes);
    world.with(|state| {
        state.trouble = Some(Box::new(move |call, _| {
            if call.operation == "PromoteReadReplica" {
                asked.notify_one();
            }
            None
        }));
    });
    let mut old = start(&world, &store, Direction::Failover).await.expect("started");
    let taking = async {
        promotes.notified().await;
        let _new = taken_over(&world, &store).await;
        world.with(|state| state.elapsed)
    };
    let (lost, taken) = tokio::join!(old.drive(), taking);
    assert!(lost.expect_err("lost").lost_ownership());
    let after = world.with(|state| state.elapsed) - taken;
    assert!(after < Duration::from_secs(20), "{after:?}, and a promotion takes {PROMOTES:?}");
}

#[tokio::test]
async fn a_promotion_that_never_came_is_waited_for_no_longer_than_it_may_go_unseen() {
    let (world, store) = killed_over_a_lost_request().await;
    let began = world.with(|state| state.elapsed);
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("grace@ops", "the region is back").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    let took = world.with(|state| state.elapsed) - began;
    assert!(took < Duration::from_secs(90), "{took:?}");
    assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
    assert_eq!(engine.journal().state().steps["fence/database/orders"].detail, "it takes writes again");
}
