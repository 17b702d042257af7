//! Comparing one object, attribute by attribute.

use crate::dns;
use crate::equal::{equal, equal_sets, is_empty, items, text};
use crate::network::{cidr, group_id, protocol};
use crate::rules::{Rule, rule};
use serde_json::{Map, Value};

/// A value that differs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// The top-level attribute that it is under.
    pub(crate) attribute: String,
    /// In Terraform's notation.
    pub(crate) path: String,
    /// What the state has.
    pub(crate) old: Value,
    /// What the cloud has.
    pub(crate) new: Value,
}

impl Difference {
    pub(crate) fn of(attribute: &str, old: &Value, new: &Value) -> Self {
        Self { attribute: attribute.to_owned(), path: attribute.to_owned(), old: old.clone(), new: new.clone() }
    }
}

/// Prefix of the tags that AWS sets itself.
const AWS_TAG: &str = "aws:";

/// Compares the attributes that both sides have. Rules and routes are not among them: see
/// [`crate::security_groups`] and [`crate::routes`].
pub(crate) fn compare(resource_type: &str, state: &Map<String, Value>, live: &Map<String, Value>) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (attribute, new) in live {
        // Before version 3.38 of the provider there was no tags_all.
        let known = match attribute.as_str() {
            "tags_all" => state.get("tags_all").or_else(|| state.get("tags")),
            // A provider that does not know a routing policy yet cannot have made it.
            name if name.ends_with("_routing_policy") && !is_empty(new) && *new != Value::Bool(false) => {
                state.get(name).or(Some(&Value::Null))
            }
            _ => state.get(attribute),
        };
        let Some(old) = known else { continue };
        let differs = match rule(resource_type, attribute) {
            Some(Rule::Ignore | Rule::SecurityGroupRules | Rule::Routes) => false,
            Some(Rule::Tags) => {
                differences.extend(tags(attribute, old, new));
                false
            }
            None => {
                walk(attribute, attribute, old, new, &mut differences);
                false
            }
            Some(Rule::Set) => !equal_sets(items(old), items(new), same_block),
            Some(Rule::WhereStated) if is_empty(old) || equal(old, &Value::Null) => false,
            Some(Rule::WhereStated) if old.is_array() => !equal_sets(items(old), items(new), same_block),
            Some(Rule::WhereStated) => !equal(old, new),
            Some(Rule::DnsName) => dns::name(&text(old)) != dns::name(&text(new)),
            Some(Rule::DnsNames) => !by_text(old, new, dns::name),
            Some(Rule::RecordValues) => {
                let record_type = text(live.get("type").or(state.get("type")).unwrap_or(&Value::Null));
                !by_text(old, new, |value| dns::value(&record_type, value))
            }
            Some(Rule::Alias) => !equal(&aliases(old), &aliases(new)),
            Some(Rule::Policy) => policy(old) != policy(new),
            Some(Rule::Cidr) => cidr(&text(old)) != cidr(&text(new)),
            Some(Rule::Protocol) => protocol(&text(old)) != protocol(&text(new)),
            Some(Rule::Port) => !equal(port(old), port(new)),
            Some(Rule::GroupId) => group_id(&text(old)) != group_id(&text(new)),
        };
        if differs {
            differences.push(Difference::of(attribute, &ordered(old), &ordered(new)));
        }
    }
    differences
}

/// A set of texts in order, so that two of them can be read side by side.
fn ordered(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Array(items) = &mut value
        && items.iter().all(Value::is_string)
    {
        items.sort_by_cached_key(text);
    }
    value
}

fn by_text(old: &Value, new: &Value, canonical: impl Fn(&str) -> String) -> bool {
    equal_sets(items(old), items(new), |a, b| canonical(&text(a)) == canonical(&text(b)))
}

/// Plain comparison that goes down into blocks as far as both sides have the same number of them.
fn walk(attribute: &str, path: &str, old: &Value, new: &Value, differences: &mut Vec<Difference>) {
    match (old, new) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() && a.iter().chain(b).all(Value::is_object) => {
            for (index, (old, new)) in a.iter().zip(b).enumerate() {
                for (name, new) in new.as_object().into_iter().flatten() {
                    if let Some(old) = old.get(name) {
                        walk(attribute, &format!("{path}[{index}].{name}"), old, new, differences);
                    }
                }
            }
        }
        _ if equal(old, new) => {}
        _ => differences.push(Difference { path: path.to_owned(), ..Difference::of(attribute, old, new) }),
    }
}

/// Equality of set elements: of blocks the fields that both sides have.
fn same_block(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.iter().all(|(name, value)| b.get(name).is_none_or(|other| equal(value, other)))
        }
        _ => equal(a, b),
    }
}

fn tags(attribute: &str, old: &Value, new: &Value) -> Vec<Difference> {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).filter(|name| !name.starts_with(AWS_TAG)).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        // A tag with no value is another thing than no tag.
        .filter(|name| old.get(*name).map(text) != new.get(*name).map(text))
        .map(|name| Difference {
            path: format!("{attribute}[{}]", Value::from(name.as_str())),
            ..Difference::of(attribute, old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null))
        })
        .collect()
}

fn aliases(value: &Value) -> Value {
    let alias = |block: &Value| {
        serde_json::json!({
            "name": dns::alias_target(block.get("name").and_then(Value::as_str).unwrap_or_default()),
            "zone_id": block.get("zone_id").unwrap_or(&Value::Null),
            "evaluate_target_health": block.get("evaluate_target_health").unwrap_or(&Value::Null),
        })
    };
    Value::Array(items(value).iter().map(alias).collect())
}

fn port(value: &Value) -> &Value {
    if value.as_i64() == Some(-1) { &Value::Null } else { value }
}

/// A policy in canonical form; text that is no JSON stays text.
fn policy(value: &Value) -> Value {
    match value.as_str().map(serde_json::from_str::<Value>) {
        Some(Ok(document)) => canonical(document),
        _ => Value::String(text(value)),
    }
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(canonical).collect();
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
        }
        Value::Object(map) => {
            let mut fields: Vec<(String, Value)> =
                map.into_iter().map(|(name, value)| (name, canonical(value))).collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(fields.into_iter().collect())
        }
        Value::String(text) => Value::String(text),
        // IAM takes `true` and `"true"` for the same.
        scalar => Value::String(scalar.to_string()),
    }
}
