//! `aws_security_group`, its rules taken apart into one block a source.

use super::attributes::Attributes;
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{IpPermission, SecurityGroup, UserIdGroupPair};
use pilotlight_drift::LiveObject;
use serde_json::{Value, json};

pub(super) const TYPES: &[&str] = &[SECURITY_GROUP];
const SECURITY_GROUP: &str = "aws_security_group";

/// The most that DescribeSecurityGroups gives at once.
const PAGE: i32 = 1000;

/// The name of the group that each VPC has from its beginning. No other may have it.
const DEFAULT: &str = "default";

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_security_groups().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.security_groups, page.next_token)) }
    };
    let groups = scope.list("DescribeSecurityGroups", page).await?;
    Ok(Answer::of(groups.iter().filter_map(object)))
}

fn object(group: &SecurityGroup) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("name", group.group_name())
        .or_null("description", group.description())
        .or_null("vpc_id", group.vpc_id())
        .if_told("owner_id", group.owner_id())
        .if_told("arn", group.security_group_arn())
        .set("ingress", blocks(group, group.ip_permissions()))
        .set("egress", blocks(group, group.ip_permissions_egress()))
        .ec2_tags(group.tags())
        .made_by(made_by::when(group.group_name() == Some(DEFAULT), made_by::VPC))
        .made_by(made_by::service(group.tags(), None));
    Some(attributes.object(SECURITY_GROUP, group.group_id()?))
}

/// One block for each source or destination, since each has a description of its own.
fn blocks(group: &SecurityGroup, permissions: &[IpPermission]) -> Vec<Value> {
    permissions.iter().flat_map(|permission| sources(group, permission)).collect()
}

fn sources(group: &SecurityGroup, permission: &IpPermission) -> Vec<Value> {
    let v4 = permission.ip_ranges().iter().map(|range| ("cidr_blocks", range.cidr_ip(), range.description()));
    let v6 = permission.ipv6_ranges().iter().map(|range| ("ipv6_cidr_blocks", range.cidr_ipv6(), range.description()));
    let lists =
        permission.prefix_list_ids().iter().map(|list| ("prefix_list_ids", list.prefix_list_id(), list.description()));
    let mut blocks: Vec<Value> = v4
        .chain(v6)
        .chain(lists)
        .filter_map(|(kind, source, description)| Some(block(permission, kind, json!([source?]), description)))
        .collect();
    for pair in permission.user_id_group_pairs() {
        let source = pair.group_id().or(pair.group_name());
        if source.is_some() && source == group.group_id() {
            blocks.push(block(permission, "self", json!(true), pair.description()));
        } else if let Some(source) = source {
            let source = qualified(group, pair, source);
            blocks.push(block(permission, "security_groups", json!([source]), pair.description()));
        }
    }
    blocks
}

/// A group of another account has its account before it, as in the provider's state.
fn qualified(group: &SecurityGroup, pair: &UserIdGroupPair, source: &str) -> String {
    match pair.user_id() {
        Some(account) if group.owner_id().is_some_and(|owner| owner != account) => format!("{account}/{source}"),
        _ => source.to_owned(),
    }
}

fn block(permission: &IpPermission, kind: &str, source: Value, description: Option<&str>) -> Value {
    let port = |port: Option<i32>| i64::from(port.unwrap_or_default());
    let mut block = json!({
        "protocol": permission.ip_protocol().unwrap_or_default(),
        "from_port": port(permission.from_port()),
        "to_port": port(permission.to_port()),
        "cidr_blocks": [],
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "security_groups": [],
        "self": false,
        "description": description.unwrap_or_default(),
    });
    block[kind] = source;
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::IpRange;

    #[test]
    fn each_source_is_a_block_with_its_own_description() {
        let pair = |account: &str, id: &str| UserIdGroupPair::builder().user_id(account).group_id(id).build();
        let permission = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("office").build())
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
            .user_id_group_pairs(pair("111111111111", "sg-1"))
            .user_id_group_pairs(pair("111111111111", "sg-2"))
            .user_id_group_pairs(pair("222222222222", "sg-3"))
            .build();
        let group =
            SecurityGroup::builder().group_id("sg-1").owner_id("111111111111").ip_permissions(permission).build();
        let object = object(&group).expect("object");
        let blocks = object.attributes["ingress"].as_array().expect("list");
        let told: Vec<_> = blocks
            .iter()
            .map(|block| (&block["cidr_blocks"], &block["security_groups"], &block["self"], &block["description"]))
            .collect();
        let (none, no, empty) = (json!([]), json!(false), json!(""));
        assert_eq!(
            told,
            [
                (&json!(["10.0.0.0/8"]), &none, &no, &json!("office")),
                (&json!(["0.0.0.0/0"]), &none, &no, &empty),
                (&none, &none, &json!(true), &empty),
                (&none, &json!(["sg-2"]), &no, &empty),
                (&none, &json!(["222222222222/sg-3"]), &no, &empty),
            ]
        );
        assert_eq!(object.attributes["egress"], none);
    }

    #[test]
    fn all_traffic_has_port_zero() {
        let permission = IpPermission::builder()
            .ip_protocol("-1")
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
            .build();
        let blocks = sources(&SecurityGroup::builder().build(), &permission);
        assert_eq!((&blocks[0]["protocol"], &blocks[0]["from_port"]), (&json!("-1"), &json!(0)));
    }
}
