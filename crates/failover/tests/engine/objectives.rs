//! The recovery time objective before the outage, and what a run needs to be allowed.

use crate::estate::*;
use pilotlight_failover::*;
use pilotlight_findings::{Severity, Side, codes};
use pilotlight_journal::MemoryStore;
use std::time::Duration;

/// The report of a failover that was carried out in memory.
async fn carried_out() -> RunReport {
    let world = world(Side::Primary);
    let store = MemoryStore::new("journal");
    let mut engine = start(&world, &store, Direction::Failover).await.expect("a start");
    engine.drive().await.expect("an end");
    report(engine.journal().events()).expect("a report")
}

fn judged(facts: &RecoveryFacts) -> Vec<(String, Severity)> {
    facts.findings.iter().map(|finding| (finding.code.to_string(), finding.severity)).collect()
}

#[tokio::test]
async fn what_was_measured_is_held_against_the_objective() {
    let run = carried_out().await;
    assert!(is_measured_failover(&run));
    let took = Duration::from_millis(run.recovery_time.measured_ms.expect("measured"));
    let fits = recovery_time("shop", took, None, Some(&run));
    assert_eq!(judged(&fits), []);
    assert!(fits.facts.iter().any(|fact| fact.starts_with("measured ")), "{:?}", fits.facts);
    let missed = recovery_time("shop", took - Duration::from_millis(1), None, Some(&run));
    assert_eq!(judged(&missed), [("PL-V111".to_owned(), Severity::Error)]);
    assert!(missed.findings[0].remedy.as_deref().is_some_and(|remedy| remedy.contains(&run.run)), "{missed:?}");
}

#[tokio::test]
async fn one_that_was_never_measured_is_a_warning() {
    let facts = recovery_time("shop", Duration::from_secs(900), None, None);
    assert_eq!(judged(&facts), [("PL-V112".to_owned(), Severity::Warning)]);
    for outcome in ["rolled_back", "aborted", "unfinished"] {
        let run = RunReport { outcome: outcome.into(), ..carried_out().await };
        assert!(!is_measured_failover(&run), "{outcome}");
    }
    let back = RunReport { job: "failback".into(), ..carried_out().await };
    assert!(!is_measured_failover(&back));
    // A run that found the records at their target moved nobody, however fast it was.
    let mut idle = carried_out().await;
    idle.records.iter_mut().for_each(|record| record.before = record.after.clone());
    assert!(!is_measured_failover(&idle));
}

#[tokio::test]
async fn time_limits_that_do_not_fit_are_a_note_and_name_the_longest() {
    let run = compiled(&world(Side::Primary), Direction::Failover).await;
    let facts = recovery_time("shop", Duration::from_secs(90), Some(&run), Some(&carried_out().await));
    let [finding] = facts.findings.as_slice() else { panic!("{facts:?}") };
    assert_eq!((finding.code, finding.severity), (codes::V_RTO_LIMITS, Severity::Info));
    let text = format!("{:?}", finding.evidence);
    assert!(text.contains("verify/name-servers/") || text.contains("command"), "{text}");
    let wide = recovery_time("shop", Duration::from_secs(7_200), Some(&run), Some(&carried_out().await));
    assert_eq!(judged(&wide), []);
    assert!(wide.facts.iter().any(|fact| fact.starts_with("TTL ")), "{:?}", wide.facts);
}

#[tokio::test]
async fn a_run_names_what_it_needs_to_be_allowed() {
    let run = compiled(&world(Side::Primary), Direction::Failover).await;
    let needed = run_permissions(&run);
    let named: Vec<String> = needed.iter().map(|one| format!("{} {}", one.action, one.resource)).collect();
    assert_eq!(
        named,
        [
            "route53:ListHostedZonesByName *",
            "route53:GetChange arn:aws:route53:::change/*",
            "route53:ChangeResourceRecordSets arn:aws:route53:::hostedzone/Z1",
            "route53:GetHostedZone arn:aws:route53:::hostedzone/Z1",
            "route53:ListResourceRecordSets arn:aws:route53:::hostedzone/Z1",
        ]
    );
    let change = needed.iter().find(|one| one.action == "route53:ChangeResourceRecordSets").expect("it moves records");
    assert!(change.needed_by.starts_with("switch/"), "{change:?}");
}
