//! Thousands of findings, and values of thousands of characters.

use crate::samples::reports;
use pilotlight_findings::{Evidence, Finding, Report, Severity, Side, Subject, codes};
use pilotlight_report::{
    SarifOptions, TextOptions, report_html, report_json, report_junit, report_markdown, report_sarif, report_text,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// All six together take less than a second of an idle processor in a release build. The limit leaves room for a
/// debug build and a busy machine; what grows with the square of the findings takes longer than it anywhere.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });

/// An account where everything changed: 5,000 findings over 40 stacks, one in ten with a user data of 20 kB.
fn thousands() -> Report {
    let script = |word: &str| {
        let mut lines: Vec<String> =
            (0..400).map(|n| format!("echo line {n} of a long, long script that nobody reads")).collect();
        lines[200] = format!("export QUEUE={word}");
        lines.join("\n")
    };
    let finding = |n: usize| {
        let subject = Subject::Resource {
            stack: format!("stack-{:02}", n % 40),
            side: Some(Side::Primary),
            address: format!("module.web[{}].aws_instance.app[\"{n}\"]", n % 9),
            id: Some(format!("i-{n:017x}")),
        };
        let mut finding =
            Finding::new(codes::D_CHANGED, Severity::Error, subject, "2 attributes differ from the state")
                .with(Evidence::change(
                    "tags",
                    json!({"Name": "web", "n": n}),
                    json!({"Name": "api", "n": n, "x": null}),
                ))
                .with(Evidence::change("vpc_security_group_ids", json!(["sg-1", "sg-2"]), json!(["sg-2", "sg-3"])))
                .remedy("run terraform apply in infra/shop/app");
        if n.is_multiple_of(10) {
            finding = finding.with(Evidence::change("user_data", json!(script("orders")), json!(script("spam"))));
        }
        finding
    };
    Report { findings: (0..5_000).map(finding).collect(), ..reports::drift() }
}

#[test]
fn five_thousand_findings_are_rendered_in_no_time() {
    let report = thousands();
    let renderings: [(&str, &dyn Fn() -> String); 6] = [
        ("text", &|| report_text(&report, TextOptions::default())),
        ("json", &|| report_json(&report)),
        ("html", &|| report_html(&report)),
        ("sarif", &|| report_sarif(&report, SarifOptions::default())),
        ("junit", &|| report_junit(&report)),
        ("markdown", &|| report_markdown(&report)),
    ];
    for (format, render) in renderings {
        let began = Instant::now();
        let text = render();
        let took = began.elapsed();
        println!("{format}: {took:?}, {} kB", text.len() / 1_000);
        assert!(took < LONGEST, "{format} took {took:?}");
        assert!(format == "json" || !text.contains("echo line 399 of"), "{format} shows what changed, not all of it");
        if format != "markdown" {
            assert!(text.contains("aws_instance.app[") && text.contains("4999"), "{format} has all of them");
        }
    }
}

#[test]
fn a_long_report_opens_with_an_overview() {
    let text = report_text(&thousands(), TextOptions { width: 100, ..TextOptions::default() });
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("drift: 5,000 findings")), "{text:.200}");
    assert_eq!(lines.next(), Some(""));
    assert_eq!(lines.next(), Some("  stack-00, primary  ~ 125 changed"));
    assert!(!report_text(&reports::drift(), TextOptions::default()).contains("~ 1 changed"), "a short one needs none");
}

#[test]
fn a_long_page_folds_what_comes_after_the_first_of_a_group() {
    let page = report_html(&thousands());
    assert_eq!(page.matches("<article ").count(), 5_000, "all of them are there to find");
    assert_eq!(page.matches("<summary class=\"card\">75 more findings in stack-").count(), 40);
    assert!(!report_html(&reports::drift()).contains("more finding"));
}
