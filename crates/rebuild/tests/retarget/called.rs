//! What names the region by what people and other companies call it, and not by its code.

use super::*;
use pilotlight_findings::codes;

fn told(result: &Retargeted) -> Vec<(usize, &str)> {
    let spelling = result.notes.iter().filter(|note| note.code == codes::R_SPELLING);
    let places = spelling.map(|note| match &note.subject {
        pilotlight_findings::Subject::File { span } => {
            (span.start.line, note.message.split(" is left").next().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    });
    places.collect()
}

#[test]
fn a_city_is_told_and_a_time_zone_is_not() {
    let source = r#"locals {
  site    = "Dublin"
  console = "Europe (Ireland)"
  country = "Ireland"
  labels  = { "dublin" = "office-dublin-2" }
  clock   = "Europe/Dublin"
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source.replace("Europe (Ireland)", "Europe (Frankfurt)"));
    assert_eq!(told(&result), [(2, "Dublin"), (4, "Ireland"), (5, "dublin"), (5, "dublin")]);
}

#[test]
fn a_model_of_another_part_of_the_world_is_told_with_its_whole_name() {
    let source = "locals {\n  model = \"eu.anthropic.claude-sonnet-4-20250514-v1:0\"\n}\n";
    assert_eq!(told(&one(source).1), [(0, ""); 0]);
    let of = |plan: &str| {
        let files = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
        retarget(&files, &World::of(plan).input("app", None)).expect("valid HCL")
    };
    let plan = PLAN.replace("region = \"eu-central-1\"", "region = \"us-west-2\"");
    assert_eq!(told(&of(&plan)), [(2, "eu.anthropic.claude-sonnet-4-20250514-v1:0")]);
    let map =
        "map     = { \"eu.anthropic.claude-sonnet-4-20250514-v1:0\" = \"us.anthropic.claude-sonnet-4-20250514-v1:0\", ";
    let result = of(&plan.replace("map     = { ", map));
    assert_eq!(result.files[Path::new("main.tf")], source.replace("eu.", "us.").as_bytes());
    assert_eq!(told(&result), [(0, ""); 0]);
}

#[test]
fn an_account_that_another_company_keeps_in_the_region_is_asked_for() {
    let source = "locals {\n  warehouse = \"https://ab12345.eu-west-1.snowflakecomputing.com/console\"\n}\n";
    let (text, result) = one(source);
    assert_eq!(text, source);
    let lines: Vec<_> = result.open.iter().map(|open| open.plan_line.as_deref()).collect();
    assert_eq!(lines, [Some("map = { \"ab12345.eu-west-1.snowflakecomputing.com\" = \"…\" }")]);
}

#[test]
fn a_layer_in_a_computed_region_is_asked_for_by_its_name_and_not_by_its_number() {
    let source = r#"variable "region" {
  default = "eu-west-1"
}

locals {
  layer = "arn:aws:lambda:${var.region}:580247275435:layer:LambdaInsightsExtension:14"
  days  = "14"
}
"#;
    let (_, result) = one(source);
    let lines: Vec<_> = result.open.iter().map(|open| open.plan_line.as_deref()).collect();
    assert_eq!(lines, [Some("map = { \"580247275435:layer:LambdaInsightsExtension:14\" = \"…\" }")]);
    let map = "map     = { \"580247275435:layer:LambdaInsightsExtension:14\" = \"580247275435:layer:LambdaInsightsExtension:12\", ";
    let files = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
    let answered = retarget(&files, &World::of(&PLAN.replace("map     = { ", map)).input("app", None)).unwrap();
    assert!(answered.open.is_empty(), "{:#?}", answered.open);
    let text = source.replace("eu-west-1", "eu-central-1").replace("Extension:14", "Extension:12");
    assert_eq!(String::from_utf8_lossy(&answered.files[Path::new("main.tf")]), text);
}

#[test]
fn a_key_in_a_computed_region_is_answered_by_its_id() {
    let source = "locals {\n  key = \"arn:aws:kms:${var.region}:1:key/1234abcd-12ab-34cd-56ef-1234567890ab\"\n}\n\nvariable \"region\" {}\n";
    let (_, result) = one(source);
    let lines: Vec<_> = result.open.iter().map(|open| open.plan_line.as_deref()).collect();
    assert_eq!(lines, [Some("map = { \"1234abcd-12ab-34cd-56ef-1234567890ab\" = \"…\" }")]);
    let map = "map     = { \"1234abcd-12ab-34cd-56ef-1234567890ab\" = \"fedc4321-12ab-34cd-56ef-1234567890ab\", ";
    let files = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
    let answered = retarget(&files, &World::of(&PLAN.replace("map     = { ", map)).input("app", None)).unwrap();
    assert!(answered.open.is_empty(), "{:#?}", answered.open);
    let text = String::from_utf8_lossy(&answered.files[Path::new("main.tf")]).into_owned();
    assert_eq!(text, source.replace("1234abcd-", "fedc4321-"));
}
