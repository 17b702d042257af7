//! What `validate` says of databases, long before a run would look at them.

use crate::estate::*;
use pilotlight_failover::simulation::{Servers, World};
use pilotlight_failover::*;
use pilotlight_findings::{Severity, Side, codes};
use pilotlight_integrity::postgres::ServerRole;
use std::collections::BTreeMap;
use std::time::Duration;

async fn readiness(change: impl FnOnce(&mut Servers), rpo: Option<u64>) -> (World, DatabaseReadiness) {
    let world = world(Side::Primary);
    crate::databases::with_servers(&world);
    let run = compiled(&world, Direction::Failover).await;
    world.with(|state| change(&mut state.servers));
    let ports = world.ports();
    let rpo = rpo.map(Duration::from_secs);
    let told = database_readiness(&run, rpo, &ports.databases, &*ports.environment, &*ports.clock).await;
    (world, told)
}

fn caught_up(servers: &mut Servers) {
    servers.at(NEW_URL).log = 1000;
}

#[tokio::test]
async fn a_standby_that_has_everything_is_ready_and_nothing_is_changed() {
    let (world, told) = readiness(caught_up, Some(1)).await;
    assert_eq!(told.findings, []);
    assert_eq!(told.unknown, Vec::<String>::new());
    assert_eq!(told.facts, ["orders: it streams from its primary, and nothing is missing"]);
    let mut untouched = Servers::default();
    untouched.add_pair(OLD_URL, NEW_URL, "7000");
    caught_up(&mut untouched);
    assert_eq!(world.with(|state| state.servers.0.clone()), untouched.0);
}

#[tokio::test]
async fn what_a_planned_run_would_refuse_is_not_ready() {
    type Change = fn(&mut Servers);
    let cases: [(Change, &str); 4] = [
        (|servers| servers.at(NEW_URL).paused = true, "the replay of the standby is paused"),
        (|servers| servers.at(NEW_URL).system = "8000".into(), "different clusters"),
        (|servers| servers.at(OLD_URL).may_act = false, "may not fence"),
        (|servers| servers.at(OLD_URL).role = ServerRole::Standby, "both are in recovery"),
    ];
    for (change, wanted) in cases {
        let (_, told) = readiness(change, None).await;
        let [finding] = told.findings.as_slice() else { panic!("{wanted}: {told:?}") };
        assert_eq!((finding.code, finding.severity), (codes::V_DATABASE, Severity::Error));
        assert!(finding.message.contains(wanted), "{}", finding.message);
        assert_eq!(told.unknown, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_lag_above_the_objective_counts_once_it_lasts() {
    let far_behind = |servers: &mut Servers| servers.at(NEW_URL).log = 0;
    let (_, told) = readiness(far_behind, Some(1)).await;
    let [finding] = told.findings.as_slice() else { panic!("{told:?}") };
    assert_eq!((finding.code, finding.severity), (codes::V_LAG, Severity::Error));
    assert!(finding.message.ends_with("at most 5.0 s behind, and the RPO is 1s"), "{}", finding.message);

    // Seen three times, a second apart: one that catches up meanwhile is well.
    let a_little_behind = |servers: &mut Servers| servers.at(NEW_URL).log = 700;
    let (world, told) = readiness(a_little_behind, Some(1)).await;
    assert_eq!(told.findings, []);
    assert!(world.with(|state| state.elapsed) >= Duration::from_secs(1));
    let (_, told) = readiness(far_behind, Some(10)).await;
    assert_eq!(told.findings, []);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unknown() {
    let (_, told) = readiness(|servers| servers.at(OLD_URL).alive = false, Some(60)).await;
    assert_eq!(told.unknown, ["orders did not answer"]);
    let [finding] = told.findings.as_slice() else { panic!("{told:?}") };
    assert_eq!((finding.code, finding.severity), (codes::V_DATABASE, Severity::Warning));
    assert!(!finding.message.contains("ungraceful") && !finding.message.contains("s3cret"), "{}", finding.message);
}

#[tokio::test]
async fn an_url_that_is_not_set_is_unknown_and_names_the_variable() {
    let world = world(Side::Primary);
    crate::databases::with_servers(&world);
    let run = compiled(&world, Direction::Failover).await;
    let ports = world.ports();
    let nothing: BTreeMap<String, String> = BTreeMap::new();
    let told = database_readiness(&run, None, &ports.databases, &nothing, &*ports.clock).await;
    assert_eq!(told.unknown, ["orders was not looked at"]);
    assert!(told.findings[0].message.contains("ORDERS_PRIMARY_URL"), "{:?}", told.findings);
}

#[tokio::test]
async fn a_primary_that_is_left_fenced_is_told() {
    let fenced = |servers: &mut Servers| {
        caught_up(servers);
        servers.at(OLD_URL).fenced = true;
    };
    let (_, told) = readiness(fenced, Some(1)).await;
    let [finding] = told.findings.as_slice() else { panic!("{told:?}") };
    assert_eq!((finding.code, finding.severity), (codes::V_DATABASE, Severity::Error));
    assert_eq!(finding.message, "database orders of the primary is fenced: it refuses every write");
}

/// After a failover whose old server was made a standby, the one that takes the writes is the other.
#[tokio::test]
async fn of_a_pair_that_was_failed_over_the_one_that_is_to_write_is_told_where_it_is_fenced() {
    for fenced in [true, false] {
        let swapped = |servers: &mut Servers| {
            let new = servers.at(NEW_URL);
            (new.role, new.timeline, new.fenced) = (ServerRole::Primary, 2, fenced);
            let old = servers.at(OLD_URL);
            (old.role, old.timeline, old.fenced) = (ServerRole::Standby, 2, fenced);
        };
        let (_, told) = readiness(swapped, None).await;
        let messages: Vec<&str> = told.findings.iter().map(|finding| finding.message.as_str()).collect();
        let wanted: &[&str] = match fenced {
            true => &["database orders of the standby is fenced: it refuses every write"],
            false => &[],
        };
        assert_eq!(messages, wanted);
    }
}
