//! `aws_network_acl` with its rules, and `aws_network_acl_association`: both from one call.

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope, made_by};
use aws_sdk_ec2::types::{NetworkAcl, NetworkAclAssociation, NetworkAclEntry};
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[NETWORK_ACL, ASSOCIATION];
const NETWORK_ACL: &str = "aws_network_acl";
const ASSOCIATION: &str = "aws_network_acl_association";

/// The most that DescribeNetworkAcls gives at once.
const PAGE: i32 = 1000;

/// The least number of the rules that every list ends with: they deny the rest, and nobody can change them.
const LAST_RULES: i32 = 32767;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_network_acls().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.network_acls, page.next_token)) }
    };
    let lists = scope.list("DescribeNetworkAcls", page).await?;
    let associations = lists.iter().flat_map(NetworkAcl::associations).filter_map(association);
    let known = associations.filter(|object| scope.knows(ASSOCIATION, &object.id));
    Ok(Answer::of(lists.iter().filter_map(object).chain(known)))
}

fn object(list: &NetworkAcl) -> Option<LiveObject> {
    let rules = |egress: bool| {
        let of_direction = move |rule: &&NetworkAclEntry| rule.egress().unwrap_or_default() == egress;
        let is_made = |rule: &&NetworkAclEntry| rule.rule_number().is_none_or(|number| number < LAST_RULES);
        list.entries().iter().filter(of_direction).filter(is_made).map(rule).collect::<Vec<_>>()
    };
    let is_default = list.is_default() == Some(true);
    let attributes = Attributes::new()
        .or_null("vpc_id", list.vpc_id())
        .if_told("owner_id", list.owner_id())
        .blocks("ingress", rules(false))
        .blocks("egress", rules(true))
        .ec2_tags(list.tags())
        .made_by(made_by::when(is_default, made_by::VPC));
    // Subnets that no other list has are in the default one: AWS puts each new one there. A subnet that was taken
    // out of its list shows in that.
    let attributes = if is_default {
        attributes
    } else {
        attributes.texts("subnet_ids", list.associations().iter().filter_map(NetworkAclAssociation::subnet_id))
    };
    Some(attributes.object(NETWORK_ACL, list.network_acl_id()?))
}

fn rule(rule: &NetworkAclEntry) -> Attributes {
    let (ports, icmp) = (rule.port_range(), rule.icmp_type_code());
    Attributes::new()
        .or_null("rule_no", number(rule.rule_number()))
        .or_null("action", rule.rule_action().map(|action| action.as_str()))
        .or_null("protocol", rule.protocol())
        .or_null("cidr_block", rule.cidr_block())
        .or_null("ipv6_cidr_block", rule.ipv6_cidr_block())
        .set("from_port", number(ports.and_then(|ports| ports.from())).unwrap_or_default())
        .set("to_port", number(ports.and_then(|ports| ports.to())).unwrap_or_default())
        .if_told("icmp_type", number(icmp.and_then(|icmp| icmp.r#type())))
        .if_told("icmp_code", number(icmp.and_then(|icmp| icmp.code())))
}

fn association(association: &NetworkAclAssociation) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("network_acl_id", association.network_acl_id())
        .or_null("subnet_id", association.subnet_id());
    Some(attributes.object(ASSOCIATION, association.network_acl_association_id()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{PortRange, RuleAction};
    use serde_json::json;

    fn list(is_default: bool) -> NetworkAcl {
        let rule = |number: i32, egress: bool| {
            NetworkAclEntry::builder().rule_number(number).egress(egress).protocol("6").cidr_block("0.0.0.0/0")
        };
        let association = NetworkAclAssociation::builder()
            .network_acl_association_id("aclassoc-1")
            .network_acl_id("acl-1")
            .subnet_id("subnet-1")
            .build();
        NetworkAcl::builder()
            .network_acl_id("acl-1")
            .is_default(is_default)
            .entries(
                rule(100, false)
                    .rule_action(RuleAction::Allow)
                    .port_range(PortRange::builder().from(443).to(443).build())
                    .build(),
            )
            .entries(rule(32767, false).build())
            .entries(rule(32768, true).build())
            .associations(association)
            .build()
    }

    #[test]
    fn the_rules_that_end_every_list_are_left_out() {
        let object = object(&list(false)).expect("object");
        assert_eq!(
            object.attributes["ingress"],
            json!([{
                "rule_no": 100, "action": "allow", "protocol": "6", "cidr_block": "0.0.0.0/0", "ipv6_cidr_block": null,
                "from_port": 443, "to_port": 443
            }])
        );
        assert_eq!(object.attributes["egress"], json!([]));
        assert_eq!(object.attributes["subnet_ids"], json!(["subnet-1"]));
    }

    #[test]
    fn the_default_list_has_the_subnets_that_no_other_has() {
        let object = object(&list(true)).expect("object");
        assert_eq!(object.attributes.get("subnet_ids"), None);
        assert_eq!(object.made_by.as_deref(), Some("AWS, with the VPC"));
    }
}
