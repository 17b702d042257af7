//! The JSON that is printed has the published shape. The report crate holds the types against the schemas;
//! here the program's own output is read back by those types, which take no field that they do not know.

use crate::runs::waiting;
use crate::sandbox::{Sandbox, state_with_vpc};
use pilotlight_failover::RunReport;
use pilotlight_findings::Report;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;

/// Reads it as the type, and by what the schema wants and knows at the top.
#[track_caller]
fn fits<T: DeserializeOwned>(text: &str, schema: &str) -> Value {
    serde_json::from_str::<T>(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema").join(schema);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    for name in schema["required"].as_array().unwrap() {
        assert!(document.get(name.as_str().unwrap()).is_some(), "{name} is not in {text}");
    }
    for name in document.as_object().unwrap().keys() {
        assert!(schema["properties"].get(name).is_some(), "{name} is not in the schema");
    }
    document
}

#[test]
fn a_clean_drift_report() {
    let told = Sandbox::new().run(&["drift", "plan.hcl", "--format", "json"]);
    told.exits(0);
    let report = fits::<Report>(&told.stdout, "report.json");
    assert_eq!((&report["verdict"], &report["plan"]), (&"clean".into(), &"web".into()));
    assert_eq!((&report["findings"], &report["calls"]), (&Value::Array(Vec::new()), &Value::Array(Vec::new())));
}

#[test]
fn an_incomplete_drift_report() {
    let sandbox = Sandbox::new().with_aws(crate::route53::NOBODY);
    sandbox.write("app/terraform.tfstate", state_with_vpc());
    let told = sandbox.run(&["drift", "plan.hcl", "--format", "json"]);
    told.exits(3);
    assert_eq!(fits::<Report>(&told.stdout, "report.json")["verdict"], "incomplete");
}

#[test]
fn a_validate_report_with_findings() {
    let told = Sandbox::new().run(&["validate", "plan.hcl", "--format", "json"]);
    told.exits(2);
    let report = fits::<Report>(&told.stdout, "report.json");
    assert_eq!(report["findings"][0]["code"], "PL-U105");
}

#[test]
fn the_report_of_a_run_that_waits() {
    let (sandbox, _route53) = waiting();
    let told = sandbox.run(&["run", "report", "plan.hcl", "--format", "json"]);
    told.exits(0);
    assert_eq!(fits::<RunReport>(&told.stdout, "run.json")["outcome"], "stopped");
}
