//! What a live drill did, told from its journal alone.
//!
//! Persisted format, version 1: a JSON object with the fields of [`DrillReport`], published as
//! `docs/schema/drill.json`. A field is only ever added; a change of meaning raises the version.

use crate::{ObservationReport, RunReport};
use pilotlight_findings::Finding;
use serde::{Deserialize, Serialize};

/// Version of the JSON that [`DrillReport`] serializes to.
pub const DRILL_REPORT_SCHEMA_VERSION: u32 = 1;

/// The report of one live drill. Times are RFC 3339 in UTC, durations whole milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillReport {
    /// [`DRILL_REPORT_SCHEMA_VERSION`]
    pub schema_version: u32,
    /// The plan's name.
    pub plan: String,
    /// Who began it.
    pub operator: String,
    /// When its failover's first event was written.
    pub started_at: String,
    /// When the last event of its last run was written, where the drill is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// `done`: there and back; `stopped_early`: the stop rule struck, and it went back; `rolled_back`, `refused`,
    /// `aborted`: the failover was undone; `failed`; `waits`: a person has to go on; `unfinished`: its executor has not
    /// ended it
    pub outcome: String,
    /// One line: why it ended so, or what it waits for.
    pub detail: String,
    /// Where traffic is.
    pub traffic: Traffic,
    /// The time on the standby.
    pub stay: Stay,
    /// What was to end it early.
    pub stop_rule: StopRuleReport,
    /// What took longer than in past runs, what the checks saw, and what people had to do.
    pub deviations: Vec<Deviation>,
    /// What to fix, the worst first.
    pub fix: Vec<Finding>,
    /// The failover, and where it was begun the failback.
    pub runs: Vec<DrilledRun>,
}

/// Where a drill left traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// On the primary.
    Home,
    /// On the standby.
    Away,
    /// A run is in the middle of moving it, or was ended there.
    InDoubt,
}

/// The time on the standby.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// How long it was to be.
    pub planned_ms: u64,
    /// How long the checks were watched; absent where it was not come to, or is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasted_ms: Option<u64>,
    /// What they saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<ObservationReport>,
}

/// The rule that ends a drill early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopRuleReport {
    /// The longest that the failover may take.
    pub stop_after_ms: u64,
    /// How many of the probes of the stay may be other than green, in hundredths of a percent.
    pub quota: u32,
    /// When and why it struck; absent where it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub struck: Option<Struck>,
}

/// The rule struck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Struck {
    /// When.
    pub at: String,
    /// At which step.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// One of both runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrilledRun {
    /// Runs of the plan in the same direction before it.
    pub past_runs: usize,
    /// What those let expect up to the last check after the switch; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<u64>,
    /// How long resolvers may go on answering with what it moves: no step waits for that.
    pub ttl_ms: u64,
    /// Its report, as `run report` gives it.
    pub report: RunReport,
}

/// Something that was not as it usually is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// `failover` or `failback`
    pub job: String,
    /// `slow_step`, `check` or `person`
    pub what: String,
    /// The step, the check, or who it was.
    pub subject: String,
    /// One line.
    pub detail: String,
    /// What a step took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The median of what it took in past runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_ms: Option<u64>,
}

impl DrillReport {
    /// The program's exit code for a drill that came this far: the one place that says so. `docs/exit-codes.md` lists
    /// them.
    pub fn exit_code(&self) -> u8 {
        match self.outcome.as_str() {
            "done" if self.fix.is_empty() => 0,
            "done" | "stopped_early" => 2,
            "refused" => 4,
            "rolled_back" | "aborted" => 5,
            _ => 6,
        }
    }
}
