//! `aws_network_interface`, and how it is attached and guarded: all from one call.

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{AttachmentStatus, NetworkInterface, NetworkInterfaceAttachment};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[NETWORK_INTERFACE, ATTACHMENT, GROUP_ATTACHMENT];
const NETWORK_INTERFACE: &str = "aws_network_interface";
const ATTACHMENT: &str = "aws_network_interface_attachment";
const GROUP_ATTACHMENT: &str = "aws_network_interface_sg_attachment";

/// The most that DescribeNetworkInterfaces gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_network_interfaces().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.network_interfaces, page.next_token)) }
    };
    let interfaces = scope.list("DescribeNetworkInterfaces", page).await?;
    let parts = interfaces.iter().flat_map(parts).filter(|part| scope.knows(&part.resource_type, &part.id));
    Ok(Answer::of(interfaces.iter().filter_map(object).chain(parts)))
}

/// The attachment that lasts: not one that is ending.
fn attached(interface: &NetworkInterface) -> Option<&NetworkInterfaceAttachment> {
    let ending = [AttachmentStatus::Detaching, AttachmentStatus::Detached];
    interface.attachment().filter(|attachment| attachment.status().is_none_or(|status| !ending.contains(status)))
}

fn parts(interface: &NetworkInterface) -> Vec<LiveObject> {
    let Some(id) = interface.network_interface_id() else { return Vec::new() };
    let attachment = attached(interface).and_then(|attachment| {
        let attributes = Attributes::new()
            .set("network_interface_id", id)
            .or_null("attachment_id", attachment.attachment_id())
            .or_null("instance_id", attachment.instance_id())
            .if_told("device_index", number(attachment.device_index()))
            .if_told("status", attachment.status().map(|status| status.as_str()));
        Some(attributes.object(ATTACHMENT, attachment.attachment_id()?))
    });
    let groups = interface.groups().iter().filter_map(|group| group.group_id()).map(|group| {
        let attributes = Attributes::new().set("network_interface_id", id).set("security_group_id", group);
        attributes.object(GROUP_ATTACHMENT, &format!("{group}_{id}"))
    });
    attachment.into_iter().chain(groups).collect()
}

fn object(interface: &NetworkInterface) -> Option<LiveObject> {
    let addresses: Vec<&str> =
        interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address()).collect();
    let ipv6: Vec<&str> = interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address()).collect();
    let attachment = attached(interface).map(|attachment| {
        Attributes::new()
            .or_null("attachment_id", attachment.attachment_id())
            .or_null("instance", attachment.instance_id())
            .if_told("device_index", number(attachment.device_index()))
    });
    let attributes = Attributes::new()
        .or_null("subnet_id", interface.subnet_id())
        .or_null("description", interface.description())
        .or_null("private_ip", interface.private_ip_address())
        .texts("private_ips", addresses.iter().copied())
        .list("private_ip_list", addresses.iter().copied())
        .set("private_ips_count", addresses.len().saturating_sub(1))
        .texts("ipv4_prefixes", interface.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix()))
        .set("ipv4_prefix_count", interface.ipv4_prefixes().len())
        .texts("ipv6_addresses", ipv6.iter().copied())
        .list("ipv6_address_list", ipv6.iter().copied())
        .set("ipv6_address_count", ipv6.len())
        .set(
            "enable_primary_ipv6",
            interface.ipv6_addresses().iter().any(|address| address.is_primary_ipv6() == Some(true)),
        )
        .texts("ipv6_prefixes", interface.ipv6_prefixes().iter().filter_map(|prefix| prefix.ipv6_prefix()))
        .set("ipv6_prefix_count", interface.ipv6_prefixes().len())
        .texts("security_groups", interface.groups().iter().filter_map(|group| group.group_id()))
        .single("attachment", attachment)
        .if_told("source_dest_check", interface.source_dest_check())
        .if_told("interface_type", interface.interface_type().map(|kind| kind.as_str()))
        .if_told("mac_address", interface.mac_address())
        .or_null("private_dns_name", interface.private_dns_name())
        .or_null("outpost_arn", interface.outpost_arn())
        .if_told("owner_id", interface.owner_id())
        .ec2_tags(interface.tag_set())
        .made_by(maker(interface));
    Some(attributes.object(NETWORK_INTERFACE, interface.network_interface_id()?))
}

/// A service's interface says in its description what it is for: "ELB app/web/1", "VPC Endpoint Interface vpce-1".
/// One that goes with its instance came with it.
fn maker(interface: &NetworkInterface) -> Option<String> {
    if interface.requester_managed() == Some(true) {
        let who = interface.description().filter(|text| !text.is_empty()).or(interface.requester_id());
        return Some(format!("AWS, for {}", who.unwrap_or("one of its services")));
    }
    let with = interface.attachment().filter(|attachment| attachment.delete_on_termination() == Some(true));
    let instance = with.and_then(|attachment| attachment.instance_id()).map(|id| format!("instance {id}"));
    instance.or_else(|| made_by::service(interface.tag_set(), interface.operator()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{GroupIdentifier, NetworkInterfacePrivateIpAddress};
    use serde_json::{Value, json};

    fn interface(status: AttachmentStatus) -> aws_sdk_ec2::types::builders::NetworkInterfaceBuilder {
        let attachment = NetworkInterfaceAttachment::builder()
            .attachment_id("eni-attach-1")
            .instance_id("i-1")
            .device_index(1)
            .status(status)
            .build();
        let address = |ip: &str| NetworkInterfacePrivateIpAddress::builder().private_ip_address(ip).build();
        NetworkInterface::builder()
            .network_interface_id("eni-1")
            .attachment(attachment)
            .groups(GroupIdentifier::builder().group_id("sg-2").build())
            .groups(GroupIdentifier::builder().group_id("sg-1").build())
            .private_ip_addresses(address("10.0.0.9"))
            .private_ip_addresses(address("10.0.0.5"))
    }

    #[test]
    fn an_interface_with_two_addresses_and_two_groups() {
        let object = object(&interface(AttachmentStatus::Attached).build()).expect("object");
        let told = |name: &str| object.attributes[name].clone();
        assert_eq!(told("private_ips"), json!(["10.0.0.5", "10.0.0.9"]));
        assert_eq!((told("private_ip_list"), told("private_ips_count")), (json!(["10.0.0.9", "10.0.0.5"]), json!(1)));
        assert_eq!(
            told("attachment"),
            json!([{"attachment_id": "eni-attach-1", "instance": "i-1", "device_index": 1}])
        );
        let parts = parts(&interface(AttachmentStatus::Attached).build());
        let ids: Vec<&str> = parts.iter().map(|part| part.id.as_str()).collect();
        assert_eq!(ids, ["eni-attach-1", "sg-2_eni-1", "sg-1_eni-1"]);
    }

    #[test]
    fn an_attachment_that_ends_is_none() {
        let ending = interface(AttachmentStatus::Detaching).build();
        assert_eq!(object(&ending).expect("object").attributes["attachment"], Value::Array(Vec::new()));
        assert_eq!(parts(&ending).len(), 2);
    }

    #[test]
    fn interfaces_of_services_and_instances_are_theirs() {
        let of = |interface: NetworkInterface| object(&interface).expect("object").made_by;
        let service = interface(AttachmentStatus::Attached).requester_managed(true).description("ELB app/web/1");
        assert_eq!(of(service.build()).as_deref(), Some("AWS, for ELB app/web/1"));
        let with = NetworkInterfaceAttachment::builder().instance_id("i-1").delete_on_termination(true).build();
        assert_eq!(of(interface(AttachmentStatus::Attached).attachment(with).build()).as_deref(), Some("instance i-1"));
        assert_eq!(of(interface(AttachmentStatus::Attached).build()), None);
    }
}
