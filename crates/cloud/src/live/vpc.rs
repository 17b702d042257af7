//! `aws_vpc`

use super::attributes::Attributes;
use super::{Answer, Reading, Scope};
use crate::error::CallError;
use crate::pages::Pages;
use aws_sdk_ec2::types::{Vpc, VpcAttributeName, VpcCidrBlockStateCode};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[VPC];
const VPC: &str = "aws_vpc";

/// The most that DescribeVpcs gives at once.
const PAGE: i32 = 1000;

/// What only DescribeVpcAttribute tells, one attribute and VPC a call.
const SINGLE: [(&str, VpcAttributeName); 2] = [
    ("enable_dns_support", VpcAttributeName::EnableDnsSupport),
    ("enable_dns_hostnames", VpcAttributeName::EnableDnsHostnames),
];

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.ec2_pages("DescribeVpcs");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = scope.regional.ec2.describe_vpcs().max_results(PAGE).set_next_token(pages.marker());
        let page = scope.regional.send(&planned, request.send()).await?;
        pages.add(page.vpcs, page.next_token)?;
    }
    let vpcs = pages.into_items();
    let mut answer = Answer::of(vpcs.iter().filter_map(object));
    for id in scope.ids(VPC) {
        if !answer.objects.iter().any(|vpc| vpc.id == id) {
            continue;
        }
        for (attribute, name) in SINGLE {
            match single(scope, id, name).await {
                Ok(enabled) => answer.set(id, attribute, enabled.map(Into::into)),
                Err(error) => answer.half_read(VPC, id, &error),
            }
        }
    }
    Ok(answer)
}

async fn single(scope: &Scope<'_>, id: &str, name: VpcAttributeName) -> Result<Option<bool>, CallError> {
    let planned = scope.regional.ec2_whole("DescribeVpcAttribute");
    let request = scope.regional.ec2.describe_vpc_attribute().vpc_id(id).attribute(name.clone());
    let answer = scope.regional.send(&planned, request.send()).await?;
    let told = match name {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
        _ => answer.enable_dns_hostnames,
    };
    Ok(told.and_then(|value| value.value))
}

fn object(vpc: &Vpc) -> Option<LiveObject> {
    let ipv6 = vpc.ipv6_cidr_block_association_set().iter().find(|block| {
        block.ipv6_cidr_block_state().and_then(|state| state.state()) == Some(&VpcCidrBlockStateCode::Associated)
    });
    let attributes = Attributes::new()
        .or_null("cidr_block", vpc.cidr_block())
        .if_told("instance_tenancy", vpc.instance_tenancy().map(|tenancy| tenancy.as_str()))
        .or_null("ipv6_cidr_block", ipv6.and_then(|block| block.ipv6_cidr_block()))
        .or_null("ipv6_association_id", ipv6.and_then(|block| block.association_id()))
        .if_told("dhcp_options_id", vpc.dhcp_options_id())
        .if_told("owner_id", vpc.owner_id())
        .ec2_tags(vpc.tags());
    Some(attributes.object(VPC, vpc.vpc_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{Tag, Tenancy, VpcCidrBlockState, VpcIpv6CidrBlockAssociation};
    use serde_json::{Value, json};

    #[test]
    fn only_an_associated_ipv6_block_counts() {
        let block = |cidr: &str, state: VpcCidrBlockStateCode| {
            VpcIpv6CidrBlockAssociation::builder()
                .ipv6_cidr_block(cidr)
                .association_id("vpc-cidr-assoc-1")
                .ipv6_cidr_block_state(VpcCidrBlockState::builder().state(state).build())
                .build()
        };
        let vpc = Vpc::builder()
            .vpc_id("vpc-1")
            .cidr_block("10.20.0.0/16")
            .instance_tenancy(Tenancy::Default)
            .dhcp_options_id("dopt-1")
            .owner_id("123456789012")
            .ipv6_cidr_block_association_set(block("2a05:1::/56", VpcCidrBlockStateCode::Disassociated))
            .ipv6_cidr_block_association_set(block("2a05:2::/56", VpcCidrBlockStateCode::Associated))
            .tags(Tag::builder().key("Name").value("shop").build())
            .build();
        assert_eq!(
            Value::Object(object(&vpc).expect("object").attributes),
            json!({
                "cidr_block": "10.20.0.0/16", "instance_tenancy": "default", "ipv6_cidr_block": "2a05:2::/56",
                "ipv6_association_id": "vpc-cidr-assoc-1", "dhcp_options_id": "dopt-1",
                "owner_id": "123456789012", "tags_all": {"Name": "shop"}, "id": "vpc-1"
            })
        );
    }
}
