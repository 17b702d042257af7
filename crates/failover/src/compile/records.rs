use super::limits::within_limits;
use super::sensitive::refuse_sensitive;
use super::simple_set::{in_scope, simple, the_simple_set};
use super::ttl::ttl_notes;
use super::values::{canonical, checked_values, same_values, side_values};
use super::{CompileError, Input, Refusal, label};
use crate::{Direction, Observed, RecordChange, RecordChanges, RecordSet};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{DrPlan, Outputs, TrafficRecord, TrafficSet};

/// What a record's values say about where traffic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Side(Side),
    /// Neither side's; or it cannot be told as the left side's values are not known.
    Neither,
}

/// The side whose values every record of the plan has now, or none where they are mixed or of neither.
/// It is seen in DNS, never remembered.
pub fn active_side(plan: &DrPlan, observed: &Observed, outputs: &dyn Outputs) -> Option<Side> {
    let mut active = None;
    for set in &plan.traffic {
        let seen = observed.traffic.get(&set.name)?;
        for (record, sets) in set.records.iter().zip(&seen.records) {
            let [current] = sets.as_slice() else { return None };
            let values = |side| side_values(record, side, outputs).ok();
            let side = [Side::Primary, Side::Standby]
                .into_iter()
                .find(|side| values(*side).is_some_and(|values| same_values(current, &values)))?;
            if *active.get_or_insert(side) != side {
                return None;
            }
        }
    }
    active
}

/// The change of one traffic set.
pub(crate) fn compile_traffic(
    input: &Input<'_>,
    set: &TrafficSet,
    observed: &Observed,
    notes: &mut Vec<Finding>,
) -> Result<RecordChanges, CompileError> {
    let seen = observed.traffic.get(&set.name).ok_or_else(|| CompileError::NotObserved(set.name.clone()))?;
    if seen.records.len() != set.records.len() {
        return Err(CompileError::NotObserved(set.name.clone()));
    }
    let mut records = Vec::with_capacity(set.records.len());
    for (record, sets) in set.records.iter().zip(&seen.records) {
        in_scope(record, &seen.zone.name)?;
        let before = the_simple_set(record, sets, &seen.zone.name)?.clone();
        let after = compile_record(input, &seen.zone.name, record, &before, notes)?;
        records.push(RecordChange { before, after });
    }
    let changes = RecordChanges { traffic: set.name.clone(), zone: seen.zone.clone(), records };
    within_limits(&changes, set)?;
    Ok(changes)
}

fn compile_record(
    input: &Input<'_>,
    zone: &str,
    record: &TrafficRecord,
    before: &RecordSet,
    notes: &mut Vec<Finding>,
) -> Result<RecordSet, CompileError> {
    for (value, side) in [(&record.primary, Side::Primary), (&record.standby, Side::Standby)] {
        refuse_sensitive(&format!("record {}", label(record)), [value], side, input.outputs)?;
    }
    notes.extend(ttl_notes(input.plan, zone, record, before));
    let target = checked_values(input, record, input.to)?;
    let left = match side_values(record, input.from, input.outputs) {
        Ok(values) => Some(values),
        // The state that says what the dead region answered may have died with it. What is there now is
        // then moved as it was read, and said so; Route 53 still refuses it if it changes meanwhile.
        Err(CompileError::Unresolved { source, .. }) if input.direction == Direction::Failover => {
            notes.push(
                note(
                    codes::F_LEFT_UNKNOWN,
                    Severity::Warning,
                    zone,
                    record,
                    "is moved without knowing what the primary's state says of it",
                )
                .with(Evidence::fact("answers now", before.values.join(", ")))
                .with(Evidence::fact("cause", source.to_string())),
            );
            None
        }
        Err(error) => return Err(error),
    };
    if left.as_ref().is_some_and(|left| canonical(record, left) == canonical(record, &target)) {
        let refusal = Refusal::SameValues { record: label(record), values: target, span: record.span.clone() };
        return Err(refusal.into());
    }
    let found = match &left {
        _ if same_values(before, &target) => Found::Side(input.to),
        Some(left) if same_values(before, left) => Found::Side(input.from),
        None => Found::Side(input.from),
        Some(_) => Found::Neither,
    };
    match found {
        Found::Side(side) if side == input.to => Ok(before.clone()),
        // The TTL that was read: another one would stay after the failback, and Terraform would change it back.
        Found::Side(_) => {
            Ok(RecordSet { ttl: before.ttl, values: target, ..simple(&before.name, &before.record_type) })
        }
        Found::Neither => {
            let (primary, standby) = match input.to {
                Side::Standby => (left.unwrap_or_default(), target),
                Side::Primary => (target, left.unwrap_or_default()),
            };
            Err(Refusal::OtherValues {
                record: label(record),
                found: before.values.clone(),
                primary,
                standby,
                span: record.span.clone(),
            }
            .into())
        }
    }
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
