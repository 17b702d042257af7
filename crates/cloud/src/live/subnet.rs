//! `aws_subnet`

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{Subnet, SubnetCidrBlockStateCode};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[SUBNET];
const SUBNET: &str = "aws_subnet";

/// The most that DescribeSubnets gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_subnets().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.subnets, page.next_token)) }
    };
    let subnets = scope.list("DescribeSubnets", page).await?;
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
        .or_null("ipv6_cidr_block_association_id", ipv6.and_then(|block| block.association_id()))
        .if_told("map_public_ip_on_launch", subnet.map_public_ip_on_launch())
        .if_told("map_customer_owned_ip_on_launch", subnet.map_customer_owned_ip_on_launch())
        .or_null("customer_owned_ipv4_pool", subnet.customer_owned_ipv4_pool())
        .or_null("enable_lni_at_device_index", number(subnet.enable_lni_at_device_index()))
        .or_null("outpost_arn", subnet.outpost_arn())
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
        .ec2_tags(subnet.tags())
        .made_by(made_by::when(subnet.default_for_az() == Some(true), made_by::ACCOUNT));
    Some(attributes.object(SUBNET, subnet.subnet_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::SubnetIpv6CidrBlockAssociation as Block;
    use aws_sdk_ec2::types::{HostnameType, PrivateDnsNameOptionsOnLaunch, SubnetCidrBlockState};
    use serde_json::{Value, json};

    #[test]
    fn every_switch_of_a_subnet() {
        let block = |id: &str, state: SubnetCidrBlockStateCode| {
            let state = SubnetCidrBlockState::builder().state(state).build();
            Block::builder().association_id(id).ipv6_cidr_block("2a05::/64").ipv6_cidr_block_state(state).build()
        };
        let names = PrivateDnsNameOptionsOnLaunch::builder()
            .hostname_type(HostnameType::ResourceName)
            .enable_resource_name_dns_a_record(true)
            .build();
        let subnet = Subnet::builder()
            .subnet_id("subnet-1")
            .vpc_id("vpc-1")
            .availability_zone("eu-west-1a")
            .ipv6_cidr_block_association_set(block("old", SubnetCidrBlockStateCode::Disassociated))
            .ipv6_cidr_block_association_set(block("new", SubnetCidrBlockStateCode::Associated))
            .map_public_ip_on_launch(true)
            .enable_lni_at_device_index(1)
            .private_dns_name_options_on_launch(names)
            .default_for_az(true)
            .build();
        let object = object(&subnet).expect("object");
        assert_eq!(object.made_by.as_deref(), Some("AWS, in every account"));
        assert_eq!(
            Value::Object(object.attributes),
            json!({
                "vpc_id": "vpc-1", "cidr_block": null, "availability_zone": "eu-west-1a",
                "ipv6_cidr_block": "2a05::/64", "ipv6_cidr_block_association_id": "new",
                "map_public_ip_on_launch": true, "customer_owned_ipv4_pool": null, "outpost_arn": null,
                "enable_lni_at_device_index": 1, "private_dns_hostname_type_on_launch": "resource-name",
                "enable_resource_name_dns_a_record_on_launch": true, "tags_all": {}, "id": "subnet-1"
            })
        );
    }
}
