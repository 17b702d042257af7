//! What Terraform says of a generated file, told by the source; and what is wrong with the source before Terraform is
//! started.

use super::{Prepared, RebuildError};
use crate::decide::declared::{NOT_DECLARED, Undeclared, undeclared};
use crate::decide::source_lines::SourceLines;
use crate::observe::SourceTree;
use pilotlight_findings::{Explain as _, Finding, Severity, Span, Subject, codes};
use pilotlight_terraform::RunError;

impl Prepared {
    fn lines(&self) -> SourceLines<'_> {
        SourceLines { source: &self.source, result: &self.retargeted, root: &self.root }
    }

    pub(super) fn terraform_failed(&self, source: RunError) -> RebuildError {
        self.in_source(RebuildError::Terraform { stack: self.stack.clone(), source: Box::new(source) })
    }

    /// Terraform says some things once for each resource of the provider: here each is said once.
    pub(super) fn found_in_source(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut told: Vec<Finding> = Vec::with_capacity(findings.len());
        for finding in findings.into_iter().map(|finding| self.lines().told(finding)) {
            if !told.contains(&finding) {
                told.push(finding);
            }
        }
        told
    }

    /// The error with the places of the source.
    pub(super) fn in_source(&self, mut error: RebuildError) -> RebuildError {
        if let RebuildError::Terraform { source, .. } = &mut error {
            match &mut **source {
                RunError::Failed { findings, output, .. } => {
                    *findings = self.found_in_source(std::mem::take(findings));
                    findings.extend(self.missing_provider(output));
                    *output = self.lines().told_in_text(output);
                }
                RunError::Interrupted { findings, .. } => {
                    *findings = self.found_in_source(std::mem::take(findings));
                }
                _ => {}
            }
        }
        error
    }

    /// What Terraform would refuse of the source, or, where it would refuse nothing there, of what was made of it.
    pub(super) fn undeclared(&self) -> Vec<Finding> {
        let of_source = undeclared(&self.source);
        if !of_source.is_empty() {
            return of_source.into_iter().map(|one| finding(&self.source, one)).collect();
        }
        if self.retargeted.edits.is_empty() {
            return Vec::new();
        }
        // Of what is asked the result still has the reference.
        let found = match SourceTree::from_files(&self.root, self.retargeted.files.clone()) {
            Ok(result) => undeclared(&result).into_iter().map(|one| finding(&result, one)).collect(),
            Err(error) => {
                let file = self.root.display().to_string();
                let span = error.span().cloned().unwrap_or_else(|| Span::of(file, "", 0..0));
                vec![Finding::new(error.code(), Severity::Error, Subject::File { span }, format!("failed to {error}"))]
            }
        };
        let told = found.into_iter().map(|found| self.lines().told(found));
        told.filter(|found| !self.is_asked(found)).collect()
    }

    /// Whether a question is open about the same place, or about what is missing.
    fn is_asked(&self, finding: &Finding) -> bool {
        let missing = finding.message.split_once(NOT_DECLARED).map(|(address, _)| address);
        if missing.is_some_and(|address| self.retargeted.open.iter().any(|question| question.what.contains(address))) {
            return true;
        }
        let Subject::File { span } = &finding.subject else { return false };
        self.retargeted.open.iter().any(|question| {
            question.span.file == span.file
                && question.span.bytes.0 < span.bytes.1.max(span.bytes.0 + 1)
                && span.bytes.0 < question.span.bytes.1
        })
    }
}

fn finding(tree: &SourceTree, one: Undeclared) -> Finding {
    let text = tree.files.get(&one.file).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let subject = Subject::File { span: Span::of(tree.display(&one.file), &text, one.range) };
    Finding::new(codes::R_UNDECLARED, Severity::Error, subject, one.message).remedy(one.remedy)
}
