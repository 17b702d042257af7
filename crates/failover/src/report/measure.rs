//! When traffic arrived, as it was measured.

use super::Story;
use super::databases::text;
use crate::{Action, RecordChanges, Step};
use jiff::Timestamp;
use pilotlight_journal::{StepState, StepStatus};
use pilotlight_plan::When;
use serde_json::Value;

/// When every name server answered with the new values and every `after` check was seen green; none where one of them
/// was not seen, or was undone.
pub(crate) fn served_at(story: &Story<'_>) -> Option<Timestamp> {
    let mut last = None;
    for changes in story.run.record_changes() {
        last = last.max(Some(arrived_at(story, changes)?));
    }
    for step in story.run.steps() {
        if let Action::Check(check) = &step.action
            && check.when == When::After
        {
            last = last.max(Some(done_at(story, step)?));
        }
    }
    last
}

/// The last of these moments that had to be waited for: a name server that answered otherwise at first, or a check
/// that was not green. Some customers were not served until then, whatever others could do.
pub(crate) fn held_up_until(story: &Story<'_>) -> Option<Timestamp> {
    let waited = story.run.steps().filter(|step| {
        let Some(state) = story.state.steps.get(&step.id) else { return false };
        match &step.action {
            Action::AwaitNameServers(_) => state.observed.get("waited_for") != Some(&false.into()),
            Action::Check(check) if check.when == When::After && check.gate => {
                state.observed.get("asked") != Some(&1.into()) || was_taken_on(state)
            }
            _ => false,
        }
    });
    waited.filter_map(|step| done_at(story, step)).max()
}

/// Whether a check took longer than its one answer: an executor that saw something else may have been killed.
fn was_taken_on(state: &StepState) -> bool {
    const PAUSE_MS: u64 = 1_000;
    let latency = state.observed.get("latency_ms").and_then(Value::as_u64).unwrap_or(0);
    state.finished_at.is_none_or(|finished| between(state.started_at, finished) > latency + PAUSE_MS)
}

/// When every name server was seen to answer with the new values of a traffic set that is not moved back.
pub(crate) fn arrived_at(story: &Story<'_>, changes: &RecordChanges) -> Option<Timestamp> {
    let moved = story.run.steps().rfind(|step| step.moved_traffic() == Some(&changes.traffic))?;
    done_at(story, moved)?;
    let awaited = story.run.steps().rfind(
        |step| matches!(&step.action, Action::AwaitNameServers(awaited) if awaited.traffic == changes.traffic),
    )?;
    done_at(story, awaited)
}

fn done_at(story: &Story<'_>, step: &Step) -> Option<Timestamp> {
    let state = story.state.steps.get(&step.id)?;
    match state.status {
        // Name servers may have answered long before Route 53's API said what it knows.
        StepStatus::Done | StepStatus::AlreadyDone => {
            text(&state.observed, "answered_at").and_then(|at| at.parse().ok()).or(state.finished_at)
        }
        _ => None,
    }
}

/// Whole milliseconds; 0 where a clock was set back in between.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}
