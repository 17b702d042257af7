//! The report of a tabletop drill.

use super::TextOptions;
use super::finding::finding;
use super::ink::Ink;
use crate::clean::line;
use crate::tabletop::{answered, counts, mark, objective, parts, plan_alone};
use crate::theme::Tone;
use pilotlight_failover::tabletop::TabletopReport;

/// How many questions are answered, the objectives, each question with its answer, and what to fix.
pub(crate) fn text(report: &TabletopReport, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let tone = if report.fix.is_empty() { Tone::Good } else { Tone::Warn };
    let head = format!("tabletop of {}: {}", line(&report.plan), counts(report));
    let mut out = format!("{}\n", ink.strong(tone, &head));
    if let Some(alone) = plan_alone(report) {
        out.push_str(&ink.wrap(2, 0, &alone));
    }
    for fact in &report.objectives {
        out.push_str(&ink.wrap(2, 4, &format!("{}: {}", line(&fact.objective), objective(fact))));
    }
    for (part, questions) in parts(report) {
        out.push_str(&format!("\n{}\n", ink.bold(&line(part))));
        for asked in questions {
            let mark = mark(asked);
            let told = ink.wrap(10, 0, &line(&asked.question));
            out.push_str(&format!("  {}{}", ink.mark(mark, mark.word, 8), told.trim_start()));
            if let Some(answer) = answered(asked) {
                out.push_str(&ink.wrap(12, 2, &answer));
            }
            // What is answered need not be argued any more.
            if asked.answer.is_none() || options.verbose {
                asked.facts.iter().for_each(|fact| out.push_str(&ink.wrap(12, 2, &line(fact))));
            }
        }
    }
    // Open questions stand above as open; what was answered with no is to be repaired.
    let (no, open): (Vec<_>, Vec<_>) =
        report.fix.iter().partition(|one| one.severity >= pilotlight_findings::Severity::Error);
    out.push_str(&format!("\n{}\n", ink.bold("what to fix")));
    if report.fix.is_empty() {
        out.push_str("  nothing\n");
    }
    no.iter().for_each(|one| out.push_str(&finding(one, options)));
    match open.len() {
        0 => {}
        1 => out.push_str("  ! 1 question is open: answer it in the next session (PL-F257)\n"),
        open => out.push_str(&format!("  ! {open} questions are open: answer them in the next session (PL-F257)\n")),
    }
    out
}
