//! The values of each side, and whether a record can hold them.

use super::{CompileError, Input, Refusal, label};
use crate::RecordSet;
use crate::record_values::{bad_value, canonical_values, sorted};
use pilotlight_findings::Side;
use pilotlight_plan::{Outputs, TrafficRecord};

/// A side's values, each once.
pub(crate) fn side_values(
    record: &TrafficRecord,
    side: Side,
    outputs: &dyn Outputs,
) -> Result<Vec<String>, CompileError> {
    let value = match side {
        Side::Primary => &record.primary,
        Side::Standby => &record.standby,
    };
    let values = value.resolve_texts(side, outputs).map_err(|source| CompileError::Unresolved {
        what: format!("record {}", label(record)),
        source: Box::new(source),
    })?;
    let mut unique: Vec<String> = Vec::with_capacity(values.len());
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    Ok(unique)
}

/// A side's values, refused where the record cannot hold them.
pub(super) fn checked_values(
    input: &Input<'_>,
    record: &TrafficRecord,
    side: Side,
) -> Result<Vec<String>, CompileError> {
    let values = side_values(record, side, input.outputs)?;
    let span = || record.span.clone();
    if values.is_empty() {
        return Err(Refusal::EmptySet { record: label(record), side, span: span() }.into());
    }
    for value in &values {
        if let Some(reason) = bad_value(&record.record_type, value) {
            let value = value.clone();
            return Err(Refusal::BadValue { record: label(record), side, value, reason, span: span() }.into());
        }
    }
    if record.record_type == "CNAME" && values.len() > 1 {
        let (value, reason) = (values.join(", "), "more than the one name that a CNAME holds");
        return Err(Refusal::BadValue { record: label(record), side, value, reason, span: span() }.into());
    }
    Ok(values)
}

pub(super) fn same_values(set: &RecordSet, values: &[String]) -> bool {
    canonical_values(set) == sorted(&set.record_type, values)
}

pub(super) fn canonical(record: &TrafficRecord, values: &[String]) -> Vec<String> {
    sorted(&record.record_type, values)
}
