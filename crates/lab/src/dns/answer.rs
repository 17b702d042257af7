//! From a query and the zones to an answer: pure, the same for UDP and TCP.

use crate::dns::routing::{self, UnknownPolicy};
use crate::route53::{RecordSet, View, Zone, canonical};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// How many CNAMEs or aliases are followed: longer chains are loops.
const MAX_CHAIN: usize = 8;

/// Route 53 gives the delegation's name servers two days.
const NAME_SERVER_TTL: u32 = 172_800;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A name server of the zones: authoritative, never recursive.
    Authority,
    /// A recursive resolver that keeps nothing: what a client's own resolver would say once its
    /// cached answer has run out.
    Resolver,
}

/// All that an answer is made from.
pub(crate) struct World<'a> {
    pub(crate) view: &'a View,
    /// Whether a health check, by id, is healthy.
    pub(crate) healthy: &'a dyn Fn(&str) -> bool,
    /// The addresses of the name servers, by canonical name. The resolver knows them, as the parent
    /// zones would tell.
    pub(crate) name_servers: &'a BTreeMap<String, Ipv4Addr>,
}

/// The sections of a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: ResponseCode,
    pub(crate) authoritative: bool,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
}

/// A record that can't be answered with: the lab says SERVFAIL rather than something else.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswerable {
    #[error("write {record_type} value {value:?} of {name} as DNS: {reason}")]
    Value { name: String, record_type: String, value: String, reason: String },
    #[error("choose a record of {name}: the lab doesn't know {policy}")]
    Policy { name: String, policy: String },
    #[error("follow {0}: its target isn't in the lab's zones, or its chain has no end")]
    Chain(String),
}

/// Answers one question.
pub(crate) fn answer(
    world: &World<'_>,
    role: Role,
    name: &str,
    record_type: RecordType,
    pick: &mut dyn FnMut(u64) -> u64,
) -> Result<Answer, Unanswerable> {
    let mut name = canonical(name);
    let mut found = Answer::of(ResponseCode::NoError, role == Role::Authority);
    if role == Role::Resolver
        && let Some(address) = world.name_servers.get(&name)
    {
        if record_type == RecordType::A {
            found.answers.push(record(&name, NAME_SERVER_TTL, RData::A(A(*address)))?);
        }
        return Ok(found);
    }
    for _ in 0..MAX_CHAIN {
        let Some(zone) = world.zone_of(&name) else {
            // Whether such a name exists is not for this server to say; a CNAME out of the zones is told.
            if found.answers.is_empty() {
                found = Answer::of(ResponseCode::Refused, false);
            }
            return Ok(found);
        };
        if let Some(delegation) = zone.delegation_above(&name) {
            if found.answers.is_empty() {
                found.authoritative = false;
            }
            found.authorities = records(delegation, &delegation.name)?;
            return Ok(found);
        }
        let Some(owner) = zone.owner_of(&name) else {
            found.code = ResponseCode::NXDomain;
            found.authorities = soa(zone)?;
            return Ok(found);
        };
        let here = zone.sets_of(&owner, &record_type.to_string());
        if !here.is_empty() {
            for set in world.chosen(&here, pick)? {
                found.answers.extend(world.expanded(set, &name, pick, 0)?);
            }
            return Ok(found);
        }
        let chosen = world.chosen(&zone.sets_of(&owner, "CNAME"), pick)?;
        let Some(cname) = chosen.first() else {
            found.authorities = soa(zone)?;
            return Ok(found);
        };
        let link = world.expanded(cname, &name, pick, 0)?;
        let target = link.iter().find_map(|record| match &record.data {
            RData::CNAME(target) => Some(canonical(&target.to_ascii())),
            _ => None,
        });
        found.answers.extend(link);
        name = target.ok_or_else(|| Unanswerable::Chain(name.clone()))?;
    }
    Err(Unanswerable::Chain(name))
}

impl Answer {
    /// An answer without records.
    pub(crate) fn of(code: ResponseCode, authoritative: bool) -> Self {
        Self { code, authoritative, answers: Vec::new(), authorities: Vec::new() }
    }
}

impl World<'_> {
    fn zone_of(&self, name: &str) -> Option<&Zone> {
        let inside = self.view.zones.iter().filter(|zone| is_in(name, &zone.name));
        inside.max_by_key(|zone| zone.name.len())
    }

    fn chosen<'s>(
        &self,
        sets: &[&'s RecordSet],
        pick: &mut dyn FnMut(u64) -> u64,
    ) -> Result<Vec<&'s RecordSet>, Unanswerable> {
        routing::choose(sets, &|set| self.is_healthy(set, 0), pick).map_err(|UnknownPolicy(policy)| {
            Unanswerable::Policy { name: sets.first().map(|set| set.name.clone()).unwrap_or_default(), policy }
        })
    }

    /// A set's own check decides; an alias that evaluates its target's health asks the target as well.
    fn is_healthy(&self, set: &RecordSet, depth: usize) -> bool {
        let own = set.health_check.as_deref().is_none_or(|id| (self.healthy)(id));
        let target = match &set.alias {
            Some(alias) if alias.evaluate_health && depth < MAX_CHAIN => {
                let targets = self.alias_targets(set);
                targets.is_empty() || targets.iter().any(|target| self.is_healthy(target, depth + 1))
            }
            _ => true,
        };
        own && target
    }

    fn alias_targets(&self, set: &RecordSet) -> Vec<&RecordSet> {
        let Some(alias) = &set.alias else { return Vec::new() };
        let zone = self.view.zones.iter().find(|zone| zone.id == alias.zone_id);
        zone.map(|zone| zone.sets_of(&alias.name, &set.record_type)).unwrap_or_default()
    }

    /// The records of a set under the name that was asked for; an alias has its target's values and TTL.
    fn expanded(
        &self,
        set: &RecordSet,
        name: &str,
        pick: &mut dyn FnMut(u64) -> u64,
        depth: usize,
    ) -> Result<Vec<Record>, Unanswerable> {
        if set.alias.is_none() {
            return records(set, name);
        }
        let targets = self.alias_targets(set);
        if depth >= MAX_CHAIN || targets.is_empty() {
            return Err(Unanswerable::Chain(set.name.clone()));
        }
        let mut all = Vec::new();
        for target in self.chosen(&targets, pick)? {
            all.extend(self.expanded(target, name, pick, depth + 1)?);
        }
        Ok(all)
    }
}

impl Zone {
    fn sets_of(&self, name: &str, record_type: &str) -> Vec<&RecordSet> {
        self.sets.iter().filter(|set| set.name == name && set.record_type == record_type).collect()
    }

    /// The name whose records answer for `name`: itself, or the wildcard of its closest ancestor that
    /// exists (RFC 4592). A name that exists only because something is below it owns no record.
    fn owner_of(&self, name: &str) -> Option<String> {
        let exists = |name: &str| self.sets.iter().any(|set| is_in(&set.name, name));
        if exists(name) {
            return Some(name.to_owned());
        }
        let mut ancestor = name;
        while let Some((_, parent)) = ancestor.split_once('.') {
            if exists(parent) || parent == self.name {
                let wildcard = format!("*.{parent}");
                return self.sets.iter().any(|set| set.name == wildcard).then_some(wildcard);
            }
            ancestor = parent;
        }
        None
    }

    /// The NS set below the apex that takes `name` out of this zone.
    fn delegation_above(&self, name: &str) -> Option<&RecordSet> {
        let below = self.sets.iter().filter(|set| set.record_type == "NS" && set.name != self.name);
        below.filter(|set| is_in(name, &set.name)).min_by_key(|set| set.name.len())
    }
}

/// Whether a canonical name is `ancestor` or below it.
fn is_in(name: &str, ancestor: &str) -> bool {
    name == ancestor || ancestor == "." || name.strip_suffix(ancestor).is_some_and(|rest| rest.ends_with('.'))
}

/// The zone's SOA for an answer without records: its TTL is how long "no" may be kept (RFC 2308).
fn soa(zone: &Zone) -> Result<Vec<Record>, Unanswerable> {
    let mut all = Vec::new();
    for set in zone.sets_of(&zone.name, "SOA") {
        for mut record in records(set, &zone.name)? {
            if let RData::SOA(soa) = &record.data {
                record.ttl = record.ttl.min(soa.minimum);
            }
            all.push(record);
        }
    }
    Ok(all)
}

fn records(set: &RecordSet, name: &str) -> Result<Vec<Record>, Unanswerable> {
    set.values
        .iter()
        .map(|value| {
            let unreadable = |reason: String| Unanswerable::Value {
                name: set.name.clone(),
                record_type: set.record_type.clone(),
                value: value.clone(),
                reason,
            };
            let record_type = RecordType::from_str(&set.record_type).map_err(|error| unreadable(error.to_string()))?;
            let data = RData::try_from_str(record_type, &absolute(&set.record_type, value))
                .map_err(|error| unreadable(error.to_string()))?;
            record(name, set.ttl.unwrap_or_default(), data)
        })
        .collect()
}

fn record(name: &str, ttl: u32, data: RData) -> Result<Record, Unanswerable> {
    let owner = Name::from_str(name).map_err(|error| Unanswerable::Value {
        name: name.to_owned(),
        record_type: data.record_type().to_string(),
        value: data.to_string(),
        reason: error.to_string(),
    })?;
    Ok(Record::from_rdata(owner, ttl, data))
}

/// Route 53 takes names in values with or without their last dot, and means the same.
fn absolute(record_type: &str, value: &str) -> String {
    let with_dot = |word: &str| if word.ends_with('.') { word.to_owned() } else { format!("{word}.") };
    let words: Vec<&str> = value.split_whitespace().collect();
    match (record_type, &words[..]) {
        ("NS" | "CNAME" | "PTR", [name]) => with_dot(name),
        ("MX" | "SRV", [rest @ .., name]) => format!("{} {}", rest.join(" "), with_dot(name)),
        ("SOA", [primary, mailbox, rest @ ..]) => {
            format!("{} {} {}", with_dot(primary), with_dot(mailbox), rest.join(" "))
        }
        _ => value.to_owned(),
    }
}
