//! What comes next in a run that undoes what it did.

use super::next::{Next, failure_stands};
use crate::{Action, Run, Step};
use pilotlight_journal::{Body, Event, RunOutcome, RunState, StepStatus};
use pilotlight_plan::Phase;

/// The order in which steps are undone: in reverse, but sizes last. Turning them down takes minutes, costs money and no
/// service; until the fence is taken back, nobody can write.
fn undo_order(run: &Run) -> impl Iterator<Item = &Step> {
    let sizes =
        |step: &&Step| step.phase == Phase::Scale && matches!(step.action, Action::Scale(_) | Action::Resize(_));
    run.steps().rev().filter(move |step| !sizes(step)).chain(run.steps().rev().filter(sizes))
}

/// What a run that is being undone does next: its steps in that order, then the end.
pub(super) fn next_undo<'a>(run: &'a Run, state: &RunState, events: &[Event]) -> Next<'a> {
    let mut failed: Option<&Step> = None;
    for step in undo_order(run).filter(|step| needs_undo(step, state, events)) {
        match state.status(&step.id) {
            StepStatus::UndoFailed | StepStatus::UndoUnknown if failure_stands(events, &step.id) => {
                // The others are undone all the same: each is worth it alone.
                failed = failed.or(Some(step));
            }
            _ => return Next::Undo(step),
        }
    }
    if let Some(step) = failed {
        let detail = state.steps.get(&step.id).map(|step| step.detail.as_str()).unwrap_or_default();
        let reason = format!("undo of {}: {detail}", step.id);
        return Next::Stop { step: Some(step.id.clone()), reason };
    }
    finish_rollback(run, state, events)
}

fn finish_rollback<'a>(run: &'a Run, state: &RunState, events: &[Event]) -> Next<'a> {
    let rollback = state.rollback.as_ref();
    let reason = rollback.map(|rollback| rollback.reason.as_str()).unwrap_or_default();
    let left: Vec<&str> = run
        .steps()
        .filter(|step| step.has_undo() && skipped_in_rollback(events, &step.id))
        .map(|step| step.id.as_str())
        .collect();
    if !left.is_empty() {
        let detail = format!("not undone, by a person's word: {} ({reason})", left.join(", "));
        return Next::Finish { outcome: RunOutcome::Failed, detail };
    }
    let by_person = rollback.is_some_and(|rollback| rollback.step.is_none());
    let outcome = if by_person { RunOutcome::Aborted } else { RunOutcome::RolledBack };
    Next::Finish { outcome, detail: reason.to_owned() }
}

/// Whether a rollback has to undo the step.
pub(crate) fn needs_undo(step: &Step, state: &RunState, events: &[Event]) -> bool {
    let attempts = state.steps.get(&step.id).map_or(0, |step| step.attempts);
    step.has_undo()
        && match state.status(&step.id) {
            StepStatus::Done
            | StepStatus::InDoubt
            | StepStatus::Unknown
            | StepStatus::UndoInDoubt
            | StepStatus::UndoFailed
            | StepStatus::UndoUnknown => true,
            // A program, a fence or a Terraform that failed may have done half of its work, and a group that is not
            // healthy in time was made larger; records were observed not to have moved.
            StepStatus::Failed => {
                let halves = matches!(
                    step.action,
                    Action::Command(_) | Action::Scale(_) | Action::Resize(_) | Action::Database(_)
                );
                halves && attempts > 0
            }
            StepStatus::Skipped => attempts > 0 && !skipped_in_rollback(events, &step.id),
            StepStatus::Pending | StepStatus::AlreadyDone | StepStatus::Undone => false,
        }
}

/// Whether a person left a step out since the run was turned around, the last time that it was.
pub(crate) fn skipped_in_rollback(events: &[Event], id: &str) -> bool {
    let rollback = events.iter().rposition(|event| matches!(event.what, Body::RollbackStarted { .. }));
    let skipped = events.iter().rposition(|event| matches!(&event.what, Body::Skipped { step, .. } if step == id));
    matches!((rollback, skipped), (Some(rollback), Some(skipped)) if skipped > rollback)
}

/// Whether the step that made the run roll back was refused by a safety rule, and did not just fail.
pub(crate) fn refused(state: &RunState) -> bool {
    let step = state.rollback.as_ref().and_then(|rollback| rollback.step.as_ref());
    step.and_then(|step| state.steps.get(step))
        .is_some_and(|step| step.observed.get("refused") == Some(&serde_json::Value::Bool(true)))
}
