//! Paths into a resource's attributes, as the state's `sensitive_attributes` has them: an array of
//! `{"type": "get_attr", "value": "name"}` and `{"type": "index", "value": {"value": 0, "type": "number"}}`.
//!
//! Source: Terraform, `internal/states/statefile/version4.go`, `marshalPaths`.

use crate::address::IndexKey;
use crate::address_text::{At, Cursor};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// An attribute of an object.
    Attribute(String),
    /// An element of a list or map.
    Index(IndexKey),
}

impl PathStep {
    /// Whether both lead to the same place. The key of a map is written as an index or as an attribute: only a
    /// schema could tell which it is.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Attribute(one), Self::Index(IndexKey::Str(other)))
            | (Self::Index(IndexKey::Str(one)), Self::Attribute(other)) => one == other,
            _ => self == other,
        }
    }
}

/// A path into the attributes of a resource. It covers everything below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AttributePath(pub Vec<PathStep>);

impl AttributePath {
    /// The path of one top-level attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![PathStep::Attribute(name.into())])
    }

    /// Whether this path is `other` or leads to it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.len() >= self.0.len() && self.0.iter().zip(&other.0).all(|(one, other)| one.is_same(other))
    }

    /// The top-level attribute that it begins with.
    pub fn root(&self) -> Option<&str> {
        match self.0.first() {
            Some(PathStep::Attribute(name)) => Some(name),
            _ => None,
        }
    }

    /// Reads one path. An index that is neither a whole number nor a string (an element of a set) ends the
    /// path there: what is above it is covered whole, which is more, never less, than was meant.
    pub(crate) fn decode(value: &Value) -> Result<Self, String> {
        let steps = value.as_array().ok_or("a path of steps is wanted")?;
        let mut path = Vec::with_capacity(steps.len());
        for step in steps {
            let (kind, value) = (step.get("type").and_then(Value::as_str), step.get("value"));
            match (kind, value) {
                (Some("get_attr"), Some(Value::String(name))) => path.push(PathStep::Attribute(name.clone())),
                (Some("index"), Some(value)) => match index(value) {
                    Some(key) => path.push(PathStep::Index(key)),
                    None => break,
                },
                _ => return Err("a step with the type get_attr or index, and a value, is wanted".to_owned()),
            }
        }
        Ok(Self(path))
    }
}

fn index(value: &Value) -> Option<IndexKey> {
    match value {
        Value::String(key) => Some(IndexKey::Str(key.clone())),
        Value::Number(number) => number.as_i64().map(IndexKey::Int),
        Value::Object(typed) => match (typed.get("type")?.as_str()?, typed.get("value")?) {
            ("number", Value::String(digits)) => digits.parse().ok().map(IndexKey::Int),
            ("string" | "number", value @ (Value::String(_) | Value::Number(_))) => index(value),
            _ => None,
        },
        _ => None,
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Attribute(name) if position == 0 => f.write_str(name)?,
                PathStep::Attribute(name) => write!(f, ".{name}")?,
                PathStep::Index(key) => key.fmt(f)?,
            }
        }
        Ok(())
    }
}

fn path(text: &str) -> Result<AttributePath, At> {
    let mut cursor = Cursor::new(text);
    let mut steps = vec![PathStep::Attribute(cursor.name("an attribute's name")?)];
    while !cursor.rest().is_empty() {
        steps.push(match cursor.key()? {
            Some(key) => PathStep::Index(key),
            None => {
                cursor.expect(".")?;
                PathStep::Attribute(cursor.name("an attribute's name")?)
            }
        });
    }
    Ok(AttributePath(steps))
}

/// A text is no path into attributes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {text:?} as a path into attributes: {reason} at character {position}")]
pub struct AttributePathError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub reason: String,
    /// Where, in characters from 1.
    pub position: usize,
}

impl FromStr for AttributePath {
    type Err = AttributePathError;

    /// Reads a path in Terraform's notation, as `Display` writes it.
    fn from_str(text: &str) -> Result<Self, AttributePathError> {
        path(text).map_err(|(reason, offset)| AttributePathError {
            text: text.to_owned(),
            reason,
            position: text[..offset].chars().count() + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_survives_its_text() {
        for text in ["ami", "ingress[0].cidr_blocks[1]", "tags[\"a.b \\\"c\"]", "a.b.c[\"x\"].d"] {
            assert_eq!(text.parse::<AttributePath>().expect(text).to_string(), text);
        }
        for (text, position) in [("", 1), ("a.", 3), ("a[", 3), ("a[0]b", 5), ("a b", 2)] {
            assert_eq!(text.parse::<AttributePath>().expect_err(text).position, position, "{text}");
        }
    }

    #[test]
    fn terraforms_paths_are_read() {
        let path = AttributePath::decode(&json!([
            {"type": "get_attr", "value": "block"},
            {"type": "index", "value": {"value": 1, "type": "number"}},
            {"type": "get_attr", "value": "tags"},
            {"type": "index", "value": {"value": "a", "type": "string"}},
        ]));
        assert_eq!(path.expect("path").to_string(), "block[1].tags[\"a\"]");
    }

    #[test]
    fn an_element_of_a_set_covers_the_set() {
        let path = AttributePath::decode(&json!([
            {"type": "get_attr", "value": "setting"},
            {"type": "index", "value": {"value": {"name": "x"}, "type": ["object", {"name": "string"}]}},
            {"type": "get_attr", "value": "value"},
        ]));
        assert_eq!(path.expect("path"), AttributePath::attribute("setting"));
    }

    #[test]
    fn a_key_of_a_map_is_covered_however_it_is_written() {
        let index = AttributePath(vec![PathStep::Attribute("a".into()), PathStep::Index(IndexKey::Str("k".into()))]);
        let field = AttributePath(vec![PathStep::Attribute("a".into()), PathStep::Attribute("k".into())]);
        assert!(index.covers(&field) && field.covers(&index));
        assert!(!index.covers(&AttributePath::attribute("a")), "not what is above it");
        assert!(!AttributePath::attribute("b").covers(&index));
    }

    #[test]
    fn other_shapes_are_refused() {
        for value in [json!({}), json!([{}]), json!([{"type": "get_attr"}]), json!([{"type": "splat", "value": 1}])] {
            assert!(AttributePath::decode(&value).is_err(), "{value}");
        }
    }
}
