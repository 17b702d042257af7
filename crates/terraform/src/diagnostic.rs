//! Terraform's diagnostics as findings.
//!
//! The shape is that of `terraform validate -json`, which the streams of plan and apply share:
//! <https://developer.hashicorp.com/terraform/cli/commands/validate#json-output-format>.

use crate::Root;
use pilotlight_findings::{Evidence, Finding, Position, Severity, Span, Subject, codes};
use serde::Deserialize;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticSeverity {
    /// The operation failed or was refused.
    Error,
    /// It went on.
    Warning,
}

/// What Terraform has to say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: DiagnosticSeverity,
    /// One line.
    pub summary: String,
    /// More, or empty.
    #[serde(default)]
    pub detail: String,
    /// The resource that it is about.
    #[serde(default)]
    pub address: Option<String>,
    /// Where in the HCL.
    #[serde(default)]
    pub(crate) range: Option<Range>,
    /// The HCL there.
    #[serde(default)]
    pub(crate) snippet: Option<Snippet>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Range {
    filename: String,
    start: Place,
    end: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Place {
    line: usize,
    column: usize,
    byte: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Snippet {
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    values: Vec<ExpressionValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ExpressionValue {
    #[serde(default)]
    traversal: String,
    #[serde(default)]
    statement: String,
}

impl Diagnostic {
    /// The finding for it, with places relative to where `root` is.
    pub fn finding(&self, root: &Root) -> Finding {
        let (code, severity) = match self.severity {
            DiagnosticSeverity::Error => (codes::T_DIAGNOSTIC, Severity::Error),
            DiagnosticSeverity::Warning => (codes::T_WARNING, Severity::Warning),
        };
        let mut message = one_line(&self.summary);
        if !self.detail.is_empty() {
            message = format!("{}: {}", message.trim_end_matches(['.', ':']), one_line(&self.detail));
        }
        let mut finding = Finding::new(code, severity, self.subject(root), message);
        if let Some(address) = &self.address {
            finding = finding.with(Evidence::fact("resource", address));
        }
        if let Some(snippet) = &self.snippet {
            if let Some(context) = &snippet.context {
                finding = finding.with(Evidence::fact("in", context));
            }
            if !snippet.code.trim().is_empty() {
                finding = finding.with(Evidence::fact("code", snippet.code.trim()));
            }
            // Terraform has put "(sensitive value)" where a value must not be shown.
            for value in &snippet.values {
                finding = finding.with(Evidence::fact(&value.traversal, &value.statement));
            }
        }
        finding
    }

    fn subject(&self, root: &Root) -> Subject {
        match (&self.range, &self.address) {
            (Some(range), _) => Subject::File {
                span: Span {
                    file: root.dir.join(&range.filename).display().to_string(),
                    start: Position { line: range.start.line, column: range.start.column },
                    bytes: (range.start.byte, range.end.byte),
                },
            },
            (None, Some(address)) => {
                Subject::Resource { stack: root.stack.clone(), side: root.side, address: address.clone(), id: None }
            }
            (None, None) => Subject::Stack { stack: root.stack.clone(), side: root.side },
        }
    }
}

/// Terraform wraps its texts; a finding's message is one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
