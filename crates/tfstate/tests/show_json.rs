//! What `terraform show -json` of Terraform 1.11.4 printed of a plan and of a state.

use pilotlight_findings::{Explain, SENSITIVE, codes};
use pilotlight_tfstate::{Action, ActionCounts, PlanJson, State, StateValues};
use serde_json::json;

const PLAN: &[u8] = include_bytes!("fixtures/plan.json");
const STATE: &[u8] = include_bytes!("fixtures/state-values.json");

#[test]
fn a_plan_is_read_whole() {
    let plan = PlanJson::parse("plan.json", PLAN).expect("plan");
    assert_eq!(plan.counts(), ActionCounts { update: 6, replace: 1, delete: 1, ..ActionCounts::default() });
    assert_eq!(plan.planned().count(), 7);
    let address = r#"module.zone["we\"ird $${x}"].terraform_data.x[1]"#.parse().expect("address");
    let planned = plan.planned_at(&address).expect("planned");
    assert_eq!(planned.values["input"], json!("we\"ird ${x}-1-3"));
    let gone = plan.resource_changes.iter().find(|change| change.name == "gone").expect("gone");
    assert_eq!(gone.change.actions, [Action::Delete]);
    assert_eq!(gone.action_reason.as_deref(), Some("delete_because_count_index"));
    assert!(plan.output_changes["sum"].actions.contains(&Action::Update));
    let prior = plan.prior_state.expect("prior state");
    assert_eq!(prior.values.resources().count(), 8);
}

#[test]
fn sensitive_values_of_a_plan_are_redacted() {
    let plan = PlanJson::parse("plan.json", PLAN).expect("plan");
    let change = &plan.resource_changes.iter().find(|change| change.name == "secret").expect("secret").change;
    assert_eq!(change.before["input"]["password"], json!("hunter2"));
    // Terraform itself does not mark `output`, which repeats the input.
    for shown in [change.redacted_before(), change.redacted_after()] {
        assert_eq!(shown["input"], json!({"user": "shop", "password": SENSITIVE}));
    }
    let planned = plan.planned().find(|resource| resource.name == "secret").expect("secret");
    assert_eq!(planned.redacted_values()["input"], json!({"user": "shop", "password": SENSITIVE}));
    assert_eq!(plan.planned_values.outputs["password"].redacted(), json!(SENSITIVE));
}

#[test]
fn a_state_as_values_has_what_the_state_has() {
    let values = StateValues::parse("state.json", STATE).expect("values");
    let state = State::parse("t", include_bytes!("fixtures/terraform-data.tfstate")).expect("state");
    let mut shown: Vec<String> = values.values.resources().map(|resource| resource.address.to_string()).collect();
    let mut kept: Vec<String> = state.managed().map(|managed| managed.address().to_string()).collect();
    shown.sort();
    kept.sort();
    assert_eq!(shown, kept);
    assert_eq!(values.values.outputs["sum"].value, state.outputs()["sum"].value);
}

#[test]
fn what_is_no_plan_says_so() {
    for (bytes, message) in [
        (&b""[..], "read plan p:1:1: it is empty"),
        (b"PK\x03\x04", "read plan p:1:1: it is a saved plan file, not the JSON of one"),
        (b"{\"version\": 4}", "read plan p:1:1 (format_version): it has no format_version"),
        (b"{\"format_version\": \"2.0\"}", "has format version 2.0; this release knows 1.x"),
        (b"{\"format_version\": \"1.2\", \"values\": {}}", "missing field `planned_values`"),
        (
            b"{\"format_version\": \"1.2\",\n\"planned_values\": {}, \"resource_changes\": [{\"address\": 1}]}",
            "read plan p:2:56 (resource_changes[0].address)",
        ),
        (
            b"{\"format_version\": \"1.2\", \"planned_values\": {}, \"resource_changes\": [{\"address\": \"x\"}]}",
            "\".\" is wanted",
        ),
    ] {
        let error = PlanJson::parse("p", bytes).expect_err(message);
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.code(), codes::S_PLAN_JSON);
    }
}
