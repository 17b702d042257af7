//! `aws_subnet`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::pages::Pages;
use aws_sdk_ec2::types::{Subnet, SubnetCidrBlockStateCode};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[SUBNET];
const SUBNET: &str = "aws_subnet";

/// The most that DescribeSubnets gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_pages("DescribeSubnets");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.ec2.describe_subnets().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.subnets, page.next_token)?;
    }
    let subnets = pages.into_items();
    Ok(Answer::of(subnets.iter().filter_map(object)))
}

fn object(subnet: &Subnet) -> Option<LiveObject> {
    let ipv6 = subnet.ipv6_cidr_block_association_set().iter().find(|block| {
        block.ipv6_cidr_block_state().and_then(|state| state.state()) == Some(&SubnetCidrBlockStateCode::Associated)
    });
    let names = subnet.private_dns_name_options_on_launch();
    let attributes = Attributes::new()
        .or_null("vpc_id", subnet.vpc_id())
        .or_null("cidr_block", subnet.cidr_block())
        .or_null("availability_zone", subnet.availability_zone())
        .if_told("availability_zone_id", subnet.availability_zone_id())
        .or_null("ipv6_cidr_block", ipv6.and_then(|block| block.ipv6_cidr_block()))
        .if_told("map_public_ip_on_launch", subnet.map_public_ip_on_launch())
        .if_told("assign_ipv6_address_on_creation", subnet.assign_ipv6_address_on_creation())
        .if_told("enable_dns64", subnet.enable_dns64())
        .if_told("ipv6_native", subnet.ipv6_native())
        .if_told(
            "private_dns_hostname_type_on_launch",
            names.and_then(|names| names.hostname_type()).map(|kind| kind.as_str()),
        )
        .if_told(
            "enable_resource_name_dns_a_record_on_launch",
            names.and_then(|names| names.enable_resource_name_dns_a_record()),
        )
        .if_told(
            "enable_resource_name_dns_aaaa_record_on_launch",
            names.and_then(|names| names.enable_resource_name_dns_aaaa_record()),
        )
        .if_told("owner_id", subnet.owner_id())
        .if_told("arn", subnet.subnet_arn())
        .ec2_tags(subnet.tags());
    Some(attributes.object(SUBNET, subnet.subnet_id()?))
}
