//! A report as JUnit's XML, for the test page of a CI system: a suite a stack and side, a case a finding.
//!
//! A finding that makes the verdict is a failure; what could not be read is an error; warnings and notes are
//! cases that passed, with their text as output. One more suite has the summary, so that a clean report is not
//! an empty page. Nothing in it depends on the clock or on chance: the same report gives the same bytes.

use crate::clean;
use crate::group::{name, title};
use crate::headline;
use crate::silenced::sentence;
use crate::text::plain_evidence;
use crate::theme;
use crate::words::number;
use pilotlight_findings::{Area, AreaVerdict, Finding, Report, Severity, Verdict};
use quick_junit::{NonSuccessKind, Report as JUnit, TestCase, TestCaseStatus, TestSuite};
use std::collections::HashMap;
use std::time::Duration;

/// The report as a JUnit document, with a new line at the end.
pub fn report_junit(report: &Report) -> String {
    let job = headline::job_word(report.job);
    let plan = report.plan.as_deref().map(|plan| format!(" {}", clean::line(plan))).unwrap_or_default();
    let mut document = JUnit::new(format!("pilotlight {job}{plan}"));
    document.set_time(Duration::from_millis(report.duration_ms));
    document.add_test_suite(summary(report, job));
    if !report.areas.is_empty() {
        document.add_test_suite(scorecard(&report.areas, job));
    }
    document.add_test_suites(suites(report, job));
    // Serializing to memory fails on writers that fail and on text that is no UTF-8: neither is here.
    document.to_string().expect("plain data serializes")
}

/// The verdict as a case of its own. It fails only where no finding tells why.
fn summary(report: &Report, job: &str) -> TestSuite {
    let tally = headline::tally(report);
    let status = match report.verdict {
        Verdict::Findings if tally.problems == 0 => Some(NonSuccessKind::Failure),
        Verdict::Incomplete if tally.unread == 0 => Some(NonSuccessKind::Error),
        Verdict::Clean | Verdict::Findings | Verdict::Incomplete => None,
    };
    let verdict = headline::verdict(report);
    let status = status.map_or_else(TestCaseStatus::success, |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(&verdict);
        status
    });
    let mut case = TestCase::new("summary", status);
    case.set_classname(job);
    case.set_time(Duration::from_millis(report.duration_ms));
    let mut out = format!("{job}: {verdict}, {}\n", headline::effort(report));
    for count in headline::counts(report) {
        out.push_str(&format!("{} {}\n", number(count.count), clean::line(&count.name)));
    }
    if let Some(sentence) = sentence(&report.silenced) {
        out.push_str(&format!("{sentence}\n"));
    }
    for calls in &report.calls {
        let api = format!("{}:{} {}", calls.service, calls.operation, calls.region);
        out.push_str(&format!("{} {}\n", number(calls.count), clean::line(&api)));
    }
    case.set_system_out(out);
    let mut suite = TestSuite::new(job);
    suite.add_test_case(case);
    suite.set_time(Duration::from_millis(report.duration_ms));
    suite
}

/// A case an area: what was not judged is skipped, what could not be found out is an error.
fn scorecard(areas: &[Area], job: &str) -> TestSuite {
    let mut suite = TestSuite::new("scorecard");
    suite.set_time(Duration::ZERO);
    for area in areas {
        let facts = clean::line(&area.facts);
        let failed = |kind| {
            let mut status = TestCaseStatus::non_success(kind);
            let codes: Vec<&str> = area.codes.iter().map(|code| code.as_str()).collect();
            status.set_message(format!("{}: {facts}", theme::of_area(area.verdict).word));
            if !codes.is_empty() {
                status.set_type(codes.join(" "));
            }
            status
        };
        let status = match area.verdict {
            AreaVerdict::Ready => TestCaseStatus::success(),
            AreaVerdict::NotReady => failed(NonSuccessKind::Failure),
            AreaVerdict::Unknown => failed(NonSuccessKind::Error),
            AreaVerdict::NotApplicable => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(&facts);
                status
            }
        };
        let mut case = TestCase::new(area.name.as_str(), status);
        case.set_classname(format!("{job}.scorecard"));
        case.set_time(Duration::ZERO);
        if area.verdict == AreaVerdict::Ready {
            case.set_system_out(facts);
        }
        suite.add_test_case(case);
    }
    suite
}

/// In the report's order, which has the most severe finding first.
fn suites(report: &Report, job: &str) -> Vec<TestSuite> {
    let mut suites: Vec<TestSuite> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut names: HashMap<(String, String), u32> = HashMap::new();
    for finding in &report.findings {
        let title = title(&finding.subject);
        let at = *places.entry(title.clone()).or_insert_with(|| {
            let mut suite = TestSuite::new(&title);
            suite.set_time(Duration::ZERO);
            suites.push(suite);
            suites.len() - 1
        });
        let mut case = case(finding);
        case.set_classname(format!("{job}.{}", title.replace(", ", ".")));
        case.set_time(Duration::ZERO);
        // Of two cases with one name, GitLab and Jenkins show the first.
        let seen = names.entry((title, case.name.to_string())).or_default();
        *seen += 1;
        if *seen > 1 {
            case.name = format!("{} ({seen})", case.name.as_str()).into();
        }
        suites[at].add_test_case(case);
    }
    suites
}

fn case(finding: &Finding) -> TestCase {
    let kind = match finding.severity {
        _ if finding.code.is_unread() => Some(NonSuccessKind::Error),
        Severity::Error | Severity::Critical => Some(NonSuccessKind::Failure),
        Severity::Warning | Severity::Info => None,
    };
    let message = clean::line(&finding.message);
    let mut text = plain_evidence(finding);
    if let Some(remedy) = &finding.remedy {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}remedy: {}", clean::line(remedy)));
    }
    let name = format!("{}: {}", name(&finding.subject), finding.code.page().title);
    match kind {
        Some(kind) => {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(&message).set_type(finding.code.as_str()).set_description(format!("{message}\n{text}"));
            TestCase::new(name, status)
        }
        None => {
            let mut case = TestCase::new(name, TestCaseStatus::success());
            case.set_system_out(format!("{} {message}\n{text}", finding.code));
            case
        }
    }
}
