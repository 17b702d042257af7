//! `method = "signal"`: an object, a health check, name servers, and not one call of Route 53's API.

use crate::estate::*;
use crate::kills::{OnStop, Scenario, survives_every_kill_of};
use pilotlight_failover::simulation::{State, Trouble, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_journal::{Body, JournalStores, MemoryStore, StepStatus};
use std::time::Duration;

pub(crate) const URL: &str = "s3://shop-dr/signal/standby-serves";

/// The estate's plan with one traffic set, which follows a signal.
fn signal_plan() -> String {
    let method = format!(
        "  method = \"signal\"\n  signal {{\n    url          = \"{URL}\"\n    health_check = \"hc-1\"\n  }}\n"
    );
    let plan = PLAN.replacen("traffic \"storefront\" {\n", &format!("traffic \"storefront\" {{\n{method}"), 1);
    let begin = plan.find("traffic \"api\"").expect("the second set");
    let end = begin + plan[begin..].find("\n}\n").expect("its end") + 3;
    let plan = format!("{}{}", &plan[..begin], &plan[end..]);
    // This check asks for the second traffic set.
    let expect = "[stack.app.output.public_ips[0]]\n";
    plan.replace("\"api.shop.test\"", "\"app.shop.test\"").replace(expect, "stack.app.output.public_ips\n")
}

fn failover_sets(name: &str, record_type: &str, sides: [&[&str]; 2]) -> [RecordSet; 2] {
    let one = |side: usize| RecordSet {
        set_identifier: Some(["home", "away"][side].to_owned()),
        failover: Some(["PRIMARY", "SECONDARY"][side].to_owned()),
        health_check_id: (side == 0).then(|| "hc-1".to_owned()),
        ..set(name, record_type, sides[side])
    };
    [one(0), one(1)]
}

fn check() -> HealthCheck {
    HealthCheck {
        id: "hc-1".into(),
        kind: "HTTPS".into(),
        host: Some("shop-dr.s3.eu-central-1.amazonaws.com".into()),
        path: Some("/signal/standby-serves".into()),
        search: None,
        interval: 10,
        threshold: 3,
        inverted: true,
        disabled: false,
    }
}

/// Makes the estate's first traffic set follow a signal, with the traffic where it is.
fn follow(world: &World) {
    let home = world.values("app.shop.test") == PRIMARY;
    world.with(|state| {
        state.plan = signal_plan();
        state.records.retain(|set| !["app.shop.test", "www.shop.test"].contains(&set.name.as_str()));
        state.records.extend(failover_sets("app.shop.test", "A", [&PRIMARY, &STANDBY]));
        let regions: [&[&str]; 2] = [&["eu-west-1.shop.test"], &["eu-central-1.shop.test"]];
        state.records.extend(failover_sets("www.shop.test", "CNAME", regions));
        state.history = vec![(Duration::ZERO, state.records.clone())];
        state.signals.insert(URL.to_owned(), vec![(Duration::ZERO, !home)]);
        state.read_by.insert("hc-1".into(), URL.to_owned());
        state.health_checks = vec![check()];
    });
}

pub(crate) fn following_world(side: Side) -> World {
    let world = world(side);
    follow(&world);
    world
}

async fn drive(world: &World, direction: Direction) -> (Conclusion, Engine) {
    let store = MemoryStore::new("journal");
    let mut engine = start(world, &store, direction).await.expect("a start");
    let conclusion = engine.drive().await.expect("an end");
    (conclusion, engine)
}

#[tokio::test]
async fn a_failover_and_a_failback_by_signal_ask_nothing_of_the_control_plane() {
    let world = following_world(Side::Primary);
    let records = world.with(|state| state.records.clone());
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert!(world.with(|state| state.raised(URL)));
    let measured = report_of(&engine).recovery_time.measured_ms.expect("measured");
    assert!(measured > 30_000, "the health check's delay is part of it: {measured}");
    let planes: Vec<_> =
        engine.run().calls().map(|one| one.call.plane).filter(|plane| *plane == Plane::Control).collect();
    assert_eq!(planes, [], "the dry run says so before");
    let writes: Vec<_> =
        engine.run().calls().filter(|one| one.call.service == "s3").map(|one| one.call.operation.clone()).collect();
    assert_eq!(writes, [format!("GetObject {URL}"), format!("PutObject {URL}")]);
    assert_eq!(
        engine.journal().state().steps["verify/name-servers/storefront"].detail,
        "all 4 name servers answer with 198.51.100.1, 198.51.100.2; eu-central-1.shop.test"
    );
    let (conclusion, _) = drive(&world, Direction::Failback).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert!(!world.with(|state| state.raised(URL)));
    assert_eq!(world.with(|state| state.control_calls), 0);
    assert_eq!(world.with(|state| state.records.clone()), records);
}

#[tokio::test]
async fn lost_answers_are_looked_for_and_denials_roll_back() {
    let world = following_world(Side::Primary);
    world.with(|state| state.signal_faults.extend([Trouble::LoseRequest, Trouble::LoseAnswer]));
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::Succeeded, "{}", conclusion.detail);
    assert_eq!(engine.journal().state().steps["switch/storefront/signal"].attempts, 2);

    let world = following_world(Side::Primary);
    world.with(|state| state.signal_faults.push_back(Trouble::Deny));
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.end, End::RolledBack, "{}", conclusion.detail);
    assert_eq!(engine.journal().state().steps["switch/storefront/signal"].attempts, 1);
    assert!(!world.with(|state| state.raised(URL) || state.flags.contains("paused")));
}

#[tokio::test]
async fn a_bucket_that_says_nothing_at_the_switch_leaves_it_unknown_and_stops() {
    let world = following_world(Side::Primary);
    world.with(|state| {
        state.hooks.insert("./set".into(), Box::new(|state| state.failing_reads = 10_000));
    });
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.exit_code(), 6, "{}", conclusion.detail);
    assert_eq!(engine.journal().state().status("switch/storefront/signal"), StepStatus::Unknown);
    assert!(!world.with(|state| state.raised(URL)), "what could not be observed was not done");
}

#[tokio::test]
async fn a_signal_that_is_there_already_counts_as_written() {
    let world = following_world(Side::Primary);
    world.with(|state| state.signals.insert(URL.to_owned(), vec![(Duration::ZERO, true)]));
    let (conclusion, engine) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.detail, "traffic was already on the standby, eu-central-1", "{}", conclusion.detail);
    let detail = &engine.journal().state().steps["preflight/signal/storefront"].detail;
    assert_eq!(detail, "name servers answer as at the target");
}

#[tokio::test]
async fn a_health_check_that_never_turns_stops_the_run_after_its_slowest_time() {
    let world = following_world(Side::Primary);
    world.with(|state| state.health_delay = Duration::from_secs(86_400));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    let conclusion = engine.drive().await.expect("a stop");
    assert_eq!(conclusion.end, End::Stopped { step: Some("verify/name-servers/storefront".into()) });
    let waited = world.with(|state| state.elapsed).as_secs();
    assert!((600..700).contains(&waited), "{waited} s");
    let mut engine = resume(&world, &store).await.expect("a run");
    engine.abort("ada@ops", "it does not turn").await.expect("aborted");
    assert_eq!(engine.drive().await.expect("an end").end, End::Aborted);
    assert!(!world.with(|state| state.raised(URL)));
}

#[tokio::test]
async fn name_servers_that_answer_as_neither_side_are_refused_before_anything_is_touched() {
    let world = following_world(Side::Primary);
    world.meddle("app.shop.test", &["203.0.113.99"]);
    world.with(|state| state.elapsed += Duration::from_secs(60));
    let (conclusion, _) = drive(&world, Direction::Failover).await;
    assert_eq!(conclusion.exit_code(), 4, "{}", conclusion.detail);
    let words = "203.0.113.99, where 192.0.2.1, 192.0.2.2 or 198.51.100.1";
    assert!(conclusion.detail.contains(words), "{}", conclusion.detail);
    assert_eq!(world.with(|state| (state.signals[URL].len(), state.commands.len())), (1, 0));
}

#[tokio::test]
async fn a_failover_by_signal_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failover, prepare: follow, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 70).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.report["records"][0]["moved"], true);
}

#[tokio::test]
async fn a_failback_by_signal_survives_a_kill_at_every_append() {
    let scenario = Scenario { direction: Direction::Failback, prepare: follow, on_stop: OnStop::Never };
    let ends = survives_every_kill_of(scenario, 70).await;
    assert_eq!(ends.end, End::Succeeded);
    assert_eq!(ends.report["to"]["side"], "primary");
}

#[tokio::test]
async fn an_abort_after_the_signal_survives_a_kill_at_every_append() {
    fn prepare(world: &World) {
        follow(world);
        standby_breaks(world);
    }
    let scenario = Scenario { direction: Direction::Failover, prepare, on_stop: OnStop::Abort };
    let ends = survives_every_kill_of(scenario, 70).await;
    assert_eq!(ends.end, End::Aborted);
    assert!(ends.flags.is_empty());
}

/// What `validate` says of the world after a change of it.
async fn readiness_of(change: impl FnOnce(&mut State)) -> (Vec<String>, Vec<String>) {
    let world = following_world(Side::Primary);
    world.with(change);
    let plan = plan_of(&world.with(|state| state.plan.clone()));
    let observed = observe_signals(&plan, &States, &world).await.expect("observed");
    let (facts, findings) = signal_readiness(&plan, &States, &observed);
    assert!(findings.iter().all(|finding| finding.code == codes::F_SIGNAL && finding.remedy.is_some()));
    (facts, findings.into_iter().map(|finding| finding.message).collect())
}

#[tokio::test]
async fn a_signal_that_would_move_traffic_is_ready_with_its_delay() {
    assert_eq!(readiness_of(|_| ()).await, (vec!["storefront turns within 30s of its signal".to_owned()], vec![]));
    let by_path = |state: &mut State| {
        state.health_checks[0].host = Some("s3.eu-central-1.amazonaws.com".into());
        state.health_checks[0].path = Some("/shop-dr/signal/standby-serves".into());
    };
    assert_eq!(readiness_of(by_path).await.1, [""; 0]);
}

#[tokio::test]
async fn each_reason_why_a_signal_would_not_move_traffic_is_told() {
    type Change = fn(&mut State);
    fn app(state: &mut State, role: usize) -> &mut RecordSet {
        state.records.iter_mut().filter(|set| set.name == "app.shop.test").nth(role).expect("a set")
    }
    fn check(state: &mut State) -> &mut HealthCheck {
        &mut state.health_checks[0]
    }
    let cases: [(Change, &str); 12] = [
        (|state| state.health_checks.clear(), "there is no health check hc-1"),
        (|state| check(state).inverted = false, "hc-1 is not inverted"),
        (|state| check(state).disabled = true, "hc-1 is disabled"),
        (|state| check(state).kind = "TCP".into(), "of type TCP, which asks for no object"),
        (|state| check(state).path = Some("/other".into()), "asks for shop-dr.s3.eu-central-1.amazonaws.com/other,"),
        (
            |state| check(state).host = Some("shop-dr.s3.eu-west-1.amazonaws.com".into()),
            "asks for shop-dr.s3.eu-west-1.amazonaws.com/signal/standby-serves, and the signal is at \
             shop-dr.s3.eu-central-1.amazonaws.com",
        ),
        (|state| check(state).search = Some("on".into()), "looks for \"on\" in the object"),
        (|state| check(state).threshold = 91, "takes 15m10s to turn, and the RTO is 15m"),
        (|state| app(state, 0).health_check_id = None, "its PRIMARY follows no health check"),
        (
            |state| app(state, 0).health_check_id = Some("hc-2".into()),
            "follows health check hc-2, and the plan names hc-1",
        ),
        (|state| app(state, 1).values = vec!["203.0.113.9".into()], "its SECONDARY answers 203.0.113.9"),
        (|state| app(state, 1).failover = None, "it has 2 sets that are not one PRIMARY and one SECONDARY"),
    ];
    for (change, words) in cases {
        let (_, found) = readiness_of(change).await;
        assert!(found.len() == 1 && found[0].contains(words), "{words} in {found:?}");
    }
}

/// As where the primary's state could not be read: what its side answers is in no output.
#[tokio::test]
async fn a_way_back_to_values_that_nobody_knows_waits_for_no_answer() {
    let world = following_world(Side::Primary);
    let mut run = compiled(&world, Direction::Failover).await;
    for step in run.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
        if let Action::Signal(signal) = &mut step.action {
            signal.changes.records.iter_mut().for_each(|record| record.before.values.clear());
        }
    }
    let store = MemoryStore::new("journal");
    let stores = JournalStores::one(store.clone());
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("started");
    let there = world.clone();
    world.with(|state| {
        state.on_event = Some(Box::new(move |_, event| {
            if matches!(&event.what, Body::PhaseStarted { phase } if phase == "verify") {
                there.kill();
            }
        }));
    });
    dies(&world, &mut engine).await;
    world.with(|state| state.on_event = None);
    let began = world.with(|state| state.elapsed);
    let mut engine = resume(&world, &store).await.expect("taken on");
    engine.abort("grace@ops", "no").await.expect("aborted");
    let conclusion = engine.drive().await.expect("an end");
    assert_eq!(conclusion.end, End::Aborted, "{}", conclusion.detail);
    assert!(!world.with(|state| state.raised(URL)));
    let took = world.with(|state| state.elapsed) - began;
    assert!(took < Duration::from_secs(30), "{took:?}");
    let told = engine.journal().state().steps.values().any(|step| step.detail.contains("answer for it is not known"));
    assert!(told, "{:?}", engine.journal().state().steps);
}
