//! Record sets between the SDK's form and the port's, without loss in either direction.

use super::names::{same, with_dot, without_dot};
use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::{Planned, Regional};
use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{
    AliasTarget as SdkAlias, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, RrType,
};
use pilotlight_failover::{AliasTarget, RecordSet};

/// The most that ListResourceRecordSets gives at once.
const PAGE: i32 = 300;

const LIST: &str = "ListResourceRecordSets";

/// Where a page begins.
#[derive(Debug, Clone, PartialEq)]
struct Start {
    name: String,
    kind: RrType,
    set_identifier: Option<String>,
}

/// Every record set of a zone, in Route 53's order.
pub(crate) async fn all(regional: &Regional, zone: &str) -> Result<Vec<ResourceRecordSet>, CallError> {
    let planned = regional.route53(LIST);
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let (sets, next) = page(regional, &planned, zone, pages.marker()).await?;
        pages.push(sets, next)?;
    }
    Ok(pages.into_items())
}

/// Every set of this name and type. Route 53 sorts by name and type, so the first other one is the end.
pub(crate) async fn named(
    regional: &Regional,
    zone: &str,
    name: &str,
    kind: &RrType,
) -> Result<Vec<ResourceRecordSet>, CallError> {
    let is_wanted = |set: &ResourceRecordSet| same(set.name(), name) && set.r#type() == kind;
    let planned = regional.route53(LIST);
    let start = Start { name: with_dot(&name.to_ascii_lowercase()), kind: kind.clone(), set_identifier: None };
    let mut pages = Pages::starting_at(&planned.call, start);
    while pages.is_open() {
        let (mut sets, next) = page(regional, &planned, zone, pages.marker()).await?;
        let next = next.filter(|_| sets.last().is_some_and(is_wanted));
        sets.retain(is_wanted);
        pages.push(sets, next)?;
    }
    Ok(pages.into_items())
}

/// One page, and where the next one begins.
async fn page(
    regional: &Regional,
    planned: &Planned,
    zone: &str,
    start: Option<Start>,
) -> Result<(Vec<ResourceRecordSet>, Option<Start>), CallError> {
    let mut request = regional.route53.list_resource_record_sets().hosted_zone_id(zone).max_items(PAGE);
    if let Some(start) = start {
        request = request
            .start_record_name(start.name)
            .start_record_type(start.kind)
            .set_start_record_identifier(start.set_identifier);
    }
    let answer = regional.send(planned, request.send()).await?;
    let next = answer.next_record_name.zip(answer.next_record_type).filter(|_| answer.is_truncated);
    let next = next.map(|(name, kind)| Start { name, kind, set_identifier: answer.next_record_identifier });
    Ok((answer.resource_record_sets, next))
}

/// The set in the port's form.
pub(crate) fn record_set(set: &ResourceRecordSet) -> RecordSet {
    RecordSet {
        name: without_dot(set.name()).to_ascii_lowercase(),
        record_type: set.r#type().as_str().to_owned(),
        // Route 53's TTLs are between 0 and 2^31 - 1.
        ttl: set.ttl().and_then(|ttl| u64::try_from(ttl).ok()),
        values: set.resource_records().iter().map(|record| record.value().to_owned()).collect(),
        alias: set.alias_target().map(|alias| AliasTarget {
            hosted_zone_id: alias.hosted_zone_id().to_owned(),
            dns_name: without_dot(alias.dns_name()).to_owned(),
            evaluate_target_health: alias.evaluate_target_health(),
        }),
        set_identifier: set.set_identifier().map(str::to_owned),
        weight: set.weight(),
        failover: set.failover().map(|role| role.as_str().to_owned()),
        health_check_id: set.health_check_id().map(str::to_owned),
        other_routing: other_routing(set),
    }
}

/// What the port's form has no field for, and a `DELETE` could thus not repeat.
fn other_routing(set: &ResourceRecordSet) -> Option<String> {
    let policies = [
        ("latency", set.region().is_some()),
        ("geolocation", set.geo_location().is_some()),
        ("geoproximity", set.geo_proximity_location().is_some()),
        ("cidr", set.cidr_routing_config().is_some()),
        // `false` is not the same as absent: Route 53 compares it.
        ("multivalue", set.multi_value_answer().is_some()),
        ("traffic policy", set.traffic_policy_instance_id().is_some()),
    ];
    let named: Vec<&str> = policies.into_iter().filter_map(|(name, used)| used.then_some(name)).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// The set in the SDK's form, for a change.
///
/// # Errors
/// A field that Route 53 requires is missing.
pub(crate) fn sdk_set(set: &RecordSet) -> Result<ResourceRecordSet, BuildError> {
    let records: Result<Vec<_>, _> =
        set.values.iter().map(|value| ResourceRecord::builder().value(value).build()).collect();
    let records = records?;
    let alias = match &set.alias {
        Some(alias) => Some(
            SdkAlias::builder()
                .hosted_zone_id(&alias.hosted_zone_id)
                .dns_name(with_dot(&alias.dns_name))
                .evaluate_target_health(alias.evaluate_target_health)
                .build()?,
        ),
        None => None,
    };
    ResourceRecordSet::builder()
        .name(with_dot(&set.name))
        .r#type(RrType::from(set.record_type.as_str()))
        .set_ttl(set.ttl.and_then(|ttl| i64::try_from(ttl).ok()))
        .set_resource_records((!records.is_empty()).then_some(records))
        .set_alias_target(alias)
        .set_set_identifier(set.set_identifier.clone())
        .set_weight(set.weight)
        .set_failover(set.failover.as_deref().map(ResourceRecordSetFailover::from))
        .set_health_check_id(set.health_check_id.clone())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighted() -> RecordSet {
        RecordSet {
            name: r"\052.shop.test".into(),
            record_type: "A".into(),
            ttl: Some(30),
            values: vec!["192.0.2.7".into(), "192.0.2.3".into()],
            alias: None,
            set_identifier: Some("blue".into()),
            weight: Some(0),
            failover: None,
            health_check_id: Some("hc-1".into()),
            other_routing: None,
        }
    }

    #[test]
    fn a_set_survives_there_and_back() {
        let alias = AliasTarget {
            hosted_zone_id: "Z2".into(),
            dns_name: "dualstack.lb.example.com".into(),
            evaluate_target_health: true,
        };
        let sets = [
            weighted(),
            RecordSet { weight: None, failover: Some("SECONDARY".into()), ..weighted() },
            RecordSet { alias: Some(alias), ttl: None, values: Vec::new(), health_check_id: None, ..weighted() },
        ];
        for set in sets {
            assert_eq!(record_set(&sdk_set(&set).expect("set")), set);
        }
    }

    #[test]
    fn routing_that_is_not_carried_over_is_named() {
        let plain = sdk_set(&RecordSet { weight: None, ..weighted() }).expect("set");
        assert_eq!(record_set(&plain).other_routing, None);
        let (mut latency, mut multivalue) = (plain.clone(), plain);
        latency.region = Some("eu-west-1".into());
        assert_eq!(record_set(&latency).other_routing.as_deref(), Some("latency"));
        multivalue.multi_value_answer = Some(true);
        assert_eq!(record_set(&multivalue).other_routing.as_deref(), Some("multivalue"));
    }
}
