//! Plain JSON: what Terraform writes, skimmed at the speed of the memory.
//!
//! [`end`] accepts less than JSON is. Where it says yes, the text is valid, serde_json reads it into a value without
//! an error, and no field is lost on the way, because the names of each object ascend, as Terraform writes
//! them. Where it says no, nothing is known, and [`Reader::value`](crate::reader::Reader::value) reads the text.

/// The deepest nesting of a plain text.
const DEEPEST: usize = 32;

/// Digits that every float can hold: the largest one has 309 before its point.
const DIGITS: usize = 300;

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    /// The first item of an array, or its end.
    FirstValue,
    Value,
    /// The first name of an object, or its end.
    FirstName,
    Name,
    /// A comma, or the end of what is open.
    Comma,
}

/// The end of the object that begins at `at`, if it is plain.
pub(crate) fn end(text: &str, mut at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    // For each open object and array the last name; an array has none.
    let mut names: [Option<Name<'_>>; DEEPEST] = [None; DEEPEST];
    let (mut depth, mut next) = (0, Next::Value);
    loop {
        at = after_space(bytes, at);
        let byte = *bytes.get(at)?;
        at += 1;
        match (next, byte) {
            (Next::Value | Next::FirstValue, b'"') => {
                at = string_end(bytes, at)?.0 + 1;
                next = Next::Comma;
            }
            (Next::Value | Next::FirstValue, b'{' | b'[') => {
                let is_object = byte == b'{';
                *names.get_mut(depth)? = is_object.then_some(Name::EMPTY);
                depth += 1;
                next = if is_object { Next::FirstName } else { Next::FirstValue };
            }
            (Next::Value | Next::FirstValue, _) => {
                at = scalar_end(bytes, at - 1)?;
                next = Next::Comma;
            }
            (Next::Name | Next::FirstName, b'"') => {
                let (end, escaped) = string_end(bytes, at)?;
                let name = Name::new(&text[at..end]);
                // An escape could hide that two names are the same; the empty one is before all others.
                if escaped || names[depth - 1]? >= name {
                    return None;
                }
                names[depth - 1] = Some(name);
                at = after_space(bytes, end + 1);
                if bytes.get(at) != Some(&b':') {
                    return None;
                }
                at += 1;
                next = Next::Value;
            }
            (Next::Comma, b',') => next = if names[depth - 1].is_some() { Next::Name } else { Next::Value },
            _ => return None,
        }
        // What was opened may end, once and again.
        while matches!(next, Next::Comma | Next::FirstName | Next::FirstValue) {
            at = after_space(bytes, at);
            let closing = if names[depth - 1].is_some() { b'}' } else { b']' };
            if bytes.get(at) != Some(&closing) {
                break;
            }
            at += 1;
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
            next = Next::Comma;
        }
    }
}

/// A name with its first bytes as a number, which tells the order of most names.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Name<'a> {
    first: u64,
    text: &'a str,
}

impl<'a> Name<'a> {
    const EMPTY: Self = Self { first: 0, text: "" };

    fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let first = match bytes.first_chunk() {
            Some(first) => u64::from_be_bytes(*first),
            // Behind a short name stand zeros: no name has one in it that is not escaped.
            None => {
                let mut padded = [0; STEP];
                padded[..bytes.len()].copy_from_slice(bytes);
                u64::from_be_bytes(padded)
            }
        };
        Self { first, text }
    }
}

/// The end of a number without an exponent, or of a word.
fn scalar_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = &bytes[start..];
    for word in [&b"null"[..], b"false", b"true"] {
        if rest.starts_with(word) {
            return Some(start + word.len());
        }
    }
    let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(rest.first() == Some(&b'-'));
    let whole = digits(sign);
    if whole == 0 || (whole > 1 && rest[sign] == b'0') {
        return None;
    }
    let mut length = sign + whole;
    if rest.get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        if fraction == 0 {
            return None;
        }
        length += 1 + fraction;
    }
    // An exponent is no comma and no bracket, and so refused by what comes next.
    (length <= DIGITS).then_some(start + length)
}

/// The closing quote of the string whose first character is at `at`, and whether it has escapes. None where it is no
/// string, or has an escape that may be half of a surrogate pair.
fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = special(bytes, at)?;
        match bytes[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => {}
            _ => return None,
        }
        escaped = true;
        at += match bytes.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' => match bytes.get(at + 2..at + 6)? {
                [b'd' | b'D', ..] => return None,
                digits if digits.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return None,
            },
            _ => return None,
        };
    }
}

/// Eight bytes are looked at in one step.
const STEP: usize = size_of::<u64>();

/// The next `"`, `\\` or control character from `at` on.
fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; STEP])
    }
    // Sets the high bit of the first byte that is below `limit`; those behind it may be set wrongly, and do not count.
    let below = |word: u64, limit: u8| word.wrapping_sub(all(limit)) & !word & all(0x80);
    while let Some(step) = bytes.get(at..).and_then(<[u8]>::first_chunk::<STEP>) {
        let word = u64::from_le_bytes(*step);
        let hits = below(word ^ all(b'"'), 1) | below(word ^ all(b'\\'), 1) | below(word, b' ');
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += STEP;
    }
    Some(at + bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '))?)
}

/// The first byte from `at` on that is no white space. Terraform indents a line by a dozen spaces.
fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
        while bytes.get(at..).and_then(<[u8]>::first_chunk::<STEP>) == Some(&[b' '; STEP]) {
            at += STEP;
        }
    }
    at
}

/// A field of an object that is plain.
pub(crate) fn field<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let bytes = object.as_bytes();
    let (mut depth, mut at) = (0, 0);
    // Set between the name that is looked for and the end of its value.
    let mut found: Option<usize> = None;
    let mut name_is_next = false;
    while let Some(byte) = bytes.get(at) {
        match (byte, depth, found) {
            (b',' | b'}', 1, Some(start)) => return Some(object[start..at].trim_ascii()),
            (b'{', 0, _) | (b',', 1, None) => name_is_next = true,
            _ => {}
        }
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                at = string_end(bytes, at)?.0;
                if std::mem::take(&mut name_is_next) && object[start..at] == *name {
                    found = Some(at + 1 + bytes[at..].iter().position(|byte| *byte == b':')?);
                    at = found?;
                    continue;
                }
                at += 1;
            }
            b'\n' => at = after_space(bytes, at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value, value::RawValue};

    #[test]
    fn plain_is_what_terraform_writes() {
        for text in [
            "{}",
            "{ }",
            "{\n  \"a\": null,\n  \"b\": [],\n  \"c\": [\n    {\n      \"d\": -1.50\n    },\n    true\n  ]\n}",
            r#"{"a":"\u003e \" \\ \n é","b":{},"c":[[],[1,2],"x"],"d":0,"e":false}"#,
        ] {
            assert_eq!(end(text, 0), Some(text.len()), "{text}");
            assert_eq!(end(&format!("{text},"), 0), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        let long = format!("{{\"a\":{}}}", "1".repeat(DIGITS + 1));
        for text in [
            "",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{,}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{1:1}",
            "{\"a\":[1,]}",
            "{\"a\":[,]}",
            "{\"a\":[1}",
            "{\"a\":[1 2]}",
            "{\"a\":{]}",
            "{\"a\":01}",
            "{\"a\":-}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":+1}",
            "{\"a\":1e5}",
            "{\"a\":1E400}",
            "{\"a\":nul}",
            "{\"a\":True}",
            "{\"a\":truex}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\ud83d\\ude00\"}",
            "{\"a\":1,\"a\":2}",
            "{\"b\":1,\"a\":2}",
            "{\"\\u0061\":1}",
            "{\"\":1}",
            &deep,
            &long,
        ] {
            assert_eq!(end(text, 0), None, "{text}");
        }
    }

    #[test]
    fn a_field_is_found_among_others() {
        let text = "{\"a\": {\"id\": \"x\"}, \"b\": \"\\\"id\\\": 1,\",\n \"id\" : \"y\" ,\"l\":[1, {}], \"n\": null}";
        assert_eq!(end(text, 0), Some(text.len()));
        for (name, value) in [
            ("a", Some("{\"id\": \"x\"}")),
            ("id", Some("\"y\"")),
            ("l", Some("[1, {}]")),
            ("n", Some("null")),
            ("i", None),
            ("x", None),
        ] {
            assert_eq!(field(text, name), value, "{name}");
        }
    }

    /// JSON, and what is nearly that.
    fn text() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just("\"a\""),
            Just("\"b\""),
            Just("\"c\": "),
            Just("\"\\u00e9\""),
            Just("\"\\ud800\""),
            Just("1"),
            Just("-0.5"),
            Just("01"),
            Just("1e9"),
            Just("1e999"),
            Just("null"),
            Just("true"),
            Just("\n        "),
            Just("\""),
            Just("\\"),
            Just("é"),
            Just("\u{1}"),
        ];
        prop::collection::vec(token, 0..24).prop_map(|tokens| format!("{{{}", tokens.concat()))
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{0,3}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_plain_is_read_by_the_parser_to_the_same_end(text in text()) {
            if let Some(end) = end(&text, 0) {
                let raw: &RawValue = serde_json::from_str(&text[..end]).expect("json");
                prop_assert_eq!(raw.get().len(), end);
                let map: Map<String, Value> = serde_json::from_str(raw.get()).expect("a value");
                for (name, value) in &map {
                    let found: Value = serde_json::from_str(field(raw.get(), name).expect("field")).expect("json");
                    prop_assert_eq!(&found, value);
                }
            }
        }

        #[test]
        fn a_tree_with_ascending_names_is_plain_however_it_is_laid_out(tree in tree(), pretty: bool) {
            let tree = serde_json::json!({ "a": tree });
            let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) };
            let text = text.expect("json");
            // Exponents and empty names are the two that a tree has and plain text has not.
            if !text.contains("\"\":") && !text.contains("e+") && !text.contains("e-") && !text.contains("\"\" :") {
                prop_assert_eq!(end(&text, 0), Some(text.len()), "{}", text);
            }
        }
    }
}
