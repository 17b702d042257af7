//! What a run is expected to take: measured in past runs, or not known. Never a number that nobody measured.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{Event, MemoryStore};
use std::time::Duration;

const SERVERS: &str = "verify/name-servers/storefront";
const SIZE: &str = "scale/command/size";

/// A failover whose slowest name server is this far behind.
async fn failed_over(lag: u64) -> Vec<Event> {
    let world = world(Side::Primary);
    world.with(|state| state.lag.insert("ns-4.test".into(), Duration::from_secs(lag)));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    engine.journal().events().to_vec()
}

async fn past(lags: &[u64]) -> Vec<PastRun> {
    let mut past = Vec::new();
    for lag in lags {
        past.push(PastRun::of(&failed_over(*lag).await).expect("a past run"));
    }
    past
}

fn of<'e>(expected: &'e Expected, step: &str) -> &'e ExpectedStep {
    expected.steps.iter().find(|one| one.step == step).expect("the step")
}

#[tokio::test]
async fn without_a_past_run_there_is_no_number() {
    let run = compiled(&world(Side::Primary), Direction::Failover).await;
    let expected = expected(&run, &[]);
    assert_eq!((expected.past_runs, expected.in_all_ms, expected.until_verified_ms), (0, 0, 0));
    assert!(expected.steps.iter().all(|step| step.measured.is_none()));
    assert_eq!(expected.steps.iter().filter(|step| step.waits_for_a_person).count(), 1);
    assert_eq!(expected.unmeasured().count(), run.steps().count() - 1);
    assert_eq!((expected.ttl_ms, expected.rto_ms), (30_000, Some(900_000)));
    assert_eq!(expected.finding(&run), None, "nothing is said of an RTO by nothing");
}

#[tokio::test]
async fn of_three_runs_the_middle_one_counts_for_each_step_and_in_all() {
    let run = compiled(&world(Side::Primary), Direction::Failover).await;
    let events = failed_over(20).await;
    let expected = expected(&run, &past(&[40, 20, 7]).await);
    assert_eq!(expected.past_runs, 3);
    let servers = of(&expected, SERVERS).measured.expect("measured");
    assert_eq!((servers.times, servers.of_this_step), (3, true));
    // The same as the run's own report measured, but for the moment between two events.
    let report = report(&events).expect("a report");
    let steps: Vec<&StepReport> = report.phases.iter().flat_map(|phase| &phase.steps).collect();
    let reported = steps.iter().find(|step| step.step == SERVERS).and_then(|step| step.duration_ms).expect("a time");
    assert!(
        (15_000..25_000).contains(&reported) && servers.median_ms.abs_diff(reported) < 50,
        "{servers:?} {reported}"
    );
    assert_eq!(of(&expected, "switch/approval/commander").measured, None, "a person's time is not expected");
    assert_eq!(expected.unmeasured().count(), 0);
    let sum: u64 = expected.steps.iter().filter_map(|step| step.measured).map(|measured| measured.median_ms).sum();
    assert_eq!(expected.in_all_ms, sum);
    let finish = of(&expected, "finish/command/resume").measured.expect("measured").median_ms;
    assert_eq!(expected.until_verified_ms, sum - finish, "recovery time ends with the checks after the switch");
    assert!(finish >= 200, "the program takes that long: {finish}");
    // Of two the mean.
    let two = pilotlight_failover::expected(&run, &past(&[7, 40]).await);
    let seconds = of(&two, SERVERS).measured.expect("measured").median_ms / 1_000;
    assert!((19..28).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn the_other_direction_and_another_program_tell_nothing() {
    let failback = compiled(&world(Side::Standby), Direction::Failback).await;
    let past = past(&[7]).await;
    assert_eq!(expected(&failback, &past).past_runs, 0);
    let world = world(Side::Primary);
    let renamed = PLAN.replace("traffic \"storefront\"", "traffic \"shop\"").replace("\"size\"", "\"grow\"");
    let plan = plan_of(&renamed);
    let run = compile(&plan, Direction::Failover, &observe(&plan, &world, &world).await.expect("observed"), &States);
    let expected = expected(&run.expect("compiled"), &past);
    let servers = of(&expected, "verify/name-servers/shop").measured.expect("measured of its kind");
    assert_eq!((servers.times, servers.of_this_step), (2, false), "storefront's and api's");
    assert_eq!(expected.unmeasured().collect::<Vec<_>>(), ["scale/command/grow"]);
}

#[tokio::test]
async fn the_time_that_people_left_a_run_alone_is_not_a_steps() {
    let world = world(Side::Primary);
    standby_breaks(&world);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    engine.drive().await.expect("a stop");
    world.with(|state| {
        state.elapsed += Duration::from_secs(7_200);
        state.healthy.insert(STANDBY[1].into());
    });
    let mut engine = resume(&world, &store).await.expect("a run");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    let past = [PastRun::of(engine.journal().events()).expect("a past run")];
    let expected = expected(engine.run(), &past);
    assert!(expected.in_all_ms < 300_000, "{}", expected.in_all_ms);
    assert!(of(&expected, SIZE).measured.is_some());
}

#[tokio::test]
async fn more_than_the_objective_is_a_warning_that_names_the_slowest() {
    let world = world(Side::Primary);
    let plan = plan_of(&PLAN.replace("rto = \"15m\"", "rto = \"45s\""));
    let observed = observe(&plan, &world, &world).await.expect("observed");
    let run = compile(&plan, Direction::Failover, &observed, &States).expect("compiled");
    assert_eq!(expected(&run, &past(&[1]).await).finding(&run).map(|finding| finding.message), None);
    let finding = expected(&run, &past(&[20]).await).finding(&run).expect("too slow");
    assert_eq!(finding.code.as_str(), "PL-F240");
    assert!(finding.message.contains("the TTL is 30s, which is more than the RTO of 45s"), "{}", finding.message);
    let evidence = format!("{:?}", finding.evidence);
    assert!(evidence.contains("verify/name-servers/storefront, "), "{evidence}");
}
