//! What watching after the switch does. Part of the persisted format of `run.rs`.

use crate::CheckStep;
use pilotlight_integrity::LAST_OUTPUT;
use serde::{Deserialize, Serialize};

/// Probes checks round after round for as long as it lasts, and counts. A kill in it begins it anew: what nobody watched
/// was not watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObserveAction {
    /// How long.
    pub for_ms: u64,
    /// How many of all probes may be other than green, in hundredths of a percent.
    pub errors: u32,
    /// How much slower than its baseline a check may be, in hundredths of a percent.
    pub latency: u32,
    /// How much a count may differ from its baseline, in hundredths of a percent.
    pub count: u32,
    /// What is asked; never empty.
    pub checks: Vec<CheckStep>,
}

/// The number that a program prints alone on the last line of its output, of which a probe's detail is the end.
pub(crate) fn count_of(check: &CheckStep, detail: &str) -> Option<u64> {
    if check.probe.kind() != "command" {
        return None;
    }
    let (_, last) = detail.rsplit_once(LAST_OUTPUT)?;
    last.trim().parse().ok()
}
