//! The report of a live drill.

use super::TextOptions;
use super::finding::finding;
use super::ink::{Ink, pad, widest};
use crate::clean::line;
use crate::drill;
use crate::theme::Tone;
use crate::words::time;
use pilotlight_failover::live_drill::DrillReport;

/// A drill for a person: how it ended and where traffic is, then objectives, the stay, what deviated, what to fix and what
/// to do next. Where it waits, what to do comes first.
pub fn drill_text(report: &DrillReport, plan_file: Option<&str>, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mut out = format!("{}\n", ink.strong(drill::mark(report).tone, &drill::sentence(report)));
    // Where everything went well, the first line has said it.
    if report.outcome != "done" && !report.detail.is_empty() {
        out.push_str(&ink.wrap(2, 0, &line(&report.detail)));
    }
    let took = drill::took(report).map_or_else(String::new, |took| format!(", {took}"));
    let by = line(&report.operator);
    out.push_str(&format!("  {}, {}{took}, begun by {by}\n", drill::route(report), time(&report.started_at)));
    let story = [objectives(report, ink), stay(report, ink), deviations(report, ink)].concat();
    let (fix, next) = (fix(report, options), next(report, plan_file, ink));
    let is_over = !["waits", "unfinished"].contains(&report.outcome.as_str());
    let parts = if is_over { [story, fix, next] } else { [next, story, fix] };
    out + &parts.concat()
}

fn objectives(report: &DrillReport, ink: Ink) -> String {
    let rows = drill::objectives(report);
    let jobs = widest(rows.iter().map(|row| row.job.as_str()));
    let measured = widest(rows.iter().map(|row| row.measured.as_str()));
    let mut out = format!("\n{}\n", ink.bold("objectives"));
    for row in &rows {
        let after = match (row.what, row.expected.as_str()) {
            (_, "") => String::new(),
            ("data", lost) => format!("  {lost}"),
            (_, expected) => format!("  {expected}"),
        };
        let text = format!(
            "  {}  {}  {}  {}  of {}{}",
            ink.mark(row.mark, row.mark.word, 14),
            pad(&row.job, jobs),
            pad(row.what, 13),
            ink.bold(&pad(&row.measured, measured)),
            row.objective,
            ink.dim(&after)
        );
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

fn stay(report: &DrillReport, ink: Ink) -> String {
    let (mark, told) = drill::stop_rule(report);
    let rule = ink.wrap(4, 0, &told);
    format!(
        "\n{}\n{}  {} {}\n{rule}",
        ink.bold("stay"),
        ink.wrap(2, 2, &drill::stay(report)),
        ink.tone(mark.tone, mark.symbol),
        ink.tone(mark.tone, &format!("stop rule {}", mark.word)),
    )
}

fn deviations(report: &DrillReport, ink: Ink) -> String {
    let mut out = format!("\n{}\n", ink.bold("deviations"));
    if report.deviations.is_empty() {
        out.push_str("  none\n");
    }
    for one in &report.deviations {
        let mark = drill::of_deviation(one);
        let head = format!("  {} {}  ", mark.symbol, pad(&line(&one.job), 8));
        let told = ink.wrap(head.chars().count(), 2, &drill::deviation(one));
        // The head stands where the first line's indent is.
        let colored = format!("  {} {}  ", ink.tone(mark.tone, mark.symbol), pad(&line(&one.job), 8));
        out.push_str(&colored);
        out.push_str(told.trim_start());
    }
    out
}

fn fix(report: &DrillReport, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mut out = format!("\n{}\n", ink.bold("what to fix"));
    if report.fix.is_empty() {
        out.push_str("  nothing\n");
    }
    report.fix.iter().for_each(|one| out.push_str(&finding(one, options)));
    out
}

fn next(report: &DrillReport, plan_file: Option<&str>, ink: Ink) -> String {
    let steps = drill::what_next(report, plan_file);
    if steps.is_empty() {
        return String::new();
    }
    let title = if ["waits", "unfinished"].contains(&report.outcome.as_str()) { "what next" } else { "later" };
    let mut out = format!("\n{}\n", ink.bold(title));
    for step in steps {
        out.push_str(&format!("  {}\n      {}\n", step.what, ink.tone(Tone::Info, &step.command)));
    }
    out
}
