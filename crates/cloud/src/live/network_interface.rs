//! `aws_network_interface`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use aws_sdk_ec2::types::NetworkInterface;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[NETWORK_INTERFACE];
const NETWORK_INTERFACE: &str = "aws_network_interface";

/// The most that DescribeNetworkInterfaces gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_pages("DescribeNetworkInterfaces");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.ec2.describe_network_interfaces().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.network_interfaces, page.next_token)?;
    }
    let interfaces = pages.into_items();
    Ok(Answer::of(interfaces.iter().filter_map(object)))
}

fn object(interface: &NetworkInterface) -> Option<LiveObject> {
    let addresses = interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    let attributes = Attributes::new()
        .or_null("subnet_id", interface.subnet_id())
        .or_null("description", interface.description())
        .or_null("private_ip", interface.private_ip_address())
        .texts("private_ips", addresses)
        .texts("ipv6_addresses", interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address()))
        .texts("security_groups", interface.groups().iter().filter_map(|group| group.group_id()))
        .if_told("source_dest_check", interface.source_dest_check())
        .if_told("interface_type", interface.interface_type().map(|kind| kind.as_str()))
        .if_told("mac_address", interface.mac_address())
        .if_told("owner_id", interface.owner_id())
        .ec2_tags(interface.tag_set());
    Some(attributes.object(NETWORK_INTERFACE, interface.network_interface_id()?))
}
