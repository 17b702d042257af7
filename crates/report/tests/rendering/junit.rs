//! The JUnit document, read back by other readers than the one that wrote it.

use crate::samples::{every_shape, reports};
use pilotlight_findings::{Evidence, Finding, Report, Severity, Subject, Verdict, codes};
use pilotlight_report::report_junit;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::{BTreeMap, BTreeSet};

/// An element's start, with its attributes unescaped.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Self {
        let name = String::from_utf8(start.name().as_ref().to_vec()).expect("UTF-8");
        let attributes = start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.expect("an attribute");
                let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("UTF-8");
                let value = String::from_utf8(attribute.value.to_vec()).expect("UTF-8");
                (key, quick_xml::escape::unescape(&value).expect("escaped").into_owned())
            })
            .collect();
        Self { name, attributes }
    }

    fn number(&self, attribute: &str) -> usize {
        self.attributes[attribute].parse().expect("a number")
    }
}

/// All elements in order, and all text.
fn read(xml: &str) -> (Vec<Element>, String) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) | Event::Empty(start) => elements.push(Element::of(&start)),
            Event::Text(part) => text.push_str(&part.decode().expect("UTF-8")),
            Event::CData(part) => text.push_str(&part.decode().expect("UTF-8")),
            Event::GeneralRef(reference) => {
                let entity = format!("&{};", reference.decode().expect("UTF-8"));
                text.push_str(&quick_xml::escape::unescape(&entity).expect("an entity"));
            }
            Event::Eof => return (elements, text),
            _ => {}
        }
    }
}

fn count(elements: &[Element], name: &str) -> usize {
    elements.iter().filter(|element| element.name == name).count()
}

fn all() -> Vec<Report> {
    vec![
        reports::drift_clean(),
        reports::drift(),
        reports::drift_incomplete(),
        reports::validate_not_ready(),
        reports::drift_with_silenced(),
        every_shape::report(),
    ]
}

#[test]
fn the_counts_are_those_of_the_elements() {
    for report in all() {
        let (elements, _) = read(&report_junit(&report));
        assert_eq!(elements[0].name, "testsuites");
        for (attribute, name) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
            assert_eq!(elements[0].number(attribute), count(&elements, name), "{attribute}");
            let suites = elements.iter().filter(|element| element.name == "testsuite");
            assert_eq!(suites.map(|suite| suite.number(attribute)).sum::<usize>(), count(&elements, name));
        }
        let cases = report.findings.len() + report.areas.len() + 1;
        assert_eq!(count(&elements, "testcase"), cases, "a case a finding and an area, and the summary");
        let unread = report.findings.iter().filter(|finding| finding.code.is_unread()).count();
        let unexplained = usize::from(report.verdict == Verdict::Incomplete && unread == 0);
        assert_eq!(count(&elements, "error"), unread + unexplained);
        let cases = elements.iter().filter(|element| element.name == "testcase");
        let names: BTreeSet<_> = cases.map(|case| (&case.attributes["classname"], &case.attributes["name"])).collect();
        assert_eq!(names.len(), report.findings.len() + report.areas.len() + 1, "no case hides another of its name");
    }
}

#[test]
fn a_clean_report_is_one_case_that_passed() {
    let (elements, text) = read(&report_junit(&reports::drift_clean()));
    assert_eq!((count(&elements, "testcase"), count(&elements, "failure"), count(&elements, "error")), (1, 0, 0));
    assert!(text.contains("drift: none in 27 resources, 14 API calls, 2.1 s\n27 in sync\n"), "{text}");
    assert!(text.contains("4 route53:ListResourceRecordSets global\n"), "{text}");
}

#[test]
fn findings_are_failures_in_the_suite_of_their_stack() {
    let (elements, text) = read(&report_junit(&reports::drift()));
    let suites: Vec<&str> = elements
        .iter()
        .filter(|element| element.name == "testsuite")
        .map(|suite| suite.attributes["name"].as_str())
        .collect();
    assert_eq!(suites, ["drift", "network, primary", "app, primary"]);
    let case = elements
        .iter()
        .find(|element| element.attributes.get("classname").is_some_and(|class| class == "drift.network.primary"));
    assert_eq!(
        case.expect("a case").attributes["name"],
        "aws_security_group.web (sg-0f3a9c2e41b7d6c55): a network was opened to the world"
    );
    let failure = elements.iter().find(|element| element.name == "failure").expect("a failure");
    assert_eq!(failure.attributes["type"], "PL-D103");
    assert_eq!(failure.attributes["message"], "port 22 is open to the world: an ingress rule is not in the state");
    assert!(text.contains("from_port = 22"), "{text}");
    assert!(text.contains("remedy: run terraform apply in infra/shop/app"), "{text}");
}

#[test]
fn warnings_pass_and_say_what_they_are() {
    let (elements, text) = read(&report_junit(&reports::validate_not_ready()));
    assert_eq!((count(&elements, "failure"), count(&elements, "error"), count(&elements, "testcase")), (3, 1, 6));
    assert!(text.contains("PL-P105") || text.contains(codes::P_TTL.as_str()), "{text}");
    assert!(text.contains("the TTL of 300 s is a third of the recovery time objective"), "{text}");
}

#[test]
fn a_verdict_without_a_finding_to_show_for_it_is_not_green() {
    for (verdict, element) in [(Verdict::Findings, "failure"), (Verdict::Incomplete, "error")] {
        let mut report = reports::drift_clean();
        report.verdict = verdict;
        assert_eq!(count(&read(&report_junit(&report)).0, element), 1, "{verdict:?}");
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(report_junit(&every_shape::report()), report_junit(&every_shape::report()));
}

#[test]
fn values_are_text_and_control_characters_are_written_out() {
    let evil = "</failure><script>&\"']]>\u{1b}[2J\u{0}\u{8}\u{fffe}\u{202e}";
    let mut report = reports::drift_clean();
    report.verdict = Verdict::Findings;
    report.plan = Some(evil.into());
    report.summary[0].name = evil.into();
    report.calls[0].service = evil.into();
    let subject = || Subject::Resource { stack: evil.into(), side: None, address: evil.into(), id: None };
    report.findings = [Severity::Error, Severity::Warning]
        .map(|severity| {
            Finding::new(codes::D_CHANGED, severity, subject(), evil).with(Evidence::fact(evil, evil)).remedy(evil)
        })
        .to_vec();
    let xml = report_junit(&report);
    assert!(!xml.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{fffe}'), "{xml:?}");
    let (elements, text) = read(&xml);
    assert_eq!(count(&elements, "script"), 0);
    let shown = "</failure><script>&\"']]>\\u{1b}[2J\\u{0}\\u{8}\\u{fffe}\\u{202e}";
    assert_eq!(elements.iter().find(|element| element.name == "failure").expect("one").attributes["message"], shown);
    assert!(text.contains(shown), "{text}");
}
