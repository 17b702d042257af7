//! What AWS has in us-east-1 alone, of stacks there and elsewhere.

use crate::world::World;
use pilotlight_findings::{Severity, codes};
use pilotlight_rebuild::{Retargeted, SourceTree, retarget};
use std::path::{Path, PathBuf};

fn from(primary: &str, options: &str, source: &str) -> (String, Retargeted) {
    let plan = format!(
        "plan \"t\" {{\n  primary {{ region = \"{primary}\" }}\n  standby {{ region = \"us-west-2\" }}\n}}\n\
         stack \"app\" {{\n  source = \"../app\"\n  state  = \"file:app.tfstate\"\n  standby {{\n    {options}\n  }}\n}}\n"
    );
    let world = World::of(&plan);
    let tree = SourceTree::from_files("app", [(PathBuf::from("main.tf"), source.as_bytes().to_vec())]).expect("HCL");
    let result = retarget(&tree, &world.input("app", None)).expect("HCL");
    (String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned(), result)
}

fn asked(result: &Retargeted) -> Vec<(usize, Option<&str>)> {
    result.open.iter().map(|question| (question.span.start.line, question.plan_line.as_deref())).collect()
}

fn told(result: &Retargeted) -> Vec<&str> {
    let notes = result.notes.iter().filter(|finding| finding.code == codes::R_EDGE);
    notes.map(|finding| finding.message.as_str()).collect()
}

const ALARM: &str = r#"provider "aws" {
  region = "us-east-1"
}

resource "aws_cloudwatch_metric_alarm" "site" {
  alarm_name  = "site-down"
  namespace   = "AWS/Route53"
  metric_name = "HealthCheckStatus"
}

resource "aws_cloudwatch_metric_alarm" "all" {
  alarm_name = "all-down"
  metric_query {
    id = "m"
    metric {
      namespace   = "AWS/Route53"
      metric_name = "HealthCheckPercentageHealthy"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  alarm_name  = "queue-old"
  namespace   = "AWS/SQS"
  metric_name = "ApproximateAgeOfOldestMessage"
}
"#;

#[test]
fn an_alarm_on_route_53_does_not_move_without_a_word() {
    let (_, result) = from("us-east-1", "", ALARM);
    let lines = [
        (5, Some("exclude = [\"aws_cloudwatch_metric_alarm.site\"]")),
        (11, Some("exclude = [\"aws_cloudwatch_metric_alarm.all\"]")),
    ];
    assert_eq!(asked(&result), lines);
    let answer = "exclude = [\"aws_cloudwatch_metric_alarm.site\", \"aws_cloudwatch_metric_alarm.all\"]";
    let (text, result) = from("us-east-1", answer, ALARM);
    assert_eq!(asked(&result), []);
    assert!(text.contains("AWS/SQS") && !text.contains("AWS/Route53"), "{text}");
}

#[test]
fn an_alarm_that_stays_there_does_not_overwrite_the_primarys() {
    for (primary, alias) in [("us-east-1", "virginia"), ("eu-west-1", "n_virginia"), ("eu-west-1", "far")] {
        let source = format!(
            "provider \"aws\" {{\n  region = \"{primary}\"\n}}\n\nprovider \"aws\" {{\n  alias  = \"{alias}\"\n  region = \"us-east-1\"\n}}\n\n\
             resource \"aws_cloudwatch_metric_alarm\" \"site\" {{\n  provider   = aws.{alias}\n  alarm_name = \"site-down\"\n  namespace  = \"AWS/Route53\"\n}}\n"
        );
        let (text, result) = from(primary, "", &source);
        let line = "set \"aws_cloudwatch_metric_alarm.site\" { alarm_name = \"site-down-us-west-2\" }";
        assert_eq!(asked(&result), [(10, Some(line))], "{primary}");
        assert!(text.contains(&format!("alias  = \"{alias}\"\n  region = \"us-east-1\"")), "{text}");
        assert_eq!(asked(&from(primary, line, &source).1), []);
    }
}

#[test]
fn a_region_of_its_own_stays_for_what_is_there_alone() {
    let source = "resource \"aws_acm_certificate\" \"site\" {\n  region      = \"us-east-1\"\n  domain_name = \"a.test\"\n}\n\n\
                  resource \"aws_sqs_queue\" \"jobs\" {\n  region = \"us-east-1\"\n}\n";
    let (text, result) = from("us-east-1", "", source);
    assert!(text.contains("region      = \"us-east-1\""), "{text}");
    assert!(text.contains("\"jobs\" {\n  region = \"us-west-2\""), "{text}");
    assert_eq!(told(&result), ["aws_acm_certificate.site stays in us-east-1: AWS has it there alone"]);
}

#[test]
fn what_would_serve_or_find_nothing_is_told() {
    let source = r#"resource "aws_acm_certificate" "site" {
  domain_name = "a.test"
}

resource "aws_acm_certificate_validation" "site" {
  certificate_arn = aws_acm_certificate.site.arn
}

resource "aws_acm_certificate" "lb" {
  domain_name = "b.test"
}

resource "aws_lb_listener" "lb" {
  certificate_arn = aws_acm_certificate.lb.arn
}

resource "aws_cloudfront_distribution" "site" {
  viewer_certificate {
    acm_certificate_arn = aws_acm_certificate_validation.site.certificate_arn
  }
}

data "aws_wafv2_web_acl" "site" {
  name  = "site"
  scope = "CLOUDFRONT"
}

data "aws_ecrpublic_authorization_token" "this" {}
"#;
    let (_, result) = from("us-east-1", "", source);
    let of = |end: &str| -> usize { told(&result).iter().filter(|message| message.starts_with(end)).count() };
    assert_eq!(told(&result).len(), 3, "{:?}", told(&result));
    assert_eq!(of("aws_acm_certificate.site serves CloudFront alone"), 1);
    assert_eq!(of("data.aws_wafv2_web_acl.site asks us-west-2"), 1);
    assert_eq!(of("data.aws_ecrpublic_authorization_token.this asks us-west-2"), 1);
    // From elsewhere these need a configuration of us-east-1 already.
    assert_eq!(told(&from("eu-west-1", "", source).1), [""; 0]);
}

#[test]
fn what_serves_every_region_goes_with_what_belongs_to_it() {
    let source = r#"resource "aws_wafv2_web_acl" "site" {
  name  = "site"
  scope = "CLOUDFRONT"
}

resource "aws_wafv2_web_acl_logging_configuration" "site" {
  log_destination_configs = ["arn:aws:firehose:us-east-1:123456789012:deliverystream/aws-waf-logs-site"]
  resource_arn            = aws_wafv2_web_acl.site.arn
}

resource "aws_cloudwatch_metric_alarm" "bill" {
  alarm_name = "bill"
  metric_query {
    id = "m"
    metric {
      namespace   = "AWS/Billing"
      metric_name = "EstimatedCharges"
    }
  }
}

resource "aws_wafv2_web_acl_logging_configuration" "lb" {
  log_destination_configs = ["arn:aws:firehose:us-east-1:123456789012:deliverystream/aws-waf-logs-lb"]
  resource_arn            = aws_wafv2_web_acl.lb.arn
}
"#;
    let (text, result) = from("us-east-1", "", source);
    assert_eq!(asked(&result), []);
    let globals: Vec<&str> = result.globals.iter().map(|global| global.address.as_str()).collect();
    let expected =
        ["aws_cloudwatch_metric_alarm.bill", "aws_wafv2_web_acl.site", "aws_wafv2_web_acl_logging_configuration.site"];
    assert_eq!(globals, expected);
    assert!(text.starts_with("resource \"aws_wafv2_web_acl_logging_configuration\" \"lb\""), "{text}");
    assert!(text.contains("firehose:us-west-2:"), "{text}");
}

#[test]
fn a_dashboard_is_one_for_all_regions() {
    let source = "resource \"aws_cloudwatch_dashboard\" \"ops\" {\n  dashboard_name = \"ops\"\n  dashboard_body = jsonencode({ widgets = [{ properties = { region = \"eu-west-1\" } }] })\n}\n";
    let (text, result) = from("eu-west-1", "", source);
    let line = "set \"aws_cloudwatch_dashboard.ops\" { dashboard_name = \"ops-us-west-2\" }";
    assert_eq!(asked(&result), [(1, Some(line))]);
    assert!(text.contains("region = \"us-west-2\""), "{text}");
    assert_eq!(asked(&from("eu-west-1", "", &source.replace("\"ops\"\n", "\"ops-eu-west-1\"\n")).1), []);
}

#[test]
fn a_stack_that_works_in_neither_region_is_told() {
    let told = |source: &str| {
        let (_, result) = from("eu-west-1", "", source);
        let notes = result.notes.iter().filter(|note| note.code == codes::R_OTHER_REGION);
        notes.map(|note| (note.severity, note.message.clone())).collect::<Vec<_>>()
    };
    let elsewhere = "the stack works in ap-northeast-1, and the plan is about eu-west-1 and us-west-2: everything in it \
                     would be made a second time there";
    let expected = [(Severity::Error, elsewhere.to_owned())];
    assert_eq!(told("provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n"), expected);
    let by_variable =
        "variable \"region\" {\n  default = \"ap-northeast-1\"\n}\nprovider \"aws\" {\n  region = var.region\n}\n";
    assert_eq!(told(by_variable), expected);
    let global = told("provider \"aws\" {\n  region = \"us-east-1\"\n}\n");
    assert_eq!(global.iter().map(|(severity, _)| *severity).collect::<Vec<_>>(), [Severity::Warning]);
    for quiet in [
        "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n",
        "provider \"aws\" {\n  region = \"us-west-2\"\n}\n",
        "provider \"aws\" {\n  alias  = \"backup\"\n  region = \"ap-northeast-1\"\n}\n",
        "variable \"region\" {}\nprovider \"aws\" {\n  region = var.region\n}\n",
        "provider \"aws\" {\n  region = local.region\n}\n",
    ] {
        assert_eq!(told(quiet), [], "{quiet}");
    }
}
