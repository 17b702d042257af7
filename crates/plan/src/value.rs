//! Values as far as the plan alone can reduce them.

use crate::error::{PlanError, Problem};
use indexmap::IndexMap;
use pilotlight_findings::{SENSITIVE, Side, Span};
use serde_json::Value as Json;
use std::fmt;

/// A value of the plan: a literal, or what becomes one as soon as the outputs of the stacks are known.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Known: written in the plan, or from `var` or `region`.
    Literal(Json),
    /// From `env("NAME")`: to be redacted wherever it is shown or kept.
    Env {
        /// The variable's name.
        name: String,
        /// What it held when the plan was read; none where it was not set. That is an error where the value is
        /// needed and no sooner: who looks for drift has not the passwords of a failover.
        secret: Option<Secret>,
        /// Where the plan names it.
        span: Span,
    },
    /// A list with at least one element that is not a literal.
    List(Vec<Value>),
    /// A map with at least one element that is not a literal.
    Map(IndexMap<String, Value>),
    /// A text made of these, one after the other.
    Template(Vec<Value>),
    /// An output of a stack, read from the state of a side.
    Output(OutputReference),
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(crate) String);

impl Secret {
    /// The text itself: for the place that needs it, never for one that shows or keeps it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SENSITIVE)
    }
}

/// `stack.app.output.public_ips[0]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputReference {
    /// The stack's name.
    pub stack: String,
    /// The output's name.
    pub name: String,
    /// What is taken of it.
    pub path: Vec<Segment>,
    /// Where the plan names it.
    pub span: Span,
}

impl fmt::Display for OutputReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack.{}.output.{}", self.stack, self.name)?;
        self.path.iter().try_for_each(|segment| segment.fmt(f))
    }
}

/// One step into a list or map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// `["key"]` or `.key`
    Key(String),
    /// `[0]`
    Index(u64),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "[{key:?}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// Where the outputs of the stacks come from: the states that were read.
pub trait Outputs {
    /// The value of an output in the state of one side, or none where that state does not have it.
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Json>;

    /// Whether Terraform marked the output as sensitive: then it may stand in nothing that is kept or shown.
    fn is_sensitive(&self, _stack: &str, _side: Side, _name: &str) -> bool {
        false
    }
}

/// No outputs: for values that name none.
impl Outputs for () {
    fn output(&self, _stack: &str, _side: Side, _name: &str) -> Option<&Json> {
        None
    }
}

impl Value {
    /// The value itself, with each output taken from the state of `side`.
    ///
    /// # Errors
    /// An output that this state does not have, a path that leads nowhere in it, a list or map where a
    /// text has to hold it, or an environment variable that is not set.
    pub fn resolve(&self, side: Side, outputs: &dyn Outputs) -> Result<Json, PlanError> {
        self.resolve_with(side, outputs, &|secret| secret.reveal().to_owned())
    }

    /// As [`Value::resolve`], with [`SENSITIVE`] in the place of everything that came from `env`: for
    /// what is shown or kept.
    ///
    /// # Errors
    /// As [`Value::resolve`].
    pub fn resolve_redacted(&self, side: Side, outputs: &dyn Outputs) -> Result<Json, PlanError> {
        self.resolve_with(side, outputs, &|_| SENSITIVE.to_owned())
    }

    /// The value as one text. Numbers and booleans are written as Terraform writes them.
    ///
    /// # Errors
    /// As [`Value::resolve`], and where it is null, a list or a map.
    pub fn resolve_text(&self, side: Side, outputs: &dyn Outputs) -> Result<String, PlanError> {
        let value = self.resolve(side, outputs)?;
        as_text(&value).ok_or_else(|| self.not_text(&value, side))
    }

    /// The value as texts: one text is a list of one, and lists in lists are flattened, so that
    /// `stack.app.output.public_ips` and `[stack.app.output.public_ips[0]]` both serve.
    ///
    /// # Errors
    /// As [`Value::resolve`], and where an element is null or a map.
    pub fn resolve_texts(&self, side: Side, outputs: &dyn Outputs) -> Result<Vec<String>, PlanError> {
        let mut texts = Vec::new();
        let mut rest = vec![self.resolve(side, outputs)?];
        while let Some(value) = rest.pop() {
            match value {
                Json::Array(elements) => rest.extend(elements.into_iter().rev()),
                other => texts.push(as_text(&other).ok_or_else(|| self.not_text(&other, side))?),
            }
        }
        Ok(texts)
    }

    /// The value where it names no output. What came from `env` is in it in clear.
    pub fn known(&self) -> Option<Json> {
        if self.is_known() { self.resolve(Side::Primary, &()).ok() } else { None }
    }

    /// Whether it names no output and no environment variable that is not set.
    pub(crate) fn is_known(&self) -> bool {
        self.outputs().is_empty() && self.unset().is_none()
    }

    /// The first environment variable in it that is not set.
    pub(crate) fn unset(&self) -> Option<(&str, &Span)> {
        let mut unset = None;
        self.visit(&mut |value| {
            if let Self::Env { name, secret: None, span } = value {
                unset.get_or_insert((name.as_str(), span));
            }
        });
        unset
    }

    /// Whether any part of it came from `env`.
    pub fn is_sensitive(&self) -> bool {
        !self.env_names().is_empty()
    }

    /// The environment variables that it is made of.
    pub fn env_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |value| {
            if let Self::Env { name, .. } = value {
                names.push(name.as_str());
            }
        });
        names
    }

    /// The outputs that it names, in order.
    pub fn outputs(&self) -> Vec<&OutputReference> {
        let mut references = Vec::new();
        self.visit(&mut |value| {
            if let Self::Output(reference) = value {
                references.push(reference);
            }
        });
        references
    }

    fn visit<'a>(&'a self, seen: &mut impl FnMut(&'a Value)) {
        seen(self);
        match self {
            Self::Literal(_) | Self::Env { .. } | Self::Output(_) => {}
            Self::List(values) | Self::Template(values) => {
                for value in values {
                    value.visit(seen);
                }
            }
            Self::Map(entries) => {
                for value in entries.values() {
                    value.visit(seen);
                }
            }
        }
    }

    fn resolve_with(
        &self,
        side: Side,
        outputs: &dyn Outputs,
        secret_text: &dyn Fn(&Secret) -> String,
    ) -> Result<Json, PlanError> {
        let resolve = |value: &Value| value.resolve_with(side, outputs, secret_text);
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Env { secret: Some(secret), .. } => Ok(Json::String(secret_text(secret))),
            Self::Env { name, secret: None, span } => {
                Err(PlanError::new(Problem::NoEnv(name.clone()), Some(span.clone())))
            }
            Self::List(values) => values.iter().map(resolve).collect::<Result<_, _>>().map(Json::Array),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), resolve(value)?)))
                .collect::<Result<_, _>>()
                .map(Json::Object),
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    let value = resolve(part)?;
                    text.push_str(&as_text(&value).ok_or_else(|| part.not_text(&value, side))?);
                }
                Ok(Json::String(text))
            }
            Self::Output(reference) => reference.resolve(side, outputs),
        }
    }

    fn not_text(&self, found: &Json, side: Side) -> PlanError {
        let references = self.outputs();
        PlanError::new(
            Problem::OutputNotText {
                reference: references
                    .first()
                    .map_or_else(|| "the value".to_owned(), |reference| (*reference).to_string()),
                side,
                found: kind_of(found),
            },
            references.first().map(|reference| reference.span.clone()),
        )
    }
}

impl OutputReference {
    fn resolve(&self, side: Side, outputs: &dyn Outputs) -> Result<Json, PlanError> {
        let error = |problem| PlanError::new(problem, Some(self.span.clone()));
        let mut value = outputs
            .output(&self.stack, side, &self.name)
            .ok_or_else(|| error(Problem::NoOutput { stack: self.stack.clone(), name: self.name.clone(), side }))?;
        for segment in &self.path {
            let next = match segment {
                Segment::Key(key) => value.get(key),
                Segment::Index(index) => usize::try_from(*index).ok().and_then(|i| value.get(i)),
            };
            value = next.ok_or_else(|| {
                error(Problem::NoSuchElement {
                    reference: self.to_string(),
                    side,
                    segment: segment.to_string(),
                    found: describe(value),
                })
            })?;
        }
        Ok(value.clone())
    }
}

/// A scalar as text, as Terraform converts it; none for null, lists and maps.
pub(crate) fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// What a value is, with its article.
pub(crate) fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

fn describe(value: &Json) -> String {
    match value {
        Json::Array(elements) => format!("a list of {}", elements.len()),
        Json::Object(entries) => format!(
            "a map with {}",
            match entries.len() {
                0 => "no keys".to_owned(),
                _ => format!("the keys {}", entries.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
            }
        ),
        other => kind_of(other).to_owned(),
    }
}
