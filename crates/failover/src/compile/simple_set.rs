//! Which records a run may touch at all.

use super::{CompileError, Refusal, label};
use crate::RecordSet;
use pilotlight_plan::TrafficRecord;

/// Refuses what is not inside the zone, or is the zone itself.
pub(super) fn in_scope(record: &TrafficRecord, zone: &str) -> Result<(), CompileError> {
    let apex = record.name == zone;
    let inside = apex || record.name.strip_suffix(zone).is_some_and(|host| host.ends_with('.'));
    let reason = match record.record_type.as_str() {
        _ if !inside => format!("it is not inside the zone {zone}"),
        "NS" | "SOA" if apex => "it is the zone itself".into(),
        "CNAME" if apex => "a CNAME cannot stand at the top of a zone".into(),
        "A" | "AAAA" | "CNAME" => return Ok(()),
        other => format!("a traffic set does not move {other} records"),
    };
    Err(Refusal::OutOfScope { record: label(record), reason, span: record.span.clone() }.into())
}

/// The one plain set of the record's name and type: an alias where the plan has one, values where it has values.
pub(super) fn the_simple_set<'a>(
    record: &TrafficRecord,
    sets: &'a [RecordSet],
    zone: &str,
    alias: bool,
) -> Result<&'a RecordSet, CompileError> {
    let not_simple = |found| Refusal::NotSimple { record: label(record), found, span: record.span.clone() };
    let set = match sets {
        [] => {
            return Err(
                Refusal::NoRecord { record: label(record), zone: zone.to_owned(), span: record.span.clone() }.into()
            );
        }
        [set] => set,
        several => return Err(not_simple(format!("one of {} by a routing policy", several.len())).into()),
    };
    match other_kind(set, alias).or_else(|| routing(set)) {
        None => Ok(set),
        Some(found) => Err(not_simple(found).into()),
    }
}

/// What makes a set other than the plan says: an alias in place of values, or the other way.
pub(super) fn other_kind(set: &RecordSet, alias: bool) -> Option<String> {
    match &set.alias {
        Some(found) if !alias => Some(format!("an alias of {}, where the plan has values", found.dns_name)),
        None if alias => Some(format!("no alias, but has {}", set.values.join(", "))),
        _ => None,
    }
}

/// What makes a record set other than simple.
fn routing(set: &RecordSet) -> Option<String> {
    if let Some(policy) = &set.other_routing {
        return Some(format!("routed by {policy}"));
    }
    if let Some(weight) = set.weight {
        return Some(format!("weighted ({weight})"));
    }
    if let Some(role) = &set.failover {
        return Some(format!("failover routing ({role})"));
    }
    if let Some(identifier) = &set.set_identifier {
        return Some(format!("one of several, named {identifier:?}"));
    }
    set.health_check_id.as_ref().map(|id| format!("guarded by health check {id}"))
}
