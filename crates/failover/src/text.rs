//! Texts of a compiled run. A run is saved to files and written to journals, so what came from the
//! environment is kept in it as the variable's name and read again when a step needs it.

use pilotlight_findings::{Code, Explain, SENSITIVE, Side, codes};
use pilotlight_plan::{Outputs, PlanError, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that may hold values of environment variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// Known when the run was compiled.
    Plain(String),
    /// Made of these, one after the other; at least one is a variable.
    Parts(Vec<TextPart>),
}

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPart {
    /// As it stands.
    Plain(String),
    /// The value of this environment variable, at the moment of use.
    Env(String),
}

/// Where the values of environment variables come from.
pub trait Environment: Send + Sync {
    /// The variable's value, or none where it is not set.
    fn variable(&self, name: &str) -> Option<String>;
}

/// No variables: for runs that name none.
impl Environment for () {
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

impl Environment for std::collections::BTreeMap<String, String> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}

/// A variable that the run needs is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read environment variable {0}: it is not set")]
pub struct MissingVariable(pub String);

impl Explain for MissingVariable {
    fn code(&self) -> Code {
        codes::F_NO_VARIABLE
    }

    fn remedy(&self) -> Option<String> {
        Some(format!("set {} as it was when the run was compiled", self.0))
    }
}

impl Text {
    /// Resolves a value of the plan over the outputs of `side`.
    pub(crate) fn of(value: &Value, side: Side, outputs: &dyn Outputs) -> Result<Self, Box<PlanError>> {
        let mut parts = Vec::new();
        collect(value, side, outputs, &mut parts)?;
        Ok(Self::from_parts(parts))
    }

    /// Resolves a list: one text is a list of one, lists in lists are flattened.
    pub(crate) fn list_of(values: &[Value], side: Side, outputs: &dyn Outputs) -> Result<Vec<Self>, Box<PlanError>> {
        let mut texts = Vec::new();
        for value in values {
            match value {
                Value::List(elements) => texts.extend(Self::list_of(elements, side, outputs)?),
                value if value.is_sensitive() => texts.push(Self::of(value, side, outputs)?),
                value => {
                    let resolved = value.resolve_texts(side, outputs).map_err(Box::new)?;
                    texts.extend(resolved.into_iter().map(Self::Plain));
                }
            }
        }
        Ok(texts)
    }

    fn from_parts(parts: Vec<TextPart>) -> Self {
        let mut joined: Vec<TextPart> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (Some(TextPart::Plain(before)), TextPart::Plain(text)) => before.push_str(&text),
                (_, part) => joined.push(part),
            }
        }
        match joined.as_slice() {
            [] => Self::Plain(String::new()),
            [TextPart::Plain(text)] => Self::Plain(text.clone()),
            _ => Self::Parts(joined),
        }
    }

    /// The names of the variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let parts = match self {
            Self::Plain(_) => &[],
            Self::Parts(parts) => parts.as_slice(),
        };
        parts.iter().filter_map(|part| match part {
            TextPart::Plain(_) => None,
            TextPart::Env(name) => Some(name.as_str()),
        })
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

/// As the plan would write it: with the variables' names, never their values.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Parts(parts) => parts.iter().try_for_each(|part| match part {
                TextPart::Plain(text) => f.write_str(text),
                TextPart::Env(name) => write!(f, "${{env({name:?})}}"),
            }),
        }
    }
}

fn collect(value: &Value, side: Side, outputs: &dyn Outputs, parts: &mut Vec<TextPart>) -> Result<(), Box<PlanError>> {
    match value {
        Value::Env { name, .. } => {
            // Kept by name; one that is not set is told now, and not in the midst of a run.
            value.resolve_text(side, outputs).map_err(Box::new)?;
            parts.push(TextPart::Env(name.clone()));
        }
        Value::Template(values) => {
            for value in values {
                collect(value, side, outputs, parts)?;
            }
        }
        value => parts.push(TextPart::Plain(value.resolve_text(side, outputs).map_err(Box::new)?)),
    }
    Ok(())
}

/// Reveals texts for one use, and takes what was secret out of what came back.
pub(crate) struct Secrets<'a> {
    environment: &'a dyn Environment,
    revealed: Vec<String>,
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(environment: &'a dyn Environment) -> Self {
        Self { environment, revealed: Vec::new() }
    }

    pub(crate) fn reveal(&mut self, text: &Text) -> Result<String, MissingVariable> {
        let parts = match text {
            Text::Plain(text) => return Ok(text.clone()),
            Text::Parts(parts) => parts,
        };
        let mut revealed = String::new();
        for part in parts {
            match part {
                TextPart::Plain(text) => revealed.push_str(text),
                TextPart::Env(name) => {
                    let value = self.environment.variable(name).ok_or_else(|| MissingVariable(name.clone()))?;
                    revealed.push_str(&value);
                    self.revealed.push(value);
                }
            }
        }
        Ok(revealed)
    }

    pub(crate) fn reveal_all(&mut self, texts: &[Text]) -> Result<Vec<String>, MissingVariable> {
        texts.iter().map(|text| self.reveal(text)).collect()
    }

    /// `text` without any value that was revealed.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut redacted = text.to_owned();
        for secret in self.revealed.iter().filter(|secret| !secret.is_empty()) {
            redacted = redacted.replace(secret.as_str(), SENSITIVE);
        }
        redacted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_variable_that_is_not_set_stops_the_compiler_and_no_run() {
        let span = pilotlight_findings::Span::of("shop.hcl", "env(\"TOKEN\")", 0..12);
        let value = Value::Env { name: "TOKEN".into(), secret: None, span };
        let error = Text::of(&value, Side::Primary, &()).unwrap_err();
        assert_eq!(error.to_string(), "read the environment variable TOKEN: it is not set");
        assert_eq!(error.code(), codes::P_NO_ENV);
    }

    #[test]
    fn secrets_are_kept_by_name_and_taken_out_of_answers() {
        let text = Text::from_parts(vec![
            TextPart::Plain("http://".into()),
            TextPart::Plain("app/?token=".into()),
            TextPart::Env("TOKEN".into()),
        ]);
        assert_eq!(text.to_string(), r#"http://app/?token=${env("TOKEN")}"#);
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(json, r#"{"parts":[{"plain":"http://app/?token="},{"env":"TOKEN"}]}"#);
        let environment = BTreeMap::from([("TOKEN".to_owned(), "hunter2".to_owned())]);
        let mut secrets = Secrets::new(&environment);
        assert_eq!(secrets.reveal(&text).unwrap(), "http://app/?token=hunter2");
        assert_eq!(
            secrets.redact("GET http://app/?token=hunter2: 403"),
            "GET http://app/?token=(sensitive value): 403"
        );
        assert_eq!(Secrets::new(&()).reveal(&text), Err(MissingVariable("TOKEN".into())));
    }
}
