//! `aws_route53_zone`

use super::attributes::Attributes;
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

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let zones = all(scope).await?;
    let mut answer = Answer::of(zones.iter().map(object));
    let wanted = scope.ids(ZONE);
    // Which VPCs a private zone answers in, only its own call tells.
    for zone in zones.iter().filter(|zone| zone.config().is_some_and(|config| config.private_zone())) {
        let id = bare_id(zone.id());
        if !wanted.contains(id) {
            continue;
        }
        match vpcs(scope, id).await {
            Ok(vpcs) => answer.set(id, "vpc", Some(vpcs.into())),
            Err(error) => answer.half_read(ZONE, id, &error),
        }
    }
    zone_tags::add(scope, ZONE, TagResourceType::Hostedzone, &mut answer).await;
    Ok(answer)
}

/// Every zone of the account, listed once for all who ask.
pub(super) async fn all<'s>(scope: &'s Scope<'_>) -> Result<&'s [HostedZone], CallError> {
    let list = || async {
        let planned = scope.regional.route53("ListHostedZones");
        let mut pages = Pages::of(&planned.call);
        while pages.is_open() {
            let request = scope.regional.route53.list_hosted_zones().max_items(PAGE).set_marker(pages.marker());
            let page = scope.regional.send(&planned, request.send()).await?;
            pages.add(Some(page.hosted_zones), page.next_marker.filter(|_| page.is_truncated))?;
        }
        Ok(pages.into_items())
    };
    // A failure as well: the list was tried often enough.
    scope.zones.get_or_init(list).await.as_deref().map_err(CallError::clone)
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
        .object(ZONE, id)
}
