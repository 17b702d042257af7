//! `aws_launch_template`: its numbers by one list call, what its latest version says by another.

mod network;
mod requirements;

use super::attributes::{Attributes, flag, number};
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{
    LaunchTemplate, LaunchTemplateBlockDeviceMapping, LaunchTemplateVersion, ResponseLaunchTemplateData,
};
use pilotlight_drift::LiveObject;
use std::collections::HashMap;

pub(super) const TYPES: &[&str] = &[LAUNCH_TEMPLATE];
const LAUNCH_TEMPLATE: &str = "aws_launch_template";

/// The most that DescribeLaunchTemplates and DescribeLaunchTemplateVersions give at once.
const PAGE: i32 = 200;

/// The version that Terraform reads: without a template's id, it is asked for of all of them.
const LATEST: &str = "$Latest";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_launch_templates().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.launch_templates, page.next_token)) }
    };
    let templates = scope.list("DescribeLaunchTemplates", page).await?;
    let page = |next| {
        let request = scope.regional.ec2.describe_launch_template_versions().versions(LATEST).max_results(PAGE);
        let request = request.set_next_token(next);
        async move { request.send().await.map(|page| (page.launch_template_versions, page.next_token)) }
    };
    let versions = scope.list("DescribeLaunchTemplateVersions", page).await?;
    let versions: HashMap<&str, &LaunchTemplateVersion> =
        versions.iter().filter_map(|version| Some((version.launch_template_id()?, version))).collect();
    // One that was made or deleted between the two calls is not there yet, or any more.
    Ok(Answer::of(
        templates.iter().filter_map(|template| object(template, versions.get(template.launch_template_id()?)?)),
    ))
}

fn object(template: &LaunchTemplate, version: &LaunchTemplateVersion) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("name", template.launch_template_name())
        .if_told("default_version", template.default_version_number())
        .if_told("latest_version", template.latest_version_number())
        .or_null("description", version.version_description())
        .ec2_tags(template.tags())
        .made_by(made_by::service(template.tags(), template.operator()));
    let attributes = match version.launch_template_data() {
        Some(data) => blocks(scalars(attributes, data), data),
        None => attributes,
    };
    Some(attributes.object(LAUNCH_TEMPLATE, template.launch_template_id()?))
}

/// What a version does not say it leaves to the launch, so that its absence is told.
fn scalars(attributes: Attributes, data: &ResponseLaunchTemplateData) -> Attributes {
    attributes
        .or_null("image_id", data.image_id())
        .or_null("instance_type", data.instance_type().map(|kind| kind.as_str()))
        .or_null("key_name", data.key_name())
        .or_null("kernel_id", data.kernel_id())
        .or_null("ram_disk_id", data.ram_disk_id())
        .or_null("user_data", data.user_data())
        .or_null("ebs_optimized", flag(data.ebs_optimized()))
        .or_null("disable_api_stop", data.disable_api_stop())
        .or_null("disable_api_termination", data.disable_api_termination())
        .or_null(
            "instance_initiated_shutdown_behavior",
            data.instance_initiated_shutdown_behavior().map(|behavior| behavior.as_str()),
        )
        .texts("security_group_names", data.security_groups().iter().cloned())
        .texts("vpc_security_group_ids", data.security_group_ids().iter().cloned())
}

fn blocks(attributes: Attributes, data: &ResponseLaunchTemplateData) -> Attributes {
    let capacity = data.capacity_reservation_specification().map(|capacity| {
        let target = capacity.capacity_reservation_target().map(|target| {
            Attributes::new()
                .or_null("capacity_reservation_id", target.capacity_reservation_id())
                .or_null("capacity_reservation_resource_group_arn", target.capacity_reservation_resource_group_arn())
        });
        Attributes::new()
            .or_null(
                "capacity_reservation_preference",
                capacity.capacity_reservation_preference().map(|value| value.as_str()),
            )
            .single("capacity_reservation_target", target)
    });
    let cpu = data.cpu_options().map(|cpu| {
        Attributes::new()
            .or_null("amd_sev_snp", cpu.amd_sev_snp().map(|value| value.as_str()))
            .or_null("core_count", number(cpu.core_count()))
            .or_null("threads_per_core", number(cpu.threads_per_core()))
    });
    let profile = data
        .iam_instance_profile()
        .map(|profile| Attributes::new().or_null("arn", profile.arn()).or_null("name", profile.name()));
    let licenses = data
        .license_specifications()
        .iter()
        .map(|license| Attributes::new().or_null("license_configuration_arn", license.license_configuration_arn()));
    let tags = data.tag_specifications().iter().map(|specification| {
        let tags = specification.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.into())));
        Attributes::new()
            .or_null("resource_type", specification.resource_type().map(|kind| kind.as_str()))
            .set("tags", tags.collect::<serde_json::Map<_, _>>())
    });
    let on = |name: &str, value: Option<bool>| Attributes::new().set(name, value.unwrap_or_default());
    attributes
        .blocks("block_device_mappings", data.block_device_mappings().iter().map(device))
        .single("capacity_reservation_specification", capacity)
        .single("cpu_options", cpu)
        .single(
            "credit_specification",
            data.credit_specification().map(|credit| Attributes::new().or_null("cpu_credits", credit.cpu_credits())),
        )
        .blocks(
            "elastic_gpu_specifications",
            data.elastic_gpu_specifications().iter().map(|gpu| Attributes::new().or_null("type", gpu.r#type())),
        )
        .blocks(
            "elastic_inference_accelerator",
            data.elastic_inference_accelerators().iter().map(|one| Attributes::new().or_null("type", one.r#type())),
        )
        .single("enclave_options", data.enclave_options().map(|options| on("enabled", options.enabled())))
        .single("hibernation_options", data.hibernation_options().map(|one| on("configured", one.configured())))
        .single("iam_instance_profile", profile)
        .single("instance_market_options", market(data))
        .single("instance_requirements", data.instance_requirements().map(requirements::block))
        .blocks("license_specification", licenses)
        .single(
            "maintenance_options",
            data.maintenance_options().map(|options| {
                Attributes::new().or_null("auto_recovery", options.auto_recovery().map(|value| value.as_str()))
            }),
        )
        .single("metadata_options", metadata(data))
        .single("monitoring", data.monitoring().map(|monitoring| on("enabled", monitoring.enabled())))
        .blocks("network_interfaces", data.network_interfaces().iter().map(network::interface))
        .single("placement", placement(data))
        .single(
            "private_dns_name_options",
            data.private_dns_name_options().map(|options| {
                Attributes::new()
                    .or_null("hostname_type", options.hostname_type().map(|kind| kind.as_str()))
                    .or_null("enable_resource_name_dns_a_record", options.enable_resource_name_dns_a_record())
                    .or_null("enable_resource_name_dns_aaaa_record", options.enable_resource_name_dns_aaaa_record())
            }),
        )
        .blocks("tag_specifications", tags)
}

fn device(device: &LaunchTemplateBlockDeviceMapping) -> Attributes {
    let ebs = device.ebs().map(|ebs| {
        Attributes::new()
            .or_null("delete_on_termination", flag(ebs.delete_on_termination()))
            .or_null("encrypted", flag(ebs.encrypted()))
            .or_null("iops", number(ebs.iops()))
            .or_null("kms_key_id", ebs.kms_key_id())
            .or_null("snapshot_id", ebs.snapshot_id())
            .or_null("throughput", number(ebs.throughput()))
            .or_null("volume_initialization_rate", number(ebs.volume_initialization_rate()))
            .or_null("volume_size", number(ebs.volume_size()))
            .or_null("volume_type", ebs.volume_type().map(|kind| kind.as_str()))
    });
    Attributes::new()
        .or_null("device_name", device.device_name())
        .or_null("no_device", device.no_device())
        .or_null("virtual_name", device.virtual_name())
        .single("ebs", ebs)
}

fn market(data: &ResponseLaunchTemplateData) -> Option<Attributes> {
    let options = data.instance_market_options()?;
    let spot = options.spot_options().map(|spot| {
        Attributes::new()
            .or_null("block_duration_minutes", number(spot.block_duration_minutes()))
            .or_null(
                "instance_interruption_behavior",
                spot.instance_interruption_behavior().map(|behavior| behavior.as_str()),
            )
            .or_null("max_price", spot.max_price())
            .or_null("spot_instance_type", spot.spot_instance_type().map(|kind| kind.as_str()))
            .or_null("valid_until", spot.valid_until().map(ToString::to_string))
    });
    let market = Attributes::new().or_null("market_type", options.market_type().map(|kind| kind.as_str()));
    Some(market.single("spot_options", spot))
}

fn metadata(data: &ResponseLaunchTemplateData) -> Option<Attributes> {
    let options = data.metadata_options()?;
    let attributes = Attributes::new()
        .or_null("http_endpoint", options.http_endpoint().map(|value| value.as_str()))
        .or_null("http_protocol_ipv6", options.http_protocol_ipv6().map(|value| value.as_str()))
        .or_null("http_put_response_hop_limit", number(options.http_put_response_hop_limit()))
        .or_null("http_tokens", options.http_tokens().map(|value| value.as_str()))
        .or_null("instance_metadata_tags", options.instance_metadata_tags().map(|value| value.as_str()));
    Some(attributes)
}

fn placement(data: &ResponseLaunchTemplateData) -> Option<Attributes> {
    let placement = data.placement()?;
    let attributes = Attributes::new()
        .or_null("affinity", placement.affinity())
        .or_null("availability_zone", placement.availability_zone())
        .or_null("group_name", placement.group_name())
        .or_null("host_id", placement.host_id())
        .or_null("host_resource_group_arn", placement.host_resource_group_arn())
        .or_null("partition_number", number(placement.partition_number()))
        .or_null("spread_domain", placement.spread_domain())
        .or_null("tenancy", placement.tenancy().map(|tenancy| tenancy.as_str()));
    Some(attributes)
}

#[cfg(test)]
mod tests;
