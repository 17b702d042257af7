//! `aws_eip`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::Address;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[EIP];
const EIP: &str = "aws_eip";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    // The API has no pages.
    let planned = scope.regional.ec2_whole("DescribeAddresses");
    let answer = scope.regional.send(&planned, scope.regional.ec2.describe_addresses().send()).await?;
    Ok(Answer::of(answer.addresses().iter().filter_map(object)))
}

fn object(address: &Address) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("allocation_id", address.allocation_id())
        .or_null("association_id", address.association_id())
        .or_null("public_ip", address.public_ip())
        .or_null("private_ip", address.private_ip_address())
        .or_null("instance", address.instance_id())
        .or_null("network_interface", address.network_interface_id())
        .if_told("domain", address.domain().map(|domain| domain.as_str()))
        .if_told("network_border_group", address.network_border_group())
        .if_told("public_ipv4_pool", address.public_ipv4_pool())
        .ec2_tags(address.tags());
    Some(attributes.object(EIP, address.allocation_id()?))
}
