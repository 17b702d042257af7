//! What an executor that was killed or replaced had asked a database for, and comes after the run went on without it.

use crate::databases::with_servers;
use crate::estate::*;
use crate::in_flight::{aborted, died_over, dies_at, finished, much_later, taken_over, waited};
use pilotlight_failover::simulation::{Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{Body, JournalStores, MemoryStore, Ownership, latest_run};
use std::time::Duration;

#[tokio::test]
async fn a_fence_under_way_does_not_stand_after_it_was_taken_back() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let world = world(Side::Primary);
        with_servers(&world);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        died_over(&world, &mut first, "fence").await;
        world.with(|state| {
            let soon = state.elapsed + Duration::from_secs(5);
            state.under_way.push((soon, Box::new(|state| state.servers.at(OLD_URL).fenced = true)));
        });
        let (_, conclusion) = aborted(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Aborted);
        much_later(&world).await;
        assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
    }
}

/// Its successor finished the step, which says nothing of what the first one asked for.
#[tokio::test]
async fn a_fence_of_an_executor_that_was_replaced_twice_does_not_stand_after_it_was_taken_back() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    died_over(&world, &mut first, "fence").await;
    let mut second = taken_over(&world, &store, Ownership::takeover("grace@ops")).await;
    dies_at(&world, &mut second, finished("fence/")).await;
    world.with(|state| {
        let later = state.elapsed + Duration::from_secs(70);
        state.under_way.push((later, Box::new(|state| state.servers.at(OLD_URL).fenced = true)));
    });
    let (_, conclusion) = aborted(&world, &store, Ownership::takeover("carl@ops")).await;
    assert_eq!(conclusion.end, End::Aborted);
    much_later(&world).await;
    assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
}

/// A run past its promotion that stopped, and was aborted by somebody whose executor then died over the fence of the new
/// server.
async fn died_over_the_new_fence() -> (World, MemoryStore) {
    let world = world(Side::Primary);
    with_servers(&world);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    assert!(matches!(engine.drive().await.expect("driven").end, End::Stopped { .. }));
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("ada@ops", "no").await.expect("aborted");
    died_over(&world, &mut engine, "fence").await;
    world.with(|state| state.healthy.insert(STANDBY[1].to_owned()));
    (world, store)
}

async fn withdrawn(world: &World, store: &MemoryStore, ownership: Ownership) -> (Engine, Conclusion) {
    let run = latest_run(store, "shop").await.expect("claims").expect("a run");
    let stores = JournalStores::one(store.clone());
    let mut engine = Engine::resume(&run, ownership, &stores, world.ports()).await.expect("taken on");
    engine.withdraw_abort("grace@ops", "the standby is well again").await.expect("withdrawn");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

#[tokio::test]
async fn a_fence_of_the_new_server_under_way_does_not_stand_after_the_run_went_forward_again() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let (world, store) = died_over_the_new_fence().await;
        world.with(|state| {
            let soon = state.elapsed + Duration::from_secs(15);
            state.under_way.push((soon, Box::new(|state| state.servers.at(NEW_URL).fenced = true)));
        });
        let (engine, conclusion) = withdrawn(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
        much_later(&world).await;
        assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
        // Customers are not held up for it.
        let events = engine.journal().events();
        let holds = |reason: &str| reason.contains("a request to undo it that got no answer");
        let waits = events.iter().position(|event| matches!(&event.what, Body::Waits { reason, .. } if holds(reason)));
        let switched = events.iter().rposition(|event| finished("switch/")(&event.what));
        assert!(switched.is_some() && switched < waits, "{switched:?} {waits:?}");
    }
}

/// For the moment until it is seen, both take writes: the release comes after the promotion.
#[tokio::test]
async fn a_release_of_the_old_server_under_way_leaves_no_second_writer_after_the_run_went_forward_again() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let world = world(Side::Primary);
        with_servers(&world);
        world.with(|state| state.on_broken = None);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        dies_at(&world, &mut first, finished("fence/database/")).await;
        let mut second = taken_over(&world, &store, Ownership::resume("ada@ops")).await;
        second.abort("ada@ops", "no").await.expect("aborted");
        dies_over(&world, &mut second, "release", Some(Trouble::LoseRequest)).await;
        world.with(|state| {
            let soon = state.elapsed + Duration::from_secs(25);
            state.under_way.push((soon, Box::new(|state| state.servers.at(OLD_URL).fenced = false)));
        });
        let (_, conclusion) = withdrawn(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
        much_later(&world).await;
        assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
    }
}

/// The next run would have a second writer: who was replaced over it may live on another machine.
#[tokio::test]
async fn a_run_ends_when_a_release_of_an_executor_that_was_replaced_cannot_come_any_more() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    dies_at(&world, &mut first, finished("fence/database/")).await;
    let mut second = taken_over(&world, &store, Ownership::resume("ada@ops")).await;
    second.abort("ada@ops", "no").await.expect("aborted");
    dies_over(&world, &mut second, "release", Some(Trouble::LoseRequest)).await;
    world.with(|state| {
        let later = state.elapsed + Duration::from_secs(70);
        state.under_way.push((later, Box::new(|state| state.servers.at(OLD_URL).fenced = false)));
    });
    let mut third = taken_over(&world, &store, Ownership::takeover("carl@ops")).await;
    assert_eq!(third.drive().await.expect("driven").end, End::Aborted);
    world.with(|state| assert!(state.under_way.is_empty(), "it came while the run waited"));
    let told = waited(&third);
    assert!(told.last().is_some_and(|last| last.contains("the run ends when it cannot")), "{told:?}");
}

/// Nothing of a look is carried out after who looked.
#[tokio::test]
async fn a_run_that_was_taken_over_in_the_midst_of_a_look_ends_with_its_last_step() {
    let looks =
        ["preflight/database/", "fence/catch-up/", "promote/measure/", "observe/first-write/", "observe/compare/"];
    for look in looks {
        let world = world(Side::Primary);
        with_servers(&world);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        let begun = move |what: &Body| matches!(what, Body::StepIntended { step, .. } if step.starts_with(look));
        dies_at(&world, &mut first, begun).await;
        let mut second = taken_over(&world, &store, Ownership::takeover("grace@ops")).await;
        assert_eq!(second.drive().await.expect("driven").end, End::Succeeded);
        let told = waited(&second);
        assert!(!told.iter().any(|told| told.contains("the run ends when it cannot")), "{look}: {told:?}");
    }
}

#[tokio::test]
async fn a_server_whose_new_one_was_never_let_write_is_gone_back_to() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    dies_over(&world, &mut first, "release", Some(Trouble::LoseRequest)).await;
    let (_, conclusion) = aborted(&world, &store, Ownership::resume("grace@ops")).await;
    assert_eq!(conclusion.end, End::Aborted, "{conclusion:?}");
    much_later(&world).await;
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
}
