//! `aws_instance`, as list calls tell it.

mod devices;
mod network;
mod options;
mod single;

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope, made_by};
use crate::error::CallError;
use aws_sdk_ec2::types::{Instance, InstanceNetworkInterface, InstanceStateName, MonitoringState};
use std::collections::HashMap;

pub(super) const TYPES: &[&str] = &[INSTANCE];
const INSTANCE: &str = "aws_instance";

/// The most that DescribeInstances gives at once.
const PAGE: i32 = 1000;

/// Credits that are not unlimited.
const STANDARD: &str = "standard";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_instances().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.reservations, page.next_token)) }
    };
    let (reservations, volumes) = futures::join!(scope.list("DescribeInstances", page), scope.volumes());
    let reservations = reservations?;
    let instances: Vec<&Instance> =
        reservations.iter().flat_map(|reservation| reservation.instances()).filter(is_there).collect();
    let mut volumes = devices::by_id(volumes?);
    // Both lists take a while: one that was attached in between is in one of them alone.
    let later = scope.volumes_now(&devices::not_in(&volumes, &instances)).await?;
    volumes.extend(devices::by_id(&later));
    let credits =
        if instances.iter().any(|instance| is_burstable(instance)) { credits(scope).await? } else { HashMap::new() };
    let mut answer = Answer::of(instances.iter().filter_map(|instance| {
        let attributes = attributes(instance);
        let attributes = devices::add(attributes, instance, &volumes);
        // The list has those with unlimited credits, and those that once had.
        let credit = is_burstable(instance).then(|| {
            let credit = instance.instance_id().and_then(|id| credits.get(id)).map_or(STANDARD, String::as_str);
            Attributes::new().set("cpu_credits", credit)
        });
        // Of other types AWS tells none, and the provider leaves what the state has.
        let attributes = match credit {
            Some(credit) => attributes.single("credit_specification", Some(credit)),
            None => attributes,
        };
        Some(attributes.object(INSTANCE, instance.instance_id()?))
    }));
    single::add(scope, &mut answer).await;
    Ok(answer)
}

/// How an instance of a burstable type spends CPU credits, by its id.
async fn credits(scope: &Scope<'_>) -> Result<HashMap<String, String>, CallError> {
    let page = |next| {
        let request = scope.regional.ec2.describe_instance_credit_specifications().max_results(PAGE);
        let request = request.set_next_token(next);
        async move { request.send().await.map(|page| (page.instance_credit_specifications, page.next_token)) }
    };
    let credits = scope.list("DescribeInstanceCreditSpecifications", page).await?;
    Ok(credits.into_iter().filter_map(|credit| Some((credit.instance_id?, credit.cpu_credits?))).collect())
}

/// The types whose CPU runs on credits: `t2.micro`, `t4g.small`.
fn is_burstable(instance: &Instance) -> bool {
    let mut letters = instance.instance_type().map_or("", |kind| kind.as_str()).chars();
    letters.next() == Some('t') && letters.next().is_some_and(|letter| letter.is_ascii_digit())
}

/// EC2 lists an instance for about an hour after its end.
fn is_there(instance: &&Instance) -> bool {
    let state = instance.state().and_then(|state| state.name());
    !matches!(state, Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown))
}

fn attributes(instance: &Instance) -> Attributes {
    let primary = instance.network_interfaces().iter().find(|interface| device_index(interface) == Some(0));
    let placement = instance.placement();
    let attributes = Attributes::new()
        .or_null("ami", instance.image_id())
        .or_null("instance_type", instance.instance_type().map(|kind| kind.as_str()))
        .if_told("availability_zone", placement.and_then(|placement| placement.availability_zone()))
        .if_told("tenancy", placement.and_then(|placement| placement.tenancy()).map(|tenancy| tenancy.as_str()))
        .or_null("placement_group", placement.and_then(|placement| placement.group_name()))
        .or_null("placement_partition_number", placement.and_then(|placement| number(placement.partition_number())))
        .or_null("host_id", placement.and_then(|placement| placement.host_id()))
        .or_null("host_resource_group_arn", placement.and_then(|placement| placement.host_resource_group_arn()))
        .or_null("subnet_id", instance.subnet_id())
        // Those of its first interface.
        .texts("vpc_security_group_ids", instance.security_groups().iter().filter_map(|group| group.group_id()))
        .or_null("key_name", instance.key_name())
        .or_null("private_ip", instance.private_ip_address())
        .or_null("public_ip", instance.public_ip_address())
        .or_null("private_dns", instance.private_dns_name())
        .or_null("public_dns", instance.public_dns_name())
        .or_null("outpost_arn", instance.outpost_arn())
        .or_null("instance_lifecycle", instance.instance_lifecycle().map(|kind| kind.as_str()))
        .or_null("spot_instance_request_id", instance.spot_instance_request_id())
        .if_told("instance_state", instance.state().and_then(|state| state.name()).map(|state| state.as_str()))
        .or_null("iam_instance_profile", instance.iam_instance_profile().and_then(|p| p.arn()).map(profile_name))
        .if_told("ebs_optimized", instance.ebs_optimized())
        .if_told("monitoring", monitoring(instance))
        .if_told("source_dest_check", instance.source_dest_check())
        .ec2_tags(instance.tags())
        .made_by(made_by::service(instance.tags(), instance.operator()));
    network::add(options::add(attributes, instance), instance, primary)
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        GroupIdentifier, HttpTokensState, IamInstanceProfile, InstanceMetadataOptionsResponse,
        InstanceNetworkInterfaceAttachment, InstanceState, InstanceType, Monitoring,
    };
    use serde_json::{Value, json};

    fn in_state(state: InstanceStateName) -> aws_sdk_ec2::types::builders::InstanceBuilder {
        Instance::builder().instance_id("i-1").state(InstanceState::builder().name(state).build())
    }

    #[test]
    fn an_ended_instance_does_not_exist() {
        for state in [InstanceStateName::Terminated, InstanceStateName::ShuttingDown] {
            assert!(!is_there(&&in_state(state).build()));
        }
        for state in [InstanceStateName::Stopped, InstanceStateName::Running, InstanceStateName::Pending] {
            assert!(is_there(&&in_state(state).build()));
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
            .security_groups(GroupIdentifier::builder().group_id("sg-0").build())
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
            Value::Object(attributes(&instance).object(INSTANCE, "i-1").attributes),
            json!({
                "ami": "ami-1", "instance_type": "t3.small", "placement_group": null, "subnet_id": null,
                "vpc_security_group_ids": ["sg-0"], "key_name": null, "private_ip": null, "public_ip": null,
                "private_dns": null, "public_dns": null, "instance_state": "running",
                "placement_partition_number": null, "host_id": null, "host_resource_group_arn": null,
                "outpost_arn": null, "instance_lifecycle": null, "spot_instance_request_id": null,
                "associate_public_ip_address": false, "secondary_private_ips": [], "ipv6_addresses": [],
                "ipv6_address_count": 0, "enable_primary_ipv6": false,
                "network_interface": [
                    {"network_interface_id": "eni-1", "device_index": 1},
                    {"network_interface_id": "eni-0", "device_index": 0},
                ],
                "iam_instance_profile": "shop", "monitoring": true, "source_dest_check": false,
                "primary_network_interface_id": "eni-0",
                "metadata_options": [{"http_tokens": "required", "http_put_response_hop_limit": 2}],
                "tags_all": {}, "id": "i-1"
            })
        );
    }

    #[test]
    fn only_some_types_run_on_credits() {
        for (kind, burstable) in [("t2.micro", true), ("t4g.small", true), ("trn1.2xlarge", false), ("m5.large", false)]
        {
            assert_eq!(is_burstable(&Instance::builder().instance_type(kind.into()).build()), burstable, "{kind}");
        }
    }

    #[test]
    fn an_instance_of_a_group_is_the_groups() {
        let tag = aws_sdk_ec2::types::Tag::builder().key("aws:autoscaling:groupName").value("web").build();
        let object = attributes(&Instance::builder().tags(tag).build()).object(INSTANCE, "i-1");
        assert_eq!(object.made_by.as_deref(), Some("Auto Scaling group web"));
    }
}
