//! Modules of a registry, as `terraform init` has fetched them.

use super::*;
use pilotlight_findings::{Severity, codes};

const MANIFEST: &str = r#"{"Modules": [
  {"Key": "", "Source": "", "Dir": "."},
  {"Key": "net", "Source": "registry.terraform.io/acme/net/aws", "Version": "1.2.3", "Dir": ".terraform/modules/net"},
  {"Key": "fn", "Source": "registry.terraform.io/acme/fn/aws", "Version": "2.0.0", "Dir": ".terraform/modules/fn"},
  {"Key": "fn.role", "Source": "registry.terraform.io/acme/iam/aws//modules/role", "Version": "5.0.0", "Dir": ".terraform/modules/fn.role/modules/role"},
  {"Key": "fn.zip", "Source": "registry.terraform.io/acme/zip/aws", "Version": "1.0.0", "Dir": ".terraform/modules/fn.zip"}
]}"#;

const MAIN: &str = r#"module "net" {
  source  = "acme/net/aws"
  version = "~> 1.2"

  name = "shop"
}

module "fn" {
  source  = "acme/fn/aws"
  version = "2.0.0"
  name    = "orders"
}

output "role" {
  value = module.fn.role
}
"#;

const NET: &str = r#"resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_iam_role" "flow_logs" {
  count = var.flow_logs ? 1 : 0
  name  = "flow-logs"
}

resource "aws_s3_bucket" "flow_logs" {
  count  = var.flow_logs ? 1 : 0
  bucket = "flow-logs"
}

output "flow_logs" {
  value = try(aws_iam_role.flow_logs[0].arn, "")
}
"#;

const FN: &str = r#"module "role" {
  source  = "acme/iam/aws//modules/role"
  version = "5.0.0"

  name = var.name
}

module "zip" {
  source  = "acme/zip/aws"
  version = "1.0.0"
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  role          = module.role.arn
}

output "role" {
  value = module.role.arn
}
"#;

const ROLE: &str = r#"resource "aws_iam_role" "this" {
  name = var.name
}

output "arn" {
  value = aws_iam_role.this.arn
}
"#;

const FETCHED_STATE: &str = r#"[
  {"module": "module.fn.module.role", "mode": "managed", "type": "aws_iam_role", "name": "this", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"schema_version": 0, "attributes": {"id": "orders", "arn": "arn:aws:iam::123456789012:role/orders"}}]},
  {"module": "module.net", "mode": "managed", "type": "aws_vpc", "name": "this", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances": [{"schema_version": 0, "attributes": {"id": "vpc-1"}}]}
]"#;

fn fetched(with: &[(&str, &str)]) -> SourceTree {
    let all = [&[("backend.tf", BACKEND), ("main.tf", MAIN)], with].concat();
    tree(&all)
}

fn shop() -> Vec<(&'static str, &'static str)> {
    vec![
        (".terraform/modules/modules.json", MANIFEST),
        (".terraform/modules/net/main.tf", NET),
        (".terraform/modules/fn/main.tf", FN),
        (".terraform/modules/fn/README.md", "for eu-west-1\n"),
        (".terraform/modules/fn.role/modules/role/main.tf", ROLE),
        (".terraform/modules/fn.role/versions.tf", "# of the package\n"),
        (".terraform/modules/fn.zip/main.tf", "locals {\n  zip = filebase64(var.path)\n}\n"),
        (".terraform/modules/fn.zip/README.md", "for eu-west-1\n"),
        (".terraform/modules/fn.zip/try.tfvars", "region = \"eu-west-1\"\n"),
    ]
}

fn retargeted(source: &SourceTree, state: Option<&str>) -> Retargeted {
    let plan = PLAN.replace("    data \"*\" { from = \"empty\" }\n", "");
    let state = state.map(world::state);
    retarget(source, &World::of(&plan).input("app", state.as_ref())).expect("valid HCL")
}

#[test]
fn a_module_that_makes_what_is_global_comes_with_the_standby_root_and_the_others_stay_where_they_are() {
    let source = fetched(&shop());
    let result = retargeted(&source, Some(FETCHED_STATE));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    // The net module can make a role and a bucket, and this call makes none: it is the registry's.
    assert_eq!(
        text("main.tf"),
        MAIN.replace(
            "  source  = \"acme/fn/aws\"\n  version = \"2.0.0\"\n  name    = \"orders\"\n",
            "  source = \"./_fetched/fn\"\n  name   = \"orders\"\n"
        )
    );
    assert_eq!(
        text("_fetched/fn/main.tf"),
        FN.replace(
            "  source  = \"acme/iam/aws//modules/role\"\n  version = \"5.0.0\"\n",
            "  source = \"../fn.role/modules/role\"\n"
        )
    );
    assert_eq!(
        text("_fetched/fn.role/modules/role/main.tf"),
        "output \"arn\" {\n  value = \"arn:aws:iam::123456789012:role/orders\"\n}\n"
    );
    let files: Vec<_> = result.files.keys().map(|file| file.display().to_string()).collect();
    assert_eq!(
        files,
        [
            "_fetched/fn/README.md",
            "_fetched/fn/main.tf",
            "_fetched/fn.role/modules/role/main.tf",
            "_fetched/fn.role/versions.tf",
            "backend.tf",
            "main.tf"
        ]
    );
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let globals: Vec<_> = result.globals.iter().map(|global| global.address.as_str()).collect();
    assert_eq!(globals, ["module.fn.module.role.aws_iam_role.this"]);
}

#[test]
fn what_a_fetched_module_makes_is_asked_about_as_in_a_local_one() {
    // Without a state the net module may make its bucket, and its role goes.
    let result = retargeted(&fetched(&shop()), None);
    let asked: Vec<_> = result.open.iter().map(|question| question.span.to_string()).collect();
    assert_eq!(
        asked,
        [
            "app/.terraform/modules/fn.role/modules/role/main.tf:6:11",
            "app/.terraform/modules/net/main.tf:10:1",
            "app/.terraform/modules/net/main.tf:10:1",
            "app/.terraform/modules/net/main.tf:16:15",
        ],
        "{:#?}",
        result.open
    );
    assert!(result.files.contains_key(Path::new("_fetched/net/main.tf")));
}

#[test]
fn of_a_module_that_is_not_here_it_is_said_and_what_the_state_has_in_it_is_asked() {
    let source = fetched(&[]);
    let result = retargeted(&source, Some(FETCHED_STATE));
    let notes: Vec<_> = result.notes.iter().filter(|note| note.code == codes::R_MODULE_NOT_HERE).collect();
    let [note] = notes[..] else { panic!("{:#?}", result.notes) };
    assert_eq!(
        (note.severity, note.message.as_str()),
        (
            Severity::Warning,
            "what is in module net (acme/net/aws) is not known, since .terraform/modules does not have it: it comes as \
             it is, with all that is named there of eu-west-1"
        )
    );
    let asked: Vec<_> = result.open.iter().map(|question| (question.span.start.line, question.what.as_str())).collect();
    assert_eq!(
        asked,
        [(
            8,
            "module fn has module.fn.module.role.aws_iam_role.this, which one of both regions alone may make, or which \
             hold data, and acme/fn/aws is not in .terraform/modules"
        )]
    );
    assert_eq!(result.files[Path::new("main.tf")], MAIN.as_bytes());
}
