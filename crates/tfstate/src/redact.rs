//! Sensitive values are taken out where they are read.

use crate::address::IndexKey;
use crate::attribute_path::{AttributePath, PathStep};
use pilotlight_findings::SENSITIVE;
use serde_json::{Map, Value};

/// Whether any of `sensitive` covers `path`, or `path` leads to one of them.
pub fn is_sensitive(path: &AttributePath, sensitive: &[AttributePath]) -> bool {
    sensitive.iter().any(|secret| secret.covers(path) || path.covers(secret))
}

/// Replaces what the paths cover with [`SENSITIVE`]. A `null` stays: that there is no value is no secret.
pub fn redact_paths(attributes: &mut Map<String, Value>, sensitive: &[AttributePath]) {
    for path in sensitive {
        match path.0.split_first() {
            None => attributes.values_mut().for_each(hide),
            Some((PathStep::Attribute(name) | PathStep::Index(IndexKey::Str(name)), rest)) => {
                if let Some(value) = attributes.get_mut(name) {
                    redact_below(value, rest);
                }
            }
            Some((PathStep::Index(IndexKey::Int(_)), _)) => {}
        }
    }
}

fn redact_below(value: &mut Value, path: &[PathStep]) {
    let Some((step, rest)) = path.split_first() else { return hide(value) };
    let below = match (step, &mut *value) {
        (PathStep::Attribute(name) | PathStep::Index(IndexKey::Str(name)), Value::Object(map)) => {
            // A value of dynamic type is written as `{"value": …, "type": …}`, which the path does not know.
            if !map.contains_key(name) && map.len() == 2 && map.contains_key("value") && map.contains_key("type") {
                return map.get_mut("value").into_iter().for_each(|value| redact_below(value, path));
            }
            map.get_mut(name)
        }
        (PathStep::Index(IndexKey::Int(index)), Value::Array(items)) => {
            usize::try_from(*index).ok().and_then(|index| items.get_mut(index))
        }
        _ => None,
    };
    match below {
        Some(below) => redact_below(below, rest),
        // The path does not fit the value: hide all of it rather than show what it may have meant.
        None => hide(value),
    }
}

fn hide(value: &mut Value) {
    if !value.is_null() {
        *value = Value::String(SENSITIVE.to_owned());
    }
}

/// Replaces what a plan's `*_sensitive` mask marks: `true` marks a value whole, an object or array the
/// parts in their places.
pub fn redact_mask(value: &mut Value, mask: &Value) {
    match (value, mask) {
        (value, Value::Bool(true)) => hide(value),
        (Value::Object(map), Value::Object(masks)) => {
            for (name, mask) in masks {
                if let Some(value) = map.get_mut(name) {
                    redact_mask(value, mask);
                }
            }
        }
        (Value::Array(items), Value::Array(masks)) => {
            items.iter_mut().zip(masks).for_each(|(value, mask)| redact_mask(value, mask));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(steps: &[&str]) -> AttributePath {
        AttributePath(
            steps
                .iter()
                .map(|step| match step.parse() {
                    Ok(index) => PathStep::Index(IndexKey::Int(index)),
                    Err(_) => PathStep::Attribute((*step).to_owned()),
                })
                .collect(),
        )
    }

    #[test]
    fn paths_hide_what_they_cover_and_nothing_else() {
        let Value::Object(mut attributes) =
            json!({"a": "x", "b": [{"c": "x", "d": 1}, {"c": "y", "d": 2}], "n": null, "s": "text"})
        else {
            unreachable!("an object")
        };
        redact_paths(&mut attributes, &[path(&["a"]), path(&["b", "1", "c"]), path(&["n"]), path(&["s", "q"])]);
        assert_eq!(
            Value::Object(attributes),
            json!({"a": SENSITIVE, "b": [{"c": "x", "d": 1}, {"c": SENSITIVE, "d": 2}], "n": null, "s": SENSITIVE})
        );
    }

    #[test]
    fn a_value_of_dynamic_type_is_looked_into() {
        let Value::Object(mut attributes) =
            json!({"input": {"value": {"user": "a", "password": "b"}, "type": ["object", {}]}})
        else {
            unreachable!("an object")
        };
        redact_paths(&mut attributes, &[path(&["input", "password"])]);
        assert_eq!(attributes["input"]["value"], json!({"user": "a", "password": SENSITIVE}));
    }

    #[test]
    fn a_path_is_sensitive_above_and_below_a_secret() {
        let secrets = [path(&["b", "1", "c"])];
        assert!(is_sensitive(&path(&["b"]), &secrets));
        assert!(is_sensitive(&path(&["b", "1", "c", "x"]), &secrets));
        assert!(!is_sensitive(&path(&["b", "0"]), &secrets));
    }

    #[test]
    fn masks_hide_what_they_mark() {
        let mut value = json!({"a": {"x": 1, "y": 2}, "l": [1, 2], "p": "q"});
        redact_mask(&mut value, &json!({"a": {"x": true, "y": false}, "l": [false, true], "gone": true}));
        assert_eq!(value, json!({"a": {"x": SENSITIVE, "y": 2}, "l": [1, SENSITIVE], "p": "q"}));
    }
}
