//! What a rebuild says beside its report.

use crate::commands::Context;
use pilotlight_findings::{Evidence, Finding};
use pilotlight_rebuild::Prepared;
use std::collections::BTreeMap;

/// How many edits there are, by rule, and where they are written.
pub(super) fn edits_line(one: &Prepared) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for edit in &one.retargeted.edits {
        *rules.entry(edit.rule.as_str()).or_default() += 1;
    }
    let rules: Vec<String> = rules.into_iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    format!("{} edits ({}), written to {}", one.retargeted.edits.len(), rules.join(", "), one.root.display())
}

/// Every edit with its reason, where that was asked for.
pub(super) fn note_edits(prepared: &[Prepared], context: Context<'_>) {
    if !context.verbose {
        return;
    }
    for one in prepared {
        for edit in &one.retargeted.edits {
            let (stack, rule) = (&one.stack, edit.rule.as_str());
            context.screen.note(format!("{stack}: {}:{}: {rule}: {}", edit.file, edit.line, edit.reason));
        }
    }
}

/// Findings that come before there is a report.
pub(super) fn notes(findings: &[Finding], context: Context<'_>) {
    for finding in findings {
        context.screen.note(format!("{}: {} [{}]", finding.subject, finding.message, finding.code));
        for evidence in &finding.evidence {
            if let Evidence::Fact { name, value } = evidence {
                context.screen.note(format!("    {name}: {value}"));
            }
        }
        if let Some(remedy) = &finding.remedy {
            context.screen.note(format!("    {remedy}"));
        }
    }
}
