//! The rules of retargeting, each on a source that needs it.

mod backend;
mod called;
mod edge;
mod exclude;
mod fetched;
mod files;
mod globals;
mod hidden;
mod json;
mod modules;
mod names_and_ids;
mod per_call;
mod regions_apart;
mod rules;
#[path = "../world/mod.rs"]
mod world;

use pilotlight_rebuild::{Retargeted, Rule, SourceTree, retarget};
use std::path::{Path, PathBuf};
use world::World;

const PLAN: &str = r#"
plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "network" {
  source = "../network"
  state  = "s3://states/network.tfstate"
  standby { backend = { key = "standby/network.tfstate" } }
}
stack "app" {
  source = "../app"
  state  = "s3://states/app.tfstate"
  standby {
    backend = { bucket = "states-eu-central-1", dynamodb_table = "locks" }
    set "aws_autoscaling_group.web" {
      desired_capacity = 1
      max_size         = 2
      tag              = { value = "small" }
    }
    data "*" { from = "empty" }
    exclude = ["aws_route53_record.app"]
    map     = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
    allow   = ["audit-eu-west-1"]
  }
}
"#;

const BACKEND: &str = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"app.tfstate\"\n    region = \"eu-west-1\"\n  }\n}\n";

fn tree(files: &[(&str, &str)]) -> SourceTree {
    let files = files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()));
    SourceTree::from_files("app", files).expect("valid HCL")
}

fn run(tree: &SourceTree) -> Retargeted {
    let state = world::state(STATE);
    retarget(tree, &World::of(PLAN).input("app", Some(&state))).expect("valid HCL")
}

/// The one file of a source, retargeted; the backend is beside it, so that nothing else is asked.
fn one(text: &str) -> (String, Retargeted) {
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf", text)]));
    (String::from_utf8(result.files[Path::new("main.tf")].clone()).expect("UTF-8"), result)
}

const STATE: &str = r#"[
  {"mode": "managed", "type": "aws_iam_role", "name": "app", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"schema_version": 0, "attributes": {"id": "app", "arn": "arn:aws:iam::123456789012:role/app", "secret": "x", "tags": {"a": "b"}},
                  "sensitive_attributes": [[{"type": "get_attr", "value": "secret"}]]}]},
  {"mode": "managed", "type": "aws_iam_role", "name": "many", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"index_key": "a", "schema_version": 0, "attributes": {"arn": "arn:aws:iam::123456789012:role/a"}}]},
  {"mode": "managed", "type": "aws_route53_record", "name": "app", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"schema_version": 0, "attributes": {"fqdn": "app.shop.test"}}]},
  {"module": "module.dns", "mode": "managed", "type": "aws_route53_zone", "name": "main", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"schema_version": 0, "attributes": {"zone_id": "Z1"}}]}
]"#;
