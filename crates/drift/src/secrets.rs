//! Secrets of the states, taken out of everything that is said.
//!
//! A value is redacted where it is read, by its path. A secret may stand in a place that no path names all the same:
//! in AWS's words for an error, in another attribute of another object, in a tag that somebody set by hand. So the
//! texts of all sensitive values are looked for once more in what leaves this crate.

use crate::outcome::DriftOutcome;
use aho_corasick::{AhoCorasick, MatchKind};
use pilotlight_findings::{Evidence, Finding, SENSITIVE};
use pilotlight_tfstate::{IndexKey, PathStep, State};
use serde_json::Value;
use std::collections::BTreeSet;

/// A shorter text stands in too many places by chance: `true`, `eu-west-1a`'s `a`.
const SHORTEST: usize = 8;

/// The texts of sensitive values.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    texts: Vec<String>,
    /// Looks for all of them at once, so that many take no longer than one. It cannot be built of gigabytes of
    /// secrets: then they are looked for one by one.
    all: Option<AhoCorasick>,
}

impl Secrets {
    /// Collects them: of attributes and of outputs.
    pub(crate) fn of<'s>(states: impl Iterator<Item = &'s State>) -> Self {
        let mut texts = BTreeSet::new();
        for state in states {
            for managed in state.managed().filter(|managed| !managed.sensitive().is_empty()) {
                let attributes = managed.attributes();
                for path in managed.sensitive() {
                    if let Some(value) = path.root().and_then(|root| attributes.get(root)) {
                        collect(below(value, &path.0[1..]), &mut texts);
                    }
                }
            }
            for output in state.outputs().values().filter(|output| output.sensitive) {
                collect(&output.value, &mut texts);
            }
        }
        // A longer one first: it may have a shorter one in it.
        let mut texts: Vec<String> = texts.into_iter().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let all = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts).ok();
        Self { texts, all }
    }

    /// Takes them out of findings and of what was silenced.
    pub(crate) fn hide(&self, outcome: &mut DriftOutcome) {
        if self.texts.is_empty() {
            return;
        }
        for finding in &mut outcome.findings {
            self.hide_finding(finding);
        }
        for silenced in &mut outcome.silenced {
            self.hide_value(&mut silenced.old);
            self.hide_value(&mut silenced.new);
            self.hide_text(&mut silenced.reason);
        }
    }

    fn hide_finding(&self, finding: &mut Finding) {
        self.hide_text(&mut finding.message);
        if let Some(remedy) = &mut finding.remedy {
            self.hide_text(remedy);
        }
        for evidence in &mut finding.evidence {
            match evidence {
                Evidence::Change { old, new, .. } => {
                    self.hide_value(old);
                    self.hide_value(new);
                }
                Evidence::Diff { text, .. } | Evidence::Fact { value: text, .. } => self.hide_text(text),
            }
        }
    }

    fn hide_text(&self, text: &mut String) {
        if let Some(all) = &self.all {
            if all.is_match(text.as_str()) {
                let mut hidden = String::with_capacity(text.len());
                all.replace_all_with(text, &mut hidden, |_, _, hidden| {
                    hidden.push_str(SENSITIVE);
                    true
                });
                *text = hidden;
            }
            return;
        }
        for secret in &self.texts {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), SENSITIVE);
            }
        }
    }

    fn hide_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.hide_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.hide_value(field)),
            _ => {}
        }
    }
}

/// The value that a path leads to; the last one that is there where it leads nowhere.
fn below<'v>(value: &'v Value, path: &[PathStep]) -> &'v Value {
    let Some((step, rest)) = path.split_first() else { return value };
    let next = match step {
        PathStep::Attribute(name) | PathStep::Index(IndexKey::Str(name)) => value.get(name),
        PathStep::Index(IndexKey::Int(index)) => usize::try_from(*index).ok().and_then(|index| value.get(index)),
    };
    next.map_or(value, |next| below(next, rest))
}

fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() >= SHORTEST => {
            texts.insert(text.clone());
            // The lines of a key stand each by itself in a diff.
            if text.contains('\n') {
                texts.extend(text.lines().filter(|line| line.len() >= SHORTEST).map(str::to_owned));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::{Severity, Subject, codes};
    use serde_json::json;

    #[test]
    fn a_planted_secret_is_in_nothing_that_is_said() {
        let state = json!({
            "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l",
            "outputs": {"o": {"value": "output-secret", "type": "string", "sensitive": true}},
            "resources": [{"mode": "managed", "type": "aws_db_instance", "name": "a",
                "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                "instances": [{"schema_version": 1, "attributes": {"id": "db", "password": "planted-secret", "size": "short"},
                    "sensitive_attributes": [
                        [{"type": "get_attr", "value": "password"}], [{"type": "get_attr", "value": "size"}]
                    ]}]}]
        });
        let state = State::parse("x", state.to_string().as_bytes()).expect("state");
        let subject = Subject::Host { host: "h".into() };
        let finding = Finding::new(codes::D_CHANGED, Severity::Error, subject, "planted-secret was refused")
            .with(Evidence::change("tags", json!({"a": "x planted-secret y"}), json!(["output-secret", "short"])))
            .with(Evidence::Diff { title: "t".into(), text: "-planted-secret\n".into() });
        let mut outcome = DriftOutcome { findings: vec![finding], ..DriftOutcome::default() };
        Secrets::of(std::iter::once(&state)).hide(&mut outcome);
        let told = format!("{outcome:?}");
        assert!(!told.contains("planted-secret") && !told.contains("output-secret"), "{told}");
        assert!(told.contains("short") && told.contains(&format!("x {SENSITIVE} y")), "{told}");
    }
}
