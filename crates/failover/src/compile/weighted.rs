//! `method = "weighted"`: one set a side, whose weights are shifted step by step.
//!
//! Which set is whose is told by what it answers, not by its identifier. A share of p percent is the weights p and
//! 100 - p, so that no share is rounded to nothing; all of it is the sum that the weights had, so that a failover and
//! its failback leave what Terraform made.

use super::records::{Compiled, Move, Sides, health_note, note, other_values, sides};
use super::simple_set::other_kind;
use super::ttl::ttl_notes;
use super::values::{Answer, set_texts};
use super::{CompileError, Input, Refusal, label};
use crate::{Mode, ObservedTraffic, RecordChange, RecordChanges, RecordSet};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_plan::{Shift, TrafficRecord, TrafficSet, short_hold};
use std::time::Duration;

/// The largest weight that Route 53 takes.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
const LARGEST_WEIGHT: i64 = 255;
/// All of the traffic, in percent.
const ALL: i64 = 100;

/// The two sets of a record.
struct Pair {
    left: RecordSet,
    target: RecordSet,
}

/// What becomes of a traffic set that is weighted.
pub(super) fn compile_weighted(
    input: &Input<'_>,
    set: &TrafficSet,
    shift: &Shift,
    seen: &ObservedTraffic,
    notes: &mut Vec<Finding>,
) -> Result<Compiled, CompileError> {
    let zone = &seen.zone.name;
    let mut pairs = Vec::with_capacity(set.records.len());
    for (record, sets) in set.records.iter().zip(&seen.records) {
        let sides = sides(input, zone, record, sets, notes)?;
        let pair = pair(input, zone, record, sets, &sides)?;
        let mut ttls: Vec<Finding> =
            [&pair.left, &pair.target].into_iter().flat_map(|set| ttl_notes(input.plan, zone, record, set)).collect();
        ttls.dedup();
        notes.extend(ttls);
        notes.extend(health_note(zone, record, &sides.target, &pair.target));
        let ttl = pair.left.ttl.max(pair.target.ttl).map(Duration::from_secs);
        notes.extend(ttl.and_then(|ttl| short_hold(zone, record, shift.hold, ttl)));
        let share = share(&pair);
        if 0 < share && share < ALL {
            notes.push(begun(zone, record, share));
        }
        pairs.push(pair);
    }
    let state = |percent: i64| -> Vec<RecordSet> { pairs.iter().flat_map(|pair| at(pair, percent)).collect() };
    let changes = |before: Vec<RecordSet>, after: Vec<RecordSet>| {
        let records = before.into_iter().zip(after).map(|(before, after)| RecordChange { before, after }).collect();
        RecordChanges { traffic: set.name.clone(), zone: seen.zone.clone(), records }
    };
    // Who is sent to a side that may be dead is served by nobody, and its checks would be red at every share.
    let percents = match input.mode {
        Mode::Graceful => shift.percents.as_slice(),
        Mode::Ungraceful => &[100],
    };
    notes.extend((percents != shift.percents).then(|| at_once(input, set)));
    let mut moves = Vec::new();
    let mut current = state(0);
    for percent in percents {
        let next = state(i64::from(*percent));
        // A share that the records have already needs no step; the last move stays, as what says that they are there.
        if next != current || i64::from(*percent) == ALL {
            moves.push(Move { percent: *percent, changes: changes(current, next.clone()) });
        }
        current = next;
    }
    let partial: Vec<u8> = moves.iter().map(|one| one.percent).filter(|percent| i64::from(*percent) < ALL).collect();
    notes.extend(fenced_meanwhile(input, set, &partial));
    // One that is at its target has nothing to hold.
    let hold = (state(0) != current).then_some(shift.hold);
    Ok(Compiled { whole: changes(state(0), current), moves, hold, signal: None })
}

/// The sets of both sides, by what they answer.
fn pair(
    input: &Input<'_>,
    zone: &str,
    record: &TrafficRecord,
    sets: &[RecordSet],
    sides: &Sides,
) -> Result<Pair, CompileError> {
    let not_weighted = |found: String| -> CompileError {
        Refusal::NotWeighted { record: label(record), found, span: record.span.clone() }.into()
    };
    let alias = matches!(sides.target, Answer::Alias { .. });
    let (one, two) = match sets {
        [] => {
            let zone = zone.to_owned();
            return Err(Refusal::NoRecord { record: label(record), zone, span: record.span.clone() }.into());
        }
        [one, two] => (one, two),
        [only] => return Err(not_weighted(format!("one set that answers {}", set_texts(only).join(", ")))),
        several => return Err(not_weighted(format!("{} sets", several.len()))),
    };
    for set in [one, two] {
        let found = match (&set.other_routing, &set.failover, set.weight) {
            (Some(policy), ..) => Some(format!("routed by {policy}")),
            (_, Some(role), _) => Some(format!("failover routing ({role})")),
            (_, _, None) => Some("a set without a weight".to_owned()),
            _ => other_kind(set, alias),
        };
        if let Some(found) = found {
            return Err(not_weighted(found));
        }
    }
    let (left, target) = match (sides.target.is_of(one), sides.target.is_of(two)) {
        (false, true) => (one, two),
        (true, false) => (two, one),
        (both, _) => {
            let found = [one, two].into_iter().flat_map(set_texts).collect();
            return Err(match both {
                true => not_weighted(format!("two sets that both answer {}", sides.target.texts().join(", "))),
                false => other_values(input, record, found, sides).into(),
            });
        }
    };
    if sides.left.as_ref().is_some_and(|answer| !answer.is_of(left)) {
        return Err(other_values(input, record, set_texts(left), sides).into());
    }
    if weight(left) + weight(target) == 0 {
        return Err(not_weighted("two sets of weight 0, of which either is answered as often".into()));
    }
    Ok(Pair { left: left.clone(), target: target.clone() })
}

fn weight(set: &RecordSet) -> i64 {
    set.weight.unwrap_or_default()
}

/// Percent of the answers that name the side which takes over, rounded down.
fn share(pair: &Pair) -> i64 {
    weight(&pair.target) * ALL / (weight(&pair.target) + weight(&pair.left))
}

/// The sets at a share, the one of the side that is left first; as they were read where they are there, or beyond.
fn at(pair: &Pair, percent: i64) -> [RecordSet; 2] {
    if percent <= share(pair) {
        return [pair.left.clone(), pair.target.clone()];
    }
    let (left, target) = match percent {
        ALL => (0, (weight(&pair.left) + weight(&pair.target)).min(LARGEST_WEIGHT)),
        percent => (ALL - percent, percent),
    };
    [RecordSet { weight: Some(left), ..pair.left.clone() }, RecordSet { weight: Some(target), ..pair.target.clone() }]
}

/// The databases moved before the switch: what is left of the answers at a share leads to fenced ones.
fn fenced_meanwhile(input: &Input<'_>, set: &TrafficSet, partial: &[u8]) -> Option<Finding> {
    if partial.is_empty() || !input.plan.has_databases() {
        return None;
    }
    let shares: Vec<String> = partial.iter().map(u8::to_string).collect();
    let message = format!(
        "traffic {} is held at {} percent, and the rest of its answers leads to {} meanwhile, whose databases take no \
         writes any more",
        set.name,
        shares.join(", "),
        input.plan.region(input.from)
    );
    let subject = Subject::Plan { name: input.plan.name.clone() };
    let remedy = "shift all of it in one step (shift = [100]) where each write counts, or keep the holds short";
    Some(Finding::new(codes::F_SHIFT_FENCED, Severity::Warning, subject, message).remedy(remedy))
}

/// The steps of the plan are left out.
fn at_once(input: &Input<'_>, set: &TrafficSet) -> Finding {
    let message = format!(
        "traffic {} is shifted in one step: a share of it would be led to {}, which an ungraceful run takes for dead",
        set.name,
        input.plan.region(input.from)
    );
    Finding::new(codes::F_SHIFT_AT_ONCE, Severity::Info, Subject::Plan { name: input.plan.name.clone() }, message)
}

/// Somebody began to shift already.
fn begun(zone: &str, record: &TrafficRecord, share: i64) -> Finding {
    let message = format!("names the side that takes over in {share} percent of its answers already");
    note(codes::F_SHIFT_BEGUN, Severity::Info, zone, record, message)
        .with(Evidence::fact("percent", share.to_string()))
        .with(Evidence::fact("plan", record.span.to_string()))
}
