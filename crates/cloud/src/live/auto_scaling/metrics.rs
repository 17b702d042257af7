//! Metrics that scaling policies follow, as the provider's blocks.

use super::super::attributes::{Attributes, decimal, number};
use aws_sdk_autoscaling::types::{
    CustomizedMetricSpecification, Metric, MetricDataQuery, MetricDimension, PredefinedMetricSpecification,
    PredictiveScalingConfiguration, PredictiveScalingMetricSpecification, TargetTrackingConfiguration,
    TargetTrackingMetricDataQuery,
};
use serde_json::Value;

fn one(block: Option<Value>) -> Vec<Value> {
    block.into_iter().collect()
}

fn dimensions(told: &[MetricDimension]) -> Vec<Value> {
    let block = |dimension: &MetricDimension| {
        Attributes::new().or_null("name", dimension.name()).or_null("value", dimension.value()).block()
    };
    told.iter().map(block).collect()
}

fn metric(told: &Metric) -> Value {
    Attributes::new()
        .or_null("metric_name", told.metric_name())
        .or_null("namespace", told.namespace())
        .set("dimensions", dimensions(told.dimensions()))
        .block()
}

pub(super) fn target_tracking(told: &TargetTrackingConfiguration) -> Vec<Value> {
    let predefined = told.predefined_metric_specification().map(predefined);
    let customized = told.customized_metric_specification().map(customized);
    let block = Attributes::new()
        .or_null("target_value", decimal(told.target_value()))
        .or_null("disable_scale_in", told.disable_scale_in())
        .set("predefined_metric_specification", one(predefined))
        .set("customized_metric_specification", one(customized));
    vec![block.block()]
}

fn predefined(told: &PredefinedMetricSpecification) -> Value {
    Attributes::new()
        .or_null("predefined_metric_type", told.predefined_metric_type().map(|kind| kind.as_str()))
        .or_null("resource_label", told.resource_label())
        .block()
}

fn customized(told: &CustomizedMetricSpecification) -> Value {
    Attributes::new()
        .or_null("metric_name", told.metric_name())
        .or_null("namespace", told.namespace())
        .or_null("statistic", told.statistic().map(|statistic| statistic.as_str()))
        .or_null("unit", told.unit())
        .or_null("period", number(told.period()))
        .set("metric_dimension", dimensions(told.dimensions()))
        .set("metrics", told.metrics().iter().map(tracked).collect::<Vec<_>>())
        .block()
}

fn tracked(told: &TargetTrackingMetricDataQuery) -> Value {
    let stat = told.metric_stat().map(|stat| {
        Attributes::new()
            .set("metric", one(stat.metric().map(metric)))
            .or_null("stat", stat.stat())
            .or_null("unit", stat.unit())
            .or_null("period", number(stat.period()))
            .block()
    });
    Attributes::new()
        .or_null("id", told.id())
        .or_null("expression", told.expression())
        .or_null("label", told.label())
        .if_told("return_data", told.return_data())
        .set("metric_stat", one(stat))
        .block()
}

fn query(told: &MetricDataQuery) -> Value {
    let stat = told.metric_stat().map(|stat| {
        Attributes::new()
            .set("metric", one(stat.metric().map(metric)))
            .or_null("stat", stat.stat())
            .or_null("unit", stat.unit())
            .block()
    });
    Attributes::new()
        .or_null("id", told.id())
        .or_null("expression", told.expression())
        .or_null("label", told.label())
        .if_told("return_data", told.return_data())
        .set("metric_stat", one(stat))
        .block()
}

pub(super) fn predictive(told: &PredictiveScalingConfiguration) -> Vec<Value> {
    let block = Attributes::new()
        .or_null("mode", told.mode().map(|mode| mode.as_str()))
        .or_null("scheduling_buffer_time", number(told.scheduling_buffer_time()))
        .or_null("max_capacity_breach_behavior", told.max_capacity_breach_behavior().map(|it| it.as_str()))
        .or_null("max_capacity_buffer", number(told.max_capacity_buffer()))
        .set("metric_specification", told.metric_specifications().iter().map(specification).collect::<Vec<_>>());
    vec![block.block()]
}

fn specification(told: &PredictiveScalingMetricSpecification) -> Value {
    let label = |kind: Option<&str>, label: Option<&str>| {
        Attributes::new().or_null("predefined_metric_type", kind).or_null("resource_label", label).block()
    };
    let queries = |told: &[MetricDataQuery]| {
        Attributes::new().set("metric_data_queries", told.iter().map(query).collect::<Vec<_>>()).block()
    };
    let pair = told.predefined_metric_pair_specification();
    let scaling = told.predefined_scaling_metric_specification();
    let load = told.predefined_load_metric_specification();
    Attributes::new()
        .or_null("target_value", decimal(told.target_value()))
        .set(
            "predefined_metric_pair_specification",
            one(pair.map(|it| label(it.predefined_metric_type().map(|kind| kind.as_str()), it.resource_label()))),
        )
        .set(
            "predefined_scaling_metric_specification",
            one(scaling.map(|it| label(it.predefined_metric_type().map(|kind| kind.as_str()), it.resource_label()))),
        )
        .set(
            "predefined_load_metric_specification",
            one(load.map(|it| label(it.predefined_metric_type().map(|kind| kind.as_str()), it.resource_label()))),
        )
        .set(
            "customized_scaling_metric_specification",
            one(told.customized_scaling_metric_specification().map(|it| queries(it.metric_data_queries()))),
        )
        .set(
            "customized_load_metric_specification",
            one(told.customized_load_metric_specification().map(|it| queries(it.metric_data_queries()))),
        )
        .set(
            "customized_capacity_metric_specification",
            one(told.customized_capacity_metric_specification().map(|it| queries(it.metric_data_queries()))),
        )
        .block()
}
