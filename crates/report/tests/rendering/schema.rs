//! The published schemas and the types hold each other.

use crate::samples::{drills, every_shape, reports, runs};
use pilotlight_report::{DRILL_SCHEMA, REPORT_SCHEMA, RUN_SCHEMA, drill_json, report_json, run_json};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(crate) fn schema(text: &str) -> Value {
    let schema: Value = serde_json::from_str(text).expect("a schema is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("a schema of draft 2020-12");
    schema
}

pub(crate) fn errors(schema: &Value, document: &Value) -> Vec<String> {
    // Schemas name each other by their files, which lie in one folder.
    let run: Value = serde_json::from_str(RUN_SCHEMA).expect("a schema is JSON");
    let folder = jsonschema::Registry::new().add("json-schema:///run.json", &run).expect("a name");
    let folder = folder.prepare().expect("references resolve");
    let options = jsonschema::options().with_registry(&folder).with_base_uri("json-schema:///drill.json");
    let validator = options.build(schema).expect("the schema compiles");
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

pub(crate) fn parse(json: &str) -> Value {
    assert!(json.ends_with("}\n"), "a document ends with a new line");
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn every_report_fits_its_schema() {
    let schema = schema(REPORT_SCHEMA);
    for report in [
        every_shape::report(),
        reports::drift_clean(),
        reports::drift(),
        reports::drift_incomplete(),
        reports::validate_not_ready(),
    ] {
        assert_eq!(errors(&schema, &parse(&report_json(&report))), Vec::<String>::new());
    }
}

#[test]
fn every_run_fits_its_schema() {
    let schema = schema(RUN_SCHEMA);
    for run in runs::all().into_iter().chain([every_shape::run()]) {
        assert_eq!(errors(&schema, &parse(&run_json(&run))), Vec::<String>::new(), "{}", run.outcome);
    }
}

#[test]
fn every_drill_fits_its_schema() {
    let schema = schema(DRILL_SCHEMA);
    for drill in drills::all().into_iter().chain([drills::every_shape()]) {
        assert_eq!(errors(&schema, &parse(&drill_json(&drill))), Vec::<String>::new(), "{}", drill.outcome);
    }
}

#[test]
fn a_document_without_its_optional_fields_fits() {
    let mut report = every_shape::report();
    report.plan = None;
    report.findings.iter_mut().for_each(|finding| {
        finding.evidence.clear();
        finding.remedy = None;
    });
    assert_eq!(errors(&schema(REPORT_SCHEMA), &parse(&report_json(&report))), Vec::<String>::new());
    let mut run = every_shape::run();
    run.finished_at = None;
    run.recovery_time.objective_ms = None;
    run.recovery_time.measured_ms = None;
    run.phases[0].started_at = None;
    run.phases[0].duration_ms = None;
    run.phases[0].steps[0].started_at = None;
    run.phases[0].steps[0].duration_ms = None;
    run.checks[0].latency_ms = None;
    assert_eq!(errors(&schema(RUN_SCHEMA), &parse(&run_json(&run))), Vec::<String>::new());
}

/// Every object of a document takes one more field in turn: each schema must refuse it, or a new field of the
/// type would pass unseen.
#[test]
fn a_field_that_the_schema_does_not_know_is_refused_everywhere() {
    for (schema, document) in documents() {
        let mut places = Vec::new();
        objects(&document, String::new(), &mut places);
        assert!(places.len() > 20, "the sample has objects to try: {}", places.len());
        for place in places {
            let mut changed = document.clone();
            let object = changed.pointer_mut(&place).and_then(Value::as_object_mut).expect("an object");
            object.insert("field_of_tomorrow".into(), json!(1));
            assert!(!errors(&schema, &changed).is_empty(), "{place} took an unknown field");
        }
    }
}

/// The other way round: a field that is in the schema and in no type is one that readers wait for in vain.
#[test]
fn the_schema_has_no_field_that_the_types_do_not_write() {
    for (schema, document) in documents() {
        let (mut described, mut written) = (BTreeSet::new(), BTreeSet::new());
        described_fields(&schema, &mut described);
        written_fields(&document, &mut written);
        assert_eq!(described.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

#[test]
fn both_schemas_describe_findings_alike() {
    let (report, run) = (schema(REPORT_SCHEMA), schema(RUN_SCHEMA));
    for part in ["finding", "subject", "evidence", "span", "position", "side"] {
        assert!(report["$defs"][part].is_object(), "{part}");
        assert_eq!(report["$defs"][part], run["$defs"][part], "{part}");
    }
}

#[test]
fn every_code_fits_the_pattern() {
    let schema = schema(REPORT_SCHEMA);
    let mut document = parse(&report_json(&every_shape::report()));
    for code in pilotlight_findings::codes::all() {
        document["findings"][0]["code"] = json!(code);
        assert_eq!(errors(&schema, &document), Vec::<String>::new(), "{code}");
    }
    document["findings"][0]["code"] = json!("D101");
    assert_eq!(errors(&schema, &document).len(), 1);
}

#[test]
fn what_is_written_reads_back_the_same() {
    let report = reports::validate_not_ready();
    assert_eq!(serde_json::from_str::<pilotlight_findings::Report>(&report_json(&report)).expect("reads"), report);
    let drill = drills::stopped_early();
    assert_eq!(
        serde_json::from_str::<pilotlight_failover::live_drill::DrillReport>(&drill_json(&drill)).expect("reads"),
        drill
    );
    let run = runs::taken_over();
    assert_eq!(serde_json::from_str::<pilotlight_failover::RunReport>(&run_json(&run)).expect("reads"), run);
}

fn documents() -> [(Value, Value); 3] {
    [
        (bundled(), parse(&drill_json(&drills::every_shape()))),
        (schema(REPORT_SCHEMA), parse(&report_json(&every_shape::report()))),
        (schema(RUN_SCHEMA), parse(&run_json(&every_shape::run()))),
    ]
}

/// A drill's schema with that of runs in it, for what looks at all that is described.
fn bundled() -> Value {
    let mut drill = schema(DRILL_SCHEMA);
    drill["$defs"]["run_document"] = schema(RUN_SCHEMA);
    drill
}

fn objects(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| objects(value, format!("{at}/{key}"), places));
            places.push(at);
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(n, value)| objects(value, format!("{at}/{n}"), places));
        }
        _ => {}
    }
}

fn described_fields(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                if let (true, Some(properties)) = (key == "properties", value.as_object()) {
                    names.extend(fields(properties));
                }
                described_fields(value, names);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| described_fields(element, names)),
        _ => {}
    }
}

/// A field with what it is in: its name, and those beside it that every document has (`kind` tells variants apart).
fn fields(properties: &Map<String, Value>) -> Vec<String> {
    let kind = properties.get("kind").and_then(|kind| kind["const"].as_str().map(str::to_owned));
    properties.keys().map(|name| format!("{}.{name}", kind.clone().unwrap_or_default())).collect()
}

fn written_fields(document: &Value, names: &mut BTreeSet<String>) {
    match document {
        Value::Object(members) => {
            // A check's kind is a word like any other: it is not the tag of a variant.
            let kind = if members.contains_key("when") { None } else { members.get("kind").and_then(Value::as_str) };
            names.extend(members.keys().map(|name| format!("{}.{name}", kind.unwrap_or_default())));
            members.values().for_each(|value| written_fields(value, names));
        }
        Value::Array(elements) => elements.iter().for_each(|element| written_fields(element, names)),
        _ => {}
    }
}

/// Documents as version 1 wrote them first. They are never written anew: a reader of today must read them.
#[test]
fn documents_of_version_1_are_read_and_fit() {
    let report = include_str!("version1/report.json");
    let run = include_str!("version1/run.json");
    assert_eq!(errors(&schema(REPORT_SCHEMA), &parse(report)), Vec::<String>::new());
    assert_eq!(errors(&schema(RUN_SCHEMA), &parse(run)), Vec::<String>::new());
    let report: pilotlight_findings::Report = serde_json::from_str(report).expect("a report of version 1");
    // One of each subject that there was when it was written.
    assert_eq!(report.findings.len(), 9);
    let run: pilotlight_failover::RunReport = serde_json::from_str(run).expect("a run's report of version 1");
    assert_eq!(run.phases[0].steps[0].status, "done");
}
