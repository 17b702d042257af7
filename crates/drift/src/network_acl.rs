//! Rules of a network ACL that are resources of their own: found in their list by direction and number.

use crate::compare::Difference;
use crate::equal::{equal, items, text};
use crate::network::{cidr, protocol};
use serde_json::{Map, Value};

/// The attribute of the list that has the rule.
pub(crate) fn direction(rule: &Map<String, Value>) -> &'static str {
    if rule.get("egress").map(text).as_deref() == Some("true") { "egress" } else { "ingress" }
}

/// What became of an `aws_network_acl_rule`: none where its list has no rule of this number in this direction.
pub(crate) fn compare_acl_rule(rule: &Map<String, Value>, list: &Map<String, Value>) -> Option<Vec<Difference>> {
    let nothing = Value::Null;
    let number = rule.get("rule_number").map(text)?;
    let rules = items(list.get(direction(rule)).unwrap_or(&nothing)).iter().filter_map(Value::as_object);
    let live = rules.into_iter().find(|live| live.get("rule_no").map(text).as_ref() == Some(&number))?;
    let differs = |name: &str, old: &Value, new: &Value| match name {
        "protocol" => protocol(&text(old)) != protocol(&text(new)),
        "cidr_block" | "ipv6_cidr_block" => cidr(&text(old)) != cidr(&text(new)),
        _ => !equal(old, new),
    };
    let of_list = |name: &str| if name == "rule_action" { "action".to_owned() } else { name.to_owned() };
    let names =
        ["rule_action", "protocol", "cidr_block", "ipv6_cidr_block", "from_port", "to_port", "icmp_type", "icmp_code"];
    let pairs = names
        .iter()
        .map(|name| (*name, rule.get(*name).unwrap_or(&nothing), live.get(&of_list(name)).unwrap_or(&nothing)));
    let different = pairs.filter(|(name, old, new)| differs(name, old, new));
    Some(different.map(|(name, old, new)| Difference::of(name, old, new)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("object")
    }

    #[test]
    fn a_rule_is_found_by_its_direction_and_number() {
        let list = object(json!({
            "ingress": [{
                "rule_no": 100, "action": "allow", "protocol": "6", "cidr_block": "0.0.0.0/0", "ipv6_cidr_block": null,
                "from_port": 443, "to_port": 443, "icmp_type": 0, "icmp_code": 0,
            }],
            "egress": [],
        }));
        let rule = |egress: bool, number: u32, port: u32, cidr: &str| {
            object(json!({
                "egress": egress, "rule_number": number, "rule_action": "allow", "protocol": "tcp", "cidr_block": cidr,
                "ipv6_cidr_block": "", "from_port": port, "to_port": 443, "icmp_type": null, "icmp_code": null,
            }))
        };
        assert_eq!(compare_acl_rule(&rule(false, 100, 443, "0.0.0.0/0"), &list), Some(vec![]));
        assert_eq!(compare_acl_rule(&rule(true, 100, 443, "0.0.0.0/0"), &list), None);
        assert_eq!(compare_acl_rule(&rule(false, 110, 443, "0.0.0.0/0"), &list), None);
        let names = |rule| {
            let found = compare_acl_rule(&rule, &list).expect("rule");
            found.into_iter().map(|difference| difference.path).collect::<Vec<_>>()
        };
        assert_eq!(names(rule(false, 100, 80, "0.0.0.0/0")), ["from_port"]);
        assert_eq!(names(rule(false, 100, 443, "10.0.0.0/8")), ["cidr_block"]);
        let mut denies = rule(false, 100, 443, "0.0.0.0/0");
        denies.insert("rule_action".into(), json!("deny"));
        assert_eq!(names(denies), ["rule_action"]);
    }
}
