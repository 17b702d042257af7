//! Values read part by part, for what serde_json cannot make a value of.
//!
//! Numbers that no float holds, nesting without end, halves of a surrogate pair, two fields of one name:
//! serde_json skims them all. Here each is read, or refused at its own place.

use crate::error::{StateError, StateProblem};
use crate::reader::{Path, Reader};
use serde_json::{Map, Value};

/// The deepest nesting of one value that is read. The deepest schema of the AWS provider (`aws_wafv2_web_acl`)
/// nests some thirty levels.
const DEEPEST: usize = 100;

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
