//! What a launch template asks of an instance type, where it names none.

use crate::live::attributes::Attributes;
use aws_sdk_ec2::types::InstanceRequirements;
use serde_json::Value;

/// A range; both ends may be open.
fn range<T: Into<Value>>(ends: Option<(Option<T>, Option<T>)>) -> Option<Attributes> {
    let (min, max) = ends?;
    Some(Attributes::new().or_null("min", min).or_null("max", max))
}

pub(super) fn block(asked: &InstanceRequirements) -> Attributes {
    /// The two ends of an optional range.
    macro_rules! ends {
        ($range:expr) => {
            range($range.map(|range| (range.min(), range.max())))
        };
    }
    Attributes::new()
        .single("vcpu_count", ends!(asked.v_cpu_count()))
        .single("memory_mib", ends!(asked.memory_mib()))
        .single("memory_gib_per_vcpu", ends!(asked.memory_gib_per_v_cpu()))
        .single("accelerator_count", ends!(asked.accelerator_count()))
        .single("accelerator_total_memory_mib", ends!(asked.accelerator_total_memory_mib()))
        .single("baseline_ebs_bandwidth_mbps", ends!(asked.baseline_ebs_bandwidth_mbps()))
        .single("network_bandwidth_gbps", ends!(asked.network_bandwidth_gbps()))
        .single("network_interface_count", ends!(asked.network_interface_count()))
        .single("total_local_storage_gb", ends!(asked.total_local_storage_gb()))
        .texts("accelerator_manufacturers", asked.accelerator_manufacturers().iter().map(|one| one.as_str()))
        .texts("accelerator_names", asked.accelerator_names().iter().map(|one| one.as_str()))
        .texts("accelerator_types", asked.accelerator_types().iter().map(|one| one.as_str()))
        .texts("allowed_instance_types", asked.allowed_instance_types().iter().cloned())
        .texts("excluded_instance_types", asked.excluded_instance_types().iter().cloned())
        .texts("cpu_manufacturers", asked.cpu_manufacturers().iter().map(|one| one.as_str()))
        .texts("instance_generations", asked.instance_generations().iter().map(|one| one.as_str()))
        .texts("local_storage_types", asked.local_storage_types().iter().map(|one| one.as_str()))
        .or_null("bare_metal", asked.bare_metal().map(|value| value.as_str()))
        .or_null("burstable_performance", asked.burstable_performance().map(|value| value.as_str()))
        .or_null("local_storage", asked.local_storage().map(|value| value.as_str()))
        .or_null("require_hibernate_support", asked.require_hibernate_support())
        .or_null(
            "max_spot_price_as_percentage_of_optimal_on_demand_price",
            asked.max_spot_price_as_percentage_of_optimal_on_demand_price(),
        )
        .or_null(
            "on_demand_max_price_percentage_over_lowest_price",
            asked.on_demand_max_price_percentage_over_lowest_price(),
        )
        .or_null("spot_max_price_percentage_over_lowest_price", asked.spot_max_price_percentage_over_lowest_price())
}
