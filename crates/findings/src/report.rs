//! The envelope around findings: what ran, over what, with which verdict.
//!
//! Persisted format, version 1: a JSON object with the fields of [`Report`], published as
//! `docs/schema/report.json`. A field is only ever added; a change of meaning raises the version.

use crate::{Area, Finding, Severity, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Version of the JSON that [`Report`] serializes to.
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// The job that a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// State against live.
    Drift,
    /// Primary's HCL to standby.
    Rebuild,
    /// Is the standby ready?
    Validate,
    /// The standby is taken down.
    Destroy,
}

/// What a job concludes, and with it the program's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to report: exit 0.
    Clean,
    /// Drift, or not ready: exit 2.
    Findings,
    /// Something could not be read, so there is no clean verdict: exit 3. Where there are findings
    /// as well, the verdict is [`Verdict::Findings`] and the report says what is unread.
    Incomplete,
}

impl Verdict {
    /// The exit code that stands for it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 2,
            Self::Incomplete => 3,
        }
    }

    /// The verdict over `findings`, where `unread` says that something could not be read.
    /// Warnings and notes alone are clean.
    pub fn over(findings: &[Finding], unread: bool) -> Self {
        if findings.iter().any(|finding| finding.severity >= Severity::Error && !finding.code.is_unread()) {
            Self::Findings
        } else if unread || findings.iter().any(|finding| finding.code.is_unread()) {
            Self::Incomplete
        } else {
            Self::Clean
        }
    }
}

/// A count for the summary line, `{"name": "changed", "count": 3}`, in the order to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What is counted, as it reads after the number: "resources in sync".
    pub name: String,
    /// How many.
    pub count: u64,
}

/// How many calls an API took.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiCalls {
    /// `ec2`, `route53`
    pub service: String,
    /// `eu-west-1`, or `global`
    pub region: String,
    /// `DescribeInstances`
    pub operation: String,
    /// Requests sent, retries included.
    pub count: u64,
}

/// A difference that a rule took for no drift, so that a reader can see which rule silenced what.
///
/// Its values are redacted where they are read, as those of a finding's evidence are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silenced {
    /// What differs.
    pub subject: Subject,
    /// Path in Terraform's notation, `tags.Name`.
    pub attribute: String,
    /// What was recorded; `null` where it is absent.
    pub old: Value,
    /// What is there now; `null` where it is absent.
    pub new: Value,
    /// The rule's name, as its table has it.
    pub rule: String,
    /// Why the rule holds, as one sentence.
    pub reason: String,
}

/// What a job found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`REPORT_SCHEMA_VERSION`]
    pub schema_version: u32,
    /// Which job.
    pub job: Job,
    /// The plan's name, where there is a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The conclusion.
    pub verdict: Verdict,
    /// Counts for the summary line.
    pub summary: Vec<Count>,
    /// The scorecard, in the order of its areas. Absent where the job has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
    /// What was found, most severe first.
    pub findings: Vec<Finding>,
    /// Differences that are no drift, by the rules that say so. Absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silenced: Vec<Silenced>,
    /// Calls made, by API.
    pub calls: Vec<ApiCalls>,
}
