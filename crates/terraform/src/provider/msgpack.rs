//! Values in MessagePack, by their type: what crosses the wire, from and to the JSON that a state holds.
//!
//! Source: go-cty, `cty/msgpack/marshal.go`, `unmarshal.go` and `unknown.go`. An object has every attribute of its
//! type; a number that fits neither an integer nor a float is its decimal text; an unknown value is an extension
//! (0 alone, 12 with refinements); where the type is dynamic the value is `[type, value]`, and in a state's JSON
//! `{"value": …, "type": …}`.

use crate::provider::cty::Type;
use rmpv::{Utf8String, Value as Packed};
use serde_json::{Map, Number, Value, json};

/// Extensions that stand for an unknown value.
const UNKNOWN: [i8; 2] = [0, 12];

/// A value is not of its type.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("read a value: it is no MessagePack")]
    Packed(#[from] rmpv::decode::Error),
    #[error("write a value as MessagePack")]
    Pack(#[from] rmpv::encode::Error),
    #[error("read a value: it is no JSON")]
    Json(#[from] serde_json::Error),
    #[error("read {path:?} as {wanted}: it is {found}")]
    Mismatch { path: String, wanted: &'static str, found: String },
    #[error("read {path:?}: its value is unknown")]
    Unknown { path: String },
    #[error("read {path:?}: {reason}")]
    Type { path: String, reason: String },
}

/// Where a value stands, for messages; built only when something is wrong.
#[derive(Clone, Copy)]
enum At<'a> {
    Root,
    Field(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl At<'_> {
    fn path(self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Field(Self::Root, name) => name.to_owned(),
            Self::Field(parent, name) => format!("{}.{name}", parent.path()),
            Self::Item(parent, index) => format!("{}[{index}]", parent.path()),
        }
    }
}

/// Reads a value. An attribute whose value is unknown is left out of its object: nothing is known of it.
pub(crate) fn decode(of: &Type, mut bytes: &[u8]) -> Result<Value, ValueError> {
    let packed = rmpv::decode::read_value(&mut bytes)?;
    from_packed(of, packed, At::Root)
}

/// Writes a value. Attributes that the type has not are left out, and those that the value has not are null.
pub(crate) fn encode(of: &Type, value: &Value) -> Result<Vec<u8>, ValueError> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &to_packed(of, value, At::Root)?)?;
    Ok(bytes)
}

fn is_unknown(packed: &Packed) -> bool {
    matches!(packed, Packed::Ext(kind, _) if UNKNOWN.contains(kind))
}

fn from_packed(of: &Type, packed: Packed, at: At<'_>) -> Result<Value, ValueError> {
    if packed.is_nil() {
        return Ok(Value::Null);
    }
    if is_unknown(&packed) {
        return Err(ValueError::Unknown { path: at.path() });
    }
    let list = |element: &Type, items: Vec<Packed>| {
        let items = items.into_iter().enumerate();
        items.map(|(index, item)| from_packed(element, item, At::Item(&at, index))).collect::<Result<_, _>>()
    };
    match (of, packed) {
        (Type::String, Packed::String(text)) => Ok(Value::String(into_text(text, at)?)),
        (Type::Bool, Packed::Boolean(flag)) => Ok(Value::Bool(flag)),
        (Type::Number, packed) => number(packed, at),
        (Type::List(element) | Type::Set(element), Packed::Array(items)) => Ok(Value::Array(list(element, items)?)),
        (Type::Tuple(types), Packed::Array(items)) if types.len() == items.len() => {
            let items = types.iter().zip(items).enumerate();
            let items = items.map(|(index, (of, item))| from_packed(of, item, At::Item(&at, index)));
            Ok(Value::Array(items.collect::<Result<_, _>>()?))
        }
        (Type::Map(element), Packed::Map(entries)) => fields(entries, at, |_| Some(element)),
        (Type::Object(types), Packed::Map(entries)) => fields(entries, at, |name| types.get(name)),
        (Type::Dynamic, Packed::Array(pair)) => dynamic(pair, at),
        (of, packed) => Err(mismatch(of, kind(&packed), at)),
    }
}

fn fields<'t>(
    entries: Vec<(Packed, Packed)>,
    at: At<'_>,
    of: impl Fn(&str) -> Option<&'t Type>,
) -> Result<Value, ValueError> {
    let mut object = Map::with_capacity(entries.len());
    for (name, value) in entries {
        let Packed::String(name) = name else { return Err(mismatch(&Type::String, kind(&name), at)) };
        let name = into_text(name, at)?;
        if is_unknown(&value) {
            continue;
        }
        let Some(of) = of(&name) else {
            let reason = format!("the schema has no attribute {name:?}");
            return Err(ValueError::Type { path: at.path(), reason });
        };
        let value = from_packed(of, value, At::Field(&at, &name))?;
        object.insert(name, value);
    }
    Ok(Value::Object(object))
}

fn dynamic(pair: Vec<Packed>, at: At<'_>) -> Result<Value, ValueError> {
    let Ok([of, value]) = <[Packed; 2]>::try_from(pair) else {
        return Err(mismatch(&Type::Dynamic, "an array of another length".to_owned(), at));
    };
    let json = match &of {
        Packed::Binary(bytes) => bytes.as_slice(),
        Packed::String(text) => text.as_bytes(),
        _ => return Err(mismatch(&Type::Dynamic, kind(&of), at)),
    };
    let named: Value = serde_json::from_slice(json)?;
    let of =
        Type::from_json(&named).map_err(|error| ValueError::Type { path: at.path(), reason: error.to_string() })?;
    Ok(json!({"value": from_packed(&of, value, at)?, "type": named}))
}

fn number(packed: Packed, at: At<'_>) -> Result<Value, ValueError> {
    match &packed {
        Packed::Integer(integer) => {
            let whole = integer.as_i64().map(Number::from).or_else(|| integer.as_u64().map(Number::from));
            whole.map(Value::Number).ok_or_else(|| mismatch(&Type::Number, kind(&packed), at))
        }
        Packed::F32(_) | Packed::F64(_) => {
            let float = packed.as_f64().unwrap_or(f64::NAN);
            // A whole number is an integer in a state's JSON, however it travelled.
            if float.fract() == 0.0 && float.abs() < 9e15 {
                return Ok(Value::Number(Number::from(float as i64)));
            }
            let number = Number::from_f64(float);
            number.map(Value::Number).ok_or_else(|| mismatch(&Type::Number, kind(&packed), at))
        }
        Packed::String(text) => {
            let text = text.as_str().unwrap_or_default();
            decimal(text).ok_or_else(|| mismatch(&Type::Number, "a text that is no number".to_owned(), at))
        }
        _ => Err(mismatch(&Type::Number, kind(&packed), at)),
    }
}

/// A number from its decimal text. One that JSON's usual numbers cannot hold exactly stays a text, so that two
/// that differ in a late digit stay different.
fn decimal(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    let float: f64 = text.parse().ok().filter(|float: &f64| float.is_finite())?;
    if float.to_string() == text { Number::from_f64(float).map(Value::Number) } else { Some(text.into()) }
}

fn to_packed(of: &Type, value: &Value, at: At<'_>) -> Result<Packed, ValueError> {
    if value.is_null() {
        return Ok(Packed::Nil);
    }
    let list = |element: &Type, items: &[Value]| {
        let items = items.iter().enumerate();
        items.map(|(index, item)| to_packed(element, item, At::Item(&at, index))).collect::<Result<_, _>>()
    };
    match (of, value) {
        (Type::String, Value::String(text)) => Ok(Packed::from(text.as_str())),
        (Type::Bool, Value::Bool(flag)) => Ok(Packed::from(*flag)),
        (Type::Number, Value::Number(number)) => Ok(packed_number(number)),
        // A number that JSON's usual numbers cannot hold.
        (Type::Number, Value::String(text)) if text.parse::<f64>().is_ok() => Ok(Packed::from(text.as_str())),
        (Type::List(element) | Type::Set(element), Value::Array(items)) => Ok(Packed::Array(list(element, items)?)),
        (Type::Tuple(types), Value::Array(items)) if types.len() == items.len() => {
            let items = types.iter().zip(items).enumerate();
            let items = items.map(|(index, (of, item))| to_packed(of, item, At::Item(&at, index)));
            Ok(Packed::Array(items.collect::<Result<_, _>>()?))
        }
        (Type::Map(element), Value::Object(entries)) => {
            let entries = entries.iter();
            let entries = entries.map(|(name, value)| {
                Ok((Packed::from(name.as_str()), to_packed(element, value, At::Field(&at, name))?))
            });
            Ok(Packed::Map(entries.collect::<Result<_, ValueError>>()?))
        }
        (Type::Object(types), Value::Object(fields)) => {
            let entries = types.iter().map(|(name, of)| {
                let value = fields.get(name).unwrap_or(&Value::Null);
                Ok((Packed::from(name.as_str()), to_packed(of, value, At::Field(&at, name))?))
            });
            Ok(Packed::Map(entries.collect::<Result<_, ValueError>>()?))
        }
        (Type::Dynamic, Value::Object(pair)) if pair.contains_key("type") => {
            let named = &pair["type"];
            let of = Type::from_json(named)
                .map_err(|error| ValueError::Type { path: at.path(), reason: error.to_string() })?;
            let value = to_packed(&of, pair.get("value").unwrap_or(&Value::Null), at)?;
            Ok(Packed::Array(vec![Packed::Binary(serde_json::to_vec(named)?), value]))
        }
        (of, value) => Err(mismatch(of, json_kind(value), at)),
    }
}

fn packed_number(number: &Number) -> Packed {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) => Packed::from(whole),
        (_, Some(whole), _) => Packed::from(whole),
        (_, _, Some(float)) => Packed::from(float),
        _ => Packed::from(number.to_string()),
    }
}

fn into_text(text: Utf8String, at: At<'_>) -> Result<String, ValueError> {
    text.into_str().ok_or_else(|| mismatch(&Type::String, "text that is no UTF-8".to_owned(), at))
}

fn mismatch(of: &Type, found: String, at: At<'_>) -> ValueError {
    ValueError::Mismatch { path: at.path(), wanted: of.name(), found }
}

/// The kind alone: the value may be a secret.
fn kind(packed: &Packed) -> String {
    match packed {
        Packed::Nil => "null",
        Packed::Boolean(_) => "a boolean",
        Packed::Integer(_) => "an integer",
        Packed::F32(_) | Packed::F64(_) => "a float",
        Packed::String(_) => "a string",
        Packed::Binary(_) => "bytes",
        Packed::Array(_) => "an array",
        Packed::Map(_) => "a map",
        Packed::Ext(..) => "an extension",
    }
    .to_owned()
}

fn json_kind(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Type {
        Type::parse(json.as_bytes()).expect(json)
    }

    /// Bytes as go-cty writes them, both ways.
    #[test]
    fn known_bytes_are_read_and_written_alike() {
        for (kind, bytes, value) in [
            (r#""string""#, &b"\xa5hello"[..], json!("hello")),
            (r#""bool""#, b"\xc3", json!(true)),
            (r#""number""#, b"\x01", json!(1)),
            (r#""number""#, b"\xff", json!(-1)),
            (r#""number""#, b"\xcd\x01\x00", json!(256)),
            (r#""number""#, b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", json!(1.5)),
            (r#""number""#, b"\xb99223372036854775809.12345", json!("9223372036854775809.12345")),
            (r#""string""#, b"\xc0", json!(null)),
            (r#"["list","string"]"#, b"\x92\xa1a\xc0", json!(["a", null])),
            (r#"["set","number"]"#, b"\x92\x01\x02", json!([1, 2])),
            (r#"["map","bool"]"#, b"\x81\xa1k\xc2", json!({"k": false})),
            (r#"["tuple",["string","number"]]"#, b"\x92\xa1a\x05", json!(["a", 5])),
            (
                r#"["object",{"name":"string","sizes":["list","number"]}]"#,
                b"\x82\xa4name\xa1x\xa5sizes\xc0",
                json!({"name": "x", "sizes": null}),
            ),
            (r#""dynamic""#, b"\x92\xc4\x08\"string\"\xa1v", json!({"value": "v", "type": "string"})),
        ] {
            let kind = of(kind);
            assert_eq!(decode(&kind, bytes).expect("a value"), value);
            assert_eq!(encode(&kind, &value).expect("bytes"), bytes, "{value}");
        }
    }

    #[test]
    fn an_unknown_attribute_is_left_out_and_an_unknown_item_is_an_error() {
        let object = of(r#"["object",{"a":"string","b":"string"}]"#);
        assert_eq!(decode(&object, b"\x82\xa1a\xd4\x00\x00\xa1b\xa1x").expect("a value"), json!({"b": "x"}));
        // With refinements: extension 12 of five bytes.
        assert_eq!(
            decode(&object, b"\x82\xa1a\xc7\x05\x0c\x81\x01\xc2\x00\x00\xa1b\xc0").expect("a value"),
            json!({"b": null})
        );
        let list = of(r#"["list","string"]"#);
        assert_eq!(
            decode(&list, b"\x91\xd4\x00\x00").expect_err("unknown").to_string(),
            r#"read "[0]": its value is unknown"#
        );
    }

    #[test]
    fn an_object_is_written_with_every_attribute_of_its_type_and_no_other() {
        let object = of(r#"["object",{"a":"string","b":"number"}]"#);
        assert_eq!(encode(&object, &json!({"c": 1, "a": "x"})).expect("bytes"), b"\x82\xa1a\xa1x\xa1b\xc0");
    }

    #[test]
    fn a_float_that_is_whole_is_an_integer_as_in_a_state() {
        assert_eq!(decode(&Type::Number, b"\xcb\x40\x14\x00\x00\x00\x00\x00\x00").expect("a value"), json!(5));
        assert_eq!(decode(&Type::Number, b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff").expect("a value"), json!(u64::MAX));
        assert_eq!(decode(&Type::Number, b"\xa30.1").expect("a value"), json!(0.1));
    }

    #[test]
    fn a_mismatch_says_where_and_never_what() {
        let deep = of(r#"["object",{"rules":["list",["object",{"port":"number"}]]}]"#);
        let error = decode(&deep, b"\x81\xa5rules\x91\x81\xa4port\xc3").expect_err("a boolean");
        assert_eq!(error.to_string(), r#"read "rules[0].port" as a number: it is a boolean"#);
        let error = encode(&deep, &json!({"rules": [{"port": "secret"}]})).expect_err("a text");
        assert_eq!(error.to_string(), r#"read "rules[0].port" as a number: it is a string"#);
        let error = decode(&deep, b"\x81\xa1x\xc0").expect_err("another attribute");
        assert_eq!(error.to_string(), r#"read "": the schema has no attribute "x""#);
        assert!(decode(&deep, b"\x81\xa5ru").is_err(), "cut off");
    }
}
