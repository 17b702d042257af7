//! The steps about databases. One file a task.

mod compare;
mod fence;
mod first_write;
mod look;
mod pair;
mod promote;
mod promotion;
mod release;
mod resync;
mod verify;

pub(crate) use look::{Looked, look};
pub(crate) use release::{LeftBehind, left_behind, may_make_a_standby};

use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError};
use crate::text::{MissingVariable, Secrets};
use crate::{Action, DatabaseStep, DatabaseTask, Environment, Step};
use pilotlight_integrity::postgres::{Databases, PostgresError, WriteCount};
use pilotlight_journal::Outcome;
use pilotlight_plan::format_duration;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long a server that is needed and gives no answer is asked again, before a person is asked or the run goes back: one
/// that crashed is back within seconds, as it replays at most what it wrote since its last checkpoint.
const CRASH_RECOVERY: Duration = Duration::from_secs(20);

pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
) -> Result<Performed, EngineError> {
    let servers = match Servers::of(engine, database) {
        Ok(servers) => servers,
        Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
    };
    match &database.task {
        DatabaseTask::Look => look::perform(engine, step, database, &servers).await,
        DatabaseTask::Keep => resync::keep(engine, step, database, &servers).await,
        DatabaseTask::Resync(run) => resync::perform(engine, step, database, run, &servers).await,
        DatabaseTask::Fence => fence::perform(engine, step, database, &servers).await,
        DatabaseTask::CatchUp => fence::catch_up(engine, step, database, &servers).await,
        DatabaseTask::Measure => promote::measure(engine, step, database, &servers).await,
        DatabaseTask::Promote => promote::perform(engine, step, database, &servers).await,
        DatabaseTask::Release => release::perform(engine, step, &servers).await,
        DatabaseTask::Verify => verify::perform(engine, step, database, &servers).await,
        DatabaseTask::FirstWrite => first_write::perform(engine, step, database, &servers).await,
        DatabaseTask::Compare => compare::perform(engine, step, database, &servers).await,
    }
}

pub(crate) async fn undo(engine: &mut Engine, step: &Step, database: &DatabaseStep) -> Result<Performed, EngineError> {
    let servers = match Servers::of(engine, database) {
        Ok(servers) => servers,
        Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
    };
    match &database.task {
        DatabaseTask::Fence => fence::undo(engine, step, database, &servers).await,
        DatabaseTask::Release => release::undo(engine, step, &servers).await,
        _ => Ok(Ending::new(Outcome::AlreadyDone, Value::Null, "changed nothing").into()),
    }
}

/// The two servers of a database, and the way to them.
pub(crate) struct Servers {
    pub(super) databases: Arc<dyn Databases>,
    /// The one that is left; none where nobody knows its URL.
    pub(super) old: Option<String>,
    /// The one that takes over.
    pub(super) new: String,
    secrets: Vec<String>,
}

impl Servers {
    fn of(engine: &Engine, database: &DatabaseStep) -> Result<Self, MissingVariable> {
        Self::through(&engine.ports.databases, &*engine.ports.environment, database)
    }

    pub(crate) fn through(
        databases: &Arc<dyn Databases>,
        environment: &dyn Environment,
        database: &DatabaseStep,
    ) -> Result<Self, MissingVariable> {
        let mut secrets = Secrets::new(environment);
        let old = database.old.as_ref().map(|old| secrets.reveal(old)).transpose()?;
        let new = secrets.reveal(&database.new)?;
        let databases = Arc::clone(databases);
        let secrets = old.iter().chain(std::iter::once(&new)).cloned().collect();
        Ok(Self { databases, old, new, secrets })
    }

    /// Whether the server that is left refuses writes by a fence; none where it gives no answer.
    pub(crate) async fn left_is_fenced(&self) -> Option<bool> {
        self.databases.fence_stands(self.old.as_ref()?).await.ok()
    }

    /// The same of the server that takes over.
    pub(crate) async fn new_is_fenced(&self) -> Option<bool> {
        self.databases.fence_stands(&self.new).await.ok()
    }

    /// An error in one line. It holds no URL, and if one did, it would be taken out here.
    pub(super) fn tell(&self, error: &PostgresError) -> String {
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(error) {
            text = format!("{text}: {source}");
        }
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), pilotlight_findings::SENSITIVE))
    }

    /// A step's end by an error: refused by a rule, refused by the server, or not known.
    pub(super) fn ending(&self, error: &PostgresError) -> Ending {
        match error {
            PostgresError::Forbidden { .. } => Ending::refused(Value::Null, self.tell(error)),
            error if error.is_answer() => Ending::failed(self.tell(error)),
            error => Ending::new(Outcome::Unknown, Value::Null, self.tell(error)),
        }
    }
}

/// The step of a database that does this.
pub(super) fn database_step<'e>(engine: &'e Engine, name: &str, task: &DatabaseTask) -> Option<&'e Step> {
    engine.run.steps().find(
        |step| matches!(&step.action, Action::Database(database) if database.name == name && database.task == *task),
    )
}

/// What an earlier step of the same database saw; none where it has no outcome, or was left out.
pub(super) fn seen<'e>(engine: &'e Engine, name: &str, task: &DatabaseTask) -> Option<&'e Value> {
    let step = database_step(engine, name, task)?;
    let state = engine.journal.state().steps.get(&step.id)?;
    state.finished_at.is_some().then_some(&state.observed)
}

/// The rows that a server had written when a fence or a release counted them.
pub(super) fn counted(observed: &Value) -> Option<WriteCount> {
    let counted_since = observed.get("counted_since").and_then(Value::as_str).map(str::to_owned);
    Some(WriteCount { rows: observed.get("writes")?.as_u64()?, counted_since })
}

/// Whether there is time for another look, after a pause. Whoever watches is told how long that goes on at most.
pub(super) async fn pause(
    engine: &mut Engine,
    step: &Step,
    deadline: Duration,
    cause: &str,
) -> Result<Patience, EngineError> {
    let now = engine.ports.clock.elapsed();
    let left = format_duration(Duration::from_secs(deadline.saturating_sub(now).as_secs()));
    engine.waits(step, &format!("{cause}; asked for {left} more at most")).await?;
    let pause = Duration::from_millis(step.retry.pause_ms);
    if now + pause >= deadline {
        return Ok(Patience::Over);
    }
    if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
        return Ok(Patience::Stop(reason));
    }
    engine.ports.clock.sleep(pause).await;
    Ok(Patience::Left)
}

/// Whether to look once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Patience {
    Left,
    Over,
    /// A person asked to stop, for this reason.
    Stop(String),
}
