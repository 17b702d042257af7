//! A test for every row of the table: a pair that the row makes equal, and one that it does not.

use crate::compare::compare;
use crate::rules::{RULES, Rule};
use serde_json::{Map, Value, json};

/// What the state has, and what the cloud has.
type Pairs = Vec<(Value, Value)>;

/// What a row takes for equal though it is not the same, and what it tells apart. A row that ignores its
/// attribute tells nothing apart.
fn examples(rule: Rule, attribute: &str) -> (Pairs, Pairs) {
    let differ = |old: Value, new: Value| vec![(old, new)];
    match rule {
        Rule::Ignore => (vec![(json!("a"), json!("b")), (json!(null), json!("b"))], vec![]),
        Rule::Value => (vec![(json!(null), json!(""))], differ(json!("a"), json!("b"))),
        Rule::Set => (
            vec![(json!(["a", "b"]), json!(["b", "a"])), (json!(null), json!([]))],
            differ(json!(["a"]), json!(["a", "b"])),
        ),
        Rule::WhereStated => (
            vec![
                (json!(""), json!("b")),
                (json!([]), json!(["b"])),
                (json!(0), json!(100)),
                (json!(["a", "b"]), json!(["b", "a"])),
            ],
            vec![(json!("a"), json!("")), (json!(["a"]), json!(["b"])), (json!(100), json!(200))],
        ),
        Rule::DnsName => {
            (vec![(json!("Shop.test"), json!("shop.test."))], differ(json!("shop.test"), json!("other.test")))
        }
        Rule::DnsNames => (
            vec![(json!(["NS-1.a.", "ns-2.a"]), json!(["ns-2.a.", "ns-1.a"]))],
            differ(json!(["ns-1.a"]), json!(["ns-2.a"])),
        ),
        Rule::RecordValues => (
            vec![(json!(["v=1", "w"]), json!(["\"w\"", "\"v=1\""])), (json!(null), json!([]))],
            vec![(json!(["v=1"]), json!(["\"V=1\""])), (json!(["v"]), json!([]))],
        ),
        Rule::Alias => (
            vec![(
                json!([{"name": "LB.aws.com", "zone_id": "Z", "evaluate_target_health": true}]),
                json!([{"evaluate_target_health": true, "name": "dualstack.lb.aws.com.", "zone_id": "Z"}]),
            )],
            vec![
                (json!([{"name": "a", "zone_id": "Z"}]), json!([{"name": "b", "zone_id": "Z"}])),
                (json!([]), json!([{"name": "b"}])),
            ],
        ),
        Rule::Tags => (
            vec![(json!({"a": "b"}), json!({"a": "b", "aws:cloudformation:x": "y"})), (json!(null), json!({}))],
            vec![(json!({"a": "b"}), json!({"a": "c"})), (json!({"a": "b"}), json!({})), (json!({}), json!({"a": ""}))],
        ),
        Rule::Policy => (
            vec![(
                json!(r#"{"Statement": [{"Action": ["b", "a"], "Effect": "Allow", "Flag": true}]}"#),
                json!(r#"{"Statement": {"Effect": "Allow", "Action": ["a", "b"], "Flag": "true"}}"#),
            )],
            differ(json!(r#"{"Statement": {"Action": "a"}}"#), json!(r#"{"Statement": {"Action": "*"}}"#)),
        ),
        Rule::Cidr if attribute.ends_with('6') => {
            (vec![(json!("2001:DB8::1/32"), json!("2001:db8::/32"))], differ(json!("::/1"), json!("::/0")))
        }
        Rule::Cidr => {
            (vec![(json!("10.1.2.3/8"), json!("10.0.0.0/8"))], differ(json!("10.0.0.0/8"), json!("10.0.0.0/9")))
        }
        Rule::Protocol => {
            (vec![(json!("6"), json!("tcp")), (json!("all"), json!("-1"))], differ(json!("tcp"), json!("udp")))
        }
        Rule::Port => (vec![(json!(null), json!(-1))], differ(json!(80), json!(-1))),
        Rule::GroupId => (vec![(json!("123456789012/sg-1"), json!("sg-1"))], differ(json!("sg-1"), json!("sg-2"))),
        // Told apart with the rules and routes that other resources own: tests/estate.rs and tests/ownership.rs.
        Rule::SecurityGroupRules | Rule::Routes => (vec![(json!([]), json!([{"from_port": 1}]))], vec![]),
    }
}

fn differences(resource_type: &str, attribute: &str, old: &Value, new: &Value) -> usize {
    let object = |value: &Value| -> Map<String, Value> {
        [(attribute.to_owned(), value.clone()), ("type".to_owned(), json!("TXT"))].into_iter().collect()
    };
    compare(resource_type, &object(old), &object(new), None).differences.len()
}

#[test]
fn every_row_decides_its_attribute() {
    for row in RULES {
        let resource_type = row.resource_type.replace('*', "ingress_rule");
        let place = format!("{}.{}", row.resource_type, row.attribute);
        assert_eq!(super::row_for(&resource_type, row.attribute), Some(row), "another row comes first: {place}");
        assert!(row.reason.len() > 3, "{place} has no reason");
        let (same, other) = examples(row.rule, row.attribute);
        for (old, new) in same {
            assert_eq!(differences(&resource_type, row.attribute, &old, &new), 0, "{place}: {old} {new}");
        }
        for (old, new) in other {
            assert_eq!(differences(&resource_type, row.attribute, &old, &new), 1, "{place}: {old} {new}");
        }
    }
}

#[test]
fn no_two_rows_are_about_one_attribute() {
    let mut places: Vec<_> = RULES.iter().map(|row| (row.resource_type, row.attribute)).collect();
    places.sort_unstable();
    let all = places.len();
    places.dedup();
    assert_eq!(places.len(), all);
}

#[test]
fn without_a_row_values_are_compared_as_they_are() {
    for (old, new, count) in [
        (json!("1"), json!(1), 0),
        (json!(null), json!({}), 0),
        (json!(["a", "b"]), json!(["b", "a"]), 1),
        (json!([{"a": 1, "only_state": 2}]), json!([{"a": 1, "only_live": 3}]), 0),
        (json!([{"a": 1, "b": 2}]), json!([{"a": 2, "b": 3}]), 2),
        (json!([{"a": 1}]), json!([]), 1),
        (json!({"a": 1}), json!({"a": 1, "b": 2}), 1),
    ] {
        assert_eq!(differences("aws_x", "plain", &old, &new), count, "{old} {new}");
    }
}

#[test]
fn only_what_both_sides_have_is_compared() {
    let state: Map<String, Value> = [("a".to_owned(), json!(1))].into_iter().collect();
    let live: Map<String, Value> = [("b".to_owned(), json!(1))].into_iter().collect();
    assert_eq!(compare("aws_x", &state, &live, None), crate::compare::Comparison::default());
    // A provider before 3.38 wrote no tags_all.
    let old: Map<String, Value> = [("tags".to_owned(), json!({"a": "b"}))].into_iter().collect();
    let tagged: Map<String, Value> = [("tags_all".to_owned(), json!({"a": "c"}))].into_iter().collect();
    assert_eq!(compare("aws_x", &old, &tagged, None).differences.len(), 1);
}
