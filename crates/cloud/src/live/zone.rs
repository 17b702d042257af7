//! `aws_route53_zone`

use super::attributes::Attributes;
use super::scope::ONE_BY_ONE;
use super::{Answer, Reading, Scope, zone_tags};
use crate::error::CallError;
use crate::pages::Pages;
use crate::route53::names::{bare_id, without_dot};
use aws_sdk_route53::types::{HostedZone, TagResourceType};
use pilotlight_drift::LiveObject;
use serde_json::Value;

pub(super) const TYPES: &[&str] = &[ZONE];
const ZONE: &str = "aws_route53_zone";

/// The most that ListHostedZones gives at once.
const PAGE: i32 = 100;

/// Every zone, but for what only its own call tells; [`Scope::zones`] holds it.
pub(super) async fn list(scope: &Scope<'_>) -> Result<Vec<HostedZone>, CallError> {
    let planned = scope.regional.route53("ListHostedZones");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.route53.list_hosted_zones().max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(Some(page.hosted_zones), page.next_marker.filter(|_| page.is_truncated))?;
    }
    Ok(pages.into_items())
}

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let zones = scope.zones().await?;
    let mut answer = Answer::of(zones.iter().map(object));
    // Which VPCs a private zone answers in, only its own call tells.
    let is_private = |zone: &&HostedZone| zone.config().is_some_and(|config| config.private_zone());
    let private: Vec<&str> = zones.iter().filter(is_private).map(|zone| bare_id(zone.id())).collect();
    let private: Vec<&str> = private.into_iter().filter(|id| scope.knows(ZONE, id)).collect();
    if private.len() > ONE_BY_ONE {
        answer.leave_out(ZONE, &["vpc"], private.len(), ONE_BY_ONE);
    }
    let few = private.iter().filter(|_| private.len() <= ONE_BY_ONE);
    for id in few {
        match vpcs(scope, id).await {
            Ok(vpcs) => answer.set(id, "vpc", Some(vpcs.into())),
            Err(error) => answer.half_read(ZONE, id, &error),
        }
    }
    zone_tags::add(scope, ZONE, TagResourceType::Hostedzone, &mut answer).await;
    Ok(answer)
}

async fn vpcs(scope: &Scope<'_>, id: &str) -> Result<Vec<Value>, CallError> {
    let planned = scope.regional.route53("GetHostedZone");
    let answer = scope.regional.send(&planned, scope.regional.route53.get_hosted_zone().id(id).send()).await?;
    let block = |vpc: &aws_sdk_route53::types::Vpc| {
        Attributes::new()
            .or_null("vpc_id", vpc.vpc_id())
            .or_null("vpc_region", vpc.vpc_region().map(|region| region.as_str()))
            .block()
    };
    Ok(answer.vpcs().iter().map(block).collect())
}

fn object(zone: &HostedZone) -> LiveObject {
    let id = bare_id(zone.id());
    let comment = zone.config().and_then(|config| config.comment());
    Attributes::new()
        .set("zone_id", id)
        .set("name", without_dot(zone.name()))
        .or_null("comment", comment)
        .made_by(zone.linked_service().and_then(|service| service.service_principal()).map(str::to_owned))
        .object(ZONE, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_route53::types::{HostedZoneConfig, LinkedService};
    use serde_json::json;

    #[test]
    fn a_zone_of_a_service_is_the_services() {
        let zone = |service: Option<&str>| {
            let service = service.map(|name| LinkedService::builder().service_principal(name).build());
            let zone = HostedZone::builder().id("/hostedzone/Z1").name("shop.test.").caller_reference("r");
            let zone = zone.config(HostedZoneConfig::builder().comment("the shop").build());
            object(&zone.set_linked_service(service).build().expect("zone"))
        };
        assert_eq!(
            Value::Object(zone(None).attributes),
            json!({"zone_id": "Z1", "name": "shop.test", "comment": "the shop", "id": "Z1"})
        );
        assert_eq!(
            zone(Some("servicediscovery.amazonaws.com")).made_by.as_deref(),
            Some("servicediscovery.amazonaws.com")
        );
    }
}
