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
    // The plan changes the key alone: the bucket stays, and so does its region.
    assert!(text.contains("    key    = \"standby/network.tfstate\"\n    region = \"eu-west-1\"\n"), "{text}");
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

#[test]
fn a_providers_alias_is_a_name_and_its_region_follows() {
    let module = "terraform {\n  required_providers {\n    aws = {\n      source                = \"hashicorp/aws\"\n      configuration_aliases = [aws.eu-west-1]\n    }\n  }\n}\n";
    let source = "provider \"aws\" {\n  alias  = \"eu-west-1\"\n  region = \"eu-west-1\"\n}\n\nmodule \"m\" {\n  source    = \"./m\"\n  providers = { \"aws.eu-west-1\" = aws.eu-west-1 }\n}\n\nresource \"aws_vpc\" \"a\" {\n  provider = \"aws.eu-west-1\"\n}\n";
    let result = run(&tree(&[
        ("backend.tf", BACKEND),
        ("main.tf", source),
        ("m/main.tf", module),
        ("x.tf.json", "{\"provider\": {\"aws\": [{\"alias\": \"eu-west-1\"}]}, \"locals\": {\"r\": \"eu-west-1\"}}"),
    ]));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    assert_eq!(text("main.tf"), source.replace("region = \"eu-west-1\"", "region = \"eu-central-1\""));
    assert_eq!(text("m/main.tf"), module);
    assert_eq!(
        text("x.tf.json"),
        "{\"provider\": {\"aws\": [{\"alias\": \"eu-west-1\"}]}, \"locals\": {\"r\": \"eu-central-1\"}}"
    );
}

#[test]
fn files_are_retargeted_however_they_are_named() {
    let script = "aws --region eu-west-1\n";
    let files = ["a.sh", "b/b.sh", "c.sh", "d/d.sh", "m/e.sh", "eu-west-1.sh", "README.md"];
    let main = r#"locals {
  a = file("a.sh")
  b = templatefile("${path.root}/b/b.sh", { x = 1 })
  c = "./c.sh"
  d = "${path.module}/d"
  f = "eu-west-1.sh"
  g = file("/etc/motd")
  h = file("${path.module}/../h.sh")
  i = ""
}
module "m" {
  source = "./m"
}
"#;
    let module = "locals {\n  e = file(\"${path.module}/e.sh\")\n}\n";
    let mut sources = vec![("backend.tf", BACKEND), ("main.tf", main), ("m/main.tf", module)];
    sources.extend(files.map(|file| (file, script)));
    let result = run(&tree(&sources));
    let text = |path: &str| String::from_utf8_lossy(&result.files[Path::new(path)]).into_owned();
    assert_eq!(text("main.tf"), main);
    for file in &files[..6] {
        assert_eq!(text(file), "aws --region eu-central-1\n", "{file}");
    }
    assert_eq!(text("README.md"), script);
    let notes: Vec<_> = result
        .notes
        .iter()
        .filter(|note| note.code == pilotlight_findings::codes::R_TEXT_FILE)
        .map(|note| format!("{} {}", note.subject, note.message))
        .collect();
    assert_eq!(
        notes,
        [
            "app/main.tf:7:12 /etc/motd is read as it is: it is outside of the stack's source",
            "app/main.tf:8:12 ../h.sh is not in the standby root: the folders of the root and of its local modules do not hold it",
            "app/README.md:1:14 left as it is: it names eu-west-1, and the configuration does not read it",
        ]
    );
}

#[test]
fn a_computed_path_may_lead_to_any_file() {
    for main in [
        "locals {\n  a = file(\"scripts/${var.name}.sh\")\n}\n",
        "locals {\n  a = join(\"/\", [path.module, var.name])\n}\n",
        "locals {\n  a = [for name in fileset(path.root, \"*\") : name]\n}\n",
    ] {
        let files =
            [("backend.tf", BACKEND), ("main.tf", main), ("scripts/a.sh", "x eu-west-1b\n"), ("b.txt", "none\n")];
        let result = run(&tree(&files));
        assert_eq!(result.files[Path::new("scripts/a.sh")], b"x eu-central-1b\n", "{main}");
        assert!(
            result
                .notes
                .iter()
                .any(|note| note.message.starts_with("retargeted: the path that is computed at app/main.tf:2:")),
            "{:#?}",
            result.notes
        );
    }
}

#[test]
fn what_is_allowed_stays_inside_of_other_texts() {
    let source = r#"locals {
  arn  = "arn:aws:s3:::audit-eu-west-1/x"
  text = <<-EOT
    audit-eu-west-1 ${var.x}
  EOT
}
"#;
    let (text, result) = one(&source.replace("  EOT", "    eu-west-1\n  EOT"));
    assert_eq!(text, source.replace("  EOT", "    eu-central-1\n  EOT"));
    assert!(result.edits.iter().all(|edit| edit.old != edit.new), "{:#?}", result.edits);
}

#[test]
fn a_private_zone_is_the_standbys_own() {
    let source = r#"resource "aws_route53_zone" "inner" {
  name = "inner.test"
  vpc {
    vpc_id = aws_vpc.main.id
  }
}

resource "aws_route53_record" "db" {
  zone_id = aws_route53_zone.inner.zone_id
  name    = "db.inner.test"
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source);
    assert!(result.open.is_empty() && result.globals.is_empty(), "{:#?}", result.open);
    // Without networks it is public, and only one of the name can be.
    let (_, public) = one(&source.replace("  vpc {\n    vpc_id = aws_vpc.main.id\n  }\n", ""));
    assert_eq!(public.open.len(), 2, "{:#?}", public.open);
    assert_eq!(public.globals[0].address, "aws_route53_zone.inner");
}

#[test]
fn splats_have_the_recorded_values_and_whole_objects_say_what_to_do() {
    let instance = |key: u8, arn: &str| {
        format!(
            r#"{{"index_key": {key}, "schema_version": 0, "attributes": {{"arn": "{arn}", "tags": {{"n": "{key}"}}}}}}"#
        )
    };
    let provider = r#""provider": "provider[\"registry.terraform.io/hashicorp/aws\"]""#;
    let counted = format!(
        r#"[{{"mode": "managed", "type": "aws_iam_role", "name": "r", {provider}, "instances": [{}, {}]}},
            {{"mode": "managed", "type": "aws_iam_role", "name": "keyed", {provider},
              "instances": [{{"index_key": "a", "schema_version": 0, "attributes": {{"arn": "k"}}}}]}},
            {{"mode": "managed", "type": "aws_iam_role", "name": "one", {provider},
              "instances": [{{"schema_version": 0, "attributes": {{"arn": "o"}}}}]}}]"#,
        instance(1, "second"),
        instance(0, "first")
    );
    let main = r#"resource "aws_iam_role" "r" {}
resource "aws_iam_role" "keyed" {}
resource "aws_iam_role" "one" {}
locals {
  all  = aws_iam_role.r[*].arn
  old  = "${join(",", aws_iam_role.r.*.tags.n)}"
  one  = aws_iam_role.one[*].arn
  keys = aws_iam_role.keyed[*].arn
  each = { for key, role in aws_iam_role.keyed : key => role.arn }
}
"#;
    let state = world::state(&counted);
    let source = tree(&[("backend.tf", BACKEND), ("main.tf", main)]);
    let result = retarget(&source, &World::of(PLAN).input("app", Some(&state))).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert!(text.contains("  all  = [\"first\", \"second\"]\n"), "{text}");
    assert!(text.contains("  old  = \"${join(\",\", [\"0\", \"1\"])}\"\n"), "{text}");
    assert!(text.contains("  one  = [\"o\"]\n"), "{text}");
    let asked: Vec<_> = result.open.iter().map(|question| (question.span.start.line, &question.needs)).collect();
    assert_eq!(asked.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [8, 9], "{asked:#?}");
    assert!(asked.iter().all(|(_, needs)| needs.starts_with("name each attribute that is used")), "{asked:#?}");
}

#[test]
fn a_bucket_that_stays_keeps_its_region_and_the_plans_region_wins() {
    let main = format!("{BACKEND}\nlocals {{\n  r = \"eu-west-1\"\n}}\n").replace("\"states\"", "\"states-eu-west-1\"");
    let world = |backend: &str| {
        let plan = PLAN.replace("backend = { bucket = \"states-eu-central-1\", dynamodb_table = \"locks\" }", backend);
        World::of(&plan.replace("s3://states/app", "s3://states-eu-west-1/app"))
    };
    let text = |backend: &str| {
        let result = retarget(&tree(&[("main.tf", &main)]), &world(backend).input("app", None)).unwrap();
        assert!(result.open.is_empty(), "{:#?}", result.open);
        String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned()
    };
    let expected = |bucket: &str, key: &str, region: &str| {
        format!("    bucket = \"{bucket}\"\n    key    = \"{key}\"\n    region = \"{region}\"\n")
    };
    for (backend, bucket, key, region) in [
        ("backend = { key = \"standby/app.tfstate\" }", "states-eu-west-1", "standby/app.tfstate", "eu-west-1"),
        ("backend = { bucket = \"other\" }", "other", "app.tfstate", "eu-central-1"),
        ("backend = { bucket = \"other\", region = \"eu-west-1\" }", "other", "app.tfstate", "eu-west-1"),
        ("backend = { bucket = \"other\", region = \"eu-north-1\" }", "other", "app.tfstate", "eu-north-1"),
    ] {
        let text = text(backend);
        assert!(text.contains(&expected(bucket, key, region)), "{backend}: {text}");
        assert!(text.contains("  r = \"eu-central-1\"\n"), "{text}");
    }
}

#[test]
fn another_stacks_region_is_the_one_that_the_plan_says() {
    let source = "data \"terraform_remote_state\" \"n\" {\n  backend = \"s3\"\n  config = {\n    bucket = \"states\"\n    key    = \"network.tfstate\"\n    region = \"eu-west-1\"\n  }\n}\n";
    for (backend, region) in [
        ("bucket = \"other\"", "eu-central-1"),
        ("bucket = \"other\", region = \"eu-north-1\"", "eu-north-1"),
        ("bucket = \"other\", region = \"eu-west-1\"", "eu-west-1"),
    ] {
        let world = World::of(&PLAN.replace("key = \"standby/network.tfstate\"", backend));
        let files = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
        let result = retarget(&files, &world.input("app", None)).unwrap();
        let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
        assert!(
            text.contains(&format!(
                "    bucket = \"other\"\n    key    = \"network.tfstate\"\n    region = \"{region}\"\n"
            )),
            "{text}"
        );
    }
}

fn excluding(exclude: &str) -> World {
    World::of(&PLAN.replace("exclude = [\"aws_route53_record.app\"]", &format!("exclude = [{exclude}]")))
}

#[test]
fn an_exclude_that_is_not_found_is_an_error() {
    use pilotlight_findings::{Severity, codes};
    let main = "resource \"aws_sqs_queue\" \"q\" {\n  for_each = toset([\"a\"])\n}\n";
    let world =
        excluding("\"aws_sqs_queue.q[\\\"a\\\"]\", \"aws_sqs_queue.none\", \"module.none\", \"aws_sqs_queue.q\"");
    let result = retarget(&tree(&[("backend.tf", BACKEND), ("main.tf", main)]), &world.input("app", None)).unwrap();
    let notes: Vec<_> = result
        .notes
        .iter()
        .filter(|note| note.code == codes::R_OPTION_UNUSED && note.message.starts_with("exclude"))
        .map(|note| (note.severity, note.message.as_str()))
        .collect();
    assert_eq!(
        notes,
        [
            (
                Severity::Error,
                "exclude names aws_sqs_queue.q[\"a\"], and only a whole resource or module can be left out: write it without key"
            ),
            (Severity::Error, "exclude names aws_sqs_queue.none, which the source does not have"),
            (Severity::Error, "exclude names module.none, which the source does not have"),
        ]
    );
}

#[test]
fn a_module_is_left_out_with_all_that_is_in_it() {
    let main = r#"module "keep" {
  source = "./keep"
}

# The reports.
module "reports" {
  source = "./reports"
}

resource "aws_vpc" "a" {
  depends_on = [module.reports, module.keep]
}

output "url" {
  value = module.reports.url
}
"#;
    let source = tree(&[
        ("backend.tf", BACKEND),
        ("main.tf", main),
        ("keep/main.tf", "locals {\n  r = \"eu-west-1\"\n}\n"),
        (
            "reports/main.tf",
            "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"reports\"\n}\nlocals {\n  i = \"subnet-12345678\"\n}\n",
        ),
    ]);
    let result = retarget(&source, &excluding("\"module.reports\"").input("app", None)).unwrap();
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    assert_eq!(
        text,
        main.replace("# The reports.\nmodule \"reports\" {\n  source = \"./reports\"\n}\n\n", "")
            .replace("module.reports, ", "")
    );
    assert_eq!(result.files[Path::new("keep/main.tf")], b"locals {\n  r = \"eu-central-1\"\n}\n");
    let asked: Vec<_> = result.open.iter().map(|question| question.span.to_string()).collect();
    assert_eq!(asked, ["app/main.tf:15:11"], "{:#?}", result.open);
    assert!(result.open[0].needs.starts_with("take the address out of exclude"));
    let globals = &result.globals;
    assert!(globals.len() == 1 && globals[0].rule == Rule::Exclude);
    assert!(
        globals[0].covers("module.reports.aws_s3_bucket.b") && !globals[0].covers("module.reports2.aws_s3_bucket.b")
    );
}

#[test]
fn a_dependency_goes_and_its_list_keeps_its_shape() {
    for (list, left) in [
        ("[aws_iam_role.app, aws_vpc.a]", "[aws_vpc.a]"),
        ("[aws_vpc.a, aws_iam_role.app]", "[aws_vpc.a]"),
        ("[aws_vpc.a, aws_iam_role.app, aws_iam_role.many]", "[aws_vpc.a]"),
        ("[aws_vpc.a, aws_iam_role.app, aws_vpc.b]", "[aws_vpc.a, aws_vpc.b]"),
        (
            "[\n    # the role\n    aws_iam_role.app,\n    aws_vpc.a, # first\n    aws_vpc.b, # second\n  ]",
            "[\n    # the role\n    aws_vpc.a, # first\n    aws_vpc.b, # second\n  ]",
        ),
        ("[\n    aws_vpc.a, # first\n    aws_iam_role.app\n  ]", "[\n    aws_vpc.a, # first\n  ]"),
        ("[\n    aws_iam_role.app, # why\n    aws_vpc.a\n  ]", "[\n    # why\n    aws_vpc.a\n  ]"),
    ] {
        let source = |list: &str| format!("resource \"aws_vpc\" \"c\" {{\n  depends_on = {list}\n}}\n");
        let roles = "resource \"aws_iam_role\" \"app\" {}\nresource \"aws_iam_role\" \"many\" {}\n";
        let (text, _) = one(&format!("{roles}{}", source(list)));
        assert_eq!(text, source(left), "{list}");
    }
}

#[test]
fn variable_files_that_terraform_does_not_load_are_told() {
    let files = [
        ("backend.tf", BACKEND),
        ("main.tf", "variable \"size\" {}\nvariable \"zone\" {\n  default = \"x\"\n}\nvariable \"set\" {}\n"),
        ("terraform.tfvars", "set = 1\n"),
        ("prod.tfvars", "size = \"eu-west-1\"\nset  = 2\n"),
        ("env/dev.tfvars.json", "{\"zone\": \"eu-west-1a\"}"),
        ("more.auto.tfvars", ""),
        ("other.tfvars", "set = 3\n"),
    ];
    let told = |files: &[(&str, &str)]| -> Vec<String> {
        let notes = run(&tree(files)).notes;
        let told = notes.into_iter().filter(|note| note.code == pilotlight_findings::codes::R_VARIABLE_FILE);
        told.map(|note| note.message).collect()
    };
    assert_eq!(
        told(&files),
        [
            "Terraform does not load app/env/dev.tfvars.json by itself, and without it the standby would have the defaults of zone: rename it to dev.auto.tfvars.json in the root, or set TF_CLI_ARGS_plan=-var-file=env/dev.tfvars.json for the rebuild",
            "Terraform does not load app/prod.tfvars by itself, and without it Terraform cannot plan the standby without a value for size: rename it to prod.auto.tfvars in the root, or set TF_CLI_ARGS_plan=-var-file=prod.tfvars for the rebuild",
        ]
    );
    let mut set = files;
    set[5].1 = "size = 1\nzone = 2\n";
    assert!(told(&set).is_empty());
}
