//! What rules took for no drift: seen by who asks, and never in the way.

use crate::samples::reports;
use pilotlight_report::{TextOptions, report_html, report_json, report_text};

fn text(verbose: bool) -> String {
    report_text(&reports::drift_with_silenced(), TextOptions { width: 100, verbose, ..TextOptions::default() })
}

#[test]
fn text_has_one_line() {
    let text = text(false);
    assert!(
        text.ends_with(
            "to make it again\n\n9 differences silenced by 2 rules (-v shows them)\n\n\
             For more about a code, try `pilotlight explain PL-D103`.\n"
        ),
        "{text}"
    );
    let mut clean = reports::drift_clean();
    clean.silenced = reports::drift_with_silenced().silenced;
    assert_eq!(
        report_text(&clean, TextOptions::default()),
        "drift: none in 27 resources, 14 API calls, 2.1 s\n9 differences silenced by 2 rules (-v shows them)\n"
    );
}

#[test]
fn verbose_text_has_each_rule_with_its_reason_and_first_subjects() {
    let text = text(true);
    let expected = "
9 differences silenced by 2 rules
  empty-is-absent  8
    the provider writes null where AWS answers with an empty map
    · network, primary: aws_vpc.main_0 (vpc-0)  tags  (absent) -> {}
    · network, primary: aws_vpc.main_1 (vpc-1)  tags  (absent) -> {}
    · network, primary: aws_vpc.main_2 (vpc-2)  tags  (absent) -> {}
    · network, primary: aws_vpc.main_3 (vpc-3)  tags  (absent) -> {}
    · network, primary: aws_vpc.main_4 (vpc-4)  tags  (absent) -> {}
    … 3 more differences, all of them with --format json
  echo-of-rule  1
    aws_security_group_rule.web owns this rule, and a group without inline rules leaves it alone
    · network, primary: aws_security_group.web (sg-0f3a9c2e41b7d6c55)  ingress  (absent) -> \
[{ cidr_blocks = [\"10.0.0.0/8\"], description = \"from the loa… (78 more characters)

calls by API
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn the_page_folds_them() {
    let page = report_html(&reports::drift_with_silenced());
    let at = page.find("<summary>9 differences silenced by 2 rules</summary>").expect("the section");
    assert!(page[..at].ends_with("<details class=\"card long\">"), "it is folded");
    assert!(page[at..].contains("<code>empty-is-absent</code>") && page[at..].contains("aws_vpc.main_7"));
    assert!(!report_html(&reports::drift()).contains("silenced by"));
}

#[test]
fn json_has_all_of_them_and_no_field_where_there_are_none() {
    let json: serde_json::Value = serde_json::from_str(&report_json(&reports::drift_with_silenced())).expect("JSON");
    assert_eq!(json["silenced"].as_array().map(Vec::len), Some(9));
    assert_eq!(json["silenced"][8]["rule"], "echo-of-rule");
    let json: serde_json::Value = serde_json::from_str(&report_json(&reports::drift())).expect("JSON");
    assert_eq!(json.get("silenced"), None);
}

#[test]
fn what_a_rule_says_cannot_rewrite_the_terminal_or_the_page() {
    let evil = "<script>\u{1b}[2J\u{202e}\n";
    let mut report = reports::drift_with_silenced();
    for one in &mut report.silenced {
        (one.rule, one.reason, one.attribute) = (evil.into(), evil.into(), evil.into());
        one.new = evil.into();
    }
    let text = report_text(&report, TextOptions { verbose: true, ..TextOptions::default() });
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && text.contains("\\u{1b}"), "{text:?}");
    let page = report_html(&report);
    assert!(!page.contains("<script") && !page.contains('\u{1b}') && page.contains("&lt;script&gt;\\u{1b}"));
}
