//! `aws_autoscaling_lifecycle_hook`, group by group.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Scope, at_once};
use crate::error::CallError;
use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleHook};
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;
use std::collections::BTreeSet;

pub(super) const HOOK: &str = "aws_autoscaling_lifecycle_hook";

/// Adds the hooks of the groups that have one in a state, or of all groups. A group that is gone has none.
pub(super) async fn add(scope: &Scope<'_>, groups: &[AutoScalingGroup], answer: &mut Answer) {
    let wanted: BTreeSet<&str> = scope.parents(HOOK);
    let there = groups.iter().filter_map(|group| group.auto_scaling_group_name());
    let there = there.filter(|name| scope.everything || wanted.contains(name));
    for (group, hooks) in at_once(there, |group| list(scope, group)).await {
        match hooks {
            Ok(hooks) => answer.objects.extend(hooks.iter().filter_map(|hook| object(group, hook))),
            Err(error) => answer.unread_of_parent(scope, HOOK, group, &error),
        }
    }
}

async fn list(scope: &Scope<'_>, group: &str) -> Result<Vec<LifecycleHook>, CallError> {
    let planned = scope.regional.auto_scaling("DescribeLifecycleHooks");
    let request = scope.regional.auto_scaling.describe_lifecycle_hooks().auto_scaling_group_name(group);
    Ok(scope.regional.send(&planned, request.send()).await?.lifecycle_hooks.unwrap_or_default())
}

pub(super) fn object(group: &str, hook: &LifecycleHook) -> Option<LiveObject> {
    let name = hook.lifecycle_hook_name()?;
    let attributes = Attributes::new()
        .set("name", name)
        .set("autoscaling_group_name", group)
        .if_told("default_result", hook.default_result())
        .if_told("heartbeat_timeout", number(hook.heartbeat_timeout()))
        .or_null("lifecycle_transition", hook.lifecycle_transition())
        .or_null("notification_metadata", hook.notification_metadata())
        .or_null("notification_target_arn", hook.notification_target_arn())
        .or_null("role_arn", hook.role_arn());
    Some(attributes.object(HOOK, &joined_id([group, name])))
}
