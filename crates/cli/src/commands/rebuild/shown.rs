//! What a rebuild says beside its report.

use crate::commands::Context;
use crate::unsaved;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use pilotlight_findings::{Evidence, Finding};
use pilotlight_rebuild::{OpenQuestion, PLAN_LINE, Prepared, answers};
use pilotlight_terraform::RunError;
use std::collections::BTreeMap;
use std::path::Path;

/// How many edits there are, by rule, and where they are written.
pub(super) fn edits_line(one: &Prepared) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for edit in &one.retargeted.edits {
        *rules.entry(edit.rule.as_str()).or_default() += 1;
    }
    let rules: Vec<String> = rules.into_iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    let rules = rules.join(", ");
    let edits = match one.retargeted.edits.len() {
        0 => "no edits".to_owned(),
        1 => format!("1 edit ({rules})"),
        edits => format!("{edits} edits ({rules})"),
    };
    format!("{edits}, written to {}", one.root.display())
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

/// Findings that come before there is a report: the place and what is so, and below it what belongs to it.
pub(super) fn notes<'f>(findings: impl IntoIterator<Item = &'f Finding>, context: Context<'_>) {
    findings.into_iter().for_each(|finding| context.screen.note(note(finding, false)));
}

/// What Terraform had to say beside an error, and where the state is that it could not save.
pub(super) fn beside(error: &RunError, stack: &str, context: Context<'_>) {
    notes(error.beside(), context);
    let kept = unsaved::kept(error, stack, &std::env::temp_dir());
    kept.into_iter().for_each(|told| context.screen.note(told));
}

/// Findings with the answers to each stack's questions at the end, as one block that is pasted once: the line of a
/// question is shown there alone.
pub(super) fn notes_and_answers(findings: &[Finding], prepared: &[Prepared], plan: &Path, context: Context<'_>) {
    // A plan that cannot be read any more was read before: its questions are shown all the same.
    let plan = std::fs::read_to_string(plan).unwrap_or_default();
    let (mut blocks, mut answered) = (Vec::new(), Vec::new());
    for one in prepared {
        if let Some((block, replaces)) = answers(&plan, &one.stack, &one.retargeted.open) {
            blocks.push(pasted(&one.stack, &block, replaces));
            answered.extend(one.retargeted.open.iter().map(OpenQuestion::finding));
        }
    }
    for finding in findings {
        context.screen.note(note(finding, answered.contains(finding)));
    }
    blocks.into_iter().for_each(|block| context.screen.note(block));
}

/// A finding as lines; the answer to a question is left out where it comes `below`.
fn note(finding: &Finding, below: bool) -> String {
    let mut lines = vec![format!("{}: {} [{}]", finding.subject, finding.message, finding.code)];
    let mut answer = None;
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Fact { name, value } if name == PLAN_LINE => answer = Some(value),
            // What goes over many lines is copied as it is, and so begins on a line of its own.
            Evidence::Fact { name, value } if value.contains('\n') => {
                lines.push(format!("    {name}:"));
                lines.extend(value.lines().map(|line| format!("        {line}")));
            }
            Evidence::Fact { name, value } => lines.push(format!("    {name}: {value}")),
            Evidence::Change { .. } | Evidence::Diff { .. } => {}
        }
    }
    match answer {
        Some(_) if below => {}
        Some(answer) => {
            lines.push("    add to the stack's standby block:".to_owned());
            lines.extend(answer.lines().map(|line| format!("        {line}")));
        }
        None => lines.extend(finding.remedy.iter().map(|remedy| format!("    {remedy}"))),
    }
    lines.join("\n")
}

fn pasted(stack: &str, block: &str, replaces: bool) -> String {
    let place = if replaces { "in place of its standby block" } else { "to paste into its block" };
    let yours = if block.contains('…') { "; each … is yours to fill in" } else { "" };
    let lines: String = block.lines().map(|line| format!("\n    {line}")).collect();
    format!("stack {stack}: the answers in one, {place}{yours}:{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::Span;

    #[test]
    fn the_lines_for_the_plan_are_shown_once_and_can_be_copied() {
        let question = OpenQuestion {
            span: Span::of("live/main.tf", "\n\nx", 2..3),
            what: "aws_db_instance.a holds data".to_owned(),
            needs: "choose replica or empty".to_owned(),
            plan_line: Some("data \"aws_db_instance.a\" {\n  from = \"replica\"\n}".to_owned()),
        };
        assert_eq!(
            note(&question.finding(), false),
            "live/main.tf:3:1: aws_db_instance.a holds data: choose replica or empty [PL-R120]\n    \
             add to the stack's standby block:\n        \
             data \"aws_db_instance.a\" {\n          from = \"replica\"\n        }"
        );
        assert_eq!(
            note(&question.finding(), true),
            "live/main.tf:3:1: aws_db_instance.a holds data: choose replica or empty [PL-R120]",
            "a block below has the line"
        );
        let asked = OpenQuestion { plan_line: None, ..question };
        assert_eq!(
            note(&asked.finding(), false),
            "live/main.tf:3:1: aws_db_instance.a holds data [PL-R120]\n    choose replica or empty",
            "what is needed is told once"
        );
    }
}
