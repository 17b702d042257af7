//! Differences in values that come from other objects, as far as no object can have made them.
//!
//! Of such a value parts are still the source's own: the action of a policy that names a queue's ARN, the port of a rule
//! that names a group. What the source has as a text or number has to be the same on both sides, or what the region makes
//! of it; of the rest nothing is said.

use super::parity::{Known, is_empty};
use crate::decide::configured::Configured;
use serde_json::Value;

/// What is known, and what the source says in so many words.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) known: &'a Known<'a>,
    pub(super) source: &'a Configured,
}

impl Written<'_> {
    /// Whether the sides differ in what the source wrote, or in how much of it there is.
    pub(super) fn differs(&self, ours: &Value, theirs: &Value) -> bool {
        if self.known.agrees(ours, theirs) {
            return false;
        }
        match (ours, theirs) {
            (Value::String(a), Value::String(b)) => match (document(a), document(b)) {
                (Some(a), Some(b)) => self.differs(&a, &b),
                _ => self.source.wrote(a) && !self.known.chosen.get(a).is_some_and(|known| known.contains(b)),
            },
            (Value::Number(number), _) => self.source.wrote_number(&number.to_string()),
            (Value::Bool(_), Value::Bool(_)) => true,
            (Value::Array(a), Value::Array(b)) => self.lists_differ(a, b),
            (Value::Object(a), Value::Object(b)) => {
                b.len() > a.len()
                    || a.iter().any(|(name, ours)| {
                        self.differs(ours, b.get(&self.known.words.replace(name)).unwrap_or(&Value::Null))
                    })
            }
            (Value::String(text), _) if is_empty(theirs) => self.source.wrote(text),
            // One statement of a policy may be written without its list.
            (Value::Array(a), _) if !is_empty(theirs) => self.lists_differ(a, std::slice::from_ref(theirs)),
            (_, Value::Array(b)) if !is_empty(ours) => self.lists_differ(std::slice::from_ref(ours), b),
            (Value::Array(a), _) => a.iter().any(|ours| self.differs(ours, &Value::Null)),
            (Value::Object(a), _) if is_empty(theirs) => a.values().any(|ours| self.differs(ours, &Value::Null)),
            _ => false,
        }
    }

    /// Sets are lists in a state, so any order will do. How many texts there are may be up to the objects; how many
    /// blocks or statements there are is up to the source.
    fn lists_differ(&self, ours: &[Value], theirs: &[Value]) -> bool {
        let blocks = |all: &[Value]| all.iter().filter(|value| value.is_object()).count();
        if blocks(ours) != blocks(theirs) {
            return true;
        }
        let mut left: Vec<&Value> = theirs.iter().collect();
        // What agrees in all is taken first: a looser match must not take its place.
        let mut open = Vec::new();
        for value in ours {
            match left.iter().position(|theirs| self.known.agrees(value, theirs)) {
                Some(at) => drop(left.remove(at)),
                None => open.push(value),
            }
        }
        open.into_iter().any(|value| match left.iter().position(|theirs| !self.differs(value, theirs)) {
            Some(at) => {
                left.remove(at);
                false
            }
            None => left.is_empty() && self.differs(value, &Value::Null) || !left.is_empty(),
        })
    }
}

/// A text that is a JSON document, as a policy is.
pub(super) fn document(text: &str) -> Option<Value> {
    let is_one = text.trim_start().starts_with(['{', '[']);
    is_one.then(|| serde_json::from_str(text).ok()).flatten()
}
