//! `aws_route53_health_check`

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope, zone_tags};
use crate::pages::Pages;
use aws_sdk_route53::types::{HealthCheck, TagResourceType};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[HEALTH_CHECK];
const HEALTH_CHECK: &str = "aws_route53_health_check";

/// The most that ListHealthChecks gives at once.
const PAGE: i32 = 100;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.route53("ListHealthChecks");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.route53.list_health_checks().max_items(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(Some(page.health_checks), page.next_marker.filter(|_| page.is_truncated))?;
    }
    let checks = pages.into_items();
    let mut answer = Answer::of(checks.iter().filter_map(object));
    zone_tags::add(scope, HEALTH_CHECK, TagResourceType::Healthcheck, &mut answer).await;
    Ok(answer)
}

fn object(check: &HealthCheck) -> Option<LiveObject> {
    let config = check.health_check_config()?;
    let alarm = config.alarm_identifier();
    let attributes = Attributes::new()
        .set("type", config.r#type().as_str())
        .or_null("ip_address", config.ip_address())
        .or_null("fqdn", config.fully_qualified_domain_name())
        .or_null("port", number(config.port()))
        .or_null("resource_path", config.resource_path())
        .or_null("search_string", config.search_string())
        .or_null("request_interval", number(config.request_interval()))
        .or_null("failure_threshold", number(config.failure_threshold()))
        .if_told("measure_latency", config.measure_latency())
        .if_told("invert_healthcheck", config.inverted())
        .if_told("disabled", config.disabled())
        .if_told("enable_sni", config.enable_sni())
        .texts("child_healthchecks", config.child_health_checks())
        .or_null("child_health_threshold", number(config.health_threshold()))
        .texts("regions", config.regions().iter().map(|region| region.as_str()))
        .if_told("cloudwatch_alarm_name", alarm.map(|alarm| alarm.name()))
        .if_told("cloudwatch_alarm_region", alarm.map(|alarm| alarm.region().as_str()))
        .or_null(
            "insufficient_data_health_status",
            config.insufficient_data_health_status().map(|status| status.as_str()),
        )
        .or_null("routing_control_arn", config.routing_control_arn())
        .made_by(check.linked_service().and_then(|service| service.service_principal()).map(str::to_owned));
    Some(attributes.object(HEALTH_CHECK, check.id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckRegion, HealthCheckType};
    use serde_json::json;

    #[test]
    fn a_check_of_a_path() {
        let config = HealthCheckConfig::builder()
            .r#type(HealthCheckType::HttpsStrMatch)
            .fully_qualified_domain_name("shop.test")
            .port(443)
            .resource_path("/health")
            .search_string("ok")
            .inverted(false)
            .regions(HealthCheckRegion::UsEast1)
            .regions(HealthCheckRegion::EuWest1)
            .build()
            .expect("config");
        let check = HealthCheck::builder().id("hc-1").caller_reference("r").health_check_version(1);
        let told = object(&check.health_check_config(config).build().expect("check")).expect("object").attributes;
        assert_eq!(
            (&told["type"], &told["port"], &told["search_string"]),
            (&json!("HTTPS_STR_MATCH"), &json!(443), &json!("ok"))
        );
        assert_eq!(told["regions"], json!(["eu-west-1", "us-east-1"]));
        // A switch that was not told.
        assert!(!told.contains_key("disabled") && told["invert_healthcheck"] == json!(false));
    }
}
