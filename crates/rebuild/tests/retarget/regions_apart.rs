//! The region that AWS treats apart, and a standby that has a part in the source already.

use super::*;
use pilotlight_findings::codes;

/// The same with another primary, retargeted without a record.
fn from(primary: &str, files: &[(&str, &str)], extra: &str) -> Retargeted {
    let plan = PLAN.replace("eu-west-1", primary).replace("exclude = [\"aws_route53_record.app\"]", extra);
    let backend = BACKEND.replace("eu-west-1", primary);
    let files: Vec<_> = files.iter().copied().chain([("backend.tf", backend.as_str())]).collect();
    retarget(&tree(&files), &World::of(&plan).input("app", None)).expect("valid HCL")
}

fn text(result: &Retargeted) -> String {
    String::from_utf8(result.files[Path::new("main.tf")].clone()).expect("UTF-8")
}

fn notes(result: &Retargeted, code: pilotlight_findings::Code) -> Vec<&str> {
    result.notes.iter().filter(|note| note.code == code).map(|note| note.message.as_str()).collect()
}

#[test]
fn domains_of_the_oldest_region_follow_and_its_exceptions_are_told() {
    let source = r#"resource "aws_vpc_dhcp_options" "plain" {
  domain_name = "ec2.internal"
}

resource "aws_vpc_dhcp_options" "chosen" {
  domain_name = var.region == "us-east-1" ? "ec2.internal" : "${var.region}.compute.internal"
}

locals {
  location = var.region == "us-east-1" ? null : var.region
  peer     = "ec2-198-51-100-1.compute-1.amazonaws.com"
}
"#;
    let result = from("us-east-1", &[("main.tf", source)], "");
    assert_eq!(
        text(&result),
        source
            .replacen("\"ec2.internal\"\n", "\"eu-central-1.compute.internal\"\n", 1)
            .replace("? \"ec2.internal\"", "? \"eu-central-1.compute.internal\"")
            .replace("us-east-1", "eu-central-1")
    );
    let told: Vec<_> = result.notes.iter().filter(|note| note.code == codes::R_COMPARED).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(matches!(&told[0].subject, pilotlight_findings::Subject::File { span } if span.start.line == 10));
    let asked: Vec<_> = result.open.iter().map(|question| question.what.as_str()).collect();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].starts_with("ec2-198-51-100-1.compute-1.amazonaws.com"), "{asked:?}");
    // Another primary leaves them as they are.
    let other = from("eu-west-1", &[("main.tf", source)], "");
    assert_eq!(text(&other), source);
    assert!(notes(&other, codes::R_COMPARED).is_empty());
}

#[test]
fn what_copies_to_the_standby_is_asked() {
    let main = r#"variable "second" {
  default = "eu-central-1"
}

resource "aws_dynamodb_table" "plain" {
  replica {
    region_name = "eu-central-1"
  }
}

resource "aws_dynamodb_table" "elsewhere" {
  replica {
    region_name = "eu-north-1"
  }
}

resource "aws_secretsmanager_secret" "given" {
  replica {
    region = var.second
  }
}

resource "aws_secretsmanager_secret" "listed" {
  dynamic "replica" {
    for_each = toset(["eu-north-1", "eu-central-1"])
    content {
      region = replica.value
    }
  }
}
"#;
    let json = r#"{"resource": {"aws_ecr_replication_configuration": {"all": {
  "replication_configuration": {"rule": [{"destination": [{"region": "eu-central-1", "registry_id": "123456789012"}]}]}
}}}}"#;
    let files = [("main.tf", main), ("images.tf.json", json)];
    let lines = |result: &Retargeted| -> Vec<String> {
        result.open.iter().filter_map(|question| question.plan_line.clone()).collect()
    };
    let result = from("eu-west-1", &files, "");
    assert_eq!(
        lines(&result),
        [
            r#"exclude = ["aws_ecr_replication_configuration.all"]"#,
            r#"exclude = ["aws_dynamodb_table.plain"]"#,
            r#"exclude = ["aws_secretsmanager_secret.given"]"#,
            r#"exclude = ["aws_secretsmanager_secret.listed"]"#,
        ]
    );
    assert_eq!(
        result.open[1].what,
        "aws_dynamodb_table.plain copies to eu-central-1, which is the standby itself: the primary's copy is there"
    );
    let answer = r#"exclude = ["aws_ecr_replication_configuration.all", "aws_dynamodb_table.plain", "aws_secretsmanager_secret.given", "aws_secretsmanager_secret.listed"]"#;
    assert_eq!(lines(&from("eu-west-1", &files, answer)), [""; 0]);
}

#[test]
fn a_standby_that_the_source_names_is_told_once_a_file() {
    let source = r#"provider "aws" {
  alias  = "second"
  region = "eu-central-1"
}

locals {
  home   = "eu-west-1"
  second = "eu-central-1"
  backup = ["eu-north-1", "eu-central-1"]
  small  = var.region == "eu-central-1"
  sides  = ["eu-west-1", "eu-central-1"]
  pair   = { from = "eu-west-1", to = "eu-central-1" }
  bucket = "logs-eu-central-1"
  vault  = "arn:aws:backup:eu-central-1:123456789012:backup-vault:copies"
  key    = "arn:aws:kms:eu-central-1:${var.account}:alias/copies"
  told   = "see arn:aws:kms:eu-central-1:123456789012:alias/copies"
  topics = ["arn:aws:sns:eu-west-1:123456789012:ops", "arn:aws:sns:eu-central-1:123456789012:ops"]
}

variable "region" {
  validation {
    condition     = contains(["eu-central-1", "eu-north-1"], var.region)
    error_message = "Choose another one."
  }
}
"#;
    let result = from("eu-west-1", &[("main.tf", source)], "");
    assert_eq!(
        notes(&result, codes::R_STANDBY_NAMED),
        [
            "the source names eu-central-1 already (line 8, 9, 14, 15): what is a second region to eu-west-1 is the stack's own in the standby"
        ]
    );
}

#[test]
fn what_reaches_every_region_is_made_once() {
    let source = r#"resource "aws_cloudtrail" "all" {
  is_multi_region_trail = true
}

resource "aws_cloudtrail" "here" {
  is_multi_region_trail = false
}

resource "aws_cloudwatch_metric_alarm" "bill" {
  namespace = "AWS/Billing"
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  namespace = "AWS/SQS"
}

resource "aws_s3_account_public_access_block" "this" {}

resource "aws_ce_anomaly_monitor" "spend" {}
"#;
    let json = r#"{"resource": {"aws_cloudtrail": {
  "json_all": {"is_multi_region_trail": true}, "json_text": {"is_multi_region_trail": "true"}, "json_here": {}
}}}"#;
    let result = from("us-east-1", &[("main.tf", source), ("more.tf.json", json)], "");
    let globals: Vec<_> = result.globals.iter().map(|global| global.address.as_str()).collect();
    assert_eq!(
        globals,
        [
            "aws_ce_anomaly_monitor.spend",
            "aws_cloudtrail.all",
            "aws_cloudtrail.json_all",
            "aws_cloudtrail.json_text",
            "aws_cloudwatch_metric_alarm.bill",
            "aws_s3_account_public_access_block.this"
        ]
    );
}

#[test]
fn settings_of_a_bucket_that_is_the_primarys_are_asked() {
    let source = r#"resource "aws_s3_bucket_versioning" "shared" {
  bucket = "company-assets"
}

resource "aws_s3_bucket_versioning" "own" {
  bucket = aws_s3_bucket.own.id
}

resource "aws_s3_bucket_policy" "named" {
  bucket = "assets-eu-west-1"
}

resource "aws_s3_object" "same" {
  bucket = "company-assets"
  key    = "app.json"
}

resource "aws_s3_object" "apart" {
  bucket = "company-assets"
  key    = "eu-west-1/app.json"
}
"#;
    let asked = |extra: &str| -> Vec<(String, Option<String>)> {
        let result = from("eu-west-1", &[("main.tf", source)], extra);
        result.open.into_iter().map(|question| (question.what, question.plan_line)).collect()
    };
    let question = |address: &str| {
        (
            format!("{address} would have the bucket company-assets in both regions, and it is the primary's"),
            Some(format!("set \"{address}\" {{ bucket = \"company-assets-eu-central-1\" }}")),
        )
    };
    assert_eq!(asked(""), [question("aws_s3_bucket_versioning.shared"), question("aws_s3_object.same")]);
    let answer = "set \"aws_s3_bucket_versioning.shared\" { bucket = \"company-assets-eu-central-1\" }\n    exclude = [\"aws_s3_object.same\"]";
    assert_eq!(asked(answer), []);
}

#[test]
fn what_is_copied_to_the_standby_is_named_there() {
    let source = r#"resource "aws_dynamodb_table" "orders" {
  name = "orders"
  replica {
    region_name = "eu-central-1"
  }
}

resource "aws_ssm_parameter" "table" {
  value = aws_dynamodb_table.orders.arn
}
"#;
    let recorded = world::state(
        r#"[{"mode": "managed", "type": "aws_dynamodb_table", "name": "orders",
             "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
             "instances": [{"schema_version": 0, "attributes": {"arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"}}]}]"#,
    );
    let plan = PLAN.replace("aws_route53_record.app", "aws_dynamodb_table.orders");
    let source = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
    let result = retarget(&source, &World::of(&plan).input("app", Some(&recorded))).expect("valid HCL");
    let text = text(&result);
    assert!(text.contains("  value = \"arn:aws:dynamodb:eu-central-1:123456789012:table/orders\"\n"), "{text}");
}
