use crate::{Code, Subject};
use serde::{Deserialize, Serialize};

/// What stands in the place of a sensitive value. Values are redacted where they are read.
pub const SENSITIVE: &str = "(sensitive value)";

/// How much a finding matters. Ordered: `Info < Warning < Error < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; never makes a verdict.
    Info,
    /// Should be looked at; does not stop a failover.
    Warning,
    /// A difference, a failed check, a thing that stops.
    Error,
    /// A danger now: a port opened, a record that points elsewhere, a journal that was altered.
    Critical,
}

/// One thing that a part has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Which kind of finding; `pilotlight explain` has its page.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// One line, without the subject.
    pub message: String,
    /// What was seen, in the order to show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What to do about it, as one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding without evidence and remedy; add them with [`Finding::with`] and [`Finding::remedy`].
    pub fn new(code: Code, severity: Severity, subject: Subject, message: impl Into<String>) -> Self {
        Self { code, severity, subject, message: message.into(), evidence: Vec::new(), remedy: None }
    }

    /// Adds one piece of evidence.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// An attribute that has another value than it should. `null` stands for absent.
    Change {
        /// Path in Terraform's notation, `ingress[0].cidr_blocks`.
        attribute: String,
        /// What was recorded or expected, or [`SENSITIVE`].
        old: serde_json::Value,
        /// What is there now, or [`SENSITIVE`].
        new: serde_json::Value,
    },
    /// A unified diff of a longer text: a policy, a file.
    Diff {
        /// What the text is.
        title: String,
        /// The diff, with `---`/`+++` lines.
        text: String,
    },
    /// A named fact: a cause, a rule that decided, a measured value with its unit.
    Fact {
        /// Its name, in lower case.
        name: String,
        /// Its value as text, with the unit.
        value: String,
    },
}

impl Evidence {
    /// A named fact.
    pub fn fact(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Fact { name: name.into(), value: value.into() }
    }

    /// A changed attribute.
    pub fn change(attribute: impl Into<String>, old: serde_json::Value, new: serde_json::Value) -> Self {
        Self::Change { attribute: attribute.into(), old, new }
    }
}
