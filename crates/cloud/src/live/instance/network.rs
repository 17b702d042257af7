//! Addresses and interfaces of an instance.

use super::device_index;
use crate::live::attributes::{Attributes, number};
use aws_sdk_ec2::types::{Instance, InstanceNetworkInterface};

/// Adds what the first interface tells, which the provider takes for the instance's own, and every interface.
pub(super) fn add(
    attributes: Attributes,
    instance: &Instance,
    primary: Option<&InstanceNetworkInterface>,
) -> Attributes {
    let blocks = instance.network_interfaces().iter().map(|interface| {
        let attachment = interface.attachment();
        Attributes::new()
            .or_null("network_interface_id", interface.network_interface_id())
            .if_told("device_index", number(device_index(interface)))
            .if_told("network_card_index", attachment.and_then(|attachment| number(attachment.network_card_index())))
            .if_told("delete_on_termination", attachment.and_then(|attachment| attachment.delete_on_termination()))
    });
    let attributes = attributes
        .or_null("primary_network_interface_id", primary.and_then(|interface| interface.network_interface_id()))
        .blocks("network_interface", blocks);
    let Some(primary) = primary else { return attributes };
    let others = primary.private_ip_addresses().iter().filter(|address| address.primary() != Some(true));
    let ipv6: Vec<&str> = primary.ipv6_addresses().iter().filter_map(|address| address.ipv6_address()).collect();
    attributes
        .set("associate_public_ip_address", primary.association().is_some())
        .texts("secondary_private_ips", others.filter_map(|address| address.private_ip_address()))
        .set("ipv6_address_count", ipv6.len())
        .set(
            "enable_primary_ipv6",
            primary.ipv6_addresses().iter().any(|address| address.is_primary_ipv6() == Some(true)),
        )
        .list("ipv6_addresses", ipv6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        InstanceIpv6Address, InstanceNetworkInterfaceAssociation, InstanceNetworkInterfaceAttachment,
        InstancePrivateIpAddress,
    };
    use serde_json::json;

    #[test]
    fn the_first_interface_is_the_instances() {
        let address =
            |ip: &str, primary: bool| InstancePrivateIpAddress::builder().private_ip_address(ip).primary(primary);
        let interface = InstanceNetworkInterface::builder()
            .network_interface_id("eni-0")
            .attachment(
                InstanceNetworkInterfaceAttachment::builder().device_index(0).delete_on_termination(true).build(),
            )
            .association(InstanceNetworkInterfaceAssociation::builder().public_ip("192.0.2.1").build())
            .private_ip_addresses(address("10.0.0.5", true).build())
            .private_ip_addresses(address("10.0.0.6", false).build())
            .ipv6_addresses(InstanceIpv6Address::builder().ipv6_address("2a05::5").build())
            .build();
        let instance = Instance::builder().network_interfaces(interface.clone()).build();
        assert_eq!(
            add(Attributes::new(), &instance, Some(&interface)).block(),
            json!({
                "primary_network_interface_id": "eni-0", "associate_public_ip_address": true,
                "network_interface": [
                    {"network_interface_id": "eni-0", "device_index": 0, "delete_on_termination": true}
                ],
                "secondary_private_ips": ["10.0.0.6"], "ipv6_address_count": 1, "enable_primary_ipv6": false, "ipv6_addresses": ["2a05::5"]
            })
        );
    }
}
