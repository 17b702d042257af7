//! The rules for literals, providers, backends and what is not made.

use super::*;

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
