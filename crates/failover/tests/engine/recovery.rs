//! The recovery time of runs that carry a database over: from when to when, and how that is known.

use crate::databases::with_servers;
use crate::estate::*;
use crate::weighted::weigh;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_journal::{Body, MemoryStore, RunState};

async fn failover(prepare: impl FnOnce(&World)) -> (World, RunReport, RunState) {
    let world = world(Side::Primary);
    with_servers(&world);
    prepare(&world);
    let mut engine = start(&world, &MemoryStore::new("journal"), Direction::Failover).await.expect("started");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    let state = engine.journal().state().clone();
    (world, report_of(&engine), state)
}

fn moments(report: &RunReport) -> (Moment, Moment) {
    let told = &report.recovery_time;
    (told.since.clone().expect("since"), told.until.clone().expect("until"))
}

fn apart(from: &str, to: &str) -> u64 {
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
    u64::try_from(at(to) - at(from)).expect("in this order")
}

#[tokio::test]
async fn a_planned_outage_begins_with_the_fence_and_ends_with_the_first_write() {
    let (_, report, state) = failover(|world| {
        // Nothing to wait for: the first write is what customers wait for last.
        world.with(|state| {
            state.lag.clear();
            state.insync_after = std::time::Duration::ZERO;
        });
    })
    .await;
    let (since, until) = moments(&report);
    assert_eq!(since.what, "the beginning of the fence of database orders of the primary");
    assert_eq!(since.at, state.steps["fence/database/orders"].started_at.to_string());
    assert_eq!(until.what, "the first write at database orders of the standby");
    let seen = &state.steps["observe/first-write/orders"].observed["first_write_at"];
    assert_eq!(seen.as_str(), Some(until.at.as_str()));
    assert_eq!(report.recovery_time.measured_ms, Some(apart(&since.at, &until.at)));
    // The run looked at many things before it fenced anything, and nobody was without service then.
    assert!(report.recovery_time.measured_ms < report.recovery_time.traffic_ms.map(|ms| ms + 1_000));
}

#[tokio::test]
async fn traffic_that_moves_by_weights_is_back_when_the_last_share_is() {
    let world = world(Side::Primary);
    with_servers(&world);
    let database = world.with(|state| state.plan.strip_prefix(PLAN).expect("the database").to_owned());
    weigh(&world);
    world.with(|state| state.plan.push_str(&database));
    let mut engine = start(&world, &MemoryStore::new("journal"), Direction::Failover).await.expect("started");
    assert_eq!(engine.drive().await.expect("driven").end, End::Succeeded);
    // The first share of the customers wrote as soon as it was moved.
    let state = engine.journal().state().clone();
    let moved = engine.run().steps().find(|step| step.moves_traffic()).expect("a move");
    let first_write = state.steps[&moved.id].finished_at.expect("an end");
    let mut events = engine.journal().events().to_vec();
    for event in &mut events {
        if let Body::StepFinished { step, observed, .. } = &mut event.what
            && step == "observe/first-write/orders"
        {
            observed["first_write_at"] = first_write.to_string().into();
        }
    }
    let report = report(&events).expect("a report");
    let (_, until) = moments(&report);
    let answered = &state.steps["verify/name-servers/storefront"].observed["answered_at"];
    assert_eq!(apart(answered.as_str().expect("a time"), &until.at), 30_000, "the TTL: {until:?}");
    assert!(report.recovery_time.at_most);
}

#[tokio::test]
async fn a_region_that_died_was_away_since_its_last_commit_that_is_left() {
    let (_, report, _) = failover(|world| {
        world.with(|state| {
            state.mode = Mode::Ungraceful;
            state.servers.at(OLD_URL).alive = false;
        });
    })
    .await;
    let (since, _) = moments(&report);
    assert_eq!(since.what, "the last commit that database orders has from the primary");
    assert_eq!(since.at, "2027-01-15T08:00:00Z");
}

#[tokio::test]
async fn a_service_that_nobody_uses_holds_up_no_run_for_longer_than_resolvers_do() {
    let (_, report, state) = failover(|world| world.with(|state| state.idle = true)).await;
    let waited = &state.steps["observe/first-write/orders"];
    assert!(waited.detail.starts_with("not seen, which stops nothing"), "{}", waited.detail);
    let waited = apart(&waited.started_at.to_string(), &waited.finished_at.expect("an end").to_string());
    assert!((39_000..=41_000).contains(&waited), "the TTL of 30 s and ten more: {waited}");
    let (since, until) = moments(&report);
    assert_eq!(until.what, "every name server answered with the new values and every check was green");
    assert!(apart(&since.at, &until.at) <= report.recovery_time.traffic_ms.expect("traffic arrived"));
}

#[tokio::test]
async fn without_databases_it_begins_with_what_the_run_does_first() {
    let world = world(Side::Primary);
    let mut engine = start(&world, &MemoryStore::new("journal"), Direction::Failover).await.expect("started");
    engine.drive().await.expect("driven");
    let report = report_of(&engine);
    assert!(report.recovery_time.at_most);
    assert!(report.recovery_time.measured_ms < report.recovery_time.traffic_ms);
    assert_eq!(moments(&report).0.what, "the beginning of freeze/command/pause");
}
