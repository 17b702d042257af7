//! Values of a configuration as far as they are written out, the same for HCL and JSON.

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use pilotlight_findings::Span;
use pilotlight_tfstate::{AttributePath, IndexKey, PathStep};
use serde_json::value::RawValue;

use super::document::Place;
use crate::decide::json::is_template;
use crate::decide::syntax::place;

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A text without templates.
    Text(String),
    /// A number or a boolean, as Terraform makes a text of it.
    Scalar(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// `aws.west`, `tags["Team"]`, `all`
    Path(AttributePath),
    Null,
    /// Anything that has to be evaluated.
    Computed,
}

impl Value {
    pub(crate) fn of_hcl(at: &Place<'_>, expression: &Expression) -> Self {
        let inner = |expression: &Expression| Self::of_hcl(at, expression);
        let kind = match expression {
            Expression::Parenthesis(parenthesis) => return inner(parenthesis.inner()),
            Expression::Null(_) => Kind::Null,
            Expression::Bool(value) => Kind::Scalar(value.to_string()),
            Expression::Number(value) => Kind::Scalar(value.to_string()),
            Expression::String(text) => Kind::Text(text.as_str().to_owned()),
            Expression::Array(items) => Kind::List(items.iter().map(inner).collect()),
            Expression::Object(object) => {
                let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    Some((object_key(key)?, inner(value.expr())))
                };
                object.iter().map(entry).collect::<Option<_>>().map_or(Kind::Computed, Kind::Map)
            }
            other => path_of(other).map_or(Kind::Computed, Kind::Path),
        };
        Self { span: at.span(place(expression)), kind }
    }

    pub(crate) fn of_json(at: &Place<'_>, raw: &RawValue) -> Self {
        let text = raw.get();
        let kind = match text.as_bytes().first() {
            Some(b'"') => match serde_json::from_str::<String>(text) {
                Ok(text) => template(text),
                Err(_) => Kind::Computed,
            },
            Some(b'[') => at.list(raw).map_or(Kind::Computed, |items| {
                Kind::List(items.into_iter().map(|item| Self::of_json(at, item)).collect())
            }),
            Some(b'{') => at.map(raw).map_or(Kind::Computed, |entries| {
                Kind::Map(entries.into_iter().map(|(key, value)| (key, Self::of_json(at, value))).collect())
            }),
            Some(b'n') => Kind::Null,
            _ => Kind::Scalar(text.to_owned()),
        };
        Self { span: at.raw_span(raw), kind }
    }

    /// A text that is written out.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) | Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A reference or path; also one in quotes, as JSON and old HCL have it.
    pub(crate) fn path(&self) -> Option<AttributePath> {
        match &self.kind {
            Kind::Path(path) => Some(path.clone()),
            Kind::Text(text) => path_of(&text.parse().ok()?),
            _ => None,
        }
    }
}

/// A text of JSON, which is a template to Terraform.
fn template(text: String) -> Kind {
    if !is_template(&text) {
        return Kind::Text(text);
    }
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let path = inner.and_then(|inner| path_of(&inner.parse().ok()?));
    path.map_or(Kind::Computed, Kind::Path)
}

/// A key that is written out. `aws.west`, of a module's `providers`, is one.
fn object_key(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.as_str().to_owned()),
        ObjectKey::Expression(other) => path_of(other).map(|path| path.to_string()),
    }
}

fn path_of(expression: &Expression) -> Option<AttributePath> {
    let name = |name: &str| PathStep::Attribute(name.to_owned());
    match expression {
        Expression::Variable(only) => Some(AttributePath(vec![name(only.as_str())])),
        Expression::Traversal(traversal) => {
            let Traversal { expr: Expression::Variable(first), operators, .. } = &**traversal else { return None };
            let step = |operator: &TraversalOperator| match operator {
                TraversalOperator::GetAttr(attribute) => Some(name(attribute.as_str())),
                TraversalOperator::Index(Expression::String(key)) => {
                    Some(PathStep::Index(IndexKey::Str(key.as_str().to_owned())))
                }
                TraversalOperator::Index(Expression::Number(number)) => {
                    Some(PathStep::Index(IndexKey::Int(number.value().as_i64()?)))
                }
                TraversalOperator::LegacyIndex(index) => {
                    Some(PathStep::Index(IndexKey::Int(i64::try_from(*index.value()).ok()?)))
                }
                _ => None,
            };
            let rest = operators.iter().map(|operator| step(operator.value()));
            [Some(name(first.as_str()))].into_iter().chain(rest).collect::<Option<_>>().map(AttributePath)
        }
        _ => None,
    }
}
