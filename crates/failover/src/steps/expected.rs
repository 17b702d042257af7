//! What name servers may answer once records are as a run wants them.

use crate::engine::Engine;
use crate::record_changes::is_live;
use crate::record_values::{canonical_values, sorted};
use crate::{AliasTarget, HostedZone, RecordChanges, RecordSet, ServerAnswer};
use futures::future::join_all;
use std::collections::BTreeSet;

/// The answers of one name and type that count as arrived: those of any set that is not of weight zero.
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) record_type: String,
    sets: Vec<Answers>,
}

enum Answers {
    /// All of these, in one spelling, sorted.
    Values(Vec<String>),
    /// Some of what the target itself has: load balancers answer with a part of their addresses, and another one later.
    Alias { target: AliasTarget, addresses: BTreeSet<String> },
}

impl Expected {
    /// One for each name and type.
    pub(crate) fn of(changes: &RecordChanges) -> Vec<Self> {
        let groups = changes.groups().into_iter();
        groups
            .map(|group| Self {
                name: group.name.clone(),
                record_type: group.record_type.to_owned(),
                sets: group
                    .changes
                    .iter()
                    .map(|change| &change.after)
                    .filter(|set| is_live(set))
                    .map(answers)
                    .collect(),
            })
            .collect()
    }

    /// Asks anew where aliases lead. What a target ever answered while it was waited for stays its address.
    pub(crate) async fn refresh(&mut self, engine: &Engine, zone: &HostedZone) -> Result<(), String> {
        for set in &mut self.sets {
            let Answers::Alias { target, addresses } = set else { continue };
            addresses.extend(addresses_of(engine, zone, target, &self.record_type).await?);
        }
        Ok(())
    }

    /// Whether it is known at all what the answers are.
    pub(crate) fn is_known(&self) -> bool {
        self.sets.iter().all(|set| !matches!(set, Answers::Values(values) if values.is_empty()))
    }

    /// Whether an answer is one of them.
    pub(crate) fn is(&self, answer: &ServerAnswer) -> bool {
        let found = sorted(&self.record_type, &answer.values);
        self.sets.iter().any(|set| match set {
            Answers::Values(values) => *values == found,
            Answers::Alias { addresses, .. } if found.is_empty() => addresses.is_empty(),
            Answers::Alias { addresses, .. } => found.iter().all(|address| addresses.contains(address)),
        })
    }
}

/// For a person.
impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sets: Vec<String> = self
            .sets
            .iter()
            .map(|set| match set {
                Answers::Values(values) => values.join(", "),
                Answers::Alias { target, .. } => format!("what {} has", target.dns_name),
            })
            .collect();
        f.write_str(&sets.join(" or "))
    }
}

fn answers(set: &RecordSet) -> Answers {
    match &set.alias {
        Some(target) => Answers::Alias { target: target.clone(), addresses: BTreeSet::new() },
        None => Answers::Values(canonical_values(set)),
    }
}

/// What an alias's target has: by its zone's own name servers where it is in the same zone, else by the resolver.
async fn addresses_of(
    engine: &Engine,
    zone: &HostedZone,
    target: &AliasTarget,
    record_type: &str,
) -> Result<Vec<String>, String> {
    let name = target.dns_name.trim_end_matches('.');
    let servers = &engine.ports.name_servers;
    let asked = match target.hosted_zone_id == zone.id {
        true => join_all(zone.name_servers.iter().map(|server| servers.ask(server, name, record_type))).await,
        false => vec![servers.resolve(name, record_type).await],
    };
    let mut found = Vec::new();
    for answer in asked {
        let answer = answer.map_err(|cause| format!("what {name} has is not known: {cause}"))?;
        found.extend(sorted(record_type, &answer.values));
    }
    Ok(found)
}
