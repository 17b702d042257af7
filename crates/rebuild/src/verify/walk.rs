//! Walking JSON values with the paths that people read.

use crate::decide::global::is_global_object;
use pilotlight_findings::SENSITIVE;
use pilotlight_tfstate::State;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    Field(String),
    Element(usize),
}

/// Every text below `attributes`, with its path.
pub(crate) fn texts(attributes: &Map<String, Value>) -> Vec<(Vec<At>, &str)> {
    fn walk<'a>(value: &'a Value, path: &mut Vec<At>, found: &mut Vec<(Vec<At>, &'a str)>) {
        match value {
            Value::String(text) => found.push((path.clone(), text)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(At::Element(index));
                    walk(item, path, found);
                    path.pop();
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    path.push(At::Field(name.clone()));
                    walk(value, path, found);
                    path.pop();
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (name, value) in attributes {
        walk(value, &mut vec![At::Field(name.clone())], &mut found);
    }
    found
}

/// Every key below `attributes`, with the path of what it stands for. The attributes' own names are none.
pub(crate) fn keys(attributes: &Map<String, Value>) -> Vec<(Vec<At>, &str)> {
    fn walk<'a>(value: &'a Value, path: &mut Vec<At>, found: &mut Vec<(Vec<At>, &'a str)>) {
        let below: Vec<(At, Option<&str>, &Value)> = match value {
            Value::Array(items) => items.iter().enumerate().map(|(at, item)| (At::Element(at), None, item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (At::Field(name.clone()), Some(name.as_str()), value)).collect()
            }
            _ => return,
        };
        for (at, key, value) in below {
            path.push(at);
            found.extend(key.map(|key| (path.clone(), key)));
            walk(value, path, found);
            path.pop();
        }
    }
    let mut found = Vec::new();
    for (name, value) in attributes {
        walk(value, &mut vec![At::Field(name.clone())], &mut found);
    }
    found
}

/// Texts of the primary's global objects: the standby refers to them as they are, whatever they name.
pub(crate) fn global_texts(states: &[&State]) -> BTreeSet<String> {
    let global = states.iter().flat_map(|state| state.managed()).filter(is_global_object);
    global.flat_map(|managed| texts(managed.attributes())).map(|(_, text)| text.to_owned()).collect()
}

/// What stands at a path.
pub(crate) fn get<'a>(attributes: &'a Map<String, Value>, path: &[At]) -> Option<&'a Value> {
    let (At::Field(first), rest) = path.split_first()? else { return None };
    rest.iter().try_fold(attributes.get(first)?, |value, at| match at {
        At::Field(name) => value.get(name),
        At::Element(index) => value.get(index),
    })
}

/// What may be shown of a path, from attributes that were redacted: what is not there any more was hidden
/// with what is above it.
pub(crate) fn shown(redacted: &Map<String, Value>, path: &[At]) -> Value {
    get(redacted, path).cloned().unwrap_or_else(|| Value::String(SENSITIVE.to_owned()))
}

/// `ingress[0].tags["a b"]`
pub(crate) fn print(path: &[At]) -> String {
    let mut text = String::new();
    for at in path {
        match at {
            At::Field(name)
                if name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-') =>
            {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            At::Field(name) => text.push_str(&format!("[{name:?}]")),
            At::Element(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_found_with_their_paths() {
        let Value::Object(attributes) = json!({"a": "x", "tags": {"b c": "y", "n": 1}, "l": [{"d": "z"}]}) else {
            panic!()
        };
        let found: Vec<_> =
            texts(&attributes).into_iter().map(|(path, text)| (print(&path), text.to_owned())).collect();
        let expected = [("a", "x"), ("tags[\"b c\"]", "y"), ("l[0].d", "z")];
        assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
        let found: Vec<_> = keys(&attributes).into_iter().map(|(path, key)| (print(&path), key)).collect();
        let expected = [("tags[\"b c\"]", "b c"), ("tags.n", "n"), ("l[0].d", "d")];
        assert_eq!(found, expected.map(|(path, key)| (path.to_owned(), key)));
    }
}
