//! The new server takes writes. What the fence left in the catalogue came over with the log, so it is taken back here.

use super::{Patience, Servers, counted, pause};
use crate::engine::{Engine, EngineError, Way, skipped_in_rollback};
use crate::report::{FOLLOWS, LEFT_BEHIND};
use crate::steps::in_flight::unanswered;
use crate::steps::{Ending, Performed};
use crate::{Action, DatabaseTask, ManagedTask, Step};
use pilotlight_integrity::postgres::{FenceState, Handover, PostgresError, ServerRole};
use pilotlight_journal::{Outcome, RunState, StepStatus};
use pilotlight_plan::Phase;
use serde_json::json;

pub(super) async fn perform(engine: &mut Engine, step: &Step, servers: &Servers) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        let released = servers.databases.release(&servers.new).await;
        let error = match released {
            Ok(released) => {
                if let Some(reason) = released.still_refused {
                    return Ok(Ending::failed(reason).into());
                }
                match take_a_write(servers).await {
                    Ok(handover) => {
                        let observed = json!({
                            "next_transaction": handover.next_transaction,
                            "last_replayed_at": handover.last_replayed_at,
                            "writes": released.writes.rows,
                            "counted_since": released.writes.counted_since,
                            "sessions_ended": released.sessions_ended,
                            "sessions_left": released.sessions_left,
                        });
                        return Ok(Ending::new(Outcome::Done, observed, "a write was tried, and taken").into());
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        match pause(engine, step, deadline, &servers.tell(&error)).await? {
            Patience::Left if !error.is_answer() => engine.journal.check_ownership().await?,
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            _ => return Ok(servers.ending(&error).into()),
        }
    }
}

/// It takes a write of ours, and every transaction from here on is somebody else's.
async fn take_a_write(servers: &Servers) -> Result<Handover, PostgresError> {
    servers.databases.takes_writes(&servers.new).await?;
    servers.databases.handover(&servers.new).await
}

/// The new server takes no more writes, so that the old one may.
pub(super) async fn undo(engine: &mut Engine, step: &Step, servers: &Servers) -> Result<Performed, EngineError> {
    if let Some(LeftBehind { step, reason }) = left_behind(engine).await {
        return Ok(Performed::WaitsFor { step, reason });
    }
    if is_standby(servers).await {
        let detail = "it is a standby by now, and takes no writes";
        return Ok(Ending::new(Outcome::Done, json!({ FOLLOWS: true }), detail).into());
    }
    engine.intend(step, Way::Undo).await?;
    let released = engine.journal.state().steps.get(&step.id).and_then(|step| counted(&step.observed));
    let stood = released.is_none() && servers.new_is_fenced().await == Some(true);
    let report = servers.databases.fence(&servers.new).await;
    // What was written there in between is on no other server.
    let rows = match stood {
        true => Some(0),
        false => report.writes.as_ref().zip(released.as_ref()).and_then(|(now, then)| now.since(then)),
    };
    let observed = json!({
        "fence": report.state.as_str(),
        "reasons": report.reasons,
        LEFT_BEHIND: rows,
        // For a second try.
        "writes": released.as_ref().map(|released| released.rows),
        "counted_since": released.and_then(|released| released.counted_since),
    });
    let outcome = match report.state {
        FenceState::Proven => Outcome::Done,
        FenceState::Failed => Outcome::Failed,
        FenceState::Unknown => Outcome::Unknown,
    };
    let lost = report.state == FenceState::Unknown && report.touched;
    Ok(unanswered(Ending::new(outcome, observed, report.to_string()), lost).into())
}

/// Whether somebody has made a standby of the new server: what it had written is gone then.
async fn is_standby(servers: &Servers) -> bool {
    matches!(servers.databases.position(&servers.new).await, Ok(now) if now.role == ServerRole::Standby)
}

/// Writes that going back would leave behind.
pub(crate) struct LeftBehind {
    /// The promotion: a person who skips it leaves them behind.
    pub(crate) step: String,
    /// One line for a person.
    pub(crate) reason: String,
}

/// Whether the server that would be gone back to was made a standby of the new one at the end of the run, or is about to
/// be: its program is not known to have ended, and discards what that server takes from then on.
async fn made_a_standby(engine: &Engine) -> Option<LeftBehind> {
    let state = engine.journal.state();
    for step in engine.run.steps().filter(|step| step.phase == Phase::Finish) {
        let Action::Database(database) = &step.action else { continue };
        let known = state.steps.get(&step.id).filter(|step| step.attempts > 0);
        let (true, Some(known)) = (matches!(database.task, DatabaseTask::Resync(_)), known) else { continue };
        let (name, from, to) = (&database.name, engine.run.from.side, engine.run.to.side);
        let cause = if known.finished_at.is_some() {
            let old = Servers::of(engine, database).ok()?;
            match old.databases.position(&old.new).await {
                Ok(now) if now.role == ServerRole::Primary => continue,
                Ok(_) => format!("database {name} of the {from} is a standby of the {to}'s by now"),
                Err(error) => format!("database {name} of the {from} was to become a standby: {}", old.tell(&error)),
            }
        } else if skipped_in_rollback(engine.journal.events(), &step.id) {
            continue;
        } else {
            format!(
                "database {name} of the {from} is about to become a standby of the {to}'s, as far as is known: look that the \
                 program of {} has ended, and skip it where that server is to serve all the same",
                step.id
            )
        };
        let reason = format!("not gone back: {cause}; run abort --withdraw goes forward");
        return Some(LeftBehind { step: step.id.clone(), reason });
    }
    None
}

/// Whether it is a program that makes a standby of the server which a way back leads to, and is not known to have ended.
pub(crate) fn may_make_a_standby(step: &Step, state: &RunState) -> bool {
    let makes = matches!(&step.action, Action::Database(database) if matches!(database.task, DatabaseTask::Resync(_)));
    let known = state.steps.get(&step.id);
    makes && step.phase == Phase::Finish && known.is_some_and(|step| step.attempts > 0 && step.finished_at.is_none())
}

/// Whether a database that this run promoted has taken writes since, or may have. They are on no other server, so
/// nothing goes back past them but by a person's word.
pub(crate) async fn left_behind(engine: &Engine) -> Option<LeftBehind> {
    let state = engine.journal.state();
    let database_of = |step: &Step| match &step.action {
        Action::Database(database) => Some(database.clone()),
        _ => None,
    };
    if let Some(standby) = made_a_standby(engine).await {
        return Some(standby);
    }
    for step in engine.run.steps() {
        let Some(database) = database_of(step).filter(|database| database.task == DatabaseTask::Release) else {
            continue;
        };
        // An undo that was begun has been asked about.
        let (status, begun) =
            state.steps.get(&step.id).map_or((StepStatus::Pending, 0), |step| (step.status, step.undo_attempts));
        if status == StepStatus::Pending || status == StepStatus::Undone || begun > 0 {
            continue;
        }
        let promotes = |other: &&Step| match &other.action {
            Action::Database(other) => other.name == database.name && other.task == DatabaseTask::Promote,
            Action::Managed(other) => other.name == database.name && other.task == ManagedTask::Promote,
            _ => false,
        };
        let promotion = engine.run.steps().find(promotes)?;
        if state.skips.contains_key(&promotion.id) {
            continue;
        }
        let counted = state.steps.get(&step.id).and_then(|step| counted(&step.observed));
        let found = match (Servers::of(engine, &database), counted) {
            (Err(missing), _) => missing.to_string(),
            (Ok(servers), _) if is_standby(&servers).await => continue,
            // Nothing let it write yet: what fences the old one came over with the log.
            (Ok(servers), None) => match servers.databases.fence_stands(&servers.new).await {
                Ok(true) => continue,
                Ok(false) => "how many rows it has written since its promotion is not known".to_owned(),
                Err(error) => servers.tell(&error),
            },
            (Ok(servers), Some(writes)) => match servers.databases.writes_since(&servers.new, &writes).await {
                Ok(Some(0)) => continue,
                Ok(Some(rows)) => format!("{rows} rows were written there since its promotion"),
                Ok(None) => "how many rows it has written since its promotion is not known".to_owned(),
                Err(error) => servers.tell(&error),
            },
        };
        let reason = format!(
            "not gone back: database {} of the {} would be left, and {found}; it is left as it is until a person skips {} to leave \
             those writes behind",
            database.name, engine.run.to.side, promotion.id
        );
        return Some(LeftBehind { step: promotion.id.clone(), reason });
    }
    None
}
