//! The report of a live drill as Markdown, for the ticket or the wiki page that keeps it.

use super::escape::{code, prose};
use crate::drill;
use crate::theme;
use crate::words::time;
use pilotlight_failover::live_drill::DrillReport;

/// A drill as Markdown, with a new line at the end.
pub fn drill_markdown(report: &DrillReport, plan_file: Option<&str>) -> String {
    let mark = drill::mark(report);
    let mut out = format!("### {} Live {}\n\n", mark.symbol, prose(&drill::sentence(report)));
    let took = drill::took(report).map_or_else(String::new, |took| format!(", {took}"));
    out.push_str(&format!(
        "Plan {}, {}, {}{took}, begun by {}.\n",
        code(&report.plan),
        prose(&drill::route(report)),
        time(&report.started_at),
        prose(&report.operator)
    ));
    if report.outcome != "done" {
        out.push_str(&format!("\n{}\n", prose(&report.detail)));
    }
    out.push_str("\n| | | Objective | Measured | Past runs, data |\n|---|---|---|---|---|\n");
    for row in drill::objectives(report) {
        let name = format!("{}, {}", row.job, row.what);
        out.push_str(&format!(
            "| {}&nbsp;{} | {} | {} | {} | {} |\n",
            row.mark.symbol,
            row.mark.word.replace(' ', "&nbsp;"),
            prose(&name),
            prose(&row.objective),
            prose(&row.measured),
            prose(&row.expected)
        ));
    }
    let (rule, told) = drill::stop_rule(report);
    out.push_str(&format!("\n**Stay.** {}\n", prose(&drill::stay(report))));
    out.push_str(&format!("\n**Stop rule {}.** {}\n", rule.word, prose(&told)));
    out.push_str("\n**Deviations.**");
    match report.deviations.as_slice() {
        [] => out.push_str(" None.\n"),
        all => {
            out.push_str("\n\n");
            all.iter()
                .for_each(|one| out.push_str(&format!("- {}: {}\n", prose(&one.job), prose(&drill::deviation(one)))));
        }
    }
    out.push_str("\n**What to fix.**");
    match report.fix.as_slice() {
        [] => out.push_str(" Nothing.\n"),
        all => {
            out.push_str("\n\n");
            for finding in all {
                let mark = theme::of_finding(finding);
                let remedy =
                    finding.remedy.as_deref().map_or_else(String::new, |remedy| format!("<br>{}", prose(remedy)));
                out.push_str(&format!(
                    "- [ ] {} {}: {} <sub>{}</sub>{remedy}\n",
                    mark.symbol,
                    prose(&finding.subject.to_string()),
                    prose(&finding.message),
                    finding.code
                ));
            }
        }
    }
    for step in drill::what_next(report, plan_file) {
        out.push_str(&format!("\n{}: {}\n", prose(&crate::headline::capitalized(&step.what)), code(&step.command)));
    }
    out
}
