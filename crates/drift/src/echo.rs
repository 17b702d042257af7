//! Echoes: what another resource owns shows up in an attribute of this object, of which no table knows it.
//!
//! A role repeats the ARNs of the policies that `aws_iam_role_policy_attachment` attaches, a group the listeners
//! that others made. [`crate::parts`] has the known ones. For all other types this rule holds: what the object has
//! in addition is no drift where every text in it also stands in one resource of the given states that names the
//! object; of a list each element by itself. The owner is judged by itself, so that nothing is missed: where its part is changed, the texts differ.

use crate::compare::{Difference, Silent};
use crate::equal::{equal, is_empty, text};
use crate::observe::StackState;
use crate::policy::policy;
use pilotlight_tfstate::ManagedInstance;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Resources by the objects that they name.
#[derive(Default)]
pub(crate) struct Echoes<'a> {
    by_name: HashMap<&'a str, Vec<ManagedInstance<'a>>>,
}

/// By which other resources name an object.
const NAMES: &[&str] = &["id", "arn", "name"];

/// The names by which others may refer to an object.
fn names<'a>(managed: &ManagedInstance<'a>) -> impl Iterator<Item = &'a str> {
    let instance = managed.instance;
    NAMES.iter().filter_map(move |name| instance.text(name)).filter(|name| !name.is_empty())
}

impl<'a> Echoes<'a> {
    /// Finds, among all given states, the resources that name any of these objects.
    pub(crate) fn of(hosts: &[ManagedInstance<'a>], stacks: &'a [StackState<'a>]) -> Self {
        let mut echoes = Self::default();
        let wanted: HashSet<&str> = hosts.iter().flat_map(names).collect();
        if wanted.is_empty() {
            return echoes;
        }
        for managed in stacks.iter().flat_map(|stack| stack.state.managed()).filter(|managed| !managed.is_deposed()) {
            let mut named: Vec<&str> =
                managed.attributes().values().filter_map(Value::as_str).filter(|text| wanted.contains(text)).collect();
            named.sort_unstable();
            named.dedup();
            for name in named {
                echoes.by_name.entry(name).or_default().push(managed);
            }
        }
        echoes
    }

    /// Why a difference of this object is an echo, if it is one.
    pub(crate) fn explain(&self, host: &ManagedInstance<'a>, difference: &Difference) -> Option<Silent> {
        if difference.argument {
            return None;
        }
        let own: HashSet<&str> = names(host).collect();
        let told = |value: &Value| {
            let mut texts = Vec::new();
            leaves(value, &mut texts);
            texts.retain(|text| !own.contains(text.as_str()));
            texts
        };
        // Each by itself: two instances join a cluster by a resource each.
        let added: Vec<Vec<String>> = added(&difference.old, &difference.new)?.iter().map(told).collect();
        let address = host.address();
        let others = || {
            let named = names(host).filter_map(|name| self.by_name.get(name)).flatten();
            named.filter(|owner| owner.address() != address)
        };
        let mut owner = None;
        for texts in added.iter().filter(|texts| !texts.is_empty()) {
            owner = Some(others().find(|owner| has_all(owner, texts))?);
        }
        let owner = owner?;
        Some(Silent {
            difference: difference.clone(),
            rule: format!("echo of {}", owner.resource_type()),
            reason: format!("{} owns it, and is judged by itself", owner.address()),
        })
    }
}

/// What the new value has in addition; none where it lacks or changes something of the old one.
fn added(old: &Value, new: &Value) -> Option<Vec<Value>> {
    match (old, new) {
        (old, Value::Array(new)) if is_empty(old) => Some(new.clone()),
        (old, new) if is_empty(old) => (!is_empty(new)).then(|| vec![new.clone()]),
        (Value::Array(old), Value::Array(new)) => {
            let kept = old.iter().all(|value| new.iter().any(|other| equal(value, other)));
            let more = new.iter().filter(|value| !old.iter().any(|other| equal(value, other)));
            kept.then(|| more.cloned().collect())
        }
        (Value::Object(old), Value::Object(new)) => {
            let kept = old.iter().all(|(name, value)| new.get(name).is_some_and(|other| equal(value, other)));
            let more = new.iter().filter(|(name, _)| !old.contains_key(*name));
            // Keys of one map are not told apart: what has them all is one resource.
            let more: Vec<Value> = more.map(|(_, value)| value.clone()).collect();
            kept.then(|| if more.is_empty() { more } else { vec![Value::Array(more)] })
        }
        _ => None,
    }
}

/// Every text in a value; a document as one, in canonical form.
fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => texts.push(match policy(value) {
            Value::String(text) => text,
            document => document.to_string(),
        }),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, texts)),
        _ => {}
    }
}

fn has_all(owner: &ManagedInstance<'_>, wanted: &[String]) -> bool {
    let mut texts = Vec::new();
    owner.attributes().values().for_each(|value| leaves(value, &mut texts));
    // Ports and flags stand as numbers in one resource and as texts in another.
    owner.attributes().values().filter(|value| !value.is_array() && !value.is_object()).for_each(|value| {
        texts.push(text(value));
    });
    let texts: HashSet<&str> = texts.iter().map(String::as_str).collect();
    wanted.iter().all(|text| texts.contains(text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_more_can_be_an_echo() {
        for (old, new, expected) in [
            (json!(null), json!(["a", "b"]), Some(vec![json!("a"), json!("b")])),
            (json!(""), json!("a"), Some(vec![json!("a")])),
            (json!(["a"]), json!(["b", "a"]), Some(vec![json!("b")])),
            (json!(["a"]), json!(["b"]), None),
            (json!({"a": 1}), json!({"a": 1, "b": 2, "c": 3}), Some(vec![json!([2, 3])])),
            (json!({"a": 1}), json!({"a": 2}), None),
            (json!("a"), json!("b"), None),
            (json!(["a"]), json!([]), None),
        ] {
            assert_eq!(added(&old, &new), expected, "{old} {new}");
        }
    }
}
