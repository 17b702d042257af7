//! Looks at records: are they as before, as after, or something else?

use crate::engine::Engine;
use crate::observe::query_name;
use crate::record_values::{canonical_values, same_set};
use crate::{Dns, DnsError, RecordChange, RecordChanges, RecordSet, Step};
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

/// Looks once.
pub(crate) async fn look(dns: &dyn Dns, changes: &RecordChanges) -> Look {
    let mut current = Vec::with_capacity(changes.records.len());
    for record in &changes.records {
        let RecordSet { name, record_type, .. } = &record.after;
        match dns.record_sets(&changes.zone.id, &query_name(name), record_type).await {
            Ok(sets) => current.push(sets),
            Err(error) => return Look::Unknown(explain(&error)),
        }
    }
    let is = |wanted: fn(&RecordChange) -> &RecordSet| {
        changes
            .records
            .iter()
            .zip(&current)
            .all(|(record, sets)| matches!(sets.as_slice(), [set] if same_set(set, wanted(record))))
    };
    if is(|record| &record.after) {
        Look::After
    } else if is(|record| &record.before) {
        Look::Before(current.into_iter().flatten().collect())
    } else {
        Look::Other(others(changes, &current))
    }
}

/// Looks until Route 53 says what the records are, or `deadline` (of the ports' clock) has passed.
pub(crate) async fn look_until_known(
    engine: &Engine,
    step: &Step,
    changes: &RecordChanges,
    deadline: Duration,
) -> Look {
    loop {
        match look(&*engine.ports.dns, changes).await {
            Look::Unknown(cause) => {
                engine.ports.watcher.waiting(step, &cause);
                if engine.ports.clock.elapsed() >= deadline {
                    return Look::Unknown(cause);
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

fn others(changes: &RecordChanges, current: &[Vec<RecordSet>]) -> Others {
    let mut lines = Vec::new();
    let mut records = Vec::new();
    let all = changes.records.iter().zip(current);
    let odd = all.clone().filter(|(record, sets)| {
        !matches!(sets.as_slice(), [set] if same_set(set, &record.before) || same_set(set, &record.after))
    });
    // Each is one or the other, and they differ: then every one that has moved is shown.
    let mixed = odd.clone().next().is_none();
    let shown: Vec<_> = if mixed {
        all.filter(|(record, sets)| {
            record.before != record.after && matches!(sets.as_slice(), [set] if same_set(set, &record.after))
        })
        .collect()
    } else {
        odd.collect()
    };
    for (record, sets) in shown {
        let name = query_name(&record.after.name);
        lines.push(format!(
            "{name} {} was {} and is {}; the run would set {}",
            record.after.record_type,
            describe(&record.before),
            match sets.as_slice() {
                [] => "gone".into(),
                sets => sets.iter().map(describe).collect::<Vec<_>>().join(" and "),
            },
            describe(&record.after),
        ));
        records.push(json!({
            "name": name,
            "record_type": record.after.record_type,
            "before": record.before,
            "after": record.after,
            "found": sets,
        }));
    }
    let detail = format!("changed by somebody else: {}", lines.join("; "));
    Others { observed: json!({ "zone": changes.zone.name, "records": records }), detail }
}

fn describe(set: &RecordSet) -> String {
    let mut text = match &set.alias {
        Some(alias) => format!("an alias of {}", alias.dns_name),
        None => canonical_values(set).join(", "),
    };
    if let Some(ttl) = set.ttl {
        text.push_str(&format!(" (TTL {ttl} s)"));
    }
    if let Some(identifier) = &set.set_identifier {
        text.push_str(&format!(" [{identifier}]"));
    }
    text
}
