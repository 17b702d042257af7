//! Comparing one object, attribute by attribute.

use crate::dns;
use crate::equal::{equal, equal_sets, is_empty, items, text};
use crate::network::{cidr, group_id, protocol};
use crate::policy::policy;
use crate::rules::{Row, Rule, row_for};
use crate::schema::{Nature, TypeSchema};
use crate::shaped;
use serde_json::{Map, Value};
use std::collections::HashSet;

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
    /// Whether the provider's schema says that it is a secret, or has one in it.
    pub(crate) secret: bool,
    /// Whether only the configuration sets it, as the provider's schema says: then it is no echo of another resource.
    pub(crate) argument: bool,
}

impl Difference {
    pub(crate) fn of(attribute: &str, old: &Value, new: &Value) -> Self {
        Self {
            attribute: attribute.to_owned(),
            path: attribute.to_owned(),
            old: old.clone(),
            new: new.clone(),
            secret: false,
            argument: false,
        }
    }
}

/// A difference that a rule takes for none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Silent {
    pub(crate) difference: Difference,
    /// The rule's name.
    pub(crate) rule: String,
    /// Why it holds.
    pub(crate) reason: String,
}

impl Silent {
    fn by(row: &Row, difference: Difference) -> Self {
        let rule = format!("{}.{} ({})", row.resource_type, row.attribute, row.rule.name());
        Self { difference, rule, reason: row.reason.to_owned() }
    }
}

/// What comparing two objects gives.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) differences: Vec<Difference>,
    pub(crate) silent: Vec<Silent>,
}

/// Prefix of the tags that AWS sets itself.
const AWS_TAG: &str = "aws:";

/// Of attributes that the provider alone sets.
const COMPUTED: (&str, &str) = ("computed", "the provider computes it: it is no configuration");

/// Computed attributes that alone tell that the content of an object was replaced: no argument has it.
const CONTENT: &[(&str, &str)] = &[("aws_lambda_function", "code_sha256")];

fn is_content(resource_type: &str, attribute: &str) -> bool {
    CONTENT.contains(&(resource_type, attribute))
}

/// Of values that are written differently and mean the same.
const SAME: (&str, &str) =
    ("same value", "nothing in any form is equal, a scalar is equal to its text, and a set has no order");

/// Of a nested block that says how long Terraform waits.
const TIMEOUTS: &str = "timeouts";

/// Compares the attributes that both sides have. Rules and routes are not among them: see
/// [`crate::security_groups`] and [`crate::routes`].
pub(crate) fn compare(
    resource_type: &str,
    state: &Map<String, Value>,
    live: &Map<String, Value>,
    schema: Option<&TypeSchema>,
) -> Comparison {
    let mut found = Comparison::default();
    for (attribute, new) in live {
        // Before version 3.38 of the provider there was no tags_all.
        let known = match attribute.as_str() {
            "tags_all" => state.get("tags_all").or_else(|| state.get("tags")),
            // A provider that does not know a routing policy yet cannot have made it.
            name if name.ends_with("_routing_policy") && !is_empty(new) && *new != Value::Bool(false) => {
                state.get(name).or(Some(&Value::Null))
            }
            TIMEOUTS => None,
            _ => state.get(attribute),
        };
        let Some(old) = known.filter(|old| *old != new) else { continue };
        let whole = || Difference::of(attribute, &ordered(old), &ordered(new));
        let schema = schema.and_then(|schema| schema.attributes.get(attribute));
        let secret = schema.is_some_and(shaped::has_secret);
        let argument = schema.is_some_and(|schema| schema.nature == Nature::Argument);
        let row = row_for(resource_type, attribute);
        let mut differences = match (row.map(|row| row.rule), schema) {
            (Some(Rule::Ignore | Rule::SecurityGroupRules | Rule::Routes), _) => Vec::new(),
            (Some(Rule::Tags), _) => tags(attribute, old, new),
            (Some(rule), _) if differs(rule, attribute, old, new, (state, live)) => {
                vec![if rule.is_set() { alike(attribute, old, new) } else { whole() }]
            }
            (Some(_), _) => Vec::new(),
            (None, Some(schema)) if schema.nature == Nature::Computed && !is_content(resource_type, attribute) => {
                let (rule, reason) = COMPUTED;
                let difference = Difference { secret, ..whole() };
                found.silent.push(Silent { difference, rule: rule.into(), reason: reason.into() });
                continue;
            }
            (None, Some(schema)) => shaped::compare(attribute, old, new, &schema.shape),
            (None, None) => plain(attribute, old, new),
        };
        for difference in &mut differences {
            difference.secret |= secret;
            difference.argument = argument;
        }
        if differences.is_empty() {
            let difference = Difference { secret, ..whole() };
            found.silent.extend(match row {
                // Taken apart by themselves.
                Some(Row { rule: Rule::SecurityGroupRules | Rule::Routes, .. }) => None,
                Some(row) => Some(Silent::by(row, difference)),
                None => {
                    let (rule, reason) = SAME;
                    Some(Silent { difference, rule: rule.into(), reason: reason.into() })
                }
            });
        }
        found.differences.append(&mut differences);
    }
    found
}

/// Whether two values differ by a rule that judges them whole.
fn differs(
    rule: Rule,
    attribute: &str,
    old: &Value,
    new: &Value,
    (state, live): (&Map<String, Value>, &Map<String, Value>),
) -> bool {
    match rule {
        Rule::Ignore | Rule::SecurityGroupRules | Rule::Routes => false,
        Rule::Tags => !tags(attribute, old, new).is_empty(),
        Rule::Value => !equal(old, new),
        Rule::Set => !equal_sets(items(old), items(new), same_block),
        Rule::WhereStated if is_empty(old) || equal(old, &Value::Null) => false,
        Rule::WhereStated if old.is_array() => !equal_sets(items(old), items(new), same_block),
        Rule::WhereStated => !equal(old, new),
        Rule::DnsName => dns::name(&text(old)) != dns::name(&text(new)),
        Rule::DnsNames => !by_text(old, new, dns::name),
        Rule::RecordValues => {
            let record_type = text(live.get("type").or(state.get("type")).unwrap_or(&Value::Null));
            !by_text(old, new, |value| dns::value(&record_type, value))
        }
        Rule::Alias => !equal(&aliases(old), &aliases(new)),
        Rule::Policy => policy(old) != policy(new),
        Rule::Cidr => cidr(&text(old)) != cidr(&text(new)),
        Rule::Protocol => protocol(&text(old)) != protocol(&text(new)),
        Rule::Port => !equal(port(old), port(new)),
        Rule::GroupId => group_id(&text(old)) != group_id(&text(new)),
    }
}

/// Two sets, of which the blocks that mean the same are written the same: what differs is then seen at once.
fn alike(attribute: &str, old: &Value, new: &Value) -> Difference {
    let known = |block: &Value| items(old).iter().find(|old| block.is_object() && same_block(old, block)).cloned();
    let new: Value = match new {
        Value::Array(blocks) => blocks.iter().map(|block| known(block).unwrap_or_else(|| block.clone())).collect(),
        other => other.clone(),
    };
    Difference::of(attribute, &ordered(old), &ordered(&new))
}

/// What differs without a rule and without a schema.
fn plain(attribute: &str, old: &Value, new: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    walk(attribute, attribute, old, new, &mut differences);
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
    let set = |value: &Value| items(value).iter().map(|item| canonical(&text(item))).collect::<HashSet<String>>();
    set(old) == set(new)
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
