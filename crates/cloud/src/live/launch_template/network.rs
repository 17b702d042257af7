//! Network interfaces of a launch template.

use crate::live::attributes::{Attributes, flag, number};
use aws_sdk_ec2::types::LaunchTemplateInstanceNetworkInterfaceSpecification;

pub(super) fn interface(interface: &LaunchTemplateInstanceNetworkInterfaceSpecification) -> Attributes {
    let tracking = interface.connection_tracking_specification().map(|tracking| {
        Attributes::new()
            .or_null("tcp_established_timeout", number(tracking.tcp_established_timeout()))
            .or_null("udp_stream_timeout", number(tracking.udp_stream_timeout()))
            .or_null("udp_timeout", number(tracking.udp_timeout()))
    });
    let srd = interface.ena_srd_specification().map(|srd| {
        let udp = srd.ena_srd_udp_specification();
        let udp = udp.map(|udp| Attributes::new().or_null("ena_srd_udp_enabled", udp.ena_srd_udp_enabled()));
        Attributes::new().or_null("ena_srd_enabled", srd.ena_srd_enabled()).single("ena_srd_udp_specification", udp)
    });
    // The primary address is told once more, alone.
    let addresses = interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    Attributes::new()
        .or_null("associate_carrier_ip_address", flag(interface.associate_carrier_ip_address()))
        .or_null("associate_public_ip_address", flag(interface.associate_public_ip_address()))
        .or_null("delete_on_termination", flag(interface.delete_on_termination()))
        .or_null("description", interface.description())
        .or_null("device_index", number(interface.device_index()))
        .or_null("interface_type", interface.interface_type())
        .or_null("ipv4_address_count", number(interface.secondary_private_ip_address_count()))
        .texts("ipv4_addresses", addresses)
        .or_null("ipv4_prefix_count", number(interface.ipv4_prefix_count()))
        .texts("ipv4_prefixes", interface.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix()))
        .or_null("ipv6_address_count", number(interface.ipv6_address_count()))
        .texts("ipv6_addresses", interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address()))
        .or_null("ipv6_prefix_count", number(interface.ipv6_prefix_count()))
        .texts("ipv6_prefixes", interface.ipv6_prefixes().iter().filter_map(|prefix| prefix.ipv6_prefix()))
        .or_null("network_card_index", number(interface.network_card_index()))
        .or_null("network_interface_id", interface.network_interface_id())
        .or_null("primary_ipv6", flag(interface.primary_ipv6()))
        .or_null("private_ip_address", interface.private_ip_address())
        .texts("security_groups", interface.groups().iter().cloned())
        .or_null("subnet_id", interface.subnet_id())
        .single("connection_tracking_specification", tracking)
        .single("ena_srd_specification", srd)
}
