//! `aws_autoscaling_group`, and the resources that tie something to one.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope};
use super::mixed_instances::{launch_template, mixed_instances_policy};
use super::{PAGE, hook};
use crate::pages::Pages;
use aws_sdk_autoscaling::types::{
    AutoScalingGroup, CapacityReservationSpecification, InstanceMaintenancePolicy, TagDescription,
    TrafficSourceIdentifier, WarmPoolConfiguration, WarmPoolStatus,
};
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;
use serde_json::Value;

pub(in super::super) const TYPES: &[&str] = &[GROUP, ATTACHMENT, TRAFFIC_SOURCE, TAG, hook::HOOK];
const GROUP: &str = "aws_autoscaling_group";
const ATTACHMENT: &str = "aws_autoscaling_attachment";
const TRAFFIC_SOURCE: &str = "aws_autoscaling_traffic_source_attachment";
const TAG: &str = "aws_autoscaling_group_tag";

/// What a group is asked to have only this policy, which is the default.
const DEFAULT_TERMINATION: &[&str] = &["Default"];

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.auto_scaling("DescribeAutoScalingGroups");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let list = scope.regional.auto_scaling.describe_auto_scaling_groups();
        let request = list.max_records(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.auto_scaling_groups, page.next_token)?;
    }
    let mut groups = pages.into_items();
    // A group with a status is on its way out.
    groups.retain(|group| group.status().is_none_or(str::is_empty));
    let mut answer = Answer::of(groups.iter().flat_map(objects));
    hook::add(scope, &groups, &mut answer).await;
    Ok(answer)
}

pub(super) fn objects(group: &AutoScalingGroup) -> Vec<LiveObject> {
    let Some(name) = group.auto_scaling_group_name() else { return Vec::new() };
    let mut object = attributes(group, name).object(GROUP, name);
    object.made_by = maker(group.tags());
    let mut objects = vec![object];
    let attached = |attribute: &str, what: &str| {
        let attributes = Attributes::new().set("autoscaling_group_name", name).set(attribute, what);
        attributes.object(ATTACHMENT, &joined_id([name, what]))
    };
    objects.extend(group.target_group_arns().iter().map(|arn| attached("lb_target_group_arn", arn)));
    objects.extend(group.load_balancer_names().iter().map(|balancer| attached("elb", balancer)));
    objects.extend(group.traffic_sources().iter().map(|source| {
        let (kind, identifier) = (source.r#type().unwrap_or_default(), source.identifier().unwrap_or_default());
        let attributes =
            Attributes::new().set("autoscaling_group_name", name).set("traffic_source", vec![traffic_source(source)]);
        attributes.object(TRAFFIC_SOURCE, &format!("{name},{kind},{identifier}"))
    }));
    objects.extend(own_tags(group).map(|tag| {
        let attributes = Attributes::new().set("autoscaling_group_name", name).set("tag", vec![tag_block(tag)]);
        attributes.object(TAG, &format!("{name},{}", tag.key().unwrap_or_default()))
    }));
    objects
}

fn attributes(group: &AutoScalingGroup, name: &str) -> Attributes {
    let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',').map(str::trim);
    let termination = group.termination_policies();
    let is_default = termination.iter().map(String::as_str).eq(DEFAULT_TERMINATION.iter().copied());
    let zones = group.availability_zone_distribution().and_then(|it| it.capacity_distribution_strategy());
    Attributes::new()
        .set("name", name)
        .or_null("arn", group.auto_scaling_group_arn())
        .if_told("min_size", number(group.min_size()))
        .if_told("max_size", number(group.max_size()))
        .if_told("desired_capacity", number(group.desired_capacity()))
        .or_null("desired_capacity_type", group.desired_capacity_type())
        .texts("availability_zones", group.availability_zones())
        .texts("vpc_zone_identifier", subnets.filter(|subnet| !subnet.is_empty()))
        .if_told("health_check_type", group.health_check_type())
        .if_told("health_check_grace_period", number(group.health_check_grace_period()))
        .if_told("default_cooldown", number(group.default_cooldown()))
        .or_null("default_instance_warmup", number(group.default_instance_warmup()))
        .or_null("launch_configuration", group.launch_configuration_name())
        .set("launch_template", group.launch_template().map(launch_template).into_iter().collect::<Vec<_>>())
        .set(
            "mixed_instances_policy",
            group.mixed_instances_policy().map(mixed_instances_policy).into_iter().collect::<Vec<_>>(),
        )
        .texts("load_balancers", group.load_balancer_names())
        .texts("target_group_arns", group.target_group_arns())
        .set("traffic_source", group.traffic_sources().iter().map(traffic_source).collect::<Vec<_>>())
        .list("termination_policies", termination.iter().filter(|_| !is_default))
        .texts("enabled_metrics", group.enabled_metrics().iter().filter_map(|metric| metric.metric()))
        .if_told("metrics_granularity", group.enabled_metrics().first().and_then(|metric| metric.granularity()))
        .texts("suspended_processes", group.suspended_processes().iter().filter_map(|it| it.process_name()))
        .if_told("protect_from_scale_in", group.new_instances_protected_from_scale_in())
        .if_told("capacity_rebalance", group.capacity_rebalance())
        .or_null("max_instance_lifetime", number(group.max_instance_lifetime()))
        .or_null("placement_group", group.placement_group())
        .or_null("context", group.context())
        .or_null("service_linked_role_arn", group.service_linked_role_arn())
        .set("instance_maintenance_policy", maintenance(group.instance_maintenance_policy()))
        .set("warm_pool", warm_pool(group.warm_pool_configuration()))
        .if_told(
            "availability_zone_distribution",
            zones.map(|strategy| {
                vec![Attributes::new().set("capacity_distribution_strategy", strategy.as_str()).block()]
            }),
        )
        .if_told("capacity_reservation_specification", group.capacity_reservation_specification().and_then(reservation))
        .set("tag", own_tags(group).map(tag_block).collect::<Vec<_>>())
}

fn own_tags(group: &AutoScalingGroup) -> impl Iterator<Item = &TagDescription> {
    group.tags().iter().filter(|tag| tag.key().is_some_and(|key| !key.starts_with("aws:")))
}

fn tag_block(tag: &TagDescription) -> Value {
    Attributes::new()
        .or_null("key", tag.key())
        .set("value", tag.value().unwrap_or_default())
        .set("propagate_at_launch", tag.propagate_at_launch().unwrap_or_default())
        .block()
}

fn traffic_source(source: &TrafficSourceIdentifier) -> Value {
    Attributes::new().or_null("identifier", source.identifier()).or_null("type", source.r#type()).block()
}

/// Both are `-1` where there is no policy any more.
fn maintenance(policy: Option<&InstanceMaintenancePolicy>) -> Vec<Value> {
    let Some(policy) = policy else { return Vec::new() };
    let (min, max) = (policy.min_healthy_percentage(), policy.max_healthy_percentage());
    if (min, max) == (Some(-1), Some(-1)) {
        return Vec::new();
    }
    let block =
        Attributes::new().or_null("min_healthy_percentage", number(min)).or_null("max_healthy_percentage", number(max));
    vec![block.block()]
}

fn warm_pool(pool: Option<&WarmPoolConfiguration>) -> Vec<Value> {
    let Some(pool) = pool.filter(|pool| pool.status() != Some(&WarmPoolStatus::PendingDelete)) else {
        return Vec::new();
    };
    let reuse = pool
        .instance_reuse_policy()
        .map(|policy| Attributes::new().or_null("reuse_on_scale_in", policy.reuse_on_scale_in()).block());
    let block = Attributes::new()
        .or_null("pool_state", pool.pool_state().map(|state| state.as_str()))
        .or_null("min_size", number(pool.min_size()))
        // Without a limit the provider writes its default for "as many as the group".
        .set("max_group_prepared_capacity", number(pool.max_group_prepared_capacity()).unwrap_or(-1))
        .set("instance_reuse_policy", reuse.into_iter().collect::<Vec<_>>());
    vec![block.block()]
}

fn reservation(specification: &CapacityReservationSpecification) -> Option<Vec<Value>> {
    let preference = specification.capacity_reservation_preference()?;
    let target = specification.capacity_reservation_target().map(|target| {
        Attributes::new()
            .list("capacity_reservation_ids", target.capacity_reservation_ids())
            .list("capacity_reservation_resource_group_arns", target.capacity_reservation_resource_group_arns())
            .block()
    });
    let block = Attributes::new()
        .set("capacity_reservation_preference", preference.as_str())
        .set("capacity_reservation_target", target.into_iter().collect::<Vec<_>>());
    Some(vec![block.block()])
}

/// Who made a group that nobody's Terraform has to have.
fn maker(tags: &[TagDescription]) -> Option<String> {
    let tag = |key: &str| tags.iter().find(|tag| tag.key() == Some(key)).and_then(TagDescription::value);
    if let Some(nodes) = tag("eks:nodegroup-name") {
        return Some(format!("Amazon EKS, for the node group {nodes}"));
    }
    tag("elasticbeanstalk:environment-name").map(|name| format!("Elastic Beanstalk, for the environment {name}"))
}
