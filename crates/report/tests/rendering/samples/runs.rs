//! Runs of the sample estate: the journal's story in every way that it can end.

use pilotlight_failover::{
    CheckReport, Endpoint, Intervention, PhaseReport, RUN_REPORT_SCHEMA_VERSION, RecordMove, RecoveryTime, RunReport,
    StepReport,
};
use pilotlight_findings::{Evidence, Finding, Region, Severity, Side, Subject, codes};

const RUN: &str = "01934c1e-7a52-7c31-9d0e-5b8f2a6c4e10";

fn at(ms: u64) -> String {
    let minutes = ms / 60_000;
    format!("2026-11-21T{:02}:{:02}:{:02}.{:03}Z", 3 + minutes / 60, minutes % 60, ms / 1_000 % 60, ms % 1_000)
}

fn step(step: &str, title: &str, status: &str, start: u64, took: u64, detail: &str) -> StepReport {
    StepReport {
        step: step.into(),
        title: title.into(),
        status: status.into(),
        started_at: Some(at(start)),
        duration_ms: Some(took),
        attempts: u32::from(status != "already_done"),
        detail: detail.into(),
        calls: Vec::new(),
    }
}

fn pending(id: &str, title: &str) -> StepReport {
    StepReport { started_at: None, duration_ms: None, attempts: 0, ..step(id, title, "pending", 0, 0, "") }
}

fn phase(phase: &str, steps: Vec<StepReport>) -> PhaseReport {
    let millis = |text: &String| {
        let time = text.parse::<jiff::Timestamp>().expect("a time");
        u64::try_from(time.as_millisecond()).expect("after 1970")
    };
    let began = steps.iter().filter_map(|step| step.started_at.as_ref()).map(millis).min();
    let ended = steps.iter().filter_map(|step| Some(millis(step.started_at.as_ref()?) + step.duration_ms?)).max();
    let over = steps.iter().all(|step| step.duration_ms.is_some());
    PhaseReport {
        phase: phase.into(),
        started_at: steps.iter().find_map(|step| step.started_at.clone()),
        duration_ms: began.zip(ended).filter(|_| over).map(|(began, ended)| ended - began),
        steps,
    }
}

fn check(name: &str, kind: &str, when: &str, status: &str, latency_ms: Option<u64>, detail: &str) -> CheckReport {
    CheckReport {
        name: name.into(),
        kind: kind.into(),
        when: when.into(),
        status: status.into(),
        latency_ms,
        detail: detail.into(),
    }
}

fn intervention(ms: u64, what: &str, by: &str, detail: &str) -> Intervention {
    Intervention { at: at(ms), what: what.into(), by: by.into(), detail: detail.into() }
}

/// All nine phases, and well under the objective.
pub(crate) fn succeeded() -> RunReport {
    let phases = vec![
        phase(
            "preflight",
            vec![
                step(
                    "preflight/records/storefront",
                    "Read app.shop.test A in zone shop.test",
                    "done",
                    200,
                    640,
                    "127.0.1.10, 127.0.1.11; as compiled",
                ),
                step("preflight/check/storefront", "Check storefront in eu-central-1", "done", 840, 95, "200 OK"),
                step("preflight/check/orders-db", "Check orders-db in eu-central-1", "done", 935, 210, "connected"),
            ],
        ),
        phase(
            "freeze",
            vec![step("freeze/command/pause-batch", "Run ./scripts/pause-batch.sh", "done", 1_200, 3_900, "exit 0")],
        ),
        phase(
            "fence",
            vec![step("fence/command/lock", "Run ./scripts/fence.sh eu-west-1", "done", 5_150, 2_100, "exit 0")],
        ),
        phase(
            "promote",
            vec![step("promote/command/db", "Run ./scripts/promote.sh orders", "done", 7_300, 11_800, "exit 0")],
        ),
        phase(
            "scale",
            vec![step(
                "scale/command/web",
                "Run ./scripts/scale.sh 6",
                "already_done",
                19_150,
                350,
                "6 of 6 instances are in service",
            )],
        ),
        phase(
            "switch",
            vec![
                step(
                    "switch/approval/incident-commander",
                    "approval incident-commander before switch, towards the standby",
                    "done",
                    19_550,
                    4_100,
                    "approved by ana@bastion",
                ),
                step(
                    "switch/storefront/shop.test",
                    "Move app.shop.test A to eu-central-1",
                    "done",
                    23_700,
                    1_300,
                    "change C2682N5HXP0BZ4 submitted",
                ),
                step(
                    "switch/insync/shop.test",
                    "Wait until Route 53 has the change everywhere",
                    "done",
                    25_000,
                    9_800,
                    "INSYNC",
                ),
            ],
        ),
        phase(
            "verify",
            vec![
                step(
                    "verify/name-servers/storefront",
                    "Ask the 4 name servers of shop.test",
                    "done",
                    34_850,
                    1_050,
                    "4 of 4 answer 127.0.2.10, 127.0.2.11",
                ),
                step(
                    "verify/check/storefront",
                    "Check storefront through app.shop.test",
                    "done",
                    35_900,
                    6_240,
                    "200 OK from eu-central-1",
                ),
            ],
        ),
        phase(
            "observe",
            vec![step("observe/command/watch", "Run ./scripts/watch.sh 10", "done", 42_200, 10_000, "all green")],
        ),
        phase(
            "finish",
            vec![step("finish/command/announce", "Run ./scripts/announce.sh", "done", 52_250, 600, "exit 0")],
        ),
    ];
    RunReport {
        schema_version: RUN_REPORT_SCHEMA_VERSION,
        run: RUN.into(),
        plan: "shop".into(),
        job: "failover".into(),
        drill: None,
        digest: "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab".into(),
        operator: "ana@bastion".into(),
        outcome: "succeeded".into(),
        detail: "every step is done, and every check is green".into(),
        from: Endpoint { side: Side::Primary, region: Region::new("eu-west-1").expect("region") },
        to: Endpoint { side: Side::Standby, region: Region::new("eu-central-1").expect("region") },
        started_at: at(0),
        finished_at: Some(at(52_900)),
        recovery_time: RecoveryTime {
            objective_ms: Some(900_000),
            measured_ms: Some(42_140),
            at_most: false,
            since: None,
            until: None,
            traffic_ms: None,
        },
        recovery_point: None,
        databases: Vec::new(),
        phases,
        records: vec![RecordMove {
            zone: "shop.test".into(),
            name: "app.shop.test".into(),
            record_type: "A".into(),
            ttl: Some(30),
            before: vec!["127.0.1.10".into(), "127.0.1.11".into()],
            after: vec!["127.0.2.10".into(), "127.0.2.11".into()],
            moved: true,
        }],
        owners: Vec::new(),
        checks: vec![
            check("storefront", "http", "before", "green", Some(95), "200 OK"),
            check("orders-db", "tcp", "before", "green", Some(12), "connected to 127.0.2.20:5432"),
            check("storefront", "http", "after", "green", Some(48), "200 OK from eu-central-1"),
        ],
        observation: None,
        interventions: vec![intervention(23_600, "approved", "ana@bastion", "incident 4711, region is gone")],
        findings: vec![],
    }
}

/// The fence could not be proven: everything before it was undone.
pub(crate) fn rolled_back() -> RunReport {
    let phases = vec![
        phase(
            "preflight",
            vec![step(
                "preflight/records/storefront",
                "Read app.shop.test A in zone shop.test",
                "done",
                200,
                640,
                "as compiled",
            )],
        ),
        phase(
            "freeze",
            vec![step(
                "freeze/command/pause-batch",
                "Run ./scripts/pause-batch.sh",
                "undone",
                1_200,
                3_900,
                "undone with ./scripts/resume-batch.sh: exit 0",
            )],
        ),
        phase(
            "fence",
            vec![step(
                "fence/command/lock",
                "Run ./scripts/fence.sh eu-west-1",
                "failed",
                5_150,
                30_000,
                "exit 1 after 30 s: connection timed out",
            )],
        ),
        phase("promote", vec![pending("promote/command/db", "Run ./scripts/promote.sh orders")]),
        phase("scale", vec![pending("scale/command/web", "Run ./scripts/scale.sh 6")]),
        phase(
            "switch",
            vec![
                pending("switch/storefront/shop.test", "Move app.shop.test A to eu-central-1"),
                pending("switch/insync/shop.test", "Wait until Route 53 has the change everywhere"),
            ],
        ),
        phase("verify", vec![pending("verify/name-servers/storefront", "Ask the 4 name servers of shop.test")]),
        phase("observe", vec![]),
        phase("finish", vec![]),
    ];
    let mut run = RunReport {
        outcome: "rolled_back".into(),
        detail: "fence/command/lock failed: exit 1 after 30 s".into(),
        finished_at: Some(at(38_300)),
        phases,
        interventions: vec![intervention(35_200, "rollback", "", "fence/command/lock failed before the switch")],
        findings: vec![
            Finding::new(
                codes::F_ROLLED_BACK,
                Severity::Error,
                Subject::Step { run: RUN.into(), step: "fence/command/lock".into() },
                "the step failed, so the run undid what it had done",
            )
            .with(Evidence::fact("stderr", "ssh: connect to host 127.0.1.9 port 22: Connection timed out"))
            .remedy("make the fence reachable, or take it out of the plan, and start again"),
        ],
        ..succeeded()
    };
    run.recovery_time.measured_ms = None;
    run.records[0].moved = false;
    run.checks[2] = check("storefront", "http", "after", "pending", None, "");
    run
}

/// Somebody changed the record between compile and apply.
pub(crate) fn refused() -> RunReport {
    let mut run = rolled_back();
    run.detail = "app.shop.test A was changed by somebody else".into();
    run.phases[0] = phase(
        "preflight",
        vec![step(
            "preflight/records/storefront",
            "Read app.shop.test A in zone shop.test",
            "failed",
            200,
            640,
            "192.0.2.66; not as compiled",
        )],
    );
    run.phases[1] = phase("freeze", vec![pending("freeze/command/pause-batch", "Run ./scripts/pause-batch.sh")]);
    run.phases[2] = phase("fence", vec![pending("fence/command/lock", "Run ./scripts/fence.sh eu-west-1")]);
    let record = Subject::Record { zone: "shop.test".into(), name: "app.shop.test".into(), record_type: "A".into() };
    run.findings = vec![
        Finding::new(codes::F_REFUSED, Severity::Error, Subject::Plan { name: "shop".into() }, run.detail.clone()),
        Finding::new(
            codes::F_RECORD_CHANGED,
            Severity::Error,
            record,
            "was changed by somebody else after the run was compiled",
        )
        .with(Evidence::change("found", serde_json::json!(["127.0.1.10"]), serde_json::json!(["192.0.2.66"]))),
    ];
    run
}

/// After the switch a check stayed red: the run waits for a person.
pub(crate) fn stopped() -> RunReport {
    let mut run = succeeded();
    run.outcome = "stopped".into();
    run.detail = "verify/check/storefront is red after the switch".into();
    run.finished_at = None;
    run.recovery_time.measured_ms = None;
    run.phases[6] = phase(
        "verify",
        vec![
            step(
                "verify/name-servers/storefront",
                "Ask the 4 name servers of shop.test",
                "done",
                34_850,
                1_050,
                "4 of 4 answer",
            ),
            step(
                "verify/check/storefront",
                "Check storefront through app.shop.test",
                "failed",
                35_900,
                30_000,
                "503 Service Unavailable",
            ),
        ],
    );
    run.phases[7] = phase("observe", vec![pending("observe/command/watch", "Run ./scripts/watch.sh 10")]);
    run.phases[8] = phase("finish", vec![pending("finish/command/announce", "Run ./scripts/announce.sh")]);
    run.checks[2] = check("storefront", "http", "after", "red", Some(30), "503 Service Unavailable");
    run.interventions.push(intervention(65_950, "stopped", "", "verify/check/storefront is red after the switch"));
    run
}

/// Killed in the switch, taken over 40 minutes later, finished over the objective.
pub(crate) fn taken_over() -> RunReport {
    let later = 2_400_000;
    let mut run = succeeded();
    run.detail = "taken over and finished; one step was skipped".into();
    run.phases[5].steps[2] = StepReport {
        attempts: 2,
        ..step(
            "switch/insync/shop.test",
            "Wait until Route 53 has the change everywhere",
            "done",
            later + 26_000,
            3_000,
            "INSYNC",
        )
    };
    run.phases[5].duration_ms = Some(later + 9_400);
    run.phases[6] = phase(
        "verify",
        vec![
            step(
                "verify/name-servers/storefront",
                "Ask the 4 name servers of shop.test",
                "done",
                later + 29_050,
                1_050,
                "4 of 4 answer",
            ),
            step(
                "verify/check/storefront",
                "Check storefront through app.shop.test",
                "done",
                later + 30_100,
                240,
                "200 OK",
            ),
        ],
    );
    run.phases[7] = phase(
        "observe",
        vec![step(
            "observe/command/watch",
            "Run ./scripts/watch.sh 10",
            "skipped",
            later + 31_000,
            10,
            "skipped by bo@laptop: seen by hand",
        )],
    );
    run.phases[8] = phase(
        "finish",
        vec![step("finish/command/announce", "Run ./scripts/announce.sh", "done", later + 31_100, 600, "exit 0")],
    );
    run.recovery_time.measured_ms = Some(later + 30_340);
    run.finished_at = Some(at(later + 31_800));
    run.interventions.extend([
        intervention(later + 25_700, "takeover", "bo@laptop", "from executor 01934c1e-7a53 of ana@bastion"),
        intervention(later + 25_900, "resumed", "bo@laptop", ""),
        intervention(later + 30_900, "skipped", "bo@laptop", "observe/command/watch: seen by hand"),
    ]);
    run
}

/// Waits for the incident commander.
pub(crate) fn waits_for_approval() -> RunReport {
    let mut run = rolled_back();
    run.outcome = "stopped".into();
    run.detail = "waits for approval incident-commander".into();
    run.phases[2].steps[0] =
        step("fence/command/lock", "Run ./scripts/fence.sh eu-west-1", "done", 5_150, 2_100, "exit 0");
    run.phases[5].steps.insert(
        0,
        pending("switch/approval/incident-commander", "approval incident-commander before switch, towards the standby"),
    );
    for at in [3, 4] {
        run.phases[at].steps[0].status = "done".into();
    }
    run.interventions = vec![intervention(35_200, "stopped", "", "waits for approval incident-commander")];
    run.findings.clear();
    run
}

/// Its executor was killed with a step in doubt.
pub(crate) fn unfinished() -> RunReport {
    let mut run = stopped();
    run.outcome = "unfinished".into();
    run.detail = "the last event is the intent of switch/storefront/shop.test".into();
    run.phases[5].duration_ms = None;
    run.phases[5].steps[1] = StepReport {
        status: "in_doubt".into(),
        duration_ms: None,
        detail: String::new(),
        ..run.phases[5].steps[1].clone()
    };
    run.phases[5].steps[2] = pending("switch/insync/shop.test", "Wait until Route 53 has the change everywhere");
    run.phases[6] =
        phase("verify", vec![pending("verify/name-servers/storefront", "Ask the 4 name servers of shop.test")]);
    run.records[0].moved = false;
    run.interventions.truncate(1);
    run
}

/// Every sample, by the outcome that it shows.
pub(crate) fn all() -> Vec<RunReport> {
    let mut failed = stopped();
    failed.outcome = "failed".into();
    let mut aborted = rolled_back();
    aborted.outcome = "aborted".into();
    vec![
        succeeded(),
        rolled_back(),
        stopped(),
        taken_over(),
        unfinished(),
        waits_for_approval(),
        refused(),
        failed,
        aborted,
    ]
}
