//! Equality as Terraform means it.

use serde_json::Value;
use std::collections::HashSet;

/// Whether there is nothing: `null`, `""`, `[]`, `{}`.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What a provider of the old SDK writes for a number or flag that is not set.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

/// Whether two values are the same to Terraform: nothing is equal to nothing in any form, an absent number or
/// flag to its zero, and a scalar to its text (`"1"` and `1`). Lists have an order.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    if is_empty(a) || is_empty(b) {
        return (is_empty(a) || is_zero(a)) && (is_empty(b) || is_zero(b));
    }
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.iter().all(|(name, value)| equal(value, b.get(name).unwrap_or(&Value::Null)))
                && b.iter().all(|(name, value)| a.contains_key(name) || equal(&Value::Null, value))
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        _ => same_scalar(a, b),
    }
}

fn same_scalar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => a.as_f64() == b.as_f64(),
        _ => text(a) == text(b),
    }
}

/// A scalar as Terraform converts it to a string.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whether two collections have the same elements in any order, by `same`; a double counts once, as in a set.
pub(crate) fn equal_sets(a: &[Value], b: &[Value], same: impl Fn(&Value, &Value) -> bool) -> bool {
    // What both have letter for letter is not searched for: a group has thousands of members.
    let texts = |values: &[Value]| values.iter().map(Value::to_string).collect::<HashSet<String>>();
    let (in_a, in_b) = (texts(a), texts(b));
    a.iter().filter(|a| !in_b.contains(&a.to_string())).all(|a| b.iter().any(|b| same(a, b)))
        && b.iter().filter(|b| !in_a.contains(&b.to_string())).all(|b| a.iter().any(|a| same(a, b)))
}

/// The elements of a list, or none for what is no list.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_has_many_forms() {
        let nothing = [json!(null), json!(""), json!([]), json!({})];
        for a in &nothing {
            for b in &nothing {
                assert!(equal(a, b), "{a} {b}");
            }
            assert!(equal(a, &json!(0)) && equal(&json!(false), a), "{a}");
            for something in [json!(1), json!(true), json!("a"), json!([1]), json!({"a": 1}), json!("0"), json!([""])] {
                assert!(!equal(a, &something), "{a} {something}");
            }
        }
    }

    #[test]
    fn scalars_are_equal_to_their_text() {
        for (a, b) in [(json!("1"), json!(1)), (json!("true"), json!(true)), (json!(1.0), json!(1))] {
            assert!(equal(&a, &b), "{a} {b}");
        }
        for (a, b) in
            [(json!("01"), json!(1)), (json!(true), json!(1)), (json!(0), json!(false)), (json!("A"), json!("a"))]
        {
            assert!(!equal(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn lists_have_an_order_and_sets_have_none() {
        let (a, b) = (json!([1, 2]), json!([2, 1]));
        assert!(!equal(&a, &b));
        assert!(equal_sets(items(&a), items(&b), equal));
        assert!(!equal_sets(items(&a), items(&json!([1])), equal));
        assert!(!equal_sets(items(&json!([1])), items(&a), equal));
    }

    #[test]
    fn maps_may_leave_out_what_is_nothing() {
        assert!(equal(&json!({"a": 1, "b": null}), &json!({"a": 1})));
        assert!(!equal(&json!({"a": 1}), &json!({"a": 1, "b": "x"})));
    }
}
