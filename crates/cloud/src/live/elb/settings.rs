//! The attributes that ELB tells as texts by key, in Terraform's names.

use super::super::attributes::Attributes;
use serde_json::Value;
use std::collections::HashMap;

/// Texts by key: `idle_timeout.timeout_seconds` to `60`.
pub(super) struct Settings(HashMap<String, String>);

impl Settings {
    pub(super) fn of<'a>(pairs: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Self {
        let told =
            |(key, value): (Option<&str>, Option<&str>)| Some((key?.to_owned(), value.unwrap_or_default().to_owned()));
        Self(pairs.into_iter().filter_map(told).collect())
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A number or a flag as such, any other text as it is.
    pub(super) fn value(&self, key: &str) -> Option<Value> {
        let text = self.text(key)?;
        Some(match (text, text.parse::<i64>()) {
            ("true" | "false", _) => Value::Bool(text == "true"),
            (_, Ok(number)) => number.into(),
            _ => text.into(),
        })
    }

    /// The settings that were told, under Terraform's names for them.
    pub(super) fn attributes(&self, names: &[(&str, &str)]) -> Attributes {
        names.iter().fold(Attributes::new(), |attributes, (key, name)| attributes.if_told(name, self.value(key)))
    }

    /// As [`Settings::attributes`], as the one block of a list; none where nothing of it was told.
    pub(super) fn block(&self, names: &[(&str, &str)]) -> Option<Vec<Value>> {
        let any = names.iter().any(|(key, _)| self.0.contains_key(*key));
        any.then(|| vec![self.attributes(names).block()])
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
