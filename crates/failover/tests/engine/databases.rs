//! Runs that carry a database over: kills at every append, dead primaries, fences that fail, and the way back.

use crate::estate::*;
use crate::kills::{Ends, OnStop, Scenario, survives_every_kill_of, values_of};
use pilotlight_failover::simulation::Servers;
use pilotlight_failover::simulation::{State, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::CommandOutcome;
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::MemoryStore;
use std::sync::LazyLock;

/// The estate's plan, with a database.
static WITH_DATABASE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{PLAN}\n{}",
        r#"database "postgres" "orders" {
  primary = env("ORDERS_PRIMARY_URL")
  standby = env("ORDERS_STANDBY_URL")
  tables  = ["orders"]
  resync  = ["./resync"]
}
"#
    )
});

pub(crate) fn with_servers(world: &World) {
    world.with(|state| {
        state.plan.clone_from(&WITH_DATABASE);
        state.servers.add_pair(OLD_URL, NEW_URL, "7000");
    });
}

pub(crate) fn dead_primary(world: &World) {
    with_servers(world);
    world.with(|state| {
        state.mode = Mode::Ungraceful;
        state.servers.at(OLD_URL).alive = false;
    });
}

/// Starts and drives a failover, and gives what came of it.
pub(crate) async fn failover(world: &World) -> (Engine, Conclusion) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, Direction::Failover).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

fn database(ends: &Ends) -> &serde_json::Value {
    &ends.report["databases"][0]
}

#[tokio::test]
async fn a_graceful_failover_loses_nothing_whenever_it_is_killed() {
    let scenario = Scenario { direction: Direction::Failover, prepare: with_servers, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 120).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new primary, old fenced");
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
    let database = database(&ends);
    assert_eq!(database["fence"], "proven");
    assert_eq!((&database["lost_writes"], &database["missing_bytes"]), (&"none".into(), &0.into()));
    assert_eq!(database["second_writer"], "none");
    assert_eq!(database["tables"][0]["verdict"], "equal");
    assert_eq!(ends.report["recovery_point"]["lost_writes"], "none");
    assert!(!ends.report.to_string().contains("s3cret"));
}

#[tokio::test]
async fn an_ungraceful_failover_goes_on_without_a_dead_primary_and_does_not_promise() {
    let scenario = Scenario { direction: Direction::Failover, prepare: dead_primary, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 110).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new primary, old dead");
    let database = database(&ends);
    assert_eq!((&database["fence"], &database["lost_writes"]), (&"unknown".into(), &"unknown".into()));
    assert_eq!(database["last_commit_at"], "2027-01-15T08:00:00.000Z");
    assert_eq!(database.get("missing_bytes"), None);
    // What is known of it: nothing that was lost before the promotion is older than the last commit that came over.
    assert_eq!(database["last_commit_age_ms"], 5_000);
    assert_eq!(ends.report["recovery_time"]["at_most"], true, "the old server may have lived on after that commit");
    assert_eq!(ends.report["recovery_point"]["lost_writes"], "unknown");
    let codes: Vec<&str> =
        ends.report["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"PL-F231") && codes.contains(&"PL-F232"), "{codes:?}");
}

#[tokio::test]
async fn an_ungraceful_failover_from_a_primary_that_answers_says_what_it_left() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        state.mode = Mode::Ungraceful;
        state.servers.at(NEW_URL).paused = true;
    });
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    let report = report_of(&engine);
    let database = &report.databases[0];
    assert_eq!((database.fence.as_str(), database.lost_writes.as_str()), ("proven", "some"));
    assert_eq!((database.missing_bytes, database.missing_ms), (Some(310), Some(5000)));
    assert_eq!(report.recovery_point.unwrap().measured_ms, Some(5000));
}

#[tokio::test]
async fn a_standby_that_does_not_catch_up_is_not_promoted_and_the_old_primary_writes_again() {
    fn paused_after_the_look(world: &World) {
        with_servers(world);
        world.with(|state| {
            // The first program runs between the look and the fence.
            state.hooks.insert("./set".into(), Box::new(|state| state.servers.at(NEW_URL).paused = true));
        });
    }
    let scenario = Scenario { direction: Direction::Failover, prepare: paused_after_the_look, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 40).await;
    assert_eq!(ends.end, End::RolledBack);
    assert_eq!(ends.servers, "new standby, old primary");
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
    assert_eq!(database(&ends)["fence"], "released");
    assert_eq!((&database(&ends)["promoted"], &database(&ends)["lost_writes"]), (&false.into(), &"none".into()));
    assert_eq!(database(&ends)["second_writer"], "none");
}

#[tokio::test]
async fn an_abort_after_the_promotion_changes_back_who_writes_whenever_it_is_killed() {
    fn breaks(world: &World) {
        with_servers(world);
        standby_breaks(world);
    }
    let scenario = Scenario { direction: Direction::Failover, prepare: breaks, on_stop: OnStop::Abort };
    let ends = survives_every_kill_of(scenario, 120).await;
    assert_eq!(ends.end, End::Aborted);
    assert_eq!(ends.servers, "new fenced, old primary");
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
}

/// A run that stopped after the switch, and is aborted when the new primary has taken writes.
async fn aborted_past_writes(world: &World, store: &MemoryStore) -> Engine {
    standby_breaks(world);
    let mut engine = start(world, store, Direction::Failover).await.expect("started");
    assert!(matches!(engine.drive().await.expect("driven").end, End::Stopped { .. }));
    world.with(|state| state.servers.at(NEW_URL).writes += 7);
    let mut engine = resume(world, store).await.expect("taken on");
    engine.abort("ada@ops", "no").await.expect("aborted");
    engine
}

#[tokio::test]
async fn nothing_goes_back_past_writes_of_the_new_primary_but_by_a_persons_word() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut engine = aborted_past_writes(&world, &store).await;
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("promote/database/orders".into()) });
    assert!(conclusion.detail.contains("7 rows were written there since its promotion"), "{}", conclusion.detail);
    assert_eq!(world.values("app.shop.test"), STANDBY);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");

    let mut engine = resume(&world, &store).await.unwrap();
    engine.skip("promote/database/orders", "ada@ops", "we type them in again").await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    assert_eq!(world.with(|state| state.servers.to_string()), "new fenced, old primary");
    assert!(matches!(conclusion.end, End::Aborted), "{conclusion:?}");
    let report = report_of(&engine);
    let told = &report.databases[0];
    assert!(told.promoted, "{told:?}");
    assert_eq!((told.lost_writes.as_str(), told.left_behind_rows, told.missing_bytes), ("some", Some(7), None));
    assert_eq!(told.second_writer, "none");
    let lost: Vec<_> = report.findings.iter().filter(|one| one.code == codes::F_WRITES_LOST).collect();
    let [lost] = lost[..] else { panic!("{:#?}", report.findings) };
    assert!(lost.message.starts_with("7 rows that were written at database orders of the standby"), "{}", lost.message);
}

/// As the report says that it has to be made.
#[tokio::test]
async fn a_new_server_that_somebody_has_made_a_standby_stands_in_nobodys_way() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut engine = aborted_past_writes(&world, &store).await;
    assert!(matches!(engine.drive().await.unwrap().end, End::Stopped { .. }));
    world.with(|state| {
        let new = state.servers.at(NEW_URL);
        (new.role, new.timeline, new.fenced) = (ServerRole::Standby, 1, true);
    });
    let mut engine = resume(&world, &store).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Aborted, "{conclusion:?}");
    assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
    let report = report_of(&engine);
    assert_eq!((report.databases[0].lost_writes.as_str(), report.databases[0].left_behind_rows), ("unknown", None));
    assert!(report.findings.iter().all(|one| one.code != codes::F_UNPROTECTED), "{:#?}", report.findings);
}

#[tokio::test]
async fn a_graceful_run_is_refused_before_anything_is_changed_where_the_pair_is_none() {
    type Change = fn(&mut Servers);
    let cases: [(Change, &str); 7] = [
        (|servers| servers.at(OLD_URL).alive = false, "--mode ungraceful"),
        (|servers| servers.at(NEW_URL).alive = false, "no answer"),
        (|servers| servers.at(NEW_URL).system = "8000".into(), "different clusters: system identifiers 7000 and 8000"),
        (|servers| servers.at(OLD_URL).role = ServerRole::Standby, "both are in recovery"),
        (|servers| servers.at(NEW_URL).paused = true, "the replay of the standby is paused"),
        (|servers| servers.at(OLD_URL).may_act = false, "may not fence"),
        (|servers| servers.at(NEW_URL).may_act = false, "EXECUTE on pg_promote"),
    ];
    for (change, reason) in cases {
        let world = world(Side::Primary);
        with_servers(&world);
        let before = world.with(|state| {
            change(&mut state.servers);
            state.servers.to_string()
        });
        let (_, conclusion) = failover(&world).await;
        assert_eq!(conclusion.end, End::Refused, "{reason}: {conclusion:?}");
        assert!(conclusion.detail.contains(reason), "{}", conclusion.detail);
        assert_eq!(world.with(|state| state.servers.to_string()), before);
        assert_eq!(world.with(|state| state.commands.len()), 0);
        assert_eq!(world.values("app.shop.test"), PRIMARY);
    }
}

#[tokio::test]
async fn of_two_primaries_the_refusal_says_which_one_takes_writes_and_gives_none_of_them_up() {
    let cases = [
        (
            true,
            "the standby's server was promoted, is fenced and follows nobody; the primary's is the one that takes writes",
        ),
        (false, "both are primaries and take writes"),
    ];
    for (fenced, reason) in cases {
        let world = world(Side::Primary);
        with_servers(&world);
        world.with(|state| {
            // Two writers are where this begins: no run made them.
            state.on_broken = None;
            let new = state.servers.at(NEW_URL);
            (new.role, new.timeline, new.fenced) = (ServerRole::Primary, 2, fenced);
        });
        let (_, conclusion) = failover(&world).await;
        assert_eq!(conclusion.end, End::Refused, "{conclusion:?}");
        assert!(conclusion.detail.contains(reason), "{}", conclusion.detail);
        assert!(conclusion.detail.contains("by the program of resync_standby"), "{}", conclusion.detail);
        assert!(!conclusion.detail.contains("ungraceful"), "{}", conclusion.detail);
    }
}

#[tokio::test]
async fn what_was_promoted_before_the_run_went_back_is_told_with_what_makes_it_a_standby_again() {
    let world = world(Side::Primary);
    with_servers(&world);
    let store = MemoryStore::new("journal");
    let mut engine = aborted_past_writes(&world, &store).await;
    // Also where a person left its writes behind.
    assert!(matches!(engine.drive().await.unwrap().end, End::Stopped { .. }));
    let mut engine = resume(&world, &store).await.unwrap();
    engine.skip("promote/database/orders", "ada@ops", "they are test rows").await.unwrap();
    assert_eq!(engine.drive().await.unwrap().end, End::Aborted);
    let report = report_of(&engine);
    let told: Vec<_> = report.findings.iter().filter(|one| one.code == codes::F_UNPROTECTED).collect();
    let [told] = told[..] else { panic!("{:#?}", report.findings) };
    assert!(told.message.contains("it follows nobody, and nothing follows the primary's"), "{}", told.message);
    let remedy = told.remedy.as_deref().unwrap();
    assert!(remedy.contains("by the program of resync_standby"), "{remedy}");
    // What is told of it is so.
    let (_, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Refused, "{conclusion:?}");
}

#[tokio::test]
async fn a_fence_that_fails_stops_a_graceful_run_and_is_told_by_an_ungraceful_one() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| state.servers.at(OLD_URL).hole = Some("role app overrides the fence".into()));
    let (_, conclusion) = failover(&world).await;
    // Part of it may stand, so it was taken back.
    assert_eq!(conclusion.end, End::RolledBack);
    assert!(conclusion.detail.contains("role app overrides the fence"), "{}", conclusion.detail);
    assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");

    world.with(|state| state.mode = Mode::Ungraceful);
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    let database = report_of(&engine).databases.remove(0);
    assert_eq!((database.fence.as_str(), database.second_writer.as_str()), ("failed", "unknown"));
    assert_eq!(database.fence_reasons, ["role app overrides the fence"]);
}

#[tokio::test]
async fn a_promotion_whose_answer_is_lost_is_looked_for_and_found_done() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| state.servers.at(NEW_URL).lose_answer = true);
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
    let promoted = &engine.journal().state().steps["promote/database/orders"];
    assert_eq!((promoted.status, promoted.attempts), (pilotlight_journal::StepStatus::Done, 1));
}

#[tokio::test]
async fn a_second_writer_is_found_after_the_switch() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        // The program of the scale phase runs after the fence.
        let size = |state: &mut State| {
            let writes_there = |state: &mut State| state.servers.at(OLD_URL).writes += 2;
            state.hooks.insert("./set".into(), Box::new(writes_there));
        };
        state.hooks.insert("./set".into(), Box::new(size));
    });
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Stopped { step: Some("verify/database/orders".into()) }, "{conclusion:?}");
    assert!(
        conclusion.detail.contains("2 rows were written at the other since it was fenced"),
        "{}",
        conclusion.detail
    );
    assert_eq!(report_of(&engine).databases[0].second_writer, "writes");
}

#[tokio::test]
async fn a_failback_keeps_the_lost_rows_and_resynchronises_before_it_moves_anything() {
    fn failed_over(world: &World) {
        with_servers(world);
        world.with(|state| {
            let servers = &mut state.servers;
            servers.at(NEW_URL).role = ServerRole::Primary;
            servers.at(NEW_URL).timeline = 2;
            servers.at(OLD_URL).fenced = true;
            servers.at(OLD_URL).own_rows = 3;
            let resync = |state: &mut State| {
                let standby = state.servers.at(NEW_URL).clone();
                let old = state.servers.at(OLD_URL);
                *old = pilotlight_failover::simulation::Server { role: ServerRole::Standby, own_rows: 0, ..standby };
            };
            state.hooks.insert("./resync".into(), Box::new(resync));
        });
    }
    let scenario = Scenario { direction: Direction::Failback, prepare: failed_over, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 130).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new fenced, old primary");
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
    let kept = &database(&ends)["kept"];
    assert_eq!((&kept["rows"], &kept["file"]), (&3.into(), &"orders.jsonl".into()));
    assert_eq!((&kept["tables"][0]["table"], &kept["tables"][0]["only_old"]), (&"orders".into(), &3.into()));
    assert_eq!(database(&ends)["lost_writes"], "none");
}

#[test]
fn a_failovers_report_refers_to_what_its_failback_found() {
    let text = |name: &str| {
        let path = format!("{}/tests/engine/reports/{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a report")
    };
    let read = |name: &str| serde_json::from_str::<RunReport>(&text(name)).expect("of an earlier version");
    let (mut failover, failback) = (read("failover"), read("failback"));
    assert!(asks_later(&failover));
    with_later(&mut failover, std::slice::from_ref(&failback));
    let found = failover.databases[0].found_later.clone().expect("it is referred to");
    assert_eq!((found.run.as_str(), found.rows, found.file.as_str()), ("01b", 33, "orders.jsonl"));
    // The failback of another failover is about that one.
    let mut again = RunReport { run: "01c".into(), ..read("failover") };
    again.outcome = "succeeded".into();
    with_later(&mut failover, &[again, failback]);
    assert_eq!(failover.databases[0].found_later, None);
}

#[tokio::test]
async fn a_resync_that_fails_moves_nothing() {
    let world = world(Side::Standby);
    with_servers(&world);
    world.with(|state| {
        state.servers.at(NEW_URL).role = ServerRole::Primary;
        state.servers.at(OLD_URL).fenced = true;
        state.outcomes.insert("./resync".into(), [CommandOutcome::Exited(1)].into());
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failback).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::RolledBack);
    assert_eq!(world.with(|state| state.servers.to_string()), "new primary, old fenced");
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn the_run_names_its_servers_by_variable_and_says_what_it_needs() {
    let world = world(Side::Primary);
    with_servers(&world);
    let run = compiled(&world, Direction::Failover).await;
    let json = serde_json::to_string(&run).unwrap();
    assert!(!json.contains("s3cret") && json.contains(r#"{"parts":[{"env":"ORDERS_PRIMARY_URL"}]}"#), "{json}");
    assert_eq!(run.variables(), ["ORDERS_PRIMARY_URL", "ORDERS_STANDBY_URL", "TOKEN"]);
    let steps: Vec<&str> = run.steps().map(|step| step.id.as_str()).filter(|id| id.ends_with("/orders")).collect();
    assert_eq!(
        steps,
        [
            "preflight/database/orders",
            "fence/database/orders",
            "fence/catch-up/orders",
            "promote/measure/orders",
            "promote/database/orders",
            "promote/release/orders",
            "verify/database/orders",
            "observe/first-write/orders",
            "observe/compare/orders",
        ]
    );
    assert!(dry_run_facts(&run).iter().any(|fact| fact.contains("eu-west-1 is needed for postgres:")));
    world.with(|state| state.mode = Mode::Ungraceful);
    let run = compiled(&world, Direction::Failover).await;
    assert!(run.steps().all(|step| step.id != "fence/catch-up/orders"));
    assert!(dry_run_facts(&run).contains(&"nothing needs eu-west-1".to_owned()), "{:?}", dry_run_facts(&run));
}

#[tokio::test]
async fn without_a_fence_nobody_says_that_nothing_is_lost() {
    let world = world(Side::Primary);
    with_servers(&world);
    // A person wants two that take writes, and the old one takes some.
    world.with(|state| {
        state.on_broken = None;
        state.servers.at(OLD_URL).own_rows = 3;
    });
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    engine.skip("fence/database/orders", "grace@ops", "hurry").await.expect("left out");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let detail = |step: &str| engine.journal().state().steps[step].detail.clone();
    assert!(detail("fence/catch-up/orders").contains("no fence keeps that one from writing on"));
    assert!(!detail("promote/measure/orders").contains("nothing is missing"));
    let compared = detail("observe/compare/orders");
    assert!(compared.contains("the side that was left alone has rows of orders"), "{compared}");
    let report = report_of(&engine);
    assert_eq!((report.databases[0].lost_writes.as_str(), report.databases[0].missing_bytes), ("unknown", None));
    assert_eq!(report.recovery_point.and_then(|point| point.measured_ms), None);
}

#[tokio::test]
async fn without_a_word_of_a_writer_there_is_no_recovery_time() {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| state.idle = true);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("started");
    for step in ["promote/database/orders", "promote/release/orders", "verify/database/orders"] {
        engine.skip(step, "grace@ops", "as it was named").await.expect("left out");
    }
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let report = report_of(&engine);
    assert_eq!(report.recovery_time.measured_ms, None);
    let told: Vec<_> = report.findings.iter().filter(|one| one.code == codes::F_NO_WRITER).collect();
    let [told] = told[..] else { panic!("{:#?}", report.findings) };
    assert_eq!(
        told.message,
        "promote/database/orders was left out, and nobody was seen to write to database orders of the standby"
    );
}
