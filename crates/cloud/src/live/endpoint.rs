//! `aws_vpc_endpoint`, and the associations that may be resources of their own: all from one call.

use super::attributes::Attributes;
use super::crc32::crc32;
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::{SecurityGroupIdentifier, SubnetIpPrefixes, VpcEndpoint};
use pilotlight_drift::LiveObject;
use std::collections::BTreeMap;

pub(super) const TYPES: &[&str] =
    &[ENDPOINT, POLICY, PRIVATE_DNS, SUBNET_ASSOCIATION, TABLE_ASSOCIATION, GROUP_ASSOCIATION];
const ENDPOINT: &str = "aws_vpc_endpoint";
const POLICY: &str = "aws_vpc_endpoint_policy";
const PRIVATE_DNS: &str = "aws_vpc_endpoint_private_dns";
const SUBNET_ASSOCIATION: &str = "aws_vpc_endpoint_subnet_association";
const TABLE_ASSOCIATION: &str = "aws_vpc_endpoint_route_table_association";
const GROUP_ASSOCIATION: &str = "aws_vpc_endpoint_security_group_association";

/// The most that DescribeVpcEndpoints gives at once.
const PAGE: i32 = 1000;

/// States of an endpoint that is no more. EC2 writes them in either case.
const GONE: [&str; 2] = ["deleting", "deleted"];

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_vpc_endpoints().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.vpc_endpoints, page.next_token)) }
    };
    let endpoints = scope.list("DescribeVpcEndpoints", page).await?;
    let there = |endpoint: &&VpcEndpoint| state(endpoint).is_none_or(|state| !GONE.contains(&state.as_str()));
    let endpoints: Vec<&VpcEndpoint> = endpoints.iter().filter(there).collect();
    let parts = endpoints.iter().flat_map(|endpoint| parts(endpoint));
    let known = parts.filter(|part| scope.knows(&part.resource_type, &part.id));
    Ok(Answer::of(endpoints.iter().filter_map(|endpoint| object(endpoint)).chain(known)))
}

fn state(endpoint: &VpcEndpoint) -> Option<String> {
    endpoint.state().map(|state| {
        let state = state.as_str();
        // The API writes `pendingAcceptance` so, and `Available` as `available`.
        let mut letters = state.chars();
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
    })
}

fn groups(endpoint: &VpcEndpoint) -> impl Iterator<Item = &str> {
    endpoint.groups().iter().filter_map(SecurityGroupIdentifier::group_id)
}

/// Associations have no id of their own in AWS: the provider makes one up.
fn parts(endpoint: &VpcEndpoint) -> Vec<LiveObject> {
    let Some(id) = endpoint.vpc_endpoint_id() else { return Vec::new() };
    let of_endpoint = || Attributes::new().set("vpc_endpoint_id", id);
    let association = |resource_type: &str, attribute: &str, other: &str| {
        of_endpoint().set(attribute, other).object(resource_type, &format!("a-{id}{}", crc32(other)))
    };
    let subnets = endpoint.subnet_ids().iter().map(|other| association(SUBNET_ASSOCIATION, "subnet_id", other));
    let tables = endpoint.route_table_ids().iter().map(|other| association(TABLE_ASSOCIATION, "route_table_id", other));
    let groups = groups(endpoint).map(|other| association(GROUP_ASSOCIATION, "security_group_id", other));
    let policy = of_endpoint().or_null("policy", endpoint.policy_document()).object(POLICY, id);
    let dns = of_endpoint().if_told("private_dns_enabled", endpoint.private_dns_enabled()).object(PRIVATE_DNS, id);
    subnets.chain(tables).chain(groups).chain([policy, dns]).collect()
}

fn object(endpoint: &VpcEndpoint) -> Option<LiveObject> {
    let dns = endpoint.dns_options().map(|options| {
        Attributes::new().if_told("dns_record_ip_type", options.dns_record_ip_type().map(|kind| kind.as_str())).if_told(
            "private_dns_only_for_inbound_resolver_endpoint",
            options.private_dns_only_for_inbound_resolver_endpoint(),
        )
    });
    let manager = (endpoint.requester_managed() == Some(true))
        .then(|| format!("AWS, for {}", endpoint.service_name().unwrap_or("one of its services")));
    let attributes = Attributes::new()
        .or_null("vpc_id", endpoint.vpc_id())
        .or_null("service_name", endpoint.service_name())
        .if_told("service_region", endpoint.service_region())
        .or_null("service_network_arn", endpoint.service_network_arn())
        .or_null("resource_configuration_arn", endpoint.resource_configuration_arn())
        .if_told("vpc_endpoint_type", endpoint.vpc_endpoint_type().map(|kind| kind.as_str()))
        .if_told("policy", endpoint.policy_document())
        .texts("route_table_ids", endpoint.route_table_ids().iter().cloned())
        .texts("subnet_ids", endpoint.subnet_ids().iter().cloned())
        .texts("security_group_ids", groups(endpoint))
        .if_told("ip_address_type", endpoint.ip_address_type().map(|kind| kind.as_str()))
        .single_if_told("dns_options", dns)
        .if_told("private_dns_enabled", endpoint.private_dns_enabled())
        .if_told("requester_managed", endpoint.requester_managed())
        .if_told("owner_id", endpoint.owner_id())
        .if_told("state", state(endpoint))
        .ec2_tags(endpoint.tags())
        .made_by(manager);
    Some(addresses(attributes, endpoint).object(ENDPOINT, endpoint.vpc_endpoint_id()?))
}

/// The fixed address in each subnet, where EC2 tells the addresses at all.
fn addresses(attributes: Attributes, endpoint: &VpcEndpoint) -> Attributes {
    if endpoint.ipv4_prefixes().is_empty() && endpoint.ipv6_prefixes().is_empty() {
        return attributes;
    }
    let mut subnets: BTreeMap<&str, Attributes> = BTreeMap::new();
    for (name, prefixes) in [("ipv4", endpoint.ipv4_prefixes()), ("ipv6", endpoint.ipv6_prefixes())] {
        for prefix in prefixes {
            let Some((subnet, address)) = prefix.subnet_id().zip(first(prefix)) else { continue };
            let block = subnets.remove(subnet).unwrap_or_else(|| Attributes::new().set("subnet_id", subnet));
            subnets.insert(subnet, block.set(name, address));
        }
    }
    attributes.blocks("subnet_configuration", subnets.into_values())
}

/// An address without the length behind it.
fn first(prefix: &SubnetIpPrefixes) -> Option<&str> {
    let text = prefix.ip_prefixes().first()?;
    Some(text.split('/').next().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::State;
    use serde_json::json;

    #[test]
    fn associations_have_the_providers_ids() {
        let endpoint = VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-1")
            .subnet_ids("123456789")
            .groups(SecurityGroupIdentifier::builder().group_id("sg-1").build())
            .policy_document("{}")
            .private_dns_enabled(true)
            .build();
        let parts: Vec<(String, String)> =
            parts(&endpoint).into_iter().map(|part| (part.resource_type, part.id)).collect();
        assert!(parts.contains(&(SUBNET_ASSOCIATION.to_owned(), format!("a-vpce-1{}", 0xCBF4_3926_u32))), "{parts:?}");
        assert!(parts.contains(&(POLICY.to_owned(), "vpce-1".to_owned())), "{parts:?}");
        assert_eq!(parts.len(), 4);
    }

    #[test]
    fn an_endpoint_of_a_service_is_its_own() {
        let endpoint =
            VpcEndpoint::builder().vpc_endpoint_id("vpce-1").service_name("redshift").requester_managed(true);
        let object = object(&endpoint.state(State::Available).build()).expect("object");
        assert_eq!(object.made_by.as_deref(), Some("AWS, for redshift"));
        assert_eq!(object.attributes["state"], json!("available"));
        // Neither policy nor switch was told.
        assert!(!object.attributes.contains_key("policy") && !object.attributes.contains_key("private_dns_enabled"));
    }

    #[test]
    fn fixed_addresses_stand_by_subnet() {
        let prefix = |ip: &str| SubnetIpPrefixes::builder().subnet_id("subnet-1").ip_prefixes(ip).build();
        let endpoint = VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-1")
            .ipv4_prefixes(prefix("10.0.0.5/32"))
            .ipv6_prefixes(prefix("2a05::5/128"))
            .build();
        assert_eq!(
            object(&endpoint).expect("object").attributes["subnet_configuration"],
            json!([{"subnet_id": "subnet-1", "ipv4": "10.0.0.5", "ipv6": "2a05::5"}])
        );
    }
}
