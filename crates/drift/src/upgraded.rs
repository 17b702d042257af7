//! A record that an older provider or Terraform wrote.
//!
//! A state has every attribute of its provider's schema, the unset ones as `null`. What it does not have at all, its
//! provider did not know: the newer one writes it as empty, and that says nothing of what there was.

use crate::equal::is_empty;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The upgraded record without what the recording provider did not know.
pub(crate) fn known_to<'u>(
    recorded: &Map<String, Value>,
    upgraded: &'u Map<String, Value>,
) -> Cow<'u, Map<String, Value>> {
    if !upgraded.iter().any(|(name, value)| has_unknown(recorded.get(name), value)) {
        return Cow::Borrowed(upgraded);
    }
    let mut upgraded = upgraded.clone();
    prune(recorded, &mut upgraded);
    Cow::Owned(upgraded)
}

fn has_unknown(recorded: Option<&Value>, upgraded: &Value) -> bool {
    match (recorded, upgraded) {
        (None, upgraded) => is_empty(upgraded),
        (Some(Value::Object(recorded)), Value::Object(upgraded)) => {
            upgraded.iter().any(|(name, value)| has_unknown(recorded.get(name), value))
        }
        (Some(Value::Array(recorded)), Value::Array(upgraded)) if recorded.len() == upgraded.len() => {
            recorded.iter().zip(upgraded).any(|(recorded, upgraded)| has_unknown(Some(recorded), upgraded))
        }
        _ => false,
    }
}

fn prune(recorded: &Map<String, Value>, upgraded: &mut Map<String, Value>) {
    upgraded.retain(|name, value| match recorded.get(name) {
        None => !is_empty(value),
        Some(recorded) => {
            prune_value(recorded, value);
            true
        }
    });
}

/// Blocks are told apart by their place: an upgrade that adds or takes some away is compared as it is.
fn prune_value(recorded: &Value, upgraded: &mut Value) {
    match (recorded, upgraded) {
        (Value::Object(recorded), Value::Object(upgraded)) => prune(recorded, upgraded),
        (Value::Array(recorded), Value::Array(upgraded)) if recorded.len() == upgraded.len() => {
            recorded.iter().zip(upgraded).for_each(|(recorded, upgraded)| prune_value(recorded, upgraded));
        }
        _ => {}
    }
}

/// The record of Terraform 0.11, which wrote every scalar as a text, with its zeroes as what they may be: a number or
/// a flag that is not set. A zero that is a text is equal to its number all the same.
pub(crate) fn with_zeroes(flat: &Map<String, Value>) -> Map<String, Value> {
    flat.iter().map(|(name, value)| (name.clone(), zero(value))).collect()
}

fn zero(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "0" => Value::from(0),
        Value::String(text) if text == "false" => Value::from(false),
        Value::Array(items) => items.iter().map(zero).collect(),
        Value::Object(fields) => Value::Object(with_zeroes(fields)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known(recorded: &Value, upgraded: &Value) -> Value {
        let object = |value: &Value| value.as_object().expect("an object").clone();
        Value::Object(known_to(&object(recorded), &object(upgraded)).into_owned())
    }

    #[test]
    fn what_the_recording_provider_did_not_know_is_left_out() {
        let recorded = json!({"name": "a", "description": null, "rule": [{"port": 1}, {"port": 2}]});
        let upgraded = json!({
            "name": "a", "description": null, "class": null, "set": [],
            "rule": [{"port": 1, "kind": null}, {"port": 2, "kind": null}],
        });
        assert_eq!(known(&recorded, &upgraded), recorded);
    }

    #[test]
    fn what_an_upgrade_made_of_something_else_is_kept() {
        let recorded = json!({"vpc": true, "rule": [{"port": 1}]});
        let upgraded = json!({"domain": "vpc", "rule": [{"port": 1, "kind": "x"}, {"port": 2, "kind": null}]});
        assert_eq!(known(&recorded, &upgraded), upgraded);
        assert_eq!(known(&upgraded, &upgraded), upgraded);
    }
}
