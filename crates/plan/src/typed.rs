//! Values by the type that the table has for them.

mod collections;

use crate::content::{Content, Fields};
use crate::duration::parse_duration;
use crate::error::Problem;
use crate::expression::range_of;
use crate::name::nearest;
use crate::reader::Reader;
use crate::table::{AttributeRow, Need, Type};
use crate::value::{Value, kind_of};
use hcl_edit::expr::Expression;
use indexmap::IndexMap;
use pilotlight_findings::{Region, SENSITIVE};
use serde_json::Value as Json;
use std::ops::Range;
use std::time::Duration;

impl Reader<'_> {
    /// The value by its row's type. None where it has another: that has been noted.
    pub(crate) fn typed(&mut self, row: &'static AttributeRow, expression: &Expression) -> Option<Content> {
        match &row.of {
            Type::Text => self.text_of(row, expression).map(Content::Text),
            Type::Region => self.region_of(row, expression).map(Content::Region),
            Type::Duration { least, most } => self.duration_of(row, expression, *least, *most).map(Content::Duration),
            Type::Integer { least, most } => self.integer_of(row, expression, *least, *most).map(Content::Integer),
            Type::Integers { least, most } => self.integers_of(row, expression, *least, *most).map(Content::Integers),
            Type::Flag => self.flag_of(row, expression).map(Content::Flag),
            Type::Word(words) => {
                let text = self.text_of(row, expression)?;
                self.word(row, words, text, range_of(expression)).map(Content::Text)
            }
            Type::Words(words) => {
                let texts = self.texts_of(row, expression)?;
                let words: Vec<_> = texts
                    .into_iter()
                    .map(|(text, range)| Some((self.word(row, words, text, range.clone())?, range)))
                    .collect();
                words.into_iter().collect::<Option<_>>().map(Content::Texts)
            }
            Type::Texts => self.texts_of(row, expression).map(Content::Texts),
            Type::TextMap => {
                let entries = self.entries_of(row, expression)?;
                let mut map = IndexMap::new();
                for (key, value, range) in entries {
                    match self.known_json(row, value, &range)? {
                        Json::String(text) => map.insert(key, text),
                        other => return self.wrong_type(row, kind_of(&other), range),
                    };
                }
                Some(Content::TextMap(map))
            }
            Type::Map => {
                let entries = self.entries_of(row, expression)?;
                let mut map = IndexMap::new();
                for (key, value, range) in entries {
                    map.insert(key, self.known_json(row, value, &range)?);
                }
                Some(Content::Map(map))
            }
            Type::ValueOrMap(rows) if expression.is_object() => match expression {
                Expression::Object(object) => {
                    let fields = self.object_of(row, rows, object, range_of(expression));
                    Some(Content::Value(map_of(fields, rows)?))
                }
                _ => None,
            },
            Type::Value | Type::ValueOrMap(_) => {
                let value = self.evaluate(expression)?;
                match &value {
                    Value::Map(_) => return self.wrong_type(row, "a map", range_of(expression)),
                    Value::Literal(literal @ (Json::Object(_) | Json::Null | Json::Bool(_) | Json::Number(_))) => {
                        return self.wrong_type(row, kind_of(literal), range_of(expression));
                    }
                    _ => {}
                }
                Some(Content::Value(value))
            }
            Type::Values => self.values_of(row, expression).map(Content::Values),
            Type::ValueMap => {
                let mut map = IndexMap::new();
                for (key, value, range) in self.entries_of(row, expression)? {
                    if let Value::List(_)
                    | Value::Map(_)
                    | Value::Literal(Json::Array(_) | Json::Object(_) | Json::Null) = &value
                    {
                        return self.wrong_type(row, found_in(&value), range);
                    }
                    map.insert(key, value);
                }
                Some(Content::ValueMap(map))
            }
            Type::Object(rows) => match expression {
                Expression::Object(object) => {
                    Some(Content::Object(self.object_of(row, rows, object, range_of(expression))))
                }
                other => {
                    let found = self.evaluate(other).map_or("a value", |value| found_in(&value));
                    self.wrong_type(row, found, range_of(expression))
                }
            },
        }
    }

    /// A literal of any type: for what is written into Terraform's files.
    pub(crate) fn literal(&mut self, name: &str, expression: &Expression) -> Option<Json> {
        let value = self.evaluate(expression)?;
        let what = format!("the attribute {name:?}");
        self.plain(what, value, &range_of(expression))
    }

    /// The value as JSON where it names no output and came from no env.
    fn plain(&mut self, what: String, value: Value, range: &Range<usize>) -> Option<Json> {
        if value.is_sensitive() {
            self.fail(
                range.clone(),
                Problem::Expression {
                    what,
                    reason: "env is not taken here, as the value would be written into Terraform's files".to_owned(),
                    remedy: "use a Terraform variable, and set it with TF_VAR_name where pilotlight runs".to_owned(),
                },
            );
            return None;
        }
        self.known_by_now(what, value, range)
    }

    /// The value as JSON, which it has to be by now.
    fn known_by_now(&mut self, what: String, value: Value, range: &Range<usize>) -> Option<Json> {
        if let Some((name, span)) = value.unset() {
            self.fail_at(span.clone(), Problem::NoEnv(name.to_owned()));
            return None;
        }
        let Some(reference) = value.outputs().first().map(|reference| reference.to_string()) else {
            return value.known();
        };
        self.fail(
            range.clone(),
            Problem::Expression {
                what,
                reason: format!("{reference} is not known before a state has been read, and this has to be"),
                remedy: "write the value itself, or take it from var or env".to_owned(),
            },
        );
        None
    }

    fn known_json(&mut self, row: &AttributeRow, value: Value, range: &Range<usize>) -> Option<Json> {
        self.plain(format!("the attribute {:?}", row.name), value, range)
    }

    fn wrong_type<T>(&mut self, row: &AttributeRow, found: &'static str, range: Range<usize>) -> Option<T> {
        self.fail(
            range,
            Problem::Type {
                what: format!("the attribute {:?}", row.name),
                wanted: row.of.wanted(),
                found,
                example: format!("{} = {}", row.name, row.example),
            },
        );
        None
    }

    fn text_of(&mut self, row: &AttributeRow, expression: &Expression) -> Option<String> {
        let value = self.evaluate(expression)?;
        let range = range_of(expression);
        match self.known_by_now(format!("the attribute {:?}", row.name), value, &range)? {
            Json::String(text) => Some(text),
            other => self.wrong_type(row, kind_of(&other), range),
        }
    }

    fn region_of(&mut self, row: &AttributeRow, expression: &Expression) -> Option<Region> {
        let text = self.text_of(row, expression)?;
        match Region::new(text.as_str()) {
            Ok(region) => Some(region),
            Err(_) => self.wrong_value(
                row,
                &Json::String(text),
                "it is no region's code",
                "write it as AWS does, as in eu-central-1".to_owned(),
                range_of(expression),
            ),
        }
    }

    fn duration_of(&mut self, row: &AttributeRow, expression: &Expression, least: u64, most: u64) -> Option<Duration> {
        if let Some(number) = expression.as_number() {
            self.fail(
                range_of(expression),
                Problem::Type {
                    what: format!("the attribute {:?}", row.name),
                    wanted: row.of.wanted(),
                    found: "a number without a unit",
                    example: format!("{} = \"{number}s\" for seconds", row.name),
                },
            );
            return None;
        }
        let text = self.text_of(row, expression)?;
        let range = range_of(expression);
        let duration = match parse_duration(&text) {
            Ok(duration) => duration,
            Err(error) => {
                let text = self.shown(&text, &range);
                self.fail(
                    range,
                    Problem::Duration {
                        what: format!("the attribute {:?}", row.name),
                        text,
                        reason: error.reason.to_owned(),
                    },
                );
                return None;
            }
        };
        let bounds = match duration.as_secs() {
            seconds if seconds < least => Some((format!("it is shorter than {least}s"), "more", least)),
            seconds if seconds > most => Some((format!("it is longer than {most}s"), "less", most)),
            _ => None,
        };
        if let Some((reason, way, bound)) = bounds {
            let remedy = format!("write \"{bound}s\" or {way}");
            return self.wrong_value(row, &Json::String(text), &reason, remedy, range);
        }
        Some(duration)
    }

    fn integer_of(&mut self, row: &AttributeRow, expression: &Expression, least: i64, most: i64) -> Option<i64> {
        let value = self.evaluate(expression)?;
        let range = range_of(expression);
        let value = self.known_by_now(format!("the attribute {:?}", row.name), value, &range)?;
        match &value {
            // What is given with --var is a text; Terraform converts it as well.
            Json::String(text) if !expression.is_str() => {
                let number = text.parse().map_or(Json::Null, |number: i64| number.into());
                self.whole_number(row, &number, &value, range, least, most)
            }
            Json::Number(_) => self.whole_number(row, &value, &value, range, least, most),
            other => self.wrong_type(row, kind_of(other), range),
        }
    }

    /// A number as a whole one within its bounds; `shown` is what an error shows.
    fn whole_number(
        &mut self,
        row: &AttributeRow,
        number: &Json,
        shown: &Json,
        range: Range<usize>,
        least: i64,
        most: i64,
    ) -> Option<i64> {
        match number.as_i64() {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => self.wrong_value(
                row,
                shown,
                &format!("it is no whole number from {least} to {most}"),
                format!("write it as in {} = {}", row.name, row.example),
                range,
            ),
        }
    }

    fn flag_of(&mut self, row: &AttributeRow, expression: &Expression) -> Option<bool> {
        let value = self.evaluate(expression)?;
        let range = range_of(expression);
        match self.known_by_now(format!("the attribute {:?}", row.name), value, &range)? {
            Json::Bool(flag) => Some(flag),
            other => self.wrong_type(row, kind_of(&other), range),
        }
    }

    fn word(&mut self, row: &AttributeRow, words: &[&str], text: String, range: Range<usize>) -> Option<String> {
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        let remedy = match nearest(&text, words.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("write {}", quoted(words)),
        };
        let reason = match words {
            [only] => format!("only {only:?} may stand there"),
            _ => format!("it is none of {}", words.join(", ")),
        };
        self.wrong_value(row, &Json::String(text), &reason, remedy, range)
    }

    /// A value as an error may show it: not where it came from `env`.
    pub(crate) fn shown(&self, value: &str, range: &Range<usize>) -> String {
        let written = self.text.get(range.clone()).unwrap_or_default();
        if written.contains("env(") { SENSITIVE.to_owned() } else { value.to_owned() }
    }

    /// Notes a value that the place cannot have.
    pub(crate) fn wrong_value<T>(
        &mut self,
        row: &AttributeRow,
        value: &Json,
        reason: &str,
        remedy: String,
        range: Range<usize>,
    ) -> Option<T> {
        let value = self.shown(&value.to_string(), &range);
        self.fail(
            range,
            Problem::Value { what: format!("the attribute {:?}", row.name), value, reason: reason.to_owned(), remedy },
        );
        None
    }
}

/// A map that was read by its rows, as one value; none where something of it has an error.
fn map_of(mut fields: Fields, rows: &'static [AttributeRow]) -> Option<Value> {
    let mut entries = IndexMap::new();
    for row in rows {
        let value = match row.of {
            Type::Flag => fields.flag(row.name).map(|flag| Value::Literal(flag.into())),
            _ => fields.value(row.name),
        };
        match (value, &row.need) {
            (Some(value), _) => {
                entries.insert(row.name.to_owned(), value);
            }
            (None, Need::Required) => return None,
            (None, _) => {}
        }
    }
    let literals: Option<serde_json::Map<String, Json>> = entries
        .iter()
        .map(|(name, value)| match value {
            Value::Literal(literal) => Some((name.clone(), literal.clone())),
            _ => None,
        })
        .collect();
    Some(match literals {
        Some(literals) => Value::Literal(Json::Object(literals)),
        None => Value::Map(entries),
    })
}

fn found_in(value: &Value) -> &'static str {
    match value {
        Value::Literal(literal) => kind_of(literal),
        Value::Env { .. } | Value::Template(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Output(_) => "an output, which is known only from a state",
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
