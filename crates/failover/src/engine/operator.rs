//! What a person can tell a run that waits. Each is journaled; [`Engine::drive`] then goes on.

use super::{Engine, EngineError, needs_undo};
use crate::steps::{guards_the_way_back, is_promotion};
use crate::{Action, Step};
use pilotlight_journal::Body;

impl Engine {
    /// Leaves a step out: the run goes on as if it were done. While the run is undone, leaves its undo out; of a
    /// check that keeps traffic from being moved back, its word; of a promotion, what was written since.
    ///
    /// # Errors
    /// There is no such step, nothing of it is left to skip, or it is the switch itself: what goes on without
    /// it is no failover.
    pub async fn skip(&mut self, step: &str, by: &str, reason: &str) -> Result<(), EngineError> {
        let step = self.known_step(step)?;
        let state = self.journal.state();
        let refusal = if state.rollback.is_some() {
            let undone = |step: &Step| !needs_undo(step, state, self.journal.events());
            let guards = guards_the_way_back(&step)
                && !state.skips.contains_key(&step.id)
                && (is_promotion(&step) || !self.run.steps().filter(|step| step.moves_traffic()).all(undone));
            (undone(&step) && !guards).then_some("the run is undone, and this step needs no undo")
        } else if state.status(&step.id).is_settled() {
            Some("it is done or skipped already")
        } else {
            step.moves_traffic().then_some(
                "a run without its switch moves no traffic; abort it, or move the record by hand and resume it",
            )
        };
        if let Some(reason) = refusal {
            return Err(not_now("skip", &step, reason));
        }
        self.append(Body::Skipped { step: step.id, by: by.to_owned(), reason: reason.to_owned() }).await
    }

    /// Says yes to an approval.
    ///
    /// # Errors
    /// There is no such step, it is no approval, or it does not wait.
    pub async fn approve(&mut self, step: &str, by: &str, reason: &str) -> Result<(), EngineError> {
        let step = self.known_step(step)?;
        let state = self.journal.state();
        let refusal = if !matches!(step.action, Action::Approval { .. }) {
            Some("it is no approval")
        } else if state.rollback.is_some() {
            Some("the run is being undone")
        } else {
            state.status(&step.id).is_settled().then_some("it is done or skipped already")
        };
        if let Some(reason) = refusal {
            return Err(not_now("approve", &step, reason));
        }
        self.append(Body::Approved { step: step.id, by: by.to_owned(), reason: reason.to_owned() }).await
    }

    /// Turns the run around: from here on it undoes what it did, the records included.
    ///
    /// # Errors
    /// It is being undone already.
    pub async fn abort(&mut self, by: &str, reason: &str) -> Result<(), EngineError> {
        if self.journal.state().rollback.is_some() {
            return Err(EngineError::AlreadyUndoing);
        }
        self.append(Body::RollbackStarted { step: None, reason: format!("aborted by {by}: {reason}") }).await
    }

    fn known_step(&self, id: &str) -> Result<Step, EngineError> {
        self.run.step(id).cloned().ok_or_else(|| EngineError::NoStep {
            step: id.to_owned(),
            known: self.run.steps().map(|step| step.id.clone()).collect(),
        })
    }
}

fn not_now(action: &'static str, step: &Step, reason: &str) -> EngineError {
    EngineError::NotNow { action, step: step.id.clone(), reason: reason.to_owned() }
}
