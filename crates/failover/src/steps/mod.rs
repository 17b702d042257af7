//! How each kind of step looks, acts and is undone. One file a kind.

mod approval;
mod await_name_servers;
pub(crate) mod check;
mod command;
pub(crate) mod database;
mod expected;
mod going_back;
mod guard_records;
mod hold;
mod in_flight;
mod look;
pub(crate) mod managed;
mod move_records;
pub(crate) mod resize;
mod scale;
mod signal;
mod watch;

pub(crate) use database::may_make_a_standby;
pub(crate) use going_back::{guards_the_way_back, is_promotion};
pub use guard_records::AT_THEIR_TARGET;
pub use in_flight::LONGEST_CALL;
pub(crate) use in_flight::{is_looked_at_again, outstanding};

use crate::engine::{Engine, EngineError};
use crate::{Action, Step};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};

/// What came of performing a step.
pub(crate) enum Performed {
    /// It has an outcome.
    Ended(Ending),
    /// It has none yet: the run stops and waits for a person, for this reason.
    Waits(String),
    /// The same, and what it waits for is another step.
    WaitsFor {
        /// The other step's id.
        step: String,
        /// The reason.
        reason: String,
    },
}

/// A step's outcome, as it was observed.
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    /// Data for the report.
    pub(crate) observed: Value,
    /// One line for a person. It holds no time and no count of tries: a run that was killed and resumed
    /// tells the same story.
    pub(crate) detail: String,
}

impl Ending {
    pub(crate) fn new(outcome: Outcome, observed: Value, detail: impl Into<String>) -> Self {
        Self { outcome, observed, detail: detail.into() }
    }

    /// A failure of which there is nothing to keep but its words.
    pub(crate) fn failed(detail: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, Value::Null, detail)
    }

    /// A failure that a safety rule decided.
    pub(crate) fn refused(observed: Value, detail: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, observed, detail).marked("refused")
    }

    /// Says one thing more with what was observed.
    fn marked(mut self, field: &str) -> Self {
        match &mut self.observed {
            Value::Object(fields) => {
                fields.insert(field.to_owned(), true.into());
            }
            other => *other = json!({ field: true }),
        }
        self
    }
}

impl From<Ending> for Performed {
    fn from(ending: Ending) -> Self {
        Self::Ended(ending)
    }
}

/// Why a step that waits was left without an outcome.
pub(crate) const STOP_REQUESTED: &str = "a person asked to stop while it waited";

pub(crate) async fn perform(engine: &mut Engine, step: &Step) -> Result<Performed, EngineError> {
    match &step.action {
        Action::GuardRecords(changes) => guard_records::perform(engine, step, changes).await,
        Action::Check(check) => check::perform(engine, step, check).await,
        Action::Approval { name } => approval::perform(engine, step, name).await,
        Action::Command(command) => command::perform(engine, step, command).await,
        Action::Database(database) => database::perform(engine, step, database).await,
        Action::Managed(database) => managed::perform(engine, step, database).await,
        Action::MoveRecords(changes) => move_records::perform(engine, step, changes).await,
        Action::AwaitNameServers(changes) => await_name_servers::perform(engine, step, changes).await,
        Action::Hold(hold) => hold::perform(engine, step, hold).await,
        Action::Observe(action) => watch::perform(engine, step, action).await,
        Action::GuardSignal(signal) => signal::guard(engine, step, signal).await,
        Action::Signal(signal) => signal::perform(engine, step, signal).await,
        Action::Scale(action) => scale::perform(engine, step, action).await,
        Action::Resize(action) => resize::perform(engine, step, action).await,
    }
}

pub(crate) async fn undo(engine: &mut Engine, step: &Step) -> Result<Performed, EngineError> {
    match &step.action {
        Action::Command(command) => command::undo(engine, step, command).await,
        Action::Database(database) => database::undo(engine, step, database).await,
        Action::Managed(database) => managed::undo(engine, step, database).await,
        Action::MoveRecords(changes) => move_records::undo(engine, step, changes).await,
        Action::Signal(signal) => signal::undo(engine, step, signal).await,
        Action::Scale(action) => scale::undo(engine, step, action).await,
        Action::Resize(action) => resize::undo(engine, step, action).await,
        // The engine undoes only steps that have an undo.
        Action::GuardRecords(_)
        | Action::Check(_)
        | Action::Approval { .. }
        | Action::AwaitNameServers(_)
        | Action::GuardSignal(_)
        | Action::Hold(_)
        | Action::Observe(_) => Ok(Ending::new(Outcome::AlreadyDone, Value::Null, "changed nothing").into()),
    }
}
