//! Looks at records: are they as before, as after, or something else?

use crate::engine::Engine;
use crate::observe::query_name;
use crate::record_values::same_set;
use crate::{Dns, DnsError, RecordChange, RecordChanges, RecordGroup, RecordSet, Step, describe};
use serde_json::{Value, json};
use std::time::Duration;

/// What the records of a traffic set are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Look {
    /// All as they were when the run was compiled. The sets exactly as they are now.
    Before(Vec<RecordSet>),
    /// All as the run wants them.
    After,
    /// Somebody else changed at least one.
    Other(Others),
    /// Route 53 did not say.
    Unknown(String),
}

/// Records that somebody else changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Others {
    /// For the report: each with what was expected and what was found.
    pub(crate) observed: Value,
    /// One line.
    pub(crate) detail: String,
}

/// Looks once. `known` are states of the records, in their order, that count as before them too.
pub(crate) async fn look(dns: &dyn Dns, changes: &RecordChanges, known: &[Vec<RecordSet>]) -> Look {
    let groups = changes.groups();
    let mut current = Vec::with_capacity(groups.len());
    for group in &groups {
        match dns.record_sets(&changes.zone.id, &group.name, group.record_type).await {
            Ok(sets) => current.push(sets),
            Err(error) => return Look::Unknown(explain(&error)),
        }
    }
    let Some(found) = placed(changes, &groups, &current) else {
        return Look::Other(others(changes, &groups, &current));
    };
    let is =
        |wanted: &mut dyn Iterator<Item = &RecordSet>| found.iter().zip(wanted).all(|(set, one)| same_set(set, one));
    if is(&mut changes.records.iter().map(|record| &record.after)) {
        Look::After
    } else if is(&mut changes.records.iter().map(|record| &record.before))
        || known.iter().any(|state| state.len() == found.len() && is(&mut state.iter()))
    {
        Look::Before(found)
    } else {
        Look::Other(others(changes, &groups, &current))
    }
}

/// The set that is there for each record, by name, type and identifier; none where one is missing or there are more.
fn placed(changes: &RecordChanges, groups: &[RecordGroup<'_>], current: &[Vec<RecordSet>]) -> Option<Vec<RecordSet>> {
    if groups.iter().zip(current).any(|(group, sets)| group.changes.len() != sets.len()) {
        return None;
    }
    changes.records.iter().map(|record| found_for(record, groups, current).cloned()).collect()
}

fn found_for<'a>(
    record: &RecordChange,
    groups: &[RecordGroup<'_>],
    current: &'a [Vec<RecordSet>],
) -> Option<&'a RecordSet> {
    let (_, sets) = groups.iter().zip(current).find(|(group, _)| {
        group.name == query_name(&record.after.name) && group.record_type == record.after.record_type
    })?;
    sets.iter().find(|set| set.set_identifier == record.after.set_identifier)
}

/// How often records have to be found changed by somebody else before it is believed: an answer may be an old one, and
/// of several names only some.
const OTHERS_LOOKS: u32 = 3;

/// Looks until Route 53 says what the records are, or `deadline` (of the ports' clock) has passed.
pub(crate) async fn look_until_known(
    engine: &Engine,
    step: &Step,
    changes: &RecordChanges,
    known: &[Vec<RecordSet>],
    deadline: Duration,
) -> Look {
    let mut seen = 0;
    loop {
        match look(&*engine.ports.dns, changes, known).await {
            Look::Unknown(cause) => {
                engine.ports.watcher.waiting(step, &cause);
                if engine.ports.clock.elapsed() >= deadline {
                    return Look::Unknown(cause);
                }
            }
            Look::Other(others) => {
                seen += 1;
                if seen >= OTHERS_LOOKS || engine.ports.clock.elapsed() >= deadline {
                    return Look::Other(others);
                }
            }
            known => return known,
        }
        engine.ports.clock.sleep(Duration::from_millis(step.retry.pause_ms)).await;
    }
}

/// A DNS error and its causes, in one line.
pub(crate) fn explain(error: &DnsError) -> String {
    error.to_string()
}

fn others(changes: &RecordChanges, groups: &[RecordGroup<'_>], current: &[Vec<RecordSet>]) -> Others {
    let mut lines = Vec::new();
    let mut records = Vec::new();
    let is = |record: &RecordChange, wanted: &RecordSet| {
        found_for(record, groups, current).is_some_and(|set| same_set(set, wanted))
    };
    let crowded = |record: &RecordChange| {
        let of_record = |group: &RecordGroup<'_>| group.changes.iter().any(|change| std::ptr::eq(*change, record));
        groups.iter().zip(current).any(|(group, sets)| of_record(group) && group.changes.len() != sets.len())
    };
    let odd: Vec<&RecordChange> = changes
        .records
        .iter()
        .filter(|record| crowded(record) || !(is(record, &record.before) || is(record, &record.after)))
        .collect();
    // Each is one or the other, and they differ: then every one that has moved is shown.
    let shown: Vec<&RecordChange> = match odd.is_empty() {
        true => {
            let moved = |record: &&RecordChange| record.before != record.after && is(record, &record.after);
            changes.records.iter().filter(moved).collect()
        }
        false => odd,
    };
    for record in shown {
        let name = query_name(&record.after.name);
        let found: Vec<&RecordSet> = match (crowded(record), found_for(record, groups, current)) {
            (false, Some(set)) => vec![set],
            _ => {
                let sets = groups
                    .iter()
                    .zip(current)
                    .filter(|(group, _)| group.name == name && group.record_type == record.after.record_type);
                sets.flat_map(|(_, sets)| sets).collect()
            }
        };
        lines.push(format!(
            "{name} {} was {} and is {}; the run would set {}",
            record.after.record_type,
            describe(&record.before),
            match found.as_slice() {
                [] => "gone".into(),
                sets => sets.iter().map(|set| describe(set)).collect::<Vec<_>>().join(" and "),
            },
            describe(&record.after),
        ));
        records.push(json!({
            "name": name,
            "record_type": record.after.record_type,
            "before": record.before,
            "after": record.after,
            "found": found,
        }));
    }
    let detail = format!("changed by somebody else: {}", lines.join("; "));
    Others { observed: json!({ "zone": changes.zone.name, "records": records }), detail }
}
