//! Ids that AWS gives out and names that are the primary's, where nothing but their form or their place tells them.

use super::*;
use pilotlight_findings::codes;

fn lines(result: &Retargeted, code: pilotlight_findings::Code) -> Vec<usize> {
    let of_code = result.notes.iter().filter(|note| note.code == code);
    of_code
        .map(|note| match &note.subject {
            pilotlight_findings::Subject::File { span } => span.start.line,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn ids_of_every_service_are_asked_as_a_whole_and_not_edited_in_part() {
    let source = r#"locals {
  api     = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/GET/orders"
  iam_db  = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL01234MNOPQRSTU/app"
  rules   = "arn:aws:inspector:eu-west-1:357557129151:rulespackage/0-ubA5XvBh"
  search  = "search-orders-abcdefghijklm.eu-west-1.cloudsearch.amazonaws.com"
  machine = "svm-0123456789abcdef0"
  alarm   = { LoadBalancer = "app/web/50dc6c495c0c9188" }
}

resource "aws_api_gateway_resource" "orders" {
  rest_api_id = "a1b2c3d4e5"
  path_part   = "orders"
}
"#;
    let (text, result) = one(source);
    assert_eq!(text, source);
    let asked: Vec<_> = result.open.iter().map(|open| (open.span.start.line, open.plan_line.as_deref())).collect();
    assert_eq!(
        asked,
        [
            (2, Some("map = { \"arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5\" = \"arn:…\" }")),
            (
                3,
                Some(
                    "map = { \"arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL01234MNOPQRSTU\" = \"arn:…\" }"
                )
            ),
            (4, Some("map = { \"arn:aws:inspector:eu-west-1:357557129151:rulespackage/0-ubA5XvBh\" = \"arn:…\" }")),
            (5, Some("map = { \"search-orders-abcdefghijklm.eu-west-1.cloudsearch.amazonaws.com\" = \"…\" }")),
            (6, Some("map = { \"svm-0123456789abcdef0\" = \"…\" }")),
            (7, Some("map = { \"app/web/50dc6c495c0c9188\" = \"…\" }")),
            (11, Some("map = { \"a1b2c3d4e5\" = \"…\" }")),
        ]
    );
}

#[test]
fn base64_in_lines_is_one_text() {
    // `printf 'set -eu\n# a boot script\nexport AWS_REGION=eu-west-1\naws s3 sync s3://assets/app /srv\n' | base64 -w 60`
    let source = "locals {\n  boot = <<-EOT\n    c2V0IC1ldQojIGEgYm9vdCBzY3JpcHQKZXhwb3J0IEFXU19SRUdJT049ZXUt\n    d2VzdC0xCmF3cyBzMyBzeW5jIHMzOi8vYXNzZXRzL2FwcCAvc3J2Cg==\n  EOT\n}\n";
    let (text, result) = one(source);
    let expected = "locals {\n  boot = <<-EOT\n    c2V0IC1ldQojIGEgYm9vdCBzY3JpcHQKZXhwb3J0IEFXU19SRUdJT049ZXUt\n    Y2VudHJhbC0xCmF3cyBzMyBzeW5jIHMzOi8vYXNzZXRzL2FwcCAvc3J2Cg==\n  EOT\n}\n";
    assert_eq!(text, expected);
    let edits = result.edits.iter().filter(|edit| edit.file == "app/main.tf");
    assert_eq!(edits.count(), 1, "{:#?}", result.edits);
}

#[test]
fn a_text_that_is_cut_at_the_names_length_is_told() {
    let (_, result) = one(r#"locals {
  region = substr("eu-west-1b", 0, 9)
  letter = substr(var.zone, 9, 1)
  first  = substr(var.zone, 0, 2)
  name   = substr(var.zone, 0, length(var.zone) - 1)
  area   = "${var.area}-west-1"
}

variable "zone" {}
variable "area" {}
"#);
    assert_eq!(lines(&result, codes::R_SPELLING), [2, 3, 6], "{:#?}", result.notes);
}

const BUCKET: &str = r#"resource "aws_s3_bucket" "assets" {
  bucket = "acme-assets"
}

resource "aws_lambda_function" "api" {
  environment {
    variables = {
      ASSETS = "acme-assets"
      LOGS   = "acme-assets-logs"
    }
  }
}
"#;

#[test]
fn a_bucket_that_is_written_out_elsewhere_is_mapped() {
    let (_, result) = one(BUCKET);
    let line = result.open[0].plan_line.as_deref();
    assert_eq!(line, Some("map = { \"acme-assets\" = \"acme-assets-eu-central-1\" }"));
    assert!(result.open[0].needs.contains("app/main.tf:8:17"), "{:?}", result.open);
    // With set, what is written out stays behind.
    let plan =
        PLAN.replace("exclude =", "set \"aws_s3_bucket.assets\" { bucket = \"acme-assets-fra\" }\n    exclude =");
    let answered = tree(&[("backend.tf", BACKEND), ("main.tf", BUCKET)]);
    let answered = retarget(&answered, &World::of(&plan).input("app", None)).unwrap();
    assert_eq!(answered.open, [], "{:#?}", answered.open);
    assert_eq!(lines(&answered, codes::R_BUCKET_NAMED), [8], "{:#?}", answered.notes);
    // With map it follows.
    let plan = PLAN.replace("map     = {", "map     = { \"acme-assets\" = \"acme-assets-fra\",");
    let mapped = tree(&[("backend.tf", BACKEND), ("main.tf", BUCKET)]);
    let mapped = retarget(&mapped, &World::of(&plan).input("app", None)).unwrap();
    let text = String::from_utf8_lossy(&mapped.files[Path::new("main.tf")]).into_owned();
    assert!(text.contains("ASSETS = \"acme-assets-fra\""), "{text}");
    assert_eq!(lines(&mapped, codes::R_BUCKET_NAMED), [0; 0], "{:#?}", mapped.notes);
}

#[test]
fn domains_that_cloudfront_serves_are_one_for_both_regions() {
    let (_, result) = one(r#"resource "aws_cognito_user_pool_domain" "own" {
  domain = "auth.acme.example"
}

resource "aws_cognito_user_pool_domain" "prefix" {
  domain = "acme"
}

resource "aws_api_gateway_domain_name" "edge" {
  domain_name     = "api.acme.example"
  certificate_arn = aws_acm_certificate.edge.arn
}

resource "aws_api_gateway_domain_name" "regional" {
  domain_name              = "orders.acme.example"
  regional_certificate_arn = aws_acm_certificate.orders.arn
}
"#);
    let asked: Vec<_> = result.open.iter().filter_map(|open| open.plan_line.as_deref()).collect();
    assert_eq!(
        asked,
        ["exclude = [\"aws_cognito_user_pool_domain.own\"]", "exclude = [\"aws_api_gateway_domain_name.edge\"]"]
    );
}

#[test]
fn look_ups_of_another_stacks_objects_and_of_the_primarys_buckets_are_told() {
    let (_, result) = one(r#"data "aws_subnets" "private" {
  tags = { Tier = "private" }
}

data "aws_subnets" "own" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.main.id]
  }
}

data "aws_s3_object" "config" {
  bucket = "acme-config"
  key    = "app.json"
}

data "aws_s3_object" "regional" {
  bucket = "acme-config-eu-west-1"
  key    = "app.json"
}
"#);
    assert_eq!(lines(&result, codes::R_LOOKUP), [1, 12], "{:#?}", result.notes);
}

#[test]
fn an_application_of_the_repository_stays_where_it_was_published() {
    let source = "locals {\n  rotation = \"arn:aws:serverlessrepo:eu-west-1:297356227824:applications/Rotation\"\n}\n";
    let (text, result) = one(source);
    assert_eq!(text, source);
    assert_eq!(lines(&result, codes::R_KEPT), [2], "{:#?}", result.notes);
}
