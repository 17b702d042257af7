//! What becomes of each record set.

use super::limits::within_limits;
use super::sensitive::refuse_sensitive;
use super::signal::compile_signal;
use super::simple_set::{in_scope, the_simple_set};
use super::ttl::ttl_notes;
use super::values::{Answer, checked_answer, set_texts, side_answer};
use super::weighted::compile_weighted;
use super::{CompileError, Input, Refusal, label};
use crate::record_changes::is_live;
use crate::{Direction, Mode, Observed, RecordChange, RecordChanges, RecordSet};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{DrPlan, Method, Outputs, TrafficRecord, TrafficSet};
use std::time::Duration;

/// A traffic set with everything that becomes of it.
pub(crate) struct Compiled {
    /// From what was read to where it ends.
    pub(crate) whole: RecordChanges,
    /// The moves that lead there, the last to 100 percent; never empty.
    pub(crate) moves: Vec<Move>,
    /// How long the checks have to stay green at each share, where there are several.
    pub(crate) hold: Option<Duration>,
    /// What flips the records, where a signal does.
    pub(crate) signal: Option<SignalTarget>,
}

/// An object that is to be there, or not to be.
pub(crate) struct SignalTarget {
    pub(crate) url: String,
    pub(crate) raised: bool,
}

/// One atomic change.
pub(crate) struct Move {
    /// Of the answers, how many name the side that takes over after it.
    pub(crate) percent: u8,
    pub(crate) changes: RecordChanges,
}

/// The side whose values every record of the plan has now, or none where they are mixed or of neither.
/// It is seen in DNS, never remembered.
pub fn active_side(plan: &DrPlan, observed: &Observed, outputs: &dyn Outputs) -> Option<Side> {
    let mut active = None;
    // What follows a signal is not read from Route 53, so it says nothing here.
    for set in plan.traffic.iter().filter(|set| !matches!(set.method, Method::Signal(_))) {
        let seen = observed.traffic.get(&set.name)?;
        for (record, sets) in set.records.iter().zip(&seen.records) {
            let live: Vec<&RecordSet> = sets.iter().filter(|set| is_live(set)).collect();
            let answers = |side| side_answer(record, side, outputs).ok();
            let side = [Side::Primary, Side::Standby].into_iter().find(|side| {
                !live.is_empty()
                    && answers(*side).is_some_and(|answer| live.iter().all(|current| answer.is_of(current)))
            })?;
            if *active.get_or_insert(side) != side {
                return None;
            }
        }
    }
    active
}

/// What becomes of one traffic set.
pub(crate) fn compile_traffic(
    input: &Input<'_>,
    set: &TrafficSet,
    observed: &Observed,
    notes: &mut Vec<Finding>,
) -> Result<Compiled, CompileError> {
    let seen = observed.traffic.get(&set.name).ok_or_else(|| CompileError::NotObserved(set.name.clone()))?;
    if seen.records.len() != set.records.len() {
        return Err(CompileError::NotObserved(set.name.clone()));
    }
    for record in &set.records {
        in_scope(record, &seen.zone.name)?;
    }
    let compiled = match &set.method {
        Method::Weighted(shift) => compile_weighted(input, set, shift, seen, notes)?,
        Method::Signal(signal) => compile_signal(input, set, signal, seen, notes)?,
        Method::Record => {
            let mut records = Vec::with_capacity(set.records.len());
            for (record, sets) in set.records.iter().zip(&seen.records) {
                let sides = sides(input, &seen.zone.name, record, sets, notes)?;
                let alias = matches!(sides.target, Answer::Alias { .. });
                let before = the_simple_set(record, sets, &seen.zone.name, alias)?.clone();
                notes.extend(ttl_notes(input.plan, &seen.zone.name, record, &before));
                notes.extend(health_note(&seen.zone.name, record, &sides.target, &before));
                let after = compile_record(input, record, &before, &sides)?;
                records.push(RecordChange { before, after });
            }
            let whole = RecordChanges { traffic: set.name.clone(), zone: seen.zone.clone(), records };
            Compiled { moves: vec![Move { percent: 100, changes: whole.clone() }], whole, hold: None, signal: None }
        }
    };
    within_limits(&compiled.whole, set)?;
    Ok(compiled)
}

/// What both sides answer.
pub(super) struct Sides {
    /// Of the side that takes over.
    pub(super) target: Answer,
    /// Of the side that is left; none where its state does not tell.
    pub(super) left: Option<Answer>,
}

/// What both sides of a record answer, refused where the plan or the states give no two answers that can be told apart.
pub(super) fn sides(
    input: &Input<'_>,
    zone: &str,
    record: &TrafficRecord,
    sets: &[RecordSet],
    notes: &mut Vec<Finding>,
) -> Result<Sides, CompileError> {
    for (value, side) in [(&record.primary, Side::Primary), (&record.standby, Side::Standby)] {
        refuse_sensitive(&format!("record {}", label(record)), [value], side, input.outputs)?;
    }
    let target = checked_answer(input, record, input.to)?;
    let left = match side_answer(record, input.from, input.outputs) {
        Ok(answer) => Some(answer),
        // The state that says what the dead region answered may have died with it. What is there now is
        // then moved as it was read, and said so; Route 53 still refuses it if it changes meanwhile.
        Err(CompileError::Unresolved { source, .. })
            if input.direction == Direction::Failover || input.mode == Mode::Ungraceful =>
        {
            let now: Vec<String> = sets.iter().filter(|set| is_live(set)).flat_map(set_texts).collect();
            notes.push(
                note(
                    codes::F_LEFT_UNKNOWN,
                    Severity::Warning,
                    zone,
                    record,
                    format!("is moved without knowing what the {}'s state says of it", input.from),
                )
                .with(Evidence::fact("answers now", now.join(", ")))
                .with(Evidence::fact("cause", source.to_string())),
            );
            None
        }
        Err(error) => return Err(error),
    };
    if left.as_ref().is_some_and(|left| left.same(&target, &record.record_type)) {
        let values = target.texts();
        return Err(Refusal::SameValues { record: label(record), values, span: record.span.clone() }.into());
    }
    Ok(Sides { target, left })
}

fn compile_record(
    input: &Input<'_>,
    record: &TrafficRecord,
    before: &RecordSet,
    sides: &Sides,
) -> Result<RecordSet, CompileError> {
    if sides.target.is_of(before) {
        return Ok(before.clone());
    }
    match &sides.left {
        Some(left) if !left.is_of(before) => Err(other_values(input, record, set_texts(before), sides).into()),
        _ => Ok(sides.target.put_into(before)),
    }
}

/// The refusal of a record that answers as neither side does.
pub(super) fn other_values(input: &Input<'_>, record: &TrafficRecord, found: Vec<String>, sides: &Sides) -> Refusal {
    let left = sides.left.as_ref().map(Answer::texts).unwrap_or_default();
    let (primary, standby) = match input.to {
        Side::Standby => (left, sides.target.texts()),
        Side::Primary => (sides.target.texts(), left),
    };
    Refusal::OtherValues { record: label(record), found, primary, standby, span: record.span.clone() }
}

/// An alias that does not evaluate its target's health as the plan expects.
pub(super) fn health_note(zone: &str, record: &TrafficRecord, target: &Answer, found: &RecordSet) -> Option<Finding> {
    let Answer::Alias { evaluate_target_health: Some(expected), .. } = target else { return None };
    let has = found.alias.as_ref()?.evaluate_target_health;
    (has != *expected).then(|| {
        let message = format!(
            "has evaluate_target_health = {has} in the zone, and the plan expects {expected}; the run keeps it"
        );
        note(codes::F_HEALTH_KEPT, Severity::Warning, zone, record, message)
            .with(Evidence::change("evaluate_target_health", has.into(), (*expected).into()))
            .with(Evidence::fact("plan", record.span.to_string()))
            .remedy("set it in the Terraform that owns the record and apply it, or correct the plan")
    })
}

pub(super) fn note(
    code: pilotlight_findings::Code,
    severity: Severity,
    zone: &str,
    record: &TrafficRecord,
    message: impl Into<String>,
) -> Finding {
    let subject =
        Subject::Record { zone: zone.to_owned(), name: record.name.clone(), record_type: record.record_type.clone() };
    Finding::new(code, severity, subject, message)
}
