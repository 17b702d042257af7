//! What comes next, decided from the compiled run and its journal alone.

use super::rollback::next_undo;
use super::stop_rule::{self, STOP_RULE};
use crate::{Action, Run, Step};
use pilotlight_journal::{Body, Event, RunOutcome, RunState, StepStatus};
use pilotlight_plan::Phase;

/// What an executor does next.
#[derive(Debug, PartialEq)]
pub(crate) enum Next<'a> {
    /// The run is finished, or waits for a person.
    Over,
    StartPhase(Phase),
    FinishPhase(Phase),
    Perform(&'a Step),
    Undo(&'a Step),
    Stop {
        step: Option<String>,
        reason: String,
    },
    RollBack {
        step: String,
        reason: String,
    },
    /// The rule of a drill leaves a step out.
    Skip {
        step: String,
        reason: String,
    },
    Finish {
        outcome: RunOutcome,
        detail: String,
    },
}

/// Decides what comes next.
pub(crate) fn next<'a>(run: &'a Run, state: &RunState, events: &[Event]) -> Next<'a> {
    if state.finished.is_some() || state.stopped.is_some() {
        return Next::Over;
    }
    if state.rollback.is_some() {
        return next_undo(run, state, events);
    }
    for phase in &run.phases {
        let progress = state.phases.get(phase.phase.as_str());
        // After a withdrawn abort, steps of a phase that was finished are done once more.
        let all_settled = || phase.steps.iter().all(|step| state.status(&step.id).is_settled());
        if progress.is_some_and(|progress| progress.finished_at.is_some()) && all_settled() {
            continue;
        }
        if state.phase.as_deref() != Some(phase.phase.as_str()) {
            return Next::StartPhase(phase.phase);
        }
        for step in &phase.steps {
            match state.status(&step.id) {
                status if status.is_settled() => {}
                StepStatus::Failed | StepStatus::Unknown if failure_stands(events, &step.id) => {
                    return after_failure(run, state, step);
                }
                _ => return stop_rule::without_stay(run, state, step).unwrap_or(Next::Perform(step)),
            }
        }
        return Next::FinishPhase(phase.phase);
    }
    finish(run, state)
}

fn after_failure<'a>(run: &'a Run, state: &RunState, step: &Step) -> Next<'a> {
    let detail = state.steps.get(&step.id).map(|step| step.detail.as_str()).unwrap_or_default();
    let reason = format!("{}: {detail}", step.title);
    if traffic_may_have_moved(run, state) || goes_on_by_a_word(state, step) {
        stop_rule::after_failure(run, state, step, &reason)
            .unwrap_or_else(|| Next::Stop { step: Some(step.id.clone()), reason })
    } else {
        Next::RollBack { step: step.id.clone(), reason }
    }
}

/// Whether a person had the run go forward again that was being undone. It does not turn around by itself then: they know
/// more of it than its steps do. A no to an approval is another person's word.
fn goes_on_by_a_word(state: &RunState, step: &Step) -> bool {
    state.withdrawn.is_some() && !matches!(step.action, Action::Approval { .. })
}

/// Whether the point of no return may be behind: then only a person decides to go back.
pub(super) fn traffic_may_have_moved(run: &Run, state: &RunState) -> bool {
    run.steps().filter(|step| step.point_of_no_return).any(|step| {
        !matches!(
            state.status(&step.id),
            // Failed means: observed, and it is not there.
            StepStatus::Pending | StepStatus::Failed
        )
    })
}

/// Whether a failure still counts. A person who resumes a run that was stopped after it, or takes its abort back, wants
/// another try;
/// an executor that was killed between the failure and what follows from it does not.
pub(super) fn failure_stands(events: &[Event], step: &str) -> bool {
    let failed = events.iter().rposition(|event| match &event.what {
        Body::StepFinished { step: id, .. } | Body::UndoFinished { step: id, .. } => id == step,
        _ => false,
    });
    let turned = |event: &Event| matches!(event.what, Body::Stopped { .. } | Body::AbortWithdrawn { .. });
    events.iter().rposition(turned) < failed
}

/// The end of a run that is through its phases. It claims what the journal shows and no more.
fn finish<'a>(run: &'a Run, state: &RunState) -> Next<'a> {
    let skipped = |moves: bool| -> Vec<&str> {
        let skipped = run.steps().filter(|step| state.status(&step.id) == StepStatus::Skipped);
        skipped.filter(|step| step.moves_traffic() == moves).map(|step| step.id.as_str()).collect()
    };
    // No executor skips a switch; the journal of an earlier one may say that a person did.
    let not_moved = skipped(true);
    if !not_moved.is_empty() {
        let detail = format!("not moved, by a person's word: {}", not_moved.join(", "));
        return Next::Finish { outcome: RunOutcome::Failed, detail };
    }
    let mut moves = run.steps().filter(|step| step.moves_traffic());
    let was_there = moves.all(|step| state.status(&step.id) == StepStatus::AlreadyDone);
    let there = if was_there { "was already" } else { "is" };
    let mut detail = format!("traffic {there} on the {}, {}", run.to.side, run.to.region);
    let by_rule = |id: &&str| state.skips.get(*id).is_some_and(|skip| skip.by == STOP_RULE);
    let (of_rule, left_out): (Vec<&str>, Vec<&str>) = skipped(false).into_iter().partition(by_rule);
    for (steps, whose) in [(left_out, "a person's word"), (of_rule, STOP_RULE)] {
        if !steps.is_empty() {
            detail.push_str(&format!("; left out by {whose}: {}", steps.join(", ")));
        }
    }
    Next::Finish { outcome: RunOutcome::Succeeded, detail }
}
