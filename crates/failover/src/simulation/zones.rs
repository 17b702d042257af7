//! Route 53: batches that are done whole or not at all, and what the zones had at each moment.

use super::{Asked, Service, State, Trouble, World};
use crate::{ChangeBatch, ChangeStatus, Dns, DnsError, HealthCheck, HostedZone, RecordSet};
use async_trait::async_trait;
use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

const READ_TAKES: Duration = Duration::from_millis(40);
const CHANGE_TAKES: Duration = Duration::from_millis(60);
/// How old a stale answer is.
const STALE: Duration = Duration::from_secs(2);

/// A set's name as it is asked for: Route 53 answers `\052` for `*`.
fn asked_name(set: &RecordSet) -> Cow<'_, str> {
    match set.name.contains('\\') {
        true => set.name.replace("\\052", "*").into(),
        false => set.name.as_str().into(),
    }
}

/// Whether a name is in a zone.
pub(super) fn is_in(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

impl World {
    /// What the API has for a name, of all types.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.with(|state| {
            state.records.iter().filter(|set| set.name == name).flat_map(|set| set.values.clone()).collect()
        })
    }

    /// Changes a record past every run.
    pub fn meddle(&self, name: &str, values: &[&str]) {
        self.with(|state| state.set(name, values));
    }
}

impl State {
    /// Gives the first record of a name other values. Where there is none, nothing is changed.
    pub fn set(&mut self, name: &str, values: &[&str]) {
        if let Some(set) = self.records.iter_mut().find(|set| set.name == name) {
            set.values = values.iter().map(|value| (*value).to_owned()).collect();
            self.history.push((self.elapsed, self.records.clone()));
        }
    }

    /// As Route 53 does it: all of it, or nothing.
    fn apply(&mut self, batch: &ChangeBatch) -> Result<String, DnsError> {
        let mut records = self.records.clone();
        for set in &batch.delete {
            let place = records.iter().position(|known| known == set).ok_or_else(|| {
                DnsError::Refused(format!(
                    "Tried to delete resource record set [name='{}.', type='{}'] but the values provided do not match \
                     the current values",
                    set.name, set.record_type
                ))
            })?;
            records.remove(place);
        }
        for set in &batch.create {
            let mut set = set.clone();
            set.name = set.name.replace('*', "\\052");
            let same = |known: &&RecordSet| known.name == set.name && known.record_type == set.record_type;
            if records.iter().filter(same).any(|known| {
                known.set_identifier == set.set_identifier
                    || known.set_identifier.is_none()
                    || set.set_identifier.is_none()
            }) {
                return Err(DnsError::Refused(format!("Tried to create {} but it already exists", set.name)));
            }
            records.push(set);
        }
        records.sort_by(|one, other| (&one.name, &one.set_identifier).cmp(&(&other.name, &other.set_identifier)));
        self.records = records;
        self.history.push((self.elapsed, self.records.clone()));
        self.changes.push((self.elapsed, batch.clone()));
        Ok(format!("C{}", self.changes.len()))
    }

    /// The records as they were this long ago.
    fn records_before(&self, lag: Duration) -> &[RecordSet] {
        let moment = self.elapsed.saturating_sub(lag);
        let seen = self.history.iter().rev().find(|(at, _)| *at <= moment).or(self.history.first());
        seen.map_or(&self.records, |(_, records)| records)
    }

    /// The records as a name server has them.
    pub fn seen_by(&self, server: &str) -> &[RecordSet] {
        self.records_before(self.lag.get(server).copied().unwrap_or_default())
    }

    /// What users would be answered with once every name server has it: where weights leave a choice, all of it.
    pub fn resolve(&self, name: &str, record_type: &str) -> Vec<String> {
        self.resolve_in(self.records_before(Duration::ZERO), name, record_type, CNAMES)
    }

    fn resolve_in(&self, records: &[RecordSet], name: &str, record_type: &str, left: u8) -> Vec<String> {
        let found = |record_type: &str| -> Option<Vec<String>> {
            let sets = self.live(records, name, record_type);
            (!sets.is_empty()).then(|| sets.into_iter().flat_map(|set| self.answers(set)).collect())
        };
        let follow = || {
            let target = found("CNAME").filter(|_| left > 0)?;
            Some(self.resolve_in(records, target.first()?, record_type, left - 1))
        };
        found(record_type).or_else(follow).or_else(|| self.elsewhere.get(name).cloned()).unwrap_or_default()
    }

    /// The sets that answer: those with weight, and of failover sets the one that the health check leaves.
    pub(super) fn live<'a>(&self, records: &'a [RecordSet], name: &str, record_type: &str) -> Vec<&'a RecordSet> {
        let mut sets: Vec<&RecordSet> = records
            .iter()
            .filter(|set| set.record_type == record_type && set.weight != Some(0) && asked_name(set) == name)
            .collect();
        let turned = sets.iter().filter_map(|set| set.health_check_id.as_deref()).any(|check| self.turned(check));
        let role = if turned { "SECONDARY" } else { "PRIMARY" };
        sets.retain(|set| set.failover.as_deref().is_none_or(|of| of == role));
        sets
    }

    /// What a name outside of the zones has of a type; none where there is no such name.
    pub(super) fn has_elsewhere(&self, name: &str, record_type: &str) -> Option<Vec<String>> {
        let is_of = |value: &&String| match (record_type, value.parse::<IpAddr>()) {
            ("A", Ok(address)) => address.is_ipv4(),
            ("AAAA", Ok(address)) => address.is_ipv6(),
            // An address that nobody knows is told in words, and one of each type.
            _ => true,
        };
        let values = self.elsewhere.get(name)?;
        Some(values.iter().filter(is_of).cloned().collect())
    }

    pub(super) fn answers(&self, set: &RecordSet) -> Vec<String> {
        match &set.alias {
            Some(alias) => self.has_elsewhere(&alias.dns_name, &set.record_type).unwrap_or_default(),
            None => set.values.clone(),
        }
    }
}

/// How many CNAMEs in a row a resolver follows.
const CNAMES: u8 = 8;

fn error_of(trouble: Trouble) -> DnsError {
    let cause = trouble.cause().to_owned();
    match trouble {
        Trouble::Throttle => DnsError::Throttled(cause),
        Trouble::Deny => DnsError::Denied(cause),
        _ => DnsError::Unknown(cause),
    }
}

impl World {
    /// One call of Route 53's API.
    async fn route53(&self, asked: Asked<'_>, takes: Duration) -> Option<Trouble> {
        self.with(|state| state.control_calls += 1);
        self.meet(asked, takes).await
    }
}

#[async_trait]
impl Dns for World {
    async fn zones(&self, name: &str) -> Result<Vec<HostedZone>, DnsError> {
        let asked = Asked::read(Service::Route53, "ListHostedZonesByName", name);
        match self.route53(asked, READ_TAKES).await {
            None | Some(Trouble::Stale) => {
                Ok(self.with(|state| state.zones.iter().filter(|zone| zone.name == name).cloned().collect()))
            }
            Some(trouble) => Err(error_of(trouble)),
        }
    }

    async fn record_sets(&self, zone: &str, name: &str, record_type: &str) -> Result<Vec<RecordSet>, DnsError> {
        let asked = Asked::read(Service::Route53, "ListResourceRecordSets", name);
        let trouble = self.route53(asked, READ_TAKES).await;
        self.with(|state| {
            let zone = state.zones.iter().find(|known| known.id == zone);
            let zone = zone.map(|zone| zone.name.clone()).ok_or_else(|| DnsError::NotFound("the zone".into()))?;
            if !is_in(name, &zone) || name.contains('\\') {
                state.breaks(format!("{name} is asked for in zone {zone}"));
            }
            if state.failing_reads > 0 {
                state.failing_reads -= 1;
                return Err(DnsError::Unknown("the connection timed out".into()));
            }
            let records = match trouble {
                None => &state.records,
                Some(Trouble::Stale) => state.records_before(STALE),
                Some(trouble) => return Err(error_of(trouble)),
            };
            let sets = records.iter().filter(|set| asked_name(set) == name && set.record_type == record_type);
            Ok(sets.cloned().collect())
        })
    }

    async fn change(&self, batch: &ChangeBatch) -> Result<String, DnsError> {
        let asked = Asked::write(Service::Route53, "ChangeResourceRecordSets", &batch.zone_id);
        let trouble = self.route53(asked, CHANGE_TAKES).await;
        self.with(|state| {
            if let Some(mut hook) = state.hooks.remove("before the change") {
                hook(state);
            }
            match trouble.or_else(|| state.change_faults.pop_front()) {
                None => state.apply(batch),
                Some(Trouble::Late) => {
                    let batch = batch.clone();
                    state.carry_out_late(move |state| drop(state.apply(&batch)));
                    Err(error_of(Trouble::Late))
                }
                Some(trouble) if trouble.takes_effect() => {
                    Err(state.apply(batch).map_or_else(|error| error, |_| error_of(trouble)))
                }
                Some(trouble) => Err(error_of(trouble)),
            }
        })
    }

    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, DnsError> {
        match self.route53(Asked::read(Service::Route53, "GetHealthCheck", id), READ_TAKES).await {
            None | Some(Trouble::Stale) => {
                Ok(self.with(|state| state.health_checks.iter().find(|check| check.id == id).cloned()))
            }
            Some(trouble) => Err(error_of(trouble)),
        }
    }

    async fn change_status(&self, id: &str) -> Result<ChangeStatus, DnsError> {
        let trouble = self.route53(Asked::read(Service::Route53, "GetChange", id), READ_TAKES).await;
        self.with(|state| {
            if state.denied_statuses {
                return Err(DnsError::Denied("route53:GetChange".into()));
            }
            if state.failing_statuses > 0 {
                state.failing_statuses -= 1;
                return Err(DnsError::Unknown("the connection timed out".into()));
            }
            match trouble {
                None => {}
                Some(Trouble::Stale) => return Ok(ChangeStatus::Pending),
                Some(trouble) => return Err(error_of(trouble)),
            }
            let change = id.strip_prefix('C').and_then(|number| number.parse::<usize>().ok()?.checked_sub(1));
            let (at, _) =
                change.and_then(|number| state.changes.get(number)).ok_or_else(|| DnsError::NotFound(id.to_owned()))?;
            let insync = state.elapsed >= *at + state.insync_after;
            Ok(if insync { ChangeStatus::Insync } else { ChangeStatus::Pending })
        })
    }
}
