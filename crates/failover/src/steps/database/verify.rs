//! After the switch: one server takes writes, and only one.

use super::{Patience, Servers, counted, database_step, pause, seen};
use crate::engine::{Engine, EngineError, Way};
use crate::steps::in_flight::{Held, OtherWay};
use crate::steps::{Ending, Performed};
use crate::{DatabaseStep, DatabaseTask, Step};
use pilotlight_integrity::postgres::{FenceState, WriteCount};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    // After a withdrawn abort, whose undo swaps their fences, by whoever asked for that and may live.
    let tasks = [DatabaseTask::Release, DatabaseTask::Fence].map(|task| database_step(engine, &database.name, &task));
    let mut swapped = OtherWay::of_all(engine, tasks.into_iter().flatten(), Way::Do);
    let deadline = engine.ports.clock.elapsed() + step.timeout() + swapped.left(engine);
    let own = loop {
        let error = match servers.databases.takes_writes(&servers.new).await {
            Ok(own) => match stays_so(engine, step, servers, &mut swapped).await? {
                Held::Believed => break own,
                Held::Again => continue,
                Held::Stop(reason) => return Ok(Performed::Waits(reason)),
            },
            Err(error) => {
                if !swapped.left(engine).is_zero() {
                    swap_back(engine, servers).await?;
                }
                error
            }
        };
        match pause(engine, step, deadline, &servers.tell(&error)).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            Patience::Over => return Ok(servers.ending(&error).into()),
        }
    };
    let fence = seen(engine, &database.name, &DatabaseTask::Fence);
    let proven = fence.and_then(|seen| seen.get("fence")).and_then(Value::as_str) == Some("proven");
    let writes = fence.and_then(counted);
    let follows = fence.and_then(|seen| seen.get("follows")).is_some();
    let tried = fence.is_some() && !proven;
    let old = match (&servers.old, writes) {
        (Some(old), Some(writes)) if proven => second_writer(servers, old, &writes).await,
        _ if follows => Old::Silent("the other follows it".into()),
        (Some(old), _) if tried => fence_late(servers, old).await,
        _ => Old::NotKnown("whether the other takes writes is not known, as its fence was not proven".into()),
    };
    Ok(match old {
        Old::Silent(detail) => ending(Outcome::Done, "none", own, &detail),
        Old::NotKnown(detail) => ending(Outcome::Done, "unknown", own, &detail),
        Old::FencedLate(at, detail) => {
            let mut ending = ending(Outcome::Done, "unknown", own, &detail);
            ending.observed["fenced_late"] = true.into();
            ending.observed["fenced_at"] = at.into();
            ending
        }
        Old::Writes(detail) => ending(Outcome::Failed, "writes", own, &detail),
    }
    .into())
}

/// Looks until no other executor can fence it any more, or release the other; what came all the same is taken back. Traffic
/// is there by then, and held up by nothing.
async fn stays_so(
    engine: &mut Engine,
    step: &Step,
    servers: &Servers,
    swapped: &mut OtherWay,
) -> Result<Held, EngineError> {
    loop {
        match swapped.hold(engine, step).await? {
            Held::Again => {}
            held => return Ok(held),
        }
        if swap_back(engine, servers).await? {
            return Ok(Held::Again);
        }
    }
}

/// Takes a fence back that came late, and sets the other's again where that was taken back late. Gives whether it takes no
/// writes, or may not; what came of it is seen by the next look, and what the other took meanwhile is counted after it.
async fn swap_back(engine: &Engine, servers: &Servers) -> Result<bool, EngineError> {
    if let Some(old) = &servers.old
        && servers.left_is_fenced().await == Some(false)
    {
        engine.journal.check_ownership().await?;
        let _ = servers.databases.fence(old).await;
    }
    let stands = servers.new_is_fenced().await;
    if stands == Some(true) {
        engine.journal.check_ownership().await?;
        let _ = servers.databases.release(&servers.new).await;
    }
    Ok(stands != Some(false))
}

fn ending(outcome: Outcome, second_writer: &str, own: Option<u64>, detail: &str) -> Ending {
    let observed = json!({ "second_writer": second_writer, "own_transaction": own });
    Ending::new(outcome, observed, format!("it takes writes; {detail}"))
}

enum Old {
    Silent(String),
    NotKnown(String),
    /// It was not fenced before the promotion, and is now: since when, and one line for a person.
    FencedLate(Option<String>, String),
    Writes(String),
}

/// A server that gave no answer, or could not be fenced, before the promotion may be back by now and take writes that
/// nobody else has. It is tried once more; what it took in between is not known here.
async fn fence_late(servers: &Servers, old: &str) -> Old {
    let report = servers.databases.fence(old).await;
    match report.state {
        FenceState::Proven => {
            let detail = "the other, which was not fenced before the promotion, is back and is fenced now; whether it took \
                          writes in between is not known";
            Old::FencedLate(report.fenced_at, detail.into())
        }
        _ => Old::NotKnown(format!("whether the other takes writes is not known, as its fence is {report}")),
    }
}

async fn second_writer(servers: &Servers, old: &str, writes: &WriteCount) -> Old {
    match servers.databases.fence_stands(old).await {
        Err(error) => return Old::NotKnown(format!("the other was fenced and is not read: {}", servers.tell(&error))),
        Ok(false) => return Old::Writes("the fence of the other was taken down: two servers take writes".into()),
        Ok(true) => {}
    }
    match servers.databases.writes_since(old, writes).await {
        Ok(Some(0)) => Old::Silent("the other is fenced, and no row was written there since".into()),
        Ok(Some(rows)) => Old::Writes(format!("{rows} rows were written at the other since it was fenced")),
        Ok(None) => Old::NotKnown("the other is fenced; it was started anew, so what it counted is gone".into()),
        Err(error) => Old::NotKnown(format!("the other was fenced and is not read: {}", servers.tell(&error))),
    }
}
