//! What is read of HCL and what drift leaves alone, against what the real program says of the same root: which
//! resources it plans to change, which it knows, and which provider configuration each has. The only resource is
//! the built-in `terraform_data`: no plugin, no network.

use pilotlight_drift::ignore::{Ignores, LookAway, ProviderKey, Seen, StackConfiguration};
use pilotlight_rebuild::lifecycle;
use pilotlight_tfstate::State;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const MAIN: &str = r#"
terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
variable "v" {
  type    = object({ a = string, b = string })
  default = { a = "1", b = "1" }
}
variable "m" {
  type    = map(string)
  default = { a = "1", b = "1" }
}
provider "terraform" { alias = "x" }
resource "terraform_data" "none" { input = var.v }
resource "terraform_data" "whole" {
  input = var.v
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "attribute" {
  input = var.v
  lifecycle { ignore_changes = [input.a] }
}
resource "terraform_data" "other_attribute" {
  input = var.v
  lifecycle { ignore_changes = [input.b] }
}
resource "terraform_data" "key" {
  input = var.m
  lifecycle { ignore_changes = [input["a"]] }
}
resource "terraform_data" "other_key" {
  input = var.m
  lifecycle { ignore_changes = [input["b"], input["c"]] }
}
resource "terraform_data" "two_keys" {
  input = var.m
  lifecycle { ignore_changes = [input["a"], input["b"]] }
}
resource "terraform_data" "quoted" {
  input = var.v
  lifecycle { ignore_changes = ["input.a", "triggers_replace"] }
}
resource "terraform_data" "all" {
  for_each = toset(["a", "b.c"])
  input    = var.v
  lifecycle { ignore_changes = all }
}
resource "terraform_data" "other" {
  count = 2
  input = var.v
  lifecycle { ignore_changes = [triggers_replace] }
}
resource "terraform_data" "element" {
  input = [var.v.a, var.v.b]
  lifecycle { ignore_changes = [input[0]] }
}
resource "terraform_data" "other_element" {
  input = [var.v.a, var.v.b]
  lifecycle { ignore_changes = [input[1], input[7]] }
}
resource "terraform_data" "deep" {
  input = [{ list = [{ x = var.v.a, y = var.v.b }] }]
  lifecycle { ignore_changes = [input[0].list[0].x] }
}
resource "terraform_data" "override_adds_all" { input = var.v }
resource "terraform_data" "override_replaces" {
  input = var.v
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "override_with_nothing" {
  input = var.v
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "override_after_all" {
  input = var.v
  lifecycle { ignore_changes = all }
}
resource "terraform_data" "aliased" {
  provider = terraform.x
  input    = var.v
}
module "m" {
  source    = "./modules/m"
  for_each  = toset(["k"])
  v         = var.v
  providers = { terraform = terraform.x, terraform.src = terraform }
}
module "again" {
  source    = "./modules/m"
  v         = var.v
  providers = { terraform.src = terraform.x }
}
"#;

const OVERRIDE: &str = r#"
resource "terraform_data" "override_adds_all" {
  lifecycle { ignore_changes = all }
}
resource "terraform_data" "override_replaces" {
  lifecycle { ignore_changes = [triggers_replace] }
}
resource "terraform_data" "override_with_nothing" {
  lifecycle { ignore_changes = [] }
}
resource "terraform_data" "override_after_all" {
  lifecycle { ignore_changes = [triggers_replace] }
}
"#;

const JSON: &str = r#"{"resource": {"terraform_data": {
  "json_list": {"input": "${var.v}", "lifecycle": {"ignore_changes": ["input"]}},
  "json_all": [{"input": "${var.v}", "lifecycle": [{"ignore_changes": "all"}]}],
  "json_attribute": {"input": "${var.v}", "lifecycle": {"ignore_changes": ["input.a"]}},
  "json_key": {"input": "${var.m}", "lifecycle": {"ignore_changes": ["input[\"a\"]"]}},
  "json_none": {"input": "${var.v}", "provider": "terraform.x"}
}}}"#;

const MODULE: &str = r#"
terraform {
  required_providers {
    terraform = {
      source                = "terraform.io/builtin/terraform"
      configuration_aliases = [terraform.src]
    }
  }
}
variable "v" {}
resource "terraform_data" "d" {
  input = var.v
  lifecycle { ignore_changes = [input] }
}
resource "terraform_data" "src" {
  provider = terraform.src
  input    = var.v
}
module "inner" {
  source = "../inner"
  v      = var.v
}
"#;

const INNER: &str = r#"
terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
variable "v" {}
resource "terraform_data" "e" { input = var.v }
"#;

fn terraform(root: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("terraform");
    command.current_dir(root).args(arguments).env("TF_IN_AUTOMATION", "1").env("CHECKPOINT_DISABLE", "1");
    for name in ["TF_VAR_v", "TF_VAR_m", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS"] {
        command.env_remove(name);
    }
    let output = command.output().expect("terraform is on the PATH");
    assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every resource block of the plan's `configuration`, with its provider as that has it.
fn declared(module: &Value, path: &str, found: &mut BTreeSet<String>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        found.insert(format!("{path}{}", resource["address"].as_str().expect("an address")));
    }
    for (name, call) in module["module_calls"].as_object().into_iter().flatten() {
        declared(&call["module"], &format!("{path}module.{name}."), found);
    }
}

#[test]
fn drift_leaves_alone_what_terraform_leaves_alone() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    for (path, text) in [
        ("main.tf", MAIN),
        ("z_override.tf", OVERRIDE),
        ("more.tf.json", JSON),
        ("modules/m/main.tf", MODULE),
        ("modules/inner/main.tf", INNER),
    ] {
        std::fs::create_dir_all(root.join(path).parent().expect("a folder")).expect("made");
        std::fs::write(root.join(path), text).expect("written");
    }
    terraform(root, &["init", "-input=false"]);
    terraform(root, &["apply", "-auto-approve", "-input=false"]);
    let variables = ["-var", "v={a=\"2\",b=\"1\"}", "-var", "m={a=\"2\",b=\"1\"}"];
    terraform(root, &[&["plan", "-input=false", "-out=plan"], &variables[..]].concat());
    let plan: Value = serde_json::from_str(&terraform(root, &["show", "-json", "plan"])).expect("JSON");

    let configuration = lifecycle::read(root).expect("a configuration");
    assert!(configuration.notes().is_empty());

    let mut known = BTreeSet::new();
    declared(&plan["configuration"]["root_module"], "", &mut known);
    let read: BTreeSet<String> = configuration.resources.keys().map(ToString::to_string).collect();
    assert_eq!(read, known);

    let state = State::parse("terraform.tfstate", &std::fs::read(root.join("terraform.tfstate")).expect("a state"))
        .expect("a state");
    // The change of a variable stands for one in the cloud: Terraform treats both sides of a difference alike.
    let (old, new) = (serde_json::json!({"a": "1", "b": "1"}), serde_json::json!({"a": "2", "b": "1"}));
    let configurations = [StackConfiguration { stack: "s".to_owned(), side: None, configuration }];
    let planned: BTreeMap<&str, bool> = plan["resource_changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| (change["address"].as_str().expect("an address"), change["change"]["actions"][0] == "no-op"))
        .collect();
    let ignores = Ignores::default();
    let mut judged = 0;
    for managed in state.managed() {
        let address = managed.address().to_string();
        let away = LookAway::of(&ignores, &configurations, "s", None, &managed);
        let (old, new) = match managed.attributes()["input"]["value"].clone() {
            Value::Array(items) if items[0].is_object() => (
                serde_json::json!([{"list": [{"x": "1", "y": "1"}]}]),
                serde_json::json!([{"list": [{"x": "2", "y": "1"}]}]),
            ),
            Value::Array(_) => (serde_json::json!(["1", "1"]), serde_json::json!(["2", "1"])),
            _ => (old.clone(), new.clone()),
        };
        let left_alone = match away.see("input", &old, &new) {
            Seen::All => false,
            Seen::Nothing(_) => true,
            Seen::Part { old, new, .. } => old == new,
        };
        assert_eq!(left_alone, planned[address.as_str()], "{address}");
        judged += 1;

        let recorded = managed.provider();
        let key = ProviderKey { module: Vec::new(), name: "terraform".to_owned(), alias: recorded.alias.clone() };
        let resource = configurations[0].configuration.resource(&managed.address()).expect("declared");
        assert_eq!((&resource.provider, recorded.module.len()), (&key, 0), "{address}");
    }
    assert_eq!(judged, planned.len());
    assert!(planned.values().filter(|quiet| **quiet).count() > 10 && planned.values().any(|quiet| !quiet));
}
