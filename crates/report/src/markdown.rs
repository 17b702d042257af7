//! A report as Markdown for the comment of a pull request: the verdict, the worst findings in a table, their
//! evidence folded. It is always shorter than a comment may be, and whatever a value in it says is shown as text:
//! it is no link, no mention and no markup.

mod drill;
mod escape;
mod evidence;

pub use drill::drill_markdown;

use crate::cut;
use crate::group::{name, title};
use crate::headline;
use crate::silenced::sentence;
use crate::theme::{self, Mark};
use crate::words::number;
pub(crate) use escape::{code, prose};
use pilotlight_findings::{Area, Finding, Report};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Findings in the table. More are not read in a comment.
const ROWS: usize = 20;
/// Characters of a message in the table.
const MESSAGE: usize = 240;
/// Characters of a name in the table.
const NAME: usize = 160;
/// Bytes of the whole: GitHub takes 65,536 characters, and what adds a heading of its own needs some.
const BYTES: usize = 64_000;

/// The report as Markdown, with a new line at the end.
pub fn report_markdown(report: &Report) -> String {
    let mark = theme::of_verdict(report.verdict);
    let job = headline::job_word(report.job);
    let verdict = prose(&headline::verdict(report));
    let mut out = format!("### {} {}: {verdict}\n\n", mark.symbol, headline::capitalized(job));
    if let Some(plan) = &report.plan {
        out.push_str(&format!("Plan {}. ", code(plan)));
    }
    out.push_str(&format!("{}\n", headline::meaning(report)));
    if !report.areas.is_empty() {
        out.push_str("\n| Area | Verdict | What is known |\n|---|---|---|\n");
        report.areas.iter().for_each(|one| out.push_str(&area(one)));
    }
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let (shown, rest) = findings.split_at(findings.len().min(ROWS));
    let foot = foot(report);
    if !shown.is_empty() {
        out.push_str("\n| | What | Finding |\n|---|---|---|\n");
        shown.iter().for_each(|finding| out.push_str(&row(finding)));
    }
    if !rest.is_empty() {
        out.push_str(&format!("\n…and {}.\n", more(rest)));
    }
    let room = BYTES.saturating_sub(out.len() + foot.len());
    out.push_str(&evidence::folded(shown, room));
    out.push_str(&foot);
    out
}

/// A line of the scorecard.
fn area(area: &Area) -> String {
    let mark = theme::of_area(area.verdict);
    let codes: Vec<&str> = area.codes.iter().map(|code| code.as_str()).collect();
    let codes = if codes.is_empty() { String::new() } else { format!("<br><sub>{}</sub>", codes.join(" ")) };
    let word = mark.word.replace(' ', "&nbsp;");
    format!("| {} | {}&nbsp;{word} | {}{codes} |\n", area.name, mark.symbol, prose(&cut::one(&area.facts, MESSAGE)))
}

fn row(finding: &Finding) -> String {
    let mark = theme::of_finding(finding);
    format!(
        "| {}&nbsp;{} | {}<br>{} | {}<br><sub>{}</sub> |\n",
        mark.symbol,
        mark.word,
        code(&cut::one(&name(&finding.subject), NAME)),
        prose(&cut::one(&title(&finding.subject), NAME)),
        prose(&cut::one(&finding.message, MESSAGE)),
        finding.code,
    )
}

/// `37 more: 30 changed, 7 missing`
fn more(rest: &[&Finding]) -> String {
    let mut kinds: Vec<(Mark, u64)> = Vec::new();
    for mark in rest.iter().map(|finding| theme::of_finding(finding)) {
        match kinds.iter_mut().find(|(kind, _)| *kind == mark) {
            Some((_, count)) => *count += 1,
            None => kinds.push((mark, 1)),
        }
    }
    let kinds: Vec<String> = kinds.iter().map(|(mark, n)| format!("{} {}", number(*n), mark.word)).collect();
    format!("{} more: {}", number(rest.len() as u64), kinds.join(", "))
}

/// What it took: `14 API calls, 2.1 s (ec2 7, route53 7); 102 differences silenced by 7 rules`.
fn foot(report: &Report) -> String {
    let mut services: BTreeMap<&str, u64> = BTreeMap::new();
    for calls in &report.calls {
        *services.entry(&calls.service).or_default() += calls.count;
    }
    let services: Vec<String> = services.into_iter().map(|(name, n)| format!("{name} {}", number(n))).collect();
    let mut foot = headline::effort(report);
    if services.len() > 1 {
        foot.push_str(&format!(" ({})", services.join(", ")));
    }
    if let Some(sentence) = sentence(&report.silenced) {
        foot.push_str(&format!("; {sentence}"));
    }
    format!("\n<sub>{}</sub>\n", prose(&foot))
}
