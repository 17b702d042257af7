//! Whether a person can have a run go forward again that is being undone, and what it then does once more: decided from
//! the compiled run and its journal alone. Who turned it around is no matter, a person by an abort or the run itself as a
//! step failed: what counts is what going forward would lose.
//!
//! The run goes on from where it was turned around, and the step that failed is tried once more: a safety rule that refused
//! it is asked again, and so is whoever said no. What was undone is done once more, in the run's order; so is whatever
//! looks at it, as what was seen before is no longer true. A person's words of before the abort stand: a yes is not
//! asked for again, and what was left out stays so.

use super::rollback::skipped_in_rollback;
use crate::steps::is_promotion;
use crate::{Action, CheckStep, DatabaseStep, DatabaseTask, ManagedKind, ManagedTask, Run, Step};
use pilotlight_journal::{Event, RunState, StepStatus};
use pilotlight_plan::When;
use std::collections::BTreeSet;

/// Why the run goes on undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stays(pub(super) String);

/// The steps that a run does once more when it goes forward again, in its order; or why that cannot be.
pub(super) fn steps_again(run: &Run, state: &RunState, events: &[Event]) -> Result<Vec<String>, Stays> {
    if state.rollback.is_none() {
        return Err(Stays("the run is not being undone".into()));
    }
    let way = Way { run, state, events };
    if let Some(lost) = way.writes_behind() {
        return Err(Stays(lost));
    }
    Ok(way.again())
}

/// How far a run went back.
struct Way<'a> {
    run: &'a Run,
    state: &'a RunState,
    events: &'a [Event],
}

impl Way<'_> {
    /// Whether a step was undone, or may have been: a person who left its undo out may have done it by hand.
    fn taken_back(&self, step: &Step) -> bool {
        let begun = self.state.steps.get(&step.id).is_some_and(|state| state.undo_attempts > 0);
        let status = self.state.status(&step.id);
        let undone = matches!(
            status,
            StepStatus::UndoInDoubt | StepStatus::Undone | StepStatus::UndoFailed | StepStatus::UndoUnknown
        );
        begun || undone || (step.has_undo() && skipped_in_rollback(self.events, &step.id))
    }

    /// The traffic sets that were moved back, or may have been: one undo leads a set all the way.
    fn sets_back(&self) -> BTreeSet<&str> {
        self.run.steps().filter(|step| self.taken_back(step)).filter_map(Step::moved_traffic).collect()
    }

    /// Whether a database's new server is, or may be, a primary by this run.
    fn is_promoted(&self, name: &str) -> bool {
        self.run.steps().filter(|step| is_promotion(step) && database_of(step) == Some(name)).any(|step| {
            !matches!(self.state.status(&step.id), StepStatus::Pending | StepStatus::Failed | StepStatus::Undone)
        })
    }

    /// Why going forward would leave writes behind at a server that was let write again after the other one was promoted.
    fn writes_behind(&self) -> Option<String> {
        let moved_back = !self.sets_back().is_empty();
        self.run.steps().find_map(|step| {
            let (name, why) = match &step.action {
                Action::Database(DatabaseStep { name, task: DatabaseTask::Fence, .. }) if self.taken_back(step) => {
                    (name, "its fence was taken back, or may have been")
                }
                // Nothing fences it: what keeps users from it is that no name leads there.
                Action::Managed(managed)
                    if managed.task == ManagedTask::Promote
                        && managed.service == ManagedKind::Rds
                        && !managed.sql
                        && moved_back =>
                {
                    (&managed.name, "traffic was moved back to it")
                }
                _ => return None,
            };
            self.is_promoted(name).then(|| {
                format!(
                    "database {name} of the {} may have taken writes since, as {why}, and the {}'s was promoted without \
                     them; let the way back come to its end, then begin a new run",
                    self.run.from.side, self.run.to.side
                )
            })
        })
    }

    fn again(&self) -> Vec<String> {
        let sets = self.sets_back();
        let redone =
            |step: &Step| self.taken_back(step) || step.moved_traffic().is_some_and(|traffic| sets.contains(traffic));
        let mut after_one = false;
        let mut again = Vec::new();
        for step in self.run.steps() {
            let is_redone = redone(step);
            after_one |= is_redone;
            if is_redone || self.guards_a_move(step, &sets) || (after_one && self.looks_at_it(step)) {
                again.push(step.id.clone());
            }
        }
        again
    }

    /// Traffic is never moved to what cannot serve: before it moves once more, that is asked once more.
    fn guards_a_move(&self, step: &Step, sets: &BTreeSet<&str>) -> bool {
        let is_gate = matches!(&step.action, Action::Check(CheckStep { when: When::Before, gate: true, .. }));
        is_gate && !sets.is_empty() && self.has_an_outcome(step)
    }

    fn has_an_outcome(&self, step: &Step) -> bool {
        !matches!(self.state.status(&step.id), StepStatus::Pending | StepStatus::Skipped)
    }

    /// Whether a step that has no undo, and comes after one that is done once more, is done once more too.
    fn looks_at_it(&self, step: &Step) -> bool {
        if step.has_undo() || !self.has_an_outcome(step) {
            return false;
        }
        match &step.action {
            Action::Command(_) | Action::AwaitNameServers(_) | Action::Hold(_) | Action::Observe(_) => true,
            Action::Check(check) => check.when == When::After,
            Action::Database(database) => match database.task {
                DatabaseTask::Verify | DatabaseTask::Compare => true,
                // The moment stays: it is counted from the release.
                DatabaseTask::FirstWrite => self.run.steps().any(|other| {
                    self.taken_back(other)
                        && matches!(&other.action, Action::Database(release)
                            if release.task == DatabaseTask::Release && release.name == database.name)
                }),
                DatabaseTask::Look | DatabaseTask::Resync(_) | DatabaseTask::CatchUp | DatabaseTask::Measure => {
                    !self.is_promoted(&database.name)
                }
                // What was kept is kept; a promotion is not undone.
                DatabaseTask::Keep | DatabaseTask::Promote | DatabaseTask::Fence | DatabaseTask::Release => false,
            },
            Action::Managed(database) => match database.task {
                ManagedTask::Verify => true,
                ManagedTask::Look | ManagedTask::Replicate(_) | ManagedTask::Measure => {
                    !self.is_promoted(&database.name)
                }
                ManagedTask::Promote => false,
            },
            // Each move looks at its records itself, and a yes that was given stays.
            Action::GuardRecords(_) | Action::GuardSignal(_) | Action::Approval { .. } => false,
            // These have an undo.
            Action::MoveRecords(_) | Action::Signal(_) | Action::Scale(_) | Action::Resize(_) => false,
        }
    }
}

fn database_of(step: &Step) -> Option<&str> {
    match &step.action {
        Action::Database(database) => Some(&database.name),
        Action::Managed(database) => Some(&database.name),
        _ => None,
    }
}
