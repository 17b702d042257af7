//! Live drills of the sample estate, in the ways that they can end.

use super::{every_shape as shapes, runs};
use pilotlight_failover::live_drill::*;
use pilotlight_failover::{Endpoint, ObservationReport, ObservedCheckReport, RecoveryPoint, RunReport};
use pilotlight_findings::{Finding, Region, Severity, Side, Subject, codes};

fn away() -> RunReport {
    RunReport { drill: Some("away".into()), ..runs::succeeded() }
}

fn home() -> RunReport {
    let endpoint = |side, region: &str| Endpoint { side, region: Region::new(region).expect("region") };
    RunReport {
        run: "01934c2f-0000-7000-8000-000000000001".into(),
        job: "failback".into(),
        drill: Some("home".into()),
        from: endpoint(Side::Standby, "eu-central-1"),
        to: endpoint(Side::Primary, "eu-west-1"),
        detail: "traffic is on the primary, eu-west-1".into(),
        ..runs::succeeded()
    }
}

fn drilled(report: RunReport, expected_ms: Option<u64>) -> DrilledRun {
    DrilledRun { past_runs: if expected_ms.is_some() { 3 } else { 0 }, expected_ms, ttl_ms: 30_000, report }
}

fn watched(errors: u64) -> ObservationReport {
    ObservationReport {
        for_ms: 600_000,
        quota: 100,
        probes: 120,
        errors,
        within: errors < 2,
        checks: vec![ObservedCheckReport {
            name: "storefront".into(),
            probes: 120,
            errors,
            last_error: (errors > 0).then(|| "red: status 503".into()),
            status_before: Some("green".into()),
            latency_before_ms: Some(95),
            latency_ms: Some(110),
            slower: false,
            count_before: None,
            count: None,
            other_count: false,
        }],
    }
}

/// There and back, with nothing to fix.
pub(crate) fn done() -> DrillReport {
    DrillReport {
        schema_version: DRILL_REPORT_SCHEMA_VERSION,
        plan: "shop".into(),
        operator: "ana@bastion".into(),
        started_at: away().started_at,
        finished_at: Some("2026-11-21T03:12:40.000Z".into()),
        outcome: "done".into(),
        detail: "traffic is on the primary, eu-west-1".into(),
        traffic: Traffic::Home,
        stay: Stay { planned_ms: 600_000, lasted_ms: Some(600_400), observation: Some(watched(0)) },
        stop_rule: StopRuleReport { stop_after_ms: 900_000, quota: 100, struck: None },
        deviations: Vec::new(),
        fix: Vec::new(),
        runs: vec![drilled(away(), Some(40_000)), drilled(home(), None)],
    }
}

/// Red checks during the stay.
pub(crate) fn stopped_early() -> DrillReport {
    let reason = "3 of 9 probes were not green (33.33%), and 1% may be: check storefront 3 of 9, last red: status 503";
    let subject = Subject::Step { run: away().run, step: "observe/checks".into() };
    DrillReport {
        outcome: "stopped_early".into(),
        detail: format!("the stop rule ended the stay: {reason}"),
        stay: Stay { planned_ms: 600_000, lasted_ms: Some(12_300), observation: Some(watched(3)) },
        stop_rule: StopRuleReport {
            stop_after_ms: 900_000,
            quota: 100,
            struck: Some(Struck {
                at: "2026-11-21T03:01:02.000Z".into(),
                step: "observe/checks".into(),
                reason: reason.into(),
            }),
        },
        deviations: vec![
            Deviation {
                job: "failover".into(),
                what: "slow_step".into(),
                subject: "promote/command/db".into(),
                detail: "Run ./scripts/promote.sh orders".into(),
                took_ms: Some(130_000),
                usual_ms: Some(11_800),
            },
            Deviation {
                job: "failover".into(),
                what: "check".into(),
                subject: "storefront".into(),
                detail: "3 of 9 probes were not green, last red: status 503".into(),
                took_ms: None,
                usual_ms: None,
            },
            Deviation {
                job: "failover".into(),
                what: "person".into(),
                subject: "ana@bastion".into(),
                detail: "approved: switch/approval/incident-commander: go".into(),
                took_ms: None,
                usual_ms: None,
            },
        ],
        fix: vec![
            Finding::new(codes::F_STOP_RULE, Severity::Error, subject, reason)
                .remedy("repair what the checks saw or what took so long, then drill again"),
        ],
        ..done()
    }
}

/// Killed, or stopped by a person, with traffic on the standby.
pub(crate) fn between() -> DrillReport {
    DrillReport {
        outcome: "waits".into(),
        detail: "traffic is on the standby, and the way home was not begun".into(),
        traffic: Traffic::Away,
        finished_at: None,
        runs: vec![drilled(away(), None)],
        ..done()
    }
}

/// The failover failed, and was undone.
pub(crate) fn rolled_back() -> DrillReport {
    let report = RunReport { drill: Some("away".into()), ..runs::rolled_back() };
    DrillReport {
        outcome: "rolled_back".into(),
        detail: report.detail.clone(),
        stay: Stay { planned_ms: 600_000, lasted_ms: None, observation: None },
        fix: report.findings.clone(),
        runs: vec![drilled(report, None)],
        ..done()
    }
}

/// With a database, of which the last writes were lost.
pub(crate) fn lost() -> DrillReport {
    let mut drill = done();
    drill.runs[0].report.recovery_point =
        Some(RecoveryPoint { objective_ms: Some(60_000), measured_ms: Some(1_200), lost_writes: "some".into() });
    drill
}

pub(crate) fn all() -> Vec<DrillReport> {
    vec![done(), stopped_early(), between(), rolled_back(), lost()]
}

/// Every field that there is.
pub(crate) fn every_shape() -> DrillReport {
    DrillReport { runs: vec![drilled(shapes::run(), Some(1))], fix: shapes::report().findings, ..stopped_early() }
}
