//! Requests that are carried out when who sent them has given up or is dead, and a run that goes the other way by then.

use crate::databases::with_servers;
use crate::estate::*;
use crate::managed::{CENTRAL, WEST, aurora, rds_with_urls};
use crate::scaling;
use crate::signal;
use crate::sizes;
use crate::weighted;
use pilotlight_failover::simulation::{Asked, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Region, Side};
use pilotlight_journal::{Body, Event, JournalStores, MemoryStore, Ownership, StepStatus, latest_run};
use serde_json::json;
use std::time::Duration;

/// A run whose executor died over a call that is carried out late.
pub(crate) async fn died_over(world: &World, engine: &mut Engine, operation: &'static str) {
    dies_over(world, engine, operation, Some(Trouble::Late)).await;
}

/// Long after everything that was under way.
pub(crate) async fn much_later(world: &World) {
    Clock::sleep(world, Duration::from_secs(600)).await;
}

/// A look there lets what is done by then be done.
fn central() -> Region {
    Region::new(CENTRAL).expect("a region")
}

pub(crate) fn waited(engine: &Engine) -> Vec<&str> {
    let waits = engine.journal().events().iter().filter_map(|event| match &event.what {
        Body::Waits { reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    waits.collect()
}

pub(crate) async fn aborted(world: &World, store: &MemoryStore, ownership: Ownership) -> (Engine, Conclusion) {
    let run = latest_run(store, "shop").await.expect("claims").expect("a run");
    let stores = JournalStores::one(store.clone());
    let mut engine = Engine::resume(&run, ownership, &stores, world.ports()).await.expect("taken on");
    engine.abort("grace@ops", "no").await.expect("aborted");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

#[tokio::test]
async fn a_batch_under_way_is_waited_for_before_the_run_says_that_nothing_moved() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let world = world(Side::Primary);
        with_servers(&world);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        died_over(&world, &mut first, "ChangeResourceRecordSets").await;
        let (engine, conclusion) = aborted(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Aborted);
        let [told] = waited(&engine)[..] else { panic!("{:?}", waited(&engine)) };
        assert!(told.starts_with("it is as before, and a request to do it that got no answer may still"), "{told}");
        much_later(&world).await;
        assert_eq!(world.values("app.shop.test"), PRIMARY);
        assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_does_not_end_the_wait() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    died_over(&world, &mut first, "ChangeResourceRecordSets").await;
    world.with(|state| state.clock_ahead_ms += 3_600_000);
    let (_, conclusion) = aborted(&world, &store, Ownership::resume("grace@ops")).await;
    assert_eq!(conclusion.end, End::Aborted);
    much_later(&world).await;
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_batch_that_got_no_answer_is_looked_for_before_the_move_has_failed() {
    let world = world(Side::Primary);
    let mut first = true;
    world.with(|state| {
        state.trouble = Some(Box::new(move |asked, _| {
            let met = asked.operation == "ChangeResourceRecordSets";
            met.then(|| if std::mem::take(&mut first) { Trouble::Late } else { Trouble::LoseRequest })
        }));
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    let first_move = engine.run().steps().find(|step| step.moves_traffic()).expect("a move");
    assert_eq!(engine.journal().state().status(&first_move.id), StepStatus::Done, "{conclusion:?}");
}

#[tokio::test]
async fn an_undo_under_way_does_not_move_back_what_goes_forward_again() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    assert!(matches!(engine.drive().await.expect("driven").end, End::Stopped { .. }));
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("ada@ops", "no").await.expect("aborted");
    died_over(&world, &mut engine, "ChangeResourceRecordSets").await;
    world.with(|state| state.healthy.insert(STANDBY[1].to_owned()));
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.withdraw_abort("grace@ops", "the standby is well again").await.expect("withdrawn");
    let conclusion = engine.drive().await.expect("driven");
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    much_later(&world).await;
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn a_size_under_way_is_waited_for() {
    let world = scaling::estate(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut first = scaling::begin(&world, &store, Direction::Failover).await;
    died_over(&world, &mut first, "SetDesiredCapacity").await;
    let (_, conclusion) = aborted(&world, &store, Ownership::resume("grace@ops")).await;
    assert_eq!(conclusion.end, End::Aborted);
    much_later(&world).await;
    assert_eq!(world.with(|state| state.groups["web-standby"].desired), 1);
}

#[tokio::test]
async fn a_size_that_terraform_asked_for_before_it_was_killed_is_waited_for() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let world = sizes::estate(Side::Primary);
        let store = MemoryStore::new("journal");
        let mut first = sizes::begin(&world, &store, Direction::Failover).await;
        died_over(&world, &mut first, "apply").await;
        let (engine, conclusion) = aborted(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Aborted, "{:?}", waited(&engine));
        much_later(&world).await;
        assert_eq!(sizes::now(&world), [json!(1), json!("db.t4g.small")]);
    }
}

#[tokio::test]
async fn an_apply_that_fails_by_itself_is_undone_without_a_wait() {
    let world = sizes::estate(Side::Primary);
    world.with(|state| {
        let applies = |asked: &Asked<'_>| asked.operation == "apply" && asked.subject == "aws_ecs_service.web";
        state.trouble = Some(Box::new(move |asked, _| applies(asked).then_some(Trouble::Broken)));
    });
    let mut engine = sizes::begin(&world, &MemoryStore::new("journal"), Direction::Failover).await;
    assert_eq!(engine.drive().await.expect("driven").end, End::RolledBack);
    assert_eq!(waited(&engine), [""; 0]);
}

#[tokio::test]
async fn a_switchover_under_way_is_waited_for_and_then_taken_back() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let world = world(Side::Primary);
        aurora(&world);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        died_over(&world, &mut first, "SwitchoverGlobalCluster").await;
        world.with(|state| state.clock_ahead_ms += 3_600_000);
        let (_, conclusion) = aborted(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Aborted);
        much_later(&world).await;
        world.global_database(&central(), "orders").await.expect("an answer");
        assert_eq!(world.with(|state| state.managed.globals["orders"].writer.clone()), WEST);
    }
}

#[tokio::test]
async fn a_promotion_under_way_at_rds_leaves_one_server_that_takes_writes() {
    for ownership in [Ownership::resume("grace@ops"), Ownership::takeover("grace@ops")] {
        let world = world(Side::Primary);
        rds_with_urls(&world);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        died_over(&world, &mut first, "PromoteReadReplica").await;
        world.with(|state| state.clock_ahead_ms += 3_600_000);
        let (_, conclusion) = aborted(&world, &store, ownership).await;
        assert_eq!(conclusion.end, End::Aborted);
        much_later(&world).await;
        world.instance(&central(), "orders-replica").await.expect("an answer");
        assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
    }
}

#[tokio::test]
async fn a_signal_under_way_is_waited_for() {
    let world = signal::following_world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    died_over(&world, &mut first, "PutObject").await;
    let (_, conclusion) = aborted(&world, &store, Ownership::resume("grace@ops")).await;
    assert_eq!(conclusion.end, End::Aborted);
    much_later(&world).await;
    assert!(!world.with(|state| state.signals[signal::URL].last().expect("a moment").1));
}

/// Carries a run out until its executor dies the moment that such an event stands in the journal.
pub(crate) async fn dies_at(world: &World, engine: &mut Engine, at: impl Fn(&Body) -> bool + Send + 'static) {
    let there = world.clone();
    world.with(|state| {
        state.on_event = Some(Box::new(move |_, event| {
            if at(&event.what) {
                there.kill();
            }
        }));
    });
    dies(world, engine).await;
    world.with(|state| state.on_event = None);
}

pub(crate) fn finished(step: &'static str) -> impl Fn(&Body) -> bool + Send + 'static {
    move |what| matches!(what, Body::StepFinished { step: id, .. } if id.starts_with(step))
}

pub(crate) async fn taken_over(world: &World, store: &MemoryStore, ownership: Ownership) -> Engine {
    let run = latest_run(store, "shop").await.expect("claims").expect("a run");
    Engine::resume(&run, ownership, &JournalStores::one(store.clone()), world.ports()).await.expect("taken on")
}

/// What the second executor sees is its own batch, not the first one's.
#[tokio::test]
async fn a_batch_under_way_is_waited_for_where_another_one_was_accepted_since() {
    for ownership in [Ownership::resume, Ownership::takeover] {
        let world = world(Side::Primary);
        let store = MemoryStore::new("journal");
        let mut first = start(&world, &store, Direction::Failover).await.expect("started");
        died_over(&world, &mut first, "ChangeResourceRecordSets").await;
        let mut second = taken_over(&world, &store, ownership("grace@ops")).await;
        dies_at(&world, &mut second, finished("switch/")).await;
        let (_, conclusion) = aborted(&world, &store, ownership("carl@ops")).await;
        assert_eq!(conclusion.end, End::Aborted, "{conclusion:?}");
        much_later(&world).await;
        assert_eq!(world.values("app.shop.test"), PRIMARY);
    }
}

#[tokio::test]
async fn a_person_can_stop_the_wait_and_have_it_go_on() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    died_over(&world, &mut first, "ChangeResourceRecordSets").await;
    let (asks, stop) = tokio::sync::watch::channel(false);
    world.with(|state| {
        state.on_event = Some(Box::new(move |_, event| {
            if matches!(event.what, Body::Waits { .. }) {
                asks.send_replace(true);
            }
        }));
    });
    let run = latest_run(&store, "shop").await.expect("claims").expect("a run");
    let stores = JournalStores::one(store.clone());
    let taken = Engine::resume(&run, Ownership::resume("grace@ops"), &stores, world.ports_with_stop(stop)).await;
    let mut engine = taken.expect("taken on");
    engine.abort("grace@ops", "no").await.expect("aborted");
    assert!(matches!(engine.drive().await.expect("driven").end, End::Stopped { step: Some(_) }));
    assert_eq!(resume(&world, &store).await.expect("taken on").drive().await.expect("driven").end, End::Aborted);
    much_later(&world).await;
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

/// The first batch gets no answer and comes later; the second is accepted.
#[tokio::test]
async fn a_run_ends_when_nothing_that_it_asked_for_can_come_to_the_next_one() {
    let world = world(Side::Primary);
    let mut first = true;
    world.with(|state| {
        state.trouble = Some(Box::new(move |asked, _| {
            let met = asked.operation == "ChangeResourceRecordSets" && std::mem::take(&mut first);
            met.then_some(Trouble::Late)
        }));
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let [told] = waited(&engine)[..] else { panic!("{:?}", waited(&engine)) };
    assert!(told.contains("the run ends when it cannot"), "{told}");
    world.with(|state| assert!(state.under_way.is_empty(), "it came while the run waited"));

    let mut engine = start(&world, &store, Direction::Failback).await.expect("started");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    assert_eq!(waited(&engine), [""; 0]);
    much_later(&world).await;
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_size_under_way_holds_no_fence_up() {
    let world = scaling::estate(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut first = scaling::begin(&world, &store, Direction::Failover).await;
    died_over(&world, &mut first, "SetDesiredCapacity").await;
    let (engine, _) = aborted(&world, &store, Ownership::resume("grace@ops")).await;
    let events = engine.journal().events();
    let at = |wanted: &dyn Fn(&Body) -> bool| events.iter().position(|event| wanted(&event.what)).expect("the event");
    let waits = at(&|what| matches!(what, Body::Waits { .. }));
    let last = at(&|what| matches!(what, Body::RunFinished { .. }));
    let undone = |event: &Event| matches!(&event.what, Body::UndoFinished { .. });
    assert!(events[..waits].iter().any(undone), "everything else first");
    assert_eq!(events[waits..last].iter().filter(|event| undone(event)).count(), 1, "and once more");
}

/// What a batch of the way forward moves while the way back waits is moved back only where that side can serve.
#[tokio::test]
async fn a_batch_that_comes_while_the_way_back_waits_is_asked_about_before_it_is_undone() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut first = start(&world, &store, Direction::Failover).await.expect("started");
    died_over(&world, &mut first, "ChangeResourceRecordSets").await;
    // Customers write at the new server by then.
    world.with(|state| state.servers.at(NEW_URL).writes += 7);
    let (_, conclusion) = aborted(&world, &store, Ownership::resume("grace@ops")).await;
    assert!(matches!(conclusion.end, End::Stopped { .. }), "{conclusion:?}");
    assert!(conclusion.detail.contains("7 rows were written there"), "{conclusion:?}");
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

/// The undo leads from the last share to the beginning in one batch; one that comes late is this run's own.
#[tokio::test]
async fn an_undo_that_comes_after_it_was_taken_back_stops_no_move_of_the_shares() {
    let world = weighted::weighted_world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    world.with(|state| {
        state.on_event = Some(Box::new(|state, event| {
            if matches!(&event.what, Body::PhaseStarted { phase } if phase == "verify") {
                state.healthy.retain(|address| !STANDBY.contains(&address.as_str()));
            }
        }));
    });
    assert!(matches!(engine.drive().await.expect("driven").end, End::Stopped { .. }));
    world.with(|state| state.on_event = None);
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("ada@ops", "no").await.expect("aborted");
    let (there, mut batches) = (world.clone(), 0);
    world.with(|state| {
        state.trouble = Some(Box::new(move |asked, _| {
            batches += u32::from(asked.operation == "ChangeResourceRecordSets");
            // The other set is moved back before.
            let is_it = batches == 2;
            if is_it {
                there.kill();
            }
            is_it.then_some(Trouble::Late)
        }));
    });
    dies(&world, &mut engine).await;
    world.with(|state| {
        state.trouble = None;
        state.healthy.extend(STANDBY.map(str::to_owned));
    });
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.withdraw_abort("grace@ops", "forward").await.expect("withdrawn");
    let conclusion = engine.drive().await.expect("driven");
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    assert_eq!(weighted::weights(&world.with(|state| state.records.clone()), "app.shop.test"), [0, 100]);
}
