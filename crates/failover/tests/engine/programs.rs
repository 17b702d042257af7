//! Programs of the plan that outlive who started them.

use crate::databases::with_servers;
use crate::estate::*;
use pilotlight_failover::simulation::{Asked, Server, State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::{Body, MemoryStore};
use std::time::Duration;

/// Carries a run out until its executor is killed while such a program is at work, which goes on.
async fn killed_beside(world: &World, engine: &mut Engine, program: &'static str) {
    let there = world.clone();
    world.with(|state| {
        state.trouble = Some(Box::new(move |asked: &Asked<'_>, _| {
            let is_it = asked.operation == "run" && asked.subject == program;
            if is_it {
                there.kill();
            }
            is_it.then_some(Trouble::Late)
        }));
    });
    dies(world, engine).await;
    world.with(|state| state.trouble = None);
}

fn starts(world: &World, line: &str) -> usize {
    world.with(|state| state.commands.iter().filter(|started| *started == line).count())
}

fn waits(engine: &Engine) -> Vec<String> {
    let events = engine.journal().events().iter();
    let told = events.filter_map(|event| match &event.what {
        Body::Waits { step, reason } => Some(format!("{step}: {reason}")),
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn it_has_ended_before_its_undo_begins() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    killed_beside(&world, &mut engine, "./set paused").await;
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("grace@ops", "no").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("driven").end, End::Aborted);
    let told = "freeze/command/pause: ./set paused was started by an executor before this one and is still at work";
    assert_eq!(waits(&engine), [told]);
    Clock::sleep(&world, Duration::from_secs(600)).await;
    assert!(world.with(|state| state.flags.is_empty()), "the batch is paused for good");
}

#[tokio::test]
async fn none_is_started_beside_it() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    assert_eq!(
        start(&world, &store, Direction::Failover).await.expect("started").drive().await.expect("driven").end,
        End::Succeeded
    );
    world.with(|state| {
        let resync = |state: &mut State| {
            let standby = state.servers.at(NEW_URL).clone();
            *state.servers.at(OLD_URL) = Server { role: ServerRole::Standby, own_rows: 0, ..standby };
        };
        state.hooks.insert("./resync".into(), Box::new(resync));
    });
    let mut engine = start(&world, &store, Direction::Failback).await.expect("started");
    killed_beside(&world, &mut engine, "./resync").await;
    let mut engine = resume(&world, &store).await.expect("taken on");
    let conclusion = engine.drive().await.expect("driven");
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    assert_eq!(starts(&world, "./resync"), 1, "the first one did it");
    assert_eq!(waits(&engine).len(), 1, "{:?}", waits(&engine));
}

#[tokio::test]
async fn one_that_does_not_end_is_a_persons_to_end() {
    let world = world(Side::Primary);
    world.with(|state| state.program = Some("./set paused, process 7".into()));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    assert_eq!(conclusion.end, End::Stopped { step: Some("freeze/command/pause".into()) }, "{conclusion:?}");
    assert!(conclusion.detail.ends_with("nothing is started beside it: end it, and resume the run"), "{conclusion:?}");
    assert_eq!(starts(&world, "./set paused"), 0);
    world.with(|state| state.program = None);
    let mut engine = resume(&world, &store).await.expect("taken on");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
}
