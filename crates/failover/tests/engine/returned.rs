//! Failbacks to a server that came back by itself and takes writes: nothing is discarded that was written unseen.

use crate::databases::with_servers;
use crate::estate::*;
use pilotlight_failover::simulation::{Server, State, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::{MemoryStore, StepStatus};

/// Failed over, and the old primary is back, unfenced and with rows of its own.
fn came_back() -> World {
    let world = world(Side::Standby);
    with_servers(&world);
    world.with(|state| {
        // The story begins with two that take writes.
        state.on_broken = None;
        let servers = &mut state.servers;
        servers.at(NEW_URL).role = ServerRole::Primary;
        servers.at(NEW_URL).timeline = 2;
        servers.at(OLD_URL).own_rows = 3;
        let resync = |state: &mut State| {
            assert!(state.servers.at(OLD_URL).fenced, "a server that takes writes is made a standby");
            let standby = state.servers.at(NEW_URL).clone();
            *state.servers.at(OLD_URL) = Server { role: ServerRole::Standby, own_rows: 0, ..standby };
        };
        state.hooks.insert("./resync".into(), Box::new(resync));
    });
    world
}

async fn failback(world: &World) -> (Engine, Conclusion) {
    let mut engine = start(world, &MemoryStore::new("journal"), Direction::Failback).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

#[tokio::test]
async fn rows_that_may_still_be_written_there_are_not_discarded() {
    let world = came_back();
    world.with(|state| state.servers.at(OLD_URL).hole = Some("a superuser's session goes on".into()));
    let (engine, conclusion) = failback(&world).await;
    assert_eq!(conclusion.end, End::Refused);
    assert!(conclusion.detail.contains("not proven that none is written there after: a superuser's"), "{conclusion:?}");
    let journal = engine.journal().state();
    assert_eq!(journal.status("freeze/resync/orders"), StepStatus::Pending);
    assert_eq!(world.with(|state| state.servers.at(OLD_URL).own_rows), 3);
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn it_is_fenced_also_where_no_table_is_compared() {
    let world = came_back();
    world.with(|state| state.plan = state.plan.replace("  tables  = [\"orders\"]\n", ""));
    let (engine, conclusion) = failback(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let report = report_of(&engine);
    assert_eq!(report.databases[0].kept, None);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn one_that_does_not_answer_is_the_programs_to_bring_back() {
    let world = came_back();
    world.with(|state| {
        state.plan = state.plan.replace("  tables  = [\"orders\"]\n", "");
        state.servers.at(OLD_URL).alive = false;
        let resync = |state: &mut State| {
            let standby = state.servers.at(NEW_URL).clone();
            *state.servers.at(OLD_URL) = Server { role: ServerRole::Standby, ..standby };
        };
        state.hooks.insert("./resync".into(), Box::new(resync));
    });
    let (engine, conclusion) = failback(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let keep = &engine.journal().state().steps["freeze/keep/orders"];
    assert!(keep.detail.starts_with("it is not proven that it takes no writes"), "{}", keep.detail);
}
