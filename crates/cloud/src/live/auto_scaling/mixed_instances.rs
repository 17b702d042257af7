//! Which template a group launches from, alone or with overrides.

use super::super::attributes::{Attributes, number};
use aws_sdk_autoscaling::types::{
    InstanceRequirements, InstancesDistribution, LaunchTemplateOverrides, LaunchTemplateSpecification,
    MixedInstancesPolicy,
};
use serde_json::Value;

pub(super) fn launch_template(template: &LaunchTemplateSpecification) -> Value {
    Attributes::new()
        .or_null("id", template.launch_template_id())
        .or_null("name", template.launch_template_name())
        .or_null("version", template.version())
        .block()
}

pub(super) fn mixed_instances_policy(policy: &MixedInstancesPolicy) -> Value {
    let template = policy.launch_template().map(|template| {
        let overrides: Vec<Value> = template.overrides().iter().map(overriding).collect();
        Attributes::new()
            .set("launch_template_specification", one(template.launch_template_specification().map(specification)))
            .set("override", overrides)
            .block()
    });
    Attributes::new()
        .set("instances_distribution", one(policy.instances_distribution().map(distribution)))
        .set("launch_template", one(template))
        .block()
}

fn one(block: Option<Value>) -> Vec<Value> {
    block.into_iter().collect()
}

fn specification(template: &LaunchTemplateSpecification) -> Value {
    Attributes::new()
        .or_null("launch_template_id", template.launch_template_id())
        .or_null("launch_template_name", template.launch_template_name())
        .or_null("version", template.version())
        .block()
}

fn overriding(told: &LaunchTemplateOverrides) -> Value {
    Attributes::new()
        .or_null("instance_type", told.instance_type())
        .or_null("weighted_capacity", told.weighted_capacity())
        .set("launch_template_specification", one(told.launch_template_specification().map(specification)))
        .set("instance_requirements", one(told.instance_requirements().map(requirements)))
        .block()
}

fn distribution(told: &InstancesDistribution) -> Value {
    Attributes::new()
        .if_told("on_demand_allocation_strategy", told.on_demand_allocation_strategy())
        .if_told("on_demand_base_capacity", number(told.on_demand_base_capacity()))
        .if_told("on_demand_percentage_above_base_capacity", number(told.on_demand_percentage_above_base_capacity()))
        .if_told("spot_allocation_strategy", told.spot_allocation_strategy())
        .if_told("spot_instance_pools", number(told.spot_instance_pools()))
        .or_null("spot_max_price", told.spot_max_price())
        .block()
}

/// A range, of which AWS leaves out what is not limited.
macro_rules! range {
    ($told:expr) => {
        one($told.map(|told| Attributes::new().or_null("min", told.min()).or_null("max", told.max()).block()))
    };
}

fn requirements(told: &InstanceRequirements) -> Value {
    Attributes::new()
        .set("vcpu_count", range!(told.v_cpu_count()))
        .set("memory_mib", range!(told.memory_mib()))
        .set("memory_gib_per_vcpu", range!(told.memory_gib_per_v_cpu()))
        .set("network_bandwidth_gbps", range!(told.network_bandwidth_gbps()))
        .set("network_interface_count", range!(told.network_interface_count()))
        .set("baseline_ebs_bandwidth_mbps", range!(told.baseline_ebs_bandwidth_mbps()))
        .set("total_local_storage_gb", range!(told.total_local_storage_gb()))
        .set("accelerator_count", range!(told.accelerator_count()))
        .set("accelerator_total_memory_mib", range!(told.accelerator_total_memory_mib()))
        .texts("accelerator_manufacturers", told.accelerator_manufacturers().iter().map(|one| one.as_str()))
        .texts("accelerator_names", told.accelerator_names().iter().map(|one| one.as_str()))
        .texts("accelerator_types", told.accelerator_types().iter().map(|one| one.as_str()))
        .texts("allowed_instance_types", told.allowed_instance_types())
        .texts("excluded_instance_types", told.excluded_instance_types())
        .texts("cpu_manufacturers", told.cpu_manufacturers().iter().map(|one| one.as_str()))
        .texts("instance_generations", told.instance_generations().iter().map(|one| one.as_str()))
        .texts("local_storage_types", told.local_storage_types().iter().map(|one| one.as_str()))
        .or_null("bare_metal", told.bare_metal().map(|one| one.as_str()))
        .or_null("burstable_performance", told.burstable_performance().map(|one| one.as_str()))
        .or_null("local_storage", told.local_storage().map(|one| one.as_str()))
        .or_null("require_hibernate_support", told.require_hibernate_support())
        .or_null(
            "max_spot_price_as_percentage_of_optimal_on_demand_price",
            number(told.max_spot_price_as_percentage_of_optimal_on_demand_price()),
        )
        .or_null(
            "on_demand_max_price_percentage_over_lowest_price",
            number(told.on_demand_max_price_percentage_over_lowest_price()),
        )
        .or_null(
            "spot_max_price_percentage_over_lowest_price",
            number(told.spot_max_price_percentage_over_lowest_price()),
        )
        .block()
}
