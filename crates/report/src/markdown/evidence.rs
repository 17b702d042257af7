//! What was seen, folded below the table: a block that looks like a diff for each finding.

use super::escape::{block, code, prose};
use crate::cut::{self, Limits};
use crate::evidence::{Row, rows};
use crate::group::{name, title};
use crate::theme::{self, ABSENT, Edit};
use crate::words::{count, number};
use pilotlight_findings::Finding;

/// Characters of a remedy.
const REMEDY: usize = 600;
/// Bytes for what closes the fold and tells what is left out.
const CLOSING: usize = 200;

/// The evidence of as many findings as there is room for, in bytes.
pub(super) fn folded(findings: &[&Finding], room: usize) -> String {
    let sections: Vec<String> = findings
        .iter()
        .filter(|finding| !finding.evidence.is_empty() || finding.remedy.is_some())
        .map(|finding| section(finding))
        .collect();
    if sections.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n<details>\n<summary>What was seen, and what to do</summary>\n");
    let mut left_out = 0;
    for section in &sections {
        if out.len() + section.len() + CLOSING <= room {
            out.push_str(section);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let findings = count(left_out, "finding");
        out.push_str(&format!("\nThe evidence of {findings} is left out: a comment holds 65,536 characters.\n"));
    }
    out.push_str("\n</details>\n");
    out
}

fn section(finding: &Finding) -> String {
    let mut out = format!("\n<b>{}:</b> {}\n", prose(&title(&finding.subject)), code(&name(&finding.subject)));
    let lines = lines(&rows(&finding.evidence, Limits::BRIEF));
    if !lines.is_empty() {
        out.push('\n');
        out.push_str(&block("diff", &lines));
    }
    if let Some(remedy) = &finding.remedy {
        out.push_str(&format!("\nWhat to do: {}\n", prose(&cut::one(remedy, REMEDY))));
    }
    out
}

fn lines(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        match row {
            Row::Values { attribute, old, new } => {
                out.push_str(&format!("@@ {attribute} @@\n"));
                out.push_str(&format!("- {}\n", old.as_deref().unwrap_or(ABSENT)));
                out.push_str(&format!("+ {}\n", new.as_deref().unwrap_or(ABSENT)));
            }
            Row::Elements { attribute, edits, more, kept } => {
                out.push_str(&format!("@@ {attribute} @@\n"));
                for (edit, value) in edits {
                    out.push_str(&format!("{} {value}\n", theme::of_edit(*edit).symbol));
                }
                rest(*more, "more element", &mut out);
                if *kept > 0 {
                    out.push_str(&format!("  ({} unchanged)\n", number(*kept as u64)));
                }
            }
            Row::Order { attribute } => {
                out.push_str(&format!("@@ {attribute} @@\n  same elements, in another order\n"));
            }
            Row::Text { title, lines, more } => {
                out.push_str(&format!("@@ {title} @@\n"));
                for (edit, line) in lines {
                    match edit {
                        Edit::Heading => out.push_str(&format!("{line}\n")),
                        _ => out.push_str(&format!("{} {line}\n", theme::of_edit(*edit).symbol)),
                    }
                }
                rest(*more, "more line", &mut out);
            }
            Row::Fact { name, value } => out.push_str(&format!("  {name}: {}\n", value.replace('\n', "\n    "))),
        }
    }
    out
}

fn rest(more: usize, what: &str, out: &mut String) {
    if more > 0 {
        out.push_str(&format!("  … {}\n", count(more as u64, what)));
    }
}
