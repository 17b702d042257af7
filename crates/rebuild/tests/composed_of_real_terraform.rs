//! What the text of a source does not tell, Terraform's plan of the standby does: names of the primary that functions
//! put together are found there, whatever they are made of.

mod world;

use pilotlight_findings::{Finding, Subject, codes};
use pilotlight_rebuild::{ResidueInput, Retargeted, SourceTree, residue, retarget};
use pilotlight_tfstate::PlanJson;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use world::World;

const PLAN: &str = r#"
plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../app"
  state  = "file:../app/terraform.tfstate"
}
"#;

/// Each resource has one way to make the region's name; `told` and `silent` is whether the text tells it.
const MAIN: &str = r#"locals {
  area  = "eu"
  parts = { a = "eu", b = "west", c = "1" }
}

resource "terraform_data" "told_format" {
  input = format("%s-%s-%s", "eu", "west", "1")
}

resource "terraform_data" "told_join" {
  input = { queue = "arn:aws:sqs:${join("-", concat([local.area], ["west", "1"]))}:1:q" }
}

resource "terraform_data" "told_replace" {
  input = replace("eu/west/1", "/", "-")
}

resource "terraform_data" "told_upper" {
  input = upper("${local.area}-west-1")
}

resource "terraform_data" "silent_for" {
  input = join("-", [for key in ["a", "b", "c"] : local.parts[key]])
}

resource "terraform_data" "silent_regex" {
  input = replace("eu.west.1x", "/[.](west)[.](1)x/", "-$1-$2")
}

resource "terraform_data" "silent_condition" {
  input = "${length("abc") > 2 ? "eu" : "us"}-${length("abc") > 2 ? "west" : "east"}-1"
}

resource "terraform_data" "follows" {
  input = { a = lower("EU-WEST-1"), b = replace("eu_west_1", "_", "-"), c = format("%s-x", "eu-west-1") }
}

module "inner" {
  source = "./inner"
  area   = "eu"
  way    = "west"
}
"#;

const INNER: &str = r#"variable "area" {}

variable "way" {}

resource "terraform_data" "silent_inputs" {
  input = "${var.area}-${var.way}-1"
}
"#;

/// Terraform's plan of a folder.
fn planned(folder: &Path) -> PlanJson {
    let config = folder.join("empty.tfrc");
    std::fs::write(&config, "").expect("a file");
    let run = |arguments: &[&str]| {
        let output = Command::new("terraform")
            .args(arguments)
            .current_dir(folder)
            .env("TF_CLI_CONFIG_FILE", &config)
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .expect("terraform on PATH");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    run(&["init", "-input=false", "-no-color"]);
    run(&["plan", "-input=false", "-no-color", "-out=p.tfplan"]);
    PlanJson::parse("p.tfplan", &run(&["show", "-json", "p.tfplan"])).expect("a plan")
}

/// A source of these files, retargeted, and the addresses in Terraform's plan of it that still name the primary.
fn retargeted(files: &[(&str, &str)]) -> (Retargeted, BTreeSet<String>) {
    let files = files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()));
    let world = World::of(PLAN);
    let input = world.input("app", None);
    let result = retarget(&SourceTree::from_files("app", files).expect("valid HCL"), &input).expect("retargeted");
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in &result.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }
    let found = residue(&planned(folder.path()), &ResidueInput { retarget: input, primary_states: &[] });
    let address = |finding: Finding| match finding.subject {
        Subject::Resource { address, .. } => address,
        other => panic!("{other:?}"),
    };
    (result, found.into_iter().map(address).collect())
}

#[test]
fn what_functions_make_of_parts_is_found_in_terraforms_plan() {
    let (result, found) = retargeted(&[("main.tf", MAIN), ("inner/main.tf", INNER)]);
    // The first net: the text, by lines.
    let told: BTreeSet<usize> = result
        .notes
        .iter()
        .filter(|note| note.code == codes::R_COMPOSED)
        .map(|note| match &note.subject {
            Subject::File { span } => span.start.line,
            other => panic!("{other:?}"),
        })
        .collect();
    let lines = (1..).zip(MAIN.lines());
    let expected: BTreeSet<usize> = lines
        .clone()
        .filter(|(_, line)| line.contains("\"told_"))
        // The value is on the next line.
        .map(|(number, _)| number + 1)
        .collect();
    assert_eq!(told, expected, "{:#?}", result.notes);
    // The second one: Terraform's own values.
    let expected = [
        "module.inner.terraform_data.silent_inputs",
        "terraform_data.silent_condition",
        "terraform_data.silent_for",
        "terraform_data.silent_regex",
        "terraform_data.told_format",
        "terraform_data.told_join",
        "terraform_data.told_replace",
        "terraform_data.told_upper",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

/// The same in JSON, where no text tells it: values, keys, policies, and what is encoded.
const JSON: &str = r#"{
  "variable": {"area": {"default": "eu"}, "way": {"default": "west"}},
  "locals": {"area": "eu", "parts": {"a": "eu", "b": "west", "c": "1"}},
  "module": {"inner": {"source": "./inner", "area": "${var.area}", "way": "west"}},
  "resource": {
    "terraform_data": {
      "join": {"input": "${join(\"-\", [\"eu\", \"west\", \"1\"])}"},
      "format": {"input": "${format(\"%s-%s-%s\", \"eu\", \"west\", \"1\")}"},
      "replace": {"input": ["${replace(\"eu/west/1\", \"/\", \"-\")}"]},
      "template": {"input": "jobs-${local.area}-west-1"},
      "defaults": {"input": "${var.area}-${var.way}-1"},
      "for": {"input": "${join(\"-\", [for key in [\"a\", \"b\", \"c\"] : local.parts[key]])}"},
      "condition": {"input": "${var.area == \"eu\" ? \"eu\" : \"us\"}-west-1"},
      "policy": {"input": "${jsonencode({Resource = \"arn:aws:sqs:${local.area}-west-1:1:q\"})}"},
      "key": {"input": {"${local.area}-west-1": "x"}},
      "encoded": {"input": "${base64encode(\"AWS_REGION=${local.area}-west-1\")}"},
      "percent": {"input": "${urlencode(\"arn:aws:sqs:${local.area}-west-1:1:q\")}"},
      "upper": {"input": "${upper(\"${local.area}_west_1\")}"},
      "zone": {"input": "${local.area}-west-1a"},
      "follows": {"input": {"a": "${lower(\"EU-WEST-1\")}", "b": "jobs-eu-west-1", "c": "${format(\"%s-x\", \"eu-west-1\")}"}}
    }
  }
}
"#;

#[test]
fn what_json_composes_is_found_in_terraforms_plan() {
    let inner = r#"{
  "variable": {"area": {}, "way": {}},
  "resource": {"terraform_data": {"inputs": {"input": "${var.area}-${var.way}-1"}}}
}
"#;
    let (_, found) = retargeted(&[("main.tf.json", JSON), ("inner/main.tf.json", inner)]);
    let names = "condition defaults encoded for format join key percent policy replace template upper zone";
    let expected = names.split(' ').map(|name| format!("terraform_data.{name}"));
    let expected: BTreeSet<String> = expected.chain(["module.inner.terraform_data.inputs".to_owned()]).collect();
    assert_eq!(found, expected);
}
