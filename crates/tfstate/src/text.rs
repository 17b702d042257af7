//! The text of a state, kept once and shared by all that is read from it.

use crate::reader::{Reader, Source};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The text as it was given; a clone shares it.
#[derive(Clone)]
pub(crate) struct Text(Arc<Whole>);

struct Whole {
    text: String,
    /// Bytes of a byte order mark, which is no part of the JSON.
    mark: usize,
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Text {
    pub(crate) fn new(text: String) -> Self {
        let mark = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self(Arc::new(Whole { text, mark }))
    }

    pub(crate) fn source<'a>(&'a self, file: &'a str) -> Source<'a> {
        Source { file, text: self.as_str(), before: self.0.mark }
    }

    /// All of it, a byte order mark included.
    pub(crate) fn whole(&self) -> &str {
        &self.0.text
    }

    fn as_str(&self) -> &str {
        &self.0.text[self.0.mark..]
    }

    fn slice(&self, part: Part) -> &str {
        &self.as_str()[part.start..part.end]
    }
}

/// The document as it was written.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document: &RawValue = serde_json::from_str(self.as_str()).map_err(serde::ser::Error::custom)?;
        document.serialize(serializer)
    }
}

/// Secrets are in the text: it is never shown whole.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.as_str().len())
    }
}

/// Where a value stands in the text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Part {
    pub(crate) fn of(source: Source<'_>, json: &str) -> Self {
        let start = source.offset(json);
        Self { start, end: start + json.len() }
    }

    /// Reads the value again; the default of one that is absent.
    pub(crate) fn read<T: serde::de::DeserializeOwned + Default>(self, text: &Text) -> T {
        match text.slice(self) {
            "" => T::default(),
            // Loading has read it as the same type, so that it is not refused here.
            json => serde_json::from_str(json).unwrap_or_default(),
        }
    }
}

/// How the text has the attributes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A tree of JSON of which [`crate::plain::end`] knows that it can be read.
    Plain,
    /// A tree of JSON that is read by [`Reader::value`].
    Exact,
    /// `attributes_flat` of Terraform 0.11.
    Flat,
}

/// An object's attributes, or its identity: a place in the text, read when they are first asked for.
#[derive(Clone)]
pub(crate) struct Attributes {
    text: Text,
    part: Part,
    form: Form,
    // In a box, because most are never asked for and an empty map is not small.
    read: OnceLock<Box<Map<String, Value>>>,
}

impl Attributes {
    pub(crate) fn new(text: &Text, part: Part, form: Form) -> Self {
        Self { text: text.clone(), part, form, read: OnceLock::new() }
    }

    /// As the text has them, to the digit; none where they are absent or flat.
    pub(crate) fn json(&self) -> Option<&str> {
        Some(self.text.slice(self.part)).filter(|json| !json.is_empty() && self.form != Form::Flat)
    }

    /// `attributes_flat` as the text has it.
    pub(crate) fn flat_json(&self) -> Option<&str> {
        Some(self.text.slice(self.part)).filter(|json| !json.is_empty() && self.form == Form::Flat)
    }

    /// Read once and kept.
    pub(crate) fn map(&self) -> &Map<String, Value> {
        self.read.get_or_init(|| Box::new(self.parse()))
    }

    /// Read for the caller alone, unless they were kept before.
    pub(crate) fn read(&self) -> Map<String, Value> {
        match self.read.get() {
            Some(map) => map.as_ref().clone(),
            None => self.parse(),
        }
    }

    /// A field that is a string; only this one is read where that can be told.
    pub(crate) fn string(&self, name: &str) -> Option<&str> {
        if self.form == Form::Plain && self.read.get().is_none() {
            let written = crate::plain::field(self.text.slice(self.part), name)?;
            let inner = written.strip_prefix('"')?.strip_suffix('"')?;
            if !inner.contains('\\') {
                return Some(inner);
            }
        }
        self.map().get(name).and_then(Value::as_str)
    }

    fn parse(&self) -> Map<String, Value> {
        match self.form {
            Form::Plain => self.part.read(&self.text),
            Form::Flat => crate::flatmap::unflatten(&self.part.read(&self.text)),
            Form::Exact => {
                let mut reader = Reader::within(self.text.source(""), self.text.slice(self.part));
                // Loading has read it in this same way, so that it is neither refused nor another value here.
                match reader.value(&crate::reader::Path::Root) {
                    Ok(Value::Object(map)) => map,
                    _ => Map::new(),
                }
            }
        }
    }
}

/// Secrets are in attributes, too.
impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attributes({} bytes)", self.part.end - self.part.start)
    }
}
