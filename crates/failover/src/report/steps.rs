use super::outcomes::last_outcome;
use super::{Story, measure::between};
use crate::{Action, CheckReport, PhaseReport, Step, StepReport};
use pilotlight_journal::{StepState, StepStatus};
use pilotlight_plan::When;
use serde_json::Value;

/// The run's phases in order, those that were not reached included.
pub(crate) fn phases(story: &Story<'_>) -> Vec<PhaseReport> {
    let phases = story.run.phases.iter();
    phases
        .map(|phase| {
            let state = story.state.phases.get(phase.phase.as_str());
            PhaseReport {
                phase: phase.phase.to_string(),
                started_at: state.map(|state| state.started_at.to_string()),
                duration_ms: state
                    .and_then(|state| state.finished_at.map(|finished| between(state.started_at, finished))),
                steps: phase.steps.iter().map(|step| step_report(story, step)).collect(),
            }
        })
        .collect()
}

fn step_report(story: &Story<'_>, step: &Step) -> StepReport {
    let state = story.state.steps.get(&step.id);
    StepReport {
        step: step.id.clone(),
        title: step.title.clone(),
        status: status(state.map_or(StepStatus::Pending, |state| state.status)).to_owned(),
        started_at: state.map(|state| state.started_at.to_string()),
        duration_ms: state.and_then(|state| Some(between(state.started_at, state.finished_at?))),
        attempts: state.map_or(0, |state| state.attempts),
        detail: state.map(|state| state.detail.clone()).unwrap_or_default(),
        calls: step.calls.clone(),
    }
}

/// A report's words for a step's status: those of an undo are told in the detail.
fn status(status: StepStatus) -> &'static str {
    match status {
        StepStatus::UndoInDoubt => StepStatus::InDoubt.as_str(),
        StepStatus::UndoFailed => StepStatus::Failed.as_str(),
        StepStatus::UndoUnknown => StepStatus::Unknown.as_str(),
        other => other.as_str(),
    }
}

/// The run's checks at each of their moments, in order.
pub(crate) fn checks(story: &Story<'_>) -> Vec<CheckReport> {
    let mut checks = Vec::new();
    for step in story.run.steps() {
        let Action::Check(check) = &step.action else { continue };
        let state = story.state.steps.get(&step.id);
        // One that was left out is told as it was last seen, with the word that left it out.
        let before =
            last_outcome(story, &step.id).filter(|_| state.is_some_and(|state| state.status == StepStatus::Skipped));
        let observed = before.as_ref().map(|before| before.observed).or(state.map(|state| &state.observed));
        let detail = state.map(|state| state.detail.clone()).unwrap_or_default();
        checks.push(CheckReport {
            name: check.name.clone(),
            kind: check.probe.kind().to_owned(),
            when: match check.when {
                When::Before => "before",
                When::After => "after",
            }
            .to_owned(),
            status: check_status(state, observed),
            latency_ms: observed.and_then(|observed| observed.get("latency_ms")?.as_u64()),
            detail: match &before {
                Some(before) => format!("{}; left out: {detail}", before.detail),
                None => detail,
            },
        });
    }
    checks
}

/// What the last probe saw. A check that was never asked or could not be is unknown.
fn check_status(state: Option<&StepState>, observed: Option<&Value>) -> String {
    let Some(state) = state else { return "pending".into() };
    match observed.and_then(|observed| observed.get("status")?.as_str()) {
        Some(seen) => seen.to_owned(),
        None if state.finished_at.is_some() => "unknown".into(),
        None => "pending".into(),
    }
}
