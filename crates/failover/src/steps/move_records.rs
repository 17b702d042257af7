//! Moves the records of a traffic set, or moves them back: one atomic batch, compare-and-swap.

use super::await_name_servers::{Answered, wait_for_answers};
use super::going_back::{DeadSide, dead_side};
use super::in_flight::{Held, OtherWay, SETTLE, unanswered, wait_for_effect};
use super::look::{Look, explain, look_until_known};
use super::{Ending, Performed};
use crate::engine::{Engine, EngineError, Way};
use crate::observe::query_name;
use crate::record_values::same_set;
use crate::{Action, ChangeBatch, DnsError, RecordChange, RecordChanges, RecordGroup, RecordSet, Run, Step};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    changes: &RecordChanges,
) -> Result<Performed, EngineError> {
    if let Some(ending) = further_already(engine, step, changes).await {
        return Ok(ending.into());
    }
    let undone = OtherWay::of(engine, step, Way::Do);
    let known = earlier_states(engine, step, changes);
    reach(engine, step, changes, &known, undone, Way::Do).await
}

/// Where an abort was taken back whose undo has no outcome, the records may still be where a later move of their set had
/// brought them: they are not moved back to a smaller share for that.
async fn further_already(engine: &Engine, step: &Step, changes: &RecordChanges) -> Option<Ending> {
    let later = later_states(engine, step, changes);
    if later.is_empty() || engine.attempts(step, Way::Do) == 0 {
        return None;
    }
    let soon = engine.ports.clock.elapsed() + Duration::from_millis(step.retry.pause_ms);
    let Look::Before(found) = look_until_known(engine, step, changes, &later, soon).await else { return None };
    let is = |state: &mut dyn Iterator<Item = &RecordSet>| found.iter().zip(state).all(|(set, one)| same_set(set, one));
    if is(&mut changes.records.iter().map(|record| &record.before)) || !later.iter().any(|state| is(&mut state.iter()))
    {
        return None;
    }
    let observed = json!({ "records": found });
    Some(Ending::new(Outcome::Done, observed, "the records are where a later step had brought them"))
}

/// Where an undo that was taken back may leave the records of a later move yet: at the beginning, or where an earlier move
/// brings them, in a run that somebody had go on; else none.
fn earlier_states(engine: &Engine, step: &Step, changes: &RecordChanges) -> Vec<Vec<RecordSet>> {
    if engine.journal.state().withdrawn.is_none() {
        return Vec::new();
    }
    let moves = engine.run.steps().filter_map(|other| match &other.action {
        Action::MoveRecords(moved) if moved.traffic == changes.traffic => Some((&other.id, moved)),
        _ => None,
    });
    let earlier = moves.take_while(|(id, _)| **id != step.id);
    earlier.map(|(_, moved)| moved.records.iter().map(|record| record.before.clone()).collect()).collect()
}

/// Where later moves of the same set leave its records, in a run that somebody aborted and somebody had go on; else none.
fn later_states(engine: &Engine, step: &Step, changes: &RecordChanges) -> Vec<Vec<RecordSet>> {
    if engine.journal.state().withdrawn.is_none() {
        return Vec::new();
    }
    let moves = engine.run.steps().filter_map(|other| match &other.action {
        Action::MoveRecords(moved) if moved.traffic == changes.traffic => Some((&other.id, moved)),
        _ => None,
    });
    moves.skip_while(|(id, _)| **id != step.id).skip(1).map(|(_, moved)| states(moved).collect()).collect()
}

/// One batch back to the records as they were when the run was compiled, unless the side that it leads to is dead. Of
/// several moves of a traffic set, the first undo thus leads all the way, from wherever they are. Its name servers are
/// waited for too: the run says that it is undone when it is.
pub(crate) async fn undo(engine: &mut Engine, step: &Step, changes: &RecordChanges) -> Result<Performed, EngineError> {
    let run = Arc::clone(&engine.run);
    let back = back_to_the_beginning(&run, changes);
    let known: Vec<Vec<RecordSet>> = run.moves_of(&changes.traffic).map(|moved| states(moved).collect()).collect();
    // The batch of a later move deletes what an earlier one made, which is not there at the beginning.
    let is_first = changes.records.iter().zip(&back.records).all(|(moved, back)| same_set(&moved.before, &back.after));
    let done = if is_first { OtherWay::of(engine, step, Way::Undo) } else { OtherWay::none(Way::Undo) };
    let mut ending = match reach(engine, step, &back, &known, done, Way::Undo).await? {
        Performed::Ended(ending) => ending,
        waits => return Ok(waits),
    };
    if matches!(ending.outcome, Outcome::Done | Outcome::AlreadyDone) {
        let change_id = ending.observed.get("change_id").and_then(Value::as_str).map(str::to_owned);
        let patience = name_servers_patience(engine, changes);
        match wait_for_answers(engine, step, &back, change_id.as_deref(), patience).await? {
            Ok(Answered { confirmed, .. }) => ending.detail = format!("{}{confirmed}", ending.detail),
            Err(cause) => ending.detail = format!("{}, and {cause}", ending.detail),
        }
    }
    Ok(ending.into())
}

/// From what a move makes of the records to what they were before the first one.
fn back_to_the_beginning(run: &Run, changes: &RecordChanges) -> RecordChanges {
    let first = run.moves_of(&changes.traffic).next().unwrap_or(changes);
    let records = changes.records.iter().zip(&first.records);
    RecordChanges {
        records: records
            .map(|(record, first)| RecordChange { before: record.after.clone(), after: first.before.clone() })
            .collect(),
        ..changes.clone()
    }
}

/// The records as a move leaves them.
fn states(moved: &RecordChanges) -> impl Iterator<Item = RecordSet> {
    moved.records.iter().map(|record| record.after.clone())
}

/// What came of one submission.
enum Submitted {
    /// Accepted, as this change.
    Accepted(String),
    /// Nothing changed, or nobody knows: look, and submit again where it is as before.
    Again(String),
    /// Route 53 or its access rules refuse: look, and do not submit again.
    Never(String),
}

/// Brings the records to their `after`. `known` are states that may be in its place before it, other than `before`.
async fn reach(
    engine: &mut Engine,
    step: &Step,
    changes: &RecordChanges,
    known: &[Vec<RecordSet>],
    mut other_way: OtherWay,
    way: Way,
) -> Result<Performed, EngineError> {
    let deadline = engine.ports.clock.elapsed() + step.timeout() + other_way.left(engine);
    let pause = Duration::from_millis(step.retry.pause_ms);
    // An attempt of an executor before this one may be what brought the records where they are.
    let mut acted = engine.attempts(step, way) > 0;
    let mut submissions = 0;
    let mut last: Option<Submitted> = None;
    let mut accepted: Option<String> = None;
    // Batches that got no answer, those of an executor before this one too: of all of them one can be what is seen.
    let mut lost = engine.attempts(step, way);
    let mut lost_at: Option<Duration> = None;
    loop {
        let current = match look_until_known(engine, step, changes, known, deadline).await {
            Look::After => match other_way.hold(engine, step).await? {
                Held::Believed => return Ok(reached(changes, acted, accepted.as_deref(), lost).into()),
                Held::Again => {
                    // What is seen from here on is no answer to the last batch any more.
                    if last.is_some() {
                        last = Some(Submitted::Again("a batch of an executor before this one came late".into()));
                        submissions = 0;
                    }
                    continue;
                }
                Held::Stop(reason) => return Ok(Performed::Waits(reason)),
            },
            // A batch of this step may be in there: then that nothing was moved is not known.
            Look::Other(others) if acted && !matches!(last, Some(Submitted::Never(_))) => {
                return Ok(not_known(others.observed, others.detail, lost));
            }
            Look::Other(others) => return Ok(Ending::refused(others.observed, others.detail).into()),
            Look::Unknown(cause) => {
                return Ok(not_known(Value::Null, format!("could not be observed: {cause}"), lost));
            }
            Look::Before(current) => current,
        };
        // Of one request of the other way, the one that may have come is there.
        other_way.came();
        let now = engine.ports.clock.elapsed();
        let late = now >= deadline;
        // What got no answer is not there yet: that it never will be is known a while later.
        let may_come = lost_at.is_some_and(|at| now < at + SETTLE);
        let was_last = late || submissions >= step.retry.attempts || matches!(last, Some(Submitted::Never(_)));
        match &last {
            Some(Submitted::Again(cause) | Submitted::Never(cause)) if was_last => {
                if !may_come {
                    return Ok(not_reached(cause).into());
                }
                if let Some(reason) = wait_for_effect(engine, step, cause).await? {
                    return Ok(Performed::Waits(reason));
                }
                continue;
            }
            Some(Submitted::Accepted(id)) if late => {
                let detail = format!("change {id} was accepted and is not seen in the zone");
                return Ok(not_known(json!({ "change_id": id }), detail, lost));
            }
            Some(Submitted::Accepted(_)) => {
                engine.ports.clock.sleep(pause).await;
                continue;
            }
            Some(Submitted::Again(cause) | Submitted::Never(cause)) => {
                engine.waits(step, cause).await?;
                engine.ports.clock.sleep(pause).await;
            }
            None if way == Way::Do => {
                if let Some(refusal) = another_set_changed(engine, step).await {
                    return Ok(refusal.into());
                }
            }
            // Asked right before the records are moved back, also those that a late batch has moved meanwhile.
            None => {
                if let Some(DeadSide { step, reason }) = dead_side(engine).await {
                    let reason = format!("{reason} (the records are not as before the run)");
                    return Ok(Performed::WaitsFor { step, reason });
                }
            }
        }
        if last.is_none() {
            engine.intend(step, way).await?;
        } else {
            engine.intend_again(step, way).await?;
        }
        submissions += 1;
        acted = true;
        let batch = batch(engine, step, changes, current, way);
        last = Some(match engine.ports.dns.change(&batch).await {
            Ok(id) => {
                accepted = Some(id.clone());
                Submitted::Accepted(id)
            }
            Err(error @ DnsError::Unknown(_)) => {
                (lost, lost_at) = (lost + 1, Some(engine.ports.clock.elapsed()));
                Submitted::Again(explain(&error))
            }
            Err(error @ DnsError::Throttled(_)) => Submitted::Again(explain(&error)),
            Err(error) => Submitted::Never(explain(&error)),
        });
    }
}

/// The batch that moves what is not at its target yet, deleting exactly what was just read, its name's spelling
/// included.
fn batch(engine: &Engine, step: &Step, changes: &RecordChanges, current: Vec<RecordSet>, way: Way) -> ChangeBatch {
    let verb = match way {
        Way::Do => "",
        Way::Undo => "undo ",
    };
    let moved = || changes.records.iter().zip(&current).filter(|(record, set)| !same_set(set, &record.after));
    ChangeBatch {
        zone_id: changes.zone.id.clone(),
        comment: format!("pilotlight {} {verb}{}", engine.journal.run(), step.id),
        delete: moved().map(|(_, set)| set.clone()).collect(),
        create: moved()
            .map(|(record, _)| RecordSet { name: query_name(&record.after.name), ..record.after.clone() })
            .collect(),
    }
}

/// Traffic sets move one after the other. Before one of them moves, the others are looked at once more, each where its
/// next move finds it, so that one which somebody changed does not leave the run with half of the traffic moved.
pub(super) async fn another_set_changed(engine: &Engine, step: &Step) -> Option<Ending> {
    let mut seen: Vec<&str> = step.moved_traffic().into_iter().collect();
    for other in engine.run.steps() {
        let Action::MoveRecords(changes) = &other.action else { continue };
        if engine.journal.state().status(&other.id).is_settled() || seen.contains(&changes.traffic.as_str()) {
            continue;
        }
        seen.push(&changes.traffic);
        let soon = engine.ports.clock.elapsed() + Duration::from_millis(step.retry.pause_ms);
        let known = later_states(engine, other, changes);
        if let Look::Other(others) = look_until_known(engine, step, changes, &known, soon).await {
            let detail = format!("not moved, because traffic set {} was {}", changes.traffic, others.detail);
            return Some(Ending::refused(others.observed, detail));
        }
    }
    None
}

fn reached(changes: &RecordChanges, acted: bool, accepted: Option<&str>, lost: u32) -> Ending {
    let mut observed = json!({
        "records": changes.records.iter().map(|record| &record.after).collect::<Vec<_>>(),
    });
    if let Some(id) = accepted {
        observed["change_id"] = id.into();
    }
    let values: Vec<String> = changes.groups().iter().map(told).collect();
    let outcome = if acted { Outcome::Done } else { Outcome::AlreadyDone };
    let ending = Ending::new(outcome, observed, values.join("; "));
    // One that got no answer is what is seen, unless one was accepted.
    let seen = u32::from(accepted.is_none());
    unanswered(ending, lost > seen)
}

/// `app.shop.test 198.51.100.1`; of weighted sets each with its weight.
fn told(group: &RecordGroup<'_>) -> String {
    let sets = group.changes.iter().map(|change| &change.after);
    let answers: Vec<String> = sets
        .map(|set| match (&set.alias, set.weight) {
            (Some(alias), None) => alias.dns_name.clone(),
            (None, None) => set.values.join(", "),
            (Some(alias), Some(weight)) => format!("{} at weight {weight}", alias.dns_name),
            (None, Some(weight)) => format!("{} at weight {weight}", set.values.join(", ")),
        })
        .collect();
    format!("{} {}", group.name, answers.join(" and "))
}

fn not_known(observed: Value, detail: String, lost: u32) -> Performed {
    unanswered(Ending::new(Outcome::Unknown, observed, detail), lost > 0).into()
}

fn not_reached(cause: &str) -> Ending {
    Ending::failed(format!("the records are as before: {cause}"))
}

/// As long as the run gives the name servers after the switch.
pub(super) fn name_servers_patience(engine: &Engine, changes: &RecordChanges) -> Duration {
    engine
        .run
        .steps()
        .find(|step| matches!(&step.action, Action::AwaitNameServers(awaited) if awaited.traffic == changes.traffic))
        .map_or(Duration::ZERO, Step::timeout)
}
