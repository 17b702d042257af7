//! `aws_route53_record`: every record of the zones that the states' records are in, or of all zones.

use super::attributes::Attributes;
use super::{Answer, Reading, Scope, at_once, made_by};
use crate::error::{CallError, CallErrorKind};
use crate::route53::names::{bare_id, unescaped, without_dot};
use crate::route53::sets;
use aws_sdk_route53::types::{ResourceRecordSet, RrType};
use pilotlight_drift::{LiveObject, Unread};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const TYPES: &[&str] = &[RECORD];
const RECORD: &str = "aws_route53_record";

/// AWS's code for a zone that is not there.
const NO_ZONE: &str = "NoSuchHostedZone";

const WITH_ZONE: &str = "Route 53, with the zone";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let mut zones: BTreeSet<&str> = scope.parents(RECORD);
    if scope.lists_all(RECORD) {
        zones.extend(scope.zones().await?.iter().map(|zone| bare_id(zone.id())));
    }
    let lists = at_once(zones, |zone| sets::all(scope.regional, zone)).await;
    let mut answer = Answer::default();
    for (zone, records) in lists {
        match records {
            Ok(records) => {
                let apex = apex(&records);
                answer.objects.extend(records.iter().map(|record| object(zone, record, apex)));
            }
            // With its zone gone, a record is gone: it is not among the objects, and so missing.
            Err(CallError { kind: CallErrorKind::Refused, code: Some(code), .. }) if code == NO_ZONE => {}
            Err(error) => answer.unread.extend(of_zone(scope, zone, &error)),
        }
    }
    Ok(answer)
}

/// The states' records of a zone that could not be read; by their zone where no state has any.
fn of_zone(scope: &Scope<'_>, zone: &str, error: &CallError) -> Vec<Unread> {
    let of_states = scope.of(RECORD).filter(|wanted| wanted.parent == Some(zone));
    let mut unread: Vec<Unread> = of_states.map(|wanted| super::unread(RECORD, Some(wanted.id), error)).collect();
    if unread.is_empty() {
        unread.push(super::unread(RECORD, Some(zone), error));
    }
    unread
}

fn object(zone: &str, record: &ResourceRecordSet, apex: Option<&str>) -> LiveObject {
    let name = unescaped(without_dot(record.name()));
    let kind = record.r#type().as_str();
    let mut id = format!("{zone}_{name}_{kind}");
    if let Some(set) = record.set_identifier() {
        id = format!("{id}_{set}");
    }
    Attributes::new()
        .set("zone_id", zone)
        .set("name", name.as_str())
        .set("type", kind)
        .or_null("ttl", record.ttl())
        .texts("records", record.resource_records().iter().map(|record| record.value()))
        .or_null("set_identifier", record.set_identifier())
        .or_null("health_check_id", record.health_check_id())
        .set("alias", alias(record))
        .set("weighted_routing_policy", policy(record.weight().map(|weight| [("weight", weight.into())])))
        .set("failover_routing_policy", policy(record.failover().map(|role| [("type", role.as_str().into())])))
        .set("latency_routing_policy", policy(record.region().map(|region| [("region", region.as_str().into())])))
        .set("geolocation_routing_policy", geolocation(record))
        .set("geoproximity_routing_policy", geoproximity(record))
        .set("cidr_routing_policy", cidr(record))
        .set("multivalue_answer_routing_policy", record.multi_value_answer().unwrap_or_default())
        .made_by(made_by::when(is_of_zone(record, apex), WITH_ZONE))
        .object(RECORD, &id)
}

/// The zone's name: that of its SOA, of which each zone has just one.
fn apex(records: &[ResourceRecordSet]) -> Option<&str> {
    records.iter().find(|record| *record.r#type() == RrType::Soa).map(|record| record.name())
}

/// Whether Route 53 makes the record with the zone: name servers and the zone's own data, at its apex. A zone has no
/// other SOA; name servers below the apex delegate another zone, and those Terraform has.
fn is_of_zone(record: &ResourceRecordSet, apex: Option<&str>) -> bool {
    matches!(record.r#type(), RrType::Soa) || matches!(record.r#type(), RrType::Ns) && apex == Some(record.name())
}

fn alias(record: &ResourceRecordSet) -> Vec<Value> {
    policy(record.alias_target().map(|alias| {
        [
            ("name", without_dot(alias.dns_name()).into()),
            ("zone_id", alias.hosted_zone_id().into()),
            ("evaluate_target_health", alias.evaluate_target_health().into()),
        ]
    }))
}

fn geolocation(record: &ResourceRecordSet) -> Vec<Value> {
    policy(record.geo_location().map(|place| {
        [
            ("continent", place.continent_code().into()),
            ("country", place.country_code().into()),
            ("subdivision", place.subdivision_code().into()),
        ]
    }))
}

fn geoproximity(record: &ResourceRecordSet) -> Vec<Value> {
    policy(record.geo_proximity_location().map(|place| {
        let coordinates = policy(
            place.coordinates().map(|at| [("latitude", at.latitude().into()), ("longitude", at.longitude().into())]),
        );
        [
            ("aws_region", place.aws_region().into()),
            ("bias", place.bias().into()),
            ("coordinates", coordinates.into()),
            ("local_zone_group", place.local_zone_group().into()),
        ]
    }))
}

fn cidr(record: &ResourceRecordSet) -> Vec<Value> {
    policy(record.cidr_routing_config().map(|config| {
        [("collection_id", config.collection_id().into()), ("location_name", config.location_name().into())]
    }))
}

/// A block that is there at most once, as the list that Terraform makes of it.
fn policy<const N: usize>(fields: Option<[(&str, Value); N]>) -> Vec<Value> {
    let block = |fields: [(&str, Value); N]| {
        fields.into_iter().fold(Attributes::new(), |block, (name, value)| block.set(name, value)).block()
    };
    fields.map(block).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_route53::types::{
        AliasTarget, CidrRoutingConfig, Coordinates, GeoLocation, GeoProximityLocation, ResourceRecord,
        ResourceRecordSetFailover, ResourceRecordSetRegion,
    };
    use serde_json::json;

    #[test]
    fn a_wildcard_with_failover_routing() {
        let record = ResourceRecordSet::builder()
            .name(r"\052.shop.test.")
            .r#type(RrType::A)
            .ttl(30)
            .set_identifier("primary")
            .failover(ResourceRecordSetFailover::Primary)
            .health_check_id("hc-1")
            .resource_records(ResourceRecord::builder().value("192.0.2.1").build().expect("record"))
            .build()
            .expect("set");
        let object = object("Z1", &record, None);
        assert_eq!(object.id, "Z1_*.shop.test_A_primary");
        assert_eq!(
            Value::Object(object.attributes),
            json!({
                "zone_id": "Z1", "name": "*.shop.test", "type": "A", "ttl": 30, "records": ["192.0.2.1"],
                "set_identifier": "primary", "health_check_id": "hc-1", "alias": [],
                "weighted_routing_policy": [], "failover_routing_policy": [{"type": "PRIMARY"}],
                "latency_routing_policy": [], "geolocation_routing_policy": [],
                "geoproximity_routing_policy": [], "cidr_routing_policy": [],
                "multivalue_answer_routing_policy": false, "id": "Z1_*.shop.test_A_primary"
            })
        );
    }

    #[test]
    fn an_alias_has_neither_ttl_nor_records() {
        let alias = AliasTarget::builder()
            .hosted_zone_id("Z2")
            .dns_name("lb.example.com.")
            .evaluate_target_health(true)
            .build()
            .expect("alias");
        let record = ResourceRecordSet::builder().name("a.shop.test.").r#type(RrType::A).alias_target(alias).build();
        let object = object("Z1", &record.expect("set"), None);
        assert_eq!(
            object.attributes["alias"],
            json!([{"name": "lb.example.com", "zone_id": "Z2", "evaluate_target_health": true}])
        );
        assert_eq!((&object.attributes["ttl"], &object.attributes["records"]), (&Value::Null, &json!([])));
    }

    #[test]
    fn every_routing_policy_has_the_providers_shape() {
        let set = || {
            ResourceRecordSet::builder()
                .name("a.shop.test.")
                .r#type(RrType::A)
                .ttl(30)
                .set_identifier("one")
                .resource_records(ResourceRecord::builder().value("192.0.2.1").build().expect("record"))
        };
        let coordinates = Coordinates::builder().latitude("49.22").longitude("-74.01").build().expect("coordinates");
        let cidr = CidrRoutingConfig::builder().collection_id("c-1").location_name("office").build().expect("cidr");
        for (record, name, policy) in [
            (set().weight(0), "weighted_routing_policy", json!([{"weight": 0}])),
            (
                set().region(ResourceRecordSetRegion::EuWest1),
                "latency_routing_policy",
                json!([{"region": "eu-west-1"}]),
            ),
            (
                set().geo_location(GeoLocation::builder().country_code("US").subdivision_code("CA").build()),
                "geolocation_routing_policy",
                json!([{"continent": null, "country": "US", "subdivision": "CA"}]),
            ),
            (
                set()
                    .geo_proximity_location(GeoProximityLocation::builder().coordinates(coordinates).bias(-20).build()),
                "geoproximity_routing_policy",
                json!([{
                    "aws_region": null, "bias": -20, "local_zone_group": null,
                    "coordinates": [{"latitude": "49.22", "longitude": "-74.01"}],
                }]),
            ),
            (
                set().geo_proximity_location(
                    GeoProximityLocation::builder().aws_region("eu-west-1").local_zone_group("euw1-x").build(),
                ),
                "geoproximity_routing_policy",
                json!([{"aws_region": "eu-west-1", "bias": null, "local_zone_group": "euw1-x", "coordinates": []}]),
            ),
            (
                set().cidr_routing_config(cidr),
                "cidr_routing_policy",
                json!([{"collection_id": "c-1", "location_name": "office"}]),
            ),
            (set().multi_value_answer(true), "multivalue_answer_routing_policy", json!(true)),
        ] {
            let object = object("Z1", &record.build().expect("set"), None);
            assert_eq!(object.attributes[name], policy, "{name}");
            let others = object.attributes.iter().filter(|(other, _)| other.ends_with("_policy") && *other != name);
            for (other, value) in others {
                assert!([json!([]), json!(false)].contains(value), "{name} sets {other}");
            }
        }
    }

    #[test]
    fn the_apex_belongs_to_the_zone() {
        let set = |name: &str, kind: RrType| {
            let record = ResourceRecord::builder().value("ns-1.example.").build().expect("record");
            ResourceRecordSet::builder().name(name).r#type(kind).ttl(900).resource_records(record).build().expect("set")
        };
        let records = [
            set("shop.test.", RrType::Ns),
            set("shop.test.", RrType::Soa),
            set("eu.shop.test.", RrType::Ns),
            set("shop.test.", RrType::Mx),
        ];
        let made: Vec<bool> =
            records.iter().map(|record| object("Z1", record, apex(&records)).made_by.is_some()).collect();
        assert_eq!(made, [true, true, false, false]);
    }
}
