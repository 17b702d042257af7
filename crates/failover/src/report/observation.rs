//! What was watched after the switch, as the journal tells of it.

use super::Story;
use super::outcomes::{Outcomes, last_outcome};
use crate::{Action, ObservationReport, ObserveAction, ObservedCheckReport, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_journal::Outcome;
use serde_json::Value;

/// None where the run watches nothing, or has not come to an end of it. What was left out after it was watched, by a
/// person or by the rule of a drill, was seen all the same.
pub(super) fn observation(story: &Story<'_>) -> Option<ObservationReport> {
    let (action, step) = watched(story)?;
    let Outcomes { outcome, observed, .. } = last_outcome(story, &step.id)?;
    let number = |field: &str| observed.get(field).and_then(Value::as_u64);
    let checks = observed.get("checks").and_then(Value::as_array)?;
    Some(ObservationReport {
        for_ms: action.for_ms,
        quota: action.errors,
        probes: number("probes")?,
        errors: number("errors")?,
        within: matches!(outcome, Outcome::Done | Outcome::AlreadyDone),
        checks: checks.iter().map(check).collect(),
    })
}

fn watched<'s>(story: &'s Story<'_>) -> Option<(&'s ObserveAction, &'s Step)> {
    story.run.steps().find_map(|step| match &step.action {
        Action::Observe(action) => Some((action, step)),
        _ => None,
    })
}

fn check(value: &Value) -> ObservedCheckReport {
    let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    let number = |field: &str| value.get(field).and_then(Value::as_u64);
    let flag = |field: &str| value.get(field).and_then(Value::as_bool).unwrap_or_default();
    ObservedCheckReport {
        name: text("name").unwrap_or_default(),
        probes: number("probes").unwrap_or_default(),
        errors: number("errors").unwrap_or_default(),
        last_error: text("last_error"),
        status_before: text("status_before"),
        latency_before_ms: number("latency_before_ms"),
        latency_ms: number("latency_ms"),
        slower: flag("slower"),
        count_before: number("count_before"),
        count: number("count"),
        other_count: flag("other_count"),
    }
}

/// What differs from before by more than the plan allows.
pub(super) fn findings(story: &Story<'_>) -> Vec<Finding> {
    let Some((action, _)) = watched(story) else { return Vec::new() };
    let mut findings = Vec::new();
    for check in observation(story).into_iter().flat_map(|seen| seen.checks) {
        let subject = || Subject::Check { name: check.name.clone() };
        let change = |code, message: String, unit: &str, before: u64, now: u64, allowed: u32| {
            Finding::new(code, Severity::Warning, subject(), message)
                .with(Evidence::fact("before the switch", format!("{before}{unit}")))
                .with(Evidence::fact("after it", format!("{now}{unit}")))
                .with(Evidence::fact("allowed", format!("{}%", f64::from(allowed) / 100.0)))
        };
        if let (true, Some(before), Some(now)) = (check.slower, check.latency_before_ms, check.latency_ms) {
            let message = format!("takes {now} ms, and took {before} ms before the switch");
            findings.push(
                change(codes::F_SLOWER, message, " ms", before, now, action.latency)
                    .remedy("see whether the standby is as large as the primary was, and its caches warm"),
            );
        }
        if let (true, Some(before), Some(now)) = (check.other_count, check.count_before, check.count) {
            let message = format!("counts {now}, and counted {before} before the switch");
            findings.push(
                change(codes::F_OTHER_COUNT, message, "", before, now, action.count)
                    .remedy("see what is missing before anything of the old side is discarded"),
            );
        }
    }
    findings
}
