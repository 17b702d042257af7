//! The rules of retargeting, each on a source that needs it.

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
    exclude = ["aws_route53_record.app"]
    map     = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
    allow   = ["audit-eu-west-1"]
  }
}
"#;

const BACKEND: &str = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"app.tfstate\"\n    region = \"eu-west-1\"\n  }\n}\n";

fn tree(files: &[(&str, &str)]) -> SourceTree {
    let mut tree = SourceTree { root: "app".into(), ..SourceTree::default() };
    tree.modules.insert(PathBuf::new());
    for (path, text) in files {
        let path = PathBuf::from(path);
        if path.extension().is_some_and(|extension| extension == "tf") {
            tree.modules.insert(path.parent().unwrap_or(Path::new("")).to_owned());
        }
        tree.files.insert(path, text.as_bytes().to_vec());
    }
    tree
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

#[test]
fn words_follow_in_strings_templates_heredocs_keys_and_lists() {
    let (text, result) = one(r#"resource "aws_sqs_queue" "eu-west-1" {
  name   = "jobs-eu-west-1" # in eu-west-1
  zone   = "${var.x}-eu-west-1b"
  other  = "eu-west-10 eu-west-2a ${length("eu-west-1")}"
  policy = <<-EOT
    {"Resource": "arn:aws:sqs:eu-west-1:123456789012:${var.name}"}
  EOT
  table  = { eu-west-1a = 1, (var.k) = "eu-west-1" }
}
"#);
    assert_eq!(
        text,
        r#"resource "aws_sqs_queue" "eu-west-1" {
  name   = "jobs-eu-central-1" # in eu-west-1
  zone   = "${var.x}-eu-central-1b"
  other  = "eu-west-10 eu-west-2a ${length("eu-central-1")}"
  policy = <<-EOT
    {"Resource": "arn:aws:sqs:eu-central-1:123456789012:${var.name}"}
  EOT
  table  = { eu-central-1a = 1, (var.k) = "eu-central-1" }
}
"#
    );
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let edit = &result.edits.iter().find(|edit| edit.file == "app/main.tf").unwrap();
    assert_eq!(
        (edit.rule, edit.line, edit.old.as_str(), edit.new.as_str()),
        (Rule::Region, 2, "eu-west-1", "eu-central-1")
    );
}

#[test]
fn what_names_both_regions_stays() {
    let source = r#"locals {
  amis    = { "eu-west-1" = "ami-0ccccccccccccccccc", "eu-central-1" = "ami-0ddddddddddddddddd" }
  regions = ["eu-west-1", "eu-central-1"]
  audit   = "audit-eu-west-1"
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source);
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let kept = result.notes.iter().filter(|note| note.code == pilotlight_findings::codes::R_KEPT);
    assert_eq!(kept.count(), 2, "{:#?}", result.notes);
}

#[test]
fn backend_and_provider_get_what_they_lack() {
    let result = run(&tree(&[(
        "main.tf",
        &format!(
            "{BACKEND}\nprovider \"aws\" {{}}\n\nprovider \"aws\" {{\n  alias = \"other\"\n\n  region = \"us-east-1\"\n}}\n"
        ),
    )]));
    assert_eq!(
        String::from_utf8_lossy(&result.files[Path::new("main.tf")]),
        r#"terraform {
  backend "s3" {
    dynamodb_table = "locks"

    bucket = "states-eu-central-1"
    key    = "app.tfstate"
    region = "eu-central-1"
  }
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias = "other"

  region = "us-east-1"
}
"#
    );
    assert!(result.open.is_empty(), "{:#?}", result.open);
}

#[test]
fn another_stacks_state_is_read_from_its_standby() {
    let source = |bucket: &str| {
        format!(
            "data \"terraform_remote_state\" \"n\" {{\n  backend = \"s3\"\n  config = {{\n    bucket = \"{bucket}\"\n    key    = \"network.tfstate\"\n    region = \"eu-west-1\"\n  }}\n}}\n"
        )
    };
    let (text, result) = one(&source("states"));
    assert!(text.contains("    key    = \"standby/network.tfstate\"\n    region = \"eu-central-1\"\n"), "{text}");
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let (_, result) = one(&source("elsewhere"));
    assert_eq!(result.open.len(), 1, "{:#?}", result.open);
    assert!(result.open[0].what.contains("no stack of the plan"));
}

#[test]
fn set_changes_adds_and_reaches_blocks() {
    let (text, result) = one(r#"resource "aws_autoscaling_group" "web" {
  name             = "web"
  desired_capacity = 6

  tag {
    key   = "size"
    value = "large"
  }
}
"#);
    assert_eq!(
        text,
        r#"resource "aws_autoscaling_group" "web" {
  max_size = 2

  name             = "web"
  desired_capacity = 1

  tag {
    key   = "size"
    value = "small"
  }
}
"#
    );
    assert!(result.edits.iter().filter(|edit| edit.file == "app/main.tf").all(|edit| edit.rule == Rule::Set));
    assert!(result.notes.iter().all(|note| !note.message.starts_with("set ")));
    let (_, without) = one("locals {}\n");
    assert!(without.notes.iter().any(|note| note.message.contains("set names aws_autoscaling_group.web")));
    assert!(without.notes.iter().any(|note| note.message.contains("exclude names aws_route53_record.app")));
}

#[test]
fn what_is_not_made_goes_and_its_values_stay() {
    let (text, result) = one(r#"# Who the app is.
resource "aws_iam_role" "app" {
  name = "app"
}

resource "aws_iam_role" "many" {
  for_each = toset(["a"])
  name     = each.key
}

resource "aws_instance" "app" {
  role       = aws_iam_role.app.arn
  text       = "x ${aws_iam_role.many["a"].arn} y"
  tags       = aws_iam_role.app.tags
  name       = aws_route53_record.app.fqdn
  depends_on = [aws_iam_role.app, aws_vpc.main]
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  depends_on = [aws_iam_role.app]
}

# The customers' name.
resource "aws_route53_record" "app" {
  name = "app.shop.test"
}

moved {
  from = aws_iam_role.old
  to   = aws_iam_role.app
}

import {
  to = aws_vpc.main
  id = "vpc-12345678"
}
"#);
    assert_eq!(
        text,
        r#"resource "aws_instance" "app" {
  role       = "arn:aws:iam::123456789012:role/app"
  text       = "x arn:aws:iam::123456789012:role/a y"
  tags       = { a = "b" }
  name       = "app.shop.test"
  depends_on = [aws_vpc.main]
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
"#
    );
    assert!(result.open.is_empty(), "{:#?}", result.open);
}

#[test]
fn values_that_cannot_be_known_are_asked_for() {
    let (_, result) = one(r#"resource "aws_iam_role" "app" {}
locals {
  secret  = aws_iam_role.app.secret
  all     = aws_iam_role.app
  dynamic = aws_iam_role.app[var.x].arn
}
"#);
    let asked: Vec<_> = result.open.iter().map(|question| question.span.start.line).collect();
    assert_eq!(asked, [3, 4, 5], "{:#?}", result.open);
    assert!(result.open[0].what.contains("sensitive"));
}

#[test]
fn ids_zones_keys_and_names_that_need_a_person() {
    let (_, result) = one(r#"resource "aws_instance" "a" {
  ami       = "ami-0cccccccccccccccc"
  subnet_id = "subnet-12345678"
  zone      = "eu-west-1c"
  known     = "ami-0aaaaaaaaaaaaaaaa"
  key       = "arn:aws:kms:eu-west-1:123456789012:key/0d0d0d0d"
}
resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}
resource "aws_s3_bucket" "regional" {
  bucket = "logs-eu-west-1"
}
resource "aws_route53_record" "www" {
  name = "www.shop.test"
}
"#);
    let asked: Vec<_> =
        result.open.iter().map(|question| (question.span.start.line, question.plan_line.clone().unwrap())).collect();
    let line = |text: &str| text.to_owned();
    assert_eq!(
        asked,
        [
            (2, line("map = { \"ami-0cccccccccccccccc\" = \"ami-…\" }")),
            (3, line("map = { \"subnet-12345678\" = \"subnet-…\" }")),
            (4, line("map = { \"eu-west-1c\" = \"eu-central-1a\" }")),
            (6, line("map = { \"arn:aws:kms:eu-west-1:123456789012:key/0d0d0d0d\" = \"arn:…\" }")),
            (8, line("set \"aws_s3_bucket.logs\" { bucket = \"logs-eu-central-1\" }")),
            (14, line("exclude = [\"aws_route53_record.www\"]")),
        ]
    );
    let finding = result.open[0].finding();
    assert_eq!(finding.subject.to_string(), "app/main.tf:2:16");
}

#[test]
fn modules_go_with_the_root_and_keep_their_calls() {
    let result = run(&tree(&[
        (
            "main.tf",
            "module \"dns\" {\n  source = \"../modules/dns\"\n}\n\nmodule \"own\" {\n  source = \"./own\"\n}\n",
        ),
        ("backend.tf", BACKEND),
        ("own/main.tf", "locals {\n  a = \"eu-west-1\"\n}\n"),
        (
            "../modules/dns/main.tf",
            "resource \"aws_route53_zone\" \"main\" {}\n\noutput \"zone\" {\n  value = aws_route53_zone.main.zone_id\n}\n\nlocals {\n  boot = file(\"${path.module}/eu-west-1.sh\")\n}\n",
        ),
        ("../modules/dns/eu-west-1.sh", "aws --region eu-west-1\n"),
        ("../modules/dns/README.md", "for eu-west-1\n"),
        ("terraform.tfvars", "region = \"eu-west-1\"\n"),
        ("extra.tf.json", "{\"locals\": {\"r\": \"eu-west-1\"}}\n"),
    ]));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    assert_eq!(
        text("main.tf"),
        "module \"dns\" {\n  source = \"./_modules/modules/dns\"\n}\n\nmodule \"own\" {\n  source = \"./own\"\n}\n"
    );
    assert_eq!(text("own/main.tf"), "locals {\n  a = \"eu-central-1\"\n}\n");
    assert_eq!(
        text("_modules/modules/dns/main.tf"),
        "output \"zone\" {\n  value = \"Z1\"\n}\n\nlocals {\n  boot = file(\"${path.module}/eu-west-1.sh\")\n}\n"
    );
    assert_eq!(text("_modules/modules/dns/eu-west-1.sh"), "aws --region eu-central-1\n");
    assert_eq!(text("_modules/modules/dns/README.md"), "for eu-west-1\n");
    assert_eq!(text("terraform.tfvars"), "region = \"eu-central-1\"\n");
    assert_eq!(text("extra.tf.json"), "{\"locals\": {\"r\": \"eu-central-1\"}}\n");
    assert_eq!(result.globals[0].address, "module.dns.aws_route53_zone.main");
    assert!(result.open.is_empty(), "{:#?}", result.open);
}

/// The result as a source of its own.
fn again(result: &Retargeted) -> SourceTree {
    let files: Vec<(String, String)> = result
        .files
        .iter()
        .map(|(path, bytes)| (path.display().to_string(), String::from_utf8(bytes.clone()).expect("UTF-8")))
        .collect();
    tree(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

#[test]
fn a_result_is_its_own_result() {
    let source = tree(&[
        ("backend.tf", BACKEND),
        (
            "a.tf",
            "provider \"aws\" {}\nresource \"aws_autoscaling_group\" \"web\" {\n  zones = [\"eu-west-1a\"]\n}\nresource \"aws_iam_role\" \"app\" {}\nlocals {\n  r = aws_iam_role.app.arn\n}\n",
        ),
        (
            "b.tf",
            "module \"m\" {\n  source = \"../m\"\n}\ndata \"terraform_remote_state\" \"n\" {\n  backend = \"s3\"\n  config  = { bucket = \"states\", key = \"network.tfstate\", region = \"eu-west-1\" }\n}\n",
        ),
        ("../m/main.tf", "locals {\n  a = \"ami-0aaaaaaaaaaaaaaaa\"\n}\n"),
    ]);
    let first = run(&source);
    assert!(first.open.is_empty(), "{:#?}", first.open);
    let second = run(&again(&first));
    assert_eq!(second.files, first.files);
    assert!(second.edits.is_empty(), "{:#?}", second.edits);
    assert!(second.open.is_empty(), "{:#?}", second.open);
}

#[test]
fn there_and_back_is_the_source() {
    let plan = |from: &str, to: &str, state: &str, bucket: &str, ami: (&str, &str)| {
        format!(
            "plan \"t\" {{\n primary {{ region = \"{from}\" }}\n standby {{ region = \"{to}\" }}\n}}\nstack \"app\" {{\n source = \"../app\"\n state = \"{state}\"\n standby {{\n backend = {{ bucket = \"{bucket}\" }}\n map = {{ \"{}\" = \"{}\" }}\n}}\n}}\n",
            ami.0, ami.1
        )
    };
    let (a, b) = ("ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb");
    let there = World::of(&plan("eu-west-1", "eu-central-1", "s3://states/app.tfstate", "states-2", (a, b)));
    let back = World::of(&plan("eu-central-1", "eu-west-1", "s3://states-2/app.tfstate", "states", (b, a)));
    let source = tree(&[
        ("backend.tf", BACKEND),
        (
            "main.tf",
            "locals {\n  zones = {\n    \"eu-west-1a\" = \"x\" # one\n    \"c\"          = \"ami-0aaaaaaaaaaaaaaaa\" # not in column\n  }\n  one   = \"é eu-west-1b\"\n  twenty = <<EOT\r\neu-west-1\r\nEOT\n}\n",
        ),
        (
            "fmt.tf",
            "locals {\n  zones = {\n    \"eu-west-1a\" = \"x\"  # one\n    \"c\"          = \"yy\" # two\n  }\n}\n",
        ),
    ]);
    let result = retarget(&source, &there.input("app", None)).unwrap();
    assert!(
        String::from_utf8_lossy(&result.files[Path::new("fmt.tf")]).contains("    \"c\"             = \"yy\" # two\n")
    );
    let returned = retarget(&again(&result), &back.input("app", None)).unwrap();
    for (path, bytes) in &source.files {
        assert_eq!(
            String::from_utf8_lossy(&returned.files[path]),
            String::from_utf8_lossy(bytes),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_shared_state_is_refused() {
    let plan =
        PLAN.replace("bucket = \"states-eu-central-1\", dynamodb_table = \"locks\"", "dynamodb_table = \"locks\"");
    let result = retarget(&tree(&[("main.tf", BACKEND)]), &World::of(&plan).input("app", None)).unwrap();
    assert_eq!(result.open.len(), 1);
    assert!(result.open[0].what.contains("would be the primary's"), "{}", result.open[0].what);
}
