//! JSON says the same as HCL, and is treated the same.

use super::*;
use pilotlight_findings::codes;

#[test]
fn tables_and_pairs_of_regions_in_json_are_as_in_hcl() {
    let source = r#"{
  "locals": {
    "sides": {"from": "eu-west-1", "to": "eu-central-1"},
    "table": {"eu-west-1": {"cidr": "10.0.0.0/16"}, "us-east-1": {"cidr": "10.1.0.0/16"}},
    "both": {"eu-west-1": "a", "eu-central-1": "b"}
  },
  "moved": [{"from": "terraform_data.a", "to": "terraform_data.s[\"eu-west-1a\"]"}]
}
"#;
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", source)]));
    let text = source.replace("{\"eu-west-1\": {", "{\"eu-central-1\": {").replace("eu-west-1a", "eu-central-1a");
    assert_eq!(String::from_utf8_lossy(&result.files[Path::new("main.tf.json")]), text);
    let hcl = r#"locals {
  // What follows stands on the same lines.
  sides = { from = "eu-west-1", to = "eu-central-1" }
  table = { "eu-west-1" = { cidr = "10.0.0.0/16" }, "us-east-1" = { cidr = "10.1.0.0/16" } }
  both  = { "eu-west-1" = "a", "eu-central-1" = "b" }
}
"#;
    let (_, as_hcl) = one(hcl);
    let told = |result: &Retargeted| -> Vec<(pilotlight_findings::Code, usize, String)> {
        let about = [codes::R_KEPT, codes::R_REGION_TABLE];
        let notes = result.notes.iter().filter(|note| about.contains(&note.code));
        let places = notes.map(|note| match &note.subject {
            pilotlight_findings::Subject::File { span } => (note.code, span.start.line, note.message.clone()),
            other => panic!("{other:?}"),
        });
        let mut told: Vec<_> = places.collect();
        told.sort_by_key(|(_, line, _)| *line);
        told
    };
    assert_eq!(told(&result), told(&as_hcl));
    assert_eq!(told(&result).len(), 3, "{:#?}", result.notes);
}

#[test]
fn the_standby_as_a_second_region_in_json_is_told() {
    let source = r#"{
  "provider": {"aws": [{"alias": "dr", "region": "eu-central-1"}]},
  "variable": {"region": {"validation": {"condition": "eu-central-1", "error_message": "x"}}},
  "locals": {
    "sides": {"from": "eu-west-1", "to": "eu-central-1"},
    "both": ["eu-west-1", "eu-central-1"],
    "dr_region": "eu-central-1",
    "vault": "arn:aws:backup:eu-central-1:123456789012:backup-vault:copies"
  }
}
"#;
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", source)]));
    assert_eq!(String::from_utf8_lossy(&result.files[Path::new("main.tf.json")]), source);
    let told = result.notes.iter().filter(|note| note.code == codes::R_STANDBY_NAMED);
    let told: Vec<&str> = told.map(|note| note.message.as_str()).collect();
    assert!(matches!(told[..], [message] if message.contains("(line 7, 8)")), "{told:#?}");
}
