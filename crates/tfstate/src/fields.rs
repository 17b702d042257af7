//! Objects of the state, field by field, with the place of each in the file.
//!
//! The text is parsed once into borrowed raw values; a value's place in the file is the distance of its
//! slice from the text's start, so that every error has a line and a column.

use crate::error::{StateError, StateProblem};
use indexmap::IndexMap;
use pilotlight_findings::Span;
use serde::Deserialize;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A state's text and the name it was read under.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Source<'a> {
    /// The error at a slice of the text.
    pub(crate) fn error(&self, at: &str, path: &str, problem: StateProblem) -> StateError {
        // Every slice given here was borrowed from `text`; another one would give the start of the file.
        let start = (at.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.error_at(start..start + at.len(), path, problem)
    }

    pub(crate) fn error_at(&self, bytes: std::ops::Range<usize>, path: &str, problem: StateProblem) -> StateError {
        StateError { span: Box::new(Span::of(self.file, self.text, bytes)), path: path.to_owned(), problem }
    }

    /// Reads a value whose text is a slice of the source.
    pub(crate) fn read<T: Deserialize<'a>>(&self, raw: &'a RawValue, path: &str, what: &str) -> Result<T, StateError> {
        serde_json::from_str(raw.get()).map_err(|error| {
            self.error(raw.get(), path, StateProblem::Shape(format!("{what} is wanted here, {}", reason(&error))))
        })
    }
}

/// The parser's words without its position, which the error has in its own way.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The fields of one object that were not taken yet.
pub(crate) struct Fields<'a> {
    source: Source<'a>,
    path: String,
    text: &'a str,
    map: IndexMap<String, &'a RawValue>,
}

impl<'a> Fields<'a> {
    pub(crate) fn read(source: Source<'a>, raw: &'a RawValue, path: String) -> Result<Self, StateError> {
        if !raw.get().starts_with('{') {
            let problem = StateProblem::Shape(format!("an object is wanted here, not {}", kind(raw)));
            return Err(source.error(raw.get(), &path, problem));
        }
        let pairs: Pairs<'a> = source.read(raw, &path, "an object")?;
        let mut map = IndexMap::with_capacity(pairs.0.len());
        for (name, value) in pairs.0 {
            if map.contains_key(&name) {
                let problem = StateProblem::Shape(format!("the field {name:?} stands twice in one object"));
                return Err(source.error(value.get(), &join(&path, &name), problem));
            }
            map.insert(name, value);
        }
        Ok(Self { source, path, text: raw.get(), map })
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|raw| raw.get() != "null")
    }

    /// Takes a field as raw JSON; one that is `null` is as one that is absent.
    pub(crate) fn take_raw(&mut self, name: &str) -> Option<&'a RawValue> {
        if self.has(name) { self.map.shift_remove(name) } else { None }
    }

    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str, what: &str) -> Result<Option<T>, StateError> {
        let path = join(&self.path, name);
        self.take_raw(name).map(|raw| self.source.read(raw, &path, what)).transpose()
    }

    pub(crate) fn require<T: DeserializeOwned>(&mut self, name: &str, what: &str) -> Result<T, StateError> {
        match self.take(name, what)? {
            Some(value) => Ok(value),
            None => Err(self.error(StateProblem::Shape(format!("the field {name:?} is missing: {what}")))),
        }
    }

    /// Takes an array of raw values with the path of each; none where the field is absent.
    pub(crate) fn take_array(&mut self, name: &str) -> Result<Vec<(&'a RawValue, String)>, StateError> {
        let path = join(&self.path, name);
        let Some(raw) = self.take_raw(name) else { return Ok(Vec::new()) };
        let items: Vec<&'a RawValue> = self.source.read(raw, &path, "an array")?;
        Ok(items.into_iter().enumerate().map(|(index, item)| (item, format!("{path}[{index}]"))).collect())
    }

    /// The error at this object.
    pub(crate) fn error(&self, problem: StateProblem) -> StateError {
        self.source.error(self.text, &self.path, problem)
    }

    /// The fields in order, for objects whose names are data.
    pub(crate) fn entries(self) -> impl Iterator<Item = (String, &'a RawValue, String)> {
        let path = self.path;
        self.map.into_iter().map(move |(name, raw)| {
            let path = join(&path, &name);
            (name, raw, path)
        })
    }
}

pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

pub(crate) fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// An object's fields in order, doubles included.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}
