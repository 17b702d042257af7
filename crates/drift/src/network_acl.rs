//! Rules of a network ACL that are resources of their own: found in their list by direction and number.

use crate::compare::Difference;
use crate::equal::{equal, items, text};
use crate::network::{cidr, is_world, protocol};
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
        // Only told of a rule for ICMP.
        "icmp_type" | "icmp_code" if !live.contains_key(name) => false,
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

/// Whether a rule of its own lets the Internet in now, and did not: `found` is how it differs.
pub(crate) fn is_opened(rule: &Map<String, Value>, found: &[Difference]) -> bool {
    let now = |name: &str| {
        let changed = found.iter().find(|difference| difference.attribute == name).map(|difference| &difference.new);
        text(changed.or_else(|| rule.get(name)).unwrap_or(&Value::Null))
    };
    let is_open = |get: &dyn Fn(&str) -> String| {
        get("rule_action") == "allow" && (is_world(&get("cidr_block")) || is_world(&get("ipv6_cidr_block")))
    };
    let was = |name: &str| text(rule.get(name).unwrap_or(&Value::Null));
    // A rule that was open and lets other ports in is opened as well.
    direction(rule) == "ingress" && is_open(&now) && !found.is_empty() && (!is_open(&was) || widens(found))
}

/// Whether a difference is in what the rule lets in, beside from where.
fn widens(found: &[Difference]) -> bool {
    let what = ["protocol", "from_port", "to_port", "icmp_type", "icmp_code"];
    found.iter().any(|difference| what.contains(&difference.attribute.as_str()))
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

    #[test]
    fn a_rule_that_takes_everybody_in_is_told_from_one_that_takes_fewer() {
        let rule = |egress: bool, cidr: &str, action: &str| {
            object(json!({
                "egress": egress, "rule_number": 100, "rule_action": action, "protocol": "6", "cidr_block": cidr,
                "from_port": 53, "to_port": 53,
            }))
        };
        let list = |cidr: &str, action: &str, port: u32| {
            let rule = json!([{
                "rule_no": 100, "action": action, "protocol": "6", "cidr_block": cidr, "from_port": port, "to_port": 53,
            }]);
            object(json!({"ingress": rule, "egress": rule}))
        };
        let opened = |rule: &Map<String, Value>, list: &Map<String, Value>| {
            is_opened(rule, &compare_acl_rule(rule, list).expect("rule"))
        };
        let (world, inside) = ("0.0.0.0/0", "10.0.0.0/8");
        assert!(opened(&rule(false, inside, "allow"), &list(world, "allow", 53)));
        assert!(opened(&rule(false, world, "deny"), &list(world, "allow", 53)));
        assert!(opened(&rule(false, world, "allow"), &list(world, "allow", 1)), "more ports");
        assert!(!opened(&rule(false, world, "allow"), &list(inside, "allow", 53)));
        assert!(!opened(&rule(false, world, "allow"), &list(world, "deny", 53)));
        assert!(!opened(&rule(true, inside, "allow"), &list(world, "allow", 53)), "on the way out");
        assert!(!opened(&rule(false, world, "allow"), &list(world, "allow", 53)), "as it was");
    }

    #[test]
    fn what_was_not_told_of_a_rule_is_not_compared() {
        let rule = object(json!({
            "egress": false, "rule_number": 1, "rule_action": "allow", "protocol": "icmp", "cidr_block": "10.0.0.0/8",
            "icmp_type": 8, "icmp_code": 0,
        }));
        let told = |icmp: Value| {
            let mut live = json!({"rule_no": 1, "action": "allow", "protocol": "1", "cidr_block": "10.0.0.0/8"});
            live.as_object_mut().expect("rule").extend(icmp.as_object().expect("icmp").clone());
            let found = compare_acl_rule(&rule, &object(json!({"ingress": [live]}))).expect("rule");
            found.into_iter().map(|difference| difference.path).collect::<Vec<_>>()
        };
        assert_eq!(told(json!({})), Vec::<String>::new());
        assert_eq!(told(json!({"icmp_type": -1, "icmp_code": -1})), ["icmp_type", "icmp_code"]);
    }
}
