//! What a run watches in its phase `observe`, where the plan says so.

use super::{checks, milliseconds};
use crate::{Action, CheckStep, ObserveAction, Retry, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_plan::{DrPlan, Phase, When, format_duration};
use std::time::Duration;

/// The step that asks the checks of after the switch again and again; none where the plan has no `observe` block, and
/// with a note where it has nothing to ask.
pub(super) fn compile_watch(plan: &DrPlan, checks: &[CheckStep], notes: &mut Vec<Finding>) -> Option<Step> {
    let observe = plan.observe.as_ref()?;
    let watched: Vec<CheckStep> = checks.iter().filter(|check| check.when == When::After).cloned().collect();
    if watched.is_empty() {
        let message = "the observe block has nothing to ask: no check runs after the switch";
        let subject = Subject::Plan { name: plan.name.clone() };
        notes.push(
            Finding::new(codes::F_NOTHING_OBSERVED, Severity::Warning, subject, message)
                .with(Evidence::fact("plan", observe.span.to_string()))
                .remedy("add a check with when = [\"before\", \"after\"]"),
        );
        return None;
    }
    let probes: Duration = watched.iter().map(|check| Duration::from_millis(check.probe_timeout_ms)).sum();
    let plural = if watched.len() == 1 { "" } else { "s" };
    Some(Step {
        id: format!("{}/checks", Phase::Observe),
        title: format!(
            "watch {} check{plural} for {}: at most {} of the probes may fail",
            watched.len(),
            format_duration(observe.duration),
            observe.errors
        ),
        phase: Phase::Observe,
        timeout_ms: milliseconds(observe.duration + probes),
        retry: Retry { attempts: 1, pause_ms: milliseconds(observe.every) },
        calls: watched.iter().map(|check| checks::call(&check.probe)).collect(),
        point_of_no_return: false,
        action: Action::Observe(ObserveAction {
            for_ms: milliseconds(observe.duration),
            errors: observe.errors.hundredths(),
            latency: observe.latency.hundredths(),
            count: observe.count.hundredths(),
            checks: watched,
        }),
    })
}
