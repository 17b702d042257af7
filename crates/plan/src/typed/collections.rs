//! Lists and maps by the type that the table has for them.

use super::found_in;
use crate::content::Fields;
use crate::error::Problem;
use crate::expression::range_of;
use crate::name::nearest;
use crate::reader::Reader;
use crate::table::{AttributeRow, Type};
use crate::value::{Value, as_text, kind_of};
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::ops::Range;

impl Reader<'_> {
    pub(super) fn texts_of(
        &mut self,
        row: &AttributeRow,
        expression: &Expression,
    ) -> Option<Vec<(String, Range<usize>)>> {
        let mut texts = Vec::new();
        for (value, range) in self.elements_of(row, expression)? {
            match self.known_by_now(format!("the attribute {:?}", row.name), value, &range)? {
                Json::String(text) => texts.push((text, range)),
                other => return self.wrong_type(row, kind_of(&other), range),
            }
        }
        Some(texts)
    }

    pub(super) fn values_of(
        &mut self,
        row: &AttributeRow,
        expression: &Expression,
    ) -> Option<Vec<(Value, Range<usize>)>> {
        let mut values = Vec::new();
        for (value, range) in self.elements_of(row, expression)? {
            values.push(match value {
                Value::Literal(literal) => match as_text(&literal) {
                    Some(text) => (Value::Literal(Json::String(text)), range),
                    None => return self.wrong_type(row, kind_of(&literal), range),
                },
                Value::List(_) | Value::Map(_) => return self.wrong_type(row, found_in(&value), range),
                other => (other, range),
            });
        }
        Some(values)
    }

    pub(super) fn integers_of(
        &mut self,
        row: &AttributeRow,
        expression: &Expression,
        least: i64,
        most: i64,
    ) -> Option<Vec<(i64, Range<usize>)>> {
        let mut numbers = Vec::new();
        for (value, range) in self.elements_of(row, expression)? {
            let value = self.known_by_now(format!("the attribute {:?}", row.name), value, &range)?;
            match value {
                Json::Number(_) => {
                    numbers.push((self.whole_number(row, &value, &value, range.clone(), least, most)?, range));
                }
                other => return self.wrong_type(row, kind_of(&other), range),
            }
        }
        Some(numbers)
    }

    /// The elements of a list. One output stands for a list: it may be one.
    fn elements_of(&mut self, row: &AttributeRow, expression: &Expression) -> Option<Vec<(Value, Range<usize>)>> {
        if let Expression::Array(elements) = expression {
            let values: Vec<_> = elements.iter().map(|e| Some((self.evaluate(e)?, range_of(e)))).collect();
            return values.into_iter().collect();
        }
        let range = range_of(expression);
        match self.evaluate(expression)? {
            Value::Literal(Json::Array(elements)) => {
                Some(elements.into_iter().map(|element| (Value::Literal(element), range.clone())).collect())
            }
            Value::List(elements) => Some(elements.into_iter().map(|element| (element, range.clone())).collect()),
            value @ Value::Output(_) if matches!(row.of, Type::Values) => Some(vec![(value, range)]),
            other => self.wrong_type(row, found_in(&other), range),
        }
    }

    /// The entries of a map, with where each value stands.
    pub(super) fn entries_of(
        &mut self,
        row: &AttributeRow,
        expression: &Expression,
    ) -> Option<Vec<(String, Value, Range<usize>)>> {
        let mut places = IndexMap::new();
        if let Expression::Object(object) = expression {
            for (key, value) in object {
                if let Some(name) = literal_key(key) {
                    let for_terraform = !matches!(row.of, Type::ValueMap);
                    self.refuse_literal_secret(&name, value.expr(), for_terraform);
                    places.insert(name, range_of(value.expr()));
                }
            }
        }
        let range = range_of(expression);
        let place = |key: &str| places.get(key).unwrap_or(&range).clone();
        match self.evaluate(expression)? {
            Value::Map(entries) => Some(
                entries
                    .into_iter()
                    .map(|(k, v)| {
                        let at = place(&k);
                        (k, v, at)
                    })
                    .collect(),
            ),
            Value::Literal(Json::Object(entries)) => Some(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let at = place(&key);
                        (key, Value::Literal(value), at)
                    })
                    .collect(),
            ),
            other => self.wrong_type(row, found_in(&other), range),
        }
    }

    pub(super) fn object_of(
        &mut self,
        row: &AttributeRow,
        rows: &'static [AttributeRow],
        object: &Object,
        range: Range<usize>,
    ) -> Fields {
        let mut fields = Fields::default();
        let mut given = Vec::new();
        for (key, value) in object {
            let Some(name) = literal_key(key) else {
                self.no_key(key);
                continue;
            };
            match rows.iter().find(|known| known.name == name) {
                Some(known) => self.read_into(&mut fields, known, value.expr()),
                None => {
                    self.refuse_literal_secret(&name, value.expr(), false);
                    self.fail(
                        key_range(key).unwrap_or_else(|| range_of(value.expr())),
                        Problem::UnknownName {
                            what: "the attribute",
                            suggestion: nearest(&name, rows.iter().map(|known| known.name)),
                            name: name.clone(),
                            place: row.name.to_owned(),
                            known: rows.iter().map(|known| known.name.to_owned()).collect(),
                        },
                    );
                }
            }
            given.push(name);
        }
        let missing = |known: &AttributeRow| !given.iter().any(|name| name == known.name);
        self.fill(&mut fields, rows, &missing, range, row.name);
        fields
    }

    fn no_key(&mut self, key: &ObjectKey) {
        self.fail(
            key_range(key).unwrap_or_default(),
            Problem::Expression {
                what: "the key of a map".to_owned(),
                reason: "it is no word".to_owned(),
                remedy: "write the key in double quotes".to_owned(),
            },
        );
    }
}

fn literal_key(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(word) => Some(word.value().to_string()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.value().clone()),
        ObjectKey::Expression(_) => None,
    }
}

fn key_range(key: &ObjectKey) -> Option<Range<usize>> {
    match key {
        ObjectKey::Ident(word) => word.span(),
        ObjectKey::Expression(expression) => expression.span(),
    }
}
