//! Values as exact as a state may want them, and the test that tells whether a text needs it.
//!
//! serde_json skims more than it can read into a value: numbers that no float holds, nesting without end, halves of
//! a surrogate pair, two fields of one name. [`is_plain`] finds the texts that have none of these, at the speed
//! of the skim; [`Reader::value`] reads the others, and says what is wrong with one, and where.

use crate::error::{StateError, StateProblem};
use crate::reader::{Path, Reader};
use serde_json::{Map, Value};

/// The deepest nesting of one value that is read. The deepest schema of the AWS provider (`aws_wafv2_web_acl`)
/// nests some thirty levels.
const DEEPEST: usize = 100;

/// The deepest nesting of a plain text: deeper ones are rare, and read exactly.
const PLAIN_DEPTH: usize = 32;

/// Digits that every float can hold: the largest one has 309 before its point.
const PLAIN_DIGITS: usize = 300;

/// Whether a text that serde_json skimmed without an error is read by it without one, too, and without
/// dropping a field: names ascend, as Terraform writes them, so that none stands twice. False where it is not known.
pub(crate) fn is_plain(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut last_names = [""; PLAIN_DEPTH];
    let mut is_object = [false; PLAIN_DEPTH];
    let (mut depth, mut at) = (0, 0);
    let mut name_is_next = false;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                let Some((end, escaped)) = string_end(bytes, at) else { return false };
                at = end + 1;
                if name_is_next {
                    let name = &json[start..end];
                    let last = &mut last_names[depth - 1];
                    // An escape in a name could hide that two are the same; the empty name is before all others.
                    if escaped || name <= *last {
                        return false;
                    }
                    *last = name;
                    name_is_next = false;
                }
            }
            b'{' | b'[' => {
                if depth == PLAIN_DEPTH {
                    return false;
                }
                name_is_next = *byte == b'{';
                (last_names[depth], is_object[depth]) = ("", name_is_next);
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                name_is_next = false;
            }
            b',' => name_is_next = depth > 0 && is_object[depth - 1],
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.')).count();
                at += length;
                if length > PLAIN_DIGITS || matches!(bytes.get(at), Some(b'e' | b'E')) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// The closing quote of the string that begins at `at`, and whether it has escapes; none where an escape may be
/// half of a surrogate pair.
fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at += bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if bytes[at] == b'"' {
            return Some((at, escaped));
        }
        escaped = true;
        if bytes.get(at + 1) == Some(&b'u') && matches!(bytes.get(at + 2), Some(b'd' | b'D')) {
            return None;
        }
        at += 2;
    }
}

/// A field of an object whose text was skimmed before. The caller has made sure that names stand once.
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
                at = skip_string(bytes, at)?;
                if std::mem::take(&mut name_is_next) && object[start..at] == *name {
                    found = Some(at + 1 + bytes[at..].iter().position(|byte| *byte == b':')?);
                    at = found?;
                    continue;
                }
                at += 1;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn skip_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

impl<'a> Reader<'a> {
    /// Reads a value, each part of it with its place. A number that no float holds becomes the text of its digits.
    pub(crate) fn value(&mut self, path: &Path<'_>) -> Result<Value, StateError> {
        self.nested(path, DEEPEST)
    }

    fn nested(&mut self, path: &Path<'_>, levels: usize) -> Result<Value, StateError> {
        let (next, at) = self.peek();
        if levels == 0 && matches!(next, Some(b'{' | b'[')) {
            let reason = format!("values are nested more than {DEEPEST} levels deep here, which no provider writes");
            return Err(self.source.error_at(at..at + 1, path, StateProblem::Shape(reason)));
        }
        match next {
            Some(b'{') => {
                let mut map = Map::new();
                self.object(path, |reader, path, name| {
                    map.insert(name.to_owned(), reader.nested(path, levels - 1)?);
                    Ok(())
                })?;
                Ok(Value::Object(map))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.array(path, |reader, path| {
                    items.push(reader.nested(path, levels - 1)?);
                    Ok(())
                })?;
                Ok(Value::Array(items))
            }
            _ => self.leaf(path),
        }
    }

    fn leaf(&mut self, path: &Path<'_>) -> Result<Value, StateError> {
        let json = self.skim()?;
        serde_json::from_str(json).or_else(|error| match json.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Ok(Value::String(json.to_owned())),
            _ => {
                let problem = StateProblem::Shape(format!("it is no value: {}", crate::reader::reason(&error)));
                Err(self.source.error(json, path, problem))
            }
        })
    }
}
