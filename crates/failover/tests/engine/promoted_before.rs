//! A standby that was promoted before the run, by hand or by one that went back since: it follows nobody.

use crate::databases::{failover, with_servers};
use crate::estate::*;
use pilotlight_failover::simulation::{Server, World};
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_integrity::postgres::ServerRole;

/// The primary is said to be dead. The standby's server is a primary, fenced as a run that went back leaves it.
fn promoted_before(primary: impl FnOnce(&mut Server)) -> World {
    let world = world(Side::Primary);
    with_servers(&world);
    world.with(|state| {
        state.on_broken = None;
        state.mode = Mode::Ungraceful;
        let new = state.servers.at(NEW_URL);
        (new.role, new.timeline, new.fenced) = (ServerRole::Primary, 2, true);
        primary(state.servers.at(OLD_URL));
    });
    world
}

#[tokio::test]
async fn customers_are_not_led_to_what_it_has_while_the_other_takes_writes() {
    let world = promoted_before(|_| ());
    let before = world.with(|state| state.servers.to_string());
    let (_, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Refused, "{conclusion:?}");
    for said in ["is fenced and follows nobody", "the program of resync_standby", "stop the primary's server first"] {
        assert!(conclusion.detail.contains(said), "{said}: {}", conclusion.detail);
    }
    assert_eq!(world.with(|state| (state.servers.to_string(), state.commands.len())), (before, 0));
    assert_eq!(world.values("app.shop.test"), PRIMARY);
}

#[tokio::test]
async fn of_one_whose_other_is_dead_it_is_told_how_old_its_data_is_and_when_customers_were_back() {
    let world = promoted_before(|primary| primary.alive = false);
    world.with(|state| {
        state.lag.clear();
        state.insync_after = std::time::Duration::ZERO;
    });
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let steps = &engine.journal().state().steps;
    let told = "follows nobody: the last commit that it has of the other is of 2027-01-15T08:00:00.000Z";
    for step in ["preflight/database/orders", "promote/measure/orders"] {
        assert!(steps[step].detail.ends_with(told), "{}", steps[step].detail);
    }
    let report = report_of(&engine);
    let lost = report.findings.iter().find(|one| one.code == codes::F_WRITES_LOST).expect("a finding");
    assert!(lost.message.contains("was a primary before this run and followed nobody"), "{}", lost.message);
    assert_eq!(report.databases[0].lost_writes, "unknown");
    assert_eq!(report.databases[0].last_commit_at.as_deref(), Some("2027-01-15T08:00:00.000Z"));
    let until = report.recovery_time.until.expect("an end");
    assert_eq!(until.what, "the first write at database orders of the standby");
    assert_eq!(steps["observe/first-write/orders"].observed["first_write_at"], until.at);
}

#[tokio::test]
async fn one_that_the_other_follows_is_failed_over_to() {
    let world = promoted_before(|primary| (primary.role, primary.timeline) = (ServerRole::Standby, 2));
    let (engine, conclusion) = failover(&world).await;
    assert_eq!(conclusion.end, End::Succeeded, "{conclusion:?}");
    let report = report_of(&engine);
    assert!(!report.findings.iter().any(|one| one.message.contains("followed nobody")), "{:?}", report.findings);
    assert_eq!(report.databases[0].fence, "proven");
}
