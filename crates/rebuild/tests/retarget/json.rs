//! JSON says the same as HCL, and is treated the same.

use super::*;
use pilotlight_findings::codes;

#[test]
fn tables_and_pairs_of_regions_in_json_are_as_in_hcl() {
    let source = r#"{
  "locals": {
    "sides": {"from": "eu-west-1", "to": "eu-central-1"},
    "table": {"eu-west-1": {"cidr": "10.0.0.0/16"}, "us-east-1": {"cidr": "10.1.0.0/16"}},
    "both": {"eu-west-1": "a", "eu-central-1": "b"},
    "size": "arn:aws:sqs:eu-west-1:1:${lookup({\"eu-west-1\" = \"s\", \"eu-central-1\" = \"m\"}, var.region)}",
    "short": "${lookup({\"euw1\" = \"s\", \"euc1\" = \"m\"}, var.code)}"
  },
  "moved": [{"from": "terraform_data.a", "to": "terraform_data.s[\"eu-west-1a\"]"}]
}
"#;
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", source)]));
    let text = source
        .replace("{\"eu-west-1\": {", "{\"eu-central-1\": {")
        .replace("eu-west-1a", "eu-central-1a")
        .replace("sqs:eu-west-1:", "sqs:eu-central-1:");
    assert_eq!(String::from_utf8_lossy(&result.files[Path::new("main.tf.json")]), text);
    let hcl = r#"locals {
  // What follows stands on the same lines.
  sides = { from = "eu-west-1", to = "eu-central-1" }
  table = { "eu-west-1" = { cidr = "10.0.0.0/16" }, "us-east-1" = { cidr = "10.1.0.0/16" } }
  both  = { "eu-west-1" = "a", "eu-central-1" = "b" }
  size  = "arn:aws:sqs:eu-west-1:1:${lookup({ "eu-west-1" = "s", "eu-central-1" = "m" }, var.region)}"
  short = "${lookup({ "euw1" = "s", "euc1" = "m" }, var.code)}"
}
"#;
    let (_, as_hcl) = one(hcl);
    let told = |result: &Retargeted| -> Vec<(pilotlight_findings::Code, usize, String)> {
        let about = [codes::R_KEPT, codes::R_REGION_TABLE];
        let notes = result.notes.iter().filter(|note| about.contains(&note.code));
        let places = notes.map(|note| match &note.subject {
            pilotlight_findings::Subject::File { span } => (note.code, span.start.line, note.message.clone()),
            other => panic!("{other:?}"),
        });
        let mut told: Vec<_> = places.collect();
        told.sort_by_key(|(_, line, _)| *line);
        told
    };
    assert_eq!(told(&result), told(&as_hcl));
    assert_eq!(told(&result).len(), 5, "{:#?}", result.notes);
}

#[test]
fn the_standby_as_a_second_region_in_json_is_told() {
    let source = r#"{
  "provider": {"aws": [{"alias": "dr", "region": "eu-central-1"}]},
  "variable": {"region": {"validation": {"condition": "eu-central-1", "error_message": "x"}}},
  "locals": {
    "sides": {"from": "eu-west-1", "to": "eu-central-1"},
    "both": ["eu-west-1", "eu-central-1"],
    "dr_region": "eu-central-1",
    "vault": "arn:aws:backup:eu-central-1:123456789012:backup-vault:copies"
  }
}
"#;
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", source)]));
    assert_eq!(String::from_utf8_lossy(&result.files[Path::new("main.tf.json")]), source);
    let told = result.notes.iter().filter(|note| note.code == codes::R_STANDBY_NAMED);
    let told: Vec<&str> = told.map(|note| note.message.as_str()).collect();
    assert!(matches!(told[..], [message] if message.contains("(line 7, 8)")), "{told:#?}");
}

#[test]
fn names_that_only_one_can_have_are_asked_in_json_as_in_hcl() {
    let json = r#"{
  "resource": {
    "aws_s3_bucket": {"assets": {"bucket": "company-assets"}, "own": {"bucket": "assets-eu-west-1"}, "made": {"bucket": "${var.name}-x"}},
    "aws_s3_bucket_versioning": [{"assets": {"bucket": "company-assets"}}, {"own": {"bucket": "${aws_s3_bucket.own.id}"}}],
    "aws_route53_zone": {
      "inside": {"name": "in.test", "vpc": [{"vpc_id": "${aws_vpc.main.id}"}]},
      "many": {"name": "many.test", "dynamic": {"vpc": {"for_each": "${var.networks}", "content": {"vpc_id": "${vpc.value}"}}}}
    },
    "aws_route53_record": {
      "inside": {"zone_id": "${aws_route53_zone.inside.zone_id}", "name": "db.in.test", "type": "A"},
      "weighted": {"zone_id": "Z1", "name": "app.test", "type": "A", "set_identifier": "eu-west-1"},
      "plain": {"zone_id": "Z1", "name": "www.test", "type": "A"}
    },
    "aws_api_gateway_domain_name": {
      "edge": {"domain_name": "edge.test"},
      "here": {"domain_name": "here.test", "endpoint_configuration": {"types": ["REGIONAL"]}},
      "certified": {"domain_name": "cert.test", "regional_certificate_arn": "${aws_acm_certificate.c.arn}"}
    },
    "aws_cognito_user_pool_domain": {"team": {"domain": "login.test"}, "given": {"domain": "login"}}
  }
}
"#;
    let hcl = r#"resource "aws_s3_bucket" "assets" { bucket = "company-assets" }
resource "aws_s3_bucket" "own" { bucket = "assets-eu-west-1" }
resource "aws_s3_bucket" "made" { bucket = "${var.name}-x" }
resource "aws_s3_bucket_versioning" "assets" { bucket = "company-assets" }
resource "aws_s3_bucket_versioning" "own" { bucket = aws_s3_bucket.own.id }
resource "aws_route53_zone" "inside" {
  name = "in.test"
  vpc { vpc_id = aws_vpc.main.id }
}
resource "aws_route53_zone" "many" {
  name = "many.test"
  dynamic "vpc" {
    for_each = var.networks
    content { vpc_id = vpc.value }
  }
}
resource "aws_route53_record" "inside" {
  zone_id = aws_route53_zone.inside.zone_id
  name    = "db.in.test"
  type    = "A"
}
resource "aws_route53_record" "weighted" {
  zone_id        = "Z1"
  name           = "app.test"
  type           = "A"
  set_identifier = "eu-west-1"
}
resource "aws_route53_record" "plain" {
  zone_id = "Z1"
  name    = "www.test"
  type    = "A"
}
resource "aws_api_gateway_domain_name" "edge" { domain_name = "edge.test" }
resource "aws_api_gateway_domain_name" "here" {
  domain_name = "here.test"
  endpoint_configuration { types = ["REGIONAL"] }
}
resource "aws_api_gateway_domain_name" "certified" {
  domain_name              = "cert.test"
  regional_certificate_arn = aws_acm_certificate.c.arn
}
resource "aws_cognito_user_pool_domain" "team" { domain = "login.test" }
resource "aws_cognito_user_pool_domain" "given" { domain = "login" }
"#;
    let asked = |result: &Retargeted| -> Vec<(String, Option<String>)> {
        let open = result.open.iter();
        open.filter(|one| one.what.contains("in both regions"))
            .map(|one| (one.what.clone(), one.plan_line.clone()))
            .collect()
    };
    let result = run(&tree(&[("backend.tf", BACKEND), ("main.tf.json", json)]));
    let (_, as_hcl) = one(hcl);
    assert_eq!(asked(&result), asked(&as_hcl));
    assert_eq!((&*result.globals, &*as_hcl.globals), (&[][..], &[][..]), "a private zone is the standby's own");
    assert_eq!(asked(&result).len(), 5, "{:#?}", result.open);
    let lines: Vec<usize> = result.open.iter().map(|question| question.span.start.line).collect();
    assert_eq!(lines, [3, 4, 12, 15, 19]);
}
