//! Brings attributes that can be written in more than one form into the one that the state has, on both sides, as
//! the provider does when it reads: only then are they compared field by field.

use crate::equal::{is_empty, items, text};
use crate::network::{cidr, protocol};
use crate::policy::policy;
use crate::shapes::natural;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How an attribute is brought into one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Actions of a load balancer: one target group is written as `target_group_arn` or as a `forward` block, and the
    /// API answers with both.
    Actions,
    /// Blocks with a policy each, which AWS answers as it was given and the provider writes in its own order.
    Documents,
    /// A list of which the resource owns just what it states.
    Stated,
    /// Rules of a network ACL: the state of one that was just applied has protocols as they were written.
    AclRules,
    /// The SHA-1 of a text: that of an empty one says that there is none.
    Hash,
    /// Blocks that have sets below these names.
    Sets(&'static [&'static str]),
    /// Blocks in which a block below this name says nothing where all of its fields are empty.
    Hollow(&'static str),
}

/// Live type, attribute, form.
const FORMS: &[(&str, &str, Form)] = &[
    ("aws_lb_listener", "default_action", Form::Actions),
    ("aws_lb_listener_rule", "action", Form::Actions),
    ("aws_lb_listener_rule", "condition", Form::Sets(&["values", "query_string"])),
    ("aws_instance", "user_data", Form::Hash),
    ("aws_network_acl", "ingress", Form::AclRules),
    ("aws_network_acl", "egress", Form::AclRules),
    ("aws_iam_role", "inline_policy", Form::Documents),
    ("aws_iam_user_group_membership", "groups", Form::Stated),
    ("aws_autoscaling_policy", "target_tracking_configuration", Form::Sets(&["metrics", "dimensions"])),
    ("aws_autoscaling_policy", "predictive_scaling_configuration", Form::Sets(&["dimensions"])),
    ("aws_autoscaling_group", "mixed_instances_policy", Form::Sets(REQUIREMENTS)),
    ("aws_cloudfront_distribution", "origin", Form::Hollow("s3_origin_config")),
];

/// The sets in `instance_requirements`.
const REQUIREMENTS: &[&str] = &[
    "accelerator_manufacturers",
    "accelerator_names",
    "accelerator_types",
    "allowed_instance_types",
    "cpu_manufacturers",
    "excluded_instance_types",
    "instance_generations",
    "local_storage_types",
];

type Attributes<'m> = Cow<'m, Map<String, Value>>;

/// Aligns the attributes of an object that have more than one form, and says which these are. What remains different
/// is different.
pub(crate) fn align(kind: &str, state: &mut Attributes<'_>, live: &mut Attributes<'_>) -> Vec<&'static str> {
    let mut aligned = Vec::new();
    let kind = natural(kind).kind(kind);
    for (_, attribute, form) in FORMS.iter().filter(|(resource_type, ..)| *resource_type == kind) {
        if !state.contains_key(*attribute) || !live.contains_key(*attribute) {
            continue;
        }
        let (state, live) = (state.to_mut(), live.to_mut());
        if let (Some(old), Some(new)) = (state.get_mut(*attribute), live.get_mut(*attribute)) {
            match form {
                Form::Actions => actions(old, new),
                Form::Documents => documents(old, new),
                Form::Stated => stated(old, new),
                Form::Hash => [old, new].into_iter().for_each(hash),
                Form::AclRules => [old, new].into_iter().for_each(acl_rules),
                Form::Sets(names) => {
                    sort(old, names);
                    sort(new, names);
                }
                Form::Hollow(name) => [old, new].into_iter().for_each(|blocks| without_hollow(blocks, name)),
            }
            aligned.push(*attribute);
        }
    }
    aligned
}

fn actions(old: &mut Value, new: &mut Value) {
    let states: Vec<Value> = items(old).to_vec();
    for (index, action) in new.as_array_mut().into_iter().flatten().enumerate() {
        let field = |name: &str| states.get(index).and_then(|action| action.get(name)).unwrap_or(&Value::Null);
        let (by_arn, by_block) = (!is_empty(field("target_group_arn")), !is_empty(field("forward")));
        if by_block && !by_arn {
            action["target_group_arn"] = Value::Null;
        } else if !by_block && is_simple(action) {
            action["forward"] = Value::Array(Vec::new());
        }
    }
    for action in [old, new].into_iter().filter_map(Value::as_array_mut).flatten() {
        sort(action, &["target_group"]);
        // No API answers it, and no finding shows it.
        for oidc in action.get_mut("authenticate_oidc").and_then(Value::as_array_mut).into_iter().flatten() {
            oidc.as_object_mut().map(|oidc| oidc.remove("client_secret"));
        }
    }
}

/// Whether all that an action's `forward` block tells is its one target group.
fn is_simple(action: &Value) -> bool {
    let forward = items(&action["forward"]).first();
    let stickiness = forward.and_then(|forward| items(&forward["stickiness"]).first());
    !is_empty(&action["target_group_arn"]) && stickiness.is_none_or(|block| text(&block["enabled"]) != "true")
}

fn documents(old: &mut Value, new: &mut Value) {
    // An empty block stands for "no policies", which AWS answers with none.
    if let Some(blocks) = old.as_array_mut() {
        blocks.retain(|block| !is_empty(&block["name"]) || !is_empty(&block["policy"]));
    }
    for block in new.as_array_mut().into_iter().flatten() {
        let known = items(old).iter().find(|known| known["name"] == block["name"]);
        if let Some(known) = known.filter(|known| policy(&known["policy"]) == policy(&block["policy"])) {
            block["policy"] = known["policy"].clone();
        }
    }
    for blocks in [old, new].into_iter().filter_map(Value::as_array_mut) {
        blocks.sort_by_cached_key(|block| text(&block["name"]));
    }
}

/// A text in the form in which equal ones are equal texts.
type Canonical = fn(&str) -> String;

fn acl_rules(rules: &mut Value) {
    for rule in rules.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let canonical = [("protocol", protocol as Canonical), ("cidr_block", cidr), ("ipv6_cidr_block", cidr)];
        for (name, canonical) in canonical {
            if let Some(field) = rule.get_mut(name).filter(|field| !is_empty(field)) {
                *field = canonical(&text(field)).into();
            }
        }
    }
}

/// What the provider writes where the API answers with an empty text in place of none.
const HASH_OF_NOTHING: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn hash(value: &mut Value) {
    if *value == HASH_OF_NOTHING {
        *value = Value::Null;
    }
}

fn stated(old: &Value, new: &mut Value) {
    if let Some(live) = new.as_array_mut() {
        live.retain(|value| items(old).contains(value));
        live.sort_by_cached_key(|value| items(old).iter().position(|other| other == value));
    }
}

fn without_hollow(blocks: &mut Value, name: &str) {
    for inner in blocks.as_array_mut().into_iter().flatten().filter_map(|block| block.get_mut(name)?.as_array_mut()) {
        inner.retain(|block| block.as_object().is_none_or(|fields| !fields.values().all(is_empty)));
    }
}

/// Sorts the lists below these names, at any depth.
fn sort(value: &mut Value, names: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| sort(item, names)),
        Value::Object(fields) => {
            for (name, field) in fields {
                sort(field, names);
                if let (true, Value::Array(items)) = (names.contains(&name.as_str()), field) {
                    items.sort_by_cached_key(order);
                }
            }
        }
        _ => {}
    }
}

/// A key that is the same for a block whose empty fields are left out or written in another way.
fn order(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let told = fields.iter().filter(|(_, field)| !is_empty(field));
            told.map(|(name, field)| format!("{name}={}\n", order(field))).collect()
        }
        Value::Array(items) => items.iter().map(order).collect::<Vec<_>>().join("\n"),
        other => text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use serde_json::json;

    fn differences(kind: &str, attribute: &str, old: Value, new: Value) -> usize {
        let object = |value: Value| -> Map<String, Value> { [(attribute.to_owned(), value)].into_iter().collect() };
        let (state, live) = (object(old), object(new));
        let (mut state, mut live) = (Cow::Borrowed(&state), Cow::Borrowed(&live));
        align(kind, &mut state, &mut live);
        compare(kind, &state, &live, None).differences.len()
    }

    #[test]
    fn the_hash_of_no_user_data_is_none() {
        let of = |old: Value, new: Value| differences("aws_instance", "user_data", old, new);
        let hash = json!("da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(of(hash.clone(), json!(null)), 0);
        assert_eq!(of(json!(null), hash.clone()), 0);
        assert_eq!(of(hash, json!("a9993e364706816aba3e25717850c26c9cd0d89d")), 1);
    }

    fn forward(groups: &[(&str, i64)], sticky: bool) -> Value {
        let groups: Vec<Value> = groups.iter().map(|(arn, weight)| json!({"arn": arn, "weight": weight})).collect();
        json!([{"target_group": groups, "stickiness": [{"enabled": sticky, "duration": 0}]}])
    }

    #[test]
    fn a_forward_action_is_compared_in_the_form_of_the_state() {
        let answer = |groups: &[(&str, i64)], sticky| {
            let arn = if let [(arn, _)] = groups { json!(arn) } else { json!(null) };
            json!([{"type": "forward", "target_group_arn": arn, "forward": forward(groups, sticky)}])
        };
        let by_arn = json!([{"type": "forward", "target_group_arn": "tg-1", "forward": []}]);
        let by_block = json!([{"type": "forward", "target_group_arn": "", "forward": forward(&[("tg-1", 1), ("tg-2", 3)], false)}]);
        let one_by_block =
            json!([{"type": "forward", "target_group_arn": "", "forward": forward(&[("tg-1", 1)], false)}]);
        for (state, live, same) in [
            (&by_arn, answer(&[("tg-1", 1)], false), true),
            (&by_arn, answer(&[("tg-2", 1)], false), false),
            (&by_arn, answer(&[("tg-1", 1)], true), false),
            (&by_arn, answer(&[("tg-1", 1), ("tg-2", 1)], false), false),
            (&by_block, answer(&[("tg-2", 3), ("tg-1", 1)], false), true),
            (&by_block, answer(&[("tg-2", 1), ("tg-1", 1)], false), false),
            (&by_block, answer(&[("tg-1", 1)], false), false),
            (&one_by_block, answer(&[("tg-1", 1)], false), true),
            (&one_by_block, answer(&[("tg-2", 1)], false), false),
            (&by_arn, json!([{"type": "fixed-response", "target_group_arn": null, "forward": []}]), false),
        ] {
            for kind in ["aws_lb_listener", "aws_alb_listener"] {
                let found = differences(kind, "default_action", state.clone(), live.clone());
                assert_eq!(found == 0, same, "{state} {live}");
            }
        }
    }

    #[test]
    fn a_client_secret_is_in_no_difference() {
        let oidc = |issuer: &str, secret: Option<&str>| json!([{"type": "authenticate-oidc", "authenticate_oidc": [{"issuer": issuer, "client_secret": secret}]}]);
        let (state, live) = (oidc("a", Some("planted")), json!([]));
        let object = |value: Value| -> Map<String, Value> { [("action".to_owned(), value)].into_iter().collect() };
        let (state, live) = (object(state), object(live));
        let (mut state, mut live) = (Cow::Borrowed(&state), Cow::Borrowed(&live));
        align("aws_lb_listener_rule", &mut state, &mut live);
        let found = compare("aws_lb_listener_rule", &state, &live, None);
        assert_eq!(found.differences.len(), 1);
        assert!(!format!("{found:?}").contains("planted"));
        assert_eq!(differences("aws_lb_listener_rule", "action", oidc("a", Some("s")), oidc("a", None)), 0);
        assert_eq!(differences("aws_lb_listener_rule", "action", oidc("a", Some("s")), oidc("b", None)), 1);
    }

    #[test]
    fn inline_policies_are_compared_by_what_they_mean() {
        let state = json!([
            {"name": "b", "policy": r#"{"Version":"1","Statement":[{"Action":["x","y"]}]}"#},
            {"name": "a", "policy": r#"{"Statement":[]}"#},
        ]);
        let live = |document: &str| json!([{"name": "a", "policy": "{ \"Statement\": [] }"}, {"name": "b", "policy": document}]);
        let found = |document: &str| differences("aws_iam_role", "inline_policy", state.clone(), live(document));
        assert_eq!(found(r#"{"Statement": {"Action": ["y", "x"]}, "Version": "1"}"#), 0);
        assert_eq!(found(r#"{"Statement": {"Action": ["y", "z"]}, "Version": "1"}"#), 1);
        let empty = json!([{"name": "", "policy": ""}]);
        assert_eq!(differences("aws_iam_role", "inline_policy", empty.clone(), json!([])), 0);
        assert_eq!(differences("aws_iam_role", "inline_policy", empty, live("{}")), 1);
    }

    #[test]
    fn protocols_of_a_network_acl_have_one_name() {
        let rule = |protocol: &str, cidr: &str, code: Value| json!([{"rule_no": 100, "protocol": protocol, "cidr_block": cidr, "ipv6_cidr_block": "", "icmp_code": code}]);
        for kind in ["aws_network_acl", "aws_default_network_acl"] {
            let found = |live: Value| differences(kind, "ingress", rule("tcp", "10.0.0.0/8", json!(null)), live);
            assert_eq!(found(rule("6", "10.0.0.0/8", json!(0))), 0);
            assert_eq!(found(rule("17", "10.0.0.0/8", json!(0))), 1);
            assert_eq!(found(rule("6", "0.0.0.0/0", json!(0))), 1);
        }
    }

    #[test]
    fn an_origin_without_an_identity_is_one_without_the_block_for_it() {
        let origin = |config: Value| json!([{"origin_id": "o", "s3_origin_config": config}]);
        let of = |identity: &str| origin(json!([{"origin_access_identity": identity}]));
        let found = |old: Value, new: Value| differences("aws_cloudfront_distribution", "origin", old, new);
        assert_eq!(found(of(""), origin(json!([]))), 0);
        assert_eq!(found(of("a"), origin(json!([]))), 1);
        assert_eq!(found(origin(json!([])), of("a")), 1);
    }

    #[test]
    fn of_memberships_only_what_is_stated_is_compared() {
        let found = |live: Value| differences("aws_iam_user_group_membership", "groups", json!(["b", "a"]), live);
        assert_eq!(found(json!(["a", "b", "other"])), 0);
        assert_eq!(found(json!(["a", "other"])), 1);
    }

    #[test]
    fn sets_inside_blocks_have_no_order() {
        let condition =
            |values: &[&str], queries: Value| json!([{"path_pattern": [{"values": values}], "query_string": queries}]);
        let state = condition(&["/a", "/b"], json!([{"key": "", "value": "c"}, {"key": "a", "value": "b"}]));
        let found = |live: Value| differences("aws_lb_listener_rule", "condition", state.clone(), live);
        assert_eq!(
            found(condition(&["/b", "/a"], json!([{"key": "a", "value": "b"}, {"key": null, "value": "c"}]))),
            0
        );
        assert_eq!(
            found(condition(&["/b", "/c"], json!([{"key": "a", "value": "b"}, {"key": null, "value": "c"}]))),
            1
        );
    }
}
