//! A run that turned around by itself, as a step failed, and that a person has go forward again.

use crate::database_deaths::once_done;
use crate::databases::with_servers;
use crate::estate::*;
use crate::kills::{Moment, OnStop, Scenario, arm, survives_every_kill_of, values_of};
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::CommandOutcome;
use pilotlight_journal::MemoryStore;

/// A program fails however often it is started, and so does its undo.
fn size_fails(world: &World) {
    let failures = |code| std::iter::repeat_n(CommandOutcome::Exited(code), 99).collect();
    world.with(|state| {
        state.outcomes.insert("./set large".into(), failures(3));
        state.outcomes.insert("./clear large".into(), failures(4));
    });
}

/// The standby misses what the fence wrote, and the primary dies: the way back stops at a fence that nobody can lift.
fn primary_dies(world: &World) {
    with_servers(world);
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.servers.at(NEW_URL).paused = true));
    });
    once_done(world, "fence/database/orders", |state| state.servers.at(OLD_URL).alive = false);
}

fn all_is_well(world: &World) {
    world.with(|state| {
        state.outcomes.clear();
        state.hooks.clear();
        for server in state.servers.0.values_mut() {
            (server.alive, server.paused) = (true, false);
        }
    });
}

#[tokio::test]
async fn a_run_that_stopped_on_its_way_back_goes_forward_again_whenever_it_is_killed() {
    let on_stop = OnStop::Withdraw(|_| (), all_is_well);
    let scenario = Scenario { direction: Direction::Failover, prepare: size_fails, on_stop };
    let ends = survives_every_kill_of(scenario, 70).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
    assert!(ends.flags.contains("large") && !ends.flags.contains("paused"), "{:?}", ends.flags);
    let told = ends.report["interventions"].as_array().expect("a list");
    let told: Vec<String> = told.iter().map(|one| format!("{} {}", one["what"], one["by"]).replace('"', "")).collect();
    assert_eq!(told, ["rollback ", "stopped ", "withdrawn grace@ops", "approved ada@ops"], "{:#?}", ends.report);
}

#[tokio::test]
async fn a_primary_that_is_back_lets_a_run_go_forward_that_could_not_lift_its_fence() {
    let on_stop = OnStop::Withdraw(|_| (), all_is_well);
    let scenario = Scenario { direction: Direction::Failover, prepare: primary_dies, on_stop };
    let ends = survives_every_kill_of(scenario, 70).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new primary, old fenced");
    let database = &ends.report["databases"][0];
    assert_eq!((&database["lost_writes"], &database["fence"]), (&"none".into(), &"proven".into()));
}

/// Kills the executor at this append, and has the run go forward if it was on its way back by then. None where there was
/// nothing to kill.
async fn forward_after_a_kill(world: &World, at: usize, moment: Moment) -> Option<Option<End>> {
    let store = MemoryStore::new("journal");
    arm(world, &store, at, moment);
    let there = async { start(world, &store, Direction::Failover).await?.drive().await };
    let killed = tokio::select! {
        ended = there => ended.is_err(),
        () = world.died() => true,
    };
    store.clear_fault();
    world.revive();
    if !killed {
        return None;
    }
    // Killed with the first event, or with the last.
    let Ok(mut engine) = resume(world, &store).await else { return Some(None) };
    if engine.journal().state().rollback.is_none() {
        return Some(None);
    }
    all_is_well(world);
    engine.withdraw_abort("grace@ops", "all is well").await.expect("nothing is lost by it");
    Some(Some(engine.drive().await.expect("an end").end))
}

#[tokio::test]
async fn a_rollback_is_taken_back_wherever_its_executor_died() {
    for (prepare, least) in [(size_fails as fn(&World), 10), (primary_dies, 10)] {
        let mut forward = 0;
        for moment in [Moment::Before, Moment::After] {
            // Before its first event there is no run.
            for at in 2.. {
                let world = world(Side::Primary);
                prepare(&world);
                let Some(end) = forward_after_a_kill(&world, at, moment).await else { break };
                let Some(end) = end else { continue };
                forward += 1;
                assert_eq!(end, End::Succeeded, "killed {moment:?} append {at}");
                assert_eq!(world.values("app.shop.test"), STANDBY);
                let servers = world.with(|state| state.servers.to_string());
                assert!(["", "new primary, old fenced"].contains(&servers.as_str()), "{servers}");
            }
        }
        assert!(forward >= least, "only {forward} were taken back");
    }
}

#[tokio::test]
async fn whoever_said_no_is_asked_again() {
    let world = world(Side::Primary);
    let denied = || ApprovalAnswer::Denied { by: "ada@ops".into(), reason: "not tonight".into() };
    size_fails(&world);
    world.with(|state| {
        state.outcomes.remove("./set large");
        state.answers.extend([denied(), denied()]);
    });
    let store = MemoryStore::new("journal");
    let conclusion = start(&world, &store, Direction::Failover).await.expect("a start").drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some("scale/command/size".into()) }, "{}", conclusion.detail);
    all_is_well(&world);
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.withdraw_abort("grace@ops", "ask her again").await.expect("withdrawn");
    // A no is a person's word: it turns the run around once more.
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::RolledBack, "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}
