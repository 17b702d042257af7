//! Servers that die, hang or come back in the midst of a run.

use crate::databases::{dead_primary, failover, with_servers};
use crate::estate::*;
use crate::kills::{Ends, OnStop, Scenario, survives_every_kill_of};
use pilotlight_failover::simulation::{State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::{Body, JournalStores, MemoryStore};

/// Does this to the world as soon as the step is done, the first time.
pub(crate) fn once_done(world: &World, step: &'static str, mut change: impl FnMut(&mut State) + Send + 'static) {
    let mut done = false;
    world.with(|state| {
        state.on_event = Some(Box::new(move |state, event| {
            if !done && matches!(&event.what, Body::StepFinished { step: id, .. } if id == step) {
                done = true;
                change(state);
            }
        }));
    });
}

fn database(ends: &Ends) -> &serde_json::Value {
    &ends.report["databases"][0]
}

#[tokio::test]
async fn a_primary_that_dies_once_it_is_fenced_keeps_nobody_from_going_on_without_loss() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        // It is looked at and fenced, and never heard of again.
        state.trouble = Some(Box::new(|asked, _| {
            let heard = asked.subject != OLD_URL || matches!(asked.operation, "read" | "fence");
            (!heard).then_some(Trouble::LoseRequest)
        }));
    });
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
    assert_eq!(world.values("app.shop.test"), STANDBY);
    let database = report_of(&engine).databases.remove(0);
    assert_eq!((database.fence.as_str(), database.lost_writes.as_str()), ("proven", "none"));
    // It can say nothing any more.
    assert_eq!(database.second_writer, "unknown");
}

#[tokio::test]
async fn where_something_is_missing_a_graceful_run_does_not_go_on_and_says_whom_it_waits_for() {
    let world = world(Side::Primary);
    with_servers(&world);
    // The first program runs between the look and the fence: the standby does not get what the fence writes.
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.servers.at(NEW_URL).paused = true));
    });
    once_done(&world, "fence/database/orders", |state| state.servers.at(OLD_URL).alive = false);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    // Nobody can take the fence back at a server that is dead.
    assert_eq!(conclusion.end, End::Stopped { step: Some("fence/database/orders".into()) });
    assert!(conclusion.detail.contains("undo of fence/database/orders"), "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    // While it waited for two minutes, the journal said why, and what to do: once.
    let waits: Vec<&str> = engine
        .journal()
        .events()
        .iter()
        .filter_map(|event| match &event.what {
            Body::Waits { step, reason } if step == "fence/database/orders" => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    let [waits] = waits[..] else { panic!("{waits:?}") };
    assert!(waits.contains("gives no answer, and is asked for up to 2m: "), "{waits}");
    assert!(waits.ends_with("run skip --step fence/database/orders leaves the fence"), "{waits}");
    let undoing = engine.journal().events().iter().rev().find(|event| matches!(event.what, Body::UndoFinished { .. }));
    let began = engine
        .journal()
        .events()
        .iter()
        .find(|event| matches!(&event.what, Body::Waits { step, .. } if step == "fence/database/orders"));
    let waited = undoing.unwrap().at.duration_since(began.unwrap().at).as_secs();
    assert!((60..=120).contains(&waited), "{waited} s");
    assert!(engine.journal().state().waits.is_none(), "it waits no more");
    // Whoever watched was told how long that would go on.
    let told = world.with(|state| state.waits.clone());
    let told: Vec<&String> = told.iter().filter(|wait| wait.starts_with("fence/database/orders: ")).collect();
    let left = |wait: &str| {
        wait.rsplit_once("; asked for ").and_then(|(_, left)| left.strip_suffix(" more at most")).map(str::to_owned)
    };
    assert_eq!(told.first().and_then(|wait| left(wait)).as_deref(), Some("1m59s"), "{told:?}");
    assert!(told.iter().all(|wait| left(wait).is_some()), "{told:?}");
    assert_eq!(report_of(&engine).databases[0].lost_writes, "pending");

    world.with(|state| state.servers.at(OLD_URL).alive = true);
    let mut engine = resume(&world, &store).await.unwrap();
    assert_eq!(engine.drive().await.unwrap().end, End::RolledBack);
    assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
}

#[tokio::test]
async fn a_person_ends_the_wait_for_a_fence_at_once() {
    let world = world(Side::Primary);
    with_servers(&world);
    let (ask, asked) = tokio::sync::watch::channel(false);
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.servers.at(NEW_URL).paused = true));
        state.on_event = Some(Box::new(move |state, event| match &event.what {
            Body::StepFinished { step, .. } if step == "fence/database/orders" => {
                state.servers.at(OLD_URL).alive = false
            }
            Body::Waits { step, .. } if step == "fence/database/orders" => ask.send(true).expect("the run listens"),
            _ => {}
        }));
    });
    let store = MemoryStore::new("journal");
    let stores = JournalStores::one(store.clone());
    let run = compiled(&world, Direction::Failover).await;
    let ports = world.ports_with_stop(asked);
    let mut engine = Engine::start(run, "ada@ops", None, &stores, ports).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("fence/database/orders".into()) });
    let at = |wanted: fn(&Body) -> bool| {
        engine.journal().events().iter().rfind(|event| wanted(&event.what)).expect("an event").at
    };
    let waited =
        at(|what| matches!(what, Body::Stopped { .. })).duration_since(at(|what| matches!(what, Body::Waits { .. })));
    assert!(waited.as_secs() < 2, "{waited}");
}

/// The answer to the first try is lost, and those after it find nobody.
fn dies_over_its_fence(world: &World) {
    with_servers(world);
    world.with(|state| {
        state.trouble = Some(Box::new(|asked, state| match asked.operation {
            "fence" if state.servers.0[OLD_URL].fenced => Some(Trouble::LoseRequest),
            "fence" => Some(Trouble::LoseAnswer),
            _ => None,
        }));
    });
}

#[tokio::test]
async fn a_primary_that_dies_over_its_fence_does_not_stay_fenced_whenever_the_run_is_killed() {
    let scenario = Scenario { direction: Direction::Failover, prepare: dies_over_its_fence, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 40).await;
    assert_eq!(ends.end, End::RolledBack);
    assert_eq!(ends.servers, "new standby, old primary");
    assert_eq!(database(&ends)["fence"], "released");
}

#[tokio::test]
async fn a_standby_that_crashes_over_its_promotion_is_asked_again() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| state.servers.at(NEW_URL).crashes_over_promotion = true);
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
    assert_eq!(report_of(&engine).databases[0].lost_writes, "none");
}

#[tokio::test]
async fn a_standby_that_is_gone_when_it_is_to_be_promoted_is_waited_for() {
    let world = world(Side::Primary);
    with_servers(&world);
    once_done(&world, "promote/measure/orders", |state| {
        // The first three tries find nobody.
        let mut gone = 3;
        state.trouble = Some(Box::new(move |asked, _| {
            let met = asked.operation == "promote" && gone > 0;
            gone -= usize::from(met);
            met.then_some(Trouble::LoseRequest)
        }));
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
}

#[tokio::test]
async fn a_server_that_wrote_and_crashed_has_not_written_nothing() {
    let world = world(Side::Primary);
    with_servers(&world);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    assert!(matches!(engine.drive().await.unwrap().end, End::Stopped { .. }));
    world.with(|state| {
        let new = state.servers.at(NEW_URL);
        assert_eq!(new.writes, 0, "a promoted server counts from nothing");
        new.writes += 7;
        new.crash();
    });
    let mut engine = resume(&world, &store).await.unwrap();
    engine.abort("ada@ops", "no").await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("promote/database/orders".into()) });
    assert!(conclusion.detail.contains("since its promotion is not known"), "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), STANDBY);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
}

/// It is back when the standby is turned up, which is after the promotion.
fn returns_at_the_switch(world: &World) {
    dead_primary(world);
    world.set_programs(|state, argv| {
        match argv {
            [program, flag] if program == "./set" => state.flags.insert(flag.clone()),
            [program, flag] if program == "./clear" => state.flags.remove(flag),
            _ => true,
        };
        if argv.last().is_some_and(|flag| flag == "large") {
            state.servers.at(OLD_URL).alive = true;
        }
    });
}

#[tokio::test]
async fn an_old_primary_that_comes_back_in_the_midst_is_fenced_and_nothing_is_promised_of_it() {
    let scenario = Scenario { direction: Direction::Failover, prepare: returns_at_the_switch, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 100).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new primary, old fenced");
    let database = database(&ends);
    assert_eq!((&database["fence"], &database["fenced_late"]), (&"unknown".into(), &true.into()));
    assert_eq!((&database["lost_writes"], &database["second_writer"]), (&"unknown".into(), &"unknown".into()));
    let findings = ends.report["findings"].as_array().unwrap();
    let fence = findings.iter().find(|one| one["code"] == "PL-F231").expect("a finding about the fence");
    assert!(fence["message"].as_str().unwrap().contains("was fenced after the promotion"), "{fence:#}");
}

#[tokio::test]
async fn going_back_takes_back_a_fence_that_was_set_after_the_switch() {
    let world = world(Side::Primary);
    returns_at_the_switch(&world);
    // The last program of the run fails.
    world.with(|state| state.outcomes.insert("./clear paused".into(), [CommandOutcome::Exited(1)].into()));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert!(matches!(conclusion.end, End::Stopped { .. }), "{conclusion:?}");
    let verified = engine.journal().state().steps.get("verify/database/orders").cloned().unwrap();
    assert_eq!(verified.observed["fenced_late"], true, "{verified:?}");
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
    let mut engine = resume(&world, &store).await.unwrap();
    engine.abort("ada@ops", "no").await.unwrap();
    assert_eq!(engine.drive().await.unwrap().end, End::Aborted);
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_run_does_not_end_well_while_the_new_primary_is_gone() {
    let world = world(Side::Primary);
    with_servers(&world);
    once_done(&world, "observe/first-write/orders", |state| state.servers.at(NEW_URL).alive = false);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("observe/compare/orders".into()) });
    assert!(conclusion.detail.contains("gives no answer any more"), "{}", conclusion.detail);
    world.with(|state| state.servers.at(NEW_URL).alive = true);
    let mut engine = resume(&world, &store).await.unwrap();
    assert_eq!(engine.drive().await.unwrap().end, End::Succeeded);
}
