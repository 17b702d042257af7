//! The standby becomes the primary, and how far it was then is kept.

use super::fence::{end_by_the_fence, is_fenced};
use super::look::no_newer;
use super::{Patience, Servers, pause, seen};
use crate::engine::{Engine, EngineError, Way};
use crate::report::FOLLOWED_NOBODY;
use crate::steps::{Ending, Performed};
use crate::{DatabaseStep, DatabaseTask, Step};
use pilotlight_integrity::postgres::{FormerPrimary, Lsn, Position, ServerRole};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::time::Duration;

/// A promotion that is asked for once more right before the deadline has this long: it takes a second where nothing is to
/// be replayed.
const LAST_TRY: Duration = Duration::from_secs(5);

/// How long it is waited for before it is looked whose run it is by now, and asked once more: well below `LONGEST_CALL`,
/// after which who took the run over counts on it that nobody asks.
const ONE_TRY: Duration = Duration::from_secs(20);

/// How far the standby is, against where the old server's log ended, where that is known.
pub(super) async fn measure(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        let error = match servers.databases.position(&servers.new).await {
            Ok(now) if now.role == ServerRole::Primary => {
                return Ok(measured_late(engine, &database.name, &now).into());
            }
            Ok(now) => {
                let end = end_of_writes(engine, &database.name);
                let missing = end.zip(now.replayed).map(|(end, replayed)| end.since(replayed));
                let observed = json!({
                    "missing": missing,
                    "end": end.map(|end| end.to_string()),
                    "replayed": now.replayed.map(|replayed| replayed.to_string()),
                    "received": now.received.map(|received| received.to_string()),
                    "last_commit_at": now.last_commit_at,
                    "last_commit_age_ms": now.last_commit_age.map(crate::compile::milliseconds),
                });
                let last = now.last_commit_at.map_or_else(String::new, |at| format!("; its last commit is of {at}"));
                let detail = match missing {
                    Some(0) => "nothing is missing".to_owned(),
                    Some(bytes) => format!("{bytes} bytes of the old server's log are missing{last}"),
                    None => {
                        let fence = seen(engine, &database.name, &DatabaseTask::Fence);
                        let why = match fence.and_then(|fence| fence.get("fence")?.as_str()) {
                            Some("unknown") => "the old server did not answer",
                            Some("proven") => "where the fenced server's log ended is not known",
                            _ => "nothing keeps the old server from writing on",
                        };
                        format!("what is missing is not known, as {why}{last}")
                    }
                };
                return Ok(Ending::new(Outcome::Done, observed, detail).into());
            }
            Err(error) => error,
        };
        match pause(engine, step, deadline, &servers.tell(&error)).await? {
            Patience::Left if !error.is_answer() => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            _ => return Ok(servers.ending(&error).into()),
        }
    }
}

/// Of a server that is a primary: by this run, by the one before, or by hand.
fn measured_late(engine: &Engine, name: &str, now: &Position) -> Ending {
    let look = seen(engine, name, &DatabaseTask::Look);
    let was = |field: &str, value: Value| look.is_some_and(|look| look.get(field) == Some(&value));
    if !was("role", ServerRole::Primary.as_str().into()) || was("already", true.into()) {
        let detail = "it is a primary already: how far it was when it became one is not known";
        return Ending::new(Outcome::Done, json!({ "missing": Value::Null }), detail);
    }
    let observed = json!({ "missing": Value::Null, "last_commit_at": now.last_commit_at, FOLLOWED_NOBODY: true });
    let detail = format!("what is missing is not known: it was a primary before this run, and {}", no_newer(now));
    Ending::new(Outcome::Done, observed, detail)
}

/// Where the fenced server's log ended, by the steps before this one. Without a proven fence it has no end.
fn end_of_writes(engine: &Engine, name: &str) -> Option<Lsn> {
    if !is_fenced(engine, name) {
        return None;
    }
    let caught_up = seen(engine, name, &DatabaseTask::CatchUp).and_then(|seen| seen.get("end")?.as_str()?.parse().ok());
    caught_up.or_else(|| end_by_the_fence(engine, name))
}

/// Promotes it. A server that was promoted already is done.
pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    let mut acted = engine.attempts(step, Way::Do) > 0;
    engine.intend(step, Way::Do).await?;
    let looked = seen(engine, &database.name, &DatabaseTask::Look);
    let former = FormerPrimary {
        system: looked.and_then(|seen| seen.get("system")?.as_str().map(str::to_owned)),
        timeline: looked.and_then(|seen| u32::try_from(seen.get("old_timeline")?.as_u64()?).ok()),
    };
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        let left = deadline.saturating_sub(engine.ports.clock.elapsed()).clamp(LAST_TRY, ONE_TRY);
        let error = match servers.databases.promote(&servers.new, &former, left).await {
            Ok(promotion) => {
                let outcome = if promotion.already && !acted { Outcome::AlreadyDone } else { Outcome::Done };
                let observed = json!({ "timeline": promotion.timeline });
                let detail = format!("it is a primary, on timeline {}", promotion.timeline);
                return Ok(Ending::new(outcome, observed, detail).into());
            }
            Err(error) => error,
        };
        // A server that crashed in between has forgotten that it was asked, or was promoted: asking again is right in both.
        match pause(engine, step, deadline, &servers.tell(&error)).await? {
            Patience::Left if !error.is_answer() => {
                acted = true;
                engine.journal.check_ownership().await?;
            }
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            // Failed means that nothing was asked for: what was, may come.
            _ if acted => return Ok(Ending::new(Outcome::Unknown, Value::Null, servers.tell(&error)).into()),
            _ => return Ok(servers.ending(&error).into()),
        }
    }
}
