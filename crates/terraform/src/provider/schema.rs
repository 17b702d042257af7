//! A resource type's schema, from the provider's message to what decoding and comparing need.

use crate::provider::cty::{Type, TypeError};
use crate::provider::wire::{nesting, v5, v6};
use bytes::Bytes;
use pilotlight_drift::{AttributeSchema, Nature, Shape, TypeSchema};
use prost::Message;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The protocol that a plugin speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    V5,
    V6,
}

impl Protocol {
    /// The protocol with this number.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        match number {
            5 => Some(Self::V5),
            6 => Some(Self::V6),
            _ => None,
        }
    }
}

/// The schema of one type, or of the provider's configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BlockSchema {
    /// The version of states that follow it.
    pub(crate) version: i64,
    /// The type of its values on the wire.
    pub(crate) kind: Type,
    /// What is said of its attributes.
    pub(crate) schema: Arc<TypeSchema>,
}

/// A schema's message is not what the protocol says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("read a schema's message")]
    Message(#[from] prost::DecodeError),
    #[error("read the type of {attribute:?}")]
    Type { attribute: String, source: TypeError },
    #[error("read the nested block or object {name:?}: its nesting mode {mode} is not known")]
    Nesting { name: String, mode: i32 },
}

/// A schema's message in the form of protocol 6, without what is not needed here: documentation, mostly.
pub(crate) fn compact(protocol: Protocol, message: &[u8]) -> Result<Bytes, SchemaError> {
    let schema = match protocol {
        Protocol::V5 => {
            let schema = v5::Schema::decode(message)?;
            v6::Schema { version: schema.version, block: schema.block.map(Into::into) }
        }
        Protocol::V6 => v6::Schema::decode(message)?,
    };
    Ok(schema.encode_to_vec().into())
}

impl BlockSchema {
    /// Reads a compact message.
    pub(crate) fn decode(compact: &[u8]) -> Result<Self, SchemaError> {
        let schema = v6::Schema::decode(compact)?;
        let (fields, attributes) = of_block(schema.block.unwrap_or_default())?;
        Ok(Self { version: schema.version, kind: Type::Object(fields), schema: Arc::new(TypeSchema { attributes }) })
    }
}

/// The schema of a provider's configuration.
#[derive(Debug)]
pub(crate) struct ConfigSchema {
    /// The type of its value on the wire.
    pub(crate) kind: Type,
    block: v6::Block,
}

impl ConfigSchema {
    /// Reads a compact message.
    pub(crate) fn decode(compact: &[u8]) -> Result<Self, SchemaError> {
        let block = v6::Schema::decode(compact)?.block.unwrap_or_default();
        let (fields, _) = of_block(block.clone())?;
        Ok(Self { kind: Type::Object(fields), block })
    }

    /// The configuration with these arguments, as Terraform would send it: absent attributes and single blocks are
    /// null, absent blocks that repeat are empty.
    ///
    /// # Errors
    /// An argument is not in the schema, or a block is not given as its nesting wants it.
    pub(crate) fn complete(&self, arguments: &Map<String, Value>) -> Result<Value, String> {
        complete(&self.block, arguments)
    }
}

fn complete(block: &v6::Block, arguments: &Map<String, Value>) -> Result<Value, String> {
    let mut whole = Map::new();
    for attribute in &block.attributes {
        whole.insert(attribute.name.clone(), arguments.get(&attribute.name).cloned().unwrap_or_default());
    }
    for nested in &block.block_types {
        let inner = nested.block.clone().unwrap_or_default();
        let object = |given: &Value| match given {
            Value::Object(given) => complete(&inner, given),
            _ => Err(format!("the block {:?} is no object", nested.type_name)),
        };
        let value = match (nested.nesting, arguments.get(&nested.type_name)) {
            (nesting::LIST | nesting::SET, None) => Value::Array(Vec::new()),
            (nesting::MAP, None) => Value::Object(Map::new()),
            (_, None) => Value::Null,
            (nesting::LIST | nesting::SET, Some(Value::Array(given))) => {
                Value::Array(given.iter().map(object).collect::<Result<_, _>>()?)
            }
            (nesting::SINGLE | nesting::GROUP, Some(given)) => object(given)?,
            (nesting::MAP, Some(Value::Object(given))) => {
                let entries = given.iter().map(|(key, given)| Ok((key.clone(), object(given)?)));
                Value::Object(entries.collect::<Result<_, String>>()?)
            }
            _ => return Err(format!("the blocks {:?} are not given as their nesting wants it", nested.type_name)),
        };
        whole.insert(nested.type_name.clone(), value);
    }
    match arguments.keys().find(|name| !whole.contains_key(name.as_str())) {
        Some(name) => Err(format!("it has no argument {name:?}")),
        None => Ok(Value::Object(whole)),
    }
}

type Fields = BTreeMap<String, Type>;
type Attributes = BTreeMap<String, AttributeSchema>;

fn of_block(block: v6::Block) -> Result<(Fields, Attributes), SchemaError> {
    let (mut fields, mut attributes) = of_attributes(block.attributes)?;
    for nested in block.block_types {
        let (inner, schemas) = of_block(nested.block.unwrap_or_default())?;
        let (kind, shape) = nest(&nested.type_name, nested.nesting, inner, schemas)?;
        fields.insert(nested.type_name.clone(), kind);
        // A block is written or it is not: what the provider may add stands in its attributes.
        attributes.insert(nested.type_name, AttributeSchema { nature: Nature::Argument, sensitive: false, shape });
    }
    Ok((fields, attributes))
}

fn of_attributes(attributes: Vec<v6::Attribute>) -> Result<(Fields, Attributes), SchemaError> {
    let (mut fields, mut schemas) = (Fields::new(), Attributes::new());
    for attribute in attributes {
        let nature = match (attribute.computed, attribute.optional || attribute.required) {
            (false, _) => Nature::Argument,
            (true, true) => Nature::OptionalComputed,
            (true, false) => Nature::Computed,
        };
        let sensitive = attribute.sensitive;
        let (kind, shape) = match attribute.nested_type {
            Some(object) => {
                let (inner, schemas) = of_attributes(object.attributes)?;
                nest(&attribute.name, object.nesting, inner, schemas)?
            }
            None => {
                let kind = Type::parse(&attribute.r#type)
                    .map_err(|source| SchemaError::Type { attribute: attribute.name.clone(), source })?;
                let shape = shape(&kind, nature, sensitive);
                (kind, shape)
            }
        };
        fields.insert(attribute.name.clone(), kind);
        schemas.insert(attribute.name, AttributeSchema { nature, sensitive, shape });
    }
    Ok((fields, schemas))
}

fn nest(name: &str, mode: i32, fields: Fields, schemas: Attributes) -> Result<(Type, Shape), SchemaError> {
    let (kind, shape) = (Type::Object(fields), Shape::Object(schemas));
    Ok(match mode {
        nesting::SINGLE | nesting::GROUP => (kind, shape),
        nesting::LIST => (Type::List(Box::new(kind)), Shape::List(Box::new(shape))),
        nesting::SET => (Type::Set(Box::new(kind)), Shape::Set(Box::new(shape))),
        nesting::MAP => (Type::Map(Box::new(kind)), Shape::Map(Box::new(shape))),
        mode => return Err(SchemaError::Nesting { name: name.to_owned(), mode }),
    })
}

/// The shape of an attribute whose type alone is known: what it holds is set by whoever sets the attribute.
fn shape(kind: &Type, nature: Nature, sensitive: bool) -> Shape {
    let of = |kind: &Type| Box::new(shape(kind, nature, sensitive));
    match kind {
        Type::String | Type::Number | Type::Bool => Shape::Scalar,
        Type::Dynamic => Shape::Dynamic,
        Type::List(element) => Shape::List(of(element)),
        Type::Set(element) => Shape::Set(of(element)),
        Type::Map(element) => Shape::Map(of(element)),
        // Ordered, and each item of a type of its own.
        Type::Tuple(_) => Shape::List(Box::new(Shape::Dynamic)),
        Type::Object(fields) => Shape::Object(
            fields
                .iter()
                .map(|(name, kind)| (name.clone(), AttributeSchema { nature, sensitive, shape: *of(kind) }))
                .collect(),
        ),
    }
}

impl From<v5::Block> for v6::Block {
    fn from(block: v5::Block) -> Self {
        Self {
            attributes: block.attributes.into_iter().map(Into::into).collect(),
            block_types: block.block_types.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v5::Attribute> for v6::Attribute {
    fn from(attribute: v5::Attribute) -> Self {
        Self {
            name: attribute.name,
            r#type: attribute.r#type,
            required: attribute.required,
            optional: attribute.optional,
            computed: attribute.computed,
            sensitive: attribute.sensitive,
            nested_type: None,
        }
    }
}

impl From<v5::NestedBlock> for v6::NestedBlock {
    fn from(nested: v5::NestedBlock) -> Self {
        Self { type_name: nested.type_name, block: nested.block.map(Into::into), nesting: nested.nesting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attribute(name: &str, kind: &str, flags: [bool; 4]) -> v6::Attribute {
        let [required, optional, computed, sensitive] = flags;
        let r#type = kind.as_bytes().to_vec();
        v6::Attribute { name: name.to_owned(), r#type, required, optional, computed, sensitive, nested_type: None }
    }

    fn scalar(nature: Nature, sensitive: bool) -> AttributeSchema {
        AttributeSchema { nature, sensitive, shape: Shape::Scalar }
    }

    #[test]
    fn a_message_of_protocol_6_becomes_types_and_shapes() {
        let nested = v6::Object {
            attributes: vec![attribute("port", "\"number\"", [true, false, false, false])],
            nesting: nesting::MAP,
        };
        let block = v6::Block {
            attributes: vec![
                attribute("name", "\"string\"", [true, false, false, false]),
                attribute("arn", "\"string\"", [false, false, true, false]),
                attribute("key", "[\"list\",\"string\"]", [false, true, true, true]),
                v6::Attribute { nested_type: Some(nested), ..attribute("ports", "", [false, true, false, false]) },
            ],
            block_types: vec![v6::NestedBlock {
                type_name: "rule".to_owned(),
                block: Some(v6::Block {
                    attributes: vec![attribute("cidr", "\"string\"", [false, true, false, false])],
                    block_types: Vec::new(),
                }),
                nesting: nesting::SET,
            }],
        };
        let message = v6::Schema { version: 3, block: Some(block) }.encode_to_vec();
        let read = BlockSchema::decode(&compact(Protocol::V6, &message).expect("a message")).expect("a schema");
        assert_eq!(read.version, 3);
        let object = |name: &str, kind| Type::Object(BTreeMap::from([(name.to_owned(), kind)]));
        assert_eq!(
            read.kind,
            Type::Object(BTreeMap::from([
                ("name".to_owned(), Type::String),
                ("arn".to_owned(), Type::String),
                ("key".to_owned(), Type::List(Box::new(Type::String))),
                ("ports".to_owned(), Type::Map(Box::new(object("port", Type::Number)))),
                ("rule".to_owned(), Type::Set(Box::new(object("cidr", Type::String)))),
            ]))
        );
        let attributes = &read.schema.attributes;
        assert_eq!(attributes["name"], scalar(Nature::Argument, false));
        assert_eq!(attributes["arn"], scalar(Nature::Computed, false));
        let key = &attributes["key"];
        assert_eq!((key.nature, key.sensitive), (Nature::OptionalComputed, true));
        let cidr = BTreeMap::from([("cidr".to_owned(), scalar(Nature::Argument, false))]);
        assert_eq!(attributes["rule"].shape, Shape::Set(Box::new(Shape::Object(cidr))));
    }

    #[test]
    fn tag_10_is_a_flag_in_protocol_5() {
        // An attribute `a` of type "string", optional, with write_only (tag 10) set.
        let attribute = b"\x0a\x01a\x12\x08\"string\"\x28\x01\x50\x01";
        let mut block = vec![0x12, attribute.len() as u8];
        block.extend_from_slice(attribute);
        let mut schema = vec![0x12, block.len() as u8];
        schema.extend_from_slice(&block);
        let read = BlockSchema::decode(&compact(Protocol::V5, &schema).expect("a message")).expect("a schema");
        assert_eq!(read.schema.attributes["a"], scalar(Nature::Argument, false));
        assert!(compact(Protocol::V6, &schema).is_err(), "there it is a message");
    }

    #[test]
    fn a_configuration_is_completed_as_terraform_does() {
        let inner = v6::Block {
            attributes: ["role_arn", "external_id"]
                .map(|name| attribute(name, "\"string\"", [false, true, false, false]))
                .to_vec(),
            block_types: Vec::new(),
        };
        let nested =
            |name: &str, nesting| v6::NestedBlock { type_name: name.to_owned(), block: Some(inner.clone()), nesting };
        let block = v6::Block {
            attributes: vec![attribute("region", "\"string\"", [false, true, false, false])],
            block_types: vec![
                nested("assume_role", nesting::LIST),
                nested("endpoints", nesting::SET),
                nested("by_name", nesting::MAP),
                nested("one", nesting::SINGLE),
            ],
        };
        let message = v6::Schema { version: 0, block: Some(block) }.encode_to_vec();
        let schema = ConfigSchema::decode(&message).expect("a schema");
        let given = |value: Value| value.as_object().cloned().expect("an object");
        let arguments = given(json!({"region": "eu-west-1", "assume_role": [{"role_arn": "r"}]}));
        assert_eq!(
            schema.complete(&arguments).expect("complete"),
            json!({
                "region": "eu-west-1",
                "assume_role": [{"role_arn": "r", "external_id": null}],
                "endpoints": [],
                "by_name": {},
                "one": null,
            })
        );
        assert_eq!(schema.complete(&given(json!({"zone": "a"}))), Err("it has no argument \"zone\"".to_owned()));
        assert!(schema.complete(&given(json!({"assume_role": {"role_arn": "r"}}))).is_err());
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_its_name() {
        let block = v6::Block {
            attributes: vec![attribute("odd", "[\"bag\",\"string\"]", [true, false, false, false])],
            block_types: Vec::new(),
        };
        let message = v6::Schema { version: 0, block: Some(block) }.encode_to_vec();
        let error = BlockSchema::decode(&message).expect_err("no type");
        assert_eq!(error.to_string(), "read the type of \"odd\"");
    }
}
