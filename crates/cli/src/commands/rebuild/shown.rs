//! What a rebuild says beside its report.

use crate::commands::Context;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
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

/// Columns of a text in the table of edits; the diff has it whole.
const EXCERPT: usize = 48;

/// Every edit as a table: where, by which rule, what, and why.
pub(super) fn edits_table(prepared: &[Prepared]) -> String {
    let mut text = String::new();
    for one in prepared {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["place", "rule", "from", "to", "reason"]);
        for edit in &one.retargeted.edits {
            let place = format!("{}:{}", edit.file, edit.line);
            table.add_row([&place, edit.rule.as_str(), &excerpt(&edit.old), &excerpt(&edit.new), &edit.reason]);
        }
        text.push_str(&format!("{}: {} edits\n", one.stack, one.retargeted.edits.len()));
        if !one.retargeted.edits.is_empty() {
            table.lines().for_each(|line| text.push_str(&format!("{}\n", line.trim_end())));
        }
    }
    text
}

/// A text in one line of a table.
fn excerpt(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Findings that come before there is a report.
pub(super) fn notes<'f>(findings: impl IntoIterator<Item = &'f Finding>, context: Context<'_>) {
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
