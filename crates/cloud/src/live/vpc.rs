//! `aws_vpc`, and what a VPC's description tells of its address blocks and its DHCP options.

use super::attributes::Attributes;
use super::scope::ONE_BY_ONE;
use super::{Answer, Reading, Scope, at_once, made_by};
use crate::error::CallError;
use aws_sdk_ec2::types::{
    Vpc, VpcAttributeName, VpcCidrBlockState, VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation,
};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[VPC, IPV4_BLOCK, IPV6_BLOCK, DHCP_ASSOCIATION];
const VPC: &str = "aws_vpc";
const IPV4_BLOCK: &str = "aws_vpc_ipv4_cidr_block_association";
const IPV6_BLOCK: &str = "aws_vpc_ipv6_cidr_block_association";
const DHCP_ASSOCIATION: &str = "aws_vpc_dhcp_options_association";

/// The pool of blocks that Amazon gives.
const AMAZON_POOL: &str = "Amazon";
/// The "pool" of blocks that IPAM gives.
const IPAM_POOL: &str = "IPAM Managed";

/// What only DescribeVpcAttribute tells, one attribute and VPC a call.
const SINGLE: [(&str, VpcAttributeName); 3] = [
    ("enable_dns_support", VpcAttributeName::EnableDnsSupport),
    ("enable_dns_hostnames", VpcAttributeName::EnableDnsHostnames),
    ("enable_network_address_usage_metrics", VpcAttributeName::EnableNetworkAddressUsageMetrics),
];

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let vpcs = scope.vpcs().await?;
    let mut answer = Answer::of(vpcs.iter().flat_map(|vpc| objects(scope, vpc)));
    let ids = scope.ids(VPC);
    if ids.len() > ONE_BY_ONE {
        answer.leave_out(VPC, &SINGLE.map(|(attribute, _)| attribute), ids.len(), ONE_BY_ONE);
        return Ok(answer);
    }
    let there: Vec<&str> = ids.into_iter().filter(|id| answer.has(id)).collect();
    for (id, told) in at_once(there, |id| read_all(scope, id)).await {
        for (attribute, told) in told {
            match told {
                Ok(enabled) => answer.set(id, attribute, enabled.map(Into::into)),
                Err(error) => answer.half_read(VPC, id, &error),
            }
        }
    }
    Ok(answer)
}

/// What is told of one VPC alone.
async fn read_all(scope: &Scope<'_>, id: &str) -> Vec<(&'static str, Result<Option<bool>, CallError>)> {
    let calls = SINGLE.map(|(attribute, name)| async move { (attribute, single(scope, id, name).await) });
    futures::future::join_all(calls).await
}

async fn single(scope: &Scope<'_>, id: &str, name: VpcAttributeName) -> Result<Option<bool>, CallError> {
    let planned = scope.regional.ec2_one("DescribeVpcAttribute");
    let request = scope.regional.ec2.describe_vpc_attribute().vpc_id(id).attribute(name.clone());
    let answer = scope.regional.send(&planned, request.send()).await?;
    let told = match name {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
        VpcAttributeName::EnableDnsHostnames => answer.enable_dns_hostnames,
        _ => answer.enable_network_address_usage_metrics,
    };
    Ok(told.and_then(|value| value.value))
}

/// The VPC, and what belongs to it: its first block came with it, further ones somebody added. Its IPv6 blocks and
/// its DHCP options show in the VPC as well.
fn objects(scope: &Scope<'_>, vpc: &Vpc) -> Vec<LiveObject> {
    let Some(id) = vpc.vpc_id() else { return Vec::new() };
    let ipv4 = vpc.cidr_block_association_set().iter().filter_map(|block| {
        let attributes = Attributes::new()
            .set("vpc_id", id)
            .or_null("cidr_block", block.cidr_block())
            .made_by(made_by::when(block.cidr_block() == vpc.cidr_block(), made_by::VPC));
        is_associated(block.cidr_block_state()).then_some(attributes.object(IPV4_BLOCK, block.association_id()?))
    });
    let ipv6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|block| {
        let attributes = pool(Attributes::new(), block)
            .set("vpc_id", id)
            .or_null("ipv6_cidr_block", block.ipv6_cidr_block())
            .if_told("ip_source", block.ip_source().map(|source| source.as_str()))
            .if_told("ipv6_address_attribute", block.ipv6_address_attribute().map(|attribute| attribute.as_str()))
            .if_told("ipv6_pool", block.ipv6_pool());
        is_associated(block.ipv6_cidr_block_state()).then_some(attributes.object(IPV6_BLOCK, block.association_id()?))
    });
    let dhcp = vpc.dhcp_options_id().map(|options| {
        let attributes = Attributes::new().set("vpc_id", id).set("dhcp_options_id", options);
        attributes.object(DHCP_ASSOCIATION, &format!("{options}-{id}"))
    });
    let shown = ipv6.chain(dhcp).filter(|part| scope.knows(&part.resource_type, &part.id));
    std::iter::once(object(vpc, id)).chain(ipv4).chain(shown).collect()
}

fn is_associated(state: Option<&VpcCidrBlockState>) -> bool {
    state.and_then(|state| state.state()).is_none_or(|state| *state == VpcCidrBlockStateCode::Associated)
}

/// Whether the block is of Amazon's own addresses.
fn pool(attributes: Attributes, block: &VpcIpv6CidrBlockAssociation) -> Attributes {
    attributes.if_told("assign_generated_ipv6_cidr_block", block.ipv6_pool().map(|pool| pool == AMAZON_POOL))
}

fn object(vpc: &Vpc, id: &str) -> LiveObject {
    let blocks = vpc.ipv6_cidr_block_association_set();
    let ipv6 = blocks.iter().find(|block| is_associated(block.ipv6_cidr_block_state()));
    let attributes = match ipv6 {
        Some(block) => pool(Attributes::new(), block)
            .or_null("ipv6_cidr_block_network_border_group", block.network_border_group())
            .if_told("ipv6_ipam_pool_id", block.ipv6_pool().filter(|pool| ![AMAZON_POOL, IPAM_POOL].contains(pool))),
        None => Attributes::new().set("assign_generated_ipv6_cidr_block", false),
    };
    attributes
        .or_null("cidr_block", vpc.cidr_block())
        .if_told("instance_tenancy", vpc.instance_tenancy().map(|tenancy| tenancy.as_str()))
        .or_null("ipv6_cidr_block", ipv6.and_then(|block| block.ipv6_cidr_block()))
        .or_null("ipv6_association_id", ipv6.and_then(|block| block.association_id()))
        .if_told("dhcp_options_id", vpc.dhcp_options_id())
        .if_told("owner_id", vpc.owner_id())
        .ec2_tags(vpc.tags())
        .made_by(made_by::when(vpc.is_default() == Some(true), made_by::ACCOUNT))
        .object(VPC, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{Tag, Tenancy};
    use serde_json::{Value, json};

    #[test]
    fn only_an_associated_ipv6_block_counts() {
        let block = |cidr: &str, state: VpcCidrBlockStateCode| {
            VpcIpv6CidrBlockAssociation::builder()
                .ipv6_cidr_block(cidr)
                .association_id("vpc-cidr-assoc-1")
                .ipv6_pool("Amazon")
                .network_border_group("eu-west-1")
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
            Value::Object(object(&vpc, "vpc-1").attributes),
            json!({
                "cidr_block": "10.20.0.0/16", "instance_tenancy": "default", "ipv6_cidr_block": "2a05:2::/56",
                "ipv6_association_id": "vpc-cidr-assoc-1", "dhcp_options_id": "dopt-1",
                "assign_generated_ipv6_cidr_block": true, "ipv6_cidr_block_network_border_group": "eu-west-1",
                "owner_id": "123456789012", "tags_all": {"Name": "shop"}, "id": "vpc-1"
            })
        );
        assert_eq!(object(&vpc, "vpc-1").made_by, None);
        let default = Vpc::builder().is_default(true).build();
        assert_eq!(object(&default, "vpc-2").made_by.as_deref(), Some("AWS, in every account"));
    }
}
