//! The SARIF log: accepted by the standard's schema, and within what GitHub's code scanning takes.

use crate::samples::{every_shape, reports};
use pilotlight_findings::{Evidence, Finding, Report, Severity, Subject, Verdict, codes};
use pilotlight_report::{SarifOptions, report_sarif};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const PLAN: SarifOptions<'static> = SarifOptions { plan_file: Some("plans/shop.hcl"), silenced: true };

fn log(report: &Report, options: SarifOptions<'_>) -> Value {
    let text = report_sarif(report, options);
    assert!(text.ends_with("}\n"), "a document ends with a new line");
    serde_json::from_str(&text).expect("JSON")
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results")
}

/// The schema that OASIS publishes: the package whose types are used carries it.
fn standard() -> jsonschema::Validator {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata");
    let package = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|package| package["name"] == "serde-sarif"))
        .expect("serde-sarif is a dependency");
    let folder = Path::new(package["manifest_path"].as_str().expect("a path")).parent().expect("a folder");
    let schema = std::fs::read_to_string(folder.join("src/schema.json")).expect("the package has the schema");
    // A bracket too much in a pattern of the standard, which its errata take out.
    let schema = schema.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["title"], "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema compiles")
}

fn hostile() -> Report {
    let evil = "x\u{1b}[2J\u{202e}\u{0}<b> [a](http://x.test) {0} @ana";
    let subject = |stack: &str| Subject::Resource {
        stack: stack.into(),
        side: None,
        address: evil.into(),
        id: Some(evil.into()),
    };
    let mut report = every_shape::report();
    report.plan = Some(evil.into());
    report.started_at = evil.into();
    report.findings = vec![
        Finding::new(codes::D_CHANGED, Severity::Error, subject(evil), evil)
            .with(Evidence::fact(evil, evil))
            .remedy(evil),
        Finding::new(codes::D_CHANGED, Severity::Error, subject("https://ana:hunter2@state.test/a?sig=s3cr3t"), "m"),
    ];
    report
}

#[test]
fn every_log_is_accepted_by_the_standard() {
    let standard = standard();
    for report in [
        reports::drift_clean(),
        reports::drift(),
        reports::drift_incomplete(),
        reports::validate_not_ready(),
        reports::drift_with_silenced(),
        every_shape::report(),
        hostile(),
    ] {
        for options in [PLAN, SarifOptions::default()] {
            let log = log(&report, options);
            let errors: Vec<String> =
                standard.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
    // The oracle is awake.
    let mut wrong = log(&reports::drift(), PLAN);
    wrong["runs"][0]["results"][0]["level"] = json!("critical");
    wrong["runs"][0]["invocations"][0]["startTimeUtc"] = json!("yesterday");
    assert_eq!(standard.iter_errors(&wrong).count(), 2);
}

/// GitHub rejects the whole log for one result without these, or with another scheme than `file`.
#[test]
fn every_result_has_what_code_scanning_requires() {
    for report in [reports::drift(), reports::validate_not_ready(), every_shape::report(), hostile()] {
        for options in [PLAN, SarifOptions::default()] {
            let log = log(&report, options);
            let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
            let mut fingerprints = BTreeSet::new();
            for result in results(&log) {
                let place = &result["locations"][0]["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().expect("a place");
                assert!(!uri.is_empty() && (!uri.contains(':') || uri.starts_with("file:///")), "{uri}");
                assert!(place["region"]["startLine"].as_u64() >= Some(1), "{place}");
                assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
                let rule = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
                assert_eq!(rules[rule]["id"], result["ruleId"]);
                let fingerprint = result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("one");
                assert!(fingerprints.insert(fingerprint.to_owned()), "{fingerprint} stands twice");
            }
            for rule in rules {
                for text in ["shortDescription", "fullDescription", "help"] {
                    let length = rule[text]["text"].as_str().map_or(0, |text| text.chars().count());
                    assert!(length > 0 && (text == "help" || length <= 1_024), "{text} of {}", rule["id"]);
                }
            }
        }
    }
}

#[test]
fn a_drift_report_says_it_all() {
    let log = log(&reports::drift(), PLAN);
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "Pilotlight");
    assert_eq!(run["automationDetails"]["id"], "pilotlight/drift/shop/");
    let invocation = &run["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(true), &json!(2)));
    assert_eq!(invocation["startTimeUtc"], "2026-11-21T02:58:07.120Z");
    assert_eq!(invocation["endTimeUtc"], "2026-11-21T02:58:09.269Z");
    assert_eq!((&run["properties"]["verdict"], &run["properties"]["silenced"]), (&json!("findings"), &json!(0)));
    assert_eq!(run["properties"]["calls"][0]["operation"], "DescribeInstances");
    let levels: Vec<&Value> = results(&log).iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "error", "error"]);
    let record = &results(&log)[1];
    assert_eq!(record["ruleId"], "PL-D101");
    assert_eq!(
        record["message"]["text"],
        "app, primary: aws_route53_record.app (Z0123456789ABC_app.shop.test_A): attributes differ from the state\n\
         ~ records      - \"127.0.1.11\"\n\
         \u{20}              + \"192.0.2.66\"\n\
         \u{20}                (1 unchanged)\n\
         ~ ttl          30 -> 300\n\
         \u{20} answered by  route53 ListResourceRecordSets, zone shop.test\n\
         remedy: run terraform apply in infra/shop/app"
    );
    assert_eq!(record["properties"]["severity"], "error");
    let logical = &record["locations"][0]["logicalLocations"][0];
    assert_eq!(logical["fullyQualifiedName"], "app/primary/aws_route53_record.app");
    assert_eq!((&logical["name"], &logical["kind"]), (&json!("aws_route53_record.app"), &json!("resource")));
    assert_eq!(record["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "plans/shop.hcl");
    assert_eq!(results(&log)[0]["properties"]["severity"], "critical");
}

#[test]
fn a_place_in_a_file_is_that_place() {
    let mut report = reports::validate_not_ready();
    report.findings.retain(|finding| finding.code == codes::P_TTL);
    let log = log(&report, SarifOptions { plan_file: Some("other.hcl"), silenced: false });
    let place = &results(&log)[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "plans/shop.hcl");
    assert_eq!(place["region"], json!({"startLine": 1, "startColumn": 1}));
    assert_eq!(results(&log)[0]["level"], "warning");
}

#[test]
fn without_a_plan_the_state_is_the_place_and_no_secret_of_its_url() {
    let text = report_sarif(&hostile(), SarifOptions::default());
    let log: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(results(&log)[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "state.test/a");
}

#[test]
fn fingerprints_stay_when_the_evidence_changes_and_tell_subjects_apart() {
    let of = |report: &Report| -> Vec<Value> {
        results(&log(report, PLAN)).iter().map(|result| result["partialFingerprints"].clone()).collect()
    };
    let mut report = reports::drift();
    let before = of(&report);
    report.started_at = "2027-01-01T00:00:00Z".into();
    report.findings[1].evidence.clear();
    report.findings[1].message = "attributes differ".into();
    report.findings.remove(0);
    assert_eq!(of(&report), before[1..]);
    // One more of the same is another alert, and does not take the first one's place.
    report.findings.push(report.findings[0].clone());
    let doubled = of(&report);
    assert_eq!(doubled[0], before[1]);
    assert_ne!(doubled[2], doubled[0]);
}

#[test]
fn an_incomplete_report_did_not_execute_with_success() {
    let log = log(&reports::drift_incomplete(), PLAN);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(3)));
    assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], "Unread: 1. Nothing is known of these.");
    let mut nothing_named = reports::drift_clean();
    nothing_named.verdict = Verdict::Incomplete;
    assert_eq!(self::log(&nothing_named, PLAN)["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn silenced_differences_are_suppressed_results_for_who_asks() {
    let report = reports::drift_with_silenced();
    // GitHub opens an alert for a suppressed result as well.
    let usual = log(&report, SarifOptions { silenced: false, ..PLAN });
    assert_eq!(results(&usual).len(), 3);
    assert_eq!(usual["runs"][0]["properties"]["silenced"], report.silenced.len());
    let asked = log(&report, PLAN);
    let silenced = &results(&asked)[3..];
    assert_eq!(silenced.len(), report.silenced.len());
    assert!(silenced.iter().all(|result| result["level"] == "note" && result["ruleId"] == "PL-D101"));
    assert_eq!(
        silenced[0]["suppressions"],
        json!([{
            "kind": "external",
            "justification": "empty-is-absent: the provider writes null where AWS answers with an empty map",
        }])
    );
    assert_eq!(silenced[0]["message"]["text"], "network, primary: aws_vpc.main_0 (vpc-0): tags: (absent) -> {}");
}

#[test]
fn control_characters_are_written_out() {
    let text = report_sarif(&hostile(), PLAN);
    assert!(!text.contains("\\u001b") && !text.contains('\u{202e}') && !text.contains("\\u0000"), "{text}");
    assert!(text.contains("\\\\u{1b}"), "{text}");
}
