//! The object that a health check reads: written for a failover, removed for a failback. Data plane calls alone.

use super::await_name_servers::wait_for_answers;
use super::expected::Expected;
use super::going_back::{DeadSide, dead_side};
use super::in_flight::{Held, OtherWay, SETTLE, unanswered, wait_for_effect};
use super::move_records::{another_set_changed, name_servers_patience};
use super::{Ending, Performed};
use crate::engine::{Engine, EngineError, Way};
use crate::record_values::sorted;
use crate::signal::NOTE_BEGINS;
use crate::{RecordChange, RecordChanges, SignalAction, SignalError, Step};
use futures::future::join_all;
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::time::Duration;

/// Looks whether name servers answer for every record as one of both sides does. Those that give no answer are passed
/// over while another does: there may be few left in the hour that this is for.
pub(crate) async fn guard(engine: &mut Engine, step: &Step, signal: &SignalAction) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        match answers(engine, signal).await {
            Ok(ending) => return Ok(ending.into()),
            Err(cause) if engine.ports.clock.elapsed() >= deadline => {
                return Ok(Ending::failed(cause).into());
            }
            Err(cause) => engine.waits(step, &cause).await?,
        }
        engine.ports.clock.sleep(Duration::from_millis(step.retry.pause_ms)).await;
    }
}

async fn answers(engine: &Engine, signal: &SignalAction) -> Result<Ending, String> {
    let (after, back) = (&signal.changes, reversed(&signal.changes));
    let mut all_after = true;
    let mut others = Vec::new();
    for (mut new, mut old) in Expected::of(after).into_iter().zip(Expected::of(&back)) {
        new.refresh(engine, &after.zone).await?;
        // The name of a dead side may have died with it; what it answered is then not known.
        let old_known = old.is_known() && old.refresh(engine, &after.zone).await.is_ok();
        let asked = after
            .zone
            .name_servers
            .iter()
            .map(|server| engine.ports.name_servers.ask(server, &new.name, &new.record_type));
        let mut silence = format!("zone {} has no name servers to ask", after.zone.name);
        let mut heard = false;
        for (server, answer) in after.zone.name_servers.iter().zip(join_all(asked).await) {
            match answer {
                Err(cause) => silence = format!("{server} gives no answer: {cause}"),
                Ok(answer) => {
                    heard = true;
                    let is_new = new.is(&answer);
                    all_after &= is_new;
                    if !is_new && old_known && !old.is(&answer) {
                        let found = sorted(&new.record_type, &answer.values).join(", ");
                        others
                            .push(format!("{server} answers {} with {found}, where {old} or {new} is known", new.name));
                    }
                }
            }
        }
        if !heard {
            return Err(silence);
        }
    }
    Ok(match (others.first(), all_after) {
        (Some(other), _) => Ending::refused(json!({}), format!("neither side's: {other}")),
        (None, true) => Ending::new(Outcome::Done, json!({ "found": "after" }), "name servers answer as at the target"),
        (None, false) => Ending::new(Outcome::Done, json!({ "found": "before" }), "name servers answer as before"),
    })
}

pub(crate) async fn perform(engine: &mut Engine, step: &Step, signal: &SignalAction) -> Result<Performed, EngineError> {
    reach(engine, step, signal, signal.raised, Way::Do).await
}

/// Puts the object back as it was, unless the side that it leads to is dead, and waits for the name servers.
pub(crate) async fn undo(engine: &mut Engine, step: &Step, signal: &SignalAction) -> Result<Performed, EngineError> {
    let mut ending = match reach(engine, step, signal, !signal.raised, Way::Undo).await? {
        Performed::Ended(ending) => ending,
        waits => return Ok(waits),
    };
    if matches!(ending.outcome, Outcome::Done | Outcome::AlreadyDone) {
        let back = reversed(&signal.changes);
        // Of a side whose values were not known when the run was compiled, no answer can be told to be it.
        if !Expected::of(&back).iter().all(Expected::is_known) {
            ending.detail = format!("{}; what name servers answer for it is not known", ending.detail);
            return Ok(ending.into());
        }
        let patience = name_servers_patience(engine, &signal.changes);
        if let Err(cause) = wait_for_answers(engine, step, &back, None, patience).await? {
            ending.detail = format!("{}, and {cause}", ending.detail);
        }
    }
    Ok(ending.into())
}

fn reversed(changes: &RecordChanges) -> RecordChanges {
    let back = |record: &RecordChange| RecordChange { before: record.after.clone(), after: record.before.clone() };
    RecordChanges { records: changes.records.iter().map(back).collect(), ..changes.clone() }
}

/// Observes, acts, and observes again. What was asked and not answered is looked at, never assumed.
async fn reach(
    engine: &mut Engine,
    step: &Step,
    signal: &SignalAction,
    raised: bool,
    way: Way,
) -> Result<Performed, EngineError> {
    let mut other_way = OtherWay::of(engine, step, way);
    let deadline = engine.ports.clock.elapsed() + step.timeout() + other_way.left(engine);
    let pause = Duration::from_millis(step.retry.pause_ms);
    let mut acted = engine.attempts(step, way) > 0;
    let mut tries = 0;
    let mut last: Option<SignalError> = None;
    // A request of an executor before this one may have got no answer.
    let mut lost = acted;
    let mut lost_at: Option<Duration> = None;
    loop {
        let now = engine.ports.clock.elapsed();
        let late = now >= deadline;
        let may_come = lost_at.is_some_and(|at| now < at + SETTLE);
        match engine.ports.signals.is_raised(&signal.url).await {
            Ok(found) if found == raised => match other_way.hold(engine, step).await? {
                Held::Believed => {
                    return Ok(unanswered(reached(signal, raised, acted), lost).into());
                }
                Held::Again => continue,
                Held::Stop(reason) => return Ok(Performed::Waits(reason)),
            },
            Ok(_) => match &last {
                Some(cause @ SignalError::Denied(_)) if !may_come => return Ok(not_reached(raised, cause).into()),
                Some(cause) if (late || tries >= step.retry.attempts) && !may_come => {
                    return Ok(not_reached(raised, cause).into());
                }
                Some(cause) if late || tries >= step.retry.attempts || matches!(cause, SignalError::Denied(_)) => {
                    if let Some(reason) = wait_for_effect(engine, step, &cause.to_string()).await? {
                        return Ok(Performed::Waits(reason));
                    }
                    continue;
                }
                Some(cause) => {
                    engine.waits(step, &cause.to_string()).await?;
                    engine.ports.clock.sleep(pause).await;
                }
                None if way == Way::Do => {
                    if let Some(refusal) = another_set_changed(engine, step).await {
                        return Ok(refusal.into());
                    }
                }
                // Asked right before it is put back, also where a late request has put it there meanwhile.
                None => {
                    if let Some(DeadSide { step, reason }) = dead_side(engine).await {
                        return Ok(Performed::WaitsFor { step, reason });
                    }
                }
            },
            Err(cause) if late => {
                let detail = format!("whether {} is there could not be observed: {cause}", signal.url);
                return Ok(unanswered(Ending::new(Outcome::Unknown, Value::Null, detail), lost).into());
            }
            Err(cause) => {
                engine.waits(step, &cause.to_string()).await?;
                engine.ports.clock.sleep(pause).await;
                continue;
            }
        }
        if tries == 0 {
            engine.intend(step, way).await?;
        } else {
            engine.intend_again(step, way).await?;
        }
        (tries, acted) = (tries + 1, true);
        let note = format!("{NOTE_BEGINS}{} {}\n", engine.journal.run(), step.id);
        let done = match raised {
            true => engine.ports.signals.raise(&signal.url, &note).await,
            false => engine.ports.signals.lower(&signal.url).await,
        };
        // An answer that says so is not enough either: the loop looks again.
        if matches!(done, Err(SignalError::Unknown(_))) {
            (lost, lost_at) = (true, Some(engine.ports.clock.elapsed()));
        }
        last = Some(match done {
            Ok(()) => SignalError::Unknown("it was accepted and is not seen".to_owned()),
            Err(error) => error,
        });
    }
}

fn reached(signal: &SignalAction, raised: bool, acted: bool) -> Ending {
    let outcome = if acted { Outcome::Done } else { Outcome::AlreadyDone };
    let state = if raised { "is there" } else { "is gone" };
    Ending::new(outcome, json!({ "url": signal.url, "raised": raised }), format!("{} {state}", signal.url))
}

fn not_reached(raised: bool, cause: &SignalError) -> Ending {
    let what = if raised { "the object is not there" } else { "the object is still there" };
    Ending::failed(format!("{what}: {cause}"))
}
