//! Databases that AWS promotes: RDS replicas and Aurora global databases, killed at every append in both directions.

use crate::estate::*;
use crate::kills::{Ends, OnStop, Scenario, survives_every_kill_of, values_of};
use pilotlight_failover::simulation::{Instance, Trouble, World, instance_arn};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_journal::MemoryStore;
use std::time::Duration;

/// What a recovery time ends with where a name server or a check had to be waited for.
const EVERYTHING: &str = "every name server answered with the new values and every check was green";

pub(crate) const WEST: &str = "eu-west-1";
pub(crate) const CENTRAL: &str = "eu-central-1";

/// An engine that is no PostgreSQL: nothing but its API.
pub(crate) const ALONE: &str = r#"
database "rds" "orders" {
  primary          = "orders"
  standby          = "orders-replica"
  failback_replica = "orders-2"
}
"#;

pub(crate) const WITH_URLS: &str = r#"
database "rds" "orders" {
  primary          = "orders"
  standby          = "orders-replica"
  failback_replica = "orders-2"
  primary_url      = env("ORDERS_PRIMARY_URL")
  standby_url      = env("ORDERS_STANDBY_URL")
  tables           = ["orders"]
}
"#;

pub(crate) const AURORA: &str = r#"
database "aurora_global" "orders" {
  global_cluster = "orders"
}
"#;

pub(crate) fn with(world: &World, blocks: &str, mode: Mode) {
    world.with(|state| {
        // What AWS does takes longer than the estate's objective, and how much longer is no part of the story.
        state.plan = format!("{PLAN}{blocks}").replace("rto = \"15m\"", "rto = \"4h\"");
        state.mode = mode;
        state.managed.add(WEST, "orders", Instance::alone());
        state.managed.add(CENTRAL, "orders-replica", Instance::of(&instance_arn(WEST, "orders")));
        state.managed.add_global("orders", [WEST, CENTRAL]);
    });
}

pub(crate) fn rds_alone(world: &World) {
    with(world, ALONE, Mode::Ungraceful);
}

pub(crate) fn rds_with_urls(world: &World) {
    with(world, WITH_URLS, Mode::Graceful);
    world.with(|state| {
        state.servers.add_pair(OLD_URL, NEW_URL, "7000");
        // The instances are those servers; RDS keeps the right to promote to itself.
        state.managed.at(WEST, "orders").url = Some(OLD_URL.into());
        state.managed.at(CENTRAL, "orders-replica").url = Some(NEW_URL.into());
    });
}

pub(crate) fn aurora(world: &World) {
    with(world, AURORA, Mode::Graceful);
}

pub(crate) fn aurora_of_a_dead_region(world: &World) {
    with(world, AURORA, Mode::Ungraceful);
    world.with(|state| state.managed.dead.insert(WEST.into()));
}

/// As a failover leaves it.
fn rds_failed_over(world: &World) {
    rds_alone(world);
    world.with(|state| state.managed.at(CENTRAL, "orders-replica").source = None);
}

fn aurora_failed_over(world: &World) {
    aurora(world);
    world.with(|state| state.managed.globals.get_mut("orders").expect("it").writer = CENTRAL.into());
}

pub(crate) fn accepted(world: &World) -> Vec<String> {
    world.with(|state| state.managed.accepted.clone())
}

fn told(world: &World) -> String {
    world.with(|state| state.managed.to_string())
}

async fn run_it(world: &World, direction: Direction) -> (Engine, Conclusion) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, direction).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    (engine, conclusion)
}

fn database(ends: &Ends) -> &serde_json::Value {
    &ends.report["databases"][0]
}

async fn try_compile(world: &World, direction: Direction) -> Result<Run, Box<dyn std::error::Error>> {
    let (plan, mode) = world.with(|state| (plan_of(&state.plan), state.mode));
    let mut observed = observe(&plan, world, world).await?;
    observed.managed = observe_managed(&plan, direction, true, &States, world).await?;
    Ok(compile_in_mode(&plan, direction, mode, &observed, &States)?)
}

#[tokio::test]
async fn a_replica_is_promoted_whenever_the_run_is_killed_and_nothing_is_promised() {
    let scenario = Scenario { direction: Direction::Failover, prepare: rds_alone, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 90).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(
        ends.managed, "orders-replica available, orders available, orders writes in eu-west-1",
        "it is promoted, and the old one is left as it is"
    );
    assert_eq!(values_of(&ends, "app.shop.test"), STANDBY);
    let database = database(&ends);
    assert_eq!((&database["fence"], &database["lost_writes"]), (&"unknown".into(), &"unknown".into()));
    // 2 s behind in a minute that began 60 s ago.
    assert_eq!(database["missing_ms"], 62_000);
    assert_eq!(database["second_writer"], "unknown");
    let codes: Vec<&str> =
        ends.report["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"PL-F231") && codes.contains(&"PL-F232") && codes.contains(&"PL-F239"), "{codes:?}");
    // No failback makes that instance a standby, or keeps what it has.
    assert!(remedy(&ends, "PL-F232").ends_with("a failback neither reads nor changes it"), "{:#}", ends.report);
    assert!(remedy(&ends, "PL-F231").contains("nothing makes it a replica again"), "{:#}", ends.report);
}

/// What the report says to do about the last finding of a code.
fn remedy(ends: &Ends, code: &str) -> String {
    let findings = ends.report["findings"].as_array().expect("findings");
    let last = findings.iter().rfind(|one| one["code"] == code).expect(code);
    last["remedy"].as_str().expect("a remedy").to_owned()
}

#[tokio::test]
async fn with_urls_it_is_fenced_by_sql_promoted_by_rds_and_loses_nothing() {
    let scenario = Scenario { direction: Direction::Failover, prepare: rds_with_urls, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 130).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.servers, "new primary, old fenced");
    assert!(ends.managed.starts_with("orders-replica available, orders available"), "{}", ends.managed);
    let database = database(&ends);
    assert_eq!((&database["fence"], &database["lost_writes"]), (&"proven".into(), &"none".into()));
    assert_eq!((&database["missing_bytes"], &database["second_writer"]), (&0.into(), &"none".into()));
    assert_eq!(database["tables"][0]["verdict"], "equal");
}

#[tokio::test]
async fn with_urls_its_recovery_time_is_from_the_fence_to_the_first_write() {
    let world = world(Side::Primary);
    rds_with_urls(&world);
    let (engine, conclusion) = run_it(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded);
    let told = report_of(&engine).recovery_time;
    let (since, until) = (told.since.clone().expect("since"), told.until.clone().expect("until"));
    assert_eq!(since.what, "the beginning of the fence of database orders of the primary");
    assert_eq!(since.at, engine.journal().state().steps["fence/database/orders"].started_at.to_string());
    assert!(until.at > engine.journal().state().steps["promote/rds/orders"].started_at.to_string());
    assert!(told.measured_ms < told.traffic_ms.map(|ms| ms + 1_000), "{told:?}");
    let writes = ["the first write at database orders of the standby", EVERYTHING];
    assert!(writes.contains(&until.what.as_str()), "{until:?}");
}

#[tokio::test]
async fn a_failback_makes_a_replica_in_the_old_region_first_and_deletes_nothing() {
    let scenario = Scenario { direction: Direction::Failback, prepare: rds_failed_over, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 90).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(
        ends.managed,
        "orders-replica available, orders available, orders-2 available, orders writes in eu-west-1"
    );
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
    let world = world(Side::Standby);
    rds_failed_over(&world);
    let run = compiled(&world, Direction::Failback).await;
    let left = run.notes.iter().find(|note| note.code == codes::F_UNPROTECTED).expect("a note");
    assert_eq!(left.message, "once orders-2 in eu-west-1 is promoted, nothing follows it: it has no replica");
    assert!(left.remedy.as_deref().is_some_and(|remedy| remedy.contains("pilotlight rebuild")), "{left:?}");
}

#[tokio::test]
async fn a_switchover_loses_nothing_whenever_it_is_killed_in_both_directions() {
    for (direction, prepare, region) in [
        (Direction::Failover, aurora as fn(&World), CENTRAL),
        (Direction::Failback, aurora_failed_over as fn(&World), WEST),
    ] {
        let scenario = Scenario { direction, prepare, on_stop: OnStop::Never };
        let ends = survives_every_kill_of(scenario, 90).await;
        assert_eq!(ends.end, End::Succeeded);
        assert!(ends.managed.ends_with(&format!("orders writes in {region}")), "{}", ends.managed);
        let database = database(&ends);
        assert_eq!((&database["fence"], &database["lost_writes"]), (&"proven".into(), &"none".into()));
        assert_eq!((&database["missing_ms"], &database["second_writer"]), (&0.into(), &"none".into()));
    }
}

#[tokio::test]
async fn a_failover_with_loss_asks_the_dead_region_for_nothing() {
    let scenario =
        Scenario { direction: Direction::Failover, prepare: aurora_of_a_dead_region, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 90).await;
    assert_eq!(ends.end, End::Succeeded);
    assert!(ends.managed.ends_with("orders writes in eu-central-1"), "{}", ends.managed);
    let database = database(&ends);
    assert_eq!((&database["fence"], &database["lost_writes"]), (&"unknown".into(), &"unknown".into()));
    assert_eq!(database["missing_ms"], 60_700);
    assert!(remedy(&ends, "PL-F232").contains("rds:unplanned-global-failover-"), "{:#}", ends.report);
    let world = world(Side::Primary);
    aurora_of_a_dead_region(&world);
    run_it(&world, Direction::Failover).await;
    assert_eq!(
        accepted(&world),
        ["FailoverGlobalCluster arn:aws:rds:eu-central-1:123456789012:cluster:orders-eu-central-1"]
    );
}

#[tokio::test]
async fn a_switchover_is_taken_back_where_the_run_fails_before_traffic_moves() {
    fn scale_fails(world: &World) {
        aurora(world);
        world.with(|state| {
            let failures = std::iter::repeat_n(pilotlight_integrity::CommandOutcome::Exited(3), 9).collect();
            state.outcomes.insert("./set large".into(), failures);
        });
    }
    let scenario = Scenario { direction: Direction::Failover, prepare: scale_fails, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 60).await;
    assert_eq!(ends.end, End::RolledBack);
    assert!(ends.managed.ends_with("orders writes in eu-west-1"), "{}", ends.managed);
    assert_eq!(database(&ends)["fence"], "released");
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn an_abort_after_the_switch_swaps_the_roles_back_whenever_it_is_killed() {
    fn breaks(world: &World) {
        aurora(world);
        standby_breaks(world);
    }
    let scenario = Scenario { direction: Direction::Failover, prepare: breaks, on_stop: OnStop::Abort };
    let ends = survives_every_kill_of(scenario, 100).await;
    assert_eq!(ends.end, End::Aborted);
    assert!(ends.managed.ends_with("orders writes in eu-west-1"), "{}", ends.managed);
    assert_eq!(values_of(&ends, "app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn nothing_goes_back_past_a_promotion_but_by_a_persons_word() {
    let world = world(Side::Primary);
    rds_alone(&world);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    assert!(matches!(engine.drive().await.unwrap().end, End::Stopped { .. }));
    drop(engine);
    let mut engine = resume(&world, &store).await.unwrap();
    engine.abort("ada@ops", "no").await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("promote/rds/orders".into()) });
    assert!(
        conclusion.detail.contains("what was written there since its promotion is not known"),
        "{}",
        conclusion.detail
    );
    assert_eq!(world.values("app.shop.test"), STANDBY);
    drop(engine);
    let mut engine = resume(&world, &store).await.unwrap();
    engine.skip("promote/rds/orders", "ada@ops", "we type them in again").await.unwrap();
    assert_eq!(engine.drive().await.unwrap().end, End::Aborted);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
    let report = report_of(&engine);
    let told = &report.databases[0];
    assert_eq!((told.promoted, told.lost_writes.as_str(), told.left_behind_rows), (true, "unknown", None));
    assert!(report.findings.iter().any(|one| one.code == codes::F_UNPROTECTED), "{:#?}", report.findings);
}

#[tokio::test]
async fn traffic_does_not_go_back_to_a_cluster_that_cannot_take_the_writes() {
    let world = world(Side::Primary);
    aurora_of_a_dead_region(&world);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    assert!(matches!(engine.drive().await.unwrap().end, End::Stopped { .. }));
    drop(engine);
    let mut engine = resume(&world, &store).await.unwrap();
    engine.abort("ada@ops", "no").await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("promote/aurora/orders".into()) });
    assert!(
        conclusion.detail.contains("orders-eu-west-1 cannot take the writes over: it is pending-resync"),
        "{}",
        conclusion.detail
    );
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_a_denied_call_changes_nothing() {
    for (fault, times) in [(Trouble::LoseAnswer, 1), (Trouble::LoseRequest, 1), (Trouble::Throttle, 1)] {
        let world = world(Side::Primary);
        rds_alone(&world);
        world.with(|state| state.managed.faults.push_back(fault));
        let (_, conclusion) = run_it(&world, Direction::Failover).await;
        assert_eq!(conclusion.end, End::Succeeded, "{fault:?}: {conclusion:?}");
        assert_eq!(accepted(&world), vec!["PromoteReadReplica orders-replica"; times], "{fault:?}");
    }
    let world = world(Side::Primary);
    rds_alone(&world);
    world.with(|state| state.managed.faults.push_back(Trouble::Deny));
    let (_, conclusion) = run_it(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::RolledBack);
    assert!(conclusion.detail.contains("access denied: rds:PromoteReadReplica"), "{}", conclusion.detail);
    assert_eq!(accepted(&world), [""; 0]);
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_run_is_refused_where_the_one_is_no_replica_of_the_other() {
    type Change = fn(&World);
    let cases: [(Change, &str); 5] = [
        (
            |world| world.with(|state| state.managed.at(CENTRAL, "orders-replica").source = None),
            "orders-replica in eu-central-1 is no read replica, and has to be one of orders in eu-west-1",
        ),
        (
            |world| {
                world.with(|state| {
                    let other = instance_arn(WEST, "other");
                    state.managed.at(CENTRAL, "orders-replica").source = Some(other);
                });
            },
            "orders-replica in eu-central-1 follows other in eu-west-1",
        ),
        (
            |world| world.with(|state| state.managed.at(CENTRAL, "orders-replica").replicates = false),
            "orders-replica in eu-central-1 does not replicate: error: it stopped",
        ),
        (
            |world| world.with(|state| state.managed.at(CENTRAL, "orders-replica").status = "backing-up".into()),
            "orders-replica in eu-central-1 is backing-up, and cannot be promoted",
        ),
        (
            |world| {
                world.with(|state| state.managed.dead.insert(WEST.into()));
            },
            "--mode ungraceful",
        ),
    ];
    for (change, reason) in cases {
        let world = world(Side::Primary);
        rds_with_urls(&world);
        change(&world);
        let (_, conclusion) = run_it(&world, Direction::Failover).await;
        assert_eq!(conclusion.end, End::Refused, "{reason}: {conclusion:?}");
        assert!(conclusion.detail.contains(reason), "{}", conclusion.detail);
        assert_eq!(accepted(&world), [""; 0]);
        assert_eq!(world.with(|state| state.servers.to_string()), "new standby, old primary");
    }
    let world = world(Side::Primary);
    aurora(&world);
    world.with(|state| {
        let global = state.managed.globals.get_mut("orders").expect("it");
        global.members.get_mut(CENTRAL).expect("it").1 = "pending-resync".into();
    });
    let (_, conclusion) = run_it(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Refused);
    assert!(
        conclusion.detail.contains("orders-eu-central-1 in eu-central-1 is pending-resync, and cannot take over"),
        "{}",
        conclusion.detail
    );
}

#[tokio::test]
async fn a_graceful_run_without_a_fence_is_not_compiled_and_says_what_to_do() {
    let world = world(Side::Primary);
    with(&world, ALONE, Mode::Graceful);
    let error = try_compile(&world, Direction::Failover).await.expect_err("refused");
    let error = error.downcast::<CompileError>().expect("a refusal");
    assert_eq!(pilotlight_findings::Explain::code(&*error), codes::F_NO_FENCE);
    let remedy = pilotlight_findings::Explain::remedy(&*error).expect("a remedy");
    assert!(remedy.contains("primary_url") && remedy.contains("--mode ungraceful"), "{remedy}");
}

#[tokio::test]
async fn a_failback_without_a_replica_is_not_compiled_and_one_with_its_own_makes_none() {
    let block = ALONE.replace("  failback_replica = \"orders-2\"\n", "");
    let world = world(Side::Standby);
    rds_failed_over(&world);
    world.with(|state| {
        state.plan = format!("{PLAN}{block}");
        state.mode = Mode::Graceful;
    });
    // Without URLs a graceful one is refused for its fence first.
    world.with(|state| {
        let urls = "  primary_url = env(\"ORDERS_PRIMARY_URL\")\n  standby_url = env(\"ORDERS_STANDBY_URL\")\n}\n";
        state.plan = format!("{PLAN}{}", block.trim_end().trim_end_matches('}').to_owned() + urls);
    });
    let error = try_compile(&world, Direction::Failback).await.expect_err("refused").to_string();
    assert!(error.contains("orders in eu-west-1 is no read replica of orders-replica"), "{error}");
    assert!(error.contains("names no failback_replica"), "{error}");

    // Somebody made `orders` a replica of it, as Terraform does.
    world.with(|state| state.managed.at(WEST, "orders").source = Some(instance_arn(CENTRAL, "orders-replica")));
    let run = try_compile(&world, Direction::Failback).await.expect("compiled");
    assert!(run.steps().all(|step| !step.id.contains("/replica/")));
    assert_eq!(run.step("promote/rds/orders").expect("it").title, "promote orders in eu-west-1");
}

/// Nothing was failed over, or somebody has brought it back.
#[tokio::test]
async fn a_failback_makes_no_replica_of_an_instance_that_takes_no_writes() {
    let world = world(Side::Primary);
    rds_alone(&world);
    let before = told(&world);
    let (_, conclusion) = run_it(&world, Direction::Failback).await;
    assert_eq!(conclusion.end, End::Refused, "{conclusion:?}");
    assert!(conclusion.detail.contains("and takes no writes"), "{}", conclusion.detail);
    assert_eq!((accepted(&world), told(&world)), (vec![], before));
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_and_the_run_goes_back() {
    let world = world(Side::Standby);
    rds_failed_over(&world);
    world.with(|state| state.managed.add(WEST, "orders-2", Instance::alone()));
    let (_, conclusion) = run_it(&world, Direction::Failback).await;
    assert_eq!(conclusion.end, End::Refused);
    assert!(
        conclusion.detail.contains("name another one in failback_replica, as nothing is deleted"),
        "{}",
        conclusion.detail
    );
    assert_eq!(accepted(&world), [""; 0]);
    assert_eq!(world.values("app.shop.test"), STANDBY);
}

#[tokio::test]
async fn a_promotion_that_takes_longer_than_it_may_stops_the_run_and_is_found_done_when_resumed() {
    let world = world(Side::Primary);
    with(&world, &ALONE.replace("}\n", "  promote_timeout = \"1m\"\n}\n"), Mode::Ungraceful);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.unwrap();
    let conclusion = engine.drive().await.unwrap();
    assert_eq!(conclusion.end, End::Stopped { step: Some("promote/rds/orders".into()) }, "{conclusion:?}");
    drop(engine);
    world.with(|state| state.elapsed += Duration::from_secs(600));
    let mut engine = resume(&world, &store).await.unwrap();
    assert_eq!(engine.drive().await.unwrap().end, End::Succeeded);
    assert_eq!(accepted(&world), ["PromoteReadReplica orders-replica"]);
    assert!(told(&world).starts_with("orders-replica available"), "{}", told(&world));
}
