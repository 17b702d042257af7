//! Comparing values by the shape that the provider's schema gives them.

use crate::compare::Difference;
use crate::equal::{equal, is_empty, items};
use crate::policy::policy;
use crate::schema::{AttributeSchema, Nature, Shape};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

/// Whether an attribute is a secret or has one in it.
pub(crate) fn has_secret(schema: &AttributeSchema) -> bool {
    schema.sensitive || shape_has_secret(&schema.shape)
}

fn shape_has_secret(shape: &Shape) -> bool {
    match shape {
        Shape::Scalar | Shape::Dynamic => false,
        Shape::List(inner) | Shape::Set(inner) | Shape::Map(inner) => shape_has_secret(inner),
        Shape::Object(fields) => fields.values().any(has_secret),
    }
}

/// How the two values differ, as deep down as they can be told apart.
pub(crate) fn compare(attribute: &str, old: &Value, new: &Value, shape: &Shape) -> Vec<Difference> {
    let mut differences = Vec::new();
    Walk { attribute, differences: &mut differences }.walk(attribute, old, new, shape);
    differences
}

struct Walk<'a> {
    attribute: &'a str,
    differences: &'a mut Vec<Difference>,
}

impl Walk<'_> {
    fn walk(&mut self, path: &str, old: &Value, new: &Value, shape: &Shape) {
        if old == new || equal(old, new) {
            return;
        }
        match (shape, old, new) {
            (Shape::Scalar | Shape::Dynamic, ..) if same_document(self.attribute, old, new) => {}
            (Shape::List(inner), Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                for (index, (old, new)) in a.iter().zip(b).enumerate() {
                    self.walk(&format!("{path}[{index}]"), old, new, inner);
                }
            }
            (Shape::Set(inner), ..) if is_list(old) && is_list(new) => self.set(path, items(old), items(new), inner),
            (Shape::Map(inner), ..) if is_map(old) && is_map(new) => {
                let (old, new) = (fields(old), fields(new));
                for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                    let at = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or(Value::Null);
                    self.walk(&format!("{path}[{}]", Value::from(name.as_str())), &at(old), &at(new), inner);
                }
            }
            (Shape::Object(schema), Value::Object(old), Value::Object(new)) => self.object(path, old, new, schema),
            _ => self.push(path, old, new),
        }
    }

    fn object(
        &mut self,
        path: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        schema: &BTreeMap<String, AttributeSchema>,
    ) {
        for (name, field) in schema.iter().filter(|(_, field)| field.nature != Nature::Computed) {
            // What a provider of another version did not know is not compared.
            if let (Some(old), Some(new)) = (old.get(name), new.get(name)) {
                self.walk(&format!("{path}.{name}"), old, new, &field.shape);
            }
        }
    }

    /// Elements in any order. One that changed on each side is told field by field.
    fn set(&mut self, path: &str, old: &[Value], new: &[Value], inner: &Shape) {
        let (known, there): (HashSet<String>, HashSet<String>) =
            (old.iter().map(Value::to_string).collect(), new.iter().map(Value::to_string).collect());
        let rest = |values: &[Value], other: &HashSet<String>| -> Vec<Value> {
            values.iter().filter(|value| !other.contains(&value.to_string())).cloned().collect()
        };
        let (removed, added) = (rest(old, &there), rest(new, &known));
        let lacks =
            |value: &&Value, among: &[Value]| !among.iter().any(|other| same(self.attribute, value, other, inner));
        let gone: Vec<&Value> = removed.iter().filter(|value| lacks(value, new)).collect();
        let come: Vec<&Value> = added.iter().filter(|value| lacks(value, old)).collect();
        match (&gone[..], &come[..]) {
            ([], []) => {}
            ([old], [new]) if matches!(inner, Shape::Object(_)) => self.walk(&format!("{path}[*]"), old, new, inner),
            _ if matches!(inner, Shape::Object(_)) => {
                let list = |values: Vec<&Value>| Value::Array(values.into_iter().cloned().collect());
                self.push(path, &list(gone), &list(come));
            }
            // Short values are told better whole.
            _ => {
                let sorted = |values: &[Value]| {
                    let mut values = values.to_vec();
                    values.sort_by_cached_key(Value::to_string);
                    Value::Array(values)
                };
                self.push(path, &sorted(old), &sorted(new));
            }
        }
    }

    fn push(&mut self, path: &str, old: &Value, new: &Value) {
        self.differences.push(Difference { path: path.to_owned(), ..Difference::of(self.attribute, old, new) });
    }
}

fn same(attribute: &str, a: &Value, b: &Value, shape: &Shape) -> bool {
    compare(attribute, a, b, shape).is_empty()
}

/// Two texts of JSON that mean the same: in a policy, lists have no order either.
fn same_document(attribute: &str, a: &Value, b: &Value) -> bool {
    let document = |value: &Value| -> Option<Value> {
        let text = value.as_str().filter(|text| text.trim_start().starts_with(['{', '[']))?;
        serde_json::from_str(text).ok()
    };
    match (document(a), document(b)) {
        (Some(_), Some(_)) if attribute.contains("policy") => policy(a) == policy(b),
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn is_list(value: &Value) -> bool {
    value.is_array() || is_empty(value)
}

fn is_map(value: &Value) -> bool {
    value.is_object() || is_empty(value)
}

fn fields(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attribute(nature: Nature, sensitive: bool, shape: Shape) -> AttributeSchema {
        AttributeSchema { nature, sensitive, shape }
    }

    fn block() -> Shape {
        Shape::Object(
            [
                ("a".to_owned(), attribute(Nature::Argument, false, Shape::Scalar)),
                ("b".to_owned(), attribute(Nature::OptionalComputed, false, Shape::Set(Box::new(Shape::Scalar)))),
                ("c".to_owned(), attribute(Nature::Computed, true, Shape::Scalar)),
            ]
            .into(),
        )
    }

    fn paths(old: &Value, new: &Value, shape: &Shape) -> Vec<String> {
        compare("x", old, new, shape).into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn differences_are_told_where_they_are() {
        let set = |inner: Shape| Shape::Set(Box::new(inner));
        let list = |inner: Shape| Shape::List(Box::new(inner));
        let none: [&str; 0] = [];
        for (shape, old, new, expected) in [
            (set(Shape::Scalar), json!(["a", "b"]), json!(["b", "a"]), &none[..]),
            (set(Shape::Scalar), json!(["a"]), json!(["a", "b"]), &["x"]),
            (list(Shape::Scalar), json!(["a", "b"]), json!(["b", "a"]), &["x[0]", "x[1]"]),
            (list(Shape::Scalar), json!(["a"]), json!([]), &["x"]),
            (set(block()), json!([{"a": 1, "b": ["p", "q"]}]), json!([{"a": 1, "b": ["q", "p"]}]), &none),
            (set(block()), json!([{"a": 1, "b": []}]), json!([{"a": 2, "b": null}]), &["x[*].a"]),
            (set(block()), json!([{"a": 1}]), json!([{"a": 2}, {"a": 3}]), &["x"]),
            (list(block()), json!([{"a": 1, "c": "k"}]), json!([{"a": 1, "c": "l"}]), &none),
            (
                Shape::Map(Box::new(Shape::Scalar)),
                json!({"k": "1"}),
                json!({"k": "2", "l": "3"}),
                &["x[\"k\"]", "x[\"l\"]"],
            ),
            (Shape::Scalar, json!("{\"a\": 1, \"b\": 2}"), json!("{\"b\":2,\"a\":1}"), &none),
            (Shape::Scalar, json!("[1, 2]"), json!("[2, 1]"), &["x"]),
            (Shape::Scalar, json!("a"), json!("b"), &["x"]),
            (Shape::Scalar, Value::Null, json!(false), &none),
        ] {
            assert_eq!(paths(&old, &new, &shape), expected, "{old} {new}");
        }
    }

    #[test]
    fn a_secret_inside_is_seen_from_outside() {
        let secret = attribute(Nature::Argument, false, Shape::List(Box::new(block())));
        assert!(has_secret(&secret));
        assert!(!has_secret(&attribute(Nature::Argument, false, Shape::Map(Box::new(Shape::Scalar)))));
    }
}
