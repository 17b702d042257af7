//! `aws_lb`, for which `aws_alb` is another name.

use super::super::attributes::Attributes;
use super::super::{Answer, Reading, Scope, at_once};
use super::settings::Settings;
use super::{PAGE, arns, tags};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_elasticloadbalancingv2::types::{AvailabilityZone, LoadBalancer, LoadBalancerSchemeEnum};
use pilotlight_drift::LiveObject;
use serde_json::Value;

pub(in super::super) const TYPES: &[&str] = &[LOAD_BALANCER];
const LOAD_BALANCER: &str = "aws_lb";

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>
const NAMES: &[(&str, &str)] = &[
    ("deletion_protection.enabled", "enable_deletion_protection"),
    ("load_balancing.cross_zone.enabled", "enable_cross_zone_load_balancing"),
    ("idle_timeout.timeout_seconds", "idle_timeout"),
    ("client_keep_alive.seconds", "client_keep_alive"),
    ("routing.http.desync_mitigation_mode", "desync_mitigation_mode"),
    ("routing.http.drop_invalid_header_fields.enabled", "drop_invalid_header_fields"),
    ("routing.http.preserve_host_header.enabled", "preserve_host_header"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "enable_tls_version_and_cipher_suite_headers"),
    ("routing.http.xff_client_port.enabled", "enable_xff_client_port"),
    ("routing.http.xff_header_processing.mode", "xff_header_processing_mode"),
    ("routing.http2.enabled", "enable_http2"),
    ("waf.fail_open.enabled", "enable_waf_fail_open"),
    ("zonal_shift.config.enabled", "enable_zonal_shift"),
    ("dns_record.client_routing_policy", "dns_record_client_routing_policy"),
];

const ACCESS_LOGS: &[(&str, &str)] =
    &[("access_logs.s3.enabled", "enabled"), ("access_logs.s3.bucket", "bucket"), ("access_logs.s3.prefix", "prefix")];

const CONNECTION_LOGS: &[(&str, &str)] = &[
    ("connection_logs.s3.enabled", "enabled"),
    ("connection_logs.s3.bucket", "bucket"),
    ("connection_logs.s3.prefix", "prefix"),
];

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let balancers = list(scope).await?;
    let mut answer = Answer::of(balancers.iter().filter_map(object));
    let wanted = scope.ids(LOAD_BALANCER);
    let there = balancers.iter().filter_map(|one| one.load_balancer_arn()).filter(|arn| wanted.contains(arn));
    for (arn, told) in at_once(there, |arn| settings(scope, arn)).await {
        answer.complete(LOAD_BALANCER, arn, told.map(|told| attributes(&told)));
    }
    tags::add(scope, LOAD_BALANCER, &mut answer).await;
    Ok(answer)
}

/// Every load balancer of the region.
pub(super) async fn list(scope: &Scope<'_>) -> Result<Vec<LoadBalancer>, CallError> {
    let planned = scope.regional.elb("DescribeLoadBalancers");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.elb.describe_load_balancers().page_size(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.load_balancers, page.next_marker)?;
    }
    Ok(pages.into_items())
}

async fn settings(scope: &Scope<'_>, arn: &str) -> Result<Settings, CallError> {
    let planned = scope.regional.elb("DescribeLoadBalancerAttributes");
    let request = scope.regional.elb.describe_load_balancer_attributes().load_balancer_arn(arn);
    let answer = scope.regional.send(&planned, request.send()).await?;
    Ok(Settings::of(answer.attributes().iter().map(|one| (one.key(), one.value()))))
}

pub(super) fn attributes(settings: &Settings) -> Attributes {
    settings
        .attributes(NAMES)
        .if_told("access_logs", settings.block(ACCESS_LOGS))
        .if_told("connection_logs", settings.block(CONNECTION_LOGS))
}

pub(super) fn object(balancer: &LoadBalancer) -> Option<LiveObject> {
    let arn = balancer.load_balancer_arn()?;
    let zones = balancer.availability_zones();
    let internal = balancer.scheme().map(|scheme| *scheme == LoadBalancerSchemeEnum::Internal);
    let attributes = Attributes::new()
        .set("arn", arn)
        .set("arn_suffix", arns::suffix(arn))
        .or_null("name", balancer.load_balancer_name())
        .if_told("internal", internal)
        .if_told("load_balancer_type", balancer.r#type().map(|kind| kind.as_str()))
        .if_told("ip_address_type", balancer.ip_address_type().map(|kind| kind.as_str()))
        .texts("security_groups", balancer.security_groups())
        .texts("subnets", zones.iter().filter_map(AvailabilityZone::subnet_id))
        .set("subnet_mapping", zones.iter().map(mapping).collect::<Vec<_>>())
        .or_null("vpc_id", balancer.vpc_id())
        .or_null("dns_name", balancer.dns_name())
        .or_null("customer_owned_ipv4_pool", balancer.customer_owned_ipv4_pool())
        .or_null(
            "enforce_security_group_inbound_rules_on_private_link_traffic",
            balancer.enforce_security_group_inbound_rules_on_private_link_traffic(),
        )
        .or_null(
            "ipam_pools",
            balancer
                .ipam_pools()
                .map(|pools| vec![Attributes::new().or_null("ipv4_ipam_pool_id", pools.ipv4_ipam_pool_id()).block()]),
        );
    Some(attributes.object(LOAD_BALANCER, arn))
}

fn mapping(zone: &AvailabilityZone) -> Value {
    let address = zone.load_balancer_addresses().first();
    Attributes::new()
        .or_null("subnet_id", zone.subnet_id())
        .or_null("outpost_id", zone.outpost_id())
        .or_null("allocation_id", address.and_then(|address| address.allocation_id()))
        .or_null("private_ipv4_address", address.and_then(|address| address.private_ipv4_address()))
        .or_null("ipv6_address", address.and_then(|address| address.ipv6_address()))
        .block()
}
