//! One finding: its mark, subject and message, then evidence and remedy.

use super::TextOptions;
use super::ink::{Ink, pad, widest};
use crate::clean;
use crate::cut::Limits;
use crate::evidence::{self, Row};
use crate::group;
use crate::theme::{self, ABSENT, ARROW, Edit};
use crate::words::count;
use pilotlight_findings::Finding;
use textwrap::core::display_width;

/// A name longer than this does not push all values to the right: its value stands below it.
const NAME_COLUMNS: usize = 32;
const INDENT: &str = "    ";
/// Columns of plain text: what a page of a CI system shows without wrapping.
const PLAIN_COLUMNS: usize = 100;

/// The finding, inside its group.
pub(crate) fn finding(finding: &Finding, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mark = theme::of_finding(finding);
    let mut out = format!(
        "  {}  {}  {}\n",
        ink.strong(mark.tone, &format!("{} {}", mark.symbol, mark.word)),
        ink.bold(&group::name(&finding.subject)),
        ink.dim(finding.code.as_str()),
    );
    let detail = if options.verbose {
        Detail { limits: Limits::AMPLE, more: "" }
    } else {
        Detail { limits: Limits::BRIEF, more: ", shown with -v" }
    };
    out.push_str(&ink.wrap(4, 0, &clean::line(&finding.message)));
    out.push_str(&evidence_rows(finding, ink, detail));
    if let Some(remedy) = &finding.remedy {
        let text = ink.wrap(4, 8, &format!("remedy: {}", clean::line(remedy)));
        out.push_str(&text.replacen("remedy:", &ink.tone(theme::Tone::Info, "remedy:"), 1));
    }
    out
}

/// How much of the evidence is shown, and what is said of the rest.
#[derive(Debug, Clone, Copy)]
struct Detail {
    limits: Limits,
    more: &'static str,
}

/// The evidence in plain text without an indent, for an output that has its own place for all else.
pub(crate) fn plain_evidence(finding: &Finding) -> String {
    let ink = Ink::new(TextOptions { width: PLAIN_COLUMNS, ..TextOptions::default() });
    let evidence = evidence_rows(finding, ink, Detail { limits: Limits::BRIEF, more: "" });
    let lines: Vec<&str> = evidence.lines().map(|line| line.strip_prefix(INDENT).unwrap_or(line)).collect();
    lines.join("\n")
}

fn evidence_rows(finding: &Finding, ink: Ink, detail: Detail) -> String {
    let rows = evidence::rows(&finding.evidence, detail.limits);
    let names = rows.iter().filter_map(short_name).filter(|name| display_width(name) <= NAME_COLUMNS);
    let column = widest(names);
    rows.iter().map(|row| evidence_row(row, column, ink, detail)).collect()
}

fn short_name(row: &Row) -> Option<&str> {
    match row {
        Row::Values { attribute, .. } | Row::Elements { attribute, .. } | Row::Order { attribute } => Some(attribute),
        Row::Fact { name, .. } => Some(name),
        Row::Text { .. } => None,
    }
}

fn evidence_row(row: &Row, column: usize, ink: Ink, detail: Detail) -> String {
    let symbol = row.mark().map_or_else(|| " ".to_owned(), |mark| ink.tone(mark.tone, mark.symbol));
    let lines = match row {
        Row::Values { old, new, .. } => {
            let old = old.as_deref().unwrap_or(ABSENT);
            let new = new.as_deref().unwrap_or(ABSENT);
            let one_line = INDENT.len() + 4 + column + display_width(old) + 4 + display_width(new);
            if one_line <= ink.columns() {
                vec![format!("{old} {ARROW} {}", ink.bold(new))]
            } else {
                vec![edit(ink, Edit::Removed, old), edit(ink, Edit::Added, new)]
            }
        }
        Row::Elements { edits, more, kept, .. } => {
            let mut lines: Vec<String> = edits.iter().map(|(kind, text)| edit(ink, *kind, text)).collect();
            if *more > 0 {
                lines.push(ink.dim(&format!("… {}{}", count(*more as u64, "more element"), detail.more)));
            }
            if *kept > 0 {
                lines.push(ink.dim(&format!("  ({kept} unchanged)")));
            }
            lines
        }
        Row::Order { .. } => vec!["same elements, in another order".to_owned()],
        Row::Fact { value, .. } => value.lines().map(str::to_owned).collect(),
        Row::Text { title, lines, more } => return text(title, lines, *more, ink, detail),
    };
    let name = short_name(row).unwrap_or_default();
    let below = display_width(name) > column;
    let head = format!("{INDENT}{symbol} {}", if below { name.to_owned() } else { pad(name, column) });
    let hang = " ".repeat(if below { INDENT.len() + 4 } else { INDENT.len() + 2 + column + 2 });
    let mut out = head;
    for (at, line) in lines.iter().enumerate() {
        match (at, below) {
            (0, false) => out.push_str("  "),
            _ => {
                out.push('\n');
                out.push_str(&hang);
            }
        }
        out.push_str(line);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn edit(ink: Ink, kind: Edit, text: &str) -> String {
    let mark = theme::of_edit(kind);
    ink.tone(mark.tone, format!("{} {text}", mark.symbol).trim_end())
}

fn text(title: &str, lines: &[(Edit, String)], more: usize, ink: Ink, detail: Detail) -> String {
    let mut out = format!("{INDENT}  {title}:\n");
    for (kind, line) in lines {
        let line = match kind {
            Edit::Heading => ink.tone(theme::of_edit(*kind).tone, line),
            _ => edit(ink, *kind, line),
        };
        out.push_str(&format!("{INDENT}    {line}"));
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    if more > 0 {
        let rest = count(more as u64, "more line");
        out.push_str(&format!("{INDENT}    {}\n", ink.dim(&format!("… {rest}{}", detail.more))));
    }
    out
}
