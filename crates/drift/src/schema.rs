//! What a provider's schema says of a type: which attributes can be set, and what shape each has.

use std::collections::BTreeMap;

/// The schema of one resource type, as far as reading and comparing need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeSchema {
    /// Attributes and nested blocks by name.
    pub attributes: BTreeMap<String, AttributeSchema>,
}

/// An attribute, or a nested block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeSchema {
    /// Who sets it.
    pub nature: Nature,
    /// Whether the provider says that it is a secret.
    pub sensitive: bool,
    /// Its type.
    pub shape: Shape,
}

/// Who sets an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// The configuration: required or optional. A nested block is one too.
    Argument,
    /// The configuration, or the provider where the configuration says nothing.
    OptionalComputed,
    /// The provider alone.
    Computed,
}

/// The type of a value, as far as comparing needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A string, a number or a bool.
    Scalar,
    /// Of any type.
    Dynamic,
    /// In order; a tuple too.
    List(Box<Shape>),
    /// Without order.
    Set(Box<Shape>),
    /// By key.
    Map(Box<Shape>),
    /// By attribute: a nested block, or an object.
    Object(BTreeMap<String, AttributeSchema>),
}
