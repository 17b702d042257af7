//! One finding: its mark, subject and message, then evidence and remedy.

use super::TextOptions;
use super::ink::{Ink, pad, widest};
use crate::clean;
use crate::evidence::{self, Row};
use crate::group;
use crate::theme::{self, ABSENT, ARROW, Edit};
use pilotlight_findings::Finding;
use textwrap::core::display_width;

/// A name longer than this does not push all values to the right: its value stands below it.
const NAME_COLUMNS: usize = 32;
/// Lines of a diff that are shown when not verbose: a finding is to be read in seconds.
const DIFF_LINES: usize = 24;
const INDENT: &str = "    ";

/// The finding, inside its group.
pub(super) fn finding(finding: &Finding, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mark = theme::of_finding(finding);
    let mut out = format!(
        "  {}  {}  {}\n",
        ink.strong(mark.tone, &format!("{} {}", mark.symbol, mark.word)),
        ink.bold(&group::name(&finding.subject)),
        ink.dim(finding.code.as_str()),
    );
    out.push_str(&ink.wrap(4, 0, &clean::line(&finding.message)));
    let rows = evidence::rows(&finding.evidence);
    let names = rows.iter().filter_map(short_name).filter(|name| display_width(name) <= NAME_COLUMNS);
    let column = widest(names);
    for row in &rows {
        out.push_str(&evidence_row(row, column, options));
    }
    if let Some(remedy) = &finding.remedy {
        let text = ink.wrap(4, 8, &format!("remedy: {}", clean::line(remedy)));
        out.push_str(&text.replacen("remedy:", &ink.tone(theme::Tone::Info, "remedy:"), 1));
    }
    out
}

fn short_name(row: &Row) -> Option<&str> {
    match row {
        Row::Values { attribute, .. } | Row::Elements { attribute, .. } | Row::Order { attribute } => Some(attribute),
        Row::Fact { name, .. } => Some(name),
        Row::Text { .. } => None,
    }
}

fn evidence_row(row: &Row, column: usize, options: TextOptions) -> String {
    let ink = Ink::new(options);
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
        Row::Elements { edits, kept, .. } => {
            let mut lines: Vec<String> = edits.iter().map(|(kind, text)| edit(ink, *kind, text)).collect();
            if *kept > 0 {
                lines.push(ink.dim(&format!("  ({kept} unchanged)")));
            }
            lines
        }
        Row::Order { .. } => vec!["same elements, in another order".to_owned()],
        Row::Fact { value, .. } => value.lines().map(str::to_owned).collect(),
        Row::Text { title, lines } => return text(title, lines, options),
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

fn text(title: &str, lines: &[(Edit, String)], options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mut out = format!("{INDENT}  {title}:\n");
    let shown = if options.verbose || lines.len() <= DIFF_LINES { lines.len() } else { DIFF_LINES };
    for (kind, line) in &lines[..shown] {
        let line = match kind {
            Edit::Heading => ink.tone(theme::of_edit(*kind).tone, line),
            _ => edit(ink, *kind, line),
        };
        out.push_str(&format!("{INDENT}    {line}"));
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    if shown < lines.len() {
        let rest = crate::words::count((lines.len() - shown) as u64, "more line");
        out.push_str(&format!("{INDENT}    {}\n", ink.dim(&format!("… {rest}, shown with -v"))));
    }
    out
}
