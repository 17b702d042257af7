//! A value of each instance of a resource, as one expression.

use super::super::literal;
use super::super::words::Words;
use pilotlight_tfstate::{IndexKey, ManagedInstance};
use serde_json::Value;

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The primary's state has no instance.
    NotRecorded,
    /// An instance has no such value.
    Value,
    /// Instances of a module with keys, or keys that are no list.
    Keys,
}

/// The value of every instance: a text, or a table by the resource's own key.
pub(super) fn expression(
    objects: &[ManagedInstance<'_>],
    words: &Words,
    value: impl Fn(&ManagedInstance<'_>) -> Option<String>,
) -> Result<String, Missing> {
    if objects.is_empty() {
        return Err(Missing::NotRecorded);
    }
    let mut keyed = Vec::new();
    for managed in objects {
        let address = managed.address();
        if address.module.iter().any(|step| step.key.is_some()) {
            return Err(Missing::Keys);
        }
        keyed.push((address.key, value(managed).ok_or(Missing::Value)?));
    }
    if let [(None, value)] = &keyed[..] {
        return Ok(literal::expression(&Value::String(value.clone())));
    }
    let mut numbers = Vec::new();
    let mut names = serde_json::Map::new();
    for (key, value) in keyed {
        match key {
            Some(IndexKey::Int(number)) => numbers.push((number, Value::String(value))),
            Some(IndexKey::Str(name)) => drop(names.insert(words.replace(&name), Value::String(value))),
            None => return Err(Missing::Keys),
        }
    }
    numbers.sort_by_key(|(number, _)| *number);
    let in_order = (0..).zip(&numbers).all(|(at, (number, _)): (i64, _)| at == *number);
    match (numbers.is_empty(), names.is_empty()) {
        (false, true) if in_order => {
            let values = numbers.into_iter().map(|(_, value)| value).collect();
            Ok(format!("{}[count.index]", literal::expression(&Value::Array(values))))
        }
        (true, false) => Ok(format!("{}[each.key]", literal::expression(&Value::Object(names)))),
        _ => Err(Missing::Keys),
    }
}
