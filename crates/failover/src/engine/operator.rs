//! What a person can tell a run that waits. Each is journaled; [`Engine::drive`] then goes on.

use super::withdrawal::{Stays, steps_again};
use super::{Engine, EngineError, needs_undo, skipped_in_rollback};
use crate::saved_run::parse_run;
use crate::steps::{guards_the_way_back, is_promotion, may_make_a_standby};
use crate::{Action, Run, Step};
use pilotlight_journal::{Body, Event, RunLog, RunState};

/// A person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word<'a> {
    /// See [`Engine::skip`].
    Skip {
        /// The step.
        step: &'a str,
    },
    /// See [`Engine::approve`].
    Approve {
        /// The step.
        step: &'a str,
    },
    /// See [`Engine::abort`].
    Abort,
    /// See [`Engine::withdraw_abort`].
    WithdrawAbort,
}

impl Word<'_> {
    /// Whether a run takes it as it stands in the journal. Asked before the run is taken on: a word that is refused
    /// leaves no trace, and the run with whoever has it.
    ///
    /// # Errors
    /// As those of the [`Engine`]'s method; or what the journal holds is no run that this program knows.
    pub fn check(self, log: &RunLog) -> Result<(), EngineError> {
        let run = parse_run(&log.state.compiled, &log.state.digest)?;
        self.check_in(&run, &log.state, &log.events)
    }

    /// Whether the run has the step that it names, however it stands.
    ///
    /// # Errors
    /// It has not; or what the journal holds is no run that this program knows.
    pub fn check_step(self, log: &RunLog) -> Result<(), EngineError> {
        let run = parse_run(&log.state.compiled, &log.state.digest)?;
        match self {
            Self::Skip { step } | Self::Approve { step } => known_step(&run, step).map(drop),
            Self::Abort | Self::WithdrawAbort => Ok(()),
        }
    }

    fn check_in(self, run: &Run, state: &RunState, events: &[Event]) -> Result<(), EngineError> {
        match self {
            Self::Skip { step } => {
                let step = known_step(run, step)?;
                refuse("skip", step, not_skipped(run, state, events, step))
            }
            Self::Approve { step } => {
                let step = known_step(run, step)?;
                refuse("approve", step, not_approved(state, step))
            }
            Self::Abort if state.rollback.is_some() => Err(EngineError::AlreadyUndoing),
            Self::Abort => Ok(()),
            Self::WithdrawAbort => again(run, state, events).map(drop),
        }
    }
}

impl Engine {
    /// Leaves a step out: the run goes on as if it were done. While the run is undone, leaves its undo out; of a
    /// check that keeps traffic from being moved back, its word; of a promotion, what was written since, or that none
    /// comes any more.
    ///
    /// # Errors
    /// There is no such step, nothing of it is left to skip, or it is the switch itself: what goes on without
    /// it is no failover.
    pub async fn skip(&mut self, step: &str, by: &str, reason: &str) -> Result<(), EngineError> {
        self.check(Word::Skip { step })?;
        self.append(Body::Skipped { step: step.to_owned(), by: by.to_owned(), reason: reason.to_owned() }).await
    }

    /// Says yes to an approval.
    ///
    /// # Errors
    /// There is no such step, it is no approval, or it does not wait.
    pub async fn approve(&mut self, step: &str, by: &str, reason: &str) -> Result<(), EngineError> {
        self.check(Word::Approve { step })?;
        self.append(Body::Approved { step: step.to_owned(), by: by.to_owned(), reason: reason.to_owned() }).await
    }

    /// Turns the run around: from here on it undoes what it did, the records included.
    ///
    /// # Errors
    /// It is being undone already.
    pub async fn abort(&mut self, by: &str, reason: &str) -> Result<(), EngineError> {
        self.check(Word::Abort)?;
        let reason = format!("{}{reason}", aborted_by(by));
        self.append(Body::RollbackStarted { step: None, by: Some(by.to_owned()), reason }).await
    }

    /// Takes an abort back, or a rollback that the run began by itself: from here on it goes forward again, and does once
    /// more what was undone. It never turns around by itself after that; where something fails, it stops for a person.
    ///
    /// # Errors
    /// It is not being undone; or the server that was left may have taken writes since, which going forward would lose.
    pub async fn withdraw_abort(&mut self, by: &str, reason: &str) -> Result<(), EngineError> {
        let again = again(&self.run, self.journal.state(), self.journal.events())?;
        self.append(Body::AbortWithdrawn { by: by.to_owned(), reason: reason.to_owned(), again }).await
    }

    fn check(&self, word: Word<'_>) -> Result<(), EngineError> {
        word.check_in(&self.run, self.journal.state(), self.journal.events())
    }
}

/// How the reason of an abort begins.
pub(crate) fn aborted_by(by: &str) -> String {
    format!("aborted by {by}: ")
}

fn again(run: &Run, state: &RunState, events: &[Event]) -> Result<Vec<String>, EngineError> {
    steps_again(run, state, events).map_err(|Stays(reason)| EngineError::NotWithdrawn { reason })
}

fn not_skipped(run: &Run, state: &RunState, events: &[Event], step: &Step) -> Option<&'static str> {
    if state.rollback.is_some() {
        let undone = |step: &Step| !needs_undo(step, state, events);
        // Who left a promotion out on the way forward has said nothing of the way back.
        let guards = match is_promotion(step) {
            true => !skipped_in_rollback(events, &step.id),
            // Whether its program has ended, a person has to say.
            false if may_make_a_standby(step, state) => !skipped_in_rollback(events, &step.id),
            false => {
                guards_the_way_back(step)
                    && !state.skips.contains_key(&step.id)
                    && !run.steps().filter(|step| step.moves_traffic()).all(undone)
            }
        };
        return (undone(step) && !guards).then_some("the run is undone, and this step needs no undo");
    }
    if state.status(&step.id).is_settled() {
        return Some("it is done or skipped already");
    }
    step.moves_traffic()
        .then_some("a run without its switch moves no traffic; abort it, or move the record by hand and resume it")
}

fn not_approved(state: &RunState, step: &Step) -> Option<&'static str> {
    if !matches!(step.action, Action::Approval { .. }) {
        Some("it is no approval")
    } else if state.rollback.is_some() {
        Some("the run is being undone")
    } else {
        state.status(&step.id).is_settled().then_some("it is done or skipped already")
    }
}

fn known_step<'a>(run: &'a Run, id: &str) -> Result<&'a Step, EngineError> {
    run.step(id).ok_or_else(|| EngineError::NoStep {
        step: id.to_owned(),
        known: run.steps().map(|step| step.id.clone()).collect(),
    })
}

fn refuse(action: &'static str, step: &Step, reason: Option<&str>) -> Result<(), EngineError> {
    match reason {
        None => Ok(()),
        Some(reason) => Err(EngineError::NotNow { action, step: step.id.clone(), reason: reason.to_owned() }),
    }
}
