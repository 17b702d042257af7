//! A report as a SARIF 2.1.0 log, for code scanning and other viewers of findings.
//!
//! GitHub's code scanning takes less than the standard allows, and rejects a whole log for one result that it
//! can't place. So each result has a physical location with a relative path (or `file:`, no other scheme) and a
//! line, a fingerprint of its own, and there are never more of them than it takes. It also opens an alert for
//! each result, suppressed or not; what rules silenced is therefore only in the log where it is asked for.

mod places;
mod results;
mod rules;

use crate::clean;
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
    // Serializing fails on maps with keys that are no strings and on writers that fail: neither is here.
    let mut text = serde_json::to_string_pretty(&log(report, options, MOST_RESULTS)).expect("plain data serializes");
    text.push('\n');
    text
}

fn log(report: &Report, options: SarifOptions<'_>, most: usize) -> Sarif {
    let mut rules = Rules::default();
    let mut results = Results::new(&mut rules, Places::new(report, options.plan_file));
    let suppressed = if options.silenced { report.silenced.as_slice() } else { &[] };
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.iter().take(most).for_each(|finding| results.finding(finding));
    let room = most.saturating_sub(findings.len());
    suppressed.iter().take(room).for_each(|one| results.silenced(one));
    let left_out = (findings.len() + suppressed.len()).saturating_sub(most);
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
    Sarif::builder().schema(SCHEMA).version(word(&Version::V2_1_0)).runs(vec![run]).build()
}

/// A word of the standard, as the types have it.
fn word(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn category(report: &Report) -> String {
    let job = headline::job_word(report.job);
    match &report.plan {
        Some(plan) => format!("pilotlight/{job}/{}/", clean::line(plan)),
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
    let summary = report.summary.iter().map(|one| json!({"name": clean::line(&one.name), "count": one.count}));
    put("summary", summary.collect());
    put("silenced", json!(report.silenced.len()));
    let calls = report.calls.iter().map(|call| {
        let [service, region, operation] = [&call.service, &call.region, &call.operation].map(|text| clean::line(text));
        json!({"service": service, "region": region, "operation": operation, "count": call.count})
    });
    put("calls", calls.collect());
    bag
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::{Finding, Job, Severity, Silenced, Subject, codes};

    #[test]
    fn of_more_results_than_code_scanning_takes_the_most_severe_are_kept() {
        let subject = |n: u32| Subject::Plan { name: n.to_string() };
        let finding = |n, severity| Finding::new(codes::D_CHANGED, severity, subject(n), "m");
        let silenced = |n| Silenced {
            subject: subject(n),
            attribute: "a".into(),
            old: Value::Null,
            new: Value::Null,
            rule: "r".into(),
            reason: "s".into(),
        };
        let report = Report {
            schema_version: 1,
            job: Job::Drift,
            plan: None,
            started_at: String::new(),
            duration_ms: 0,
            verdict: Verdict::Findings,
            summary: Vec::new(),
            areas: vec![],
            findings: vec![finding(1, Severity::Info), finding(2, Severity::Error)],
            silenced: vec![silenced(3), silenced(4)],
            calls: Vec::new(),
        };
        let kept = |most| {
            let log = log(&report, SarifOptions { silenced: true, ..SarifOptions::default() }, most);
            let run = word(&log.runs[0]);
            let texts =
                run["results"].as_array().into_iter().flatten().map(|result| result["message"]["text"].to_string());
            let note = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].to_string();
            (texts.map(|text| text[6..7].to_owned()).collect::<String>(), note)
        };
        assert_eq!(kept(4), ("2134".into(), "null".into()));
        assert_eq!(kept(3), ("213".into(), "\"1 result left out: a log holds 25,000.\"".into()));
        assert_eq!(kept(1), ("2".into(), "\"3 results left out: a log holds 25,000.\"".into()));
    }
}
