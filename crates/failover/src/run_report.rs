//! What a run did and how long it took, told from its journal alone.
//!
//! Persisted format, version 1: a JSON object with the fields of [`RunReport`], published as
//! `docs/schema/run.json`. A field is only ever added; a change of meaning raises the version.

use crate::{Call, DatabaseReport, ObservationReport, RecordOwner, RecoveryPoint};
use pilotlight_findings::{Finding, Region, Side};
use serde::{Deserialize, Serialize};

/// Version of the JSON that [`RunReport`] serializes to.
pub const RUN_REPORT_SCHEMA_VERSION: u32 = 1;

/// The report of one run. Times are RFC 3339 in UTC, durations whole milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunReport {
    /// [`RUN_REPORT_SCHEMA_VERSION`]
    pub schema_version: u32,
    /// The run's id.
    pub run: String,
    /// The plan's name.
    pub plan: String,
    /// `failover` or `failback`
    pub job: String,
    /// `away` or `home` where the run is a part of a live drill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
    /// SHA-256 of the compiled run.
    pub digest: String,
    /// Who started it.
    pub operator: String,
    /// `succeeded`, `rolled_back`, `aborted`, `failed`, `stopped` or `unfinished`
    pub outcome: String,
    /// One line: why it ended so.
    pub detail: String,
    /// The region that serves when the run began.
    pub from: Endpoint,
    /// The region it moved, or was to move, the traffic to.
    pub to: Endpoint,
    /// When the first event was written.
    pub started_at: String,
    /// When the last event was written, where the run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Recovery time against its objective.
    pub recovery_time: RecoveryTime,
    /// Loss of data against its objective; none where the plan has no database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_point: Option<RecoveryPoint>,
    /// Each database of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<DatabaseReport>,
    /// The phases in order, with their steps.
    pub phases: Vec<PhaseReport>,
    /// The records that the run was to move.
    pub records: Vec<RecordMove>,
    /// Whose Terraform has each of them, and what its next apply would do; none where it was not looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<RecordOwner>,
    /// Each check, before and after.
    pub checks: Vec<CheckReport>,
    /// What was watched after the switch; none where the plan says nothing of it, or the run did not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<ObservationReport>,
    /// Stops, resumes, approvals, skips, takeovers, rollbacks and aborts that were taken back, in order.
    pub interventions: Vec<Intervention>,
    /// What else there is to say.
    pub findings: Vec<Finding>,
}

/// A side of the plan and its region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its role in the plan.
    pub side: Side,
    /// Its region.
    pub region: Region,
}

/// Recovery time: how long the service was away, as far as the run can know it.
///
/// Without databases it is from the first event of the run to the moment when every name server answers with the new
/// values and every `after` check was seen green ([`RecoveryTime::traffic_ms`]). Where databases were promoted it is
/// from the last write that the old side took to the first one that somebody else made at the new side; `since` and
/// `until` say which moments were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryTime {
    /// The plan's `objectives.rto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective_ms: Option<u64>,
    /// Measured, from `since` to `until`; absent while, or where, traffic did not arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_ms: Option<u64>,
    /// Whether it is an upper bound: the service ended no earlier than `since`, and may have lived on, as with a standby
    /// that was cut off before; or it was back no later than `until`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
    /// When the service ended; absent where nothing was measured, and in reports from before there was this field:
    /// those measured from the run's first event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// When it was back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// From the run's first event to the moment when every name server answers with the new values and every `after`
    /// check was seen green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_ms: Option<u64>,
}

/// A moment and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// RFC 3339 in UTC.
    pub at: String,
    /// What it is, for a person: `the last commit that database orders had from the primary`.
    pub what: String,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseReport {
    /// `preflight`, `switch`, …
    pub phase: String,
    /// When it began; absent where it was never reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// How long it took; absent while it is not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Its steps in order.
    pub steps: Vec<StepReport>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepReport {
    /// Its id in the run.
    pub step: String,
    /// What it does, for a person.
    pub title: String,
    /// `done`, `already_done`, `failed`, `unknown`, `skipped`, `undone`, `pending` or `in_doubt`
    pub status: String,
    /// When it was first intended or observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// From there to its outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How often it acted.
    pub attempts: u32,
    /// One line: the outcome.
    pub detail: String,
    /// The calls that it makes, as the dry run told them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
}

/// A record of a traffic set, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordMove {
    /// The hosted zone's name.
    pub zone: String,
    /// The record's name.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`
    pub record_type: String,
    /// Seconds; none of an alias, which has its target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// Values when the run was compiled.
    pub before: Vec<String>,
    /// Values that the run sets.
    pub after: Vec<String>,
    /// Whether they were observed at every name server.
    pub moved: bool,
}

/// One probe of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckReport {
    /// Its name in the plan.
    pub name: String,
    /// `http`, `tcp`, `dns`, `command`
    pub kind: String,
    /// `before` or `after`
    pub when: String,
    /// `green`, `red`, `unknown` or `pending`
    pub status: String,
    /// How long the last attempt took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// One line.
    pub detail: String,
}

/// What a person did to the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervention {
    /// When.
    pub at: String,
    /// `stopped`, `resumed`, `approved`, `denied`, `skipped`, `takeover`, `rollback`, or `withdrawn` where the way back was
    /// taken back
    pub what: String,
    /// Who, where it was a person.
    pub by: String,
    /// One line.
    pub detail: String,
}
