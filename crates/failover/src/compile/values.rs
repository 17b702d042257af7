//! What each side answers, and whether a record can hold it.

use super::{CompileError, Input, Refusal, label};
use crate::record_values::{bad_value, canonical_value, canonical_values, sorted};
use crate::{AliasTarget, RecordSet};
use pilotlight_findings::Side;
use pilotlight_plan::{Outputs, TrafficRecord, Value};
use serde_json::Value as Json;

/// What a side answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// These values, each once.
    Values(Vec<String>),
    /// What another name has.
    Alias {
        /// That name.
        name: String,
        /// Its hosted zone.
        zone_id: String,
        /// What the plan expects of it.
        evaluate_target_health: Option<bool>,
    },
}

/// What a side answers, by the plan and that side's state.
pub(crate) fn side_answer(record: &TrafficRecord, side: Side, outputs: &dyn Outputs) -> Result<Answer, CompileError> {
    let value = match side {
        Side::Primary => &record.primary,
        Side::Standby => &record.standby,
    };
    let unresolved =
        |source| CompileError::Unresolved { what: format!("record {}", label(record)), source: Box::new(source) };
    if matches!(value, Value::Map(_) | Value::Literal(Json::Object(_))) {
        let map = value.resolve(side, outputs).map_err(unresolved)?;
        let text = |name: &str| map.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        return Ok(Answer::Alias {
            name: text("name"),
            zone_id: text("zone_id"),
            evaluate_target_health: map.get("evaluate_target_health").and_then(Json::as_bool),
        });
    }
    let values = value.resolve_texts(side, outputs).map_err(unresolved)?;
    let mut unique: Vec<String> = Vec::with_capacity(values.len());
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    Ok(Answer::Values(unique))
}

/// A side's answer, refused where the record cannot hold it.
pub(super) fn checked_answer(input: &Input<'_>, record: &TrafficRecord, side: Side) -> Result<Answer, CompileError> {
    let answer = side_answer(record, side, input.outputs)?;
    let span = || record.span.clone();
    let bad = |value: &str, reason| -> CompileError {
        Refusal::BadValue { record: label(record), side, value: value.to_owned(), reason, span: span() }.into()
    };
    match &answer {
        Answer::Alias { name, zone_id, .. } => {
            if name.is_empty() || zone_id.is_empty() {
                return Err(Refusal::EmptySet { record: label(record), side, span: span() }.into());
            }
            if let Some(reason) = bad_value("CNAME", name) {
                return Err(bad(name, reason));
            }
        }
        Answer::Values(values) => {
            if values.is_empty() {
                return Err(Refusal::EmptySet { record: label(record), side, span: span() }.into());
            }
            for value in values {
                if let Some(reason) = bad_value(&record.record_type, value) {
                    return Err(bad(value, reason));
                }
            }
            if record.record_type == "CNAME" && values.len() > 1 {
                return Err(bad(&values.join(", "), "more than the one name that a CNAME holds"));
            }
        }
    }
    Ok(answer)
}

impl Answer {
    /// Whether the set answers so.
    pub(crate) fn is_of(&self, set: &RecordSet) -> bool {
        match (self, &set.alias) {
            (Self::Values(values), None) => canonical_values(set) == sorted(&set.record_type, values),
            (Self::Alias { name, zone_id, .. }, Some(alias)) => {
                target_name(name) == target_name(&alias.dns_name) && *zone_id == alias.hosted_zone_id
            }
            _ => false,
        }
    }

    /// Whether two answers are the same to users.
    pub(super) fn same(&self, other: &Self, record_type: &str) -> bool {
        match (self, other) {
            (Self::Values(one), Self::Values(other)) => sorted(record_type, one) == sorted(record_type, other),
            (Self::Alias { name, zone_id, .. }, Self::Alias { name: other, zone_id: other_zone, .. }) => {
                target_name(name) == target_name(other) && zone_id == other_zone
            }
            _ => false,
        }
    }

    /// The set with this answer in place of its own. Everything else stays as it was read, its TTL and whether an alias
    /// evaluates its target's health included: another one would stay after the failback, and Terraform would change
    /// it back.
    pub(super) fn put_into(&self, set: &RecordSet) -> RecordSet {
        match self {
            Self::Values(values) => RecordSet { values: values.clone(), alias: None, ..set.clone() },
            Self::Alias { name, zone_id, evaluate_target_health } => {
                let kept = set.alias.as_ref().map(|alias| alias.evaluate_target_health);
                let alias = AliasTarget {
                    hosted_zone_id: zone_id.clone(),
                    dns_name: canonical_value("CNAME", name),
                    evaluate_target_health: kept.or(*evaluate_target_health).unwrap_or_default(),
                };
                RecordSet { values: Vec::new(), ttl: None, alias: Some(alias), ..set.clone() }
            }
        }
    }

    /// As a person reads it, one text a value.
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Self::Values(values) => values.clone(),
            Self::Alias { name, .. } => vec![format!("an alias of {name}")],
        }
    }
}

/// One spelling for an alias's target. The console puts `dualstack.` before a load balancer's name; both are the same
/// load balancer.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias.html>
fn target_name(name: &str) -> String {
    let name = canonical_value("CNAME", name);
    name.strip_prefix("dualstack.").map(str::to_owned).unwrap_or(name)
}

/// What a set answers, as a person reads it.
pub(super) fn set_texts(set: &RecordSet) -> Vec<String> {
    match &set.alias {
        Some(alias) => vec![format!("an alias of {}", alias.dns_name)],
        None => set.values.clone(),
    }
}
