//! What a run's report tells of watching after the switch. Part of the persisted format of `run_report.rs`.

use serde::{Deserialize, Serialize};

/// The checks as they were asked again and again after the switch, against what they were before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservationReport {
    /// How long they were to be asked.
    pub for_ms: u64,
    /// How many of all probes may be other than green, in hundredths of a percent.
    pub quota: u32,
    /// How many probes there were.
    pub probes: u64,
    /// How many were other than green.
    pub errors: u64,
    /// Whether that is within the quota.
    pub within: bool,
    /// Each check.
    pub checks: Vec<ObservedCheckReport>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedCheckReport {
    /// Its name in the plan.
    pub name: String,
    /// How often it was asked.
    pub probes: u64,
    /// How often it was other than green.
    pub errors: u64,
    /// What the last such probe said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// `green`, `red` or `unknown` before the switch; absent where it was not asked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<String>,
    /// How long it took before the switch, where it was green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_before_ms: Option<u64>,
    /// How long it takes after it: the middle one of the probes that were green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Whether that is slower than the plan allows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slower: bool,
    /// The number that it printed before the switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_before: Option<u64>,
    /// The last one that it printed after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whether they differ by more than the plan allows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_count: bool,
}
