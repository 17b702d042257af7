//! Failbacks to a server that came back by itself and takes writes: nothing is discarded that was written unseen.

use crate::databases::with_servers;
use crate::estate::*;
use pilotlight_failover::simulation::{Server, State, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::{Body, MemoryStore, StepStatus};
use std::time::Duration;

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

const FOLLOWS: &str = "finish/resync/orders";

/// A failback at whose end the standby's server is made to follow again; its executor dies over this.
async fn died_at_the_end(dies_at: &'static str) -> (World, MemoryStore) {
    let world = world(Side::Standby);
    with_servers(&world);
    world.with(|state| {
        let with = state
            .plan
            .replace("  resync  = [\"./resync\"]", "  resync  = [\"./resync\"]\n  resync_standby = [\"./follow\"]");
        state.plan = with;
        let servers = &mut state.servers;
        (servers.at(NEW_URL).role, servers.at(NEW_URL).timeline) = (ServerRole::Primary, 2);
        servers.at(OLD_URL).fenced = true;
        state.hooks.insert("./resync".into(), Box::new(|state| state.servers.resync(OLD_URL, NEW_URL)));
        state.hooks.insert("./follow".into(), Box::new(|state| state.servers.resync(NEW_URL, OLD_URL)));
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failback).await.expect("started");
    let there = world.clone();
    world.with(|state| {
        state.on_event = Some(Box::new(move |_, event| {
            let at = match &event.what {
                Body::StepIntended { step, .. } => format!("begins {step}"),
                Body::StepFinished { step, .. } => format!("ends {step}"),
                _ => return,
            };
            if at == dies_at {
                there.kill();
            }
        }));
    });
    dies(&world, &mut engine).await;
    world.with(|state| state.on_event = None);
    (world, store)
}

/// Customers are not led to a server that follows, or is about to be made to.
#[tokio::test]
async fn nobody_goes_back_past_the_standby_that_was_made_at_the_end() {
    for dies_at in ["begins finish/resync/orders", "ends finish/resync/orders"] {
        let (world, store) = died_at_the_end(dies_at).await;
        let mut engine = resume(&world, &store).await.expect("taken on");
        engine.abort("grace@ops", "no").await.expect("aborted");
        let conclusion = engine.drive().await.expect("driven");
        assert_eq!(conclusion.end, End::Stopped { step: Some(FOLLOWS.into()) }, "{dies_at}: {conclusion:?}");
        assert!(conclusion.detail.contains("run abort --withdraw goes forward"), "{conclusion:?}");
        assert_eq!(world.values("app.shop.test"), PRIMARY, "{dies_at}");
        let mut engine = resume(&world, &store).await.expect("taken on");
        engine.skip("promote/database/orders", "grace@ops", "leave them").await.expect("a word");
        let conclusion = engine.drive().await.expect("driven");
        assert_eq!(
            conclusion.end,
            End::Stopped { step: Some(FOLLOWS.into()) },
            "that word is about rows: {conclusion:?}"
        );
        let mut engine = resume(&world, &store).await.expect("taken on");
        if dies_at.starts_with("ends") {
            let refused = engine.skip(FOLLOWS, "grace@ops", "x").await.expect_err("it follows");
            assert!(matches!(refused, EngineError::NotNow { .. }), "{refused}");
        }
        engine.withdraw_abort("grace@ops", "forward").await.expect("withdrawn");
        assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
        assert_eq!(world.values("app.shop.test"), PRIMARY);
        assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
    }
}

/// Whether a program has ended that nobody waits for, a person says.
#[tokio::test]
async fn who_says_that_the_program_has_ended_may_go_back_past_it() {
    let (world, store) = died_at_the_end("begins finish/resync/orders").await;
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("grace@ops", "no").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("driven").end, End::Stopped { step: Some(FOLLOWS.into()) });
    for step in ["promote/database/orders", FOLLOWS] {
        let mut engine = resume(&world, &store).await.expect("taken on");
        engine.skip(step, "grace@ops", "it has ended").await.expect("a word");
        engine.drive().await.expect("driven");
    }
    assert_eq!(world.values("app.shop.test"), STANDBY);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
}

/// Home, as a failback that succeeded leaves it: whoever asks for one more has customers at the primary.
fn at_home(change: impl FnOnce(&mut State)) -> World {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        state.on_broken = None;
        let never = |_: &mut State| panic!("the server that serves is made a standby");
        state.hooks.insert("./resync".into(), Box::new(never));
        change(state);
    });
    world
}

#[tokio::test]
async fn a_second_failback_leaves_the_server_that_serves_as_it_is() {
    let world = at_home(|state| state.servers.at(NEW_URL).log = 1000);
    let before = world.with(|state| state.servers.to_string());
    let (engine, conclusion) = failback(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let steps = &engine.journal().state().steps;
    for step in ["freeze/keep/orders", "freeze/resync/orders", "fence/database/orders", "promote/database/orders"] {
        assert_eq!(steps[step].status, StepStatus::AlreadyDone, "{step}: {}", steps[step].detail);
    }
    assert_eq!(world.with(|state| state.servers.to_string()), before);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_failback_that_has_nothing_to_bring_back_touches_neither_server() {
    type Change = fn(&mut State);
    let cases: [(Change, &str); 3] = [
        // As a failover leaves it that was aborted past its promotion.
        (|state| promote(state, true), "the primary's server takes writes, and the standby's is fenced"),
        (|state| promote(state, false), "customers are led to the primary already"),
        (|state| state.servers.at(NEW_URL).alive = false, "no answer"),
    ];
    for (change, reason) in cases {
        let world = at_home(change);
        let before = world.with(|state| state.servers.to_string());
        let (engine, conclusion) = failback(&world).await;
        let kept = &engine.journal().state().steps["freeze/keep/orders"];
        assert!(kept.detail.contains(reason), "{reason}: {}, {conclusion:?}", kept.detail);
        assert_ne!(conclusion.end, End::Succeeded);
        assert_eq!(world.with(|state| state.servers.to_string()), before, "{reason}");
        assert_eq!(world.values("app.shop.test"), PRIMARY);
    }
}

fn promote(state: &mut State, fenced: bool) {
    let standby = state.servers.at(NEW_URL);
    (standby.role, standby.timeline, standby.fenced) = (ServerRole::Primary, 2, fenced);
}

/// Failed over, with the primary's server fenced, and then the standby's died.
fn died_over_there(role: ServerRole) -> World {
    let world = world(Side::Standby);
    with_servers(&world);
    world.with(|state| {
        state.mode = Mode::Ungraceful;
        state.on_broken = None;
        let standby = state.servers.at(NEW_URL);
        (standby.role, standby.timeline, standby.alive) = (ServerRole::Primary, 2, false);
        let primary = state.servers.at(OLD_URL);
        (primary.role, primary.fenced) = (role, role == ServerRole::Primary);
        state.hooks.insert("./resync".into(), Box::new(|state| state.servers.resync(OLD_URL, NEW_URL)));
    });
    world
}

/// There is nobody to follow: it serves with what it has, and that is told.
#[tokio::test]
async fn an_ungraceful_failback_does_without_a_dead_standby() {
    for (role, promoted) in [(ServerRole::Primary, StepStatus::AlreadyDone), (ServerRole::Standby, StepStatus::Done)] {
        let world = died_over_there(role);
        let (engine, conclusion) = failback(&world).await;
        assert_eq!(conclusion.end, End::Succeeded, "{role:?}: {conclusion:?}");
        let steps = &engine.journal().state().steps;
        for step in ["freeze/keep/orders", "freeze/resync/orders"] {
            assert_eq!(steps[step].status, StepStatus::AlreadyDone, "{step}");
            assert!(steps[step].detail.contains("the standby's gives no answer"), "{}", steps[step].detail);
        }
        assert_eq!(steps["promote/database/orders"].status, promoted);
        assert_eq!(world.with(|state| state.servers.to_string()), "new dead, old primary", "{role:?}");
        assert_eq!(world.values("app.shop.test"), PRIMARY);
        let report = report_of(&engine);
        assert_eq!(report.databases[0].lost_writes, "unknown");
        let lost = report.findings.iter().find(|one| one.code == codes::F_WRITES_LOST).expect("a finding");
        assert!(lost.remedy.as_deref().is_some_and(|remedy| remedy.contains("no run keeps it")), "{lost:?}");
    }
}

/// Restarted within the time that a crashed server needs, it is one that serves.
#[tokio::test]
async fn a_standby_that_comes_back_in_time_is_gone_back_from_with_all_that_it_has() {
    let world = died_over_there(ServerRole::Primary);
    world.with(|state| {
        let later = state.elapsed + Duration::from_secs(12);
        state.under_way.push((later, Box::new(|state| state.servers.at(NEW_URL).alive = true)));
    });
    let (engine, conclusion) = failback(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let steps = &engine.journal().state().steps;
    assert_eq!(steps["freeze/resync/orders"].status, StepStatus::Done, "{}", steps["freeze/resync/orders"].detail);
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
}

/// Without the word that the standby is lost nothing is left behind.
#[tokio::test]
async fn a_graceful_failback_from_a_dead_standby_changes_nothing() {
    let world = died_over_there(ServerRole::Primary);
    world.with(|state| state.mode = Mode::Graceful);
    let before = world.with(|state| state.servers.to_string());
    let (_, conclusion) = failback(&world).await;
    assert_ne!(conclusion.end, End::Succeeded);
    assert_eq!(world.with(|state| state.servers.to_string()), before);
    assert_eq!(world.values("app.shop.test"), STANDBY);
}
