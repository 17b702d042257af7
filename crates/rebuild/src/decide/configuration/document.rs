//! One file of configuration, in HCL or JSON, as blocks and values.
//!
//! Source of the JSON form: Terraform's documentation, "JSON Configuration Syntax". A block's labels are keys of
//! nested objects; a block that may stand more than once is an object or a list of them, at any of these levels.

use super::value::Value;
use crate::decide::syntax::{attribute, labels, place};
use crate::observe::SourceError;
use hcl_edit::structure::Body as HclBody;
use indexmap::IndexMap;
use pilotlight_findings::{Position, Span};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::ops::Range;

/// A file, parsed. What it was parsed from stays outside, so that JSON can be shown by its place.
pub(crate) struct Document<'t> {
    at: Place<'t>,
    syntax: Syntax<'t>,
}

enum Syntax<'t> {
    Hcl(HclBody),
    Json(Entries<'t>),
}

type Entries<'t> = IndexMap<String, &'t RawValue>;

/// A file's name and text: where things stand.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    shown: &'t str,
    text: &'t str,
}

/// The body of a block, or a whole file.
pub(crate) enum Body<'d> {
    Hcl(Place<'d>, &'d HclBody),
    Json(Place<'d>, Entries<'d>),
}

/// A block.
pub(crate) struct Block<'d> {
    pub(crate) labels: Vec<String>,
    pub(crate) span: Span,
    pub(crate) body: Body<'d>,
}

impl<'t> Document<'t> {
    /// Parses a file. `shown` is its name in errors.
    pub(crate) fn parse(shown: &'t str, text: &'t str, is_json: bool) -> Result<Self, SourceError> {
        let at = Place { shown, text };
        let syntax = if is_json {
            Syntax::Json(serde_json::from_str(text).map_err(|error| {
                let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
                let start = Position { line: error.line().max(1), column: error.column().max(1) };
                let span = Span { file: shown.to_owned(), start, bytes: (line_start, line_start) };
                SourceError::Syntax { span, message: error.to_string() }
            })?)
        } else {
            Syntax::Hcl(text.parse().map_err(|error: hcl_edit::parser::Error| {
                let offset = error.location().offset();
                SourceError::Syntax { span: at.span(offset..offset), message: error.message().to_owned() }
            })?)
        };
        Ok(Self { at, syntax })
    }

    pub(crate) fn body(&self) -> Body<'_> {
        match &self.syntax {
            Syntax::Hcl(body) => Body::Hcl(self.at, body),
            Syntax::Json(entries) => Body::Json(self.at, entries.clone()),
        }
    }
}

impl<'d> Body<'d> {
    /// The blocks of this kind directly in it that have this many labels.
    pub(crate) fn blocks(&self, kind: &str, wanted: usize) -> Vec<Block<'d>> {
        match self {
            Self::Hcl(at, body) => {
                let blocks = body.blocks().filter(|block| block.ident.as_str() == kind && block.labels.len() == wanted);
                let found = blocks.map(|block| Block {
                    labels: labels(block).into_iter().map(str::to_owned).collect(),
                    span: at.span(place(block)),
                    body: Body::Hcl(*at, &block.body),
                });
                found.collect()
            }
            Self::Json(at, entries) => {
                let mut found = Vec::new();
                if let Some(raw) = entries.get(kind) {
                    at.json_blocks(raw, wanted, &mut Vec::new(), &mut found);
                }
                found
            }
        }
    }

    /// The names of the arguments and blocks directly in it; a `dynamic` block has that of what it makes.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        match self {
            Self::Hcl(_, body) => {
                let blocks = body.blocks().map(|block| match (block.ident.as_str(), &labels(block)[..]) {
                    ("dynamic", [of]) => (*of).to_owned(),
                    (name, _) => name.to_owned(),
                });
                blocks.chain(body.attributes().map(|attribute| attribute.key.as_str().to_owned())).collect()
            }
            Self::Json(_, entries) => {
                let dynamic = self.blocks("dynamic", 1).into_iter().flat_map(|block| block.labels);
                dynamic.chain(entries.keys().cloned()).collect()
            }
        }
    }

    /// The value of an argument directly in it.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        match self {
            Self::Hcl(at, body) => attribute(body, name).map(|expression| Value::of_hcl(at, expression)),
            Self::Json(at, entries) => entries.get(name).map(|raw| Value::of_json(at, raw)),
        }
    }
}

impl<'t> Place<'t> {
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span::of(self.shown, self.text, range)
    }

    /// Where a part of the JSON stands: it is a slice of the text.
    pub(crate) fn raw_span(&self, raw: &RawValue) -> Span {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.span(start..start + raw.get().len())
    }

    pub(crate) fn list<'r>(&self, raw: &'r RawValue) -> Option<Vec<&'r RawValue>> {
        serde_json::from_str(raw.get()).ok()
    }

    pub(crate) fn map<'r>(&self, raw: &'r RawValue) -> Option<IndexMap<String, &'r RawValue>> {
        serde_json::from_str(raw.get()).ok()
    }

    fn json_blocks(&self, raw: &'t RawValue, wanted: usize, labels: &mut Vec<String>, found: &mut Vec<Block<'t>>) {
        if let Some(items) = self.list(raw) {
            items.into_iter().for_each(|item| self.json_blocks(item, wanted, labels, found));
        } else if let Some(entries) = self.map(raw) {
            if labels.len() == wanted {
                let (labels, span) = (labels.clone(), self.raw_span(raw));
                found.push(Block { labels, span, body: Body::Json(*self, entries) });
                return;
            }
            for (label, below) in entries {
                labels.push(label);
                self.json_blocks(below, wanted, labels, found);
                labels.pop();
            }
        }
    }
}
