//! The scorecard of validate in every format.

use crate::samples::reports;
use pilotlight_findings::{Area, AreaName, AreaVerdict, Finding, Report, Severity, Subject, Verdict, codes};
use pilotlight_report::{TextOptions, report_html, report_json, report_junit, report_markdown, report_text};

fn report() -> Report {
    let about = || Subject::Plan { name: "shop".into() };
    let missing = Finding::new(codes::D_MISSING, Severity::Error, about(), "gone");
    let unknown = Finding::new(codes::V_UNKNOWN, Severity::Warning, about(), "no answer");
    let areas = vec![
        Area::of(AreaName::Drift, "34 resources: 33 in sync, 1 missing", std::slice::from_ref(&missing), false),
        Area::of(AreaName::Checks, "2 probed, 2 green", &[], false),
        Area::of(AreaName::Permissions, "the simulator <did> not answer", std::slice::from_ref(&unknown), false),
        Area::not_applicable(AreaName::Objectives, "the plan has no objectives"),
    ];
    Report { areas, findings: vec![missing, unknown], ..reports::validate_not_ready() }
}

#[test]
fn text_has_the_verdict_first_and_then_a_line_an_area() {
    let text = report_text(&report(), TextOptions::default());
    let lines: Vec<&str> = text.lines().take(7).collect();
    assert!(lines[0].starts_with("validate: not ready, 1 finding"), "{text}");
    assert_eq!(
        lines[1..],
        [
            "",
            "  ✗ drift        not ready   34 resources: 33 in sync, 1 missing  PL-D102",
            "  ✓ checks       ready       2 probed, 2 green",
            "  ? permissions  unknown     the simulator <did> not answer  PL-V101",
            "  · objectives   not judged  the plan has no objectives",
            "",
        ],
        "{text}"
    );
}

#[test]
fn long_facts_are_wrapped_below_themselves() {
    let mut long = report();
    long.areas.truncate(2);
    long.areas[1].facts = "word ".repeat(30);
    let text = report_text(&long, TextOptions::default());
    let lines: Vec<&str> = text.lines().skip(3).take(2).collect();
    assert!(lines[0].starts_with("  ✓ checks  ready      word word"), "{text}");
    assert!(lines[1].starts_with("                       word word"), "{text}");
}

#[test]
fn a_report_in_which_nothing_was_judged_does_not_say_ready() {
    let areas = vec![Area::not_applicable(AreaName::Drift, "no stack changed since main")];
    let report = Report { areas, findings: vec![], verdict: Verdict::Clean, ..reports::validate_not_ready() };
    let text = report_text(&report, TextOptions::default());
    assert!(text.starts_with("validate: nothing to judge"), "{text}");
    assert!(report_markdown(&report).contains("Nothing was looked at"), "{}", report_markdown(&report));
}

#[test]
fn junit_has_a_case_an_area() {
    let junit = report_junit(&report());
    for part in [
        r#"<testsuite name="scorecard" tests="4" skipped="1" errors="1" failures="1""#,
        r#"<failure message="not ready: 34 resources: 33 in sync, 1 missing" type="PL-D102"/>"#,
        r#"<error message="unknown: the simulator &lt;did&gt; not answer" type="PL-V101"/>"#,
        r#"<skipped message="the plan has no objectives"/>"#,
        "2 probed, 2 green",
    ] {
        assert!(junit.contains(part), "{part} is not in\n{junit}");
    }
}

#[test]
fn markdown_and_the_page_have_it_as_a_table() {
    let markdown = report_markdown(&report());
    for row in [
        "| Area | Verdict | What is known |",
        "| drift | ✗&nbsp;not&nbsp;ready | 34 resources: 33 in sync, 1 missing<br><sub>PL-D102</sub> |",
        "| permissions | ?&nbsp;unknown | the simulator &lt;did&gt; not answer<br><sub>PL-V101</sub> |",
        "| objectives | ·&nbsp;not&nbsp;judged | the plan has no objectives |",
    ] {
        assert!(markdown.contains(row), "{row} is not in\n{markdown}");
    }
    let html = report_html(&report());
    assert!(html.contains("<h2>Scorecard</h2>"), "{html}");
    assert!(html.contains("<td>the simulator &lt;did&gt; not answer</td>"), "{html}");
}

#[test]
fn json_has_each_finding_in_one_area() {
    let report = report();
    let json: serde_json::Value = serde_json::from_str(&report_json(&report)).expect("json");
    let counted: u64 =
        json["areas"].as_array().expect("areas").iter().filter_map(|area| area["findings"].as_u64()).sum();
    assert_eq!(counted, report.findings.len() as u64);
    assert_eq!(json["areas"][0]["codes"], serde_json::json!(["PL-D102"]));
    assert_eq!(report.areas[3].verdict, AreaVerdict::NotApplicable);
}
