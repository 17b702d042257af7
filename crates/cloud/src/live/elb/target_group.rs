//! `aws_lb_target_group` and the targets in it.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope, at_once};
use super::settings::Settings;
use super::{PAGE, arns, tags, target};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_elasticloadbalancingv2::types::{TargetGroup, TargetTypeEnum};
use pilotlight_drift::LiveObject;
use serde_json::Value;
use std::collections::HashMap;

pub(in super::super) const TYPES: &[&str] = &[GROUP, target::TARGET];
const GROUP: &str = "aws_lb_target_group";

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>
const NAMES: &[(&str, &str)] = &[
    ("deregistration_delay.timeout_seconds", "deregistration_delay"),
    ("deregistration_delay.connection_termination.enabled", "connection_termination"),
    ("lambda.multi_value_headers.enabled", "lambda_multi_value_headers_enabled"),
    ("preserve_client_ip.enabled", "preserve_client_ip"),
    ("proxy_protocol_v2.enabled", "proxy_protocol_v2"),
    ("slow_start.duration_seconds", "slow_start"),
];

/// Of groups whose targets are instances or addresses. The provider has them for no others, whatever is told.
const BALANCING: &[(&str, &str)] = &[
    ("load_balancing.algorithm.type", "load_balancing_algorithm_type"),
    ("load_balancing.algorithm.anomaly_mitigation", "load_balancing_anomaly_mitigation"),
    ("load_balancing.cross_zone.enabled", "load_balancing_cross_zone_enabled"),
];

const FAILOVER: &[(&str, &str)] =
    &[("target_failover.on_deregistration", "on_deregistration"), ("target_failover.on_unhealthy", "on_unhealthy")];

const HEALTH_STATE: &[(&str, &str)] = &[
    ("target_health_state.unhealthy.connection_termination.enabled", "enable_unhealthy_connection_termination"),
    ("target_health_state.unhealthy.draining_interval_seconds", "unhealthy_draining_interval"),
];

const DNS_FAILOVER: &[(&str, &str)] = &[
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "minimum_healthy_targets_count"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "minimum_healthy_targets_percentage"),
];

const UNHEALTHY_ROUTING: &[(&str, &str)] = &[
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "minimum_healthy_targets_count"),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        "minimum_healthy_targets_percentage",
    ),
];

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let groups = list(scope).await?;
    let mut answer = Answer::of(groups.iter().filter_map(object));
    let wanted = scope.ids(GROUP);
    let kinds: HashMap<&str, Option<&TargetTypeEnum>> =
        groups.iter().filter_map(|group| Some((group.target_group_arn()?, group.target_type()))).collect();
    let there = groups.iter().filter_map(|group| group.target_group_arn()).filter(|arn| wanted.contains(arn));
    for (arn, told) in at_once(there, |arn| settings(scope, arn)).await {
        let kind = kinds.get(arn).copied().flatten();
        answer.complete(GROUP, arn, told.map(|told| attributes(kind, &told)));
    }
    tags::add(scope, GROUP, &mut answer).await;
    target::add(scope, &groups, &mut answer).await;
    Ok(answer)
}

async fn list(scope: &Scope<'_>) -> Result<Vec<TargetGroup>, CallError> {
    let planned = scope.regional.elb("DescribeTargetGroups");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.elb.describe_target_groups().page_size(PAGE).set_marker(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.target_groups, page.next_marker)?;
    }
    Ok(pages.into_items())
}

async fn settings(scope: &Scope<'_>, arn: &str) -> Result<Settings, CallError> {
    let planned = scope.regional.elb("DescribeTargetGroupAttributes");
    let request = scope.regional.elb.describe_target_group_attributes().target_group_arn(arn);
    let answer = scope.regional.send(&planned, request.send()).await?;
    Ok(Settings::of(answer.attributes().iter().map(|one| (one.key(), one.value()))))
}

pub(super) fn attributes(kind: Option<&TargetTypeEnum>, settings: &Settings) -> Attributes {
    let balances = matches!(kind, Some(TargetTypeEnum::Instance | TargetTypeEnum::Ip));
    let names: Vec<_> = NAMES.iter().chain(BALANCING.iter().filter(|_| balances)).copied().collect();
    settings
        .attributes(&names)
        .if_told("stickiness", stickiness(settings))
        .if_told("target_failover", settings.block(FAILOVER))
        .if_told("target_health_state", settings.block(HEALTH_STATE))
        .if_told("target_group_health", group_health(settings))
}

/// The duration is that of the kind of cookie in use.
fn stickiness(settings: &Settings) -> Option<Vec<Value>> {
    let kind = settings.text("stickiness.type");
    let enabled = settings.value("stickiness.enabled")?;
    let duration = match kind {
        Some("lb_cookie") => settings.value("stickiness.lb_cookie.duration_seconds"),
        Some("app_cookie") => settings.value("stickiness.app_cookie.duration_seconds"),
        _ => None,
    };
    let block = Attributes::new()
        .set("enabled", enabled)
        .or_null("type", kind)
        .if_told("cookie_duration", duration)
        .if_told("cookie_name", settings.text("stickiness.app_cookie.cookie_name"));
    Some(vec![block.block()])
}

fn group_health(settings: &Settings) -> Option<Vec<Value>> {
    let (dns, routing) = (settings.block(DNS_FAILOVER), settings.block(UNHEALTHY_ROUTING));
    let any = dns.is_some() || routing.is_some();
    let block = Attributes::new().if_told("dns_failover", dns).if_told("unhealthy_state_routing", routing);
    any.then(|| vec![block.block()])
}

pub(super) fn object(group: &TargetGroup) -> Option<LiveObject> {
    let arn = group.target_group_arn()?;
    let attributes = Attributes::new()
        .set("arn", arn)
        .set("arn_suffix", arns::suffix(arn))
        .or_null("name", group.target_group_name())
        .or_null("port", number(group.port()))
        .or_null("protocol", group.protocol().map(|protocol| protocol.as_str()))
        .or_null("protocol_version", group.protocol_version())
        .or_null("vpc_id", group.vpc_id())
        .if_told("target_type", group.target_type().map(|kind| kind.as_str()))
        .if_told("ip_address_type", group.ip_address_type().map(|kind| kind.as_str()))
        .texts("load_balancer_arns", group.load_balancer_arns())
        .set("health_check", vec![health_check(group)]);
    Some(attributes.object(GROUP, arn))
}

fn health_check(group: &TargetGroup) -> Value {
    let matcher = group.matcher().and_then(|matcher| matcher.http_code().or(matcher.grpc_code()));
    Attributes::new()
        .if_told("enabled", group.health_check_enabled())
        .if_told("interval", number(group.health_check_interval_seconds()))
        .if_told("timeout", number(group.health_check_timeout_seconds()))
        .if_told("healthy_threshold", number(group.healthy_threshold_count()))
        .if_told("unhealthy_threshold", number(group.unhealthy_threshold_count()))
        .or_null("protocol", group.health_check_protocol().map(|protocol| protocol.as_str()))
        .or_null("port", group.health_check_port())
        .or_null("path", group.health_check_path())
        .or_null("matcher", matcher)
        .block()
}
