//! Types of values as a provider's schema names them: cty's type constraints in their JSON syntax.
//!
//! Source: go-cty, `cty/json/type.go`. `"string"`, `["list", T]`, `["object", {name: T}, [optional names]]`,
//! `["tuple", [T, …]]`, `"dynamic"`.

use serde_json::Value;
use std::collections::BTreeMap;

/// A type of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Number,
    Bool,
    /// Any type: the value says which.
    Dynamic,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Object(BTreeMap<String, Type>),
    Tuple(Vec<Type>),
}

/// A text is no type.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TypeError {
    #[error("read a type: it is no JSON")]
    Json(#[from] serde_json::Error),
    #[error("read {0} as a type")]
    Shape(Value),
}

impl Type {
    /// Reads the JSON syntax.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, TypeError> {
        Self::from_json(&serde_json::from_slice(json)?)
    }

    pub(crate) fn from_json(json: &Value) -> Result<Self, TypeError> {
        let shape = || TypeError::Shape(json.clone());
        if let Some(name) = json.as_str() {
            return match name {
                "string" => Ok(Self::String),
                "number" => Ok(Self::Number),
                "bool" => Ok(Self::Bool),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(shape()),
            };
        }
        let (name, of) = match json.as_array().map(Vec::as_slice) {
            Some([Value::String(name), of, ..]) => (name.as_str(), of),
            _ => return Err(shape()),
        };
        let element = || Self::from_json(of).map(Box::new);
        match name {
            "list" => Ok(Self::List(element()?)),
            "set" => Ok(Self::Set(element()?)),
            "map" => Ok(Self::Map(element()?)),
            "object" => {
                let fields = of.as_object().ok_or_else(shape)?;
                let fields = fields.iter().map(|(name, of)| Ok((name.clone(), Self::from_json(of)?)));
                Ok(Self::Object(fields.collect::<Result<_, TypeError>>()?))
            }
            "tuple" => {
                let items = of.as_array().ok_or_else(shape)?;
                Ok(Self::Tuple(items.iter().map(Self::from_json).collect::<Result<_, _>>()?))
            }
            _ => Err(shape()),
        }
    }

    /// What it is called in a message.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Dynamic => "a value with its type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_in_ctys_syntax() {
        assert_eq!(Type::parse(b"\"string\"").expect("a type"), Type::String);
        assert_eq!(
            Type::parse(br#"["set",["object",{"a":["map","bool"],"b":["tuple",["number","dynamic"]]},["b"]]]"#)
                .expect("a type"),
            Type::Set(Box::new(Type::Object(BTreeMap::from([
                ("a".to_owned(), Type::Map(Box::new(Type::Bool))),
                ("b".to_owned(), Type::Tuple(vec![Type::Number, Type::Dynamic])),
            ]))))
        );
        for wrong in ["\"text\"", "[\"list\"]", "[\"object\", []]", "{}", "[\"list\", \"x\"]", "["] {
            assert!(Type::parse(wrong.as_bytes()).is_err(), "{wrong} is no type");
        }
    }
}
