//! `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`: rules with an id.

use super::attributes::{Attributes, number};
use super::{Answer, Reading, Scope};
use aws_sdk_ec2::types::SecurityGroupRule;
use pilotlight_drift::LiveObject;

pub(super) const TYPES: &[&str] = &[INGRESS, EGRESS];
const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS: &str = "aws_vpc_security_group_egress_rule";

/// The most that DescribeSecurityGroupRules gives at once.
const PAGE: i32 = 1000;

pub(super) async fn read(scope: &Scope<'_>) -> Reading {
    let page = |next| {
        let request = scope.regional.ec2.describe_security_group_rules().max_results(PAGE).set_next_token(next);
        async move { request.send().await.map(|page| (page.security_group_rules, page.next_token)) }
    };
    let rules = scope.list("DescribeSecurityGroupRules", page).await?;
    // A rule that no state knows shows in its group.
    let known = rules.iter().filter_map(object).filter(|rule| scope.knows(&rule.resource_type, &rule.id));
    Ok(Answer::of(known))
}

fn object(rule: &SecurityGroupRule) -> Option<LiveObject> {
    let attributes = Attributes::new()
        .or_null("security_group_id", rule.group_id())
        .or_null("ip_protocol", rule.ip_protocol())
        .or_null("from_port", port(rule, rule.from_port()))
        .or_null("to_port", port(rule, rule.to_port()))
        .or_null("cidr_ipv4", rule.cidr_ipv4())
        .or_null("cidr_ipv6", rule.cidr_ipv6())
        .or_null("prefix_list_id", rule.prefix_list_id())
        .or_null("referenced_security_group_id", referenced(rule))
        .or_null("description", rule.description())
        .ec2_tags(rule.tags());
    let resource_type = if rule.is_egress()? { EGRESS } else { INGRESS };
    Some(attributes.object(resource_type, rule.security_group_rule_id()?))
}

/// EC2 tells -1 for the ports of a rule for all traffic; the provider keeps them as absent.
fn port(rule: &SecurityGroupRule, port: Option<i32>) -> Option<i64> {
    if rule.ip_protocol() == Some("-1") { None } else { number(port) }
}

/// A group of another account has its account before it, as in the provider's state.
fn referenced(rule: &SecurityGroupRule) -> Option<String> {
    let group = rule.referenced_group_info()?;
    let id = group.group_id()?;
    Some(match (group.user_id(), rule.group_owner_id()) {
        (Some(account), Some(owner)) if account != owner => format!("{account}/{id}"),
        _ => id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::ReferencedSecurityGroup;
    use serde_json::{Value, json};

    #[test]
    fn direction_is_the_type_and_all_traffic_has_no_ports() {
        let rule = SecurityGroupRule::builder()
            .security_group_rule_id("sgr-1")
            .group_id("sg-1")
            .group_owner_id("111111111111")
            .is_egress(true)
            .ip_protocol("-1")
            .from_port(-1)
            .to_port(-1)
            .referenced_group_info(ReferencedSecurityGroup::builder().group_id("sg-2").user_id("222222222222").build())
            .build();
        let object = object(&rule).expect("object");
        assert_eq!((object.resource_type.as_str(), object.id.as_str()), (EGRESS, "sgr-1"));
        assert_eq!((&object.attributes["from_port"], &object.attributes["to_port"]), (&Value::Null, &Value::Null));
        assert_eq!(object.attributes["referenced_security_group_id"], json!("222222222222/sg-2"));
    }
}
