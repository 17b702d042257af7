//! The steps about databases that AWS promotes. One file a task.

mod goal;
mod look;
mod measure;
mod reach;

use super::{Ending, Performed};
use crate::engine::{Engine, EngineError, Way};
use crate::{Action, ApiError, ManagedKind, ManagedStep, ManagedTask, Mode, Step};
use goal::{Goal, Seen, Wanted};
pub(crate) use look::{Looked, lag_of, look};
use pilotlight_journal::{Outcome, StepStatus};
use serde_json::Value;
use std::time::Duration;

pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &ManagedStep,
) -> Result<Performed, EngineError> {
    let wanted = match &database.task {
        ManagedTask::Look => return look::perform(engine, step, database).await,
        ManagedTask::Measure => return measure::perform(engine, step, database).await,
        ManagedTask::Replicate(like) => Wanted::Replica { like: like.clone() },
        ManagedTask::Promote => Wanted::Promoted,
        ManagedTask::Verify => Wanted::StillPromoted,
    };
    let goal = Goal::of(engine, database, wanted);
    reach::reach(engine, step, &goal, Way::Do).await
}

pub(crate) async fn undo(engine: &mut Engine, step: &Step, database: &ManagedStep) -> Result<Performed, EngineError> {
    if !database.has_undo() {
        return Ok(Ending::new(Outcome::AlreadyDone, Value::Null, "changed nothing").into());
    }
    let goal = Goal::of(engine, database, Wanted::SwappedBack);
    reach::reach(engine, step, &goal, Way::Undo).await
}

/// Whether to ask again would be of no use.
fn is_final(error: &ApiError) -> bool {
    matches!(error, ApiError::Denied(_))
}

/// A database of AWS's that going back would leave behind, or could not go back to.
pub(crate) struct Behind {
    /// The promotion: a person who skips it goes back all the same.
    pub(crate) step: String,
    /// One line for a person.
    pub(crate) reason: String,
}

/// Whether a database that this run promoted stands in the way of going back: what an instance wrote since its promotion
/// is on no other, and nothing counts it; a cluster that is cut off cannot take the writes over.
pub(crate) async fn behind(engine: &Engine) -> Option<Behind> {
    let state = engine.journal.state();
    for step in engine.run.steps() {
        let Action::Managed(database) = &step.action else { continue };
        let (status, begun) =
            state.steps.get(&step.id).map_or((StepStatus::Pending, 0), |step| (step.status, step.undo_attempts));
        let untouched = matches!(status, StepStatus::Pending | StepStatus::Failed | StepStatus::Undone) || begun > 0;
        if database.task != ManagedTask::Promote || untouched || state.skips.contains_key(&step.id) {
            continue;
        }
        let (name, side) = (&database.name, engine.run.to.side);
        let (cause, remedy) = match &database.service {
            // The steps by SQL count what it wrote.
            ManagedKind::Rds if database.sql => continue,
            ManagedKind::Rds => (
                format!(
                    "database {name} of the {side} would be left, and what was written there since its promotion is \
                         not known"
                ),
                "leave those writes behind",
            ),
            ManagedKind::AuroraGlobal(_) => {
                let Some(cause) = goal::cannot_swap_back(engine, database).await else { continue };
                (format!("database {name}: {cause}"), "go back all the same")
            }
        };
        let reason =
            format!("not gone back: {cause}; it is left as it is until a person skips {} to {remedy}", step.id);
        return Some(Behind { step: step.id.clone(), reason });
    }
    None
}

/// What became of a promotion that was asked for, and of which the run does not know.
pub(crate) enum Promotion {
    /// Nothing is open: it was not asked for, the run knows its outcome, or nothing came of it.
    Closed,
    /// It is promoted, in these words.
    Came(String),
    /// It may still come, for this reason.
    MayCome(String),
}

/// A promotion that RDS was asked for, or may have been, and of which the run does not know what came.
pub(crate) struct InDoubt {
    goal: Goal,
    /// The new instance's identifier.
    id: String,
    /// From when on a replica that is seen to be one stays one.
    seen_from: Duration,
    /// How long RDS may take.
    pub(crate) timeout: Duration,
}

impl InDoubt {
    /// That of a database; none where nothing is open.
    pub(crate) fn of(engine: &Engine, name: &str) -> Option<Self> {
        let (step, database) = engine.run.steps().find_map(|step| match &step.action {
            Action::Managed(database)
                if database.name == name
                    && database.task == ManagedTask::Promote
                    && database.service == ManagedKind::Rds =>
            {
                Some((step, database))
            }
            _ => None,
        })?;
        let status = engine.journal.state().status(&step.id);
        let known = matches!(status, StepStatus::Done | StepStatus::AlreadyDone | StepStatus::Failed);
        if known || engine.attempts(step, Way::Do) == 0 {
            return None;
        }
        Some(Self {
            goal: Goal::of(engine, database, Wanted::StillPromoted),
            id: database.new.id.clone(),
            seen_from: reach::seen_from(engine, step, Way::Undo),
            timeout: step.timeout(),
        })
    }

    /// Whether RDS may still promote the new instance: what it was asked for it does, whoever goes back meanwhile. A
    /// server that is no standby's source any more and one that was let write again would both take writes.
    pub(crate) async fn look(&self, engine: &Engine) -> Promotion {
        match self.goal.look().await {
            Seen::There(_, detail) => Promotion::Came(detail),
            Seen::NotYet(_) if engine.ports.clock.elapsed() >= self.seen_from => Promotion::Closed,
            Seen::NotYet(detail) => {
                Promotion::MayCome(format!("{detail}, and its promotion was asked for a moment ago"))
            }
            Seen::Moving(detail) | Seen::NotNow(detail) => Promotion::MayCome(detail),
            // Nothing is promoted that is not there.
            Seen::Never(_) => Promotion::Closed,
            Seen::Unread(error) => Promotion::MayCome(format!("{} could not be read: {error}", self.id)),
        }
    }
}

/// Whether the run gives up writes where it must.
fn is_graceful(engine: &Engine) -> bool {
    engine.run.mode == Mode::Graceful
}
