//! Blocks of options of an instance.

use crate::live::attributes::{Attributes, number};
use crate::live::scope::tag;
use aws_sdk_ec2::types::Instance;

/// The tag by which EC2 notes the template that an instance was launched from.
const TEMPLATE_TAG: &str = "aws:ec2launchtemplate:id";

/// Adds the options that the answer told.
pub(super) fn add(attributes: Attributes, instance: &Instance) -> Attributes {
    let metadata = instance.metadata_options().map(|options| {
        Attributes::new()
            .if_told("http_endpoint", options.http_endpoint().map(|value| value.as_str()))
            .if_told("http_tokens", options.http_tokens().map(|value| value.as_str()))
            .if_told("http_put_response_hop_limit", number(options.http_put_response_hop_limit()))
            .if_told("http_protocol_ipv6", options.http_protocol_ipv6().map(|value| value.as_str()))
            .if_told("instance_metadata_tags", options.instance_metadata_tags().map(|value| value.as_str()))
    });
    let capacity = instance.capacity_reservation_specification().map(|capacity| {
        let target = capacity.capacity_reservation_target().map(|target| {
            Attributes::new()
                .or_null("capacity_reservation_id", target.capacity_reservation_id())
                .or_null("capacity_reservation_resource_group_arn", target.capacity_reservation_resource_group_arn())
        });
        Attributes::new()
            .if_told(
                "capacity_reservation_preference",
                capacity.capacity_reservation_preference().map(|value| value.as_str()),
            )
            .single("capacity_reservation_target", target)
    });
    let cpu = instance.cpu_options();
    let cpu_block = cpu.map(|cpu| {
        Attributes::new()
            .or_null("amd_sev_snp", cpu.amd_sev_snp().map(|value| value.as_str()))
            .if_told("core_count", number(cpu.core_count()))
            .if_told("threads_per_core", number(cpu.threads_per_core()))
    });
    let names = instance.private_dns_name_options().map(|options| {
        Attributes::new()
            .if_told("hostname_type", options.hostname_type().map(|kind| kind.as_str()))
            .if_told("enable_resource_name_dns_a_record", options.enable_resource_name_dns_a_record())
            .if_told("enable_resource_name_dns_aaaa_record", options.enable_resource_name_dns_aaaa_record())
    });
    let maintenance = instance
        .maintenance_options()
        .and_then(|options| options.auto_recovery())
        .map(|recovery| Attributes::new().set("auto_recovery", recovery.as_str()));
    let enclave = instance
        .enclave_options()
        .map(|options| Attributes::new().set("enabled", options.enabled().unwrap_or_default()));
    attributes
        .single_if_told("metadata_options", metadata)
        .single_if_told("capacity_reservation_specification", capacity)
        .single_if_told("cpu_options", cpu_block)
        .if_told("cpu_core_count", cpu.and_then(|cpu| number(cpu.core_count())))
        .if_told("cpu_threads_per_core", cpu.and_then(|cpu| number(cpu.threads_per_core())))
        .single_if_told("private_dns_name_options", names)
        .single_if_told("maintenance_options", maintenance)
        .single_if_told("enclave_options", enclave)
        .if_told("hibernation", instance.hibernation_options().and_then(|options| options.configured()))
        .single_if_told("launch_template", tag(instance.tags(), TEMPLATE_TAG).map(|id| Attributes::new().set("id", id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        CapacityReservationPreference, CapacityReservationSpecificationResponse, CpuOptions, EnclaveOptions,
        HibernationOptions, InstanceAutoRecoveryState, InstanceMaintenanceOptions, Tag,
    };
    use serde_json::json;

    #[test]
    fn every_block_of_options() {
        let capacity = CapacityReservationSpecificationResponse::builder()
            .capacity_reservation_preference(CapacityReservationPreference::Open);
        let instance = Instance::builder()
            .cpu_options(CpuOptions::builder().core_count(1).threads_per_core(2).build())
            .capacity_reservation_specification(capacity.build())
            .enclave_options(EnclaveOptions::builder().enabled(false).build())
            .hibernation_options(HibernationOptions::builder().configured(true).build())
            .maintenance_options(
                InstanceMaintenanceOptions::builder().auto_recovery(InstanceAutoRecoveryState::Disabled).build(),
            )
            .tags(Tag::builder().key(TEMPLATE_TAG).value("lt-1").build())
            .build();
        assert_eq!(
            add(Attributes::new(), &instance).block(),
            json!({
                "capacity_reservation_specification": [
                    {"capacity_reservation_preference": "open", "capacity_reservation_target": []}
                ],
                "cpu_options": [{"amd_sev_snp": null, "core_count": 1, "threads_per_core": 2}],
                "cpu_core_count": 1, "cpu_threads_per_core": 2, "enclave_options": [{"enabled": false}],
                "hibernation": true, "maintenance_options": [{"auto_recovery": "disabled"}],
                "launch_template": [{"id": "lt-1"}]
            })
        );
        assert_eq!(add(Attributes::new(), &Instance::builder().build()).block(), json!({}));
    }
}
