//! What was watched after the switch.

use super::ink::{Ink, pad, widest};
use crate::clean::line;
use crate::observation::{mark, summary, told};
use pilotlight_failover::RunReport;

/// The section; empty where nothing was watched.
pub(super) fn observation(run: &RunReport, ink: Ink) -> String {
    let Some(seen) = &run.observation else { return String::new() };
    let names = widest(seen.checks.iter().map(|check| check.name.as_str()));
    let mut out = format!("\n{}  {}\n", ink.bold("observed"), summary(seen));
    for check in &seen.checks {
        let mark = mark(check);
        let row = format!(
            "  {}  {}  {}",
            ink.mark(mark, mark.word, 9),
            ink.bold(&pad(&line(&check.name), names)),
            told(check)
        );
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}
