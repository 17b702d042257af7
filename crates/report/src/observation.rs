//! What was watched after the switch, in words.

use crate::clean::line;
use crate::theme::{Mark, Tone};
use crate::words::{count, duration, number};
use pilotlight_failover::{ObservationReport, ObservedCheckReport};

/// `2 of 120 probes failed, within 1% over 2 m`
pub(crate) fn summary(seen: &ObservationReport) -> String {
    let over = duration(seen.for_ms);
    let quota = percent(seen.quota);
    let failed = match seen.errors {
        0 => "none".to_owned(),
        errors => number(errors),
    };
    let probes = count(seen.probes, "probe");
    match seen.within {
        true => format!("{failed} of {probes} failed, {quota} may, over {over}"),
        false => format!("{failed} of {probes} failed, and {quota} may, over {over}"),
    }
}

/// The mark of one check: what failed, what differs, and what is as before.
pub(crate) fn mark(check: &ObservedCheckReport) -> Mark {
    if check.errors > 0 {
        Mark { symbol: "✗", word: "failed", tone: Tone::Bad }
    } else if check.slower || check.other_count {
        Mark { symbol: "!", word: "differs", tone: Tone::Warn }
    } else {
        Mark { symbol: "✓", word: "steady", tone: Tone::Good }
    }
}

/// `40 of 40 green, 21 ms (20 ms before), counts 5000 (5000 before)`
pub(crate) fn told(check: &ObservedCheckReport) -> String {
    let mut told = format!("{} of {} green", number(check.probes.saturating_sub(check.errors)), number(check.probes));
    if let Some(now) = check.latency_ms {
        let slower = if check.slower { ", slower than allowed" } else { "" };
        told.push_str(&format!(", {}{}", duration(now), before(check.latency_before_ms.map(duration), slower)));
    }
    if let Some(now) = check.count {
        let other = if check.other_count { ", more apart than allowed" } else { "" };
        told.push_str(&format!(", counts {}{}", number(now), before(check.count_before.map(number), other)));
    }
    match check.status_before.as_deref() {
        None => told.push_str(", not asked before the switch"),
        Some("green") => {}
        Some(other) => told.push_str(&format!(", {} before the switch", line(other))),
    }
    if let Some(error) = &check.last_error {
        told.push_str(&format!("; last failure {}", line(error)));
    }
    told
}

fn before(before: Option<String>, verdict: &str) -> String {
    before.map_or_else(String::new, |before| format!(" ({before} before{verdict})"))
}

/// Of hundredths of a percent.
pub(crate) fn percent(hundredths: u32) -> String {
    format!("{}%", f64::from(hundredths) / 100.0)
}
