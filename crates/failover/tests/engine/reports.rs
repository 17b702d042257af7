//! The report, at each moment of a run.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::{Side, codes};
use pilotlight_journal::MemoryStore;

#[tokio::test]
async fn a_report_can_be_told_from_any_beginning_of_a_journal() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    engine.drive().await.expect("an end");
    let events = engine.journal().events();
    for length in 1..events.len() {
        let report = report(&events[..length]).expect("a report");
        assert_eq!(report.outcome, "unfinished");
        assert_eq!(report.finished_at, None);
    }
    assert!(report(&[]).is_err());
    let report = report(events).expect("a report");
    assert_eq!(report.outcome, "succeeded");
    assert_eq!(report.detail, "traffic is on the standby, eu-central-1");
    assert_eq!((report.from.side, report.to.side), (Side::Primary, Side::Standby));
    let phases: Vec<_> = report.phases.iter().map(|phase| phase.phase.as_str()).collect();
    assert_eq!(phases, ["preflight", "freeze", "scale", "switch", "verify", "finish"]);
    assert!(report.phases.iter().all(|phase| phase.duration_ms.is_some()));
    let mut steps = report.phases.iter().flat_map(|phase| &phase.steps);
    let switch = steps.find(|step| step.step == "switch/storefront/shop.test").expect("the switch");
    let change = switch.calls.iter().find(|call| call.operation == "ChangeResourceRecordSets").expect("its change");
    assert_eq!(
        (change.region.as_ref().map(|region| region.as_str()), change.plane),
        (Some("us-east-1"), Plane::Control)
    );
    let records: Vec<_> = report.records.iter().map(|record| (record.name.as_str(), record.moved)).collect();
    assert_eq!(records, [("app.shop.test", true), ("www.shop.test", true), ("api.shop.test", true)]);
    assert_eq!(report.records[0].before, PRIMARY);
    assert_eq!(report.records[0].after, STANDBY);
    let checks: Vec<_> =
        report.checks.iter().map(|check| (check.name.as_str(), check.when.as_str(), check.status.as_str())).collect();
    assert_eq!(
        checks,
        [
            ("target", "before", "green"),
            ("storefront", "before", "green"),
            ("storefront", "after", "green"),
            ("address", "after", "green")
        ]
    );
    let total: u64 = report.phases.iter().filter_map(|phase| phase.duration_ms).sum();
    let measured = report.recovery_time.measured_ms.expect("measured");
    assert!(measured > 7_000 && measured <= total + 1_000, "{measured} of {total} ms");
    assert_eq!(report.recovery_time.objective_ms, Some(900_000));
}

#[tokio::test]
async fn a_missed_objective_is_a_finding() {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let plan = plan_of(&PLAN.replace("\"15m\"", "\"5s\""));
    let observed = observe(&plan, &world, &world).await.expect("observed");
    let run = compile(&plan, Direction::Failover, &observed, &States).expect("compiled");
    let stores = pilotlight_journal::JournalStores::one(store);
    let mut engine = Engine::start(run, "ada@ops", None, &stores, world.ports()).await.expect("a start");
    engine.drive().await.expect("an end");
    assert!(report_of(&engine).findings.iter().any(|finding| finding.code == codes::F_RTO_MISSED));
}

#[tokio::test]
async fn a_stopped_run_says_what_to_do() {
    let world = world(Side::Primary);
    world.with(|state| state.answers.push_back(ApprovalAnswer::Later));
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    engine.drive().await.expect("a stop");
    let report = report_of(&engine);
    let finding = report.findings.iter().find(|finding| finding.code == codes::F_STOPPED).expect("a finding");
    assert!(finding.remedy.as_deref().is_some_and(|remedy| remedy.contains("run approve")));
    assert_eq!(report.outcome, "stopped");
}
