//! `aws_instance`, as one list call tells it.

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use aws_sdk_ec2::types::{
    GroupIdentifier, Instance, InstanceMetadataOptionsResponse, InstanceNetworkInterface, InstanceStateName,
    MonitoringState,
};
use pilotlight_drift::LiveObject;
use serde_json::Value;

pub(super) const TYPES: &[&str] = &[INSTANCE];
const INSTANCE: &str = "aws_instance";

/// The most that DescribeInstances gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_pages("DescribeInstances");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.ec2.describe_instances().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.reservations, page.next_token)?;
    }
    let reservations = pages.into_items();
    Ok(Answer::of(reservations.iter().flat_map(|reservation| reservation.instances()).filter_map(object)))
}

fn object(instance: &Instance) -> Option<LiveObject> {
    let state = instance.state().and_then(|state| state.name());
    // EC2 lists an instance for about an hour after its end.
    if matches!(state, Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown)) {
        return None;
    }
    let primary = instance.network_interfaces().iter().find(|interface| device_index(interface) == Some(0));
    let placement = instance.placement();
    let attributes = Attributes::new()
        .or_null("ami", instance.image_id())
        .or_null("instance_type", instance.instance_type().map(|kind| kind.as_str()))
        .if_told("availability_zone", placement.and_then(|placement| placement.availability_zone()))
        .if_told("tenancy", placement.and_then(|placement| placement.tenancy()).map(|tenancy| tenancy.as_str()))
        .or_null("placement_group", placement.and_then(|placement| placement.group_name()))
        .or_null("subnet_id", instance.subnet_id())
        .texts("vpc_security_group_ids", groups(instance, primary).iter().filter_map(|group| group.group_id()))
        .or_null("key_name", instance.key_name())
        .or_null("private_ip", instance.private_ip_address())
        .or_null("public_ip", instance.public_ip_address())
        .or_null("private_dns", instance.private_dns_name())
        .or_null("public_dns", instance.public_dns_name())
        .if_told("instance_state", state.map(|state| state.as_str()))
        .or_null("iam_instance_profile", instance.iam_instance_profile().and_then(|p| p.arn()).map(profile_name))
        .if_told("ebs_optimized", instance.ebs_optimized())
        .if_told("monitoring", monitoring(instance))
        .if_told("source_dest_check", instance.source_dest_check())
        .or_null("primary_network_interface_id", primary.and_then(|interface| interface.network_interface_id()))
        .if_told("metadata_options", instance.metadata_options().map(metadata_options))
        .ec2_tags(instance.tags());
    Some(attributes.object(INSTANCE, instance.instance_id()?))
}

fn device_index(interface: &InstanceNetworkInterface) -> Option<i32> {
    interface.attachment().and_then(|attachment| attachment.device_index())
}

/// The name at the end of a profile's ARN, past its path.
fn profile_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// `pending` is on its way to enabled, `disabling` to disabled.
fn monitoring(instance: &Instance) -> Option<bool> {
    let state = instance.monitoring()?.state()?;
    Some(matches!(state, MonitoringState::Enabled | MonitoringState::Pending))
}

/// Groups belong to interfaces; the instance repeats those of its first one.
fn groups<'a>(instance: &'a Instance, primary: Option<&'a InstanceNetworkInterface>) -> &'a [GroupIdentifier] {
    primary.map_or_else(|| instance.security_groups(), |interface| interface.groups())
}

fn metadata_options(options: &InstanceMetadataOptionsResponse) -> Vec<Value> {
    let block = Attributes::new()
        .if_told("http_endpoint", options.http_endpoint().map(|value| value.as_str()))
        .if_told("http_tokens", options.http_tokens().map(|value| value.as_str()))
        .if_told("http_put_response_hop_limit", number(options.http_put_response_hop_limit()))
        .if_told("http_protocol_ipv6", options.http_protocol_ipv6().map(|value| value.as_str()))
        .if_told("instance_metadata_tags", options.instance_metadata_tags().map(|value| value.as_str()))
        .block();
    vec![block]
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        HttpTokensState, IamInstanceProfile, InstanceNetworkInterfaceAttachment, InstanceState, InstanceType,
        Monitoring,
    };
    use serde_json::json;

    fn in_state(state: InstanceStateName) -> aws_sdk_ec2::types::builders::InstanceBuilder {
        Instance::builder().instance_id("i-1").state(InstanceState::builder().name(state).build())
    }

    #[test]
    fn an_ended_instance_does_not_exist() {
        for state in [InstanceStateName::Terminated, InstanceStateName::ShuttingDown] {
            assert_eq!(object(&in_state(state).build()), None);
        }
        for state in [InstanceStateName::Stopped, InstanceStateName::Running, InstanceStateName::Pending] {
            assert!(object(&in_state(state).build()).is_some());
        }
    }

    #[test]
    fn attributes_in_terraforms_words() {
        let interface = |index: i32| {
            InstanceNetworkInterface::builder()
                .network_interface_id(format!("eni-{index}"))
                .groups(GroupIdentifier::builder().group_id(format!("sg-{index}")).group_name("web").build())
                .attachment(InstanceNetworkInterfaceAttachment::builder().device_index(index).build())
                .build()
        };
        let instance = in_state(InstanceStateName::Running)
            .image_id("ami-1")
            .instance_type(InstanceType::T3Small)
            .source_dest_check(false)
            .iam_instance_profile(
                IamInstanceProfile::builder().arn("arn:aws:iam::1:instance-profile/team/shop").build(),
            )
            .monitoring(Monitoring::builder().state(MonitoringState::Pending).build())
            .network_interfaces(interface(1))
            .network_interfaces(interface(0))
            .metadata_options(
                InstanceMetadataOptionsResponse::builder()
                    .http_tokens(HttpTokensState::Required)
                    .http_put_response_hop_limit(2)
                    .build(),
            )
            .build();
        assert_eq!(
            Value::Object(object(&instance).expect("object").attributes),
            json!({
                "ami": "ami-1", "instance_type": "t3.small", "placement_group": null, "subnet_id": null,
                "vpc_security_group_ids": ["sg-0"], "key_name": null, "private_ip": null, "public_ip": null,
                "private_dns": null, "public_dns": null, "instance_state": "running",
                "iam_instance_profile": "shop", "monitoring": true, "source_dest_check": false,
                "primary_network_interface_id": "eni-0",
                "metadata_options": [{"http_tokens": "required", "http_put_response_hop_limit": 2}],
                "tags_all": {}, "id": "i-1"
            })
        );
    }
}
