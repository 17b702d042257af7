//! What an expression is, where that can be computed from the text of one module.

use super::super::syntax::literal;
use super::functions::call;
use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, StringTemplate};
use std::collections::BTreeMap;

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// As it is written.
    Number(String),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
}

impl Value {
    /// As a text, where Terraform makes one of it.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::List(_) | Self::Table(_) => None,
        }
    }
}

/// What a module's names stand for.
pub(super) struct Constants<'a> {
    pub(super) locals: BTreeMap<&'a str, &'a Expression>,
    pub(super) variables: BTreeMap<&'a str, &'a Expression>,
}

/// How literals are read.
pub(super) struct Literals<'a> {
    pub(super) read: &'a dyn Fn(&str) -> String,
    /// Whether a local's or variable's value is told where it is declared, and nothing to those who refer to it.
    pub(super) is_told: &'a dyn Fn(&str) -> bool,
}

/// Locals that refer to locals, more often than anybody does.
const DEEPEST: usize = 16;

pub(super) fn fold(node: &Expression, constants: &Constants<'_>, literals: &Literals<'_>) -> Option<Value> {
    Folder { constants, literals }.expression(node, 0)
}

struct Folder<'a> {
    constants: &'a Constants<'a>,
    literals: &'a Literals<'a>,
}

impl Folder<'_> {
    fn expression(&self, node: &Expression, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match node {
            Expression::String(text) => Some(Value::Text((self.literals.read)(text.as_str()))),
            Expression::Number(number) => Some(Value::Number(number.value().to_string())),
            Expression::Array(items) => {
                items.iter().map(|item| self.expression(item, depth + 1)).collect::<Option<_>>().map(Value::List)
            }
            Expression::Object(object) => {
                let rows = object.iter().map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => (self.literals.read)(name.as_str()),
                        ObjectKey::Expression(key) => (self.literals.read)(literal(key)?),
                    };
                    Some((key, self.expression(value.expr(), depth + 1)?))
                });
                rows.collect::<Option<_>>().map(Value::Table)
            }
            Expression::StringTemplate(template) => self.template(template, depth),
            Expression::Parenthesis(inner) => self.expression(inner.inner(), depth + 1),
            Expression::FuncCall(function) => {
                if !function.name.namespace.is_empty() {
                    return None;
                }
                let arguments: Vec<Value> =
                    function.args.iter().map(|one| self.expression(one, depth + 1)).collect::<Option<_>>()?;
                let arguments = match (function.args.expand_final(), arguments.split_last()) {
                    (false, _) => arguments,
                    (true, Some((Value::List(last), before))) => [before, last.as_slice()].concat(),
                    (true, _) => return None,
                };
                call(function.name.name.as_str(), &arguments)
            }
            Expression::Traversal(traversal) => self.traversal(traversal, depth),
            _ => None,
        }
    }

    fn template(&self, template: &StringTemplate, depth: usize) -> Option<Value> {
        let mut text = String::new();
        for element in template {
            match element {
                Element::Literal(part) => text.push_str(&(self.literals.read)(part.as_str())),
                Element::Interpolation(inner) => text.push_str(&self.expression(&inner.expr, depth + 1)?.text()?),
                Element::Directive(_) => return None,
            }
        }
        Some(Value::Text(text))
    }

    /// `local.area`, `var.area`, `local.parts[0]`, `local.regions["main"]`
    fn traversal(&self, traversal: &Traversal, depth: usize) -> Option<Value> {
        let (mut value, rest) = match &traversal.expr {
            Expression::Variable(first) => {
                let (name, rest) = traversal.operators.split_first()?;
                let TraversalOperator::GetAttr(name) = name.value() else { return None };
                let named = match first.as_str() {
                    "local" => &self.constants.locals,
                    "var" => &self.constants.variables,
                    _ => return None,
                };
                (self.expression(named.get(name.as_str())?, depth + 1)?, rest)
            }
            other => (self.expression(other, depth + 1)?, &traversal.operators[..]),
        };
        for operator in rest {
            value = match (operator.value(), value) {
                (TraversalOperator::GetAttr(name), Value::Table(rows)) => row(rows, name.as_str())?,
                (TraversalOperator::Index(key), value) => match (self.expression(key, depth + 1)?, value) {
                    (Value::Text(key), Value::Table(rows)) => row(rows, &key)?,
                    (Value::Number(at), Value::List(items)) => items.get(at.parse::<usize>().ok()?)?.clone(),
                    _ => return None,
                },
                (TraversalOperator::LegacyIndex(at), Value::List(items)) => {
                    items.get(usize::try_from(*at.value()).ok()?)?.clone()
                }
                _ => return None,
            };
        }
        let is_told = value.text().is_some_and(|text| (self.literals.is_told)(&text));
        (!is_told).then_some(value)
    }
}

fn row(rows: Vec<(String, Value)>, key: &str) -> Option<Value> {
    rows.into_iter().find(|(known, _)| known == key).map(|(_, value)| value)
}
