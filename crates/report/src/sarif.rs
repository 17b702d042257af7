//! A report as a SARIF 2.1.0 log, for code scanning and other viewers of findings.
//!
//! GitHub's code scanning takes less than the standard allows, and rejects a whole log for one result that it
//! can't place. So each result has a physical location with a relative path (or `file:`, no other scheme) and a
//! line, a fingerprint of its own, and there are never more of them than it takes. It also opens an alert for
//! each result, suppressed or not; what rules silenced is therefore only in the log where it is asked for.

mod places;
mod results;
mod rules;

use crate::headline;
use crate::words::{count, millis, number};
use jiff::Timestamp;
use pilotlight_findings::{Report, Verdict};
use places::Places;
use results::Results;
use rules::Rules;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    Invocation, Notification, PropertyBag, ResultColumnKind, Run, RunAutomationDetails, Sarif, Tool, ToolComponent,
    Version,
};

/// Results that GitHub takes in one run; it rejects a log with more. The most severe ones are kept.
/// <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>
const MOST_RESULTS: usize = 25_000;

/// Where the standard publishes the schema that the log follows.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a log needs that the report doesn't have.
#[derive(Debug, Default, Clone, Copy)]
pub struct SarifOptions<'a> {
    /// The plan as the user named it: what is about no file of its own is placed there.
    pub plan_file: Option<&'a str>,
    /// Whether to add what rules silenced, as suppressed results.
    pub silenced: bool,
}

/// The report as a SARIF log, with a new line at the end.
pub fn report_sarif(report: &Report, options: SarifOptions<'_>) -> String {
    let mut rules = Rules::default();
    let mut results = Results::new(&mut rules, Places::new(report, options.plan_file));
    let suppressed = if options.silenced { report.silenced.as_slice() } else { &[] };
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.iter().take(MOST_RESULTS).for_each(|finding| results.finding(finding));
    let room = MOST_RESULTS.saturating_sub(findings.len());
    suppressed.iter().take(room).for_each(|one| results.silenced(one));
    let left_out = (findings.len() + suppressed.len()).saturating_sub(MOST_RESULTS);
    let results = results.done();
    let driver = ToolComponent::builder()
        .name("Pilotlight")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .language("en")
        .rules(rules.done())
        .build();
    let run = Run::builder()
        .tool(Tool::from(driver))
        .invocations(vec![invocation(report, left_out)])
        // One category a job and plan: an upload replaces the one before of the same category alone.
        .automation_details(RunAutomationDetails::builder().id(category(report)).build())
        .column_kind(word(&ResultColumnKind::UnicodeCodePoints))
        .results(results)
        .properties(properties(report))
        .build();
    let log = Sarif::builder().schema(SCHEMA).version(word(&Version::V2_1_0)).runs(vec![run]).build();
    // Serializing fails on maps with keys that are no strings and on writers that fail: neither is here.
    let mut text = serde_json::to_string_pretty(&log).expect("plain data serializes");
    text.push('\n');
    text
}

/// A word of the standard, as the types have it.
fn word(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn category(report: &Report) -> String {
    let job = headline::job_word(report.job);
    match &report.plan {
        Some(plan) => format!("pilotlight/{job}/{plan}/"),
        None => format!("pilotlight/{job}/"),
    }
}

fn invocation(report: &Report, left_out: usize) -> Invocation {
    let tally = headline::tally(report);
    let mut notes = Vec::new();
    if tally.unread > 0 || report.verdict == Verdict::Incomplete {
        let text = match tally.unread {
            0 => "Something could not be read, so there is no clean verdict.".to_owned(),
            unread => format!("Unread: {}. Nothing is known of these.", number(unread)),
        };
        notes.push(notification("warning", text));
    }
    if left_out > 0 {
        let text =
            format!("{} left out: a log holds {}.", count(left_out as u64, "result"), number(MOST_RESULTS as u64));
        notes.push(notification("warning", text));
    }
    let complete = tally.unread == 0 && report.verdict != Verdict::Incomplete;
    let mut invocation = Invocation::builder()
        .execution_successful(complete)
        .exit_code(i64::from(report.verdict.exit_code()))
        .exit_code_description(headline::verdict(report))
        .tool_execution_notifications(notes)
        .build();
    if let Some(began) = millis(&report.started_at) {
        let ended = began.saturating_add(i64::try_from(report.duration_ms).unwrap_or(i64::MAX));
        invocation.start_time_utc = utc(began);
        invocation.end_time_utc = utc(ended);
    }
    invocation
}

fn notification(level: &str, text: String) -> Notification {
    Notification::builder().level(json!(level)).message(&text).build()
}

fn utc(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|at| format!("{at:.3}"))
}

fn properties(report: &Report) -> PropertyBag {
    let mut bag = PropertyBag::builder().build();
    let mut put = |name: &str, value: Value| bag.additional_properties.insert(name.to_owned(), value);
    put("verdict", json!(report.verdict));
    put("summary", json!(report.summary));
    put("silenced", json!(report.silenced.len()));
    put("calls", json!(report.calls));
    bag
}
