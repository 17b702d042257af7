//! A kill at every append, before and after it takes effect; the next executor ends in the same world and
//! tells the same story.

use crate::estate::*;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::{
    Body, Event, Fault, JournalError, JournalStores, MemoryStore, Operation, latest_run, read_run, replay,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A situation to run through, and what a person does where a run waits.
pub(crate) struct Scenario {
    pub(crate) direction: Direction,
    pub(crate) prepare: fn(&World),
    pub(crate) on_stop: OnStop,
}

/// What a person does where a run waits.
#[derive(Clone, Copy)]
pub(crate) enum OnStop {
    Never,
    Abort,
    /// Ends the cause, then resumes.
    Repair(fn(&World)),
    /// Aborts it once this has happened, and where that stops ends the cause and takes the abort back.
    Withdraw(fn(&World), fn(&World)),
}

/// What is left: the zone, what programs left behind, the story.
#[derive(Debug, PartialEq)]
pub(crate) struct Ends {
    pub(crate) records: Vec<RecordSet>,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) servers: String,
    pub(crate) managed: String,
    pub(crate) end: End,
    pub(crate) report: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The object was not written.
    Before,
    /// It was, and nothing else happened any more.
    After,
}

/// Kills at the store's creates with these numbers.
pub(crate) fn arm(world: &World, store: &MemoryStore, at: usize, moment: Moment) -> Arc<AtomicUsize> {
    let creates = Arc::new(AtomicUsize::new(0));
    let (world, counter) = (world.clone(), Arc::clone(&creates));
    let mut dead = false;
    store.set_fault(move |operation, _| {
        if operation != Operation::Create {
            return None;
        }
        let number = counter.fetch_add(1, Ordering::SeqCst);
        if dead || (number == at && moment == Moment::Before) {
            dead = true;
            world.kill();
            return Some(Fault::Deny);
        }
        if number == at {
            dead = true;
            world.kill();
        }
        None
    });
    creates
}

/// Carries a run out with one kill, or with none, and resumes it once: how it ended, and whether the kill came.
pub(crate) async fn killed_once(world: &World, run: Run, kill: Option<(usize, Moment)>) -> (End, bool) {
    let store = MemoryStore::new("journal");
    let armed = kill.map(|(at, moment)| (at, arm(world, &store, at, moment)));
    let stores = JournalStores::one(store.clone());
    let first = async {
        let mut engine = Engine::start(run.clone(), "ada@ops", None, &stores, world.ports()).await?;
        engine.drive().await
    };
    let ended = tokio::select! {
        ended = first => ended.ok(),
        () = world.died() => None,
    };
    let killed = armed.is_some_and(|(at, creates)| creates.load(Ordering::SeqCst) > at);
    store.clear_fault();
    world.revive();
    let end = match ended {
        Some(conclusion) => conclusion.end,
        None if latest_run(&store, "shop").await.expect("claims").is_none() => {
            let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
            engine.drive().await.expect("an end").end
        }
        None => match resume(world, &store).await {
            Ok(mut engine) => engine.drive().await.expect("an end").end,
            // The kill came after the last event.
            Err(_) => Conclusion::of(&replay(&latest_log(&store).await).expect("a run")).end,
        },
    };
    (end, killed)
}

/// Drives until the run ends, starting or resuming as a person would.
async fn to_the_end(world: &World, store: &MemoryStore, scenario: &Scenario) -> Result<Ends, EngineError> {
    loop {
        let mut engine = match latest_run(store, "shop").await.expect("the claims") {
            Some(_) => match resume(world, store).await {
                // The kill came after the last event.
                Err(EngineError::Journal(JournalError::Finished { .. })) => {
                    return Ok(ends(world, &latest_log(store).await));
                }
                other => other?,
            },
            None => start(world, store, scenario.direction).await?,
        };
        if waits(engine.journal().events()) {
            match scenario.on_stop {
                OnStop::Never => panic!("stopped: {:?}", engine.journal().events().last()),
                OnStop::Abort => engine.abort("ada@ops", "no").await?,
                OnStop::Repair(repair) => repair(world),
                OnStop::Withdraw(happens, repair) => {
                    let state = engine.journal().state();
                    if state.rollback.is_some() {
                        repair(world);
                        engine.withdraw_abort("grace@ops", "the standby is well again").await?;
                    } else if state.withdrawn.is_none() {
                        happens(world);
                        engine.abort("ada@ops", "no").await?;
                    }
                }
            }
        }
        let conclusion = engine.drive().await?;
        if !matches!(conclusion.end, End::Stopped { .. }) {
            return Ok(ends(world, &latest_log(store).await));
        }
    }
}

/// Whether the run was stopped, and nobody did anything about it yet but to begin to.
fn waits(events: &[Event]) -> bool {
    let last = events.iter().rfind(|event| !matches!(event.what, Body::Resumed { .. }));
    matches!(last, Some(Event { what: Body::Stopped { .. }, .. }))
}

async fn latest_log(store: &MemoryStore) -> Vec<Event> {
    let run = latest_run(store, "shop").await.expect("the claims").expect("a run");
    let stores = JournalStores::one(store.clone());
    read_run(&stores, &run).await.expect("the log").events
}

fn ends(world: &World, events: &[Event]) -> Ends {
    let state = replay(events).expect("a run");
    world.with(|world| Ends {
        records: world.records.clone(),
        flags: world.flags.clone(),
        servers: world.servers.to_string(),
        managed: world.managed.to_string(),
        end: Conclusion::of(&state).end,
        report: timeless(report(events).expect("a report")),
    })
}

/// Runs with a kill and returns whether there was something to kill.
async fn with_kills(scenario: &Scenario, kills: &[(usize, Moment)]) -> (Ends, bool) {
    let world = world(began_on(scenario.direction));
    (scenario.prepare)(&world);
    let store = MemoryStore::new("journal");
    let mut reached = true;
    for (at, moment) in kills {
        let creates = arm(&world, &store, *at, *moment);
        let killed = tokio::select! {
            ended = to_the_end(&world, &store, scenario) => ended.is_err(),
            () = world.died() => true,
        };
        reached = killed && creates.load(Ordering::SeqCst) > *at;
        store.clear_fault();
        world.revive();
    }
    (to_the_end(&world, &store, scenario).await.expect("an end"), reached)
}

async fn survives_every_kill(scenario: Scenario) -> Ends {
    // The claim, the start, phases and two events a step: fewer would mean that nothing was killed.
    survives_every_kill_of(scenario, 80).await
}

pub(crate) async fn survives_every_kill_of(scenario: Scenario, least: usize) -> Ends {
    let (reference, _) = with_kills(&scenario, &[]).await;
    let mut kills = 0;
    for moment in [Moment::Before, Moment::After] {
        for at in 0.. {
            let (ends, killed) = with_kills(&scenario, &[(at, moment)]).await;
            assert_eq!(ends, reference, "killed {moment:?} append {at}");
            if !killed {
                break;
            }
            kills += 1;
            // And at some, once more: a little later, in the executor that resumes.
            if at % 3 == 0 {
                let again = at % 4;
                let (ends, _) = with_kills(&scenario, &[(at, moment), (again, Moment::After)]).await;
                assert_eq!(ends, reference, "killed {moment:?} append {at} and after {again} more");
            }
        }
    }
    assert!(kills >= least, "only {kills} kills");
    reference
}

fn nothing(_: &World) {}

pub(crate) fn values_of(ends: &Ends, name: &str) -> Vec<String> {
    ends.records.iter().filter(|set| set.name == name).flat_map(|set| set.values.clone()).collect()
}

#[tokio::test]
async fn a_failover_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failover, prepare: nothing, on_stop: OnStop::Never };
    let ends = survives_every_kill(scenario).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
    assert_eq!(values_of(&ends, "api.shop.test"), STANDBY[..1]);
    assert_eq!(values_of(&ends, "www.shop.test"), ["eu-central-1.shop.test"]);
    assert_eq!(values_of(&ends, "mail.shop.test"), ["203.0.113.25"]);
    assert_eq!(ends.flags, BTreeSet::from(["large".to_owned()]));
    assert_eq!(ends.report["recovery_time"]["measured_ms"], true);
}

#[tokio::test]
async fn a_failback_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failback, prepare: nothing, on_stop: OnStop::Never };
    let ends = survives_every_kill(scenario).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
    assert_eq!(values_of(&ends, "www.shop.test"), ["eu-west-1.shop.test"]);
}

#[tokio::test]
async fn a_rollback_survives_a_kill_at_every_append() {
    fn size_fails(world: &World) {
        // Every start of it fails, also that of the executor that resumes.
        let failures = std::iter::repeat_n(CommandOutcome::Exited(3), 9).collect();
        world.with(|state| {
            state.outcomes.insert("./set large".into(), failures);
        });
    }
    let scenario = Scenario { direction: Direction::Failover, prepare: size_fails, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 40).await;
    assert_eq!(ends.end, End::RolledBack);
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
    assert_eq!(ends.flags, BTreeSet::new());
}

#[tokio::test]
async fn an_abort_after_the_switch_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failover, prepare: standby_breaks, on_stop: OnStop::Abort };
    let ends = survives_every_kill(scenario).await;
    assert_eq!(ends.end, End::Aborted);
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
    assert_eq!(values_of(&ends, "api.shop.test"), PRIMARY[..1]);
    assert_eq!(ends.flags, BTreeSet::new());
}

#[tokio::test]
async fn a_stop_after_the_switch_and_its_repair_survive_a_kill_at_every_append() {
    fn repair(world: &World) {
        world.with(|state| {
            state.healthy.insert(STANDBY[1].to_owned());
        });
    }
    let scenario =
        Scenario { direction: Direction::Failover, prepare: standby_breaks, on_stop: OnStop::Repair(repair) };
    let ends = survives_every_kill(scenario).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
}
