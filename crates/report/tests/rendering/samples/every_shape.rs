//! Values with every field present and every variant used. They are written without `..`, so that a new
//! field does not compile until it is here; then the schema must know it too.

use pilotlight_failover::{
    Call, CheckReport, DatabaseReport, Endpoint, FoundLater, Intervention, KeptRowsReport, Moment, NextApply,
    ObservationReport, ObservedCheckReport, OwningResource, PhaseReport, Plane, RecordMove, RecordOwner, RecoveryPoint,
    RecoveryTime, RunReport, StepReport, TableReport,
};
use pilotlight_findings::{
    ApiCalls, Area, AreaName, AreaVerdict, Count, Evidence, Finding, Job, Position, Region, Report, Severity, Side,
    Silenced, Span, Subject, Verdict, codes,
};
use serde_json::json;

pub(crate) const TIME: &str = "2026-11-21T03:00:00.123Z";

/// Every kind of subject. The match makes a new kind fail to compile here.
pub(crate) fn subjects() -> Vec<Subject> {
    let all = vec![
        Subject::Resource {
            stack: "app".into(),
            side: Some(Side::Primary),
            address: "a.b".into(),
            id: Some("i".into()),
        },
        Subject::Stack { stack: "app".into(), side: Some(Side::Standby) },
        Subject::File {
            span: Span { file: "plans/shop.hcl".into(), start: Position { line: 1, column: 2 }, bytes: (1, 5) },
        },
        Subject::Record { zone: "shop.test".into(), name: "app.shop.test".into(), record_type: "A".into() },
        Subject::Check { name: "storefront".into() },
        Subject::Host { host: "ns1.shop.test:53".into() },
        Subject::CloudObject {
            resource_type: "aws_s3_bucket".into(),
            id: "logs".into(),
            region: Region::new("eu-west-1").ok(),
        },
        Subject::Step { run: "r".into(), step: "s".into() },
        Subject::Journal { url: "file:.pilotlight".into() },
        Subject::Plan { name: "shop".into() },
    ];
    for subject in &all {
        match subject {
            Subject::Resource { .. }
            | Subject::Stack { .. }
            | Subject::File { .. }
            | Subject::Record { .. }
            | Subject::Check { .. }
            | Subject::Host { .. }
            | Subject::CloudObject { .. }
            | Subject::Step { .. }
            | Subject::Journal { .. }
            | Subject::Plan { .. } => {}
        }
    }
    all
}

fn evidence() -> Vec<Evidence> {
    let all = vec![
        Evidence::Change { attribute: "ttl".into(), old: json!(30), new: json!(null) },
        Evidence::Diff { title: "policy".into(), text: "--- a\n+++ b\n".into() },
        Evidence::Fact { name: "cause".into(), value: "timeout".into() },
    ];
    for piece in &all {
        match piece {
            Evidence::Change { .. } | Evidence::Diff { .. } | Evidence::Fact { .. } => {}
        }
    }
    all
}

fn findings() -> Vec<Finding> {
    let severities = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];
    subjects()
        .into_iter()
        .zip(severities.into_iter().cycle())
        .map(|(subject, severity)| Finding {
            code: codes::R_RESIDUE,
            severity,
            subject,
            message: "m".into(),
            evidence: evidence(),
            remedy: Some("do".into()),
        })
        .collect()
}

pub(crate) fn report() -> Report {
    Report {
        schema_version: pilotlight_findings::REPORT_SCHEMA_VERSION,
        job: Job::Validate,
        plan: Some("shop".into()),
        started_at: TIME.into(),
        duration_ms: 1,
        verdict: Verdict::Incomplete,
        summary: vec![Count { name: "resources".into(), count: 1 }],
        areas: vec![Area {
            name: AreaName::Drift,
            verdict: AreaVerdict::NotReady,
            facts: "f".into(),
            findings: 1,
            codes: vec![codes::D_MISSING],
        }],
        findings: findings(),
        silenced: vec![Silenced {
            subject: Subject::Stack { stack: "app".into(), side: None },
            attribute: "tags".into(),
            old: json!(null),
            new: json!(""),
            rule: "empty-is-absent".into(),
            reason: "r".into(),
        }],
        calls: vec![ApiCalls {
            service: "ec2".into(),
            region: "eu-west-1".into(),
            operation: "DescribeVpcs".into(),
            count: 1,
        }],
    }
}

pub(crate) fn run() -> RunReport {
    let endpoint = |side, region: &str| Endpoint { side, region: Region::new(region).expect("region") };
    RunReport {
        schema_version: pilotlight_failover::RUN_REPORT_SCHEMA_VERSION,
        run: "01934c1e".into(),
        plan: "shop".into(),
        job: "failback".into(),
        drill: Some("home".into()),
        digest: "00".into(),
        operator: "ana@bastion".into(),
        outcome: "stopped".into(),
        detail: "d".into(),
        from: endpoint(Side::Standby, "eu-central-1"),
        to: endpoint(Side::Primary, "eu-west-1"),
        started_at: TIME.into(),
        finished_at: Some(TIME.into()),
        recovery_time: RecoveryTime {
            objective_ms: Some(1),
            measured_ms: Some(2),
            at_most: true,
            since: Some(moment("the last commit")),
            until: Some(moment("the first write")),
            traffic_ms: Some(3),
        },
        recovery_point: Some(RecoveryPoint { objective_ms: Some(1), measured_ms: Some(2), lost_writes: "some".into() }),
        databases: vec![DatabaseReport {
            name: "orders".into(),
            fence: "failed".into(),
            fence_reasons: vec!["r".into()],
            fenced_late: true,
            other_databases: vec!["stock".into()],
            promoted: true,
            lost_writes: "some".into(),
            left_behind_rows: Some(0),
            missing_bytes: Some(1),
            missing_ms: Some(2),
            last_commit_at: Some(TIME.into()),
            last_commit_age_ms: Some(3),
            found_later: Some(FoundLater { run: "r".into(), rows: 1, file: "f".into() }),
            second_writer: "unknown".into(),
            kept: Some(KeptRowsReport {
                rows: 1,
                file: "f".into(),
                tables: vec![table()],
                not_fenced: Some("r".into()),
            }),
            tables: vec![table()],
        }],
        phases: vec![PhaseReport {
            phase: "switch".into(),
            started_at: Some(TIME.into()),
            duration_ms: Some(1),
            steps: vec![StepReport {
                step: "s".into(),
                title: "t".into(),
                status: "done".into(),
                started_at: Some(TIME.into()),
                duration_ms: Some(1),
                attempts: 1,
                detail: "d".into(),
                calls: vec![Call {
                    service: "route53".into(),
                    operation: "ChangeResourceRecordSets".into(),
                    region: Region::new("us-east-1").ok(),
                    plane: Plane::Control,
                }],
            }],
        }],
        records: vec![RecordMove {
            zone: "shop.test".into(),
            name: "app.shop.test".into(),
            record_type: "A".into(),
            ttl: Some(30),
            before: vec!["192.0.2.1".into()],
            after: vec!["192.0.2.2".into()],
            moved: false,
        }],
        owners: vec![RecordOwner {
            zone: "shop.test".into(),
            name: "app.shop.test".into(),
            record_type: "A".into(),
            set_identifier: Some("primary".into()),
            attribute: "records".into(),
            resource: Some(OwningResource {
                stack: "app".into(),
                side: Side::Primary,
                address: "aws_route53_record.app".into(),
                place: Some("app/dns.tf:1:1".into()),
            }),
            next_apply: NextApply::Reverts,
            detail: "d".into(),
            remedy: Some("r".into()),
        }],
        checks: vec![CheckReport {
            name: "c".into(),
            kind: "http".into(),
            when: "after".into(),
            status: "green".into(),
            latency_ms: Some(1),
            detail: "d".into(),
        }],
        observation: Some(ObservationReport {
            for_ms: 1,
            quota: 100,
            probes: 2,
            errors: 1,
            within: false,
            checks: vec![ObservedCheckReport {
                name: "c".into(),
                probes: 2,
                errors: 1,
                last_error: Some("red: d".into()),
                status_before: Some("green".into()),
                latency_before_ms: Some(1),
                latency_ms: Some(2),
                slower: true,
                count_before: Some(3),
                count: Some(4),
                other_count: true,
            }],
        }),
        interventions: vec![Intervention {
            at: TIME.into(),
            what: "stopped".into(),
            by: "ana".into(),
            detail: "d".into(),
        }],
        findings: findings(),
    }
}

fn moment(what: &str) -> Moment {
    Moment { at: TIME.into(), what: what.into() }
}

fn table() -> TableReport {
    TableReport {
        table: "orders".into(),
        verdict: "differs".into(),
        old_rows: Some(1),
        new_rows: Some(1),
        only_old: Some(1),
        only_new: Some(1),
        differing: Some(1),
        keys: vec!["{\"id\":1}".into()],
    }
}
