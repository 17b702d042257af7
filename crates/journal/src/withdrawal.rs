//! What a withdrawn abort makes of a run's state: as it was before the abort, but for the steps that are done once more.

use crate::{Decision, Rollback, RunState, StepState, StepStatus};
use indexmap::IndexMap;
use serde_json::Value;

/// How a run stood when it was turned around.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BeforeRollback {
    steps: IndexMap<String, StepState>,
    skips: IndexMap<String, Decision>,
}

impl RunState {
    /// From here on the run only undoes.
    pub(crate) fn turn_around(&mut self, rollback: Rollback) {
        self.before_rollback = Some(BeforeRollback { steps: self.steps.clone(), skips: self.skips.clone() });
        self.rollback = Some(rollback);
    }

    /// From here on it goes forward again. What a person left out of the way back is no word about the way forward, and
    /// what was seen before the abort is true of every step but those `again`.
    pub(crate) fn turn_forward(&mut self, decision: Decision, again: &[String]) {
        self.rollback = None;
        self.withdrawn = Some(decision);
        // Whatever phase comes next is told.
        self.phase = None;
        if let Some(before) = self.before_rollback.take() {
            let redone = std::mem::replace(&mut self.steps, before.steps);
            self.skips = before.skips;
            for (id, step) in redone.into_iter().filter(|(id, _)| again.contains(id)) {
                self.steps.insert(id, step.once_more());
            }
        }
        for step in self.steps.values_mut() {
            // The next abort is another one: what this one had begun to undo is not begun in that.
            step.undo_attempts = 0;
        }
    }
}

impl StepState {
    /// As it is before it is done once more. What is known to be undone, and what only looks, begins anew; of an undo
    /// without an outcome nobody knows what it left, so that the step is in doubt.
    fn once_more(self) -> Self {
        let status = match self.status {
            StepStatus::InDoubt
            | StepStatus::Unknown
            | StepStatus::Skipped
            | StepStatus::UndoInDoubt
            | StepStatus::UndoFailed
            | StepStatus::UndoUnknown => StepStatus::InDoubt,
            _ => StepStatus::Pending,
        };
        Self { status, finished_at: None, observed: Value::Null, detail: String::new(), ..self }
    }
}
