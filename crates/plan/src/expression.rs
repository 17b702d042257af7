//! Expressions to values: what the plan alone can reduce is reduced here.

mod reference;

use crate::error::Problem;
use crate::reader::Reader;
use crate::secret;
use crate::value::{Value, as_text, kind_of};
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::template::{Element, Strip, Template};
use indexmap::IndexMap;
use reference::example_of;
use serde_json::Value as Json;
use std::ops::Range;

/// What an expression may begin with.
const HEADS: [&str; 4] = ["env", "var", "region", "stack"];

const LANGUAGE: &str = "a plan holds literals, lists, maps, env(\"NAME\"), var.x, region.primary, region.standby and \
                        stack.<name>.output.<name>; compute it in Terraform and name the output";

impl Reader<'_> {
    /// The value of an expression. None where it has none: the reason has been noted.
    pub(crate) fn evaluate(&mut self, expression: &Expression) -> Option<Value> {
        let range = range_of(expression);
        match expression {
            Expression::Null(_) => Some(Value::Literal(Json::Null)),
            Expression::Bool(flag) => Some(Value::Literal(Json::Bool(*flag.value()))),
            Expression::Number(number) => self.number(number.value(), range),
            Expression::String(text) => {
                self.refuse_secret(text.value(), &range)?;
                Some(Value::Literal(Json::String(text.value().clone())))
            }
            Expression::Array(elements) => {
                // All of them, so that each error is told at once.
                let values: Vec<_> = elements.iter().map(|element| self.evaluate(element)).collect();
                values.into_iter().collect::<Option<Vec<_>>>().map(list)
            }
            Expression::Object(object) => {
                let mut entries = IndexMap::new();
                let mut complete = true;
                for (key, value) in object {
                    let name = self.object_key(key);
                    let value = self.evaluate(value.expr());
                    match (name, value) {
                        (Some(name), Some(value)) => {
                            entries.insert(name, value);
                        }
                        _ => complete = false,
                    }
                }
                complete.then(|| map(entries))
            }
            Expression::StringTemplate(template) => {
                let elements: Vec<&Element> = template.iter().collect();
                self.template(&elements, range)
            }
            Expression::HeredocTemplate(heredoc) => {
                let template: &Template = &heredoc.template;
                let elements: Vec<&Element> = template.iter().collect();
                self.template(&elements, range)
            }
            Expression::Parenthesis(inner) => self.evaluate(inner.inner()),
            Expression::Variable(word) => {
                let word = word.value().as_str();
                let remedy = if HEADS.contains(&word) {
                    format!("write what of it is meant, as in {}", example_of(word))
                } else {
                    format!("texts stand in double quotes: write \"{word}\"")
                };
                self.no_expression(range, format!("the word {word}"), "it has no value by itself", remedy)
            }
            Expression::FuncCall(call) => self.call(call, range),
            Expression::Traversal(traversal) => self.traversal(traversal, range),
            Expression::Conditional(_) => self.no_part(range, "a conditional"),
            Expression::UnaryOp(_) | Expression::BinaryOp(_) => self.no_part(range, "an operation"),
            Expression::ForExpr(_) => self.no_part(range, "a for expression"),
        }
    }

    fn number(&mut self, number: &hcl_edit::Number, range: Range<usize>) -> Option<Value> {
        let value = if let Some(whole) = number.as_i64() {
            Some(whole.into())
        } else if let Some(whole) = number.as_u64() {
            Some(whole.into())
        } else {
            number.as_f64().and_then(serde_json::Number::from_f64)
        };
        match value {
            Some(value) => Some(Value::Literal(Json::Number(value))),
            None => {
                self.no_expression(range, "the number".to_owned(), "it is too large", "write a smaller one".to_owned())
            }
        }
    }

    fn object_key(&mut self, key: &ObjectKey) -> Option<String> {
        match key {
            ObjectKey::Ident(word) => Some(word.value().to_string()),
            ObjectKey::Expression(expression) => {
                let range = range_of(expression);
                let value = self.evaluate(expression)?;
                let text = if value.is_sensitive() { None } else { value.known() };
                match text.as_ref().and_then(as_text) {
                    Some(text) => Some(text),
                    None => self.no_expression(
                        range,
                        "the key of a map".to_owned(),
                        "it is no text that is known here",
                        "write the key in double quotes".to_owned(),
                    ),
                }
            }
        }
    }

    fn template(&mut self, elements: &[&Element], range: Range<usize>) -> Option<Value> {
        let mut parts = Vec::new();
        let mut complete = true;
        let mut literal_view = String::new();
        for (index, element) in elements.iter().enumerate() {
            match element {
                Element::Literal(text) => {
                    let mut text = text.as_str();
                    if index > 0 && strips_after(elements[index - 1]) {
                        text = text.trim_start();
                    }
                    if elements.get(index + 1).is_some_and(|next| strips_before(next)) {
                        text = text.trim_end();
                    }
                    literal_view.push_str(text);
                    parts.push(Value::Literal(Json::String(text.to_owned())));
                }
                Element::Interpolation(interpolation) => {
                    literal_view.push(secret::NOT_LITERAL);
                    match self.evaluate(&interpolation.expr) {
                        Some(value) => parts.push(value),
                        None => complete = false,
                    }
                }
                Element::Directive(_) => {
                    self.no_part::<()>(range.clone(), "a template directive");
                    complete = false;
                }
            }
        }
        self.refuse_secret(&literal_view, &range)?;
        if !complete {
            return None;
        }
        // As in Terraform, "${x}" is x itself, whatever its type.
        if let [Element::Interpolation(_)] = elements {
            return parts.pop();
        }
        self.joined(parts, range)
    }

    /// The parts as one text, with neighbouring literals made one.
    fn joined(&mut self, parts: Vec<Value>, range: Range<usize>) -> Option<Value> {
        let mut joined: Vec<Value> = Vec::new();
        for part in parts {
            match part {
                Value::Literal(value) => {
                    let Some(text) = as_text(&value) else {
                        return self.no_expression(
                            range,
                            "a part of a text".to_owned(),
                            &format!("it is {}", kind_of(&value)),
                            "take one element of it, as in [0] or [\"key\"]".to_owned(),
                        );
                    };
                    if let Some(Value::Literal(Json::String(before))) = joined.last_mut() {
                        before.push_str(&text);
                    } else {
                        joined.push(Value::Literal(Json::String(text)));
                    }
                }
                Value::List(_) | Value::Map(_) => {
                    return self.no_expression(
                        range,
                        "a part of a text".to_owned(),
                        "it is a list or a map",
                        "take one element of it, as in [0] or [\"key\"]".to_owned(),
                    );
                }
                Value::Template(inner) => joined.extend(inner),
                other => joined.push(other),
            }
        }
        Some(match joined.as_slice() {
            [] => Value::Literal(Json::String(String::new())),
            [Value::Literal(_)] => joined.remove(0),
            _ => Value::Template(joined),
        })
    }

    /// Notes a secret that is written in clear.
    fn refuse_secret(&mut self, text: &str, range: &Range<usize>) -> Option<()> {
        let Some(what) = secret::secret_in(text) else {
            return Some(());
        };
        self.fail(range.clone(), Problem::Secret { what: what.to_owned(), for_terraform: false });
        None
    }

    fn no_part<T>(&mut self, range: Range<usize>, what: &str) -> Option<T> {
        self.no_expression(range, what.to_owned(), "it is no part of the plan language", LANGUAGE.to_owned())
    }

    fn no_expression<T>(&mut self, range: Range<usize>, what: String, reason: &str, remedy: String) -> Option<T> {
        self.fail(range, Problem::Expression { what, reason: reason.to_owned(), remedy });
        None
    }
}

/// Where an expression stands.
pub(crate) fn range_of(expression: &Expression) -> Range<usize> {
    expression.span().unwrap_or_default()
}

fn strips_after(element: &Element) -> bool {
    matches!(element, Element::Interpolation(i) if matches!(i.strip, Strip::End | Strip::Both))
}

fn strips_before(element: &Element) -> bool {
    matches!(element, Element::Interpolation(i) if matches!(i.strip, Strip::Start | Strip::Both))
}

/// A list, as one literal where all of it is.
fn list(values: Vec<Value>) -> Value {
    let literals: Option<Vec<Json>> = values
        .iter()
        .map(|value| match value {
            Value::Literal(value) => Some(value.clone()),
            _ => None,
        })
        .collect();
    literals.map_or(Value::List(values), |literals| Value::Literal(Json::Array(literals)))
}

/// A map, as one literal where all of it is.
fn map(entries: IndexMap<String, Value>) -> Value {
    let literals: Option<serde_json::Map<String, Json>> = entries
        .iter()
        .map(|(key, value)| match value {
            Value::Literal(value) => Some((key.clone(), value.clone())),
            _ => None,
        })
        .collect();
    literals.map_or(Value::Map(entries), |literals| Value::Literal(Json::Object(literals)))
}
