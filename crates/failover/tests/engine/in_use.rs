//! Whether the standby may be taken down: what DNS answers, and what the journal says.

use crate::estate::*;
use pilotlight_failover::simulation::World;
use pilotlight_failover::*;
use pilotlight_findings::{Explain as _, Side, codes};
use pilotlight_journal::{JournalStores, MemoryStore};
use pilotlight_plan::Outputs;
use serde_json::{Value, json};
use std::time::Duration;

/// The standby was taken down in part: of its outputs nothing is left.
struct PrimaryAlone;

impl Outputs for PrimaryAlone {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Value> {
        (side == Side::Primary).then(|| States.output(stack, side, name)).flatten()
    }
}

async fn dns(world: &World, outputs: &(dyn Outputs + Sync)) -> Result<(), InUse> {
    refuse_in_dns(&plan(), outputs, world, world).await
}

fn change(world: &World, change: impl FnOnce(&mut Vec<RecordSet>)) {
    world.with(|state| {
        change(&mut state.records);
        // As if it had always been so, for name servers that are behind.
        state.history = vec![(Duration::ZERO, state.records.clone())];
    });
}

#[tokio::test]
async fn traffic_on_the_primary_is_no_reason_to_refuse() {
    assert!(dns(&world(Side::Primary), &States).await.is_ok());
    assert!(dns(&world(Side::Primary), &PrimaryAlone).await.is_ok());
}

#[tokio::test]
async fn one_value_of_the_standby_is_enough() {
    let error = dns(&world(Side::Standby), &States).await.expect_err("refused");
    assert_eq!(error.code(), codes::R_IN_USE);
    assert_eq!(
        error.to_string(),
        "take the standby down: Route 53 answers app.shop.test A with 198.51.100.1, which is the standby's"
    );
    let world = world(Side::Primary);
    change(&world, |records| records[0].values = vec!["192.0.2.1".into(), "198.51.100.1".into()]);
    let error = dns(&world, &States).await.expect_err("refused");
    assert!(error.to_string().contains("answers api.shop.test A with 198.51.100.1"), "{error}");
}

#[tokio::test]
async fn a_weight_of_zero_and_a_second_role_count() {
    let world = world(Side::Primary);
    change(&world, |records| {
        let weighted = |values: &[&str], weight| RecordSet {
            weight: Some(weight),
            set_identifier: Some(weight.to_string()),
            ..set("app.shop.test", "A", values)
        };
        records[1] = weighted(&PRIMARY, 100);
        records.push(weighted(&STANDBY, 0));
    });
    assert_eq!(dns(&world, &States).await.expect_err("refused").code(), codes::R_IN_USE);
}

#[tokio::test]
async fn one_name_server_that_is_behind_is_enough() {
    let world = world(Side::Standby);
    // Route 53 has the primary's values; the second name server answers as before for a while.
    world.with(|state| {
        let before = state.records.clone();
        state.history = vec![(Duration::ZERO, before)];
        state.lag.insert("ns-2.test".into(), Duration::from_secs(600));
        for record in &mut state.records {
            let (from, to) = ("eu-central-1", "eu-west-1");
            let primary = |value: &String| match STANDBY.iter().position(|standby| standby == value) {
                Some(at) => PRIMARY[at].to_owned(),
                None => value.replace(from, to),
            };
            record.values = record.values.iter().map(primary).collect();
        }
        let (after, at) = (state.records.clone(), state.elapsed + Duration::from_secs(1));
        state.history.push((at, after));
        state.elapsed = at + Duration::from_secs(60);
    });
    let error = dns(&world, &States).await.expect_err("refused");
    assert!(error.to_string().starts_with("take the standby down: ns-2.test answers app.shop.test A with"), "{error}");
}

#[tokio::test]
async fn what_is_not_known_is_no_no() {
    // Route 53 does not answer.
    let world = world(Side::Primary);
    world.with(|state| state.failing_reads = 1);
    assert_eq!(dns(&world, &States).await.expect_err("refused").code(), codes::R_USE_UNKNOWN);
    // No name server to ask.
    world.with(|state| state.zones[0].name_servers.clear());
    assert_eq!(dns(&world, &States).await.expect_err("refused").code(), codes::R_USE_UNKNOWN);
    // An alias has no values.
    let world = crate::estate::world(Side::Primary);
    change(&world, |records| {
        records[1].values.clear();
        records[1].alias = Some(AliasTarget {
            hosted_zone_id: "Z9".into(),
            dns_name: "lb.eu-central-1.elb.amazonaws.com".into(),
            evaluate_target_health: true,
        });
    });
    let error = dns(&world, &States).await.expect_err("refused");
    assert!(error.to_string().contains("app.shop.test A is an alias of lb.eu-central-1"), "{error}");
    // The standby's values went with its outputs, and the answer is not the primary's.
    let world = crate::estate::world(Side::Standby);
    let error = dns(&world, &PrimaryAlone).await.expect_err("refused");
    assert_eq!(error.code(), codes::R_USE_UNKNOWN);
    assert!(error.to_string().contains("none of the primary's values"), "{error}");
}

async fn journal(store: &MemoryStore) -> Result<(), InUse> {
    refuse_by_journal(&JournalStores::one(store.clone()), "shop").await
}

#[tokio::test]
async fn the_journal_is_asked_who_serves() {
    let (world, store) = (world(Side::Primary), MemoryStore::new("journal"));
    assert!(journal(&store).await.is_ok(), "no run was ever made");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    assert!(matches!(journal(&store).await, Err(InUse::Run { .. })));
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    let error = journal(&store).await.expect_err("refused");
    assert_eq!(error.code(), codes::R_USE_BY_RUN);
    assert!(error.to_string().ends_with("a failover, moved traffic to eu-central-1"), "{error}");

    // A failback that was rolled back leaves traffic where the failover moved it.
    world.with(|state| state.answers.push_back(ApprovalAnswer::Denied { by: "ada@ops".into(), reason: "no".into() }));
    let mut engine = start(&world, &store, Direction::Failback).await.expect("a start");
    let end = engine.drive().await.expect("an end").end;
    assert!(matches!(end, End::RolledBack | End::Refused), "{end:?}");
    assert!(matches!(journal(&store).await, Err(InUse::LeftActive { .. })));

    let mut engine = start(&world, &store, Direction::Failback).await.expect("a start");
    assert_eq!(engine.drive().await.expect("an end").end, End::Succeeded);
    assert!(journal(&store).await.is_ok());
    assert_eq!(json!(world.values("app.shop.test")), json!(PRIMARY));
}
