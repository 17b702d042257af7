//! `aws_autoscaling_policy`

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope};
use super::{PAGE, metrics};
use crate::pages::Pages;
use aws_sdk_autoscaling::types::{ScalingPolicy, StepAdjustment};
use pilotlight_drift::LiveObject;
use pilotlight_drift::shapes::joined_id;
use serde_json::Value;

pub(in super::super) const TYPES: &[&str] = &[POLICY];
const POLICY: &str = "aws_autoscaling_policy";

pub(in super::super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.auto_scaling("DescribePolicies");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.auto_scaling.describe_policies().max_records(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.scaling_policies, page.next_token)?;
    }
    Ok(Answer::of(pages.into_items().iter().filter_map(object)))
}

pub(super) fn object(policy: &ScalingPolicy) -> Option<LiveObject> {
    let (group, name) = (policy.auto_scaling_group_name()?, policy.policy_name()?);
    let tracking = policy.target_tracking_configuration().map(metrics::target_tracking);
    let predictive = policy.predictive_scaling_configuration().map(metrics::predictive);
    let attributes = Attributes::new()
        .set("name", name)
        .set("autoscaling_group_name", group)
        .or_null("arn", policy.policy_arn())
        .if_told("policy_type", policy.policy_type())
        .if_told("enabled", policy.enabled())
        .or_null("adjustment_type", policy.adjustment_type())
        .or_null("cooldown", number(policy.cooldown()))
        .or_null("estimated_instance_warmup", number(policy.estimated_instance_warmup()))
        .or_null("metric_aggregation_type", policy.metric_aggregation_type())
        .or_null("min_adjustment_magnitude", number(policy.min_adjustment_magnitude()))
        .or_null("scaling_adjustment", number(policy.scaling_adjustment()))
        .set("step_adjustment", policy.step_adjustments().iter().map(step).collect::<Vec<_>>())
        .set("target_tracking_configuration", tracking.unwrap_or_default())
        .set("predictive_scaling_configuration", predictive.unwrap_or_default());
    Some(attributes.object(POLICY, &joined_id([group, name])))
}

/// The provider has the bounds as texts, so that none is told from zero.
fn step(told: &StepAdjustment) -> Value {
    let text = |bound: Option<f64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    Attributes::new()
        .set("metric_interval_lower_bound", text(told.metric_interval_lower_bound()))
        .set("metric_interval_upper_bound", text(told.metric_interval_upper_bound()))
        .or_null("scaling_adjustment", number(told.scaling_adjustment()))
        .block()
}
