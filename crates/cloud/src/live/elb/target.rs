//! `aws_lb_target_group_attachment`: targets by the group, their id and port.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Scope, at_once};
use crate::error::CallError;
use aws_sdk_elasticloadbalancingv2::types::{
    TargetDescription, TargetGroup, TargetHealthDescription, TargetHealthStateEnum,
};
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;
use std::collections::{BTreeSet, HashMap};

pub(super) const TARGET: &str = "aws_lb_target_group_attachment";

/// AWS's code for a group that is not there.
const NO_GROUP: &str = "TargetGroupNotFound";

/// Adds the targets of the groups that have one in a state.
pub(super) async fn add(scope: &Scope<'_>, groups: &[TargetGroup], answer: &mut Answer) {
    let ports: HashMap<&str, i32> =
        groups.iter().filter_map(|group| Some((group.target_group_arn()?, group.port()?))).collect();
    let wanted: BTreeSet<&str> = scope.parents(TARGET);
    for (group, targets) in at_once(wanted, |group| list(scope, group)).await {
        match targets {
            Ok(targets) => {
                let there = targets.iter().filter(|target| !is_leaving(target)).filter_map(|target| target.target());
                answer.objects.extend(there.flat_map(|target| objects(group, ports.get(group).copied(), target)));
            }
            // With its group a target is gone.
            Err(error) if error.is_refused(NO_GROUP) => {}
            Err(error) => answer.unread_of_parent(scope, TARGET, group, &error),
        }
    }
}

async fn list(scope: &Scope<'_>, group: &str) -> Result<Vec<TargetHealthDescription>, CallError> {
    let planned = scope.regional.elb("DescribeTargetHealth");
    let request = scope.regional.elb.describe_target_health().target_group_arn(group);
    let answer = scope.regional.send(&planned, request.send()).await?;
    Ok(answer.target_health_descriptions.unwrap_or_default())
}

/// A target that was deregistered is told until its connections are drained.
fn is_leaving(target: &TargetHealthDescription) -> bool {
    target.target_health().and_then(|health| health.state()) == Some(&TargetHealthStateEnum::Draining)
}

/// The target under its port, and without one where that is the group's own: a state may have it either way.
pub(super) fn objects(group: &str, own_port: Option<i32>, target: &TargetDescription) -> Vec<LiveObject> {
    let Some(id) = target.id() else { return Vec::new() };
    let attributes = || {
        let attributes = Attributes::new().set("target_group_arn", group).set("target_id", id);
        attributes.or_null("availability_zone", target.availability_zone())
    };
    let mut objects = Vec::new();
    if let Some(port) = number(target.port()) {
        let key = joined_id([group, id, &port.to_string()]);
        objects.push(attributes().set("port", port).object(TARGET, &key));
    }
    if target.port().is_none() || target.port() == own_port {
        objects.push(attributes().object(TARGET, &joined_id([group, id])));
    }
    objects
}
