//! The old server takes no more writes, and the new one has all that it took.

use super::promotion::{Settled, promotion_settles};
use super::{CRASH_RECOVERY, Patience, Servers, database_step, pause, seen};
use crate::engine::{Engine, EngineError, Way};
use crate::report::{PROMOTED_MEANWHILE, SILENT};
use crate::steps::in_flight::{Held, OtherWay, unanswered};
use crate::steps::{Ending, Performed, STOP_REQUESTED};
use crate::{DatabaseStep, DatabaseTask, Mode, Step};
use pilotlight_integrity::postgres::{FenceReport, FenceState, Lsn, PostgresError, ServerRole};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    let Some(old) = &servers.old else {
        return Ok(Ending::failed("the server to fence is not known").into());
    };
    let already = seen(engine, &database.name, &DatabaseTask::Look)
        .is_some_and(|seen| seen.get("already") == Some(&Value::Bool(true)));
    if already {
        let observed = json!({ "fence": "proven", "follows": true });
        return Ok(Ending::new(Outcome::AlreadyDone, observed, "it is a standby already, and takes no writes").into());
    }
    // An executor before this one may have set it, which a server that is gone by now cannot tell.
    let in_doubt = engine.attempts(step, Way::Do) > 0;
    engine.intend(step, Way::Do).await?;
    // And so may a try before the last.
    let mut touched = false;
    let until = engine.ports.clock.elapsed() + CRASH_RECOVERY;
    let mut tries = 1;
    let report = loop {
        let mut report = servers.databases.fence(old).await;
        touched |= report.touched;
        report.touched = touched;
        let patient = step.retry.attempts > 1 && engine.ports.clock.elapsed() < until;
        if report.state != FenceState::Unknown || (tries >= step.retry.attempts && !patient) {
            break report;
        }
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Performed::Waits(reason));
        }
        engine.waits(step, &report.to_string()).await?;
        engine.ports.clock.sleep(Duration::from_millis(step.retry.pause_ms)).await;
        // Who has the run by now may have taken the fence back.
        engine.journal.check_ownership().await?;
        tries += 1;
    };
    let mut ending = ending(engine.run.mode, &report);
    ending.observed["in_doubt"] = in_doubt.into();
    ending.observed[SILENT] = (tries > 1).into();
    let lost = report.state == FenceState::Unknown && report.touched;
    Ok(unanswered(ending, lost).into())
}

fn ending(mode: Mode, report: &FenceReport) -> Ending {
    let observed = json!({
        "fence": report.state.as_str(),
        "reasons": report.reasons,
        "touched": report.touched,
        "sessions_ended": report.sessions_ended,
        "written": report.written.map(|written| written.to_string()),
        "writes": report.writes.as_ref().map(|writes| writes.rows),
        "counted_since": report.writes.as_ref().and_then(|writes| writes.counted_since.clone()),
        "fenced_at": report.fenced_at,
        "other_databases": report.other_databases,
    });
    match (mode, report.state) {
        (_, FenceState::Proven) => Ending::new(Outcome::Done, observed, report.to_string()),
        // It was tried; that side is called for nothing that has to succeed.
        (Mode::Ungraceful, _) => Ending::new(Outcome::Done, observed, format!("{report}, which stops nothing")),
        (Mode::Graceful, FenceState::Failed) => Ending::refused(observed, report.to_string()),
        (Mode::Graceful, FenceState::Unknown) => Ending::new(Outcome::Unknown, observed, report.to_string()),
    }
}

/// The old server takes writes again, unless the new one does: two that write are worse than none.
pub(super) async fn undo(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    let Some(old) = &servers.old else {
        return Ok(Ending::new(Outcome::AlreadyDone, Value::Null, "nothing was fenced").into());
    };
    let steps = &engine.journal.state().steps;
    let untouched = steps.get(&step.id).is_some_and(|state| {
        let is = |field: &str| state.observed.get(field).and_then(Value::as_bool);
        state.attempts == 1 && is("touched") == Some(false) && is("in_doubt") != Some(true)
    });
    let untouched = untouched && !may_be_fenced_late(engine, &database.name);
    let promoted = match promotion_settles(engine, step, database, servers, old).await? {
        Settled::No(performed) => return Ok(performed),
        Settled::Yes(None) if untouched => {
            return Ok(Ending::new(Outcome::AlreadyDone, Value::Null, "the fence changed nothing").into());
        }
        Settled::Yes(Some(promoted)) if untouched => {
            let detail = format!("it was not fenced, and nothing follows it: {promoted}");
            return Ok(Ending::new(Outcome::Done, json!({ PROMOTED_MEANWHILE: true }), detail).into());
        }
        Settled::Yes(promoted) => promoted,
    };
    if let Err(ending) = new_takes_no_writes(servers).await {
        return Ok(ending.into());
    }
    engine.intend(step, Way::Undo).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    let mut told = false;
    let others = [DatabaseTask::Release, DatabaseTask::Verify].map(|task| database_step(engine, &database.name, &task));
    let steps = std::iter::once(step).chain(others.into_iter().flatten());
    let mut other_way = OtherWay::of_all(engine, steps, Way::Undo);
    loop {
        let error = match servers.databases.release(old).await {
            Ok(released) => {
                // Whoever lost the run in the midst of the fence, or of the other's release, may come to its end yet.
                if released.still_refused.is_none() {
                    match stays_released(engine, step, servers, old, &mut other_way).await? {
                        Held::Believed => {}
                        Held::Again => continue,
                        Held::Stop(reason) => return Ok(Performed::Waits(reason)),
                    }
                }
                return Ok(match released.still_refused {
                    None => match &promoted {
                        None => Ending::new(Outcome::Done, Value::Null, "it takes writes again"),
                        Some(promoted) => {
                            let detail = format!("it takes writes again, and nothing follows it: {promoted}");
                            Ending::new(Outcome::Done, json!({ PROMOTED_MEANWHILE: true }), detail)
                        }
                    },
                    Some(reason) => Ending::failed(reason),
                }
                .into());
            }
            // It became a standby meanwhile: there is nothing to take back at a server that follows.
            Err(error) => error,
        };
        if !told && !error.is_answer() {
            told = true;
            engine.tell_of_wait(step, &waits_for_release(step, &servers.tell(&error))).await?;
        }
        match pause(engine, step, deadline, &servers.tell(&error)).await? {
            Patience::Left if !error.is_answer() => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            _ => return Ok(servers.ending(&error).into()),
        }
    }
}

/// Looks until no other executor can fence the old server again, or let the new one write. What came all the same is
/// taken back.
async fn stays_released(
    engine: &mut Engine,
    step: &Step,
    servers: &Servers,
    old: &str,
    other_way: &mut OtherWay,
) -> Result<Held, EngineError> {
    loop {
        match other_way.hold(engine, step).await? {
            Held::Again => {}
            held => return Ok(held),
        }
        if new_takes_no_writes(servers).await.is_err() {
            servers.databases.fence(&servers.new).await;
        }
        if !matches!(servers.databases.fence_stands(old).await, Ok(false)) {
            return Ok(Held::Again);
        }
    }
}

/// Why the way back stands still, and what a person can do about it: a server that is not released refuses writes when it
/// comes back.
fn waits_for_release(step: &Step, cause: &str) -> String {
    format!(
        "the server whose fence is to be taken back gives no answer, and is asked for up to {}: {cause}. Bring it up, or stop \
         this with run pause; where nobody needs that server to write, run skip --step {} leaves the fence",
        pilotlight_plan::format_duration(step.timeout()),
        step.id
    )
}

/// Whether the look after the switch has fenced it, or was killed when it may have.
fn may_be_fenced_late(engine: &Engine, name: &str) -> bool {
    let verify = database_step(engine, name, &DatabaseTask::Verify);
    let state = verify.and_then(|step| engine.journal.state().steps.get(&step.id));
    state.is_some_and(|state| match state.finished_at {
        Some(_) => state.observed.get("fenced_late") == Some(&Value::Bool(true)),
        None => state.attempts > 0,
    })
}

async fn new_takes_no_writes(servers: &Servers) -> Result<(), Ending> {
    let not_known = |error: &PostgresError| {
        let detail = format!("not released: whether the other takes writes is not known: {}", servers.tell(error));
        Ending::new(Outcome::Unknown, Value::Null, detail)
    };
    let position = servers.databases.position(&servers.new).await.map_err(|error| not_known(&error))?;
    if position.role == ServerRole::Standby
        || servers.databases.fence_stands(&servers.new).await.map_err(|error| not_known(&error))?
    {
        return Ok(());
    }
    let detail = "not released: the other was promoted and takes writes, and two servers would";
    Err(Ending::refused(Value::Null, detail))
}

/// Waits until the new server has replayed what the fenced one wrote.
pub(super) async fn catch_up(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let Some(old) = &servers.old else {
        return Ok(Ending::failed("the server that was fenced is not known").into());
    };
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    let mut end = None;
    let mut missing = None;
    loop {
        if end.is_none() {
            end = match servers.databases.end_of_writes(old).await {
                Ok(end) => Some(Ok(end)),
                Err(error @ PostgresError::Forbidden { .. }) => {
                    // It follows the other already.
                    let now = servers.databases.position(&servers.new).await;
                    if now.is_ok_and(|now| now.role == ServerRole::Primary) {
                        let detail = "it is the primary already, and the other follows it";
                        return Ok(Ending::new(Outcome::Done, json!({ "missing": 0 }), detail).into());
                    }
                    return Ok(servers.ending(&error).into());
                }
                Err(error) => Some(Err(error)),
            };
        }
        let cause = match &end {
            Some(Ok(end)) => match servers.databases.position(&servers.new).await {
                Ok(now) if now.role == ServerRole::Primary => {
                    // Promoted before, with the fence standing: what it had not replayed then, it never will.
                    let detail = "it was promoted before this run, so whether everything came over is not known";
                    return Ok(Ending::new(Outcome::Done, json!({ "missing": Value::Null }), detail).into());
                }
                Ok(now) => {
                    let replayed = now.replayed.unwrap_or(Lsn(0));
                    if replayed >= *end && !is_fenced(engine, &database.name) {
                        let observed = json!({ "missing": Value::Null });
                        let detail = "it has replayed what the other had written by then, and no fence keeps that one from \
                                      writing on";
                        return Ok(Ending::new(Outcome::Done, observed, detail).into());
                    }
                    if replayed >= *end {
                        let observed =
                            json!({ "end": end.to_string(), "replayed": replayed.to_string(), "missing": 0 });
                        let detail = "it has replayed everything that the fenced server wrote";
                        return Ok(Ending::new(Outcome::Done, observed, detail).into());
                    }
                    let paused = if now.replay_paused { "; the replay is paused" } else { "" };
                    let cut_off = if now.receiving { "" } else { "; it is not connected to its primary" };
                    missing = Some(end.since(replayed));
                    format!("it has not replayed everything that the fenced server wrote{paused}{cut_off}")
                }
                Err(error) => servers.tell(&error),
            },
            Some(Err(error)) => {
                if let Some(ending) = caught_up_with_the_fence(engine, &database.name, servers, error).await {
                    return Ok(ending.into());
                }
                let cause = servers.tell(error);
                end = None;
                cause
            }
            None => continue,
        };
        match pause(engine, step, deadline, &cause).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            Patience::Over => {
                return Ok(Ending::new(Outcome::Failed, json!({ "still_missing": missing }), cause).into());
            }
        }
    }
}

/// A server that was fenced, with its log's end known, and then died: nothing that it confirmed is missing where the new
/// one has all of the log up to there. Going on brings the service back; going back would lead to a server that is dead.
async fn caught_up_with_the_fence(
    engine: &Engine,
    name: &str,
    servers: &Servers,
    error: &PostgresError,
) -> Option<Ending> {
    if error.is_answer() {
        return None;
    }
    let end = end_by_the_fence(engine, name)?;
    let now = servers.databases.position(&servers.new).await.ok()?;
    let replayed = now.replayed.filter(|replayed| now.role == ServerRole::Standby && *replayed >= end)?;
    let observed = json!({ "end": end.to_string(), "replayed": replayed.to_string(), "missing": 0 });
    let detail = format!(
        "it has replayed everything that the other had written when it was fenced; since then that one gives no answer: {}",
        servers.tell(error)
    );
    Some(Ending::new(Outcome::Done, observed, detail))
}

/// Where the log of a server ended whose fence was proven.
pub(super) fn end_by_the_fence(engine: &Engine, name: &str) -> Option<Lsn> {
    let fence = seen(engine, name, &DatabaseTask::Fence).filter(|_| is_fenced(engine, name))?;
    fence.get("written")?.as_str()?.parse().ok()
}

/// Whether the fence of the old server was proven, and not left out.
pub(super) fn is_fenced(engine: &Engine, name: &str) -> bool {
    let fence = seen(engine, name, &DatabaseTask::Fence);
    fence.and_then(|fence| fence.get("fence")).and_then(Value::as_str) == Some("proven")
}
