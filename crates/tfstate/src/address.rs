use crate::quoted::quote;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which instance of a resource or module: what `count` or `for_each` gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
    /// Of `count`.
    Int(i64),
    /// Of `for_each`.
    Str(String),
}

impl fmt::Display for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(index) => write!(f, "[{index}]"),
            Self::Str(key) => write!(f, "[{}]", quote(key)),
        }
    }
}

impl Serialize for IndexKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(index) => serializer.serialize_i64(*index),
            Self::Str(key) => serializer.serialize_str(key),
        }
    }
}

impl<'de> Deserialize<'de> for IndexKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl serde::de::Visitor<'_> for KeyVisitor {
            type Value = IndexKey;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a string")
            }
            fn visit_i64<E: serde::de::Error>(self, index: i64) -> Result<IndexKey, E> {
                Ok(IndexKey::Int(index))
            }
            fn visit_u64<E: serde::de::Error>(self, index: u64) -> Result<IndexKey, E> {
                i64::try_from(index).map(IndexKey::Int).map_err(|_| E::custom("the number is too big for an index"))
            }
            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<IndexKey, E> {
                Ok(IndexKey::Str(key.to_owned()))
            }
        }
        deserializer.deserialize_any(KeyVisitor)
    }
}

/// One step of a module path, `module.web["a"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStep {
    /// The module call's name.
    pub name: String,
    /// Its instance, where it has `count` or `for_each`.
    pub key: Option<IndexKey>,
}

impl fmt::Display for ModuleStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module.{}", self.name)?;
        self.key.iter().try_for_each(|key| key.fmt(f))
    }
}

/// How Terraform holds a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `resource`: Terraform makes, changes and destroys it.
    Managed,
    /// `data`: read, never changed.
    Data,
    /// `ephemeral`: opened and closed within one run.
    Ephemeral,
}

impl Mode {
    /// What stands before the type in an address.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Managed => "",
            Self::Data => "data.",
            Self::Ephemeral => "ephemeral.",
        }
    }
}

/// The address of a resource instance, or of a whole resource where `key` is none:
/// `module.web["a"].aws_instance.app[0]`. `Display` and `FromStr` are Terraform's notation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceAddress {
    /// From the root module; empty for a resource of the root.
    pub module: Vec<ModuleStep>,
    /// Managed or data.
    pub mode: Mode,
    /// `aws_instance`
    pub resource_type: String,
    /// The block's second label.
    pub name: String,
    /// The instance.
    pub key: Option<IndexKey>,
}

impl ResourceAddress {
    /// The address without the instance's key: the resource block, within its module instance.
    #[must_use]
    pub fn resource(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The address as it stands in the configuration: without the keys of the instance and of its modules.
    #[must_use]
    pub fn config(&self) -> Self {
        let module = self.module.iter().map(|step| ModuleStep { name: step.name.clone(), key: None }).collect();
        Self { module, key: None, ..self.clone() }
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.module {
            write!(f, "{step}.")?;
        }
        write!(f, "{}{}.{}", self.mode.prefix(), self.resource_type, self.name)?;
        self.key.iter().try_for_each(|key| key.fmt(f))
    }
}

impl Serialize for ResourceAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResourceAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text is no resource address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {text:?} as a resource address: {reason} at character {position}")]
pub struct AddressError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub reason: String,
    /// Where, in characters from 1.
    pub position: usize,
}
